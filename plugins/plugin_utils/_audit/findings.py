# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From tokens to findings: a pure function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from .acceptance import Acceptance, is_scope
from .rules import IGNORE, SEVERITIES, Context, Policy, broken_rules
from .tokens import AuditedToken

# Replaces the severity of an accepted finding.
ACCEPTED = "accepted"
UNMATCHED = "unmatched_acceptance"


@dataclass(frozen=True)
class Finding:
    """One broken rule.

    token: None if it concerns no token; `name` and `scope_mrn` then describe its target.
    acceptance: the one that accepts it, if there is one that still holds.
    """

    rule: str
    severity: str
    message: str
    name: str
    scope_mrn: str | None
    token: AuditedToken | None = None
    acceptance: Acceptance | None = None

    @property
    def mrn(self) -> str | None:
        """MRN of the token."""
        return self.token.mrn if self.token else None

    @property
    def key(self) -> tuple[str, str, str]:
        """Identifies it in another report: the same rule, broken by the same token."""
        return (self.rule, *finding_target(self.mrn, self.scope_mrn, self.name))

    def result(self) -> dict[str, Any]:
        """As results of the filter show it."""
        return {
            "rule": self.rule,
            "severity": ACCEPTED if self.acceptance else self.severity,
            "name": self.name,
            "mrn": self.mrn,
            "scope_mrn": self.scope_mrn,
            "message": self.message,
            "accepted": {"severity": self.severity, **self.acceptance.result()} if self.acceptance else None,
        }


def finding_target(mrn: str | None, scope_mrn: str | None, name: str) -> tuple[str, str]:
    """Identifies the target of a finding: its MRN, if there is one."""
    return ("", mrn) if mrn else (scope_mrn or "", name)


def findings_from(
    tokens: Sequence[AuditedToken],
    policy: Policy,
    acceptances: Sequence[Acceptance] = (),
    unread: Collection[str] = (),
) -> list[Finding]:
    """All findings: the most severe first, then by scope, name and rule, and the accepted ones last.

    The order of the tokens does not matter. unread: MRNs of scopes that could not be read; an acceptance without a matching
    finding may belong to them.
    """
    names = Counter((token.place, token.name) for token in tokens)
    context = Context(policy, names)
    by_rule: dict[str, list[Acceptance]] = {}
    for acceptance in acceptances:
        by_rule.setdefault(acceptance.rule, []).append(acceptance)
    matched: set[Acceptance] = set()
    findings = []
    for token in tokens:
        for rule, message in broken_rules(token, context):
            fitting = [acceptance for acceptance in by_rule.get(rule, ()) if acceptance.fits(rule, token)]
            matched.update(fitting)
            findings.append(_finding(token, rule, message, fitting, policy))
    if policy.severities[UNMATCHED] != IGNORE:
        findings += [
            _unmatched(acceptance, policy.severities[UNMATCHED])
            for acceptance in acceptances
            if acceptance not in matched and not _may_be_unread(acceptance, unread)
        ]
    return sorted(findings, key=_order)


def _finding(token: AuditedToken, rule: str, message: str, fitting: Sequence[Acceptance], policy: Policy) -> Finding:
    holding = next((acceptance for acceptance in fitting if not acceptance.is_over(policy.now)), None)
    if fitting and holding is None:
        message += f" It was accepted until {_latest(fitting)}, which has passed."
    return Finding(rule, policy.severities[rule], message, token.name, token.scope.mrn, token, holding)


def _latest(acceptances: Sequence[Acceptance]) -> str | None:
    """The latest end of the acceptances, as it was given."""
    return max((each.end, each.until) for each in acceptances if each.end and each.until)[1]


def _unmatched(acceptance: Acceptance, severity: str) -> Finding:
    where = f" in {acceptance.scope}" if acceptance.scope else ""
    message = f'{acceptance.rule} is accepted for "{acceptance.target}"{where} ({acceptance.reason}), but there is no such finding.'
    scope_mrn = acceptance.scope if acceptance.scope and acceptance.scope.startswith("//") else None
    return Finding(UNMATCHED, severity, message, acceptance.target, scope_mrn)


def _may_be_unread(acceptance: Acceptance, unread: Collection[str]) -> bool:
    return any(acceptance.scope is None or is_scope(acceptance.scope, mrn) for mrn in unread)


def _order(finding: Finding) -> tuple[bool, int, str, str, str, str, str]:
    rank = SEVERITIES.index(finding.severity)
    target = (finding.scope_mrn or "", finding.name, finding.rule, finding.mrn or "")
    return (finding.acceptance is not None, rank, *target, finding.token.address if finding.token else "")
