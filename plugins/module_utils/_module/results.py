# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a run: of any module that fails, and of one for one token."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._applying.entry import Entry
from .._values.errors import MondooError, internal_error
from .._values.times import count_of
from .._values.token import token_result
from .interruption import Interruption
from .reconcile import Reconciliation

_SHOWN_WARNINGS = 20


def run_safely(module: AnsibleModule, work: Callable[[AnsibleModule, Interruption], dict[str, Any]]) -> dict[str, Any]:
    """The result of `work`, or the result of its failure; `main()` passes it on.

    Raises SystemExit if a signal has interrupted `work`.
    """
    interruption = Interruption()
    try:
        with interruption.catch():
            result = work(module, interruption)
        _keep_secrets_whole(module, result)
        return result
    except MondooError as error:
        return failure(error)
    except Exception as error:  # noqa: BLE001  (the last line of defence: a traceback could show a secret)
        return failure(internal_error(error))


def failure(error: MondooError) -> dict[str, Any]:
    """The part of a result that describes an error."""
    return {"failed": True, "msg": str(error), "error": error.details}


def warn(module: AnsibleModule, warnings: Sequence[str]) -> None:
    """Shows warnings, but limits their number."""
    for warning in warnings[:_SHOWN_WARNINGS]:
        module.warn(warning)
    if len(warnings) > _SHOWN_WARNINGS:
        module.warn(f"And {count_of(len(warnings) - _SHOWN_WARNINGS, 'more warning')}: see warnings in results.")


def token_run_result(run: Reconciliation) -> dict[str, Any]:
    """The result of a run for one token."""
    (entry,) = run.entries
    warn(run.module, [*run.session.api.warnings, *run.warnings, *entry.warnings])
    result: dict[str, Any] = {
        "changed": entry.changed or entry.file_changed,
        **token_part(entry),
    }
    if run.module._diff:
        result["diff"] = entry.plan.diff
    return {**result, **failure(entry.error)} if entry.error else result


def token_part(entry: Entry) -> dict[str, Any]:
    """The common part of the results of a single token and of an entry."""
    declaration = entry.declaration
    result: dict[str, Any] = {"api_token": token_result(entry.token), "operations": entry.operations}
    if declaration.present and declaration.token_path:
        result["token_path"] = declaration.token_path
    if entry.secret:
        result["token"] = entry.secret
    return result


def _keep_secrets_whole(module: AnsibleModule, result: Mapping[str, Any]) -> None:
    """Removes masks that would alter a new secret, such as a short password that occurs in it.

    The result is hidden as a whole, so nothing is exposed.
    """
    lines = [result, *(line for line in result.get("results") or () if isinstance(line, Mapping))]
    secrets = [line["token"] for line in lines if isinstance(line.get("token"), str)]
    module.no_log_values -= {value for value in module.no_log_values if any(value in secret for secret in secrets)}
