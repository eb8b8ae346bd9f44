# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What reports show: figures, distributions, scopes, rules, drift, and nothing that was not there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.report import (
    RESULT_ENTRIES,
    result_from,
    summary_text,
)
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.rules import RULES
from ansible_collections.mondoo.platform.tests.unit.support.audits import SCOPE, ago, entry, report, with_roles
from ansible_collections.mondoo.platform.tests.unit.support.builders import NOW, ORGANIZATION
from hypothesis import given
from hypothesis import strategies as st

_ROOT = Path(__file__).resolve().parents[5]
_SCHEMA = _ROOT / "roles" / "api_token_audit" / "files" / "report.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))
OLD = entry("old", created_at=ago(400))
EMPTY = "//captain.api.mondoo.app/spaces/empty"
CLOSED = {"scope_mrn": "//captain.api.mondoo.app/spaces/closed", "name": "Closed", "reason": "no"}
DRIFT = {
    "results": [
        {"name": "same", "scope_mrn": SCOPE, "changed": False, "failed": False, "operations": []},
        {"name": "new", "scope_mrn": SCOPE, "changed": True, "operations": ["generateAPIToken"], "msg": ""},
        {"name": None, "changed": False, "failed": True, "msg": "why"},
    ],
    "pruned": [entry("stray")],
}


def bars(distribution: list[dict[str, Any]]) -> dict[str, int]:
    return {step["label"]: step["count"] for step in distribution if step["count"]}


def violations(made: dict[str, Any]) -> list[str]:
    """What is not as the schema says."""
    return [error.message for error in VALIDATOR.iter_errors(made)]


def test_figures() -> None:
    made = report(
        entry(),
        with_roles("viewer", "owner", **{key: OLD[key] for key in ("name", "mrn", "created_at")}),
        entry("org", scope_mrn=ORGANIZATION.mrn, description=""),
        result={"scopes": [{"mrn": EMPTY, "name": "Empty"}], "unreadable": [CLOSED]},
        max_age="90d",
        accepted=[{"rule": "no_description", "name": "org", "reason": "x"}],
        drift=DRIFT,
        fail_on="medium",
    )
    assert made["figures"] == {
        "tokens": 3,
        "scopes": 3,
        "organizations": 1,
        "spaces": 2,
        "empty": 1,
        "unreadable": 1,
        "clean": 2,
        "findings": 2,
        "high": 0,
        "medium": 1,
        "low": 1,
        "accepted": 1,
        "new": None,
        "fixed": None,
        "unchanged": None,
        "drift": 3,
    }
    assert [(token["name"], token["findings"], token["severity"], token["accepted"]) for token in made["tokens"]] == [
        ("org", 0, None, 1),
        ("ci", 0, None, 0),
        ("old", 2, "medium", 0),
    ]
    assert made["broken"] == 1 + 1 + 3
    assert {finding["scope"] for finding in made["findings"]} == {'space "space-1"'}
    assert made["unreadable"] == [
        {"scope": 'space "closed"', "scope_mrn": CLOSED["scope_mrn"], "name": "Closed", "reason": "no"}
    ]
    assert violations(made) == []


@pytest.mark.parametrize(("fail_on", "broken"), [("never", 0), ("high", 1), ("medium", 2), ("low", 2)])
def test_what_breaks_the_policy(fail_on: str, broken: int) -> None:
    made = report(OLD, result={"unreadable": [CLOSED]}, max_age="90d", fail_on=fail_on)
    assert made["broken"] == broken


def test_a_token_of_a_report() -> None:
    (token,) = report(entry())["tokens"]
    assert token == {
        "name": "ci",
        "mrn": "//agents.api.mondoo.app/ci",
        "scope": 'space "space-1"',
        "scope_mrn": SCOPE,
        "description": "what it is for",
        "permissions": ["viewer"],
        "stage": "current",
        "created_at": ago(10),
        "created_by": "someone@example.com",
        "age_days": 10,
        "last_used_at": ago(2),
        "last_use": "known",
        "idle_days": 2,
        "own": False,
        "findings": 0,
        "severity": None,
        "accepted": 0,
        "score": 5,
        "score_parts": [{"points": 5, "reason": "viewer"}],
    }


