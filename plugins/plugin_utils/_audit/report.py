# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The content of audit reports, the same in every format: a pure function to data described by `report.schema.json`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.times import timestamp_text, whole_days
from ansible_collections.mondoo.platform.plugins.module_utils._version import VERSION as COLLECTION_VERSION

from .findings import Finding, findings_from
from .listing import CoveredScope, Inventory
from .previous import VERSION, Comparison, comparison_from
from .rules import RULES, SEVERITIES, failing_severities
from .score import Part, score_parts, score_scale
from .settings import Settings
from .tokens import AuditedToken, optional_text, plain_text, scope_text

# Maximum entries of a list in the result of a task.
RESULT_ENTRIES = 1000
_UNKNOWN, _NEVER_USED = "unknown", "never"
# Days; each span ends where the next begins.
STEPS = (0, 7, 30, 90, 180, 365)


def report_from(settings: Settings, inventory: Inventory, previous: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The data of a report. previous: data of an earlier one."""
    options = settings.options
    own = {connection.mrn for connection in inventory.connections if connection.mrn}
    rules = settings.policy(list(inventory.scopes.values()), own)
    findings = findings_from(inventory.tokens, rules, settings.acceptances, {scope.mrn for scope in inventory.unread})
    policy = _policy(settings)
    since = comparison_from(previous, findings, inventory, policy)
    counted = [finding for finding in findings if finding.acceptance is None]
    accepted = [finding for finding in findings if finding.acceptance is not None]
    tokens = _tokens(inventory, counted, accepted, own, settings.now)
    figures = _figures(inventory, tokens, counted, accepted, settings.drift, since)
    return {
        "version": VERSION,
        "generator": f"mondoo.platform {COLLECTION_VERSION}",
        "title": plain_text(options["title"]),
        "generated_at": timestamp_text(settings.now),
        "policy": policy,
        "connections": [connection.result() for connection in inventory.connections],
        "figures": figures,
        "broken": _broken(settings, figures),
        "ages": _distribution([token["age_days"] for token in tokens], (_UNKNOWN,)),
        "uses": _distribution([_idle(token) for token in tokens], (_NEVER_USED, _UNKNOWN)),
        "score": score_scale(),
        "rules": _rules(rules.severities, counted, accepted),
        "scopes": _scopes(inventory, counted),
        "tokens": tokens,
        "findings": [_finding(finding, inventory, since) for finding in counted],
        "accepted": [_accepted(finding, inventory) for finding in accepted],
        "unreadable": [_unreadable(scope) for scope in inventory.unread],
        "since": None if since is None else _since(since),
        "drift": settings.drift,
    }


def result_from(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report as the result of a task: long lists are cut, since it stays in memory for the rest of the play."""
    since = report["since"]
    lengths = [len(value) for value in (*report.values(), since and since["fixed"]) if isinstance(value, list)]
    result = {key: value[:RESULT_ENTRIES] if isinstance(value, list) else value for key, value in report.items()}
    if since is not None:
        result["since"] = {**since, "fixed": since["fixed"][:RESULT_ENTRIES]}
    return {**result, "complete": max(lengths) <= RESULT_ENTRIES}


def summary_text(report: Mapping[str, Any]) -> str:
    """What was found, in one sentence."""
    figures = report["figures"]
    severities = ", ".join(f"{figures[severity]} {severity}" for severity in SEVERITIES)
    parts = [
        f"{_count(figures['tokens'], 'API token')} in {_count(figures['scopes'], 'scope')}: "
        f"{_count(figures['findings'], 'finding')} ({severities})",
        f"{figures['accepted']} accepted",
        f"{_count(figures['unreadable'], 'unreadable scope')}",
    ]
    if report["since"] is not None:
        parts.append(f"{figures['new']} new and {figures['fixed']} fixed since {report['since']['generated_at']}")
    if report["drift"] is not None:
        parts.append(f"{_count(figures['drift'], 'token')} drifted")
    return ", ".join(parts) + "."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _policy(settings: Settings) -> dict[str, Any]:
    options = settings.options
    allowed = options["allowed_permissions"]
    return {
        "max_age": options["max_age"],
        "max_unused": options["max_unused"],
        "allowed_permissions": None if allowed is None else [str(name) for name in allowed],
        "declared": None if options["declared"] is None else len(options["declared"]),
        "accepted": len(settings.acceptances),
        "severities": {str(rule): str(severity) for rule, severity in (options["severities"] or {}).items()},
        "fail_on": options["fail_on"],
    }


def _figures(
    inventory: Inventory,
    tokens: Sequence[Mapping[str, Any]],
    counted: Sequence[Finding],
    accepted: Sequence[Finding],
    drift: Mapping[str, Any] | None,
    since: Comparison | None,
) -> dict[str, int | None]:
    severities = Counter(finding.severity for finding in counted)
    readable = [scope for scope in inventory.scopes.values() if scope.is_read]
    used = {token.place for token in inventory.tokens}
    return {
        "tokens": len(tokens),
        "scopes": len(readable),
        "organizations": sum(1 for scope in readable if scope.kind == "organization"),
        "spaces": sum(1 for scope in readable if scope.kind == "space"),
        "empty": sum(1 for scope in readable if scope.place not in used),
        "unreadable": len(inventory.unread),
        "clean": sum(1 for token in tokens if not token["findings"]),
        "findings": len(counted),
        **{severity: severities[severity] for severity in SEVERITIES},
        "accepted": len(accepted),
        "new": None if since is None else len(since.new),
        "fixed": None if since is None else len(since.fixed),
        "unchanged": None if since is None else since.unchanged,
        "drift": 0 if drift is None else len(drift["changes"]) + len(drift["pruned"]),
    }


def _broken(settings: Settings, figures: Mapping[str, int | None]) -> int:
    """How many things break the policy; 0 without a policy to break."""
    failing = failing_severities(settings.options["fail_on"])
    return sum(figures[key] or 0 for key in (*failing, "unreadable", "drift")) if failing else 0


def _tokens(
    inventory: Inventory,
    counted: Sequence[Finding],
    accepted: Sequence[Finding],
    own: set[str],
    now: datetime,
) -> list[dict[str, Any]]:
    """Tokens by scope and name."""
    severities: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for finding in counted:
        if finding.token is not None:
            severities[finding.token.key].append(finding.severity)
    accepted_count = Counter(finding.token.key for finding in accepted if finding.token is not None)
    order = sorted(inventory.tokens, key=lambda token: (token.scope.mrn, token.name, token.mrn or "", token.address))
    return [
        {
            **_token(token, severities.get(token.key, ()), token.mrn in own, now),
            "scope": inventory.scopes[token.place].text,
            "accepted": accepted_count[token.key],
        }
        for token in order
    ]


def _token(token: AuditedToken, severities: Sequence[str], own: bool, now: datetime) -> dict[str, Any]:
    parts = score_parts(token, now)
    return {
        "name": token.name,
        "mrn": token.mrn,
        "scope_mrn": token.scope.mrn,
        "description": token.description,
        "permissions": list(token.permissions),
        "stage": token.parsed.stage.value,
        "created_at": timestamp_text(token.created_at),
        "created_by": token.created_by,
        "age_days": None if token.created_at is None else whole_days(now - token.created_at),
        "last_used_at": timestamp_text(token.last_used_at),
        "last_use": "known" if token.last_used_at else (_NEVER_USED if token.last_use_known else _UNKNOWN),
        "idle_days": None if token.last_used_at is None else whole_days(now - token.last_used_at),
        "own": own,
        "findings": len(severities),
        "severity": min(severities, key=SEVERITIES.index) if severities else None,
        "score": sum(part.points for part in parts),
        "score_parts": [_part(part) for part in parts],
    }


def _part(part: Part) -> dict[str, Any]:
    return {"points": part.points, "reason": part.reason}


def _finding(finding: Finding, inventory: Inventory, since: Comparison | None) -> dict[str, Any]:
    scope = inventory.scopes[finding.token.place].text if finding.token else scope_text(finding.scope_mrn)
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "name": finding.name,
        "mrn": finding.mrn,
        "scope": scope,
        "scope_mrn": finding.scope_mrn,
        "message": finding.message,
        "new": None if since is None else finding.key in since.new,
    }


