# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a GraphQL connection to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .._values.errors import INCOMPLETE_LISTING, MondooError

_PAGE_SIZE = 100  # the most that the service gives


def page_arguments(cursor: str | None) -> dict[str, Any]:
    """The variables that ask for a page; the first one has no cursor."""
    return {"first": _PAGE_SIZE} if cursor is None else {"first": _PAGE_SIZE, "after": cursor}


def nodes(fetch: Callable[[str | None], Mapping[str, Any]]) -> Iterator[Any]:
    """Yields the nodes of all pages, in order; null nodes too, since leaving them out would hide something.

    fetch: takes a cursor (None for the first page), returns the connection (`edges`, `pageInfo`).
    """
    cursor: str | None = None
    seen: set[str] = set()
    while True:
        connection = fetch(cursor)
        for edge in connection.get("edges") or ():
            yield edge.get("node") if isinstance(edge, Mapping) else None
        info = connection.get("pageInfo")
        if not isinstance(info, Mapping) or not isinstance(info.get("hasNextPage"), bool):
            raise _incomplete("no word on whether there is more")
        if not info["hasNextPage"]:
            return
        cursor = info.get("endCursor")
        if not cursor:
            raise _incomplete("no cursor for its next page")
        if cursor in seen:
            raise _incomplete("the same cursor twice")
        seen.add(cursor)


def _incomplete(what: str) -> MondooError:
    return MondooError(INCOMPLETE_LISTING, f"the service's listing cannot be read to its end: it gave {what}")
