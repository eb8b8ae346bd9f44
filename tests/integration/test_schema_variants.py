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


def without(type_name: str, *fields: str, schema: str = _SCHEMA) -> str:
    """The schema without some fields of a type."""
    head, start, rest = schema.partition(f"\ntype {type_name} {{")
    body, end, tail = rest.partition("\n}")
    for field in fields:
        body, count = re.subn(rf'\n  "[^"]*"\n  {field}: [^\n]*', "", body)
        assert count == 1, field
    return head + start + body + end + tail


def _replaced(*pairs: tuple[str, str], schema: str = _SCHEMA) -> str:
    text = schema
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


_OPTIONAL = ("id", "createdAt", "lastUsed", "creator")
_SCOPE = """  "[P] Go client"
  scopeMrn: String
"""
_SPACE = '  "[P] Go client; superseded by scopeMrn"\n  spaceMrn: String\n'
SPACES_ONLY = _SCHEMA.replace(_SCOPE, "").replace(_SPACE, _SPACE.replace("String", "String!"))
assert (_SCHEMA.count(_SCOPE), SPACES_ONLY.count("spaceMrn: String!")) == (2, 2)
_NOTHING_OPTIONAL = _replaced(
    ('    first: Int\n    "[A] every connection of the Go client"\n    after', "    after"),
    ('    first: Int\n    "[P] Terraform provider"\n    after', "    after"),
    schema=without("APIToken", *_OPTIONAL, schema=without("GenerateAPITokenPayload", "mrn")),
)
VARIANTS = {
    "full": _SCHEMA,
    "no optional field": without("APIToken", *_OPTIONAL),
    "no creation date": without("APIToken", "createdAt"),
    "payload without mrn": without("GenerateAPITokenPayload", "mrn"),
    "nothing optional": _NOTHING_OPTIONAL,
    "a creator of another shape": _replaced(("  creator: Creator\n", "  creator: String\n")),
    "a creator with nothing known in it": _replaced(
        ("type Creator {", 'type Creator {\n  "[A]"\n  name: String'),
        schema=without("Creator", "mrn", "email", "service"),
    ),
    "spaces only": SPACES_ONLY,
    "spaces wanted beside scopes": _SCHEMA.replace(_SPACE, _SPACE.replace("String", "String!")),
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
# How many requests are refused in a run that creates a token, and how many warnings there are.
ADAPTATIONS = {
    "no optional field": (1, 4),
    "no creation date": (1, 1),
    "payload without mrn": (1, 1),
    "nothing optional": (2, 6),
    "a creator of another shape": (1, 1),
    "a creator with nothing known in it": (1, 3),
    "spaces only": (1, 1),
    "spaces wanted beside scopes": (1, 1),
}


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Simulator]]:
    schema = tmp_path / "schema.graphql"
    schema.write_text(VARIANTS[request.param], encoding="utf-8")
    with Simulator.run(tmp_path / "simulator", schema=schema) as running:
        yield request.param, running


def _refused(simulator: Simulator) -> int:
    return sum(entry["status"] == 422 for entry in simulator.requests())


def test_all_flows_of_one_token(variant: tuple[str, Simulator], collections: Path) -> None:
    name, simulator = variant
    runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
    ci: dict[str, Any] = {"space": "alpha", "name": "ci", "permissions": ["viewer"]}

    def run(module: str = "api_token", **options: Any) -> dict[str, Any]:
        result = runner.run(module, **options)
        assert not result.get("failed"), result
        return result

    created = run(**ci)
    assert created["operations"] == ["generateAPIToken"]
    assert (_refused(simulator), len(created["warnings"])) == ADAPTATIONS.get(name, (0, 0))
    (token,) = [token for token in simulator.tokens() if token["name"] == "ci"]
    assert created["api_token"]["mrn"] == token["mrn"]
    assert created["token"] in {entry["secret"] for entry in simulator.secrets() if entry["live"]}
    assert not run(**ci)["changed"]
    assert run(**ci, description="New")["operations"] == ["updateAPIToken"]
    assert run(**{**ci, "permissions": ["editor"]})["operations"] == ["setRoles"]
    assert run("api_token_info", space="alpha", name="ci")["api_tokens"][0]["permissions"] == ["editor"]
    rotated = run(**ci, rotate_after="0")
    assert rotated["operations"] == ["updateAPIToken", "generateAPIToken", "deleteAPIToken"]
    (listed,) = run("api_token_info", space="alpha", query="New", permissions=["viewer"])["api_tokens"]
    assert listed["mrn"] == rotated["api_token"]["mrn"]
    everywhere = run("api_token_info", organization="acme", include_spaces=True)
    assert [entry["name"] for entry in everywhere["api_tokens"]] == ["automation", "ci"]
    assert everywhere["unreadable"] == []
    assert run(space="alpha", name="ci", state="absent")["operations"] == ["deleteAPIToken"]
    assert [token["name"] for token in simulator.tokens()] == ["automation"]
    if name not in ADAPTATIONS:
        assert len(simulator.requests()) == 2 + 1 + 2 + 2 + 1 + 4 + 1 + 3 + 2


