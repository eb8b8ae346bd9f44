# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every fault at every request of every kind of run, a killed process, and another run between any two requests.

After each: whoever had a secret that worked has one, no two tokens have the declared name, the report is true, the next run does
the rest, and the one after it has nothing to do.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import Declaration, Mode
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declared_set import Prune
from ansible_collections.mondoo.platform.plugins.module_utils._values import errors
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOTHING,
    NOW,
    ORGANIZATION,
    declare,
    pending,
    retired,
    roles,
    token,
)
from ansible_collections.mondoo.platform.tests.unit.support.model import Fault
from ansible_collections.mondoo.platform.tests.unit.support.world import Run, World

Record = Callable[[str, object], None]

CI = token(description="Pipelines", last_used_at=NOW - DAY)
HALF_DONE = pending(HOUR, description="Pipelines")
KILLS = (Fault.KILL_BEFORE, Fault.KILL_AFTER)
FAULTS = tuple(fault for fault in Fault if fault not in KILLS)
# A request that is sent again succeeds.
PASSING = {Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.BUSY}


@dataclass(frozen=True)
class Flow:
    """One kind of run. in_file: the token whose secret is in the file, if it is in one.

    staged: two runs, between which secrets are handed over by others.
    """

    tokens: Sequence[Token]
    declared: Sequence[Declaration]
    in_file: Token | None = None
    staged: bool = False
    prune: Prune | None = None

    def world(self, **options: Any) -> World:
        world = World(self.tokens, options)
        for declaration in self.declared:
            if declaration.token_path and self.in_file:
                entry = world.model.entries[str(self.in_file.mrn)]
                world.file(declaration.token_path).put(entry.secret, self.in_file.created_at or NOW)
        return world

    def play(self, world: World, faults: Mapping[int, Fault] | None = None, **options: Any) -> list[Run] | None:
        """The runs; None if one was killed. By then, what is there shows in every listing."""
        world.reveal()
        world.model.fail(faults or {})
        runs: list[Run] = []
        modes = (Mode.STAGED, Mode.FINISH) if self.staged else (Mode.DIRECT,)
        for mode in modes:
            delivered = [mrn for run in runs for mrn in run.secrets]
            if mode is Mode.FINISH and not delivered:
                # Nothing was handed over, and nothing is to be finished.
                break
            run = world.run(*self.declared, mode=mode, delivered=delivered, prune=self.prune, **options)
            if run is None:
                return None
            runs.append(run)
        return runs

    def without_other_runs(self) -> Flow:
        return replace(self, declared=[replace(each, pending_grace=NOTHING) for each in self.declared])

    @property
    def has_files(self) -> bool:
        return all(declaration.token_path for declaration in self.declared)


def _rotate(**options: Any) -> Declaration:
    return declare(roles=roles("agent"), rotate_after=DAY, **options)


