# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recovers from a failed step: restores a state in which the token in use works and no two tokens share a name."""

from __future__ import annotations

from collections.abc import Sequence

from .._api.tokens import TokenApi
from .._graphql.response import Response, Verdict
from .._graphql.retry import RetryBudget
from .._planning.plan import Change, Delete, SetRoles, Update
from .._values.errors import internal_error
from .._values.token import Token
from .changes import Task, apply_insistently
from .entry import Entry


def recover(api: TokenApi, entry: Entry, outcomes: Sequence[tuple[Task, Response[Token]]], budget: RetryBudget) -> None:
    """Records the failure of a step in the entry, after undoing what has to be undone.

    outcomes: the steps of one round, in order; at least one was not, or not certainly, executed. budget: of that step.
    """
    task, response = next((task, each) for task, each in outcomes if each.verdict is not Verdict.DONE)
    error = response.error or internal_error(AssertionError("a change that failed has an error"))
    entry.error = error.during(_describe(task))
    entry.steps.clear()
    if response.verdict is Verdict.UNKNOWN:
        entry.changed = True
    new, old = entry.generated or entry.plan.finished, entry.plan.before
    if new is None or new.mrn is None or isinstance(task.step, SetRoles):
        return
    if old is not None and task.step.token.mrn == old.mrn:
        # The old token may still have the name, so the new one must not have it.
        renames = [each for other, each in outcomes if other.step.token.mrn == new.mrn]
        may_be_renamed = any(each.verdict is not Verdict.REFUSED for each in renames)
        if may_be_renamed and not _undo(api, entry, Update(new, name=new.name), budget):
            return
    elif task.step.token.mrn != new.mrn:
        return
    # Without an answer, a deletion of the old token that no listing shows yet may still be executed.
    may_be_executed = response.verdict is Verdict.UNKNOWN or error.outcome_unknown
    if may_be_executed or not _take_back(api, entry, new, old, budget):
        _explain(entry, new)


def _describe(task: Task) -> str:
    token = task.step.token
    verb = {"updateAPIToken": "update", "setRoles": "set the permissions of", "deleteAPIToken": "delete"}
    return f'{verb[task.step.operation]} the API token "{token.name}" ({token.mrn}) of {token.scope}'


def _take_back(api: TokenApi, entry: Entry, new: Token, old: Token | None, budget: RetryBudget) -> bool:
    """Deletes the new token, if it cannot be in use yet and the old one still exists. Returns whether it was deleted."""
    aside = [step for step in entry.done if old is not None and step.token.mrn == old.mrn]
    is_handed_over = entry.sink is not None or entry.generated is None
    if is_handed_over or any(isinstance(step, Delete) for step in aside):
        # The secret is already in use, or is the only one that works.
        return False
    if aside and old is not None and not _undo(api, entry, Update(old, name=old.name), budget):
        return False
    if not _undo(api, entry, Delete(new), budget):
        return False
    entry.secret = None
    entry.token = old
    entry.generated = None
    entry.changed = any(step not in aside for step in entry.done)
    if entry.error:
        entry.error.note("The new token was deleted again, and the token in use is as it was.")
    return True


def _undo(api: TokenApi, entry: Entry, step: Change, budget: RetryBudget) -> bool:
    failure = apply_insistently(api, entry, step, budget)
    if failure is None:
        return True
    if entry.error:
        entry.error.note(
            f'An earlier change could not be undone: "{step.token.name}" ({step.token.mrn}): {failure.reason}.'
        )
    return False


def _explain(entry: Entry, new: Token) -> None:
    if entry.error is None:
        return
    if entry.generated is None:
        entry.error.note(f'The new token "{new.name}" ({new.mrn}) is valid, and its secret was already handed over.')
    elif entry.sink is not None:
        path = entry.declaration.token_path
        entry.error.note(f'The new token "{new.name}" ({new.mrn}) is valid, and its secret is in {path}.')
    else:
        entry.error.note(
            f'The new token "{new.name}" ({new.mrn}) is valid, and its secret is in this result. Give it the name'
            f' "{entry.declaration.name}", or the next run replaces it.'
        )
        return
    entry.error.note("The next run finishes the rotation.")
