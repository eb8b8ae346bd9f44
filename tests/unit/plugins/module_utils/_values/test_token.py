# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token between the service, results and retired names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.shape import JsonObject
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import (
    Token,
    generated_token,
    same_description,
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

NODE: dict[str, Any] = {
    "mrn": token_mrn("1"),
    "name": "ci",
    "description": "Pipelines",
    "roles": [{"mrn": role} for role in sorted(roles("viewer") | MEMBER)],
    "createdAt": "2026-11-23T18:00:00.000000000Z",
    "lastUsed": "0001-01-01T00:00:00Z",
    "creator": {"email": "someone@example.com", "mrn": "//x"},
}


def test_a_node_is_read() -> None:
    assert token_from_node(NODE, SPACE) == Token(
        mrn=token_mrn("1"),
        name="ci",
        scope=SPACE,
        description="Pipelines",
        roles=roles("viewer") | MEMBER,
        created_at=NOW,
        last_used_at=None,
        created_by="someone@example.com",
    )


def test_the_id_is_the_last_part_of_the_mrn() -> None:
    assert token_from_node({**NODE, "id": "other"}, SPACE).id == "1"


def test_what_is_nice_to_have_may_be_missing() -> None:
    least = {"mrn": token_mrn("1"), "name": "", "description": None, "roles": None}
    assert token_from_node(least, ORGANIZATION) == Token(token_mrn("1"), "", ORGANIZATION, last_use_known=False)
    assert token_from_node({**dict.fromkeys(NODE), **least}, ORGANIZATION) == Token(token_mrn("1"), "", ORGANIZATION)


@pytest.mark.parametrize(
    ("creator", "expected"),
    [
        ({"email": "e", "mrn": "m"}, "e"),
        ({"email": None, "mrn": "m"}, "m"),
        ({"email": "", "mrn": "m"}, "m"),
        ({"email": "", "mrn": ""}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_creator_is_what_the_service_tells_first(creator: object, expected: str | None) -> None:
    assert token_from_node({**NODE, "creator": creator}, SPACE).created_by == expected


@pytest.mark.parametrize(
    "told",
    [
        "//iam.api.mondoo.app/roles/Viewer",
        "//iam.api.mondoo.app/roles/VIEWER",
        "//iam.eu.api.mondoo.com/roles/viewer",
    ],
)
def test_a_role_of_the_platform_has_one_spelling(told: str) -> None:
    assert token_from_node({**NODE, "roles": [{"mrn": told}]}, SPACE).roles == roles("viewer")


@pytest.mark.parametrize(
    ("node", "place"),
    [
        (None, "null in apiTokens,"),
        ("x", "text in apiTokens,"),
        ({"description": None, "roles": []}, "nothing in apiTokens.mrn"),
        ({**NODE, "mrn": None}, "null in apiTokens.mrn"),
        ({**NODE, "mrn": ""}, "blank text in apiTokens.mrn"),
        ({**NODE, "name": None}, "null in apiTokens.name"),
        ({**NODE, "name": 1}, "a number in apiTokens.name"),
        ({key: value for key, value in NODE.items() if key != "roles"}, "nothing in apiTokens.roles"),
        ({key: value for key, value in NODE.items() if key != "description"}, "nothing in apiTokens.description"),
        ({**NODE, "description": ["x"]}, "a list in apiTokens.description"),
        ({**NODE, "roles": [{}]}, "nothing in apiTokens.roles[0].mrn"),
        ({**NODE, "roles": [{"mrn": "//x"}, {"mrn": None}]}, "null in apiTokens.roles[1].mrn"),
        ({**NODE, "roles": "x"}, "text in apiTokens.roles"),
        ({**NODE, "roles": {"mrn": "//x"}}, "an object in apiTokens.roles"),
        ({**NODE, "roles": [None]}, "null in apiTokens.roles[0]"),
        ({**NODE, "creator": "x"}, "text in apiTokens.creator"),
        ({**NODE, "creator": {"email": 5}}, "a number in apiTokens.creator.email"),
        ({**NODE, "creator": {"email": None, "mrn": True}}, "true or false in apiTokens.creator.mrn"),
    ],
)
def test_a_node_of_another_shape_is_named(node: object, place: str) -> None:
    with pytest.raises(MondooError) as caught:
        token_from_node(node, SPACE)
    assert caught.value.code == "GarbledAnswer"
    assert f"the service's answer has {place}" in caught.value.reason


def test_a_lone_surrogate_is_replaced() -> None:
    found = token_from_node({**NODE, "name": "ci\ud800", "creator": {"email": "\udfffe"}}, SPACE)
    assert (found.name, found.created_by) == ("ci\ufffd", "\ufffde")


@pytest.mark.parametrize("unreadable", ["soon", "2026-13-01T00:00:00Z", {"seconds": 1}, True])
def test_a_time_that_cannot_be_read_is_unknown(unreadable: object) -> None:
    found = token_from_node({**NODE, "createdAt": unreadable}, SPACE)
    assert (found.created_at, found.last_use_known, found.mrn) == (None, True, token_mrn("1"))
    assert found.unreadable_times == (f"createdAt {unreadable!r}",)
    found = token_from_node({**NODE, "lastUsed": unreadable}, SPACE)
    assert (found.last_used_at, found.last_use_known, found.created_at) == (None, False, NOW)
    assert found.unreadable_times == (f"lastUsed {unreadable!r}",)


_ASKED = Token(None, "ci", SPACE, description="x", roles=roles("viewer"))


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, _ASKED),
        (dict.fromkeys(["mrn", "name", "description", "createdBy", "createdAt"]), _ASKED),
        ({"name": "ci"}, _ASKED),
        # As it was stored.
        ({"name": "ci", "description": ""}, replace(_ASKED, description="")),
        ({"name": "ci", "description": None}, replace(_ASKED, description="")),
        ({"description": ""}, replace(_ASKED, description="")),
        (
            {"mrn": "//m", "name": "CI", "description": "y", "createdBy": "b", "createdAt": "2026-11-23T18:00:00Z"},
            replace(_ASKED, mrn="//m", name="CI", description="y", created_by="b", created_at=NOW),
        ),
    ],
)
def test_the_answer_to_a_creation_is_read(payload: dict[str, Any], expected: Token) -> None:
    assert generated_token(JsonObject(payload, "generateAPIToken"), _ASKED) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("text", "text", True),
        ("text\n", "text", True),
        ("  text ", "text", True),
        ("a\r\nb", "a\nb", True),
        ("a \nb", "a\nb", True),
        ("", "\n", True),
        ("a\n\nb", "a\nb", False),
        ("a b", "a  b", False),
        ("Text", "text", False),
        ("text", "", False),
    ],
)
def test_what_a_trimming_service_does_is_no_difference(one: str, other: str, same: bool) -> None:
    assert same_description(one, other) is same
    assert same_description(other, one) is same  # pylint: disable=arguments-out-of-order  # that is the question


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
