# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of API tokens: generate, list, update, set roles, delete."""

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
    OTHER,
    OUTSIDE,
    SET_ROLES,
    SPACES,
    UPDATE,
    Api,
    codes,
    role,
    roles,
)

NOBODY = "//agents.api.mondoo.app/spaces/alpha/apitokens/none"


# -- generate ----------------------------------------------------------------------------------------------------------


def test_a_new_token_is_as_declared(owner: Api) -> None:
    generated = owner.generate("ci", "viewer", "agent", description="for builds")
    (node,) = owner.nodes()
    created = datetime.fromisoformat(node.pop("createdAt")[:19]).replace(tzinfo=timezone.utc)
    assert created <= datetime.now(timezone.utc)
    assert node == {
        "id": generated["mrn"].rsplit("/", 1)[1],
        "mrn": generated["mrn"],
        "name": "ci",
        "description": "for builds",
        "roles": [
            {"mrn": role("agent"), "title": "Agent"},
            {"mrn": role("space-member"), "title": "Space-Member"},
            {"mrn": role("viewer"), "title": "Viewer"},
        ],
        "lastUsed": None,
        "creator": {"email": None, "service": "automation"},
    }


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
    ("given", "code"),
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
def test_what_cannot_be_generated(given: dict[str, Any], code: str, owner: Api, simulator: Simulator) -> None:
    before = simulator.tokens()
    assert owner.refused(GENERATE, input=given) == code
    assert [token["mrn"] for token in simulator.tokens()] == [token["mrn"] for token in before]
    assert [entry["committed"] for entry in simulator.requests()] == [False]


def test_the_payload_may_lack_the_mrn(owner: Api, simulator: Simulator) -> None:
    simulator.settings(payload_mrn=False)
    generated = owner.generate()
    assert generated["mrn"] is None
    assert [entry["secret"] for entry in simulator.secrets() if entry["name"] == "ci"] == [generated["token"]]


# -- list --------------------------------------------------------------------------------------------------------------


def test_a_scope_lists_its_own_tokens_only(owner: Api) -> None:
    owner.generate("a", scope=ALPHA)
    owner.generate("b", scope=BETA)
    assert (owner.names(ALPHA), owner.names(BETA), owner.names(ACME)) == (["a"], ["b"], ["automation"])


@pytest.mark.parametrize("size", [None, 100, 99, 30, 1])
def test_230_tokens_in_pages(size: int | None, owner: Api, simulator: Simulator) -> None:
    count = 230 if size != 1 else 5
    simulator.seed({"tokens": [{"scope": ALPHA, "name": "t{}", "permissions": ["viewer"], "count": count}]})
    found: list[str] = []
    after: str | None = None
    pages = 0
    for _page in range(count + 1):
        page = owner.ask(LIST, scope=ALPHA, first=size, after=after)
        pages += 1
        edges, info = page["edges"], page["pageInfo"]
        assert page["totalCount"] == count
        assert (info["startCursor"], info["endCursor"]) == (edges[0]["cursor"], edges[-1]["cursor"])
        found += [edge["node"]["name"] for edge in edges]
        if not info["hasNextPage"]:
            break
        assert len(edges) == (size or 100)
        after = info["endCursor"]
    assert found == [f"t{number}" for number in range(count)]
    assert pages == -(-count // (size or 100))


def test_an_empty_listing(owner: Api) -> None:
    assert owner.ask(LIST, scope=ALPHA) == {
        "totalCount": 0,
        "edges": [],
        "pageInfo": {"startCursor": None, "endCursor": None, "hasNextPage": False},
    }


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"scope": None}, "InvalidArgument"),
        ({"scope": ""}, "InvalidArgument"),
        ({"scope": "//captain.api.mondoo.app/spaces/nowhere"}, "NotFound"),
        ({"scope": OUTSIDE}, "PermissionDenied"),
        ({"scope": ALPHA, "first": 0}, "InvalidArgument"),
        ({"scope": ALPHA, "first": -1}, "InvalidArgument"),
        ({"scope": ALPHA, "first": 101}, "InvalidArgument"),
        ({"scope": ALPHA, "after": ""}, "InvalidArgument"),
        ({"scope": ALPHA, "after": "nonsense"}, "InvalidArgument"),
        ({"scope": ALPHA, "after": "e30="}, "InvalidArgument"),
    ],
)
def test_what_cannot_be_listed(arguments: dict[str, Any], code: str, owner: Api) -> None:
    answer = owner.send(LIST, **arguments)
    assert codes(answer) == [code]
    assert answer.json()["data"] is None
    assert answer.json()["errors"][0]["path"] == ["apiTokens"]


