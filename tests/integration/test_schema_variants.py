# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules live with what the service may lack or add, by what is known of it; the normal case costs nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.process import Simulator

from conftest import ROOT
from module_runner import ModuleRunner

_SCHEMA = (ROOT / "docs" / "contract" / "schema.graphql").read_text(encoding="utf-8")


def without(type_name: str, *fields: str) -> str:
    """The schema without some fields of a type."""
    head, start, rest = _SCHEMA.partition(f"\ntype {type_name} {{")
    body, end, tail = rest.partition("\n}")
    for field in fields:
        body, count = re.subn(rf'\n  "[^"]*"\n  {field}: [^\n]*', "", body)
        assert count == 1, field
    return head + start + body + end + tail


def _replaced(*pairs: tuple[str, str]) -> str:
    text = _SCHEMA
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


_OPTIONAL = ("id", "createdAt", "lastUsed", "creator")
VARIANTS = {
    "full": _SCHEMA,
    "no optional field": without("APIToken", *_OPTIONAL),
    "no creation date": without("APIToken", "createdAt"),
    "payload without mrn": without("GenerateAPITokenPayload", "mrn"),
    "empty payload of a deletion": without("DeleteAPITokenPayload", "mrn").replace(
        "type DeleteAPITokenPayload {", 'type DeleteAPITokenPayload {\n  "[A]"\n  ok: Boolean'
    ),
    "non-null payloads": _replaced(
        ("): GenerateAPITokenPayload\n", "): GenerateAPITokenPayload!\n"),
        ("): DeleteAPITokenPayload\n", "): DeleteAPITokenPayload!\n"),
        ("): SetRolesPayload\n", "): SetRolesPayload!\n"),
        ("): APIToken\n", "): APIToken!\n"),
    ),
    "more than is known": _replaced(
        ("enum APITokenOrderField {", 'enum APITokenOrderField {\n  "[A]"\n  EXPIRES_AT'),
        ("\ntype APIToken {", '\ntype APIToken {\n  "[A]"\n  expiresAt: Time'),
    ),
}
# Requests that are refused once each, because the service lacks something; by the variant's name.
ADAPTATIONS = {"no optional field": 1, "no creation date": 1, "payload without mrn": 1}


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Simulator]]:
    schema = tmp_path / "schema.graphql"
    schema.write_text(VARIANTS[request.param], encoding="utf-8")
    with Simulator.run(tmp_path / "simulator", schema=schema) as running:
        yield request.param, running


def test_all_flows(variant: tuple[str, Simulator], collections: Path, tmp_path: Path) -> None:
    name, simulator = variant
    runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
    ci = {"space": "alpha", "name": "ci", "permissions": ["viewer"]}

    def run(**options: Any) -> dict[str, Any]:
        result = runner.run("api_token", **options)
        assert not result.get("failed"), result
        return result

    created = run(**ci)
    assert created["operations"] == ["generateAPIToken"]
    (token,) = [token for token in simulator.tokens() if token["name"] == "ci"]
    assert created["api_token"]["mrn"] == token["mrn"]
    assert created["token"] in {entry["secret"] for entry in simulator.secrets() if entry["live"]}
    assert not run(**ci)["changed"]
    assert run(**ci, description="New")["operations"] == ["updateAPIToken"]
    assert run(**{**ci, "permissions": ["editor"]})["operations"] == ["setRoles"]
    rotated = run(**ci, rotate_after="0")
    assert rotated["operations"] == ["updateAPIToken", "generateAPIToken", "deleteAPIToken"]
    listed = runner.run("api_token_info", space="alpha")
    assert [entry["mrn"] for entry in listed["api_tokens"]] == [rotated["api_token"]["mrn"]]
    assert run(space="alpha", name="ci", state="absent")["operations"] == ["deleteAPIToken"]
    assert [token["name"] for token in simulator.tokens()] == ["automation"]

    refused = [entry for entry in simulator.requests() if entry["status"] == 422]
    assert bool(refused) is (name in ADAPTATIONS)
    assert bool(created.get("warnings")) is (name in ADAPTATIONS)
    if name == "full":
        assert len(simulator.requests()) == 2 + 1 + 2 + 2 + 4 + 1 + 2


@pytest.mark.parametrize(
    "settings", [{"validation_status": 200}, {"validation_quotes": "single"}, {"validation_code": False}]
)
def test_one_warning_for_each_thing_that_is_missing(
    settings: dict[str, Any], collections: Path, tmp_path: Path
) -> None:
    schema = tmp_path / "schema.graphql"
    schema.write_text(VARIANTS["no optional field"], encoding="utf-8")
    with Simulator.run(tmp_path / "simulator", schema=schema) as simulator:
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
    schema = tmp_path / "schema.graphql"
    schema.write_text(VARIANTS["no optional field"], encoding="utf-8")
    with Simulator.run(tmp_path / "simulator", schema=schema) as simulator:
        runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
        assert not runner.run("api_token", space="alpha", name="ci", permissions=["viewer"]).get("failed")
        by_age = runner.run("api_token", space="alpha", name="ci", rotate_after="90d")
        unused = runner.run("api_token_info", space="alpha", unused_for="90d")
        old = runner.run("api_token_info", space="alpha", older_than="90d")
        for result, words in ((by_age, "rotate_after"), (unused, "last used"), (old, "created")):
            assert result["failed"]
            assert result["error"]["code"] == "SchemaMismatch"
            assert words in result["msg"]


def test_what_is_needed_and_missing_is_named(collections: Path, tmp_path: Path) -> None:
    schema = tmp_path / "schema.graphql"
    schema.write_text(without("APIToken", "roles"), encoding="utf-8")
    with Simulator.run(tmp_path / "simulator", schema=schema) as simulator:
        runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
        result = runner.run("api_token", space="alpha", name="ci", permissions=["viewer"])
        assert result["error"]["code"] == "SchemaMismatch"
        assert "APIToken.roles" in result["msg"]
        assert "apiTokens" in result["msg"]
        assert simulator.mutations() == []
