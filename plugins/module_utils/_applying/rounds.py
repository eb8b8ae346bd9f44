# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applies the plans of many entries in rounds: each runs the next step of every entry, in shared requests if possible.

Secrets are generated concurrently, one per request, since a shared request could lose them all. A failure of one entry
does not stop the others.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .._api.pool import TokenApiPool
from .._api.tokens import TokenApi
from .._graphql.response import Response, Verdict
from .._planning.plan import Change, Delete, Generate, SetRoles, Update
from .._values.errors import MondooError, internal_error
from .._values.mrn import Scope
from .._values.token import Token
from .changes import Task, carry_out
from .entry import Entry
from .generation import Surroundings, generate
from .recovery import recover

_CHANGES_PER_REQUEST = 20
# After so many consecutive generations that fail for the same general reason, the rest would fail too, and take hours.
_HOPELESS = 5

Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True)
class _Generation:
    entry: Entry
    step: Generate

    @property
    def entries(self) -> list[Entry]:
        return [self.entry]


@dataclass(frozen=True)
class _Batch:
    """Changes of one operation that share a request."""

    tasks: tuple[Task, ...]

    @property
    def entries(self) -> list[Entry]:
        return [task.entry for task in self.tasks]


_Work: TypeAlias = "_Generation | _Batch"


def apply_entries(
    entries: Sequence[Entry],
    pool: TokenApiPool,
    surroundings: Surroundings,
    progress: Progress = lambda _done, _all: None,
) -> None:
    """Executes the steps of all entries without an error, and records the outcome in the entries.

    progress: called with how many steps are done, and of how many; one call at a time, from any thread.
    """
    _Rounds([entry for entry in entries if entry.error is None], pool, surroundings, progress).run()


class _Rounds:
    def __init__(
        self, entries: Sequence[Entry], pool: TokenApiPool, surroundings: Surroundings, progress: Progress
    ) -> None:
        self._entries = entries
        self._pool = pool
        self._surroundings = surroundings
        self._progress = progress
        self._lock = threading.Lock()
        self._steps = sum(len(entry.steps) for entry in entries)
        self._steps_done = 0
        self._failures: list[MondooError] = []

    def run(self) -> None:
        try:
            while work := self._next_round():
                self._do(work)
        except Exception as error:  # noqa: BLE001  (secrets have yet to be returned)
            for entry in self._entries:
                if entry.steps and entry.error is None:
                    entry.error = internal_error(error)

    def _next_round(self) -> list[_Work]:
        """The next step of each entry, shared if possible."""
        active = [entry for entry in self._entries if entry.steps and entry.error is None]
        # Permissions of one scope are set by one request, once all of its entries have reached that step.
        to_come = {step.token.scope for entry in active for step in entry.steps[1:] if isinstance(step, SetRoles)}
        generations: list[_Work] = []
        updates: list[list[Task]] = []
        deletions: list[list[Task]] = []
        roles: dict[Scope, list[Task]] = defaultdict(list)
        for entry in active:
            step = entry.steps[0]
            if isinstance(step, Generate):
                generations.append(_Generation(entry, step))
            elif isinstance(step, SetRoles):
                if step.token.scope not in to_come:
                    roles[step.token.scope].append(Task(entry, entry.resolve(step)))
            else:
                (updates if isinstance(step, Update) else deletions).append(_leading(entry, type(step)))
        changes = [*_batches(updates), *_batches(deletions), *(_Batch(tuple(tasks)) for tasks in roles.values())]
        return [*changes, *generations]

    def _do(self, work: Sequence[_Work]) -> None:
        for item, outcome in zip(work, self._pool.map(self._do_one, work), strict=True):
            if isinstance(outcome, Exception):
                # A bug in the collection must not prevent returning the secrets of other entries.
                for entry in item.entries:
                    entry.error = entry.error or internal_error(outcome)
        remaining = sum(len(entry.steps) for entry in self._entries if entry.error is None)
        self._report(self._steps - remaining - self._steps_done)

    def _do_one(self, api: TokenApi, work: _Work) -> None:
        if isinstance(work, _Batch):
            self._change(api, work.tasks)
            self._report(len(work.tasks))
            return
        entry = work.entry
        entry.steps.remove(work.step)
        entry.error = self._reason_for_giving_up(entry)
        if entry.error is None:
            generate(api, entry, work.step, self._surroundings)
            self._remember(entry.error)
        self._report(1)

    @staticmethod
    def _change(api: TokenApi, tasks: Sequence[Task]) -> None:
        """Executes the steps of a batch, and records the outcomes in their entries; recovers those that failed."""
        budget = api.policy.budget()
        by_entry: dict[int, list[tuple[Task, Response[Token]]]] = defaultdict(list)
        for task, response in zip(tasks, carry_out(api, tasks, budget), strict=True):
            by_entry[id(task.entry)].append((task, response))
            if response.verdict is Verdict.DONE:
                task.entry.record(task.step, response.value)
        for outcomes in by_entry.values():
            entry = outcomes[0][0].entry
            del entry.steps[: len(outcomes)]
            if all(response.verdict is Verdict.DONE for _task, response in outcomes):
                continue
            try:
                recover(api, entry, outcomes, budget)
            except Exception as error:  # noqa: BLE001  (the other entries of the batch continue)
                entry.error = entry.error or internal_error(error)

    def _reason_for_giving_up(self, entry: Entry) -> MondooError | None:
        with self._lock:
            cause = self._failures[-1] if len(self._failures) >= _HOPELESS else None
        if cause is None:
            return None
        return MondooError(
            cause.code,
            f"it was not attempted after {_HOPELESS} others in a row had failed: {cause.reason}",
            attempted=f"generate {entry.declaration}",
            operation=cause.operation,
            http_status=cause.http_status,
            advice=cause.advice,
        )

    def _remember(self, error: MondooError | None) -> None:
        with self._lock:
            if error is not None and not error.concerns_one_scope:
                self._failures.append(error)
            else:
                self._failures.clear()

    def _report(self, steps: int) -> None:
        """Reports that `steps` more steps are done, if at least one."""
        with self._lock:
            if steps > 0:
                self._steps_done = min(self._steps_done + steps, self._steps)
                self._progress(self._steps_done, self._steps)


def _leading(entry: Entry, kind: type[Update] | type[Delete]) -> list[Task]:
    """The leading steps of one kind of an entry: two renames of one rotation belong in one request."""
    tasks: list[Task] = []
    for step in entry.steps:
        if not isinstance(step, kind):
            break
        change: Change = entry.resolve(step)
        tasks.append(Task(entry, change))
    return tasks


def _batches(groups: Sequence[Sequence[Task]]) -> list[_Batch]:
    """Batches of limited size in which the steps of one entry stay together and in order."""
    batches: list[list[Task]] = []
    for group in groups:
        if batches and len(batches[-1]) + len(group) <= _CHANGES_PER_REQUEST:
            batches[-1].extend(group)
        else:
            batches.append(list(group))
    return [_Batch(tuple(tasks)) for tasks in batches]
