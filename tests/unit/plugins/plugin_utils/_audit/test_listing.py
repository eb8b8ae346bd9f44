# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit covers: all scopes that were read, with and without tokens, and those that were not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.listing import (
    CoveredScope,
    Inventory,
    Read,
    inventory_from,
    shown_address,
)
from ansible_collections.mondoo.platform.tests.unit.support.audits import entry, listing
from ansible_collections.mondoo.platform.tests.unit.support.builders import ORGANIZATION, SPACE

EMPTY = Scope("space", "//captain.api.mondoo.app/spaces/empty")
WHOLE = Read(ORGANIZATION, include_spaces=True)
ONE = Read(SPACE)
FAILED = {"failed": True, "msg": "Could not list the API tokens: no."}


def told(scope: Scope, name: str, count: int) -> dict[str, Any]:
    """An entry of `scopes` of the module api_token_info."""
    return {"mrn": scope.mrn, "kind": scope.kind, "id": scope.mrn.rsplit("/", 1)[-1], "name": name, "count": count}


def covered(inventory: Inventory) -> dict[str, CoveredScope]:
    return {scope.id: scope for scope in inventory.scopes.values()}


def test_scopes_as_the_module_tells_them() -> None:
    scopes = [told(ORGANIZATION, "Org", 0), told(SPACE, "Shop", 1), told(EMPTY, "Empty", 0)]
    inventory = inventory_from([(WHOLE, listing(entry(), scopes=scopes))])
    found = covered(inventory)
    assert {id_: (scope.kind, scope.name, scope.organization) for id_, scope in found.items()} == {
        "org-1": ("organization", "Org", None),
        "space-1": ("space", "Shop", ORGANIZATION.mrn),
        "empty": ("space", "Empty", ORGANIZATION.mrn),
    }
    assert inventory.unread == []


def test_scopes_where_the_module_does_not_tell_them() -> None:
    """Those that were asked for, and those of the tokens."""
    inventory = inventory_from([(WHOLE, listing(entry())), (Read(EMPTY), listing())])
    assert {id_: scope.organization for id_, scope in covered(inventory).items()} == {
        "org-1": None,
        "space-1": ORGANIZATION.mrn,
        "empty": None,
    }


def test_what_could_not_be_read() -> None:
    closed = {"scope_mrn": SPACE.mrn, "name": "Shop", "reason": "denied"}
    inventory = inventory_from([(WHOLE, listing(unreadable=[closed])), (Read(EMPTY), FAILED)])
    assert {scope.id: (scope.name, scope.reason) for scope in inventory.unread} == {
        "space-1": ("Shop", "denied"),
        "empty": (None, FAILED["msg"]),
    }


@pytest.mark.parametrize("is_turned", [False, True])
def test_what_one_credential_could_read_is_read(is_turned: bool) -> None:
    pair = [(ONE, FAILED), (ONE, listing(entry(), scopes=[told(SPACE, "Shop", 1)]))]
    inventory = inventory_from(reversed(pair) if is_turned else pair)
    assert inventory.unread == []
    assert covered(inventory)["space-1"].name == "Shop"


def test_a_token_that_was_read_twice_is_one() -> None:
    inventory = inventory_from([(WHOLE, listing(entry())), (ONE, listing(entry()))])
    assert [token.name for token in inventory.tokens] == ["ci"]


EU, US = (Read(SPACE, options={"region": region}) for region in ("eu", "us"))


def told_by(region: str) -> dict[str, Any]:
    return {"endpoint": f"https://{region}.api.mondoo.com/query"}