_FILE: dict[str, Any] = {"token_path": "/etc/ci.token", "lost_secret": "rotate"}
_ELSEWHERE: dict[str, Any] = {"scope": ORGANIZATION}
FLOWS = {
    "create": Flow([], [declare(roles=roles("viewer"), description="x")]),
    "create to a file": Flow([], [declare(roles=roles("viewer"), **_FILE)]),
    "describe": Flow([CI], [declare(description="x")]),
    "permit": Flow([CI], [declare(roles=roles("agent"))]),
    "describe and permit": Flow([CI], [declare(roles=roles("agent"), description="x")]),
    "delete": Flow([CI, retired(), HALF_DONE], [declare(present=False)]),
    "rotate": Flow([CI], [_rotate()]),
    "rotate with overlap": Flow([CI, retired(DAY)], [_rotate(overlap=HOUR)]),
    "rotate to a file": Flow([CI, retired(DAY)], [_rotate(**_FILE)], CI),
    "rotate to a file with overlap": Flow([CI], [_rotate(overlap=HOUR, **_FILE)], CI),
    "replace a lost secret": Flow([CI], [declare(overlap=HOUR, **_FILE)]),
    "finish": Flow([CI, HALF_DONE], [_rotate(**_FILE)], HALF_DONE),
    "finish with overlap": Flow([CI, HALF_DONE, retired(DAY)], [_rotate(overlap=HOUR, **_FILE)], HALF_DONE),
    "go on": Flow([retired(DAY), HALF_DONE], [_rotate(**_FILE)]),
    "create staged": Flow([], [declare(roles=roles("viewer"))], staged=True),
    "rotate staged": Flow([CI], [_rotate()], staged=True),
    "rotate staged with overlap": Flow([CI, retired(DAY)], [_rotate(overlap=HOUR)], staged=True),
    "a set": Flow(
        [
            *(token(name) for name in ("one", "two", "three", "four", "old", "older")),
            *(token(name, scope=ORGANIZATION) for name in ("one", "old")),
        ],
        [
            declare("new", roles=roles("viewer")),
            declare("one", description="x"),
            declare("two", description="x", roles=roles("editor")),
            declare("three", roles=roles("agent")),
            declare("four", present=False),
            declare("one", roles=roles("owner"), rotate_after=DAY, overlap=HOUR, **_ELSEWHERE),
        ],
        prune=Prune(),
    ),
}
SERVICES: dict[str, dict[str, Any]] = {
    "with JWTs": {"jwt": True},
    "without MRNs of new tokens": {"payload_mrn": False},
    "without names of new tokens": {"payload_name": False},
    "non-null payloads": {"non_null": True},
    "nothing after a failure": {"non_null": True, "stops_at_failure": True},
    "errors without a path": {"pathless": True},
}


def _count_requests(flow: Flow, options: Mapping[str, Any]) -> int:
    """How many requests the runs of a flow take; they succeed, and do what was predicted."""
    world = flow.world(**options)
    runs = flow.play(world)
    assert runs is not None
    for run in runs:
        assert run.errors == []
        assert run.operations == run.predicted
    return len(world.requests)


def _working(world: World, flow: Flow) -> list[bool]:
    """For each declared token, whether somebody has a secret for it that works."""
    return [bool(world.working(each)) for each in flow.declared]


def _check_after_faults(world: World, flow: Flow, before: Sequence[bool]) -> None:
    for declaration, worked, works in zip(flow.declared, before, _working(world, flow), strict=True):
        assert works or not worked or not declaration.present, f"nobody has a secret of {declaration} that works"
        assert len(world.in_use(declaration)) <= 1, world.names


def _check_next_runs(world: World, flow: Flow, *, may_be_lost: bool = False) -> None:
    """may_be_lost: a secret that a killed process was to return is lost, and nothing outside says so."""
    for entry in world.orphans:
        # What an error asks to delete; anything else the next run has to clean up by itself.
        if any(entry.name == each.name for each in flow.declared):
            del world.model.entries[entry.mrn]
    flow = flow.without_other_runs()
    runs = flow.play(world)
    assert runs is not None
    for run in runs:
        assert run.errors == [], run.words
        assert run.operations == run.predicted
    for declaration, works in zip(flow.declared, _working(world, flow), strict=True):
        assert len(world.in_use(declaration)) == int(declaration.present)
        assert works or may_be_lost or not declaration.present
    assert world.pending() == []
    if not may_be_lost:
        assert world.orphans == []
    for run in flow.play(world) or ():
        assert (run.operations, run.errors, run.requests) == ({}, [], 1)


@pytest.mark.parametrize("name", FLOWS)
def test_every_fault_at_every_request(name: str, record_property: Record) -> None:
    """And at every request and the one after it; with and without trying again."""
    flow = FLOWS[name]
    cases = list(itertools.product(range(_count_requests(flow, {})), FAULTS, (1, 2), (0, 2)))
    for number, fault, hits, retries in cases:
        _play_with_faults(flow, {}, dict.fromkeys(range(number, number + hits), fault), retries)
    record_property("cases", len(cases))


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("name", ["create", "describe and permit", "rotate with overlap", "finish", "a set"])
def test_every_fault_at_other_services(name: str, service: str, record_property: Record) -> None:
    flow, options = FLOWS[name], SERVICES[service]
    cases = list(itertools.product(range(_count_requests(flow, options)), FAULTS))
    for number, fault in cases:
        _play_with_faults(flow, options, {number: fault}, 2)
    record_property("cases", len(cases))