@pytest.mark.parametrize(
    ("age", "label"),
    [
        (0, "0 to 6 days"),
        (6, "0 to 6 days"),
        (7, "7 to 29 days"),
        (89, "30 to 89 days"),
        (90, "90 to 179 days"),
        (364, "180 to 364 days"),
        (365, "365 days and more"),
        (9000, "365 days and more"),
        (-1, "0 to 6 days"),
        (None, "unknown"),
    ],
)
def test_ages(age: int | None, label: str) -> None:
    assert bars(report(entry(created_at=None if age is None else ago(age)))["ages"]) == {label: 1}


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"last_used_at": ago(8)}, "7 to 29 days"),
        ({"last_used_at": None}, "never"),
        ({"last_used_at": None, "unused_days": None}, "unknown"),
    ],
)
def test_uses(changes: dict[str, Any], label: str) -> None:
    made = report(entry(**changes))
    assert bars(made["uses"]) == {label: 1}
    assert made["tokens"][0]["last_use"] == ("known" if "days" in label else label)


def test_the_credential_of_the_audit_is_told_as_such() -> None:
    own = entry("auditor")
    identity = {"kind": "api_token", "mrn": own["mrn"]}
    made = report(own, entry("other"), result={"identity": identity, "endpoint": "https://e.invalid"}, declared=[])
    assert {token["name"]: token["own"] for token in made["tokens"]} == {"auditor": True, "other": False}
    assert [finding["name"] for finding in made["findings"] if finding["rule"] == "undeclared"] == ["other"]
    assert made["connections"] == [{"name": None, "endpoint": "https://e.invalid", **identity}]


def test_a_declaration_for_each_space_knows_the_spaces_that_were_read() -> None:
    scopes = [{"mrn": SCOPE, "name": "Shop"}]
    declared = [{"name": "ci-{space_name}", "organization": "org-1", "each_space": True}]
    made = report(entry("ci-Shop"), entry("ci-{space_name}"), result={"scopes": scopes}, declared=declared)
    assert [finding["name"] for finding in made["findings"]] == ["ci-{space_name}"]
    elsewhere = [{**declared[0], "organization": "org-2"}]
    assert len(report(entry("ci-Shop"), result={"scopes": scopes}, declared=elsewhere)["findings"]) == 1


def test_an_acceptance_for_what_could_not_be_read_is_not_unmatched() -> None:
    accepted = [{"rule": "too_old", "name": "ci", "reason": "x", "scope": "closed"}]
    assert report(result={"unreadable": [CLOSED]}, accepted=accepted)["findings"] == []
    (finding,) = report(accepted=accepted)["findings"]
    assert (finding["rule"], finding["scope"]) == ("unmatched_acceptance", None)
    elsewhere = [{**accepted[0], "scope": "space-1"}]
    assert len(report(result={"unreadable": [CLOSED]}, accepted=elsewhere)["findings"]) == 1


@pytest.mark.parametrize(
    ("scope", "shown"),
    [
        # A mistyped one is shown as it is.
        ("//captain.api.mondoo.app/spaces/", "//captain.api.mondoo.app/spaces"),
        ("//captain.api.mondoo.app/spaces/a/b", "//captain.api.mondoo.app/spaces/a/b"),
        ("//nowhere", "//nowhere"),
        ("/", None),
        ("//", "//"),
        ("spaces/space-1", None),
        # A slash at the end does not matter.
        (f"{SCOPE}/", ""),
        ("space-1/", ""),
    ],
)
def test_the_scope_of_an_acceptance(scope: str, shown: str | None) -> None:
    made = report(OLD, max_age="90d", accepted=[{"rule": "too_old", "name": "old", "reason": "x", "scope": scope}])
    assert made["figures"]["accepted"] == (1 if shown == "" else 0)
    unmatched = [finding["scope"] for finding in made["findings"] if finding["rule"] == "unmatched_acceptance"]
    assert unmatched == ([] if shown == "" else [shown])
    assert violations(made) == []


def test_scopes() -> None:
    made = report(OLD, result={"scopes": [{"mrn": EMPTY, "name": "Empty"}], "unreadable": [CLOSED]}, max_age="90d")
    about = {scope["id"]: (scope["tokens"], scope["medium"], scope["reason"]) for scope in made["scopes"]}
    assert about == {"org-1": (0, 0, None), "space-1": (1, 1, None), "empty": (0, 0, None), "closed": (0, 0, "no")}
    assert sum(scope["tokens"] for scope in made["scopes"]) == made["figures"]["tokens"]


