# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A listing is read to its end, or not taken for one."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.pagination import Pages, read_all
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError


def page(*names: object, cursor: object = None, more: object = None, **extra: Any) -> dict[str, Any]:
    return {
        "edges": [{"node": {"name": name}} for name in names],
        "pageInfo": {"hasNextPage": bool(cursor) if more is None else more, "endCursor": cursor},
        **extra,
    }


class Service:
    """Serves pages in their order. cursors: what was asked for."""

    def __init__(self, *pages: object) -> None:
        self._pages = list(pages)
        self.cursors: list[str | None] = []

    def __call__(self, arguments: Mapping[str, Any]) -> object:
        assert arguments["first"] == 100, "a page is as large as the service allows"
        self.cursors.append(arguments.get("after"))
        return self._pages.pop(0)


def failure(*pages: object) -> MondooError:
    with pytest.raises(MondooError) as caught:
        read_all(Service(*pages), "books")
    return caught.value


@pytest.mark.parametrize(
    ("pages", "names", "cursors"),
    [
        ([page()], [], [None]),
        ([page("a", "b")], ["a", "b"], [None]),
        ([page("a", cursor="1"), page("b", cursor="2"), page("c")], ["a", "b", "c"], [None, "1", "2"]),
        ([page(cursor="1"), page("a")], ["a"], [None, "1"]),
        ([page("a", cursor="1", more=False)], ["a"], [None]),
        # Another number may be from another moment.
        ([page("a", totalCount=5)], ["a"], [None]),
        ([page(totalCount=0)], [], [None]),
        ([page(totalCount="5")], [], [None]),
        ([page(totalCount=True)], [], [None]),
        # What moves between pages while they are read comes twice.
        ([page("a", cursor="1"), page("a", "b")], ["a", "a", "b"], [None, "1"]),
        ([page("a", cursor="1"), page("a", cursor="2"), page(cursor="3"), page("b")], ["a", "a", "b"], [None, *"123"]),
    ],
)
def test_all_pages_are_read(pages: list[object], names: list[str], cursors: list[str | None]) -> None:
    service = Service(*pages)
    assert [node["name"] for node in read_all(service, "books")] == names
    assert service.cursors == cursors


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([page("a", cursor="1"), page("b", cursor="1")], "the same cursor came twice"),
        ([page("a", cursor="1"), page("b", cursor="2"), page("c", cursor="1")], "the same cursor came twice"),
        ([page("a", cursor=None, more=True)], "there is more, but no cursor for it"),
        ([page("a", cursor="", more=True)], "there is more, but no cursor for it"),
        ([{"edges": []}], "it does not say whether there is more"),
        ([{"edges": [], "pageInfo": None}], "it does not say whether there is more"),
        ([{"edges": [], "pageInfo": {}}], "it does not say whether there is more"),
        ([{"edges": [], "pageInfo": {"hasNextPage": None}}], "it does not say whether there is more"),
        ([{"pageInfo": {"hasNextPage": False}}], "a page has no edges"),
        ([{"pageInfo": {"hasNextPage": False}, "totalCount": 0}], "a page has no edges"),
        ([page(edges=None)], "a page has no edges"),
        ([page(edges=None, totalCount=None)], "a page has no edges"),
        ([page(edges=None, totalCount=3)], "a page has no edges"),
        ([page(edges=None, totalCount=False)], "a page has no edges"),
        ([page("a", cursor="1"), page(edges=None)], "a page has no edges"),
        ([page(totalCount=5)], "it counts 5, and has none of them"),
        ([page(cursor="1"), page(totalCount=1)], "it counts 1, and has none of them"),
        ([page(cursor="1"), page(cursor="2"), page(cursor="3")], "3 pages in a row brought nothing new"),
        (
            [page("a", cursor="1"), page("a", cursor="2"), page("a", cursor="3"), page("a", cursor="4")],
            "3 pages in a row brought nothing new",
        ),
    ],
)
def test_an_incomplete_listing_is_refused(pages: list[object], words: str) -> None:
    """Taking it for all there is would make what is missing look deleted."""
    error = failure(*pages)
    assert error.code == "IncompleteListing"
    assert error.reason == f"the service's listing books is incomplete: {words}"


def test_edges_that_are_null_are_none_where_the_count_says_so() -> None:
    """As a service in Go answers for an empty list."""
    assert read_all(Service(page(edges=None, totalCount=0)), "books") == []


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        (None, "null in books,"),
        ([], "a list in books,"),
        (page(edges=7), "a number in books.edges,"),
        (page(edges={}), "an object in books.edges,"),
        (page(edges=[None]), "null in books.edges[0],"),
        (page(edges=[{}]), "nothing in books.edges[0].node,"),
        (page(edges=[{"node": {}}, {"node": None}]), "null in books.edges[1].node,"),
        (page(edges=[{"node": []}]), "a list in books.edges[0].node,"),
        (page(pageInfo="x"), "text in books.pageInfo,"),
        (page(more="yes"), "text in books.pageInfo.hasNextPage,"),
        (page(cursor=7), "a number in books.pageInfo.endCursor,"),
    ],
)
def test_a_page_of_another_shape_is_named(answer: object, place: str) -> None:
    error = failure(answer)
    assert error.code == "GarbledAnswer"
    assert f"the service's answer has {place}" in error.reason


def test_the_caller_may_know_what_tells_nodes_apart() -> None:
    pages = Pages("books", lambda node: node["name"])
    with pytest.raises(MondooError, match="nothing new"):
        for number in itertools.count():
            assert number < 10, "it goes on for ever"
            node = {"name": "a", "seen": number}
            pages.take({**page(cursor=str(number)), "edges": [{"node": node}]})
