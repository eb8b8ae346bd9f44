# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning without rotation: what is created, changed and deleted, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.plan import (
    Delete,
    Generate,
    Plan,
    SetRoles,
    Update,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.planner import plan_token
from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    HOUR,
    MEMBER,
    SPACE,
    facts,
    roles,
    spec,
    token,
    token_mrn,
)

CI = token("ci", description="Pipelines")
OTHER = token("other")
RETIRED = token("ci (retired 2026-11-20T00:00:00Z)", key="r1")


def plan(declared: TokenSpec, *listing: Token, own: Token | None = None) -> Plan:
    return plan_token(declared, listing, facts(own=own))


def refusal(declared: TokenSpec, *listing: Token, own: Token | None = None) -> MondooError:
    with pytest.raises(MondooError) as caught:
        plan(declared, *listing, own=own)
    return caught.value


# Creation


def test_creation_takes_everything_from_the_declaration() -> None:
    made = plan(spec(description="Pipelines", roles=roles("agent", "viewer")), OTHER)
    wanted = Token(None, "ci", SPACE, "Pipelines", roles("agent", "viewer"))
    assert made == Plan(before=None, after=wanted, steps=(Generate(wanted),))
    assert made.generates
    assert made.diff == {
        "before": {},
        "after": {"name": "ci", "description": "Pipelines", "permissions": ["agent", "viewer"]},
    }


@pytest.mark.parametrize("declared", [spec(), spec(roles=frozenset()), spec(roles=None, description="x")])
def test_creation_needs_permissions(declared: TokenSpec) -> None:
    error = refusal(declared, OTHER)
    assert error.code == "InvalidOption"
    assert str(error) == (
        "permissions is required, and must not be empty, to create"
        ' the API token "ci" of space "space-1": without one the token could do nothing.'
    )


def test_creation_ignores_the_predecessors_of_a_token_that_does_not_rotate() -> None:
    made = plan(spec(roles=roles("agent")), RETIRED)
    assert made.operations == ["generateAPIToken"]
    assert made.after == Token(None, "ci", SPACE, "", roles("agent"))


# Changes


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, (), id="nothing declared"),
        pytest.param({"description": "Pipelines"}, (), id="same description"),
        pytest.param({"description": "New"}, (Update(CI, description="New"),), id="describe"),
        pytest.param({"description": ""}, (Update(CI, description=""),), id="clear the description"),
        pytest.param({"roles": roles("viewer")}, (), id="same permissions, membership is no drift"),
        pytest.param({"roles": roles("agent")}, (SetRoles(CI, roles("agent")),), id="replace permissions"),
        pytest.param({"roles": frozenset()}, (SetRoles(CI, frozenset()),), id="take every permission"),
        pytest.param(
            {"roles": roles("agent"), "purge_permissions": False},
            (SetRoles(CI, roles("agent", "viewer")),),
            id="add a permission",
        ),
        pytest.param({"roles": roles("viewer"), "purge_permissions": False}, (), id="the permission is there"),
        pytest.param({"roles": frozenset(), "purge_permissions": False}, (), id="add nothing"),
        pytest.param(
            {"description": "New", "roles": roles("agent")},
            (Update(CI, description="New"), SetRoles(CI, roles("agent"))),
            id="both",
        ),
    ],
)
@pytest.mark.parametrize("by", ["name", "mrn"])
def test_changes_are_the_fewest(changes: dict[str, Any], expected: tuple[object, ...], by: str) -> None:
    declared = spec(**changes) if by == "name" else spec(None, mrn=CI.mrn, **changes)
    made = plan(declared, OTHER, CI, RETIRED)
    assert made.steps == expected
    assert made.changed == bool(expected)
    assert not made.generates
    assert made.before == CI


def test_the_result_of_a_change_keeps_memberships_and_identity() -> None:
    after = plan(spec(roles=roles("agent"), description="New"), CI).after
    assert after is not None
    assert after.roles == roles("agent") | MEMBER
    assert (after.mrn, after.created_at, after.created_by) == (CI.mrn, CI.created_at, CI.created_by)


def test_the_diff_shows_name_description_and_permissions_only() -> None:
    assert plan(spec("build", mrn=CI.mrn, roles=roles("owner", "agent")), CI).diff == {
        "before": {"name": "ci", "description": "Pipelines", "permissions": ["viewer"]},
        "after": {"name": "build", "description": "Pipelines", "permissions": ["agent", "owner"]},
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (Update(CI, name="build"),)),
        ({"description": "New"}, (Update(CI, name="build", description="New"),)),
        (
            {"roles": roles("agent")},
            (Update(CI, name="build"), SetRoles(token("build", key="ci", description="Pipelines"), roles("agent"))),
        ),
    ],
)
def test_rename_by_mrn(changes: dict[str, Any], expected: tuple[object, ...]) -> None:
    assert plan(spec("build", mrn=CI.mrn, **changes), CI, OTHER).steps == expected