def _accepted(finding: Finding, inventory: Inventory) -> dict[str, Any]:
    about = _finding(finding, inventory, None)
    del about["new"]
    return {**about, **(finding.acceptance.result() if finding.acceptance else {})}


def _rules(
    severities: Mapping[str, str], counted: Sequence[Finding], accepted: Sequence[Finding]
) -> list[dict[str, Any]]:
    """The rules with advice for each: the most severe first, then those with the most findings."""
    counts = Counter(finding.rule for finding in counted)
    accepted_counts = Counter(finding.rule for finding in accepted)
    rules = [
        {
            "rule": rule.name,
            "severity": severities[rule.name],
            "broken_by": rule.broken_by,
            "advice": rule.advice,
            "findings": counts[rule.name],
            "accepted": accepted_counts[rule.name],
        }
        for rule in RULES.values()
    ]
    ranks = {severity: rank for rank, severity in enumerate(SEVERITIES)}
    return sorted(rules, key=lambda rule: (ranks.get(str(rule["severity"]), len(ranks)), -counts[str(rule["rule"])]))


def _scopes(inventory: Inventory, counted: Sequence[Finding]) -> list[dict[str, Any]]:
    tokens = Counter(token.place for token in inventory.tokens)
    findings = Counter((finding.token.place, finding.severity) for finding in counted if finding.token is not None)
    return [
        {
            "mrn": scope.mrn,
            "scope": scope.text,
            "endpoint": scope.endpoint,
            "kind": scope.kind,
            "id": scope.id,
            "name": scope.name,
            "organization_mrn": scope.organization,
            "reason": scope.reason,
            "tokens": tokens[scope.place],
            **{severity: findings[scope.place, severity] for severity in SEVERITIES},
        }
        for scope in inventory.scopes.values()
    ]


