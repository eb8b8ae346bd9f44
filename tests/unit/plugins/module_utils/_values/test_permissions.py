# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Permissions between what people write and what the service takes."""

from __future__ import annotations

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.permissions import (
    KNOWN_ROLES,
    canonical_role,
    declarable,
    role_mrn_from,
    role_mrns_from,
    short_name,
    short_names,
    spelled_as,
)

_ROLES = "//iam.api.mondoo.app/roles/"
_CUSTOM = "//iam.api.mondoo.app/organizations/Org-1/roles/My-Role"


def test_the_roles_of_the_service_are_known() -> None:
    assert set(KNOWN_ROLES) >= {"viewer", "editor", "owner", "agent", "policy-manager", "query-pack-editor"}
    assert not {"org-member", "space-member"} & set(KNOWN_ROLES)


@pytest.mark.parametrize("name", KNOWN_ROLES)
def test_known_roles_in_any_case_by_name_and_mrn(name: str) -> None:
    elsewhere = f"//iam.eu.api.mondoo.com/roles/{name.title()}"
    for text in (name, name.upper(), f" {name.title()} ", _ROLES + name, (_ROLES + name).upper(), elsewhere):
        assert role_mrn_from(text) == _ROLES + name


@pytest.mark.parametrize(
    ("told", "canonical"),
    [
        (_ROLES + "viewer", _ROLES + "viewer"),
        (_ROLES + "Viewer", _ROLES + "viewer"),
        ("//IAM.api.mondoo.app/ROLES/viewer", _ROLES + "viewer"),
        ("//iam.eu.api.mondoo.com/roles/Policy-Manager", _ROLES + "policy-manager"),
        ("//iam.eu.api.mondoo.com/roles/Space-Member", _ROLES + "space-member"),
        # Roles that are not the platform's own stay what they are.
        (_CUSTOM, _CUSTOM),
        (_ROLES + "Brand-New", _ROLES + "Brand-New"),
        ("//iam.api.mondoo.app/organizations/o/roles/viewer", "//iam.api.mondoo.app/organizations/o/roles/viewer"),
        ("viewer", "viewer"),
    ],
)
def test_a_role_that_the_service_tells_is_compared_in_one_spelling(told: str, canonical: str) -> None:
    assert canonical_role(told) == canonical


_OF_A_SPACE = "//iam.api.mondoo.app/spaces/x/customroles/y"


@pytest.mark.parametrize("mrn", [_CUSTOM, _ROLES + "Brand-New", _OF_A_SPACE, "//iam.api.mondoo.app/viewer", "//x"])
def test_a_role_that_only_the_service_knows_is_taken_as_it_is_written(mrn: str) -> None:
    assert role_mrn_from(f" {mrn} ") == mrn


@pytest.mark.parametrize(
    ("value", "suggestion"),
    [
        ("viewr", ' Did you mean "viewer"?'),
        ("Editr", ' Did you mean "editor"?'),
        ("policymanager", ' Did you mean "policy-manager"?'),
        ("owner,viewer", ' Did you mean "viewer"?'),
        ("xyz", ""),
        ("", ""),
        (_ROLES, ""),
        ("//iam.api.mondoo.app/spaces/x/customroles/", ""),
        ("//", ""),
        ("https://iam/roles/viewer", ""),
    ],
)
def test_what_is_no_permission(value: str, suggestion: str) -> None:
    with pytest.raises(MondooError) as caught:
        role_mrn_from(value)
    assert caught.value.code == "InvalidOption"
    assert str(caught.value) == (
        f'permissions: "{value}" is not known.{suggestion} Known permissions: {", ".join(KNOWN_ROLES)}, or a full role MRN.'
    )


@pytest.mark.parametrize(
    "value", ["org-member", "Space-Member", _ROLES + "space-member", (_ROLES + "org-member").upper()]
)
def test_memberships_cannot_be_declared(value: str) -> None:
    with pytest.raises(MondooError) as caught:
        role_mrn_from(value)
    assert str(caught.value) == f'permissions: "{value}" is added by the platform itself and cannot be declared.'


def test_order_and_repetition_carry_no_meaning() -> None:
    assert role_mrns_from(["viewer", "AGENT", "viewer"]) == role_mrns_from(["agent", "viewer"])
    assert role_mrns_from([]) == frozenset()


def test_names_are_short_and_sorted_and_leave_memberships_out() -> None:
    roles = [_ROLES + "viewer", _CUSTOM, _ROLES + "space-member", _ROLES + "agent", _ROLES + "org-member"]
    assert short_names(roles) == [_CUSTOM, "agent", "viewer"]
    assert declarable(roles) == {_ROLES + "viewer", _ROLES + "agent", _CUSTOM}


_ELSEWHERE = "//iam.eu.api.mondoo.com/organizations/org-1/roles/my-role"


@pytest.mark.parametrize(
    ("declared", "others", "expected"),
    [
        ({_CUSTOM}, {_CUSTOM}, {_CUSTOM}),
        ({_CUSTOM}, {_CUSTOM, _ELSEWHERE}, {_CUSTOM}),
        ({_ELSEWHERE}, {_CUSTOM}, {_CUSTOM}),
        ({_ELSEWHERE, _ROLES + "viewer"}, {_CUSTOM}, {_CUSTOM, _ROLES + "viewer"}),
        ({_CUSTOM.upper()}, {_ELSEWHERE, _OF_A_SPACE}, {_ELSEWHERE}),
        # What only resembles it, and what is not there.
        (
            {_CUSTOM},
            {_ROLES + "my-role", "//iam.api.mondoo.app/organizations/org-2/roles/my-role", "my-role"},
            {_CUSTOM},
        ),
        ({_CUSTOM}, set(), {_CUSTOM}),
        ({"//x", "y"}, {"//y", "x"}, {"//x", "y"}),
        (set(), {_CUSTOM}, set()),
    ],
)
def test_a_role_is_spelled_as_the_token_has_it(declared: set[str], others: set[str], expected: set[str]) -> None:
    assert spelled_as(frozenset(declared), frozenset(others)) == expected


@pytest.mark.parametrize("mrn", [_CUSTOM, _ROLES + "brand-new", _OF_A_SPACE])
def test_what_is_shown_of_a_role_that_only_the_service_knows_can_be_declared(mrn: str) -> None:
    assert short_name(mrn) == mrn
    assert role_mrns_from(short_names([mrn])) == {mrn}
