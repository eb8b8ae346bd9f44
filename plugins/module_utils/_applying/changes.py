# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends changes that may be sent twice, and determines the outcome of those without a response.

A shared request is only an optimization. Changes that it does not confirm are looked up in a listing, and sent again
individually if they were not executed. All waiting is within the budget of one step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .._api.tokens import Listing, RoleChange, TokenApi, TokenUpdate
from .._graphql.response import Response, Verdict
from .._graphql.retry import RetryBudget
from .._planning.plan import Change, Delete, SetRoles, Update
from .._values.errors import NOT_FOUND, MondooError, internal_error
from .._values.mrn import Scope
from .._values.token import Token
from .entry import Entry

# How often clean-up is tried: more depends on it than on a single request.
INSISTENCE = 3


@dataclass(frozen=True)
class Task:
    """One change of one entry. step: with the MRN of its token."""

    entry: Entry
    step: Change


def carry_out(api: TokenApi, tasks: Sequence[Task], budget: RetryBudget) -> list[Response[Token]]:
    """Sends changes of one operation in one request, and determines the outcome of each. Never raises.

    tasks: those of one entry in order, and those for permissions of one scope. A change is not sent again if an earlier
    change of its entry was not executed.
    """
    responses = [
        _unless_replaced(task, response)
        for task, response in zip(tasks, _send_changes(api, tasks, budget), strict=True)
    ]
    unknown = [task for task, response in zip(tasks, responses, strict=True) if response.verdict is Verdict.UNKNOWN]
    if unknown:
        responses = _find_out(api, tasks, responses, _list_for(api, unknown, budget), budget)
    return responses


def _find_out(
    api: TokenApi,
    tasks: Sequence[Task],
    responses: Sequence[Response[Token]],
    listings: Mapping[Scope, Listing | MondooError],
    budget: RetryBudget,
) -> list[Response[Token]]:
    """The responses, with UNKNOWN replaced by the result of the listings or of another attempt."""
    responses = list(responses)
    stopped: set[int] = set()
    for number, task in enumerate(tasks):
        if responses[number].verdict is Verdict.UNKNOWN:
            is_executed = _is_executed(task, listings)
            if is_executed:
                responses[number] = Response(Verdict.DONE)
            elif id(task.entry) not in stopped:
                responses[number] = _send_alone(api, task, responses[number], budget, in_doubt=is_executed is None)
        if responses[number].verdict is not Verdict.DONE:
            stopped.add(id(task.entry))
    return responses


def _send_changes(api: TokenApi, tasks: Sequence[Task], budget: RetryBudget) -> list[Response[Token]]:
    """Sends changes of one operation in one request, once. Never raises. What may have been executed is recorded in its entry."""
    try:
        responses = _send(api, [task.step for task in tasks], budget)
    except MondooError as error:
        responses = [Response(Verdict.UNKNOWN, error=error.copy()) for _task in tasks]
    except Exception as error:  # noqa: BLE001  (secrets of other entries have yet to be returned)
        responses = [Response(Verdict.UNKNOWN, error=internal_error(error)) for _task in tasks]
    for task, response in zip(tasks, responses, strict=True):
        if response.verdict is not Verdict.REFUSED:
            task.entry.operations.append(task.step.operation)
    return responses


def _unless_replaced(task: Task, response: Response[Token]) -> Response[Token]:
    """The response, except for a rotation with a missing old token: another run has replaced it, and the name is taken."""
    old, new = task.entry.plan.before, task.entry.generated
    was_gone = response.verdict is Verdict.DONE and response.error is not None
    if not was_gone or old is None or new is None or task.step.token.mrn != old.mrn:
        return response
    error = MondooError(
        NOT_FOUND,
        "it no longer exists, so another run has replaced it",
        operation=task.step.operation,
        advice="Run again: the next run sees what that one has done.",
    )
    return Response(Verdict.REFUSED, error=error)


