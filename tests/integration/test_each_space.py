# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of the module api_tokens that stand for every space of an organization."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.process import Simulator

from conftest import Playbooks
from module_runner import ModuleRunner

SPACE = "//captain.api.mondoo.app/spaces/"
EACH: dict[str, Any] = {
    "name": "ci",
    "organization": "acme",
    "each_space": True,
    "permissions": ["agent"],
    "description": "Scans {space_name}",
}


def _names(simulator: Simulator) -> dict[str, list[str]]:
    """The names of the tokens in each space."""
    names: dict[str, list[str]] = {}
    for token in simulator.tokens():
        if token["scope"].startswith(SPACE):
            names.setdefault(token["scope"].removeprefix(SPACE), []).append(token["name"])
    return {space: sorted(tokens) for space, tokens in sorted(names.items())}


def test_check_do_repeat_and_a_space_of_tomorrow(playbooks: Playbooks, simulator: Simulator) -> None:
    task = {"mondoo.platform.api_tokens": {"tokens": [{**EACH, "token_path": f"{playbooks.home}/{{space}}.token"}]}}
    checked = playbooks.check(task).result
    assert simulator.mutations() == []
    done = playbooks.run(task).result
    assert checked["operations"] == done["operations"] == {"generateAPIToken": 3}
    assert _names(simulator) == {"alpha": ["ci"], "beta": ["ci"], "gamma": ["ci"]}
    for result, space in zip(done["results"], ("Alpha", "Beta", "Gamma"), strict=True):
        assert (result["entry"], result["space"], result["space_name"]) == (1, space.lower(), space)
        assert result["api_token"]["description"] == f"Scans {space}"
        assert result["token_path"] == f"{playbooks.home}/{space.lower()}.token"
    assert len({path.read_text(encoding="utf-8") for path in playbooks.home.glob("*.token")}) == 3

    simulator.seed({"organizations": {"acme": ["delta"]}})
    for expected in ({"generateAPIToken": 1}, {}):
        result = playbooks.run(task).result
        assert (result["operations"], result["changed"]) == (expected, bool(expected))
    assert _names(simulator)["delta"] == ["ci"]


@pytest.mark.parametrize(
    ("each_space", "spaces"),
    [
        (True, ["alpha", "beta", "gamma"]),
        ("true", ["alpha", "beta", "gamma"]),
        (["a*", "Beta"], ["alpha", "beta"]),
        ("a*,gamma", ["alpha", "gamma"]),
    ],
)
def test_which_spaces(each_space: Any, spaces: list[str], runner: ModuleRunner, simulator: Simulator) -> None:
    result = runner.run("api_tokens", tokens=[{**EACH, "each_space": each_space}])
    assert not result.get("failed"), result["msg"]
    assert [entry["space"] for entry in result["results"]] == spaces
    assert list(_names(simulator)) == spaces


@pytest.mark.parametrize("check", [True, False])
def test_prune_covers_the_spaces_of_the_entry_and_no_other(
    check: bool, runner: ModuleRunner, simulator: Simulator
) -> None:
    stray = [
        {"scope": SPACE + space, "name": "stray", "permissions": ["viewer"]} for space in ("alpha", "beta", "gamma")
    ]
    simulator.seed({"tokens": stray})
    entries = [{**EACH, "each_space": ["alpha", "beta"], "state": "absent"}]
    result = runner.run("api_tokens", check=check, tokens=entries, prune=True)
    assert sorted(token["scope_mrn"] for token in result["pruned"]) == [SPACE + "alpha", SPACE + "beta"]
    left = {space: ["stray"] for space in ("alpha", "beta", "gamma")} if check else {"gamma": ["stray"]}
    assert _names(simulator) == left


def test_nothing_is_pruned_where_nobody_knows_what_is_declared(runner: ModuleRunner, simulator: Simulator) -> None:
    """The entry whose spaces cannot be listed may declare the very token that no other entry does."""
    simulator.seed({"tokens": [{"scope": SPACE + "alpha", "name": "ci", "permissions": ["agent"]}]})
    simulator.fault("field_error", match="organization", code="Unavailable", message="not now")
    tokens = [EACH, {"name": "other", "space": "alpha", "permissions": ["viewer"]}]
    result = runner.run("api_tokens", tokens=tokens, prune=True)
    assert result["failed"]
    assert [entry["failed"] for entry in result["results"]] == [True, False]
    assert result["warnings"] == ['Nothing was pruned: the spaces of organization "acme" could not be listed.']
    assert _names(simulator) == {"alpha": ["ci", "other"]}


def test_no_space_at_all_is_a_warning(runner: ModuleRunner) -> None:
    result = runner.run("api_tokens", tokens=[{**EACH, "each_space": ["nothing-*"]}], prune=True)
    assert (result["changed"], result["results"]) == (False, [])
    assert result["warnings"] == [
        'entry 1 of tokens ("ci"): each_space: "nothing-*" matches no space of organization "acme".'
    ]


def test_two_hundred_spaces_take_few_requests(runner: ModuleRunner, simulator: Simulator) -> None:
    simulator.seed({"organizations": {"acme": [f"s{number:03}" for number in range(197)]}})
    created = runner.run("api_tokens", tokens=[EACH])
    assert created["operations"] == {"generateAPIToken": 200}
    for check in (True, False):
        simulator.clear_requests()
        result = runner.run("api_tokens", check=check, tokens=[EACH])
        assert not result["changed"]
        assert len(simulator.requests()) == result["requests"] == 200 / 100 + 200 / 25

    simulator.clear_requests()
    listed = runner.run("api_token_info", organization="acme", include_spaces=True)
    assert listed["count"] == 201
    assert len(listed["scopes"]) == 201
    # The organization itself is one scope more.
    assert len(simulator.requests()) == 200 / 100 + 200 / 25 + 1
    assert max(entry["in_flight"] for entry in simulator.requests()) <= 8
