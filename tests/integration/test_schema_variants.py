# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules live with what the service may lack or add, by what is known of it; the normal case costs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.process import Simulator
from simulator.variants import BROKEN, VARIANTS, Variant, run, without

from module_runner import ModuleRunner

_OPTIONAL = ("createdAt", "lastUsed", "creator")


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Variant, Simulator]]:
    chosen = VARIANTS[request.param]
    with run(chosen, tmp_path / "simulator") as running:
        yield chosen, running


def _let_listings_catch_up(variant: Variant, simulator: Simulator) -> None:
    """As if time had passed since the last run."""
    simulator.settings(listing_lag=0, listing_lag_seconds=0.0)
    simulator.settings(**variant.settings)


def _refused(simulator: Simulator) -> int:
    return sum(entry["status"] == 422 for entry in simulator.requests())


def test_all_flows_of_one_token(variant: tuple[Variant, Simulator], collections: Path) -> None:
    chosen, simulator = variant
    runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
    ci: dict[str, Any] = {"space": "alpha", "name": "ci", "permissions": ["viewer"]}

    def call(module: str = "api_token", **options: Any) -> dict[str, Any]:
        result = runner.run(module, **options)
        assert not result.get("failed"), result
        _let_listings_catch_up(chosen, simulator)
        return result

    created = call(**ci)
    assert created["operations"] == ["generateAPIToken"]
    if chosen.as_the_contract:
        assert _refused(simulator) == 0
    (token,) = [token for token in simulator.tokens() if token["name"] == "ci"]
    assert created["api_token"]["mrn"] == token["mrn"]
    assert created["token"] in {entry["secret"] for entry in simulator.secrets() if entry["live"]}
    assert not call(**ci)["changed"]
    assert call(**ci, description="New")["operations"] == ["updateAPIToken"]
    assert call(**{**ci, "permissions": ["editor"]})["operations"] == ["setRoles"]
    assert call("api_token_info", space="alpha", name="ci")["api_tokens"][0]["permissions"] == ["editor"]
    rotated = call(**ci, rotate_after="0")
    assert rotated["operations"] == ["updateAPIToken", "generateAPIToken", "deleteAPIToken"]
    (listed,) = call("api_token_info", space="alpha", query="New", permissions=["viewer"])["api_tokens"]
    assert listed["mrn"] == rotated["api_token"]["mrn"]
    if chosen.organizations:
        everywhere = call("api_token_info", organization="acme", include_spaces=True)
        assert [entry["name"] for entry in everywhere["api_tokens"]] == ["automation", "ci"]
        assert everywhere["unreadable"] == []
    assert call(space="alpha", name="ci", state="absent")["operations"] == ["deleteAPIToken"]
    assert [token["name"] for token in simulator.tokens()] == ["automation"]
    if chosen == VARIANTS["contract"]:
        assert len(simulator.requests()) == 2 + 1 + 2 + 2 + 1 + 4 + 1 + 3 + 2


def test_all_flows_of_a_set(variant: tuple[Variant, Simulator], collections: Path) -> None:
    """Requests that are shared, from several threads."""
    chosen, simulator = variant
    runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
    names = [f"n{number}" for number in range(6)]
    spaces = ["alpha", "beta", "gamma"]

    def call(state: str = "present", **options: Any) -> dict[str, Any]:
        tokens = [{"name": name, "space": spaces[number % 3], "state": state} for number, name in enumerate(names)]
        result = runner.run("api_tokens", tokens=tokens, **options)
        assert not result.get("failed"), result
        # Each only once, from however many threads and copies.
        assert len(set(result["warnings"])) == len(result["warnings"])
        _let_listings_catch_up(chosen, simulator)
        return result

    created = call(permissions=["viewer"])
    assert created["operations"] == {"generateAPIToken": 6}
    assert len({entry["api_token"]["mrn"] for entry in created["results"]}) == 6
    assert {entry["token"] for entry in created["results"]} <= {entry["secret"] for entry in simulator.secrets()}
    # Refused before anything was executed: one token for each, however often it was sent.
    assert sorted(token["name"] for token in simulator.tokens()) == ["automation", *names]
    assert not call(permissions=["viewer"])["changed"]
    assert call(permissions=["viewer"], description="New")["operations"] == {"updateAPIToken": 6}
    assert call(permissions=["editor"])["operations"] == {"setRoles": 3}
    if chosen.organizations:
        listed = runner.run("api_token_info", organization="acme", include_spaces=True)["api_tokens"]
        assert [entry["permissions"] for entry in listed] == [["owner"], *[["editor"]] * 6]
    rotated = call(permissions=["editor"], rotate_after="0")
    assert rotated["operations"] == {"deleteAPIToken": 6, "generateAPIToken": 6, "updateAPIToken": 6}
    assert call(state="absent")["operations"] == {"deleteAPIToken": 6}
    assert [token["name"] for token in simulator.tokens()] == ["automation"]
    if chosen.as_the_contract:
        assert _refused(simulator) == 0


@pytest.mark.parametrize(
    "settings",
    [{}, {"validation_status": 200}, {"validation_quotes": "single"}, {"validation_code": False}],
)
def test_a_service_that_knows_spaces_only(settings: dict[str, Any], collections: Path, tmp_path: Path) -> None:
    with run(VARIANTS["scopeMrn unknown"], tmp_path / "simulator", **settings) as simulator:
        runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
        space = runner.run("api_token", space="alpha", name="ci", permissions=["viewer"])
        assert space["operations"] == ["generateAPIToken"]
        (warning,) = space["warnings"]
        assert "spaceMrn in place of scopeMrn" in warning
        organization = runner.run("api_token", organization="acme", name="ci", permissions=["viewer"])
        assert organization["failed"]
        assert organization["error"]["code"] == "SchemaMismatch"
        assert organization["error"]["operation"] == "generateAPIToken"
        assert "spaceMrn" in organization["msg"]
        assert 'the API token "ci" in organization "acme"' in organization["msg"]
        assert [token["name"] for token in simulator.tokens()] == ["automation", "ci"]