def test_cursors_survive_deletions_but_not_another_order(owner: Api, simulator: Simulator) -> None:
    simulator.seed({"tokens": [{"scope": ALPHA, "name": "t{}", "permissions": ["viewer"], "count": 4}]})
    page = owner.ask(LIST, scope=ALPHA, first=2)
    for edge in page["edges"]:
        owner.ask(DELETE, input={"mrn": edge["node"]["mrn"]})
    end = page["pageInfo"]["endCursor"]
    assert owner.names(after=end) == ["t2", "t3"]
    assert owner.refused(LIST, scope=ALPHA, after=end, order={"field": "NAME", "direction": "ASC"}) == "InvalidArgument"


@pytest.mark.parametrize(
    ("order", "names"),
    [
        (None, ["b", "c", "a", "a"]),
        ({"field": "CREATED_AT", "direction": "ASC"}, ["b", "c", "a", "a"]),
        ({"field": "CREATED_AT", "direction": "DESC"}, ["a", "a", "c", "b"]),
        ({"field": "NAME", "direction": "ASC"}, ["a", "a", "b", "c"]),
        ({"field": "NAME", "direction": "DESC"}, ["c", "b", "a", "a"]),
        ({"field": "LAST_USED", "direction": "ASC"}, ["b", "a", "a", "c"]),
        ({"field": "LAST_USED", "direction": "DESC"}, ["c", "a", "a", "b"]),
    ],
)
def test_orders_hold_from_page_to_page(order: object, names: list[str], owner: Api, simulator: Simulator) -> None:
    times: list[tuple[str, str, str | None]] = [("a", "2024-03-01T00:00:00Z", "2024-06-01T00:00:00Z")] * 2
    times += [("b", "2024-01-01T00:00:00Z", None), ("c", "2024-02-01T00:00:00+02:00", "2024-07-01T00:00:00Z")]
    simulator.seed(
        {
            "tokens": [
                {"scope": ALPHA, "name": name, "permissions": [], "created_at": created, "last_used_at": used}
                for name, created, used in times
            ]
        }
    )
    found: list[str] = []
    mrns: set[str] = set()
    after = None
    for _page in names:
        page = owner.ask(LIST, scope=ALPHA, first=1, after=after, order=order)
        found += [edge["node"]["name"] for edge in page["edges"]]
        mrns |= {edge["node"]["mrn"] for edge in page["edges"]}
        after = page["pageInfo"]["endCursor"]
    assert found == names
    assert len(mrns) == len(names)
    assert not page["pageInfo"]["hasNextPage"]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"query": "BUILD"}, ["builds", "ci"]),
        ({"query": "nothing"}, []),
        ({"terms": ["ci", "build"]}, ["ci"]),
        ({"terms": []}, ["builds", "ci", "100%"]),
        ({"query": "ci", "terms": ["scan"]}, []),
        ({"query": "%"}, ["100%"]),
        ({"query": "größe"}, ["100%"]),
    ],
)
def test_text_filters(arguments: dict[str, Any], names: list[str], owner: Api) -> None:
    owner.generate("builds", description="scan")
    owner.generate("ci", description="the Build server")
    owner.generate("100%", description="GRÖSSE")
    assert owner.names(**arguments) == names
    assert owner.ask(LIST, scope=ALPHA, **arguments)["totalCount"] == len(names)


@pytest.mark.parametrize(("style", "shown"), [("null", None), ("zero", "0001-01-01T00:00:00Z")])
def test_never_used(style: str, shown: str | None, owner: Api, simulator: Simulator) -> None:
    simulator.settings(never_used=style)
    generated = owner.generate("ci", "viewer")
    assert [node["lastUsed"] for node in owner.nodes()] == [shown]
    Api(simulator.url, generated["token"]).ask(LIST, scope=ALPHA)
    (node,) = owner.nodes()
    assert node["lastUsed"] > node["createdAt"]


