# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applying many plans: what shares a request, and what a failure of one means for the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._api.pool import TokenApiPool
from ansible_collections.mondoo.platform.plugins.module_utils._api.tokens import TokenApi
from ansible_collections.mondoo.platform.plugins.module_utils._applying.executor import Outcome
from ansible_collections.mondoo.platform.plugins.module_utils._applying.fleet import Job, apply_fleet
from ansible_collections.mondoo.platform.plugins.module_utils._planning.fleet import Prune
from ansible_collections.mondoo.platform.plugins.module_utils._planning.planner import plan_token
from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.permissions import declarable
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token, retired_name
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    NOW,
    ORGANIZATION,
    SPACE,
    facts,
    roles,
    spec,
    token,
)
from ansible_collections.mondoo.platform.tests.unit.support.fleets import FleetRun, FleetWorld, crew_of
from ansible_collections.mondoo.platform.tests.unit.support.model import Fault, Model

_VIEWER = roles("viewer")


def run(world: FleetWorld, *specs: TokenSpec, **options: Any) -> FleetRun:
    done = world.run(specs, **options)
    assert done is not None
    return done


def codes(done: FleetRun) -> list[str | None]:
    return [outcome.error.code if outcome.error else None for outcome in done.entries]


def numbered(count: int, **changes: Any) -> list[TokenSpec]:
    return [spec(f"t{number}", **changes) for number in range(count)]


def numbered_tokens(count: int, **changes: Any) -> list[Token]:
    return [token(f"t{number}", **changes) for number in range(count)]


# What shares a request


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"description": "x"}, ["updateAPIToken"] * 3),
        ({"roles": roles("editor")}, ["setRoles"]),
        ({"present": False}, ["deleteAPIToken"] * 3),
        ({"description": "x", "roles": roles("editor")}, ["updateAPIToken"] * 3 + ["setRoles"]),
    ],
)
@pytest.mark.parametrize("size", [1, 4])
def test_changes_share_requests(change: dict[str, Any], expected: list[str], size: int) -> None:
    world = FleetWorld(*numbered_tokens(45))
    done = run(world, *numbered(45, **change), size=size)
    assert world.model.operations == ["apiTokens", *expected]
    assert done.requests == 1 + len(expected)
    assert done.operations == done.plan.operations
    assert done.operations == {name: 1 if name == "setRoles" else 45 for name in set(expected)}


def test_the_permissions_of_each_scope_are_one_request() -> None:
    elsewhere = [token(f"t{number}", key=f"o{number}", scope=ORGANIZATION) for number in range(3)]
    world = FleetWorld(*numbered_tokens(30), *elsewhere)
    wanted = numbered(30, roles=roles("editor"))
    run(world, *wanted, *(replace(one, scope=ORGANIZATION) for one in wanted[:3]))
    assert world.model.operations == ["apiTokens", "setRoles", "setRoles"]
    assert {declarable(entry.roles) for entry in world.model.entries.values()} == {roles("editor")}


def test_a_secret_has_a_request_of_its_own() -> None:
    world = FleetWorld()
    done = run(world, *numbered(5, roles=_VIEWER))
    assert world.model.operations == ["apiTokens", *["generateAPIToken"] * 5]
    assert {outcome.secret for outcome in done.entries} == {f"new-secret-{number}" for number in range(1, 6)}


def test_deletions_come_last() -> None:
    world = FleetWorld(token("gone"), token("ci"), token("old"))
    wanted = (
        spec("gone", present=False),
        spec("ci", roles=roles("editor"), description="x"),
        spec("new", roles=_VIEWER),
    )
    run(world, *wanted, prune=Prune())
    assert world.model.operations == ["apiTokens", "updateAPIToken", "setRoles", "generateAPIToken", "deleteAPIToken"]
    assert world.model.mutations[-2:] == ["deleteAPIToken"] * 2


def test_nothing_to_do() -> None:
    world = FleetWorld(token("ci"))
    done = run(world, spec("ci"))
    assert (done.requests, done.operations) == (1, {})
    assert done.entries[0].token == token("ci", created_by="someone@example.com")


