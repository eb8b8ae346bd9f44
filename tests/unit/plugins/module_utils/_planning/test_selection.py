# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tokens an audit asks for, and in which order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.selection import Selection, select
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import token_result
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    HOUR,
    NOW,
    ORGANIZATION,
    SECOND,
    roles,
    token,
)

CI = token("ci", description="Pipelines", created_at=NOW - 30 * DAY, last_used_at=NOW - HOUR)
BUILD = token("build", description="CI of the team", created_at=NOW - 10 * DAY, last_used_at=NOW - 5 * DAY)
NEVER = token(
    "never",
    created_at=NOW - 20 * DAY,
    roles=roles("owner", "agent") | {"//iam.eu.api.mondoo.com/roles/My-Role"},
    created_by="Other@Example.com",
)
UNKNOWN = token("unknown", created_at=None, created_by=None, roles=frozenset())
UNTOLD = token("untold", created_at=NOW - 20 * DAY, last_use_known=False)
ALL = (CI, BUILD, NEVER)


def names(selection: Selection, *tokens: Any) -> list[str]:
    return [entry["name"] for entry in select(tokens or ALL, selection, NOW)]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["build", "ci", "never"]),
        ({"name": "ci"}, ["ci"]),
        ({"name": "CI"}, []),
        ({"mrn": NEVER.mrn}, ["never"]),
        ({"query": "ci"}, ["build", "ci"]),
        ({"query": "PIPE"}, ["ci"]),
        ({"query": "nothing"}, []),
        ({"query": "cipipe"}, []),  # name and description are two texts
        ({"roles": roles("owner", "editor")}, ["never"]),
        ({"roles": roles("viewer", "agent")}, ["build", "ci", "never"]),
        ({"roles": frozenset()}, []),
        ({"roles": frozenset({"//iam.api.mondoo.app/roles/my-role"})}, ["never"]),
        ({"created_by": "other@example.com"}, ["never"]),
        ({"created_by": "nobody"}, []),
        ({"older_than": 20 * DAY}, ["ci", "never"]),
        ({"older_than": 20 * DAY + SECOND}, ["ci"]),
        ({"unused_for": 5 * DAY}, ["build", "never"]),
        ({"unused_for": 20 * DAY}, ["never"]),
        ({"unused_for": timedelta()}, ["build", "ci", "never"]),
        ({"older_than": 15 * DAY, "unused_for": DAY}, ["never"]),
        ({"order_by": "name", "descending": True}, ["never", "ci", "build"]),
        ({"order_by": "created_at"}, ["ci", "never", "build"]),
        ({"order_by": "created_at", "descending": True}, ["build", "never", "ci"]),
        ({"order_by": "last_used"}, ["never", "build", "ci"]),
        ({"order_by": "last_used", "descending": True}, ["ci", "build", "never"]),
    ],
)
def test_filters_and_orders(filters: dict[str, Any], expected: list[str]) -> None:
    assert names(Selection(**filters)) == expected


def test_equal_keys_are_ordered_by_name_scope_and_mrn() -> None:
    twins = [token("b", key="2"), token("b", key="1"), token("a", key="4"), token("a", key="3", scope=ORGANIZATION)]
    for order_by, expected in (
        ("name", ["3", "4", "1", "2"]),
        ("created_at", ["3", "4", "1", "2"]),
        ("last_used", ["3", "4", "1", "2"]),
    ):
        for listing in (twins, twins[::-1]):
            chosen = select(listing, Selection(order_by=order_by), NOW)
            assert [entry["mrn"][-1] for entry in chosen] == expected


@pytest.mark.parametrize("option", ["older_than", "unused_for"])
def test_an_unknown_creation_cannot_be_compared(option: str) -> None:
    filters: dict[str, Any] = {option: DAY}
    with pytest.raises(MondooError) as caught:
        select([UNKNOWN], Selection(**filters), NOW)
    assert caught.value.code == "SchemaMismatch"
    assert str(caught.value).startswith(f"Could not filter by {option}: ")
    assert str(UNKNOWN.mrn) in str(caught.value)


def test_an_unknown_use_cannot_be_compared() -> None:
    with pytest.raises(MondooError, match="does not report when the API token .* was last used") as caught:
        select([UNTOLD], Selection(unused_for=DAY), NOW)
    assert caught.value.code == "SchemaMismatch"
    assert names(Selection(older_than=DAY), UNTOLD) == ["untold"]


def test_an_unknown_creation_matters_only_where_it_is_asked_for() -> None:
    assert names(Selection(order_by="created_at"), NEVER, UNKNOWN) == ["unknown", "never"]
    assert names(Selection(created_by="someone@example.com"), UNKNOWN) == []


@pytest.mark.parametrize(
    ("subject", "age_days", "unused_days"),
    [
        (CI, 30, 0),
        (BUILD, 10, 5),
        (NEVER, 20, 20),
        (UNKNOWN, None, None),
        (UNTOLD, 20, None),
        (token(created_at=NOW + HOUR), 0, 0),
        (token(created_at=NOW - DAY + SECOND), 0, 0),
        (token(created_at=None, last_used_at=NOW - DAY), None, 1),
    ],
)
def test_results_carry_ages(subject: Any, age_days: int | None, unused_days: int | None) -> None:
    (entry,) = select([subject], Selection(), NOW)
    assert entry == {**(token_result(subject) or {}), "age_days": age_days, "unused_days": unused_days}
