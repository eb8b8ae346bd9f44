# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a step that failed: gets back to a state in which the token in use works and no two tokens have one name."""

from __future__ import annotations

from collections.abc import Sequence

from .._api.tokens import TokenApi
from .._graphql.response import Response, Verdict
from .._graphql.retry import RetryBudget
from .._planning.plan import Delete, Update
from .._values.errors import internal_error
from .._values.token import Token
from .changes import Task, apply_insistently
from .entry import Entry


def recover(api: TokenApi, entry: Entry, settled: Sequence[tuple[Task, Response[Token]]]) -> None:
    """Puts the failure of a step into the entry, after having taken back what has to be.

    settled: the steps of one round, in order, of which at least one was not executed for certain.
    """
    task, response = next((task, each) for task, each in settled if each.verdict is not Verdict.DONE)
    error = response.error or internal_error(AssertionError("a change that failed has an error"))
    entry.error = error.during(_attempted(task))
    entry.steps.clear()
    if response.verdict is Verdict.UNKNOWN:
        entry.operations.append(task.step.operation)
        entry.changed = True
    new, old = entry.generated, entry.plan.before
    concerns_old = old is not None and task.step.token.mrn == old.mrn
    if new is None or new.mrn is None or not (concerns_old or task.step.token.mrn == new.mrn):
        return
    if response.verdict is Verdict.REFUSED:
        _take_back(api, entry, new, old)
    else:
        _explain(entry, new)


def _attempted(task: Task) -> str:
    token = task.step.token
    verb = {"updateAPIToken": "update", "setRoles": "set the permissions of", "deleteAPIToken": "delete"}
    return f'{verb[task.step.operation]} the API token "{token.name}" ({token.mrn}) of {token.scope}'


def _take_back(api: TokenApi, entry: Entry, new: Token, old: Token | None) -> None:
    """What was refused was certainly not executed, so that what was done before it can be undone."""
    budget = api.policy.budget()
    named = _renamed(entry, new)
    if named is not None and not _undo(api, entry, Update(named, name=new.name), budget):
        return
    old_is_gone = any(isinstance(step, Delete) and old and step.token.mrn == old.mrn for step in entry.done)
    if entry.sink is not None or old_is_gone:
        # The secret is in use already, or the only one that works.
        _explain(entry, new)
        return
    retired = _renamed(entry, old)
    if retired is not None and old is not None and not _undo(api, entry, Update(retired, name=old.name), budget):
        return
    if _undo(api, entry, Delete(new), budget):
        entry.secret = None
        entry.token = old
        entry.generated = None
        entry.changed = False
        if entry.error:
            entry.error.note("The new token was deleted again, and nothing has changed.")


def _renamed(entry: Entry, token: Token | None) -> Token | None:
    """The token as this run renamed it; None if it did not."""
    for step in entry.done:
        if isinstance(step, Update) and token is not None and step.token.mrn == token.mrn and step.name is not None:
            return step.after
    return None


def _undo(api: TokenApi, entry: Entry, step: Update | Delete, budget: RetryBudget) -> bool:
    failure = apply_insistently(api, entry, step, budget)
    if failure is None:
        return True
    if entry.error:
        entry.error.note(
            f'What was done before could not be undone: "{step.token.name}" ({step.token.mrn}): {failure.reason}.'
        )
    return False


def _explain(entry: Entry, new: Token) -> None:
    if entry.error is None:
        return
    where = f"in {entry.declaration.token_path}" if entry.sink is not None else "in this result"
    entry.error.note(f'The new token "{new.name}" ({new.mrn}) is valid, and its secret is {where}.')
    if entry.sink is not None:
        entry.error.note("The next run finishes the rotation.")
    else:
        entry.error.note(f'Give it the name "{entry.declaration.name}", or the next run replaces it.')
