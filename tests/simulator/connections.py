# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections: pages of at most 100 entries, with opaque cursors that stay good when entries come and go."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .database import Database
from .errors import invalid_argument

_LIMIT = 100


@dataclass(frozen=True)
class Listing:
    """What is listed. where: an SQL condition with its values. key: the SQL expression that it is ordered by, before
    the number of the entry. node: makes a row what the schema says.
    """

    table: str
    where: str
    values: Sequence[object]
    key: str
    node: Callable[[dict[str, Any]], dict[str, Any]]
    descending: bool = False

    @property
    def _order(self) -> str:
        return f"{self.key} {'DESC' if self.descending else 'ASC'}"

    def page(self, database: Database, first: int | None, after: str | None) -> dict[str, Any]:
        """One page; raises InvalidArgument for a size or a cursor that the service would not accept."""
        size = _LIMIT if first is None else first
        if not 1 <= size <= _LIMIT:
            raise invalid_argument(f"first must be between 1 and {_LIMIT}")
        where, values = self.where, list(self.values)
        start = self._position(after) if after is not None else None
        if start:
            compare = "<" if self.descending else ">"
            where += f" AND ({self.key}, number) {compare} (?, ?)"
            values += start
        # The texts are this module's own and those of the resolvers; what clients send is in the values.
        sql = f"SELECT *, {self.key} AS position FROM {self.table} WHERE {where}"  # noqa: S608
        sql += f" ORDER BY {self._order}, number {'DESC' if self.descending else 'ASC'} LIMIT {size + 1}"
        rows = database.rows(sql, *values)
        (total,) = database.rows(f"SELECT count(*) AS n FROM {self.table} WHERE {self.where}", *self.values)  # noqa: S608
        edges = [{"cursor": self._cursor(row), "node": self.node(row)} for row in rows[:size]]
        return {
            "totalCount": total["n"],
            "edges": edges,
            "pageInfo": {
                "hasNextPage": len(rows) > size,
                "startCursor": edges[0]["cursor"] if edges else None,
                "endCursor": edges[-1]["cursor"] if edges else None,
            },
        }

    def _cursor(self, row: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps([self._order, row["position"], row["number"]]).encode()).decode()

    def _position(self, cursor: str) -> list[Any]:
        """Where the entry of a cursor was. A cursor of another order is none of this listing."""
        try:
            decoded: list[Any] = json.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
            order, *position = decoded
        except (ValueError, TypeError):
            raise invalid_argument("invalid cursor") from None
        if order != self._order or [type(part) for part in position] not in ([str, int], [int, int]):
            raise invalid_argument("invalid cursor")
        return position
