# Copyright: (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong on the way to the service, in it, and on the way back. Injected by rules that tests set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

# Kinds whose name ends in `_after` execute the request first: what it changed stays changed.
KINDS = frozenset(
    "reset_before reset_after timeout_before timeout_after status_500 status_500_after bad_gateway bad_gateway_after"
    " status_503 too_many garbled_after empty_after html html_after data_null data_null_after unavailable"
    " unavailable_after unauthenticated graphql_error redirect repeat_cursor latency".split()
)


@dataclass
class Rule:
    """One fault. match: a root field, `query`, `mutation` or `any`. nth: which matching request is the first that it
    hits, from 1. times: how many in a row it hits.
    """

    kind: str
    match: str = "any"
    nth: int = 1
    times: int = 1
    parameters: dict[str, Any] = field(default_factory=dict)
    seen: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind}")

    def hits(self, kind: str, fields: Iterable[str]) -> bool:
        """Counts a request that matches, and tells whether it is to fail."""
        if self.match not in ("any", kind, *fields):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


def first_hit(rules: Iterable[Rule], kind: str, fields: Iterable[str]) -> Rule | None:
    """The rule that applies to a request; every rule counts it."""
    names = list(fields)
    hit = [rule for rule in rules if rule.hits(kind, names)]
    return hit[0] if hit else None