def test_all_flows_of_a_set(variant: tuple[str, Simulator], collections: Path) -> None:
    """Requests that are shared, from several threads."""
    name, simulator = variant
    runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
    names = [f"n{number}" for number in range(6)]
    spaces = ["alpha", "beta", "gamma"]

    def run(state: str = "present", **options: Any) -> dict[str, Any]:
        tokens = [{"name": name, "space": spaces[number % 3], "state": state} for number, name in enumerate(names)]
        result = runner.run("api_tokens", tokens=tokens, **options)
        assert not result.get("failed"), result
        # Each only once, from however many threads and copies.
        assert len(set(result["warnings"])) == len(result["warnings"])
        return result

    created = run(permissions=["viewer"])
    assert created["operations"] == {"generateAPIToken": 6}
    assert len({entry["api_token"]["mrn"] for entry in created["results"]}) == 6
    assert {entry["token"] for entry in created["results"]} <= {entry["secret"] for entry in simulator.secrets()}
    # Refused before anything was executed: one token for each, however often it was sent.
    assert sorted(token["name"] for token in simulator.tokens()) == ["automation", *names]
    assert not run(permissions=["viewer"])["changed"]
    assert run(permissions=["viewer"], description="New")["operations"] == {"updateAPIToken": 6}
    assert run(permissions=["editor"])["operations"] == {"setRoles": 3}
    listed = runner.run("api_token_info", organization="acme", include_spaces=True)["api_tokens"]
    assert [entry["permissions"] for entry in listed] == [["owner"], *[["editor"]] * 6]
    rotated = run(permissions=["editor"], rotate_after="0")
    assert rotated["operations"] == {"deleteAPIToken": 6, "generateAPIToken": 6, "updateAPIToken": 6}
    assert run(state="absent")["operations"] == {"deleteAPIToken": 6}
    assert [token["name"] for token in simulator.tokens()] == ["automation"]
    if name not in ADAPTATIONS:
        assert _refused(simulator) == 0


@pytest.mark.parametrize(
    "settings",
    [{}, {"validation_status": 200}, {"validation_quotes": "single"}, {"validation_code": False}],
)
def test_a_service_that_knows_spaces_only(settings: dict[str, Any], collections: Path, tmp_path: Path) -> None:
    schema = tmp_path / "schema.graphql"
    schema.write_text(SPACES_ONLY, encoding="utf-8")
    with Simulator.run(tmp_path / "simulator", schema=schema, **settings) as simulator:
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


# By what is not there: the schema, options beside the usual ones, and what the error has to name.
_NEEDED: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "the roles of a token": (without("APIToken", "roles"), {}, ["APIToken.roles", "apiTokens"]),
    "the secret": (
        without("GenerateAPITokenPayload", "token"),
        {},
        ["GenerateAPITokenPayload.token", "generateAPIToken"],
    ),
    "descriptions, where one is declared": (
        _SCHEMA.replace(
            '  "[P] Go client"\n  description: String\n  "[P] Go client"\n  roles', '  "[P] Go client"\n  roles'
        ),
        {"description": "wanted"},
        ["GenerateAPITokenInput.description", "generateAPIToken"],
    ),
    "an input by its name": (
        _SCHEMA.replace("GenerateAPITokenInput", "CreateAPITokenInput"),
        {},
        ["no type GenerateAPITokenInput", "generateAPIToken"],
    ),
    "the argument for the scope": (
        _replaced(('    "[A] serviceAccounts"\n    scopeMrn: String\n', "")),
        {},
        ["apiTokens(scopeMrn)"],
    ),
    "pages": (
        _replaced(
            (
                '    "[A] every connection of the Go client"\n    after: String\n    "[A] serviceAccounts"',
                '    "[A] serviceAccounts"',
            )
        ),
        {},
        ["apiTokens(after)"],
    ),
    "another input that has to be given": (
        _replaced(("input GenerateAPITokenInput {", 'input GenerateAPITokenInput {\n  "[A]"\n  expiresIn: Int!')),
        {},
        ["GenerateAPITokenInput.expiresIn", "generateAPIToken"],
    ),
}


@pytest.mark.parametrize(
    ("field", "lost", "fails", "works"),
    [
        ("createdAt", ("created_at", "age_days"), ("older_than", "rotate_after"), ()),
        ("lastUsed", ("last_used_at", "unused_days"), ("unused_for",), ("older_than", "rotate_after")),
        ("id", ("id",), (), ("unused_for", "older_than", "rotate_after")),
        ("creator", ("created_by",), (), ("unused_for", "older_than", "rotate_after")),
    ],
)
def test_what_is_lost_with_a_field(
    field: str, lost: tuple[str, ...], fails: tuple[str, ...], works: tuple[str, ...], collections: Path, tmp_path: Path
) -> None:
    schema = tmp_path / "schema.graphql"
    schema.write_text(without("APIToken", field), encoding="utf-8")
    ci: dict[str, Any] = {"space": "alpha", "name": "ci", "permissions": ["viewer"]}
    with Simulator.run(tmp_path / "simulator", schema=schema) as simulator:
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
    text, options, named = _NEEDED[case]
    schema = tmp_path / "schema.graphql"
    schema.write_text(text, encoding="utf-8")
    with Simulator.run(tmp_path / "simulator", schema=schema) as simulator:
        runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
        result = runner.run("api_token", space="alpha", name="ci", permissions=["viewer"], **options)
        assert result["error"]["code"] == "SchemaMismatch"
        assert all(words in result["msg"] for words in named), result["msg"]
        assert "report this message" in result["msg"]
        assert [token["name"] for token in simulator.tokens()] == ["automation"]


def test_a_description_that_is_not_declared_is_not_missed(collections: Path, tmp_path: Path) -> None:
    schema = tmp_path / "schema.graphql"
    schema.write_text(_NEEDED["descriptions, where one is declared"][0], encoding="utf-8")
    with Simulator.run(tmp_path / "simulator", schema=schema) as simulator:
        runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
        result = runner.run("api_token", space="alpha", name="ci", permissions=["viewer"])
        assert result["operations"] == ["generateAPIToken"]
        assert _refused(simulator) == 0
