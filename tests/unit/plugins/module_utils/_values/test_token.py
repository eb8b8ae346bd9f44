# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token between the service, results and retired names."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import (
    Token,
    retired_name,
    retirement_of,
    token_diff,
    token_from_node,
    token_result,
)
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    MEMBER,
    NOW,
    ORGANIZATION,
    SPACE,
    roles,
    token,
    token_mrn,
)
from hypothesis import given
from hypothesis import strategies as st

NODE: dict[str, Any] = {
    "mrn": token_mrn("1"),
    "name": "ci",
    "description": "Pipelines",
    "roles": [{"mrn": role} for role in sorted(roles("viewer") | MEMBER)],
    "id": "1",
    "createdAt": "2026-11-23T18:00:00.000000000Z",
    "lastUsed": "0001-01-01T00:00:00Z",
    "creator": {"email": "someone@example.com", "service": "", "mrn": "//x"},
}


def test_a_node_is_read() -> None:
    assert token_from_node(NODE, SPACE) == Token(
        mrn=token_mrn("1"),
        name="ci",
        scope=SPACE,
        description="Pipelines",
        roles=roles("viewer") | MEMBER,
        id="1",
        created_at=NOW,
        last_used_at=None,
        created_by="someone@example.com",
    )


def test_what_is_nice_to_have_may_be_missing() -> None:
    least = {"mrn": token_mrn("1"), "name": ""}
    assert token_from_node(least, ORGANIZATION) == Token(token_mrn("1"), "", ORGANIZATION, last_use_known=False)
    assert token_from_node({**dict.fromkeys(NODE), **least}, ORGANIZATION) == Token(token_mrn("1"), "", ORGANIZATION)


@pytest.mark.parametrize(
    ("creator", "expected"),
    [
        ({"email": "e", "service": "s", "mrn": "m"}, "e"),
        ({"email": None, "service": "s", "mrn": "m"}, "s"),
        ({"email": "", "service": "", "mrn": "m"}, "m"),
        ({"email": "", "service": "", "mrn": ""}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_creator_is_what_the_service_tells_first(creator: object, expected: str | None) -> None:
    assert token_from_node({**NODE, "creator": creator}, SPACE).created_by == expected


@pytest.mark.parametrize(
    "node", [None, "x", {}, {**NODE, "mrn": None}, {**NODE, "mrn": ""}, {**NODE, "name": None}, {**NODE, "name": 1}]
)
def test_an_entry_that_cannot_be_told_apart_makes_the_listing_incomplete(node: object) -> None:
    with pytest.raises(MondooError) as caught:
        token_from_node(node, SPACE)
    assert caught.value.code == "IncompleteListing"


@pytest.mark.parametrize("part", [{"roles": [{}]}, {"roles": "x"}, {"roles": [None]}, {"creator": "x"}])
def test_an_entry_of_another_shape_makes_the_listing_incomplete(part: dict[str, Any]) -> None:
    with pytest.raises(MondooError) as caught:
        token_from_node({**NODE, **part}, SPACE)
    assert caught.value.code == "IncompleteListing"


def test_results_show_everything_but_a_secret() -> None:
    assert token_result(token_from_node({**NODE, "lastUsed": "2026-11-23T19:00:00.5+01:00"}, SPACE)) == {
        "id": "1",
        "mrn": token_mrn("1"),
        "name": "ci",
        "description": "Pipelines",
        "permissions": ["viewer"],
        "roles": ["//iam.api.mondoo.app/roles/space-member", "//iam.api.mondoo.app/roles/viewer"],
        "scope_mrn": SPACE.mrn,
        "created_at": "2026-11-23T18:00:00Z",
        "last_used_at": "2026-11-23T18:00:00Z",
        "created_by": "someone@example.com",
    }
    assert token_result(None) is None


def test_a_token_that_nobody_has_generated_yet() -> None:
    shown = token_result(Token(None, "ci", SPACE)) or {}
    assert {key for key, value in shown.items() if value is None} == {
        *("id", "mrn", "created_at", "last_used_at", "created_by"),
    }


def test_the_diff_is_an_allow_list() -> None:
    assert token_diff(token("ci", description="x", roles=roles("viewer", "agent") | MEMBER)) == {
        "name": "ci",
        "description": "x",
        "permissions": ["agent", "viewer"],
    }
    assert token_diff(None) == {}


# Retired names

_moments = st.datetimes(
    min_value=datetime(2000, 1, 1), max_value=datetime(2999, 1, 1), timezones=st.sampled_from([timezone.utc])
)


@given(st.text(min_size=1), _moments)
def test_a_retired_name_tells_its_name_and_time(name: str, at: datetime) -> None:
    aside = token(retired_name(name, at), key="x")
    assert retirement_of(aside, name) == at.replace(microsecond=0)
    assert retirement_of(aside, name + "x") is None
    assert retirement_of(token(name, key="x"), name) is None


@given(st.text(min_size=1, max_size=5), _moments, _moments)
def test_a_name_may_look_retired_itself(name: str, first: datetime, second: datetime) -> None:
    inner = retired_name(name, first)
    outer = token(retired_name(inner, second), key="x")
    assert retirement_of(outer, inner) == second.replace(microsecond=0)
    assert retirement_of(outer, name) is None


def test_the_form_of_a_retired_name() -> None:
    local = datetime(2026, 11, 23, 20, 0, 0, 999999, tzinfo=timezone(timedelta(hours=2)))
    assert retired_name("ci", local) == "ci (retired 2026-11-23T18:00:00Z)"


@pytest.mark.parametrize(
    "name",
    [
        "ci",
        "ci (retired)",
        "ci (retired 2026-11-23)",
        "ci (retired 2026-11-23T18:00:00Z) ",
        "ci (retired 2026-11-23T18:00:00.5Z)",
        "ci (retired 2026-11-23T18:00:00+00:00)",
        "ci (retired 2026-13-23T18:00:00Z)",
        "ci  (retired 2026-11-23T18:00:00Z)",
        "CI (retired 2026-11-23T18:00:00Z)",
        "other (retired 2026-11-23T18:00:00Z)",
        " (retired 2026-11-23T18:00:00Z)",
    ],
)
def test_what_is_no_retired_name(name: str) -> None:
    assert retirement_of(token(name, key="x"), "ci") is None