@pytest.mark.parametrize("lag", [0, 1, 3])
def test_a_listing_lags(lag: int, owner: Api, simulator: Simulator) -> None:
    simulator.settings(listing_lag=lag)
    generated = owner.generate("ci", "viewer")
    owner.ask(LIST, scope=BETA)
    assert [owner.names() for _listing in range(lag + 2)] == [[]] * lag + [["ci"]] * 2
    assert owner.ask(UPDATE, input={"mrn": generated["mrn"]})["name"] == "ci"


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
    assert updated == {"mrn": mrn, "name": name, "description": description}
    after = simulator.tokens(ALPHA)[0]
    assert {**after, "name": "ci", "description": "one"} == before


def test_what_cannot_be_updated(owner: Api) -> None:
    mrn = owner.generate("ci")["mrn"]
    assert owner.refused(UPDATE, input={"mrn": mrn, "name": " "}) == "InvalidArgument"
    assert owner.refused(UPDATE, input={"mrn": NOBODY, "name": "new"}) == "NotFound"
    assert owner.names() == ["ci"]


def test_a_deleted_token_is_gone_at_once(owner: Api, simulator: Simulator) -> None:
    generated = owner.generate("ci", "viewer")
    holder = Api(simulator.url, generated["token"])
    assert holder.names() == ["ci"]
    assert owner.ask(DELETE, input={"mrn": generated["mrn"]}) == {"mrn": generated["mrn"]}
    assert holder.refused(LIST, scope=ALPHA) == "Unauthenticated"
    assert owner.refused(DELETE, input={"mrn": generated["mrn"]}) == "NotFound"
    assert owner.names() == []


# -- roles -------------------------------------------------------------------------------------------------------------


def _roles_of(simulator: Simulator, scope: str = ALPHA) -> dict[str, list[str]]:
    return {token["name"]: [mrn.rsplit("/", 1)[1] for mrn in token["roles"]] for token in simulator.tokens(scope)}


def test_roles_are_set_as_a_whole_for_several_entities(owner: Api, simulator: Simulator) -> None:
    first, second = owner.generate("first", "viewer", "agent"), owner.generate("second", "owner")
    owner.generate("third", "owner")
    updates = [
        {"entityMrn": first["mrn"], "roles": roles("editor", "sla-manager", "editor")},
        {"entityMrn": second["mrn"], "roles": []},
    ]
    done = owner.ask(SET_ROLES, input={"scopeMrn": ALPHA, "updates": updates})
    assert done == {"mrns": [first["mrn"], second["mrn"]]}
    assert _roles_of(simulator) == {
        "first": ["editor", "sla-manager", "space-member"],
        "second": ["space-member"],
        "third": ["owner", "space-member"],
    }


def test_roles_of_one_identity(owner: Api, simulator: Simulator) -> None:
    mrn = owner.generate("ci", "viewer")["mrn"]
    owner.ask(SET_ROLES, input={"spaceMrn": ALPHA, "identity": mrn, "roles": [role("editor")]})
    assert _roles_of(simulator) == {"ci": ["editor", "space-member"]}
    read = "query ($identity: String!) { getRoles(identity: $identity, scopeMrn: %s) { identity_mrn scope_mrn roles } }"
    assert owner.ask(read % f'"{ALPHA}"', identity=mrn) == {
        "identity_mrn": mrn,
        "scope_mrn": ALPHA,
        "roles": [role("editor"), role("space-member")],
    }
    assert owner.refused(read % f'"{BETA}"', identity=mrn) == "InvalidArgument"
    assert owner.refused(read % f'"{ALPHA}"', identity=NOBODY) == "NotFound"


def test_roles_of_a_service_account(owner: Api, simulator: Simulator) -> None:
    account = simulator.credentials["service_account"]["mrn"]
    updates = [{"entityMrn": account, "roles": roles("viewer")}]
    assert owner.ask(SET_ROLES, input={"scopeMrn": ACME, "updates": updates}) == {"mrns": [account]}


