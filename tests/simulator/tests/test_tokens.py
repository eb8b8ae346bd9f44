# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of API tokens: generate, update, delete; several of it in one request."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from simulator.process import Simulator

from .api import (
    ACME,
    ALPHA,
    BETA,
    DELETE,
    GENERATE,
    LIST,
    NOBODY,
    OTHER,
    OUTSIDE,
    UPDATE,
    Api,
    codes,
    listed,
    role,
    roles,
)

# -- generate ----------------------------------------------------------------------------------------------------------


def test_a_new_token_is_as_declared(owner: Api, simulator: Simulator) -> None:
    generated = owner.generate("ci", "viewer", "agent", description="for builds")
    (node,) = owner.nodes()
    created = datetime.fromisoformat(node["createdAt"][:19]).replace(tzinfo=timezone.utc)
    assert created <= datetime.now(timezone.utc)
    (creator,) = simulator.tokens(ACME)
    assert node == {
        "mrn": generated["mrn"],
        "spaceMrn": ALPHA,
        "scopeMrn": ALPHA,
        "name": "ci",
        "description": "for builds",
        "roles": [
            {"mrn": role("agent"), "title": "Agent"},
            {"mrn": role("space-member"), "title": "Space-Member"},
            {"mrn": role("viewer"), "title": "Viewer"},
        ],
        "createdAt": generated["createdAt"],
        "lastUsed": None,
        "creator": {"mrn": creator["mrn"], "email": None},
    }
    assert generated == {
        "token": generated["token"],
        "mrn": node["mrn"],
        "name": "ci",
        "description": "for builds",
        "spaceMrn": ALPHA,
        "scopeMrn": ALPHA,
        "createdBy": creator["mrn"],
        "createdAt": node["createdAt"],
    }


@pytest.mark.parametrize(("scope", "space"), [(ALPHA, ALPHA), (ACME, "")])
def test_the_scope_of_a_token_is_in_its_mrn_and_in_two_fields(scope: str, space: str, owner: Api) -> None:
    generated = owner.generate("ci", scope=scope)
    node = owner.nodes(scope)[-1]
    assert generated["mrn"].startswith(
        f"//agents.api.mondoo.app/{scope.removeprefix('//captain.api.mondoo.app/')}/serviceaccounts/"
    )
    assert (node["mrn"], node["scopeMrn"], node["spaceMrn"]) == (generated["mrn"], scope, space)
    assert (generated["scopeMrn"], generated["spaceMrn"]) == (scope, space)


def test_the_membership_is_that_of_the_scope_and_roles_are_optional(owner: Api) -> None:
    owner.generate("org", scope=ACME)
    owner.ask(GENERATE, input={"name": "no roles", "spaceMrn": ALPHA})
    assert [r["mrn"] for r in owner.nodes(ACME)[-1]["roles"]] == [role("org-member")]
    assert [r["mrn"] for r in owner.nodes(ALPHA)[-1]["roles"]] == [role("space-member")]


def test_a_name_need_not_be_unique(owner: Api) -> None:
    first, second = owner.generate("ci", "viewer"), owner.generate("ci", "viewer")
    assert owner.names() == ["ci", "ci"]
    assert first["mrn"] != second["mrn"]
    assert first["token"] != second["token"]


@pytest.mark.parametrize(
    ("declared", "code"),
    [
        ({"name": "", "scopeMrn": ALPHA}, "InvalidArgument"),
        ({"name": "  ", "scopeMrn": ALPHA}, "InvalidArgument"),
        ({"name": "ci"}, "InvalidArgument"),
        ({"name": "ci", "scopeMrn": ""}, "InvalidArgument"),
        ({"name": "ci", "scopeMrn": "alpha"}, "NotFound"),
        ({"name": "ci", "scopeMrn": OUTSIDE}, "PermissionDenied"),
        ({"name": "ci", "scopeMrn": OTHER}, "PermissionDenied"),
        ({"name": "ci", "scopeMrn": ALPHA, "roles": roles("nobody")}, "InvalidArgument"),
        ({"name": "ci", "scopeMrn": ALPHA, "roles": roles("viewer", "space-member")}, "InvalidArgument"),
        ({"name": "ci", "scopeMrn": ALPHA, "roles": [{"mrn": "viewer"}]}, "InvalidArgument"),
        ({"name": "ci", "scopeMrn": ALPHA, "roles": [{"mrn": role("Viewer")}]}, "InvalidArgument"),
    ],
)
def test_what_cannot_be_generated(declared: dict[str, Any], code: str, owner: Api, simulator: Simulator) -> None:
    before = simulator.tokens()
    assert owner.refused(GENERATE, input=declared) == code
    assert [token["mrn"] for token in simulator.tokens()] == [token["mrn"] for token in before]
    assert [entry["committed"] for entry in simulator.requests()] == [False]


