# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a GraphQL connection to its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from .._values.errors import INCOMPLETE_LISTING, MondooError
from .._values.shape import JsonObject

_PAGE_SIZE = 100  # the maximum of the service
_MAX_FRUITLESS_PAGES = 3


def _whole_node(node: Mapping[str, Any]) -> Hashable:
    return json.dumps(node, sort_keys=True)


class Pages:
    """Takes the pages of one connection, in order. nodes: those so far; done: whether these are all.

    where: the connection's place in responses, for errors. identify: the key that distinguishes nodes; by default the
    whole node.
    """

    def __init__(self, where: str, identify: Callable[[Mapping[str, Any]], Hashable] = _whole_node) -> None:
        self.nodes: list[Mapping[str, Any]] = []
        self.done = False
        self._where = where
        self._identify = identify
        self._cursor: str | None = None
        self._cursors: set[str] = set()
        self._identities: set[Hashable] = set()
        self._fruitless = 0

    @property
    def arguments(self) -> dict[str, Any]:
        """The variables for the next page; the first one has no cursor."""
        return {"first": _PAGE_SIZE} if self._cursor is None else {"first": _PAGE_SIZE, "after": self._cursor}

    def take(self, answer: object) -> None:
        """Takes the next page (`edges`, `pageInfo`, perhaps `totalCount`).

        Raises MondooError: `IncompleteListing` if the page does not lead to an end, `GarbledAnswer` if it has another shape.
        """
        connection = JsonObject(answer, self._where)
        self._take_nodes(connection)
        info = connection.optional_object("pageInfo")
        has_next = info.optional_boolean("hasNextPage") if info else None
        if info is None or has_next is None:
            raise self._incomplete("it does not say whether there is more")
        if not has_next:
            count = _count(connection)
            if count and not self.nodes:
                raise self._incomplete(f"it counts {count}, and has none of them")
            self.done = True
            return
        self._cursor = info.optional_text("endCursor")
        if not self._cursor:
            raise self._incomplete("there is more, but no cursor for it")
        if self._cursor in self._cursors:
            raise self._incomplete("the same cursor came twice")
        if self._fruitless >= _MAX_FRUITLESS_PAGES:
            raise self._incomplete(f"{_MAX_FRUITLESS_PAGES} pages in a row brought nothing new")
        self._cursors.add(self._cursor)

    def _take_nodes(self, connection: JsonObject) -> None:
        # A service in Go returns null for an empty list, so treating null as an error would fail in each new scope. Null
        # alone does not prove that there is nothing; the count does.
        is_empty = "edges" in connection and _count(connection) == 0
        if connection.optional_list("edges") is None and not is_empty:
            raise self._incomplete("a page has no edges")
        before = len(self._identities)
        for edge in connection.objects("edges"):
            node = edge.optional_object("node")
            if node is None:
                raise edge.garbled("node", "an object")
            self.nodes.append(node.value)
            self._identities.add(self._identify(node.value))
        self._fruitless = 0 if len(self._identities) > before else self._fruitless + 1

    def _incomplete(self, what: str) -> MondooError:
        return MondooError(INCOMPLETE_LISTING, f"the service's listing {self._where} is incomplete: {what}")


def _count(connection: JsonObject) -> int | None:
    """How many nodes there are on all pages, according to the service; None if it does not say."""
    count = connection.value.get("totalCount")
    return count if isinstance(count, int) and not isinstance(count, bool) else None


def read_all(fetch: Callable[[Mapping[str, Any]], object], where: str) -> list[Mapping[str, Any]]:
    """The nodes of all pages. fetch: takes the variables for a page, returns the connection. Raises as `Pages`."""
    pages = Pages(where)
    while not pages.done:
        pages.take(fetch(pages.arguments))
    return pages.nodes
