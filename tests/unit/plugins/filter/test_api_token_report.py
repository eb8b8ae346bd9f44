# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What reports show: figures, distributions, and nothing that was not there."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.mondoo.platform.plugins.filter import api_token_report as plugin
from ansible_collections.mondoo.platform.plugins.filter.api_token_findings import api_token_findings
from ansible_collections.mondoo.platform.plugins.filter.api_token_report import FilterModule, api_token_report
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import timestamp_text
from ansible_collections.mondoo.platform.plugins.plugin_utils._findings import RULES
from ansible_collections.mondoo.platform.plugins.plugin_utils._report import ADVICE
from ansible_collections.mondoo.platform.tests.unit.support.builders import DAY, NOW, ORGANIZATION, SPACE, roles
from hypothesis import given
from hypothesis import strategies as st


def entry(name: str = "ci", *, age: int | None = 10, idle: int | None = 2, **changes: Any) -> dict[str, Any]:
    """A token, as a result shows it; age and idle in days."""
    return {
        "mrn": f"//{name}",
        "name": name,
        "description": "what for",
        "roles": sorted(roles("viewer")),
        "scope_mrn": SPACE.mrn,
        "created_at": None if age is None else timestamp_text(NOW - age * DAY),
        "last_used_at": None if idle is None else timestamp_text(NOW - idle * DAY),
        "created_by": "someone@example.com",
        "unused_days": idle if idle is not None else age,
        **changes,
    }


def report(*tokens: dict[str, Any], max_age: str | None = None, **parameters: Any) -> dict[str, Any]:
    findings = api_token_findings(list(tokens), now=NOW, max_age=max_age)
    return api_token_report(list(tokens), findings, now=NOW, **parameters)


def bars(distribution: list[dict[str, Any]]) -> dict[str, int]:
    return {step["label"]: step["count"] for step in distribution if step["count"]}


def test_figures() -> None:
    old = entry("old", age=400, roles=sorted(roles("viewer", "owner")))
    made = report(
        entry(),
        old,
        entry("org", scope_mrn=ORGANIZATION.mrn),
        max_age="90d",
        unreadable=[{"scope_mrn": SPACE.mrn, "reason": "no"}],
    )
    assert made["figures"] == {
        "tokens": 3,
        "scopes": 2,
        "clean": 2,
        "findings": 2,
        "high": 0,
        "medium": 1,
        "low": 1,
        "unreadable": 1,
        "drift": 0,
    }
    assert [(token["name"], token["findings"], token["severity"]) for token in made["tokens"]] == [
        ("org", 0, None),
        ("ci", 0, None),
        ("old", 2, "medium"),
    ]
    assert [finding["advice"] for finding in made["findings"]] == [ADVICE["too_old"], ADVICE["redundant_permission"]]
    assert {finding["scope"] for finding in made["findings"]} == {'space "space-1"'}
    assert made["unreadable"] == [
        {"scope": 'space "space-1"', "scope_mrn": SPACE.mrn, "name": "space-1", "reason": "no"}
    ]


def test_a_token_of_a_report() -> None:
    (token,) = report(entry())["tokens"]
    assert token == {
        "name": "ci",
        "mrn": "//ci",
        "scope": 'space "space-1"',
        "scope_mrn": SPACE.mrn,
        "description": "what for",
        "permissions": ["viewer"],
        "created_at": timestamp_text(NOW - 10 * DAY),
        "created_by": "someone@example.com",
        "age_days": 10,
        "last_used_at": timestamp_text(NOW - 2 * DAY),
        "last_use": "known",
        "idle_days": 2,
        "findings": 0,
        "severity": None,
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
    assert bars(report(entry(age=age))["ages"]) == {label: 1}


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"idle": 8}, "7 to 29 days"),
        ({"idle": None}, "never"),
        ({"idle": None, "unused_days": None}, "unknown"),
    ],
)
def test_uses(changes: dict[str, Any], label: str) -> None:
    made = report(entry(**changes))
    assert bars(made["uses"]) == {label: 1}
    assert made["tokens"][0]["last_use"] == ("known" if "days" in label else label)


def test_drift() -> None:
    result = {
        "results": [
            {"name": "same", "scope_mrn": SPACE.mrn, "changed": False, "failed": False, "operations": []},
            {"name": "new", "scope_mrn": SPACE.mrn, "changed": True, "operations": ["generateAPIToken"], "msg": ""},
            {"name": None, "scope_mrn": SPACE.mrn, "changed": False, "failed": True, "msg": "why"},
        ],
        "pruned": [entry("stray")],
    }
    made = report(drift=result)
    assert made["figures"]["drift"] == 3
    assert made["drift"]["declared"] == 3
    assert [(change["name"], change["failed"], change["message"]) for change in made["drift"]["changes"]] == [
        ("new", False, ""),
        (None, True, "why"),
    ]
    assert [token["name"] for token in made["drift"]["pruned"]] == ["stray"]
    assert report()["drift"] is None


@pytest.mark.parametrize("kind", ["space", "organization"])
def test_what_could_not_be_read_by_its_id(kind: str) -> None:
    (found,) = report(unreadable=[{kind: "x-1", "reason": "no"}])["unreadable"]
    assert found["scope_mrn"] == f"//captain.api.mondoo.app/{kind}s/x-1"
    assert (found["scope"], found["name"]) == (f'{kind} "x-1"', "x-1")


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"tokens": "ci"}, "the tokens must be a list"),
        ({"findings": {}}, "the findings must be a list, and not a dictionary"),
        ({"drift": {"changed": True}}, "drift must be the result of the module api_tokens"),
        ({"drift": []}, "drift must be the result of the module api_tokens"),
        ({"unreadable": [{"space": "a b"}]}, 'space: "a b" is neither an ID nor an MRN'),
        ({"now": "noon"}, 'now: "noon" is not a time'),
    ],
)
def test_refusals(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        api_token_report(**{"tokens": [], "findings": [], **parameters})
    assert str(caught.value).startswith("mondoo.platform.api_token_report: ")
    assert words in str(caught.value)


@given(st.lists(st.tuples(st.none() | st.integers(0, 900), st.none() | st.integers(0, 900)), max_size=8))
def test_every_token_is_counted_once(days: list[tuple[int | None, int | None]]) -> None:
    tokens = [entry(f"t{number}", age=age, idle=idle) for number, (age, idle) in enumerate(days)]
    made = report(*tokens, max_age="90d")
    for distribution in (made["ages"], made["uses"]):
        assert sum(step["count"] for step in distribution) == len(tokens) == made["figures"]["tokens"]
    assert sum(token["findings"] for token in made["tokens"]) == len(made["findings"])
    assert made["figures"]["clean"] == sum(token["severity"] is None for token in made["tokens"])


def test_each_rule_has_advice() -> None:
    assert ADVICE.keys() == RULES.keys()


def test_the_documentation_names_all_parameters() -> None:
    documentation = yaml.safe_load(plugin.DOCUMENTATION)
    parameters = [*api_token_report.__code__.co_varnames[: api_token_report.__code__.co_argcount]]
    assert [*documentation["options"]] == ["_input", *parameters[1:]]
    assert documentation["positional"].split(", ") == parameters[1:]
    assert FilterModule().filters() == {"api_token_report": api_token_report}