@pytest.mark.parametrize(
    ("eu", "us", "scopes"),
    [
        (listing(entry()), listing(entry()), {"eu": None, "us": None}),
        (listing(entry(), **told_by("eu")), listing(entry(), **told_by("us")), {"eu": None, "us": None}),
        # A gap in one region is not filled by the other.
        (FAILED, listing(entry()), {"eu": FAILED["msg"], "us": None}),
        ({**FAILED, **told_by("eu")}, listing(entry(), **told_by("us")), {"eu": FAILED["msg"], "us": None}),
        # Both are the same one.
        (listing(entry(), **told_by("us")), listing(entry()), {None: None}),
        ({**FAILED, **told_by("us")}, listing(entry()), {None: None}),
    ],
)
def test_one_mrn_in_two_regions(eu: dict[str, Any], us: dict[str, Any], scopes: dict[str | None, str | None]) -> None:
    inventory = inventory_from([(EU, eu), (US, us)])
    told = {
        f"https://{region}.api.mondoo.com" if region else None: (
            f" at https://{region}.api.mondoo.com" if region else "",
            reason,
        )
        for region, reason in scopes.items()
    }
    assert {
        scope.endpoint: (scope.text.removeprefix('space "space-1"'), scope.reason)
        for scope in inventory.scopes.values()
    } == told
    assert len(inventory.tokens) == len([reason for reason in scopes.values() if reason is None])


@pytest.mark.parametrize(
    ("options", "told", "is_same"),
    [
        ({"endpoint": "https://US.api.mondoo.com:443"}, {}, True),
        ({"endpoint": "https://us.api.mondoo.com/query"}, {}, True),
        ({"endpoint": "https://api.mondoo.com"}, {}, True),
        ({"endpoint": "https://us.api.mondoo.com/elsewhere"}, {}, False),
        ({"endpoint": "no address"}, {}, False),
        ({"region": ["us"]}, {}, False),
        ({}, {}, False),
        ({}, told_by("us"), True),
        ({"region": "eu"}, told_by("us"), True),
    ],
)
def test_where_a_listing_failed(options: dict[str, Any], told: dict[str, Any], is_same: bool) -> None:
    failed = (Read(SPACE, options=options), {**FAILED, **told})
    assert (inventory_from([failed, (US, listing())]).unread == []) is is_same


def test_nothing_read_is_an_error_with_all_reasons_once() -> None:
    other = {"failed": True, "msg": "Another reason."}
    with pytest.raises(MondooError) as caught:
        inventory_from([(ONE, FAILED), (WHOLE, FAILED), (Read(EMPTY), other)])
    assert str(caught.value) == "Could not list the API tokens: no. Another reason."


def test_a_result_without_words() -> None:
    with pytest.raises(MondooError, match="The module api_token_info has not run"):
        inventory_from([(ONE, {"failed": True})])


@pytest.mark.parametrize(
    ("read", "result", "expected"),
    [
        (ONE, {}, (None, None, None, None)),
        (Read(SPACE, connection="EU"), {}, ("EU", None, None, None)),
        (Read(SPACE, options={"region": "eu"}), {}, (None, "https://eu.api.mondoo.com", None, None)),
        (
            Read(SPACE, options={"endpoint": "https://u:p@h.invalid:8/q?x#y"}),
            {},
            (None, None, None, None),
        ),
        (ONE, {"endpoint": "https://us.api.mondoo.com/query"}, (None, "https://us.api.mondoo.com", None, None)),
        (ONE, {"identity": {"kind": "api_token", "mrn": "//x"}}, (None, None, "api_token", "//x")),
        (ONE, {"identity": None}, (None, None, None, None)),
    ],
)
def test_where_and_as_whom(read: Read, result: dict[str, Any], expected: tuple[str | None, ...]) -> None:
    (connection,) = inventory_from([(read, listing(**result))]).connections
    assert (connection.name, connection.endpoint, connection.kind, connection.mrn) == expected


def test_a_connection_is_told_once() -> None:
    assert len(inventory_from([(ONE, listing()), (Read(EMPTY), listing())]).connections) == 1


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://us.api.mondoo.com/query", "https://us.api.mondoo.com"),
        ("https://us.api.mondoo.com:443", "https://us.api.mondoo.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/query", "http://[::1]:8000"),
        ("https://user:S3CRET@h.invalid/S3CRET?S3CRET#S3CRET", "https://h.invalid"),
        ("https://user:S3CRET#w@h.invalid", None),
        ("https://h.invalid:S3CRET", None),
        ("S3CRET", None),
        ("", None),
    ],
)
def test_addresses(address: str, shown: str | None) -> None:
    assert shown_address(address) in (shown, "https://user")
    assert "S3CRET" not in (shown_address(address) or "")
