# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module api_token_info: filters, order, whole organizations; it never changes anything."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from simulator.process import Simulator

from conftest import ModuleTasks, Playbooks
from module_runner import ModuleRunner
from tasks import ORGANIZATION_MRN, SPACE_MRN, api_token_info


def _ago(days: int) -> str:
    return (datetime.now(timezone.utc) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def fleet(simulator: Simulator) -> Simulator:
    """Three tokens in the space alpha, one in beta."""
    simulator.seed(
        {
            "tokens": [
                {
                    "scope": SPACE_MRN,
                    "name": "a-new",
                    "permissions": ["viewer"],
                    "description": "Dashboard",
                    "created_at": _ago(1),
                },
                {
                    "scope": SPACE_MRN,
                    "name": "b-old",
                    "permissions": ["editor", "viewer"],
                    "created_at": _ago(200),
                    "last_used_at": _ago(2),
                },
                {
                    "scope": SPACE_MRN,
                    "name": "c-idle",
                    "permissions": ["agent"],
                    "created_at": _ago(400),
                    "last_used_at": _ago(300),
                },
                {"scope": f"{SPACE_MRN[:-5]}beta", "name": "d-beta", "permissions": ["owner"]},
            ]
        }
    )
    simulator.clear_requests()
    return simulator


SELECTIONS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "all by name": ({}, ["a-new", "b-old", "c-idle"]),
    "descending": ({"descending": True}, ["c-idle", "b-old", "a-new"]),
    "by creation": ({"order_by": "created_at"}, ["c-idle", "b-old", "a-new"]),
    "by last use, never first": ({"order_by": "last_used"}, ["a-new", "c-idle", "b-old"]),
    "name": ({"name": "b-old"}, ["b-old"]),
    "a name is no pattern": ({"name": "b"}, []),
    "text in the name": ({"query": "OLD"}, ["b-old"]),
    "text in the description": ({"query": "dash"}, ["a-new"]),
    "any of the permissions": ({"permissions": ["Editor", "agent"]}, ["b-old", "c-idle"]),
    "age": ({"older_than": "100d"}, ["b-old", "c-idle"]),
    "unused": ({"unused_for": "100d"}, ["c-idle"]),
    "never used counts from creation": ({"unused_for": "12h"}, ["a-new", "b-old", "c-idle"]),
    "all must hold": ({"older_than": "100d", "permissions": ["agent"]}, ["c-idle"]),
    "another space": ({"space": "beta"}, ["d-beta"]),
}


def test_selections(modules: ModuleTasks, fleet: Simulator) -> None:
    tasks = [api_token_info(**options) for options, _names in SELECTIONS.values()]
    done, checked = modules.run(*tasks), modules.check(*tasks)
    for run in (done, checked):
        found = [[token["name"] for token in result["api_tokens"]] for result in run.results]
        assert dict(zip(SELECTIONS, found, strict=True)) == {
            case: names for case, (_options, names) in SELECTIONS.items()
        }
        assert [result["count"] for result in run.results] == [len(names) for names in found]
        assert not any(result["changed"] for result in run.results)
    assert fleet.mutations() == []
    assert len(fleet.requests()) == 2 * len(tasks)


def test_mrn_and_creator(modules: ModuleTasks, fleet: Simulator) -> None:
    everything = _listed(modules)
    creator = everything[0]["created_by"]
    by_mrn, by_creator, by_nobody = modules.run(
        api_token_info(mrn=everything[1]["mrn"]),
        api_token_info(created_by=creator.upper()),
        api_token_info(created_by="nobody@example.invalid"),
    ).results
    assert by_mrn["api_tokens"] == [everything[1]]
    assert by_creator["api_tokens"] == [token for token in everything if token["created_by"] == creator]
    assert by_nobody["api_tokens"] == []


def test_what_is_listed_can_be_given_back_as_it_is(playbooks: Playbooks, fleet: Simulator) -> None:
    everything = playbooks.run(api_token_info()).result["api_tokens"]
    assert len(everything) == 3
    run = playbooks.run(
        {"mondoo.platform.api_token": everything[1]}, {"mondoo.platform.api_tokens": {"tokens": everything}}
    )
    assert [(result.get("failed"), result["changed"]) for result in run.results] == [(False, False)] * 2, run.output


def test_ages(modules: ModuleTasks, fleet: Simulator) -> None:
    ages = {token["name"]: (token["age_days"], token["unused_days"]) for token in _listed(modules)}
    assert ages == {"a-new": (1, 1), "b-old": (200, 2), "c-idle": (400, 300)}


def _listed(modules: ModuleTasks) -> list[dict[str, Any]]:
    tokens: list[dict[str, Any]] = modules.run(api_token_info()).result["api_tokens"]
    return tokens