def _play_with_faults(flow: Flow, options: Mapping[str, Any], faults: dict[int, Fault], retries: int) -> None:
    world = flow.world(**options)
    before = _working(world, flow)
    runs = flow.play(world, faults, retries=retries)
    assert runs is not None
    if retries >= len(faults) and set(faults.values()) <= PASSING:
        assert not any(run.errors for run in runs), f"{faults}: it would have passed"
    _check_after_faults(world, flow, before)
    _check_next_runs(world, flow)


# A killed process can neither clean up nor report: only what is at the service and in the file is there for the next run.


@pytest.mark.parametrize("name", FLOWS)
def test_killed_at_every_request(name: str, record_property: Record) -> None:
    flow = FLOWS[name]
    services: list[dict[str, Any]] = [{}, {"jwt": True}, {"lag": 1}]
    cases = list(itertools.product(range(_count_requests(flow, {})), KILLS, services))
    for number, kill, options in cases:
        world = flow.world(**options)
        before = _working(world, flow)
        assert flow.play(world, {number: kill}) is None
        if flow.has_files:
            _check_after_faults(world, flow, before)
        world.clock.now += MINUTE
        _check_next_runs(world, flow, may_be_lost=not flow.has_files)
    record_property("cases", len(cases))


@pytest.mark.parametrize("name", [name for name, flow in FLOWS.items() if flow.has_files])
def test_killed_at_a_request_of_each_of_two_runs(name: str, record_property: Record) -> None:
    """Where secrets go to a file, none is ever lost."""
    flow = FLOWS[name]
    cases = list(itertools.product(itertools.product(range(5), KILLS), repeat=2))
    for kills in cases:
        world = flow.world()
        before = _working(world, flow)
        for number, kill in kills:
            flow.play(world, {number: kill})
            _check_after_faults(world, flow, before)
            world.clock.now += MINUTE
        _check_next_runs(world, flow)
    record_property("cases", len(cases))


def test_a_secret_to_be_returned_is_lost_only_with_the_old_token() -> None:
    """Until the old token is deleted, its secret works; after that, the new one is lost with the process."""
    flow = FLOWS["rotate"]
    for number, kill in itertools.product(range(_count_requests(flow, {})), KILLS):
        world = flow.world()
        assert flow.play(world, {number: kill}) is None
        assert _working(world, flow) == ["deleteAPIToken" not in world.model.executed]


# Another run elsewhere, which does the same from its beginning to its end between two requests of this one. On one host, runs take turns.


def _play_other(flow: Flow, world: World, others: list[Run]) -> None:
    others += flow.play(world) or []


@pytest.mark.parametrize("name", [name for name, flow in FLOWS.items() if not flow.has_files])
def test_another_run_between_any_two_requests(name: str, record_property: Record) -> None:
    flow = FLOWS[name]
    count = _count_requests(flow, {})
    for number in range(count + 1):
        world = flow.world()
        others: list[Run] = []
        world.interruptions[number] = partial(_play_other, flow, world, others)
        runs = flow.play(world)
        assert runs is not None
        assert bool(others) == (number < count)
        # NotFound: the old token of a rotation was replaced by the other run.
        codes = {error.code for run in (*runs, *others) for error in run.errors}
        assert codes <= {errors.PENDING_ELSEWHERE, errors.NOT_FOUND}
        assert all(world.working(each) for each in flow.declared if each.present)
        doubled = [each for each in flow.declared if len(world.in_use(each)) > 1]
        # Both have seen the same listing, and neither could know of the other.
        assert not doubled or world.requests[number:].count("generateAPIToken") >= len(doubled)
        for declaration in doubled:
            one, other = world.in_use(declaration)
            assert {one.secret, other.secret} <= world.known
            run = world.run(declaration)
            assert run is not None
            assert run.error.code == errors.AMBIGUOUS_NAME
            assert one.mrn in str(run.error)
            del world.model.entries[other.mrn]
        _check_next_runs(world, flow)
    record_property("cases", count + 1)