def test_no_jobs() -> None:
    assert apply_fleet([], crew_of(Model())) == []


# Failures of one


def test_what_was_to_come_after_a_refused_change_is_left() -> None:
    world = FleetWorld(token("a"), token("b"))
    world.model.refusing = {"forbidden words": "InvalidArgument"}
    done = run(world, spec("a", description="forbidden words", roles=roles("owner")), spec("b", roles=roles("owner")))
    assert codes(done) == ["InvalidArgument", None]
    assert [outcome.operations for outcome in done.entries] == [[], ["setRoles"]]
    assert declarable(world.model.named("a")[0].roles) == _VIEWER


def _jobs(model: Model, *specs: TokenSpec) -> list[Job]:
    """Plans from what is there now, to be applied when it is not so any more."""
    crew = crew_of(model)
    listings = {scope: crew.list_tokens([scope])[scope] for scope in {one.scope for one in specs}}
    found = []
    for wanted in specs:
        listing = listings[wanted.scope]
        assert isinstance(listing, tuple)
        found.append(Job(plan_token(wanted, listing, facts()), listing))
    return found


@pytest.mark.parametrize("non_null", [False, True])
@pytest.mark.parametrize("count", [1, 4])
def test_what_somebody_else_has_deleted_meanwhile_is_deleted(count: int, non_null: bool) -> None:
    model = Model(non_null=non_null).add(*numbered_tokens(count))
    jobs = _jobs(model, *numbered(count, present=False))
    del model.entries[str(token("t0").mrn)]
    outcomes = apply_fleet(jobs, crew_of(model))
    assert [(outcome.error, outcome.token) for outcome in outcomes] == [(None, None)] * count
    assert model.entries == {}


@pytest.mark.parametrize("change", [{"description": "x"}, {"roles": roles("owner")}])
def test_what_somebody_else_has_deleted_meanwhile_cannot_be_changed(change: dict[str, Any]) -> None:
    model = Model().add(*numbered_tokens(3))
    jobs = _jobs(model, *numbered(3, **change))
    del model.entries[str(token("t1").mrn)]
    outcomes = apply_fleet(jobs, crew_of(model))
    assert [outcome.error.code if outcome.error else None for outcome in outcomes] == [None, "NotFound", None]
    for entry in model.entries.values():
        assert (entry.description == "x", declarable(entry.roles) == roles("owner")).count(True) == 1


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("retries", [0, 2])
def test_a_creation_that_fails_stops_no_other(size: int, retries: int) -> None:
    world = FleetWorld()
    world.model.refusing = {"'t1'": "PermissionDenied", "'t3'": "Unavailable"}
    done = run(world, *numbered(12, roles=_VIEWER), size=size, retries=retries)
    assert [code for code in codes(done) if code] == ["PermissionDenied", "Unavailable"]
    assert len(world.model.entries) == 10
    assert world.orphans == []


@pytest.mark.parametrize("number", range(1, 13))
@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
def test_a_lost_answer_stops_no_other(number: int, fault: Fault) -> None:
    """Also where nothing is tried again."""
    world = FleetWorld()
    done = run(world, *numbered(12, roles=_VIEWER), faults={number: fault}, retries=0)
    assert len([code for code in codes(done) if code]) == 1
    assert len(world.model.entries) == 11


RETIRED = token(retired_name("ci", NOW - 9 * DAY), key="retired")


def _refusing(*tokens: Token) -> FleetWorld:
    """A service in which the last of the tokens cannot be changed."""
    world = FleetWorld(*tokens)
    world.model.refusing = {str(tokens[-1].mrn): "PermissionDenied"}
    return world