def test_an_organization_with_and_without_its_spaces(modules: ModuleTasks, fleet: Simulator) -> None:
    alone, whole = modules.run(
        api_token_info(organization="acme"), api_token_info(organization=ORGANIZATION_MRN, include_spaces=True)
    ).results
    assert [token["name"] for token in alone["api_tokens"]] == ["automation"]
    assert [token["name"] for token in whole["api_tokens"]] == ["a-new", "automation", "b-old", "c-idle", "d-beta"]
    assert whole["unreadable"] == []


def test_a_space_that_cannot_be_read_does_not_fail_the_rest(modules: ModuleTasks, fleet: Simulator) -> None:
    fleet.fault("field_error", match="apiTokens", mentioning="/spaces/gamma", message="request permission denied")
    result = modules.run(api_token_info(organization="acme", include_spaces=True)).result
    (unreadable,) = result["unreadable"]
    assert unreadable["scope_mrn"] == "//captain.api.mondoo.app/spaces/gamma"
    assert "permission denied" in unreadable["reason"]
    assert {token["name"] for token in result["api_tokens"]} == {"a-new", "automation", "b-old", "c-idle", "d-beta"}
    # The spaces, one for the tokens of all scopes, and one more since the one that failed hid the others.
    assert len(fleet.requests()) == 3
    assert not result.get("failed")


def test_every_scope_is_told_also_without_tokens(modules: ModuleTasks, fleet: Simulator) -> None:
    alone, whole = modules.run(
        api_token_info(name="no such token"),
        api_token_info(organization="acme", include_spaces=True, concurrency=1),
    ).results
    assert alone["scopes"] == [{"mrn": SPACE_MRN, "kind": "space", "id": "alpha", "name": None, "count": 3}]
    assert [(scope["kind"], scope["id"], scope["name"], scope["count"]) for scope in whole["scopes"]] == [
        ("organization", "acme", None, 1),
        ("space", "alpha", "Alpha", 3),
        ("space", "beta", "Beta", 1),
        ("space", "gamma", "Gamma", 0),
    ]


def test_who_has_listed(modules: ModuleTasks, fleet: Simulator) -> None:
    account = fleet.credentials["service_account"]
    own = next(token["mrn"] for token in fleet.tokens() if token["name"] == "automation")
    by_token = modules.run(api_token_info()).result
    by_account = modules.run(api_token_info(), defaults={"endpoint": fleet.url, "service_account": account}).result
    assert by_token["identity"] == {"kind": "api_token", "mrn": own}
    assert by_account["identity"] == {"kind": "service_account", "mrn": account["mrn"]}


def test_an_opaque_token_does_not_tell_whose_it_is(tmp_path: Path, collections: Path) -> None:
    with Simulator.run(tmp_path / "simulator", opaque_tokens=True) as simulator:
        runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
        result = runner.run("api_token_info", space="alpha")
        assert result["identity"] == {"kind": "unknown", "mrn": None}


def test_what_is_listed_can_be_declared_as_it_is(modules: ModuleTasks, fleet: Simulator) -> None:
    """Also two tokens of one name, odd names, and what a rotation has left."""
    names = ("dup", "dup", " odd", "a-new (retired 2026-01-01T00:00:00Z)", "a-new (pending 2026-01-01T00:00:00Z)")
    fleet.seed({"tokens": [{"scope": SPACE_MRN, "name": name, "permissions": []} for name in names]})
    listed = modules.run(api_token_info(organization="acme", include_spaces=True)).result
    assert listed["count"] == 10
    fleet.clear_requests()
    for book in (modules.check, modules.run):
        result = book({"mondoo.platform.api_tokens": {"tokens": listed["api_tokens"], "prune": True}}).result
        assert (result["changed"], result["operations"]) == (False, {}), result["msg"]
    assert fleet.mutations() == []


@pytest.mark.parametrize("options", [{"name": 1.10}, {"space": 1234}, {"mrn": True}, {"organization": 5}])
def test_identifiers_that_are_no_text_are_refused(
    options: dict[str, Any], playbooks: Playbooks, fleet: Simulator
) -> None:
    result = playbooks.run(api_token_info(**options)).result
    assert result["error"]["code"] == "InvalidOption"
    assert "and not the text that was written; quote it" in result["msg"]
    assert fleet.requests() == []


def test_it_can_run_in_the_background(playbooks: Playbooks, fleet: Simulator) -> None:
    folder = {"ANSIBLE_ASYNC_DIR": str(playbooks.home / "async")}
    result = playbooks.run({**api_token_info(), "async": 60, "poll": 1}, environment=folder).result
    assert result["count"] == 3
