# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules live with what the service may lack or add, by what is known of it; the normal case costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import graphql
import pytest

from simulator.process import Simulator
from simulator.variants import BROKEN, REWORDED, VARIANTS, Variant, run, switch, without

from flows import FLOWS, Service
from module_runner import ModuleRunner

_OPTIONAL = ("scopeMrn", "createdAt", "lastUsed", "creator")
_ALL = {**VARIANTS, **REWORDED}


@pytest.fixture
def service(request: pytest.FixtureRequest, simulator: Simulator, collections: Path, tmp_path: Path) -> Service:
    """Modules at the variant that the test names."""
    variant = _ALL[request.param]
    switch(simulator, variant)
    return Service(simulator, variant, collections, tmp_path)


def _flows() -> list[Any]:
    """Every flow of every module on every variant of the service that can have it."""
    cases: list[Any] = []
    for name, variant in _ALL.items():
        for flow, about in FLOWS.items():
            if about.organizations and not variant.organizations:
                continue
            if about.stages and variant.settings.get("stored_names") == "lower":
                # The times in the names of a rotation have upper-case letters.
                continue
            cases.append(pytest.param(name, flow, id=f"{name}: {flow}"))
    return cases


@pytest.mark.parametrize(("service", "flow"), _flows(), indirect=["service"])
def test_every_flow_on_every_variant(
    service: Service, flow: str, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    about = FLOWS[flow]
    about.run(service)
    record_property("variant cases", 1)
    if request.node.callspec.id.startswith("contract: ") and about.requests is not None:
        assert service.requests == about.requests


# What is refused is never changed

# By what is refused: options of a token, and the mutation.
_CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "describe": ({"description": "New"}, "updateAPIToken"),
    "permit": ({"permissions": ["agent"]}, "setRoles"),
    "delete": ({"state": "absent"}, "deleteAPIToken"),
}
# By mutation, the fields of its answer of which one has to be there, so that a refusal can be told in it.
_TELLING = {
    "updateAPIToken": ("APIToken", {"name"}),
    "setRoles": ("SetRolesPayload", {"mrns", "errors"}),
    "deleteAPIToken": ("DeleteAPITokenPayload", {"ok"}),
}
_WORDS = "not this one"
# Variants in which each token's permissions take a mutation of their own.
_ONE_BY_ONE = ("setRoles without updates", "refusals in answers, setRoles without updates")


def _refusals() -> list[Any]:
    """Every change on every variant of the service, refused with an error, and in the answer where that has a place for it."""
    cases: list[Any] = []
    for name, variant in _ALL.items():
        types = graphql.build_schema(variant.schema).type_map
        for change, (_options, operation) in _CHANGES.items():
            type_name, fields = _TELLING[operation]
            payload = types[type_name]
            assert isinstance(payload, graphql.GraphQLObjectType)
            cases.append(pytest.param(name, change, "field_error", id=f"{name}: {change}, with an error"))
            if not fields.isdisjoint(payload.fields):
                cases.append(pytest.param(name, change, "answer_refusal", id=f"{name}: {change}, in the answer"))
    return cases


def _operations(variant: str, change: str, kind: str) -> tuple[list[str], list[list[str]]]:
    """The mutations that may have been executed, by their responses: of `b` alone, and of each of the three together."""
    operation = _CHANGES[change][1]
    once, twice = [operation], [operation] * 2
    if change != "permit":
        # Without null for one part, an error takes the results of all, and what comes after it is not executed.
        return [], [once, [], twice if variant.startswith("payloads never null") and kind == "field_error" else once]
    if kind == "field_error":
        # Permissions share a mutation. What an error that does not say whose it is may have left undone is sent again, alone.
        return [], [once, [], once] if variant.startswith(_ONE_BY_ONE) else [twice, once, twice]
    if variant.startswith("setRoles without errors"):
        # The answer shows whose permissions were set, and of no other why not.
        return twice, [once, twice, once]
    return [], [once, [], once]


@pytest.mark.parametrize(("service", "change", "kind"), _refusals(), indirect=["service"])
def test_a_refused_change_is_never_changed(
    service: Service,
    change: str,
    kind: str,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    """Neither alone nor as one of several."""
    options, operation = _CHANGES[change]
    names = ["a", "b", "c"]
    service.add(*names)
    before = {name: service.token(name) for name in names}
    declared: dict[str, Any] = {"permissions": ["viewer"], **options}
    service.simulator.fault(kind, match=operation, named="b", message=_WORDS)

    alone = service.attempt("api_token", space="alpha", name="b", **declared)
    assert alone["failed"]
    assert not alone["changed"]
    expected_alone, expected = _operations(request.node.callspec.params["service"], change, kind)
    assert alone["operations"] == expected_alone
    assert 'API token "b"' in alone["msg"]
    assert service.token("b") == before["b"]

    tokens = [{"space": "alpha", "name": name, **declared} for name in names]
    together = service.attempt("api_tokens", tokens=tokens)
    assert together["failed"]
    assert [(entry["failed"], entry["changed"]) for entry in together["results"]] == [
        (False, True),
        (True, False),
        (False, True),
    ]
    assert [entry["operations"] for entry in together["results"]] == expected
    assert service.token("b") == before["b"]
    assert service.names() == (["b"] if change == "delete" else names)

    service.simulator.clear_faults()
    service.run("api_token", space="alpha", name="b", **declared)
    assert not service.run("api_tokens", tokens=tokens)["changed"]
    record_property("refusal cases", 1)


def _refused(simulator: Simulator) -> int:
    return sum(entry["status"] == 422 for entry in simulator.requests())


@pytest.mark.parametrize(
    "settings",
    [{}, {"validation_status": 200}, {"validation_quotes": "single"}, {"validation_code": False}],
)
def test_a_service_that_knows_spaces_only(settings: dict[str, Any], collections: Path, tmp_path: Path) -> None:
    with run(VARIANTS["scopeMrn unknown"], tmp_path / "simulator", **settings) as simulator:
        runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
        space = runner.run("api_token", space="alpha", name="ci", permissions=["viewer"])
        assert space["operations"] == ["generateAPIToken"]
        assert [warning for warning in space["warnings"] if "for spaces, and not for organizations" in warning] == [
            "The API has no apiTokens(scopeMrn): apiTokens works for spaces, and not for organizations.",
            "The API takes spaceMrn in place of scopeMrn: generateAPIToken works for spaces, and not for organizations.",
        ]
        organization = runner.run("api_token", organization="acme", name="ci", permissions=["viewer"])
        assert organization["failed"]
        assert organization["error"] == {"code": "SchemaMismatch", "operation": "apiTokens"}
        assert 'Could not list the API tokens of organization "acme"' in organization["msg"]
        assert "is not a space" in organization["msg"]
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
        assert all(f"APIToken.{name}" in " ".join(result["warnings"]) for name in _OPTIONAL)
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
