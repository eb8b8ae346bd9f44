# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a run for a declared set: of each token, and of all of them together."""

from __future__ import annotations

from typing import Any

from .._applying.entry import Entry
from .._planning.plan import Plan
from .._values.summary import FAILED, PRUNED, UNCHANGED, Outcome, summarize
from .._values.token import token_result
from .reconcile import Reconciliation
from .results import failure, token_part, warn

_SHOWN_ERRORS = 5


def set_run_result(run: Reconciliation) -> dict[str, Any]:
    """The result of a run for a declared set."""
    warnings = [text for entry in run.entries for text in entry.warnings]
    warn(run.module, [*run.session.api.warnings, *run.warnings, *warnings])
    errors = [(entry.place, entry.error) for entry in (*run.entries, *run.pruned) if entry.error]
    pruned = [entry for entry in run.pruned if not entry.error]
    summary = summarize(_outcomes(run), check_mode=run.module.check_mode)
    result: dict[str, Any] = {
        "changed": any(entry.changed or entry.file_changed for entry in (*run.entries, *run.pruned)),
        "results": [_entry_result(entry) for entry in run.entries],
        "pruned": [token_result(entry.plan.before) for entry in pruned],
        "operations": run.operations,
        "requests": run.requests,
        "msg": summary,
    }
    if run.module._diff:
        result["diff"] = [_titled_diff(entry.plan) for entry in (*run.entries, *run.pruned) if entry.plan.changed]
    if not errors:
        return result
    shown = [f"{place}: {error}" for place, error in errors[:_SHOWN_ERRORS]]
    more = [f"And {len(errors) - _SHOWN_ERRORS} more, see results."] if len(errors) > _SHOWN_ERRORS else []
    return {**result, **failure(errors[0][1]), "msg": " ".join([f"{summary}.", *shown, *more])}


def _entry_result(entry: Entry) -> dict[str, Any]:
    space = {"space": entry.space.id, "space_name": entry.space.name} if entry.space else {}
    result: dict[str, Any] = {
        "entry": entry.number,
        **space,
        "name": _name(entry),
        "scope_mrn": entry.declaration.scope.mrn,
        "changed": entry.changed or entry.file_changed,
        **token_part(entry),
    }
    if entry.warnings:
        result["warnings"] = entry.warnings
    return {**result, **(failure(entry.error) if entry.error else {"failed": False, "msg": ""})}


def _outcomes(run: Reconciliation) -> list[Outcome]:
    """The outcomes of the entries and of pruned tokens."""
    pruned = [
        Outcome(PRUNED, entry.declaration.name or "", entry.declaration.scope)
        for entry in run.pruned
        if not entry.error
    ]
    return [Outcome(_kind(entry), _name(entry) or "", entry.declaration.scope) for entry in run.entries] + pruned


def _name(entry: Entry) -> str | None:
    known = entry.token or entry.plan.before
    return entry.declaration.name or (known.name if known else None)


def _kind(entry: Entry) -> str:
    """What was done, or would be, as a word for the summary."""
    if entry.error:
        return FAILED
    plan = entry.plan
    if not (plan.changed or entry.changed):
        return "corrected in its file" if entry.file_changed else UNCHANGED
    if plan.hands_over:
        is_yet_to_be_delivered = plan.staged and plan.generates
        return "generated" if is_yet_to_be_delivered else "replaced" if plan.before else "created"
    if plan.after is None:
        return "discarded" if entry.declaration.present else "deleted"
    return "changed"


def _titled_diff(plan: Plan) -> dict[str, Any]:
    token = plan.before or plan.after
    title = f'API token "{token.name}" of {token.scope}' if token else ""
    return {**plan.diff, "before_header": title, "after_header": title}
