# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accepted findings: which are accepted, why, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.quoting import require_quoted

from .._reading import list_from, read_entry
from .rules import RULES
from .tokens import AuditedToken, end_from, plain_text

_TARGETS = ("name", "mrn", "pattern")
_KEYS = ("rule", *_TARGETS, "scope", "reason", "until", "by")
_REQUIRED = ("rule", "reason")


@dataclass(frozen=True)
class Acceptance:
    """One decision. Exactly one of name, mrn and pattern (a shell pattern for names) selects its tokens.

    scope: ID or MRN; None for all. until: as given; end: the first moment at which it no longer holds.
    """

    rule: str
    reason: str
    name: str | None = None
    mrn: str | None = None
    pattern: str | None = None
    scope: str | None = None
    until: str | None = None
    by: str | None = None
    end: datetime | None = None

    @property
    def target(self) -> str:
        """The name, MRN or pattern."""
        return self.name or self.mrn or self.pattern or ""

    def fits(self, rule: str, token: AuditedToken) -> bool:
        """Whether it applies to this finding, expired or not."""
        if rule != self.rule or (self.scope is not None and not is_scope(self.scope, token.scope.mrn)):
            return False
        if self.name is not None:
            return token.name == self.name
        return token.mrn == self.mrn if self.pattern is None else fnmatchcase(token.name, self.pattern)

    def is_over(self, now: datetime) -> bool:
        """Whether its end has passed."""
        return self.end is not None and now >= self.end

    def result(self) -> dict[str, Any]:
        """Why, until when and by whom, for reports."""
        return {"reason": self.reason, "until": self.until, "by": self.by}


def is_scope(wanted: str, mrn: str) -> bool:
    """Whether an ID or MRN denotes the scope with this MRN."""
    return mrn == wanted if wanted.startswith("//") else mrn.rsplit("/", 1)[-1] == wanted


def acceptances_from(accepted: object) -> list[Acceptance]:
    """Reads a list of accepted findings; raises MondooError for invalid ones."""
    entries = enumerate(list_from("accepted", accepted), start=1)
    return [read_entry(number, "accepted", entry, _acceptance) for number, entry in entries]


def _acceptance(entry: Mapping[str, Any]) -> Acceptance:
    unknown = sorted(str(key) for key in entry.keys() - set(_KEYS))
    if unknown:
        raise invalid_option(f"unknown {', '.join(unknown)}; known: {', '.join(_KEYS)}")
    for key in (*_TARGETS, "scope"):
        require_quoted(key, entry.get(key))
    values = {key: plain_text(value).strip() for key, value in entry.items() if value is not None}
    missing = [key for key in _REQUIRED if not values.get(key)]
    if missing:
        raise invalid_option(f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} required")
    if sum(1 for key in _TARGETS if values.get(key)) != 1:
        raise invalid_option("exactly one of name, mrn and pattern is required")
    if values["rule"] not in RULES:
        raise invalid_option(f'unknown rule "{values["rule"]}"; known: {", ".join(sorted(RULES))}')
    if values.get("scope"):
        # A slash alone must not become an acceptance for all scopes.
        values["scope"] = values["scope"].rstrip("/") or values["scope"]
    end = end_from("until", entry["until"]) if values.get("until") else None
    return Acceptance(**{key: value for key, value in values.items() if value}, end=end)
