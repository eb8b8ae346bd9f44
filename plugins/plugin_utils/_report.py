# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the reports of an audit show, in every format alike: a pure function from tokens and findings to data."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_from, scope_of_mrn
from ansible_collections.mondoo.platform.plugins.module_utils._values.permissions import short_names
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import timestamp_text, whole_days
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.module_utils._version import VERSION

from ._findings import SEVERITIES, list_of, now_from, tokens_from

ADVICE = {
    "excess_permission": "Take the permissions away that it does not need, or allow them in the policy.",
    "undeclared": "Find out who made it. Declare it, or delete it: with prune, the next onboarding does.",
    "too_old": "Replace it, with rotate_after in its declaration or with the playbook rotate.",
    "unused": "Ask its owner whether it is still needed; delete it if not.",
    "duplicate_name": "Rename or delete all but one, by their MRNs: by its name none of them can be managed.",
    "retired_leftover": "Make sure that its successor is in use everywhere, and delete it.",
    "never_used": "Find out whether its secret ever reached anybody; delete it if not.",
    "redundant_permission": "Take the permissions away that are included in others.",
    "no_permissions": "Delete it, or give it the permissions that it is meant to have.",
    "no_description": "Say in its description what it is for and who answers for it.",
}
_UNKNOWN, _NEVER = "unknown", "never"
# Days, from each to the next.
_STEPS = (0, 7, 30, 90, 180, 365)


def report_from(
    tokens: Sequence[Mapping[str, Any]],
    findings: Sequence[Mapping[str, Any]],
    *,
    unreadable: Sequence[Mapping[str, Any]],
    drift: Mapping[str, Any] | None,
    title: str,
    policy: Mapping[str, Any],
    now: datetime | str | None,
) -> dict[str, Any]:
    """The data of a report, as `report.schema.json` of the role describes it; raises MondooError for what is none.

    findings: of the filter api_token_findings. unreadable: of each scope that could not be read `scope_mrn`, `space` or
    `organization`, its `reason`, and perhaps its `name`.
    drift: the result of the module api_tokens in check mode.
    """
    moment = now_from(now)
    by_token: dict[tuple[str, str, str | None], list[str]] = defaultdict(list)
    for finding in list_of("the findings", findings):
        by_token[_key(finding)].append(finding["severity"])
    shown = [_token(token, by_token, moment) for token in tokens_from(tokens)]
    shown.sort(key=lambda token: (token["scope_mrn"], token["name"], token["mrn"] or ""))
    severities = Counter(finding["severity"] for finding in findings)
    found_drift = None if drift is None else _drift(drift)
    return {
        "version": 1,
        "generator": f"mondoo.platform {VERSION}",
        "title": title,
        "generated_at": timestamp_text(moment),
        "policy": dict(policy),
        "figures": {
            "tokens": len(shown),
            "scopes": len({token["scope_mrn"] for token in shown}),
            "clean": sum(1 for token in shown if not token["findings"]),
            "findings": len(findings),
            **{severity: severities[severity] for severity in SEVERITIES},
            "unreadable": len(unreadable),
            "drift": 0 if found_drift is None else len(found_drift["changes"]) + len(found_drift["pruned"]),
        },
        "ages": _distribution([token["age_days"] for token in shown], (_UNKNOWN,)),
        "uses": _distribution([_idle(token) for token in shown], (_NEVER, _UNKNOWN)),
        "tokens": shown,
        "findings": [
            {**finding, "scope": _short(finding["scope_mrn"]), "advice": ADVICE[finding["rule"]]}
            for finding in findings
        ],
        "unreadable": [_unreadable(entry) for entry in unreadable],
        "drift": found_drift,
    }


def _key(entry: Mapping[str, Any]) -> tuple[str, str, str | None]:
    return entry["scope_mrn"], entry["name"], entry["mrn"]


def _token(token: Token, by_token: Mapping[tuple[str, str, str | None], list[str]], now: datetime) -> dict[str, Any]:
    severities = by_token.get((token.scope.mrn, token.name, token.mrn), [])
    return {
        "name": token.name,
        "mrn": token.mrn,
        "scope": _short(token.scope.mrn),
        "scope_mrn": token.scope.mrn,
        "description": token.description,
        "permissions": short_names(token.roles),
        "created_at": timestamp_text(token.created_at),
        "created_by": token.created_by,
        "age_days": None if token.created_at is None else whole_days(now - token.created_at),
        "last_used_at": timestamp_text(token.last_used_at),
        "last_use": "known" if token.last_used_at else (_NEVER if token.last_use_known else _UNKNOWN),
        "idle_days": None if token.last_used_at is None else whole_days(now - token.last_used_at),
        "findings": len(severities),
        "severity": min(severities, key=SEVERITIES.index) if severities else None,
    }


def _idle(token: Mapping[str, Any]) -> int | str:
    days: int | None = token["idle_days"]
    return token["last_use"] if days is None else days


def _distribution(values: Sequence[int | str | None], others: Sequence[str]) -> list[dict[str, Any]]:
    """How many values are in each span of days, and how many are no days."""
    counts = Counter(_span(value) for value in values)
    labels = [_label(number) for number in range(len(_STEPS))]
    return [{"label": label, "count": counts[label]} for label in (*labels, *others)]


def _span(value: int | str | None) -> str:
    if not isinstance(value, int):
        return value or _UNKNOWN
    return _label(max(number for number, start in enumerate(_STEPS) if value >= start))


def _label(number: int) -> str:
    if number + 1 == len(_STEPS):
        return f"{_STEPS[number]} days and more"
    return f"{_STEPS[number]} to {_STEPS[number + 1] - 1} days"


def _unreadable(entry: Mapping[str, Any]) -> dict[str, Any]:
    kind = next((kind for kind in ("space", "organization") if entry.get(kind) is not None), None)
    scope = scope_from(kind, str(entry[kind])) if kind else scope_of_mrn(str(entry.get("scope_mrn") or ""))
    name = entry.get("name") or scope.mrn.rsplit("/", 1)[-1]
    return {"scope": str(scope), "scope_mrn": scope.mrn, "name": name, "reason": str(entry.get("reason") or "")}


def _drift(result: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(result, Mapping) or not isinstance(result.get("results"), Sequence):
        raise invalid_option("drift must be the result of the module api_tokens, with results in it")
    changes = [
        {
            "name": entry.get("name"),
            "scope_mrn": entry["scope_mrn"],
            "scope": _short(entry["scope_mrn"]),
            "operations": list(entry.get("operations") or ()),
            "failed": bool(entry.get("failed")),
            "message": str(entry.get("msg") or ""),
        }
        for entry in result["results"]
        if entry.get("changed") or entry.get("failed")
    ]
    pruned = [
        {
            "name": token["name"],
            "mrn": token["mrn"],
            "scope_mrn": token["scope_mrn"],
            "scope": _short(token["scope_mrn"]),
        }
        for token in result.get("pruned") or ()
    ]
    return {"declared": len(result["results"]), "changes": changes, "pruned": pruned}


def _short(mrn: str) -> str:
    return str(scope_of_mrn(mrn))
