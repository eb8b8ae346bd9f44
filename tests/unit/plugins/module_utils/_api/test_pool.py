# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several connections to the token API: what they have done together, and what they learn from each other."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._api.pool import TokenApiPool
from ansible_collections.mondoo.platform.plugins.module_utils._api.tokens import TokenApi
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.tests.unit.support.builders import SPACE, roles, token
from ansible_collections.mondoo.platform.tests.unit.support.model import Model
from ansible_collections.mondoo.platform.tests.unit.support.runs import pool_of

_PATIENCE = 10.0  # seconds, for what would otherwise hang a test


def _scopes(count: int) -> list[Scope]:
    return [Scope("space", f"//captain.api.mondoo.app/spaces/s{number}") for number in range(count)]


@pytest.mark.parametrize(("count", "requests"), [(0, 0), (1, 1), (25, 1), (26, 2), (60, 3)])
@pytest.mark.parametrize("size", [1, 8])
def test_listings_share_requests(count: int, requests: int, size: int) -> None:
    scopes = _scopes(count)
    model = Model().add(*(token("ci", scope=scope) for scope in scopes))
    pool = pool_of(model, size)
    listings = pool.list_tokens(scopes)
    assert set(listings) == set(scopes)
    for scope, listing in listings.items():
        assert not isinstance(listing, MondooError)
        assert [entry.scope for entry in listing] == [scope]
    assert pool.requests == len(model.sent) == requests
    assert pool.operations == {}


def test_what_all_have_done_is_counted() -> None:
    model = Model().add(token("old"))
    pool = pool_of(model, 4)

    def generate(api: TokenApi, number: int) -> str:
        response = api.generate_token(SPACE, f"t{number}", "", roles("viewer"), api.policy.budget())
        assert response.value is not None
        return response.value.secret

    secrets = pool.map(generate, range(12))
    assert len(set(secrets)) == 12
    pool.map(lambda api, one: api.delete_tokens([one], api.policy.budget()), [token("old")])
    assert pool.operations == {"deleteAPIToken": 1, "generateAPIToken": 12}
    assert pool.requests == 13
    assert len(pool.clients) == 4


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
    """Each gets the errors of the document with the fields, the last of them after another has left them out."""
    scopes = _scopes(100)
    model = Together(4, lacking=frozenset({"lastUsed", "creator"}))
    model.add(*(token("ci", scope=scope) for scope in scopes))
    pool = pool_of(model, 4)
    listings = pool.list_tokens(scopes)
    assert [scope for scope, listing in listings.items() if isinstance(listing, MondooError)] == []
    assert len(pool.warnings) == 2
    assert len(model.sent) == 8


def test_a_mistake_in_one_listing_is_raised() -> None:
    class Broken(TokenApi):
        def list_tokens(self, *_arguments: Any) -> Any:
            raise RuntimeError("broken")

    first = pool_of(Model()).clients[0]
    broken = Broken(Model(), first.policy)
    with pytest.raises(RuntimeError):
        TokenApiPool(broken, lambda: broken, 2).list_tokens(_scopes(60))
