# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module that may return a secret.

Refuses to generate a secret that would be lost, and hides the result from all output if, and only if, it has a secret in it.
On an ansible-core newer than those that this was tested with, it relies on the task's own no_log.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from ansible.module_utils.common.validation import check_type_dict, check_type_list
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.release import __version__
from ansible.utils.display import Display
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import (
    GENERATION_NOT_ALLOWED,
    SECRET_NOT_TAKEN,
    MondooError,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.quoting import require_text
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import RETURNED_ONLY

_TAKE_IT = "Register the result of the task, or set token_path."
# The newest ansible-core that was tested to show a hidden result in no output. The tests run with it.
NEWEST_TESTED = (2, 21)


def carries_secret(result: Mapping[str, Any]) -> bool:
    """Whether a module's result has a secret in it, in `token` or in `token` of one of its `results`."""
    if result.get("token"):
        return True
    if any(isinstance(entry, Mapping) and entry.get("token") for entry in result.get("results") or ()):
        return True
    # What Ansible could not parse as a result is shown unchanged.
    return '"token"' in str(result.get("module_stdout", ""))


@contextlib.contextmanager
def _silent(connection: Any) -> Iterator[None]:
    """Some connection plugins, such as ssh, print all module output at -vvv, unless their play context has no_log."""
    context = connection._play_context
    before = context.no_log
    context.no_log = True
    try:
        yield
    finally:
        context.no_log = before


def _core() -> tuple[int, int]:
    major, minor = __version__.split(".")[:2]
    return int(major), int(minor)


def _hides_messages_too() -> bool:
    """Whether this ansible-core hides warnings and the reason of a failure along with the result."""
    return _core() < (2, 19)


def _takes_results_for_a_loop() -> bool:
    """Whether this ansible-core shows each of the `results` of a hidden result, unless it has a mark of its own."""
    return (2, 19) <= _core() < (2, 21)


def _reason_to_forbid_secrets(task: Any) -> tuple[str, str] | None:
    """Why a result of this task must not have a secret in it, and what to do; None if it may."""
    if not task.register:
        return "the secret would be lost", _TAKE_IT
    if _core() > NEWEST_TESTED and not task.no_log:
        newest = ".".join(map(str, NEWEST_TESTED))
        reason = (
            f"ansible-core {__version__} is newer than {newest}, the newest with which this collection is known to hide"
            " secrets by itself"
        )
        return reason, "Set no_log: true in the task, set token_path, or use a newer release of the collection."
    return None


def _tell(result: Mapping[str, Any]) -> None:
    """Shows the warnings and messages of a hidden result; they contain no secret."""
    display = Display()
    for warning in result.get("warnings") or ():
        display.warning(str(warning))
    if result.get("failed") and result.get("msg"):
        display.error(str(result["msg"]))


def check_identifiers(arguments: Mapping[str, Any]) -> None:
    """Refuses names, MRNs and scopes that YAML read as numbers, booleans or dates; a module would get them as text."""
    for option, value in arguments.items():
        require_text(option, value)
    for entry in _read_entries(arguments.get("tokens")):
        for option, value in entry.items() if isinstance(entry, Mapping) else ():
            try:
                require_text(str(option), value)
            except MondooError as error:
                raise error.during("read the entries of tokens") from None


def without_returned_only(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments of a task for one token without what is only returned, so that an item of a listing can be given back."""
    if "tokens" in arguments:
        return arguments
    return {option: value for option, value in arguments.items() if option not in RETURNED_ONLY}


def forbid_returned_secrets(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with which the module generates no secret to be returned."""
    if "tokens" not in arguments:
        return dict(arguments) if arguments.get("token_path") else {**arguments, "generate": False}
    tokens = [
        {**entry, "generate": False} if isinstance(entry, Mapping) and not entry.get("token_path") else entry
        for entry in _read_entries(arguments["tokens"])
    ]
    return {**arguments, "tokens": tokens or arguments["tokens"]}


def explain_forbidden_secret(result: dict[str, Any], arguments: Mapping[str, Any], reason: str, advice: str) -> None:
    """Replaces the mention of an option that the task did not set with the reason why no secret was allowed.

    arguments: as the task has them.
    """
    if not boolean(arguments.get("generate", True), strict=False):
        return
    for part in result.get("results") or [result]:
        if not _is_forbidden(part) or part.get("token_path"):
            continue
        message = str(part["msg"])
        part["error"] = {**part["error"], "code": SECRET_NOT_TAKEN}
        part["msg"] = message.replace("generate is false", reason) + f" {advice}"
        if part is not result:
            result["msg"] = str(result.get("msg")).replace(message, part["msg"])
            if _is_forbidden(result):
                result["error"] = part["error"]


def _is_forbidden(part: Any) -> bool:
    """Whether a result, or that of an entry, failed because the module would have had to generate a secret."""
    error = part.get("error") if isinstance(part, Mapping) else None
    return isinstance(error, Mapping) and error.get("code") == GENERATION_NOT_ALLOWED


def _read_entries(tokens: object) -> list[Any]:
    """The entries of `tokens` as the module reads them, also from text; entries that it will refuse are unchanged."""
    try:
        return [_read_entry(entry) for entry in check_type_list(tokens)]
    except TypeError:
        return []


def _read_entry(entry: object) -> object:
    try:
        return check_type_dict(entry)
    except (TypeError, ValueError):
        return entry


class ModuleActionBase(ActionBase):  # type: ignore[misc]  # ansible-core has no type information
    """An action plugin for a module of this collection. What it adds to the module is in `_run_module`."""

    _requires_connection = True
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        try:
            check_identifiers(self._task.args)
        except MondooError as error:
            return {**result, "failed": True, "msg": str(error), "error": error.details}
        result.update(self._run_module(self._task.args, task_vars))
        return result

    def _run_module(self, arguments: Mapping[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        """The module's result."""
        wrap_async = bool(self._task.async_val) and not getattr(self._connection, "has_native_async", False)
        result: dict[str, Any] = self._execute_module(
            module_args=dict(arguments), task_vars=task_vars, wrap_async=wrap_async
        )
        return result


class TokenActionBase(ModuleActionBase):
    """An action plugin of a module that may return a secret."""

    # A background job's result is fetched by another plugin, which would show it.
    _supports_async = False

    def _run_module(self, arguments: Mapping[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        arguments = without_returned_only(arguments)
        forbidden = _reason_to_forbid_secrets(self._task)
        if forbidden:
            arguments = forbid_returned_secrets(arguments)
        with _silent(self._connection):
            result = super()._run_module(arguments, task_vars)
        if forbidden:
            explain_forbidden_secret(result, self._task.args, *forbidden)
        if carries_secret(result):
            if _hides_messages_too() and not self._task.no_log:
                _tell(result)
            result["_ansible_no_log"] = True
            if _takes_results_for_a_loop():
                for entry in result.get("results") or ():
                    if isinstance(entry, dict):
                        entry["_ansible_no_log"] = True
            # The summary of a loop has no mark of its own before ansible-core 2.19: it follows the task.
            self._task.no_log = True
        return result
