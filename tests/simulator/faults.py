# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong on the way to the service, in it, and on the way back: rules that tests set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """executed: the request is executed first, and what it changed stays changed. parameters: those that a rule may
    have. lasting: it goes on until the rule is cleared, if the rule does not say how often.
    """

    executed: bool
    parameters: frozenset[str] = frozenset()
    lasting: bool = False


_SECONDS = frozenset({"seconds"})
_CONCERNED = frozenset({"mentioning", "named"})
KINDS = {
    "reset_before": Kind(executed=False),
    "reset_after": Kind(executed=True),
    "timeout_before": Kind(executed=False, parameters=_SECONDS),
    "timeout_after": Kind(executed=True, parameters=_SECONDS),
    "latency": Kind(executed=True, parameters=_SECONDS),
    "status_500": Kind(executed=False),
    "status_500_after": Kind(executed=True),
    "bad_gateway": Kind(executed=False),
    "bad_gateway_after": Kind(executed=True),
    "status_503": Kind(executed=False),
    "too_many": Kind(executed=False, parameters=frozenset({"retry_after"})),
    "redirect": Kind(executed=False, parameters=frozenset({"status", "location"})),
    "garbled_after": Kind(executed=True),
    "empty_after": Kind(executed=True),
    "html": Kind(executed=False),
    "html_after": Kind(executed=True),
    "data_null": Kind(executed=False),
    "data_null_after": Kind(executed=True),
    "unavailable": Kind(executed=False),
    "unavailable_after": Kind(executed=True),
    "unauthenticated": Kind(executed=False, lasting=True),
    "graphql_error": Kind(executed=False, parameters=frozenset({"code", "message", "status"})),
    "field_error": Kind(executed=True, parameters=_CONCERNED | {"code", "message"}, lasting=True),
    "answer_refusal": Kind(executed=True, parameters=_CONCERNED | {"message"}, lasting=True),
    "repeat_cursor": Kind(executed=True, lasting=True),
}


@dataclass
class Rule:
    """One fault. match: a root field, `query`, `mutation` or `any`. nth: which of the requests that match it hits,
    counted from 1: the first of `times` in a row, or a list of them. Raises ValueError for what makes no sense.
    """

    kind: str
    match: str = "any"
    nth: int | list[int] = 1
    times: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    seen: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind}")
        unknown = self.parameters.keys() - KINDS[self.kind].parameters
        if unknown:
            raise ValueError(f"{self.kind} has no parameter {', '.join(sorted(unknown))}")
        numbers = [*(self.nth if isinstance(self.nth, list) else [self.nth]), 1 if self.times is None else self.times]
        if any(isinstance(number, bool) or not isinstance(number, int) or number < 1 for number in numbers):
            raise ValueError("nth and times count from 1")
        if isinstance(self.nth, list) and self.times is not None:
            raise ValueError("a list says how often by itself: nth and times exclude each other")

    def hits(self, kind: str | None, fields: Iterable[str]) -> bool:
        """Counts a request if it matches, and tells whether it is to fail."""
        if self.match not in ("any", kind, *fields):
            return False
        self.seen += 1
        if isinstance(self.nth, list):
            return self.seen in self.nth
        if self.times is None and KINDS[self.kind].lasting:
            return self.seen >= self.nth
        return self.nth <= self.seen < self.nth + (self.times or 1)


def first_hit(rules: Iterable[Rule], kind: str | None, fields: list[str]) -> Rule | None:
    """The first rule that applies to a request; every rule counts it."""
    hit = [rule for rule in rules if rule.hits(kind, fields)]
    return hit[0] if hit else None
