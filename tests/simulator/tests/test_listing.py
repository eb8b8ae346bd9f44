# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listings: pages, cursors, orders, filters, what they lag behind; and scopes."""

from __future__ import annotations

import time
from typing import Any

import pytest

from simulator import variants
from simulator.process import Simulator
from simulator.variants import VARIANTS

from .api import (
    ACME,
    ALPHA,
    BETA,
    DELETE,
    LIST,
    OTHER,
    OUTSIDE,
    SPACES,
    UPDATE,
    Api,
    codes,
    listed,
)


def test_a_scope_lists_its_own_tokens_only(owner: Api) -> None:
    owner.generate("a", scope=ALPHA)
    owner.generate("b", scope=BETA)
    assert (owner.names(ALPHA), owner.names(BETA), owner.names(ACME)) == (["a"], ["b"], ["automation"])


@pytest.mark.parametrize("size", [None, 100, 99, 30, 1])
def test_230_tokens_in_pages(size: int | None, owner: Api, simulator: Simulator) -> None:
    count = 230 if size != 1 else 5
    simulator.seed({"tokens": [{"scope": ALPHA, "name": "t{}", "permissions": ["viewer"], "count": count}]})
    names: list[str] = []
    after: str | None = None
    pages = 0
    for _page in range(count + 1):
        page = owner.ask(LIST, **listed(ALPHA, first=size, after=after))
        pages += 1
        edges, info = page["edges"], page["pageInfo"]
        assert page["totalCount"] == count
        assert (info["startCursor"], info["endCursor"]) == (edges[0]["cursor"], edges[-1]["cursor"])
        names += [edge["node"]["name"] for edge in edges]
        if not info["hasNextPage"]:
            break
        assert len(edges) == (size or 100)
        after = info["endCursor"]
    assert names == [f"t{number}" for number in range(count)]
    assert pages == -(-count // (size or 100))


def test_an_empty_listing(owner: Api) -> None:
    assert owner.ask(LIST, **listed(ALPHA)) == {
        "totalCount": 0,
        "edges": [],
        "pageInfo": {"startCursor": None, "endCursor": None, "hasNextPage": False},
    }


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"space": "", "scope": None}, "InvalidArgument"),
        ({"space": "", "scope": ""}, "InvalidArgument"),
        (listed("//captain.api.mondoo.app/spaces/nowhere"), "NotFound"),
        (listed(OUTSIDE), "PermissionDenied"),
        ({"space": BETA, "scope": ALPHA}, "InvalidArgument"),
        ({"space": "", "scope": ALPHA}, "InvalidArgument"),
        ({"space": ALPHA, "scope": ACME}, "InvalidArgument"),
        (listed(ALPHA, first=0), "InvalidArgument"),
        (listed(ALPHA, first=-1), "InvalidArgument"),
        (listed(ALPHA, first=101), "InvalidArgument"),
        (listed(ALPHA, after=""), "InvalidArgument"),
        (listed(ALPHA, after="nonsense"), "InvalidArgument"),
        (listed(ALPHA, after="e30="), "InvalidArgument"),
    ],
)
def test_what_cannot_be_listed(arguments: dict[str, Any], code: str, owner: Api) -> None:
    answer = owner.send(LIST, **arguments)
    assert codes(answer) == [code]
    assert answer.json()["data"] is None
    assert answer.json()["errors"][0]["path"] == ["apiTokens"]


@pytest.mark.parametrize(
    ("settings", "space", "verdict"),
    [
        ({}, "", None),
        ({}, ACME, None),
        ({"empty_space_mrn": "InvalidArgument"}, "", "InvalidArgument"),
        ({"empty_space_mrn": "NotFound"}, "", "NotFound"),
        ({"empty_space_mrn": "NotFound"}, ACME, None),
        ({"organization_space_mrn": "InvalidArgument"}, ACME, "InvalidArgument"),
        ({"organization_space_mrn": "NotFound"}, ACME, "NotFound"),
        ({"organization_space_mrn": "NotFound"}, "", None),
    ],
)
def test_how_an_organization_is_named(
    settings: dict[str, Any], space: str, verdict: str | None, owner: Api, simulator: Simulator
) -> None:
    simulator.settings(**settings)
    answer = owner.send(LIST, space=space, scope=ACME)
    assert codes(answer) == ([verdict] if verdict else [])
    # A space's own MRN is good in any case.
    assert owner.names(ALPHA) == []


def test_a_space_can_be_named_by_its_scope_alone_where_the_schema_allows_it(owner: Api, simulator: Simulator) -> None:
    owner.generate("ci")
    variants.switch(simulator, VARIANTS["spaceMrn optional"])
    short = "query ($scope: String) { apiTokens(scopeMrn: $scope) { totalCount } }"
    assert owner.ask(short, scope=ALPHA) == {"totalCount": 1}
    assert owner.ask(short, scope=ACME) == {"totalCount": 1}
    variants.switch(simulator, VARIANTS["spaceMrn unknown"])
    assert owner.ask(short, scope=ALPHA) == {"totalCount": 1}
    assert owner.send(LIST, **listed(ALPHA)).status_code == 422
    variants.switch(simulator, VARIANTS["scopeMrn unknown"])
    old = "query ($space: String!) { apiTokens(spaceMrn: $space) { totalCount } }"
    assert owner.ask(old, space=ALPHA) == {"totalCount": 1}
    assert owner.refused(old, space=ACME) == "InvalidArgument"