def test_rules_are_sorted_by_what_to_do_first() -> None:
    made = report(OLD, entry(description="", last_used_at=None), max_age="90d", severities={"unused": "ignore"})
    assert {rule["rule"] for rule in made["rules"]} == RULES.keys()
    order = [(rule["severity"], rule["findings"]) for rule in made["rules"]]
    ranks = {"high": 0, "medium": 1, "low": 2, "ignore": 3}
    assert order == sorted(order, key=lambda pair: (ranks[pair[0]], -pair[1]))
    assert all(rule["advice"] and rule["broken_by"] for rule in made["rules"])


def test_the_guide_has_the_table_of_rules() -> None:
    guide = (_ROOT / "docs" / "docsite" / "rst" / "guide_audits.rst").read_text(encoding="utf-8")
    rows = re.findall(r"^   \* - ``(\w+)``\n     - (\w+)\n     - (.+)$", guide, flags=re.MULTILINE)
    assert rows == [(rule.name, rule.severity, rule.broken_by) for rule in RULES.values()]


def test_drift() -> None:
    made = report(drift=DRIFT)
    assert made["drift"]["declared"] == 3
    assert [(change["name"], change["failed"], change["message"]) for change in made["drift"]["changes"]] == [
        ("new", False, ""),
        (None, True, "why"),
    ]
    assert [token["name"] for token in made["drift"]["pruned"]] == ["stray"]
    assert report()["drift"] is None
    assert violations(made) == []


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (
            report(),
            "0 API tokens in 1 scope: 0 findings (0 high, 0 medium, 0 low), 0 accepted, 0 unreadable scopes.",
        ),
        (
            report(OLD, result={"unreadable": [CLOSED]}, max_age="90d", drift=DRIFT, previous=report(OLD)),
            "1 API token in 2 scopes: 1 finding (0 high, 1 medium, 0 low), 0 accepted, 1 unreadable scope,"
            " 1 new and 0 fixed since 2026-11-23T18:00:00Z, 3 tokens drifted.",
        ),
    ],
)
def test_summaries(made: dict[str, Any], text: str) -> None:
    assert summary_text(made) == text


def test_the_result_of_a_task_is_bounded() -> None:
    few = report(entry(), OLD, max_age="90d")
    assert result_from(few) == {**few, "complete": True}
    tokens = [entry(f"t{number}", created_at=ago(100)) for number in range(RESULT_ENTRIES + 1)]
    many = report(previous=report(*tokens, max_age="90d"))
    result = result_from(many)
    assert len(many["since"]["fixed"]) == RESULT_ENTRIES + 1
    assert len(result["since"]["fixed"]) == RESULT_ENTRIES
    assert result["complete"] is False
    result = result_from(report(*tokens, max_age="90d"))
    assert [len(result[key]) for key in ("tokens", "findings")] == [RESULT_ENTRIES] * 2
    assert (result["complete"], result["figures"]["findings"]) == (False, RESULT_ENTRIES + 1)


@given(st.lists(st.tuples(st.none() | st.integers(0, 900), st.none() | st.integers(0, 900)), max_size=8))
def test_every_token_is_counted_once(days: list[tuple[int | None, int | None]]) -> None:
    tokens = [
        entry(
            f"t{number}", created_at=None if age is None else ago(age), last_used_at=None if idle is None else ago(idle)
        )
        for number, (age, idle) in enumerate(days)
    ]
    made = report(*tokens, max_age="90d")
    for distribution in (made["ages"], made["uses"]):
        assert sum(step["count"] for step in distribution) == len(tokens) == made["figures"]["tokens"]
    assert sum(token["findings"] for token in made["tokens"]) == len(made["findings"])
    assert made["figures"]["clean"] == sum(token["severity"] is None for token in made["tokens"])
    assert sum(rule["findings"] for rule in made["rules"]) == made["figures"]["findings"]
    assert all(0 <= token["score"] <= 100 for token in made["tokens"])
    assert made["generated_at"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert violations(made) == []