def _send(api: TokenApi, steps: Sequence[Change], budget: RetryBudget) -> list[Response[Token]]:
    updates = [TokenUpdate(step.token, step.name, step.description) for step in steps if isinstance(step, Update)]
    if updates:
        return api.update_tokens(updates, budget)
    roles = [RoleChange(step.token, step.roles) for step in steps if isinstance(step, SetRoles)]
    if roles:
        return [_without_value(each) for each in api.set_roles(roles[0].token.scope, roles, budget)]
    deletions = [step.token for step in steps if isinstance(step, Delete)]
    return [_without_value(each) for each in api.delete_tokens(deletions, budget)]


def _without_value(response: Response[None]) -> Response[Token]:
    return Response(response.verdict, None, response.error)


def _send_alone(
    api: TokenApi, task: Task, response: Response[Token], budget: RetryBudget, *, in_doubt: bool
) -> Response[Token]:
    """Sends a change again until a response or a listing shows the outcome. response: UNKNOWN, and not shown by a listing.

    in_doubt: whether no listing shows that it was not executed either. A refusal of a retry does not settle that.
    """
    for tries in range(1, api.policy.retries + 1):
        try:
            # If a shared request was refused, waiting does not help.
            if response.error is not None and response.error.transient:
                budget.pause(tries, response.error)
        except MondooError:
            break
        response, is_unseen = _send_and_look_up(api, task, budget)
        if response.verdict is Verdict.UNKNOWN:
            # What a listing shows now settles the earlier tries too.
            in_doubt = is_unseen
        if response.verdict is not Verdict.UNKNOWN or not (response.error and response.error.transient):
            break
    if response.verdict is Verdict.DONE:
        return response
    return Response(Verdict.UNKNOWN if in_doubt else Verdict.REFUSED, error=response.error)


def _send_and_look_up(api: TokenApi, task: Task, budget: RetryBudget) -> tuple[Response[Token], bool]:
    """Sends a change once. Returns what the answer, or else a listing, says of it; and whether neither says anything."""
    (response,) = _send_changes(api, [task], budget)
    if response.verdict is not Verdict.UNKNOWN:
        return response, False
    is_executed = _is_executed(task, _list_for(api, [task], budget))
    return Response(Verdict.DONE) if is_executed else response, is_executed is None


def _list_for(api: TokenApi, tasks: Sequence[Task], budget: RetryBudget) -> Mapping[Scope, Listing | MondooError]:
    """The tokens of the scopes of the tasks. Never raises."""
    scopes = list(dict.fromkeys(task.step.token.scope for task in tasks))
    try:
        return api.list_tokens(scopes, budget)
    except Exception as error:  # noqa: BLE001  (as above)
        return dict.fromkeys(scopes, internal_error(error))


def _is_executed(task: Task, listings: Mapping[Scope, Listing | MondooError]) -> bool | None:
    """Whether a listing shows that the change was executed; None if that is unknown."""
    token = task.step.token
    listing = listings.get(token.scope)
    if listing is None or isinstance(listing, MondooError):
        return None
    there = next((each for each in listing if each.mrn == token.mrn), None)
    if there is None and token.mrn not in task.entry.known:
        # A token of this run may be missing just because it is new.
        return None
    return task.step.is_done(there)


def list_insistently(api: TokenApi, token: Token, budget: RetryBudget) -> Sequence[Token]:
    """The tokens of a token's scope, with retries after any failure; raises MondooError."""
    for tries in range(1, INSISTENCE + 1):
        listing = api.list_tokens([token.scope], budget)[token.scope]
        if not isinstance(listing, MondooError):
            return listing
        failure = listing
        if tries < INSISTENCE:
            budget.pause(tries)
    raise failure


def apply_insistently(api: TokenApi, entry: Entry, step: Change, budget: RetryBudget) -> MondooError | None:
    """A clean-up change, with retries after any failure. Returns why it was not executed, or None."""
    for tries in range(1, INSISTENCE + 1):
        response, _is_unseen = _send_and_look_up(api, Task(entry, step), budget)
        if response.verdict is Verdict.DONE:
            return None
        if tries < INSISTENCE:
            try:
                budget.pause(tries)
            except MondooError:
                break
    return response.error