def test_an_organization_that_lists_the_tokens_of_its_spaces(owner: Api, simulator: Simulator) -> None:
    simulator.settings(organization_lists_spaces=True)
    owner.generate("a", scope=ALPHA)
    owner.generate("b", scope=BETA)
    simulator.seed({"tokens": [{"scope": OUTSIDE, "name": "stranger", "permissions": []}]})
    page = owner.ask(LIST, **listed(ACME, first=2))
    assert page["totalCount"] == 3
    rest = owner.ask(LIST, **listed(ACME, after=page["pageInfo"]["endCursor"]))
    nodes = [edge["node"] for edge in page["edges"] + rest["edges"]]
    assert [(node["name"], node["scopeMrn"], node["spaceMrn"]) for node in nodes] == [
        ("automation", ACME, ""),
        ("a", ALPHA, ALPHA),
        ("b", BETA, BETA),
    ]
    assert owner.names(ALPHA) == ["a"]


def test_cursors_survive_deletions_but_not_another_order(owner: Api, simulator: Simulator) -> None:
    simulator.seed({"tokens": [{"scope": ALPHA, "name": "t{}", "permissions": ["viewer"], "count": 4}]})
    page = owner.ask(LIST, **listed(ALPHA, first=2))
    for edge in page["edges"]:
        owner.ask(DELETE, input={"mrn": edge["node"]["mrn"]})
    end = page["pageInfo"]["endCursor"]
    assert owner.names(after=end) == ["t2", "t3"]
    by_name = {"field": "NAME", "direction": "ASC"}
    assert owner.refused(LIST, **listed(ALPHA, after=end, order=by_name)) == "InvalidArgument"


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
    in_order: list[str] = []
    mrns: set[str] = set()
    after = None
    for _page in names:
        page = owner.ask(LIST, **listed(ALPHA, first=1, after=after, order=order))
        in_order += [edge["node"]["name"] for edge in page["edges"]]
        mrns |= {edge["node"]["mrn"] for edge in page["edges"]}
        after = page["pageInfo"]["endCursor"]
    assert in_order == names
    assert len(mrns) == len(names)
    assert not page["pageInfo"]["hasNextPage"]


@pytest.mark.parametrize(
    ("terms", "names"),
    [
        (["BUILD"], ["builds", "ci"]),
        (["nothing"], []),
        (["ci", "build"], ["ci"]),
        ([], ["builds", "ci", "100%"]),
        (["ci", "scan"], []),
        (["%"], ["100%"]),
        (["größe"], ["100%"]),
    ],
)
def test_text_filters(terms: list[str], names: list[str], owner: Api) -> None:
    owner.generate("builds", description="scan")
    owner.generate("ci", description="the Build server")
    owner.generate("100%", description="GRÖSSE")
    assert owner.names(terms=terms) == names
    assert owner.ask(LIST, **listed(ALPHA, terms=terms))["totalCount"] == len(names)


@pytest.mark.parametrize(
    ("style", "shown"),
    [("null", None), ("empty", ""), ("zero", "0001-01-01T00:00:00Z"), ("epoch", "1970-01-01T00:00:00Z")],
)
def test_never_used(style: str, shown: str | None, owner: Api, simulator: Simulator) -> None:
    simulator.settings(never_used=style)
    generated = owner.generate("ci", "editor")
    assert [node["lastUsed"] for node in owner.nodes()] == [shown]
    Api(simulator.url, generated["token"]).ask(LIST, **listed(ALPHA))
    (node,) = owner.nodes()
    assert node["lastUsed"] > node["createdAt"]


@pytest.mark.parametrize("lag", [0, 1, 3])
def test_a_listing_lags(lag: int, owner: Api, simulator: Simulator) -> None:
    simulator.settings(listing_lag=lag)
    generated = owner.generate("ci", "viewer")
    owner.ask(LIST, **listed(BETA))
    assert [owner.names() for _listing in range(lag + 2)] == [[]] * lag + [["ci"]] * 2
    assert owner.ask(UPDATE, input={"mrn": generated["mrn"]})["name"] == "ci"


def test_a_listing_lags_for_some_seconds(owner: Api, simulator: Simulator) -> None:
    simulator.settings(listing_lag_seconds=3600.0)
    owner.generate("ci", "viewer")
    assert [owner.names() for _listing in range(3)] == [[]] * 3
    simulator.settings(listing_lag_seconds=0.0)
    assert owner.names() == ["ci"]


def test_a_lag_of_seconds_is_over_by_itself(owner: Api, simulator: Simulator) -> None:
    simulator.settings(listing_lag_seconds=0.3)
    owner.generate("ci", "viewer")
    for _listing in range(1000):
        if owner.names() == ["ci"]:
            break
        time.sleep(0.01)
    assert owner.names() == ["ci"]


def test_a_lag_that_gets_shorter_is_over_sooner(owner: Api, simulator: Simulator) -> None:
    simulator.settings(listing_lag=50)
    owner.generate("ci")
    simulator.settings(never_used="zero")
    assert owner.names() == []
    simulator.settings(listing_lag=1)
    assert [owner.names(), owner.names()] == [[], ["ci"]]


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
