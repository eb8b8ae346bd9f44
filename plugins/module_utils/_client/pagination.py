# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a GraphQL connection to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._values.errors import INCOMPLETE_LISTING, MondooError

_PAGE_SIZE = 100  # the most that the service gives


class Pages:
    """Takes the pages of one connection, in order. nodes: those so far; done: whether that is all of them.

    Null nodes are kept, since leaving them out would hide something.
    """

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.done = False
        self._cursor: str | None = None
        self._seen: set[str] = set()

    @property
    def arguments(self) -> dict[str, Any]:
        """The variables that ask for the next page; the first one has no cursor."""
        return {"first": _PAGE_SIZE} if self._cursor is None else {"first": _PAGE_SIZE, "after": self._cursor}

    def take(self, connection: Mapping[str, Any]) -> None:
        """Takes the next page (`edges`, `pageInfo`). Raises MondooError if it does not lead to an end."""
        for edge in connection.get("edges") or ():
            self.nodes.append(edge.get("node") if isinstance(edge, Mapping) else None)
        info = connection.get("pageInfo")
        if not isinstance(info, Mapping) or not isinstance(info.get("hasNextPage"), bool):
            raise _incomplete("no word on whether there is more")
        if not info["hasNextPage"]:
            self.done = True
            return
        self._cursor = info.get("endCursor")
        if not self._cursor:
            raise _incomplete("no cursor for its next page")
        if self._cursor in self._seen:
            raise _incomplete("the same cursor twice")
        self._seen.add(self._cursor)


def nodes(fetch: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> list[Any]:
    """The nodes of all pages. fetch: takes the variables that ask for a page, returns the connection."""
    pages = Pages()
    while not pages.done:
        pages.take(fetch(pages.arguments))
    return pages.nodes


def _incomplete(what: str) -> MondooError:
    return MondooError(INCOMPLETE_LISTING, f"the service's listing cannot be read to its end: it gave {what}")
