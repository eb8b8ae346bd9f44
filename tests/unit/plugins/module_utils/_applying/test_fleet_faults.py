# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every fault at every request of a set: no secret is lost, the report is true, and the next run converges."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.fleet import Prune
from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    NOW,
    ORGANIZATION,
    roles,
    spec,
    token,
)
from ansible_collections.mondoo.platform.tests.unit.support.fleets import FleetWorld
from ansible_collections.mondoo.platform.tests.unit.support.model import Fault

_VIEWER = roles("viewer")


def _elsewhere(wanted: TokenSpec) -> TokenSpec:
    return replace(wanted, scope=ORGANIZATION)


def _there(*names: str) -> list[Token]:
    return [token(name, last_used_at=NOW - DAY) for name in names]


def _over_there(*names: str) -> list[Token]:
    return [token(name, key=f"o-{name}", scope=ORGANIZATION, last_used_at=NOW - DAY) for name in names]


@dataclass(frozen=True)
class Flow:
    """What there is, with its secrets in the files that are declared, and what is declared."""

    tokens: tuple[Token, ...]
    specs: tuple[TokenSpec, ...]
    prune: Prune | None = None

    def world(self, **options: Any) -> FleetWorld:
        world = FleetWorld(*self.tokens, **options)
        for wanted in self.specs:
            file = world.file(wanted)
            for entry in world.model.entries.values():
                if file and (entry.name, entry.scope_mrn) == (wanted.name, wanted.scope.mrn):
                    file.put(entry.secret, NOW - 10 * DAY)
        return world


_ROTATED = spec(roles=_VIEWER, rotate_after=DAY, token_path="/ci", lost_secret="rotate")
FLOWS = {
    "create": Flow(
        (),
        (
            spec("one", roles=_VIEWER),
            spec("two", roles=_VIEWER, token_path="/two", lost_secret="rotate"),
            _elsewhere(spec("one", roles=_VIEWER)),
        ),
    ),
    "describe": Flow(
        (*_there("one", "two"), *_over_there("one")),
        (spec("one", description="x"), spec("two", description="y"), _elsewhere(spec("one", description="z"))),
    ),
    "permit": Flow(
        (*_there("one", "two"), *_over_there("one")),
        (
            spec("one", roles=roles("editor")),
            spec("two", roles=roles("owner")),
            _elsewhere(spec("one", roles=roles("agent"))),
        ),
    ),
    "delete": Flow(
        (*_there("one", "two"), *_over_there("one")),
        (spec("one", present=False), spec("two", present=False), _elsewhere(spec("one", present=False))),
    ),
    "rotate": Flow(
        (*_there("ci"), *_over_there("ci")), (_ROTATED, _elsewhere(replace(_ROTATED, token_path="/elsewhere")))
    ),
    "rotate with overlap": Flow(
        (*_there("ci"), *_over_there("ci")),
        (
            replace(_ROTATED, overlap=9 * DAY),
            _elsewhere(replace(_ROTATED, overlap=9 * DAY, token_path="/elsewhere")),
        ),
    ),
    "everything": Flow(
        (*_there("one", "two", "three", "four", "old", "older"), *_over_there("one", "old")),
        (
            spec("new", roles=_VIEWER),
            spec("one", description="x"),
            spec("two", description="x", roles=roles("editor")),
            spec("three", roles=roles("agent")),
            spec("four", present=False),
            _elsewhere(spec("one", roles=roles("owner"))),
        ),
        Prune(),
    ),
}
SERVICES: dict[str, dict[str, Any]] = {
    "as documented": {},
    "non-null payloads": {"non_null": True},
    "non-null payloads, and nothing after a failure": {"non_null": True, "stops_at_failure": True},
    "errors without a path": {"pathless": True},
    "no MRN of a new token": {"payload_mrn": False},
    "a listing that lags": {"lag": 1},
}
_KILLS = (Fault.KILL_BEFORE, Fault.KILL_AFTER)
_FAULTS = [fault for fault in Fault if fault not in _KILLS]


def _requests(flow: Flow, service: dict[str, Any]) -> int:
    done = flow.world(**service).run(flow.specs, prune=flow.prune)
    assert done is not None
    assert done.errors == []
    assert done.operations == done.plan.operations
    return done.requests


def _cases(flow: Flow, service: dict[str, Any]) -> Iterator[dict[int, Fault]]:
    """One request that fails, or it and the one after it."""
    for number, fault, hits in itertools.product(range(_requests(flow, service)), _FAULTS, (1, 2)):
        yield dict.fromkeys(range(number, number + hits), fault)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("name", FLOWS)
def test_every_fault_at_every_request(name: str, service: str) -> None:
    flow = FLOWS[name]
    for faults, retries in itertools.product(_cases(flow, SERVICES[service]), (0, 2)):
        world = flow.world(**SERVICES[service])
        done = world.run(flow.specs, faults, prune=flow.prune, retries=retries)
        assert done is not None
        world.follow_advice()
        world.converge(flow.specs, flow.prune)


@pytest.mark.parametrize("name", ["describe", "permit", "delete", "rotate", "rotate with overlap"])
def test_killed_at_every_request(name: str) -> None:
    """Where secrets go to files: what was to be returned is lost with the process."""
    flow = FLOWS[name]
    for number, kill in itertools.product(range(_requests(flow, {})), _KILLS):
        world = flow.world()
        assert world.run(flow.specs, {number: kill}, prune=flow.prune) is None
        world.clock.now += DAY / 24
        world.converge(flow.specs, flow.prune)


# What the service refuses of one of several


_ONES = {
    "describe": [spec(name, description=f"of {name}") for name in ("a", "b", "c", "d")],
    "rename": [spec(f"new {name}", mrn=token(name).mrn) for name in ("a", "b", "c", "d")],
    "permit": [spec(name, roles=roles("editor")) for name in ("a", "b", "c", "d")],
    "delete": [spec(name, present=False) for name in ("a", "b", "c", "d")],
    "everything": [spec(name, description="x", roles=roles("owner")) for name in ("a", "b", "c", "d")],
}


@pytest.mark.parametrize("code", ["PermissionDenied", "InvalidArgument", "Unknown", "Internal"])
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("kind", _ONES)
def test_one_that_is_refused_keeps_no_other_from_being_done(kind: str, service: str, code: str) -> None:
    for refused, size in itertools.product(range(4), (1, 3)):
        world = FleetWorld(*map(token, "abcd"), **SERVICES[service])
        mrn = str(token("abcd"[refused]).mrn)
        world.model.refusing = {mrn: code}
        done = world.run(_ONES[kind], size=size)
        assert done is not None
        assert [outcome.error.code if outcome.error else None for outcome in done.entries] == [
            code if number == refused else None for number in range(4)
        ]
        error = done.entries[refused].error
        assert error is not None
        assert mrn in str(error)
        # All others are as declared, and nobody touched the one.
        assert all(
            entry.mrn != mrn or (entry.name, entry.description) == ("abcd"[refused], "")
            for entry in world.model.entries.values()
        )
        world.model.refusing = {}
        again = world.run(_ONES[kind], size=size)
        assert again is not None
        assert again.errors == []
        assert sum(bool(outcome.operations) for outcome in again.entries) == 1
        last = world.run(_ONES[kind], size=size)
        assert last is not None
        assert (last.operations, last.errors) == ({}, [])
