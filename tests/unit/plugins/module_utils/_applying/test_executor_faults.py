# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One fault at a time, at every request of every kind of run, and two of them in a row."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import retired_name
from ansible_collections.mondoo.platform.tests.unit.support.builders import DAY, HOUR, NOW, roles, spec, token
from ansible_collections.mondoo.platform.tests.unit.support.model import Fault
from ansible_collections.mondoo.platform.tests.unit.support.world import World

OLD = token("ci", description="Pipelines", last_used_at=NOW - DAY)
LEFT = token(retired_name("ci", NOW - DAY), key="left")
_REQUESTS = 12  # more than the longest of these runs sends
_KILLS = (Fault.KILL_BEFORE, Fault.KILL_AFTER)
_FAULTS = tuple(fault for fault in Fault if fault not in _KILLS)

_AGENT = roles("agent")
SPECS = {
    "create": (spec(roles=_AGENT, description="x", rotate_after=DAY), ()),
    "change": (spec(roles=_AGENT, description="x", rotate_after=90 * DAY), (OLD,)),
    "rotate": (spec(roles=_AGENT, rotate_after=DAY), (OLD,)),
    "rotate with overlap": (spec(rotate_after=DAY, overlap=HOUR), (OLD, LEFT)),
    "go on": (spec(rotate_after=2 * DAY), (LEFT,)),
    "delete": (spec(present=False), (OLD, LEFT)),
}


def _world(kind: str, to_file: bool, *, lag: int = 0, payload_mrn: bool = True) -> tuple[TokenSpec, World]:
    declared, tokens = SPECS[kind]
    world = World(*tokens, to_file=to_file, lag=lag, payload_mrn=payload_mrn)
    if world.file and OLD in tokens:
        world.file.put(f"old-secret-of-{OLD.mrn}", NOW - 10 * DAY)
    return declared, world


def _faulty_run(declared: TokenSpec, world: World, faults: dict[int, Fault]) -> None:
    try:
        world.run(declared, faults)
    except MondooError:
        assert 0 in faults, "only the first listing is read outside the executor"


@pytest.mark.parametrize("to_file", [False, True], ids=["returned", "to a file"])
@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("payload_mrn", [True, False], ids=["mrn told", "mrn not told"])
def test_after_any_single_fault_the_next_run_converges(kind: str, to_file: bool, payload_mrn: bool) -> None:
    for fault, number, lag in itertools.product(_FAULTS, range(_REQUESTS), (0, 2)):
        declared, world = _world(kind, to_file, lag=lag, payload_mrn=payload_mrn)
        _faulty_run(declared, world, {number: fault})
        assert not world.orphans, (fault, number, lag)
        world.converge(declared)


@pytest.mark.parametrize("to_file", [False, True], ids=["returned", "to a file"])
@pytest.mark.parametrize("kind", ["create", "rotate"])
def test_after_any_two_faults_the_next_run_converges(kind: str, to_file: bool) -> None:
    for first, second in itertools.product(_FAULTS, repeat=2):
        for at, distance in itertools.product(range(1, 4), range(1, 4)):
            declared, world = _world(kind, to_file)
            _faulty_run(declared, world, {at: first, at + distance: second})
            world.follow_advice()
            world.converge(declared)


@pytest.mark.parametrize("kind", SPECS)
def test_after_a_passing_fault_the_same_run_comes_to_its_end(kind: str) -> None:
    for fault, number in itertools.product((Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.BUSY), range(_REQUESTS)):
        declared, world = _world(kind, True)
        done = world.run(declared, {number: fault})
        assert done is not None
        assert done.outcome.error is None, (fault, number)
        world.check(declared)


# Killed: nobody can report or clean up, and only what is stored at the service and in the file can tell the next run.


@pytest.mark.parametrize(
    ("kind", "to_file"),
    [
        ("change", False),
        ("rotate", True),
        ("rotate with overlap", True),
        ("go on", True),
        ("delete", False),
    ],
)
def test_after_a_kill_at_any_request_the_next_run_converges(kind: str, to_file: bool) -> None:
    for fault, number, lag in itertools.product(_KILLS, range(5), (0, 1)):
        declared, world = _world(kind, to_file, lag=lag)
        world.run(declared, {number: fault})
        world.model.clock.sleep(60)
        world.converge(declared)
        assert not world.orphans


@pytest.mark.parametrize("kind", ["rotate", "rotate with overlap", "go on"])
def test_after_two_kills_the_next_run_converges(kind: str) -> None:
    for first, second in itertools.product(itertools.product(_KILLS, range(5)), repeat=2):
        declared, world = _world(kind, True)
        for fault, number in (first, second):
            world.run(declared, {number: fault})
            world.model.clock.sleep(60)
        world.converge(declared)
        assert not world.orphans


def test_a_returned_secret_that_was_killed_before_the_last_request_is_replaced() -> None:
    """After the last one only the result is missing, and nothing outside tells that it got lost."""
    kills = [(Fault.KILL_BEFORE, number) for number in range(4)] + [(Fault.KILL_AFTER, number) for number in range(3)]
    for fault, number in kills:
        declared, world = _world("rotate", False)
        assert world.run(declared, {number: fault}) is None
        world.model.clock.sleep(60)
        world.converge(declared)
        assert not world.orphans


def test_a_creation_killed_before_its_delivery_is_repaired_where_lost_secrets_are_rotated() -> None:
    declared = spec(roles=_AGENT, token_path="/t", lost_secret="rotate")
    for fault, number in itertools.product(_KILLS, range(3)):
        world = World(to_file=True)
        world.run(declared, {number: fault})
        world.model.clock.sleep(60)
        world.converge(declared)
        assert not world.orphans
        assert world.file is not None
        assert world.file.content is not None


def test_a_kill_within_the_second_of_the_last_delivery_is_noticed() -> None:
    """The file's time and the retirement may fall into one second."""
    declared = spec(roles=_AGENT, rotate_after=timedelta(microseconds=1), token_path="/t")
    world = World(to_file=True)
    world.run(declared)
    world.model.clock.now += timedelta(microseconds=10)
    assert world.run(declared, {2: Fault.KILL_AFTER}) is None
    assert [entry.name for entry in world.orphans] == ["ci"]
    world.run(declared)
    assert not world.orphans
    world.check(declared)