def test_the_payload_may_lack_the_mrn(owner: Api, simulator: Simulator) -> None:
    simulator.settings(payload_mrn=False)
    generated = owner.generate()
    assert generated["mrn"] is None
    assert generated["name"] == "ci"
    assert [entry["secret"] for entry in simulator.secrets() if entry["name"] == "ci"] == [generated["token"]]


# -- update, delete ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "name", "description"),
    [
        ({}, "ci", "one"),
        ({"name": "new"}, "new", "one"),
        ({"description": "two"}, "ci", "two"),
        ({"description": ""}, "ci", None),
        ({"name": None, "description": None}, "ci", "one"),
        ({"name": "new", "description": "two"}, "new", "two"),
    ],
)
def test_an_update_changes_what_it_names(
    changes: dict[str, Any], name: str, description: str | None, owner: Api, simulator: Simulator
) -> None:
    generated = owner.generate("ci", "viewer", description="one")
    before = simulator.tokens(ALPHA)[0]
    mrn = generated["mrn"]
    updated = owner.ask(UPDATE, input={"mrn": mrn, **changes})
    assert updated == {"mrn": mrn, "name": name, "description": description, "spaceMrn": ALPHA, "scopeMrn": ALPHA}
    after = simulator.tokens(ALPHA)[0]
    assert {**after, "name": "ci", "description": "one"} == before


def test_what_cannot_be_updated(owner: Api) -> None:
    mrn = owner.generate("ci")["mrn"]
    assert owner.refused(UPDATE, input={"mrn": mrn, "name": " "}) == "InvalidArgument"
    assert owner.refused(UPDATE, input={"mrn": NOBODY, "name": "new"}) == "NotFound"
    assert owner.names() == ["ci"]


def test_a_deleted_token_is_gone_at_once(owner: Api, simulator: Simulator) -> None:
    generated = owner.generate("ci", "editor")
    holder = Api(simulator.url, generated["token"])
    assert holder.names() == ["ci"]
    assert owner.ask(DELETE, input={"mrn": generated["mrn"]}) == {"ok": True}
    assert holder.refused(LIST, **listed(ALPHA)) == "Unauthenticated"
    assert owner.refused(DELETE, input={"mrn": generated["mrn"]}) == "NotFound"
    assert owner.names() == []


# -- several fields in one request -------------------------------------------------------------------------------------


def test_aliases_run_in_order_and_fail_one_by_one(owner: Api, simulator: Simulator) -> None:
    first, second = owner.generate("first", "viewer")["mrn"], owner.generate("second", "viewer")["mrn"]
    answer = owner.send(
        f"""mutation {{
          rename: updateAPIToken(input: {{mrn: "{first}", name: "renamed"}}) {{ name }}
          gone: deleteAPIToken(input: {{mrn: "{first}"}}) {{ ok }}
          again: deleteAPIToken(input: {{mrn: "{first}"}}) {{ ok }}
          denied: generateAPIToken(input: {{name: "x", scopeMrn: "{OUTSIDE}"}}) {{ mrn }}
          other: deleteAPIToken(input: {{mrn: "{second}"}}) {{ ok }}
        }}"""
    )
    assert answer.status_code == 200
    assert answer.json()["data"] == {
        "rename": {"name": "renamed"},
        "gone": {"ok": True},
        "again": None,
        "denied": None,
        "other": {"ok": True},
    }
    assert [error["path"] for error in answer.json()["errors"]] == [["again"], ["denied"]]
    assert codes(answer) == ["NotFound", "PermissionDenied"]
    assert simulator.requests()[-1]["keys"] == ["rename", "gone", "again", "denied", "other"]
    assert simulator.mutations()[2:] == [
        "updateAPIToken",
        "deleteAPIToken",
        "deleteAPIToken",
        "generateAPIToken",
        "deleteAPIToken",
    ]


def test_several_scopes_in_one_query(owner: Api) -> None:
    owner.generate("a", scope=ALPHA)
    owner.generate("b", scope=BETA)
    fields = "{ edges { node { name } } }"
    answer = owner.send(f'{{ a: apiTokens(spaceMrn: "{ALPHA}") {fields} b: apiTokens(spaceMrn: "{BETA}") {fields} }}')
    names = {key: [edge["node"]["name"] for edge in value["edges"]] for key, value in answer.json()["data"].items()}
    assert names == {"a": ["a"], "b": ["b"]}