def _unreadable(scope: CoveredScope) -> dict[str, Any]:
    return {
        "scope": scope.text,
        "scope_mrn": scope.mrn,
        "name": scope.name or scope.id,
        "reason": scope.reason,
    }


def _since(since: Comparison) -> dict[str, Any]:
    return {
        "generated_at": plain_text(since.generated_at),
        "policy_changed": since.policy_changed,
        "unread": since.unread,
        "fixed": [
            {
                key: optional_text(entry.get(key))
                for key in ("rule", "severity", "name", "mrn", "scope", "scope_mrn", "message")
            }
            for entry in since.fixed
        ],
    }


def _idle(token: Mapping[str, Any]) -> int | str:
    days: int | None = token["idle_days"]
    return str(token["last_use"]) if days is None else days


def _distribution(values: Sequence[int | str | None], others: Sequence[str]) -> list[dict[str, Any]]:
    """How many values are in each span of days, and how many are not days."""
    counts = Counter(_step_key(value) for value in values)
    steps = [(str(start), _label(number)) for number, start in enumerate(STEPS)]
    return [
        {"key": key, "label": label, "count": counts[key]}
        for key, label in (*steps, *((other, other) for other in others))
    ]


def _step_key(value: int | str | None) -> str:
    """The key of the span of days that contains the value; a value that is not a number of days is its own key."""
    if not isinstance(value, int):
        return value or _UNKNOWN
    return str(max((start for start in STEPS if value >= start), default=STEPS[0]))


def _label(number: int) -> str:
    if number + 1 == len(STEPS):
        return f"{STEPS[number]} days and more"
    return f"{STEPS[number]} to {STEPS[number + 1] - 1} days"