@pytest.mark.parametrize("others", [[], [token("x"), token("y")]])
def test_a_token_is_told_as_it_is_after_a_failure_half_way(others: list[Token]) -> None:
    current = token("ci", last_used_at=NOW)
    rest = [spec(one.name, present=False) for one in others]
    done = run(_refusing(*others, current, RETIRED), spec("ci", present=False), *rest)
    assert (codes(done)[0], done.entries[0].token) == ("PermissionDenied", None)

    wanted = spec("ci", roles=roles("owner"), description="x", overlap=DAY)
    done = run(_refusing(*others, current, RETIRED), wanted, *rest)
    told = done.entries[0].token
    assert codes(done)[0] == "PermissionDenied"
    assert told is not None
    assert (declarable(told.roles), told.description) == (roles("owner"), "x")


# Failures of everything


@pytest.mark.parametrize("size", [1, 4])
def test_hopeless_creations_are_given_up(size: int) -> None:
    world = FleetWorld()
    done = run(
        world,
        *numbered(200, roles=_VIEWER),
        faults=dict.fromkeys(range(1, 5000), Fault.LOST_BEFORE),
        size=size,
        retries=0,
    )
    tried = [outcome for outcome in done.entries if outcome.operations]
    assert 5 <= len(tried) < 5 + size
    assert set(codes(done)) == {"ConnectionFailed"}
    given_up = [str(outcome.error) for outcome in done.entries if not outcome.operations]
    assert all("it was not tried any more after 5 others in a row had failed" in text for text in given_up)
    assert all("t" in text for text in given_up)
    assert world.model.entries == {}


def test_failures_that_concern_one_scope_are_not_hopeless() -> None:
    world = FleetWorld()
    world.model.refusing = {SPACE.mrn: "PermissionDenied"}
    done = run(world, *numbered(20, roles=_VIEWER))
    assert world.model.mutations == ["generateAPIToken"] * 20
    assert set(codes(done)) == {"PermissionDenied"}


@pytest.mark.parametrize(
    ("failing", "tried"), [((0, 1, 2, 3, 5, 6, 7, 8), 12), ((1, 2, 3, 4, 5), 6), ((0, 1, 2, 3, 4, 6), 5)]
)
def test_five_in_a_row_are_hopeless_and_a_success_gives_new_hope(failing: tuple[int, ...], tried: int) -> None:
    world = FleetWorld()
    world.model.refusing = {f"'t{number}'": "Unauthenticated" for number in failing}
    done = run(world, *numbered(12, roles=_VIEWER))
    assert world.model.mutations == ["generateAPIToken"] * tried
    assert [bool(outcome.error) for outcome in done.entries] == [
        number in failing or number >= tried for number in range(12)
    ]


def test_changes_that_all_fail_are_given_up() -> None:
    world = FleetWorld(*numbered_tokens(60))
    done = run(
        world,
        *numbered(60, description="x"),
        faults=dict.fromkeys(range(1, 5000), Fault.LOST_BEFORE),
        retries=0,
    )
    assert len(done.errors) == 60
    # Nothing is known to have been changed; five were tried once more, alone.
    assert sum(len(outcome.operations) for outcome in done.entries) == 5


# Mistakes in the collection itself


def _broken(*_arguments: Any) -> Any:
    raise RuntimeError("hunter2")


