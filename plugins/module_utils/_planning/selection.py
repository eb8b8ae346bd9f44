# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Selects and orders the tokens of an audit. Pure, like all planning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from .._values import errors
from .._values.ages import match_ages
from .._values.errors import MondooError
from .._values.permissions import spelled_as
from .._values.times import whole_days
from .._values.token import Token, token_result

_LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)

ORDERS = ("name", "created_at", "last_used")


@dataclass(frozen=True)
class Selection:
    """Filters that must all match; None matches everything.

    query: text in name or description, ignoring case. roles: role MRNs, any of which the token must have.
    unused_for: since its last use, or since its creation if it was never used.
    """

    name: str | None = None
    mrn: str | None = None
    query: str | None = None
    roles: frozenset[str] | None = None
    created_by: str | None = None
    older_than: timedelta | None = None
    unused_for: timedelta | None = None
    order_by: str = "name"
    descending: bool = False

    def matches(self, token: Token, now: datetime) -> bool:
        """Whether the token is selected."""
        return (
            self.name in (None, token.name)
            and self.mrn in (None, token.mrn)
            and (self.query is None or self.query.casefold() in f"{token.name}\n{token.description}".casefold())
            and (self.roles is None or not token.roles.isdisjoint(spelled_as(self.roles, token.roles)))
            and (self.created_by is None or self.created_by.casefold() == (token.created_by or "").casefold())
            and match_ages(
                token, self.older_than, self.unused_for, now, lambda option, what: _unknown(token, option, what)
            )
        )

    def sort_key(self, token: Token) -> tuple[Any, ...]:
        """Orders tokens; those never used, or with unknown creation, are the oldest."""
        if self.order_by == "created_at":
            return (token.created_at or _LONG_AGO, token.name, token.mrn)
        if self.order_by == "last_used":
            return (token.last_used_at or _LONG_AGO, token.name, token.mrn)
        return (token.name, token.scope.mrn, token.mrn)


def select(tokens: Iterable[Token], selection: Selection, now: datetime) -> list[dict[str, Any]]:
    """The selected tokens in the form of results, with `age_days` and `unused_days`."""
    chosen = [token for token in tokens if selection.matches(token, now)]
    chosen.sort(key=selection.sort_key, reverse=selection.descending)
    return [_aged_result(token, now) for token in chosen]


def _aged_result(token: Token, now: datetime) -> dict[str, Any]:
    activity = (token.last_used_at or token.created_at) if token.last_use_known else None
    return {
        **(token_result(token) or {}),
        "age_days": None if token.created_at is None else whole_days(now - token.created_at),
        "unused_days": None if activity is None else whole_days(now - activity),
    }


def _unknown(token: Token, option: str, what: str) -> MondooError:
    return MondooError(
        errors.SCHEMA_MISMATCH,
        f'the service does not report when the API token "{token.name}" ({token.mrn}) {what}',
        attempted=f"filter by {option}",
        advice=f"Exclude it with other filters, or omit {option}.",
    )
