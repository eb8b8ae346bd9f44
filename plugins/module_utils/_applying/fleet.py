# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applies many plans at once: what can share a request does, and secrets are generated side by side, one to a request.

Sharing is only the fast way. Whatever is not confirmed there is looked up, and what is still to do goes the way of a single
plan, with all of its care.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar

from .._api.pool import TokenApiPool
from .._api.tokens import RoleChange, TokenApi, TokenUpdate
from .._graphql.response import Response, Verdict
from .._planning.plan import Delete, Plan, SetRoles, Step, Update, left_by
from .._values.errors import MondooError, internal_error
from .._values.mrn import Scope
from .._values.token import Token
from .executor import Delivery, Outcome, apply_plan

_CHANGES_PER_REQUEST = 20
R = TypeVar("R")
# So many plans in a row that fail for the same general reason: the rest would fare no better, and take hours.
_HOPELESS = 5


@dataclass(frozen=True)
class Job:
    """A plan with what applying it takes. listing: all tokens of its scope, from which the plan was made."""

    plan: Plan
    listing: Collection[Token]
    delivery: Delivery | None = None


def apply_fleet(
    jobs: Sequence[Job], crew: TokenApiPool, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> list[Outcome]:
    """The outcome of each job, in their order; no failure of one keeps another from being done.

    progress: is told how many jobs are done, and of how many; from any thread, one call at a time.
    """
    return _Fleet(jobs, crew, progress).run()


@dataclass
class _Work:
    """A job under way. steps: those still to do. alone: they go the way of a single plan."""

    job: Job
    steps: list[Step]
    outcome: Outcome
    alone: bool

    def did(self, step: Update | SetRoles | Delete) -> None:
        self.steps.remove(step)
        self.outcome.operations.append(step.operation)
        self.outcome.token = left_by(step, self.outcome.token)
        if not self.steps:
            self.outcome.token = self.job.plan.after


_Pair: TypeAlias = "tuple[_Work, Update | SetRoles | Delete]"


class _Fleet:
    def __init__(self, jobs: Sequence[Job], crew: TokenApiPool, progress: Callable[[int, int], None]) -> None:
        self._crew = crew
        self._progress = progress
        self._work = [
            _Work(job, list(job.plan.steps), Outcome(job.plan.before), alone=job.plan.generates) for job in jobs
        ]
        self._lock = threading.Lock()
        self._done = 0
        self._failures: list[MondooError] = []

    def run(self) -> list[Outcome]:
        try:
            self._run()
        except Exception as error:  # noqa: BLE001  (as where no more threads can be started: secrets wait to be returned)
            for work in self._work:
                if work.steps and not work.outcome.error:
                    work.outcome.error = internal_error(error)
        return [work.outcome for work in self._work]

    def _run(self) -> None:
        self._share(_by_number(self._next(Update)), _send_changes)
        self._share(_by_scope(self._next(SetRoles)), _send_roles)
        self._finish()
        # What is replaced or undeclared goes last.
        self._share(_by_number(self._next(Delete)), _send_changes)
        self._finish()

    def _next(self, kind: type[Update] | type[SetRoles] | type[Delete]) -> list[_Pair]:
        """The steps that can share requests now."""
        pairs: list[_Pair] = []
        for work in self._work:
            if work.alone or work.outcome.error:
                continue
            for step in work.steps:
                if not isinstance(step, kind):
                    break
                pairs.append((work, step))
        return pairs

    def _share(
        self,
        parts: Sequence[Sequence[_Pair]],
        send: Callable[[TokenApi, Sequence[_Pair]], list[Response[Any]]],
    ) -> None:
        def attempt(service: TokenApi, part: Sequence[_Pair]) -> list[Response[Any]]:
            try:
                return send(service, part)
            except Exception:  # noqa: BLE001  (secrets of others wait to be returned; this is tried again alone)
                return [Response(Verdict.UNKNOWN)] * len(part)

        open_: list[_Pair] = []
        for part, responses in zip(parts, _results(self._crew.map(attempt, parts)), strict=True):
            for (work, step), response in zip(part, responses, strict=True):
                if response.verdict is Verdict.DONE:
                    work.did(step)
                elif response.verdict is Verdict.REFUSED:
                    work.outcome.error = work.outcome.error or response.error
                else:
                    open_.append((work, step))
        if open_:
            self._look(open_)

    def _look(self, pairs: Sequence[_Pair]) -> None:
        """Finds out what became of changes whose answer got lost or does not tell."""
        listings = self._crew.list_tokens(list(dict.fromkeys(step.token.scope for _work, step in pairs)))
        now = {
            scope: {token.mrn: token for token in listing}
            for scope, listing in listings.items()
            if not isinstance(listing, MondooError)
        }
        for work, step in pairs:
            scope = step.token.scope
            if scope in now and step.reached(now[scope].get(step.token.mrn)):
                work.did(step)
            else:
                work.alone = True

    def _finish(self) -> None:
        """Applies what is left of the plans that cannot share a request."""
        single = [work for work in self._work if work.alone and work.steps and not work.outcome.error]
        _results(self._crew.map(self._apply, single))
        self._tell(sum(1 for work in self._work if not work.steps or work.outcome.error))

    def _apply(self, service: TokenApi, work: _Work) -> None:
        job, before = work.job, work.outcome
        plan = replace(job.plan, before=before.token, steps=tuple(work.steps))
        with self._lock:
            cause = self._failures[-1] if len(self._failures) >= _HOPELESS else None
        if cause:
            before.error = _not_attempted(plan, cause)
            return
        outcome = apply_plan(plan, service, job.listing, job.delivery)
        outcome.operations[:0] = before.operations
        work.outcome = outcome
        work.steps.clear()
        with self._lock:
            if outcome.error and not outcome.error.concerns_one_scope:
                self._failures.append(outcome.error)
            else:
                self._failures.clear()
            self._done += 1
            self._progress(self._done, len(self._work))

    def _tell(self, done: int) -> None:
        with self._lock:
            if done > self._done:
                self._done = done
                self._progress(done, len(self._work))


def _by_number(pairs: Sequence[_Pair]) -> list[Sequence[_Pair]]:
    return [pairs[start : start + _CHANGES_PER_REQUEST] for start in range(0, len(pairs), _CHANGES_PER_REQUEST)]


def _by_scope(pairs: Sequence[_Pair]) -> list[Sequence[_Pair]]:
    scopes: dict[Scope, list[_Pair]] = defaultdict(list)
    for work, step in pairs:
        scopes[step.token.scope].append((work, step))
    return list(scopes.values())


def _send_changes(service: TokenApi, pairs: Sequence[_Pair]) -> list[Response[Any]]:
    budget = service.policy.budget()
    steps = [step for _work, step in pairs]
    updates = [TokenUpdate(step.token, step.name, step.description) for step in steps if isinstance(step, Update)]
    if updates:
        return [*service.update_tokens(updates, budget)]
    return [*service.delete_tokens([step.token for step in steps], budget)]


def _send_roles(service: TokenApi, pairs: Sequence[_Pair]) -> list[Response[Any]]:
    changes = [RoleChange(step.token, step.roles) for _work, step in pairs if isinstance(step, SetRoles)]
    return [*service.set_roles(changes[0].token.scope, changes, service.policy.budget())]


def _results(results: Sequence[R | Exception]) -> list[R]:
    for result in results:
        if isinstance(result, Exception):
            raise result
    return [result for result in results if not isinstance(result, Exception)]


def _not_attempted(plan: Plan, cause: MondooError) -> MondooError:
    token = plan.after or plan.before
    return MondooError(
        cause.code,
        f"it was not tried any more after {_HOPELESS} others in a row had failed: {cause.reason}",
        attempted=f'apply the plan for the API token "{token.name}" of {token.scope}' if token else "apply the plan",
        operation=cause.operation,
        http_status=cause.http_status,
        advice=cause.advice,
    )
