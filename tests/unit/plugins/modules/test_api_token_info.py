# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module api_token_info, from arguments to result, against the model of the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
import yaml
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.plugins.modules import api_token_info
from ansible_collections.mondoo.platform.tests.unit.support.builders import DAY, HOUR, ORGANIZATION, SPACE, roles, token
from ansible_collections.mondoo.platform.tests.unit.support.model import Clock, Fault, Model
from ansible_collections.mondoo.platform.tests.unit.support.modules import (
    check_result_is_documented,
    documented_options,
    run_module,
    session_with,
    specification_of,
    warnings_of_modules,
)

NOW = datetime.now(timezone.utc)
SECOND_SPACE = Scope("space", "//captain.api.mondoo.app/spaces/space-2")
CI = token("ci", description="Pipelines", created_at=NOW - 30 * DAY, last_used_at=NOW - HOUR)
BUILD = token("build", created_at=NOW - 10 * DAY, roles=roles("owner", "space-member"))
ELSEWHERE = token("elsewhere", created_at=NOW - DAY, scope=SECOND_SPACE)
WIDE = token("wide", created_at=NOW - 2 * DAY, scope=ORGANIZATION)

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def model() -> Model:
    spaces = {SPACE.mrn: "Space 1", SECOND_SPACE.mrn: "Space 2"}
    return Model(Clock(NOW), spaces=spaces).add(CI, BUILD, ELSEWHERE, WIDE)