@pytest.mark.parametrize(
    ("second", "code"),
    [
        ({"entityMrn": NOBODY, "roles": roles("editor")}, "NotFound"),
        ({"entityMrn": "token of beta", "roles": roles("editor")}, "InvalidArgument"),
        ({"entityMrn": "token of alpha", "roles": roles("editor", "nobody")}, "InvalidArgument"),
        ({"entityMrn": "token of alpha", "roles": roles("space-member")}, "InvalidArgument"),
        ({"entityMrn": "first", "roles": roles("owner")}, "InvalidArgument"),
    ],
)
def test_all_roles_are_set_or_none(second: dict[str, Any], code: str, owner: Api, simulator: Simulator) -> None:
    tokens = {
        "first": owner.generate("first", "viewer")["mrn"],
        "token of alpha": owner.generate("second", "viewer")["mrn"],
        "token of beta": owner.generate("third", "viewer", scope=BETA)["mrn"],
    }
    before = _roles_of(simulator)
    updates = [
        {"entityMrn": tokens["first"], "roles": roles("owner")},
        {**second, "entityMrn": tokens.get(second["entityMrn"], second["entityMrn"])},
    ]
    assert owner.refused(SET_ROLES, input={"scopeMrn": ALPHA, "updates": updates}) == code
    assert _roles_of(simulator) == before


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"updates": []}, "InvalidArgument"),
        ({"scopeMrn": ALPHA}, "InvalidArgument"),
        ({"scopeMrn": ALPHA, "updates": []}, "InvalidArgument"),
        ({"scopeMrn": "//nowhere", "updates": []}, "NotFound"),
        ({"scopeMrn": OUTSIDE, "updates": []}, "PermissionDenied"),
    ],
)
def test_what_says_too_little_to_set_roles(given: dict[str, Any], code: str, owner: Api) -> None:
    assert owner.refused(SET_ROLES, input=given) == code


# -- scopes ------------------------------------------------------------------------------------------------------------


def test_the_spaces_of_an_organization_in_pages(owner: Api, simulator: Simulator) -> None:
    more = [f"space-{number}" for number in range(150)]
    simulator.seed({"organizations": {"acme": more}})
    first = owner.ask(SPACES, mrn=ACME)
    assert (first["id"], first["mrn"], first["name"]) == ("acme", ACME, "Acme")
    connection = first["spacesList"]
    assert (connection["totalCount"], connection["pageInfo"]["hasNextPage"]) == (153, True)
    second = owner.ask(SPACES, mrn=ACME, after=connection["pageInfo"]["endCursor"])["spacesList"]
    mrns = [edge["node"]["mrn"] for edge in connection["edges"] + second["edges"]]
    assert mrns == [f"//captain.api.mondoo.app/spaces/{space}" for space in ["alpha", "beta", "gamma", *more]]
    assert not second["pageInfo"]["hasNextPage"]


def test_scopes_that_cannot_be_read(owner: Api) -> None:
    space = "query ($mrn: String!) { space(mrn: $mrn) { id mrn name } }"
    assert owner.ask(space, mrn=BETA) == {"id": "beta", "mrn": BETA, "name": "Beta"}
    assert owner.refused(space, mrn=ACME) == "NotFound"
    assert owner.refused(space, mrn=OUTSIDE) == "PermissionDenied"
    assert owner.refused(SPACES, mrn=OTHER) == "PermissionDenied"
    assert owner.refused(SPACES, mrn=ALPHA) == "NotFound"


# -- several fields in one request -------------------------------------------------------------------------------------


def test_aliases_run_in_order_and_fail_one_by_one(owner: Api, simulator: Simulator) -> None:
    first, second = owner.generate("first", "viewer")["mrn"], owner.generate("second", "viewer")["mrn"]
    answer = owner.send(
        f"""mutation {{
          rename: updateAPIToken(input: {{mrn: "{first}", name: "renamed"}}) {{ name }}
          gone: deleteAPIToken(input: {{mrn: "{first}"}}) {{ mrn }}
          again: deleteAPIToken(input: {{mrn: "{first}"}}) {{ mrn }}
          denied: generateAPIToken(input: {{name: "x", scopeMrn: "{OUTSIDE}"}}) {{ mrn }}
          other: deleteAPIToken(input: {{mrn: "{second}"}}) {{ mrn }}
        }}"""
    )
    assert answer.status_code == 200
    assert answer.json()["data"] == {
        "rename": {"name": "renamed"},
        "gone": {"mrn": first},
        "again": None,
        "denied": None,
        "other": {"mrn": second},
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
    answer = owner.send(f'{{ a: apiTokens(scopeMrn: "{ALPHA}") {fields} b: apiTokens(scopeMrn: "{BETA}") {fields} }}')
    found = {key: [edge["node"]["name"] for edge in value["edges"]] for key, value in answer.json()["data"].items()}
    assert found == {"a": ["a"], "b": ["b"]}
