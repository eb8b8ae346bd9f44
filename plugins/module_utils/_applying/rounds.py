# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applies the plans of many entries in rounds: in each, the next step of every entry, shared where steps can share a request.

Secrets are generated side by side, one to a request, since a shared request could lose them all. No failure of one entry
keeps another from being done.
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
from .changes import Task, is_done, send_changes, settle
from .entry import Entry
from .generation import Surroundings, generate
from .recovery import recover

_CHANGES_PER_REQUEST = 20
# So many generations in a row that fail for the same general reason: the rest would fare no better, and take hours.
_HOPELESS = 5

Progress: TypeAlias = "Callable[[int, int], None]"


@dataclass(frozen=True)
class _Generation:
    entry: Entry
    step: Generate


@dataclass(frozen=True)
class _Batch:
    """Changes of one operation that share a request."""

    tasks: tuple[Task, ...]


_Work: TypeAlias = "_Generation | _Batch"
_Settled: TypeAlias = "tuple[Task, Response[Token]]"


def apply_entries(
    entries: Sequence[Entry],
    pool: TokenApiPool,
    surroundings: Surroundings,
    progress: Progress = lambda _done, _all: None,
) -> None:
    """Does the steps of all entries that have no error, and puts the outcome into the entries.

    progress: is told how many steps are done, and of how many; one call at a time, from any thread.
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
        except Exception as error:  # noqa: BLE001  (secrets wait to be returned)
            for entry in self._entries:
                if entry.steps and entry.error is None:
                    entry.error = internal_error(error)

    def _next_round(self) -> list[_Work]:
        """The next step of each entry, shared where that is possible."""
        generations: list[_Work] = []
        updates: list[list[Task]] = []
        deletions: list[list[Task]] = []
        roles: dict[Scope, list[Task]] = defaultdict(list)
        for entry in self._entries:
            if entry.error is not None or not entry.steps:
                continue
            step = entry.steps[0]
            if isinstance(step, Generate):
                generations.append(_Generation(entry, step))
            elif isinstance(step, SetRoles):
                roles[step.token.scope].append(Task(entry, entry.resolve(step)))
            else:
                (updates if isinstance(step, Update) else deletions).append(_leading(entry, type(step)))
        changes = [*_batches(updates), *_batches(deletions), *(_Batch(tuple(tasks)) for tasks in roles.values())]
        return [*changes, *generations]

    def _do(self, work: Sequence[_Work]) -> None:
        unknown: list[_Settled] = []
        finished: list[_Settled] = []
        for answered in self._pool.map(self._send, work):
            if isinstance(answered, Exception):
                raise answered
            for task, response in answered:
                (unknown if response.verdict is Verdict.UNKNOWN else finished).append((task, response))
        finished += self._settle(unknown)
        self._conclude(finished)
        remaining = sum(len(entry.steps) for entry in self._entries if entry.error is None)
        self._report(self._steps - remaining - self._steps_done)

    def _send(self, api: TokenApi, work: _Work) -> list[_Settled]:
        if isinstance(work, _Batch):
            responses = send_changes(api, work.tasks, api.policy.budget())
            self._report(len(work.tasks))
            return list(zip(work.tasks, responses, strict=True))
        entry = work.entry
        entry.steps.remove(work.step)
        entry.error = self._reason_for_giving_up(entry)
        if entry.error is None:
            generate(api, entry, work.step, self._surroundings)
            self._remember(entry.error)
        self._report(1)
        return []

    def _settle(self, unknown: Sequence[_Settled]) -> list[_Settled]:
        """Finds out what became of changes whose answer got lost."""
        if not unknown:
            return []
        scopes = list(dict.fromkeys(task.step.token.scope for task, _response in unknown))
        listings = self._pool.list_tokens(scopes)
        finished: list[_Settled] = []
        still_unknown: list[_Settled] = []
        for task, response in unknown:
            listing = listings.get(task.step.token.scope)
            if listing is not None and not isinstance(listing, MondooError) and is_done(task, listing):
                finished.append((task, Response(Verdict.DONE)))
            else:
                still_unknown.append((task, response))

        def alone(api: TokenApi, item: _Settled) -> _Settled:
            task, response = item
            return task, settle(api, task, response, api.policy.budget())

        for (task, response), settled in zip(still_unknown, self._pool.map(alone, still_unknown), strict=True):
            finished.append((task, response) if isinstance(settled, Exception) else settled)
        return finished

    def _conclude(self, finished: Sequence[_Settled]) -> None:
        """Puts what became of the changes of a round into their entries, and recovers those that failed."""
        by_entry: dict[int, list[_Settled]] = defaultdict(list)
        for task, response in finished:
            by_entry[id(task.entry)].append((task, response))
        failed: list[list[_Settled]] = []
        for settled in by_entry.values():
            settled.sort(key=lambda each: each[0].number)
            entry = settled[0][0].entry
            del entry.steps[: len(settled)]
            for task, response in settled:
                if response.verdict is Verdict.DONE:
                    entry.record(task.step, response.value)
            if any(response.verdict is not Verdict.DONE for _task, response in settled):
                failed.append(settled)

        def restore(api: TokenApi, settled: list[_Settled]) -> None:
            recover(api, settled[0][0].entry, settled)

        for settled, result in zip(failed, self._pool.map(restore, failed), strict=True):
            if isinstance(result, Exception):
                entry = settled[0][0].entry
                entry.error = entry.error or internal_error(result)

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
        """So many more steps are done; less than one is no news."""
        with self._lock:
            if steps > 0:
                self._steps_done = min(self._steps_done + steps, self._steps)
                self._progress(self._steps_done, self._steps)


def _leading(entry: Entry, kind: type[Update] | type[Delete]) -> list[Task]:
    """The steps of one kind that an entry starts with: two renames of one rotation belong into one request."""
    tasks: list[Task] = []
    for number, step in enumerate(entry.steps):
        if not isinstance(step, kind):
            break
        change: Change = entry.resolve(step)
        tasks.append(Task(entry, change, number))
    return tasks


def _batches(groups: Sequence[Sequence[Task]]) -> list[_Batch]:
    """Batches of a bounded size in which the steps of one entry stay together and in order."""
    batches: list[list[Task]] = []
    for group in groups:
        if batches and len(batches[-1]) + len(group) <= _CHANGES_PER_REQUEST:
            batches[-1].extend(group)
        else:
            batches.append(list(group))
    return [_Batch(tuple(tasks)) for tasks in batches]