def test_the_same_name_beside_the_mrn_is_no_change() -> None:
    assert not plan(spec("ci", mrn=CI.mrn), CI, token("ci", key="second")).changed


def test_a_taken_name_is_refused() -> None:
    error = refusal(spec("other", mrn=CI.mrn), CI, OTHER)
    assert error.code == "NameTaken"
    assert f'rename the API token "ci" ({CI.mrn})' in str(error)
    assert str(OTHER.mrn) in str(error)
    assert "Nothing was changed" in str(error)


def test_an_mrn_that_is_not_there_is_refused() -> None:
    missing = token_mrn("gone")
    error = refusal(spec(None, mrn=missing), CI)
    assert error.code == "NotFound"
    assert missing in str(error)
    assert 'space "space-1"' in str(error)


@pytest.mark.parametrize("present", [True, False])
def test_two_tokens_with_the_name_are_refused_with_their_mrns(present: bool) -> None:
    second = token("ci", key="a-second")
    error = refusal(spec(present=present, roles=roles("agent")), CI, second)
    assert error.code == "AmbiguousName"
    assert f"{second.mrn}, {CI.mrn}" in str(error)
    assert "with mrn" in str(error)


def test_names_are_exact() -> None:
    declared = spec(roles=roles("viewer"))
    for near in ("CI", "ci ", " ci", "ci2"):
        assert plan(declared, token(near)).operations == ["generateAPIToken"]


# Absence


@pytest.mark.parametrize(
    ("declared", "listing", "expected"),
    [
        pytest.param(spec(present=False), (OTHER,), (), id="it is not there"),
        pytest.param(spec(present=False), (CI, OTHER), (CI,), id="by name"),
        pytest.param(spec(present=False), (CI, RETIRED, OTHER), (CI, RETIRED), id="its predecessors too"),
        pytest.param(spec(present=False), (RETIRED,), (RETIRED,), id="only a predecessor"),
        pytest.param(spec(None, mrn=CI.mrn, present=False), (CI, RETIRED), (CI,), id="by MRN that one alone"),
        pytest.param(spec("ci", mrn=CI.mrn, present=False), (CI, RETIRED), (CI,), id="by MRN with name"),
        pytest.param(spec(None, mrn=token_mrn("gone"), present=False), (CI,), (), id="no such MRN"),
        pytest.param(spec(present=False, overlap=HOUR), (CI, RETIRED), (CI, RETIRED), id="overlap gives no respite"),
    ],
)
def test_absence(declared: TokenSpec, listing: tuple[Token, ...], expected: tuple[Token, ...]) -> None:
    made = plan(declared, *listing)
    assert made.steps == tuple(Delete(doomed) for doomed in expected)
    assert made.after is None
    assert made.before == (CI if CI in expected else None)
    assert made.diff["after"] == {}


# The task's own credential


@pytest.mark.parametrize(
    ("declared", "own", "verb"),
    [
        pytest.param(spec(present=False), CI, "delete", id="deleted"),
        pytest.param(spec(present=False), RETIRED, "delete", id="deleted as a predecessor"),
        pytest.param(spec(roles=roles("agent")), CI, "take permissions from", id="another permission instead"),
        pytest.param(spec(roles=frozenset()), CI, "take permissions from", id="no permission"),
    ],
)
def test_the_own_credential_is_spared(declared: TokenSpec, own: Token, verb: str) -> None:
    error = refusal(declared, CI, RETIRED, own=own)
    assert error.code == "OwnCredential"
    assert str(error).startswith(f'Could not {verb} the API token "{own.name}" ({own.mrn}) of space "space-1": ')
    assert "Nothing was changed" in str(error)


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "New"},
        {"roles": roles("viewer", "agent")},
        {"roles": roles("owner"), "purge_permissions": False},
    ],
)
def test_the_own_credential_may_be_described_and_given_more(changes: dict[str, Any]) -> None:
    assert plan(spec(**changes), CI, own=CI).changed


def test_another_token_is_not_the_own_credential() -> None:
    assert plan(spec(present=False), CI, OTHER, own=OTHER).steps == (Delete(CI),)