@pytest.mark.parametrize(
    "settings", [{"validation_status": 200}, {"validation_quotes": "single"}, {"validation_code": False}]
)
def test_one_warning_for_each_thing_that_is_missing(
    settings: dict[str, Any], collections: Path, tmp_path: Path
) -> None:
    with run(VARIANTS["tokens without optional fields"], tmp_path / "simulator") as simulator:
        simulator.settings(**settings)
        simulator.seed(
            {
                "tokens": [
                    {
                        "scope": "//captain.api.mondoo.app/spaces/alpha",
                        "name": "n{}",
                        "permissions": ["viewer"],
                        "count": 150,
                    }
                ]
            }
        )
        runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
        result = runner.run("api_token_info", space="alpha")
        assert result["count"] == 150
        assert len(result["warnings"]) == len(_OPTIONAL)
        assert all(f"APIToken.{field}" in " ".join(result["warnings"]) for field in _OPTIONAL)
        assert {token["last_used_at"] for token in result["api_tokens"]} == {None}
        assert {token["unused_days"] for token in result["api_tokens"]} == {None}
        # The document is refused once, not once a page.
        assert len(simulator.requests()) == 3


def test_what_is_not_known_is_not_guessed(collections: Path, tmp_path: Path) -> None:
    with run(VARIANTS["tokens without optional fields"], tmp_path / "simulator") as simulator:
        runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
        assert not runner.run("api_token", space="alpha", name="ci", permissions=["viewer"]).get("failed")
        by_age = runner.run("api_token", space="alpha", name="ci", rotate_after="90d")
        unused = runner.run("api_token_info", space="alpha", unused_for="90d")
        old = runner.run("api_token_info", space="alpha", older_than="90d")
        for result, words in ((by_age, "rotate_after"), (unused, "last used"), (old, "created")):
            assert result["failed"]
            assert result["error"]["code"] == "SchemaMismatch"
            assert words in result["msg"]


# By the variant: options beside the usual ones, and what the error has to name.
_NEEDED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no roles of a token": ({}, ["APIToken.roles", "apiTokens"]),
    "no secret": ({}, ["GenerateAPITokenPayload.token", "generateAPIToken"]),
    "no description of a new token": (
        {"description": "wanted"},
        ["GenerateAPITokenInput.description", "generateAPIToken"],
    ),
    "another name for an input": ({}, ["no type GenerateAPITokenInput", "generateAPIToken"]),
    "no scope of a listing": ({}, ["apiTokens(scopeMrn)"]),
    "no pages": ({}, ["apiTokens(after)"]),
    "another required input": ({}, ["GenerateAPITokenInput.expiresIn", "generateAPIToken"]),
}


@pytest.mark.parametrize(
    ("field", "lost", "fails", "works"),
    [
        ("createdAt", ("created_at", "age_days"), ("older_than", "rotate_after"), ()),
        ("lastUsed", ("last_used_at", "unused_days"), ("unused_for",), ("older_than", "rotate_after")),
        ("creator", ("created_by",), (), ("unused_for", "older_than", "rotate_after")),
    ],
)
def test_what_is_lost_with_a_field(
    field: str, lost: tuple[str, ...], fails: tuple[str, ...], works: tuple[str, ...], collections: Path, tmp_path: Path
) -> None:
    ci: dict[str, Any] = {"space": "alpha", "name": "ci", "permissions": ["viewer"]}
    with run(Variant(without("APIToken", field)), tmp_path / "simulator") as simulator:
        runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
        assert not runner.run("api_token", **ci).get("failed")
        (listed,) = runner.run("api_token_info", space="alpha")["api_tokens"]
        assert {listed[key] for key in lost} == {None}
        for option in (*fails, *works):
            if option == "rotate_after":
                result = runner.run("api_token", **ci, rotate_after="90d")
            else:
                filters: dict[str, Any] = {option: "90d"}
                result = runner.run("api_token_info", space="alpha", **filters)
            assert bool(result.get("failed")) is (option in fails), result
            if option in fails:
                assert result["error"]["code"] == "SchemaMismatch"
                assert option in result["msg"]


@pytest.mark.parametrize("case", _NEEDED)
def test_what_is_needed_and_missing_is_named(case: str, collections: Path, tmp_path: Path) -> None:
    options, named = _NEEDED[case]
    with run(BROKEN[case], tmp_path / "simulator") as simulator:
        runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
        result = runner.run("api_token", space="alpha", name="ci", permissions=["viewer"], **options)
        assert result["error"]["code"] == "SchemaMismatch"
        assert all(words in result["msg"] for words in named), result["msg"]
        assert "report this message" in result["msg"]
        assert [token["name"] for token in simulator.tokens()] == ["automation"]


def test_a_description_that_is_not_declared_is_not_missed(collections: Path, tmp_path: Path) -> None:
    with run(BROKEN["no description of a new token"], tmp_path / "simulator") as simulator:
        runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
        result = runner.run("api_token", space="alpha", name="ci", permissions=["viewer"])
        assert result["operations"] == ["generateAPIToken"]
        assert _refused(simulator) == 0