@pytest.fixture
def run(model: Model, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the module in both modes, which must not differ; every result is held against RETURN."""
    monkeypatch.setattr(api_token_info, "open_session", session_with(model))

    def run_it(arguments: dict[str, Any]) -> dict[str, Any]:
        model.sent.clear()
        predicted = run_module(api_token_info.main, arguments, check_mode=True)
        model.sent.clear()
        result = run_module(api_token_info.main, arguments)
        assert {**predicted, "warnings": None} == {**result, "warnings": None}
        assert set(model.operations) <= {"apiTokens", "organization"}
        check_result_is_documented(api_token_info, result)
        return result

    return run_it


def names(result: dict[str, Any]) -> list[str]:
    assert result["count"] == len(result["api_tokens"])
    assert not result["changed"]
    return [entry["name"] for entry in result["api_tokens"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"space": "space-1"}, ["build", "ci"]),
        ({"space": SPACE.mrn, "descending": True}, ["ci", "build"]),
        ({"space": "space-1", "name": "ci"}, ["ci"]),
        ({"space": "space-1", "mrn": BUILD.mrn}, ["build"]),
        ({"space": "space-1", "query": "PIPE"}, ["ci"]),
        ({"space": "space-1", "permissions": ["Owner", "editor"]}, ["build"]),
        ({"space": "space-1", "created_by": "SOMEONE@example.com"}, ["build", "ci"]),
        ({"space": "space-1", "older_than": "4w"}, ["ci"]),
        ({"space": "space-1", "unused_for": "1d"}, ["build"]),
        ({"space": "space-1", "order_by": "last_used", "descending": True}, ["ci", "build"]),
        ({"space": "space-1", "order_by": "created_at"}, ["ci", "build"]),
        ({"space": "space-3"}, []),
        ({"organization": "org-1"}, ["wide"]),
        ({"organization": "org-1", "include_spaces": True}, ["build", "ci", "elsewhere", "wide"]),
        ({"organization": "org-1", "include_spaces": True, "query": "i", "older_than": "7d"}, ["build", "ci"]),
    ],
)
def test_which_tokens(arguments: dict[str, Any], expected: list[str], run: Run) -> None:
    assert names(run(arguments)) == expected


def test_a_token_is_shown_as_by_the_other_module_with_its_ages(run: Run) -> None:
    (entry,) = run({"space": "space-1", "name": "ci"})["api_tokens"]
    assert entry == {
        "id": "ci",
        "mrn": CI.mrn,
        "name": "ci",
        "description": "Pipelines",
        "permissions": ["viewer"],
        "roles": sorted(CI.roles),
        "scope_mrn": SPACE.mrn,
        "created_at": f"{CI.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "last_used_at": f"{CI.last_used_at:%Y-%m-%dT%H:%M:%SZ}",
        "created_by": "someone@example.com",
        "age_days": 30,
        "unused_days": 0,
    }


def test_all_pages_are_listed(run: Run, model: Model) -> None:
    model.add(*(replace(CI, mrn=f"//t/{number}", name=f"t{number:03}") for number in range(250)))
    assert run({"space": "space-1"})["count"] == 252
    assert model.operations == ["apiTokens"] * 3


def test_a_space_that_cannot_be_read_does_not_fail_the_rest(run: Run, model: Model) -> None:
    model.forbidden = {SECOND_SPACE.mrn: "PermissionDenied"}
    result = run({"organization": "org-1", "include_spaces": True})
    assert names(result) == ["build", "ci", "wide"]
    (unreadable,) = result["unreadable"]
    assert (unreadable["scope_mrn"], unreadable["name"]) == (SECOND_SPACE.mrn, "Space 2")
    assert unreadable["reason"].startswith('Could not list the API tokens of space "space-2": ')
    assert "PermissionDenied" in unreadable["reason"]


@pytest.mark.parametrize(
    ("forbidden", "code"),
    [
        ({ORGANIZATION.mrn: "PermissionDenied"}, "PermissionDenied"),
        ({SECOND_SPACE.mrn: "Unauthenticated"}, "Unauthenticated"),
    ],
)
def test_what_concerns_more_than_one_space_fails(forbidden: dict[str, str], code: str, run: Run, model: Model) -> None:
    model.forbidden = forbidden
    result = run({"organization": "org-1", "include_spaces": True})
    assert result["failed"]
    assert result["error"]["code"] == code
    assert result["error"]["operation"] == "apiTokens"
    # An audit of several endpoints shows where something could not be read.
    assert result["endpoint"].endswith("/query")


def test_what_the_service_lacks_is_null_and_warned_of_once(
    run: Run, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    warned = warnings_of_modules(monkeypatch)
    model.lacking = frozenset({"createdAt", "lastUsed"})
    result = run({"organization": "org-1", "include_spaces": True})
    assert {(entry["age_days"], entry["unused_days"], entry["created_at"]) for entry in result["api_tokens"]} == {
        (None, None, None)
    }
    assert model.operations == ["organization", "apiTokens", "apiTokens"]
    said = [f"The API has no APIToken.{name}: apiTokens works without it." for name in ("createdAt", "lastUsed")]
    assert warned == said * 2  # once in each of the two runs
    assert run({"space": "space-1", "unused_for": "1d"})["error"]["code"] == "SchemaMismatch"


def test_spaces_that_cannot_be_listed_fail(run: Run, model: Model) -> None:
    model.faults = {0: Fault.DENIED}
    result = run({"organization": "org-1", "include_spaces": True})
    assert result["msg"].startswith('Could not list the spaces of organization "org-1": ')


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "one of the following is required: space, organization"),
        ({"space": "s", "organization": "o"}, "mutually exclusive: space|organization"),
        (
            {"space": "s", "include_spaces": True},
            "include_spaces is True but any of the following are missing: organization, scope_mrn",
        ),
        ({"space": "s", "older_than": "old"}, 'older_than: "old" is not a duration'),
        ({"space": "s", "unused_for": "-1d"}, 'unused_for: "-1d" is not a duration'),
        ({"space": "s", "permissions": ["viewr"]}, 'Did you mean "viewer"?'),
        ({"space": "s", "order_by": "age"}, "value of order_by must be one of"),
        ({"scope_mrn": SPACE.mrn, "include_spaces": True}, 'include_spaces: space "space-1" has no spaces'),
        ({"space": "s", "mrn": "nonsense"}, 'mrn: "nonsense" is not the MRN of an API token'),
        ({"space": "s", "name": " "}, "name must not be empty"),
        ({"space": None}, "one of space, organization and scope_mrn is required"),
    ],
)
def test_refusals(arguments: dict[str, Any], words: str, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_token_info, "open_session", session_with(model))
    assert words in run_module(api_token_info.main, arguments)["msg"]
    assert not model.sent


def test_the_arguments_are_the_documented_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    given = specification_of(api_token_info, monkeypatch)
    assert given["supports_check_mode"]
    documented = documented_options(api_token_info)
    assert set(documented) == set(given["argument_spec"])
    for name, specified in given["argument_spec"].items():
        for key in ("type", "default", "choices", "elements", "required"):
            assert documented[name].get(key) == specified.get(key), (name, key)


def test_the_examples_of_the_documentation_can_be_run(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_token_info, "open_session", session_with(model))
    tasks = yaml.safe_load(api_token_info.EXAMPLES)
    assert len(tasks) >= 3
    for task in tasks:
        assert "count" in run_module(api_token_info.main, task["mondoo.platform.api_token_info"])