@pytest.mark.parametrize("size", [1, 4])
def test_a_mistake_in_one_creation_loses_no_secret(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    right = TokenApi.generate_token

    def generate(service: TokenApi, scope: Any, name: str, *rest: Any) -> Any:
        if name == "t2":
            raise RuntimeError("hunter2")
        return right(service, scope, name, *rest)

    monkeypatch.setattr(TokenApi, "generate_token", generate)
    world = FleetWorld(token("old"))
    done = run(world, *numbered(9, roles=_VIEWER), size=size, prune=Prune())
    assert codes(done) == [None, None, "Internal", *[None] * 6]
    assert "RuntimeError" in str(done.errors[0])
    assert "hunter2" not in str(done.errors[0])
    assert len([outcome for outcome in done.entries if outcome.secret]) == 8
    assert not world.model.named("old")


def test_a_mistake_after_a_creation_loses_not_its_secret_either(monkeypatch: pytest.MonkeyPatch) -> None:
    world = FleetWorld(token("ci", last_used_at=NOW))
    monkeypatch.setattr(TokenApi, "delete_tokens", _broken)
    done = run(world, spec("ci", rotate_after=DAY), spec("new", roles=_VIEWER))
    assert codes(done) == ["Internal", None]
    assert done.entries[0].operations == ["updateAPIToken", "generateAPIToken"]
    assert {outcome.secret for outcome in done.entries} == {"new-secret-1", "new-secret-2"}
    told = done.entries[0].token
    assert told is not None
    assert told.mrn == world.model.named("ci")[0].mrn


def test_a_mistake_in_what_is_shared_is_tried_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    right = TokenApi.update_tokens

    def update(service: TokenApi, changes: Sequence[Any], budget: Any) -> Any:
        if len(changes) > 1:
            raise RuntimeError("hunter2")
        return right(service, changes, budget)

    monkeypatch.setattr(TokenApi, "update_tokens", update)
    model = Model().add(*numbered_tokens(3))
    outcomes = apply_fleet(_jobs(model, *numbered(3, description="x")), crew_of(model))
    assert [outcome.error for outcome in outcomes] == [None] * 3
    assert {entry.description for entry in model.entries.values()} == {"x"}


def _failing_progress(_done: int, _all: int) -> None:
    raise RuntimeError("no log")


def _no_more_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", start)


@pytest.mark.parametrize("trouble", ["log", "threads", "connections", "after"])
@pytest.mark.parametrize("size", [1, 4])
def test_whatever_fails_around_them_loses_no_secret(trouble: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model().add(token("old"), token("older"))
    jobs = _jobs(model, *numbered(8, roles=_VIEWER), spec("old", present=False), spec("older", present=False))
    crew = crew_of(model, size)
    progress: Callable[[int, int], None] = lambda _done, _all: None  # noqa: E731
    if trouble == "log":
        progress = _failing_progress
    elif trouble == "threads":
        _no_more_threads(monkeypatch)
    elif trouble == "connections":

        def connect() -> TokenApi:
            raise OSError("too many open files")

        crew = TokenApiPool(crew_of(model).clients[0], connect, size)
    else:
        monkeypatch.setattr(TokenApiPool, "list_tokens", _failing_progress)
        model.refusing = {str(token("old").mrn): "Unknown"}
    outcomes = apply_fleet(jobs, crew, progress)
    assert len(outcomes) == 10
    _assert_nothing_is_lost(model, outcomes)
    assert "hunter2" not in str([outcome.error for outcome in outcomes])


def _assert_nothing_is_lost(model: Model, outcomes: list[Outcome]) -> None:
    made = {entry.secret for entry in model.entries.values() if entry.secret.startswith("new-secret-")}
    assert made == {outcome.secret for outcome in outcomes if outcome.secret}
    for outcome in outcomes:
        assert outcome.error or outcome.operations


# Progress


@pytest.mark.parametrize("size", [1, 4])
def test_progress_counts_up_to_all(size: int) -> None:
    model = Model().add(*numbered_tokens(25), token("gone"))
    specs = [*numbered(25, description="x"), *(spec(f"n{number}", roles=_VIEWER) for number in range(5))]
    told: list[tuple[int, int]] = []
    apply_fleet(
        _jobs(model, *specs, spec("gone", present=False)), crew_of(model, size), lambda *step: told.append(step)
    )
    assert {of for _done, of in told} == {31}
    done = [count for count, _of in told]
    assert done == sorted(set(done))
    assert done[-1] == 31


def test_each_worker_has_a_service_of_its_own() -> None:
    model = Model()
    crew = crew_of(model, 4)
    apply_fleet(_jobs(model, *numbered(40, roles=_VIEWER)), crew)
    assert len(crew.clients) == 4
    assert sum(service.requests for service in crew.clients) == crew.requests == 40
    assert crew.operations == {"generateAPIToken": 40}
    assert Counter(model.operations)["generateAPIToken"] == 40
