# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that work side by side."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._client.crew import Crew
from ansible_collections.mondoo.platform.plugins.module_utils._client.service import TokenService
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.tests.unit.support.builders import SPACE, token
from ansible_collections.mondoo.platform.tests.unit.support.fleets import crew_of
from ansible_collections.mondoo.platform.tests.unit.support.model import Model

_PATIENCE = 10.0  # seconds, for what would otherwise hang a test


@pytest.mark.parametrize("size", [1, 2, 8, 64])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 100])
def test_results_come_in_order(size: int, count: int) -> None:
    assert crew_of(Model(), size).map(lambda _service, item: item * 2, range(count)) == [n * 2 for n in range(count)]


@pytest.mark.parametrize(("size", "count", "expected"), [(1, 9, 1), (4, 9, 4), (8, 3, 3), (8, 1, 1), (8, 0, 1)])
def test_no_more_connections_than_there_is_work(size: int, count: int, expected: int) -> None:
    made: list[TokenService] = []
    first = crew_of(Model())._services[0]

    def connect() -> TokenService:
        made.append(crew_of(Model())._services[0])
        return made[-1]

    crew = Crew(first, connect, size)
    crew.map(lambda _service, item: item, range(count))
    crew.map(lambda _service, item: item, range(count))
    assert len(made) == expected - 1


def test_they_work_at_the_same_time_and_none_for_two() -> None:
    together = threading.Barrier(4, timeout=_PATIENCE)
    busy: set[int] = set()
    lock = threading.Lock()

    def work(service: TokenService, _item: int) -> bool:
        with lock:
            alone = id(service) not in busy
            busy.add(id(service))
        # Nobody gets past it before four are here.
        together.wait()
        with lock:
            busy.discard(id(service))
        return alone

    assert crew_of(Model(), 4).map(work, range(12)) == [True] * 12


@pytest.mark.parametrize("size", [1, 3])
def test_a_failure_is_raised_when_those_under_way_are_done(size: int) -> None:
    begun: list[int] = []
    done: list[int] = []

    def work(_service: TokenService, item: int) -> int:
        begun.append(item)
        if item == 1:
            raise ValueError("one")
        done.append(item)
        return item

    crew = crew_of(Model(), size)
    with pytest.raises(ValueError, match="one"):
        crew.map(work, range(50))
    assert sorted(begun) == sorted([*done, 1])
    # Its service is free again.
    assert crew.map(lambda _service, item: item, range(9)) == list(range(9))


def _scopes(count: int) -> list[Scope]:
    return [Scope("space", f"//captain.api.mondoo.app/spaces/s{number}") for number in range(count)]


@pytest.mark.parametrize(("count", "requests"), [(0, 0), (1, 1), (25, 1), (26, 2), (60, 3)])
@pytest.mark.parametrize("size", [1, 8])
def test_listings_share_requests(count: int, requests: int, size: int) -> None:
    scopes = _scopes(count)
    model = Model().add(*(token("ci", key=f"k{number}", scope=scope) for number, scope in enumerate(scopes)))
    crew = crew_of(model, size)
    found = crew.tokens(scopes)
    assert set(found) == set(scopes)
    for scope, listing in found.items():
        assert not isinstance(listing, MondooError)
        assert [entry.scope for entry in listing] == [scope]
    assert crew.requests == len(model.sent) == requests
    assert crew.operations == {}


class Together(Model):
    """A service that answers the first requests only when so many of them have arrived: all see the same documents."""

    def __init__(self, count: int, **options: Any) -> None:
        super().__init__(**options)
        self._arrived = threading.Barrier(count, timeout=_PATIENCE)
        self._left = count
        self._counting = threading.Lock()

    def post(self, document: graphql.DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        with self._counting:
            waits = self._left > 0
            self._left -= 1
        if waits:
            self._arrived.wait()
        return super().post(document, variables, operation)


def test_what_the_service_lacks_is_learnt_by_all_at_the_same_time() -> None:
    """Each is refused the document with the field, the last of them after another has left it out."""
    scopes = _scopes(100)
    model = Together(4, lacking=frozenset({"lastUsed", "creator"}))
    model.add(*(token("ci", key=f"k{number}", scope=scope) for number, scope in enumerate(scopes)))
    crew = crew_of(model, 4)
    found = crew.tokens(scopes)
    assert [scope for scope, listing in found.items() if isinstance(listing, MondooError)] == []
    assert len(crew.warnings) == 2
    assert len(model.sent) == 8


def test_what_the_service_lacks_is_warned_of_once_however_often_a_document_asks_for_it() -> None:
    model = Model(lacking=frozenset({"createdAt"}))
    crew = crew_of(model)
    assert set(crew.tokens([SPACE, *_scopes(5)]).values()) == {()}
    assert len(crew.warnings) == 1
