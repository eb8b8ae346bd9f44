# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP and GraphQL: what is taken, what is refused, and how."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from simulator.process import Simulator

from .api import (
    ALPHA,
    GENERATE,
    LIST,
    Api,
    listed,
)

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "kind"),
    [
        ("GET", "/query", {}, "", 405, "text/html"),
        ("PUT", "/query", JSON, "{}", 405, "text/html"),
        ("POST", "/", JSON, "{}", 404, "text/html"),
        ("POST", "/query/", JSON, "{}", 404, "text/html"),
        ("POST", "/query/query", JSON, "{}", 404, "text/html"),
        ("POST", "/query", {}, '{"query": "{ __typename }"}', 400, "application/json"),
        ("POST", "/query", {"Content-Type": "text/plain"}, '{"query": "{ __typename }"}', 400, "application/json"),
        ("POST", "/query", JSON, '{"query": ', 400, "application/json"),
        ("POST", "/query", JSON, "", 400, "application/json"),
        ("POST", "/query", JSON, "[]", 422, "application/json"),
        ("POST", "/query", JSON, "{}", 422, "application/json"),
        ("POST", "/query", JSON, '{"query": 7}', 422, "application/json"),
        ("POST", "/query", JSON, '{"query": "{ __typename }", "variables": []}', 422, "application/json"),
        ("POST", "/query", JSON, '{"query": "{ __typename }", "operationName": 1}', 422, "application/json"),
        ("POST", "/query", JSON, '{"query": "{ apiTokens("}', 422, "application/json"),
    ],
)
def test_what_is_no_request(
    method: str, path: str, headers: dict[str, str], body: str, status: int, kind: str, owner: Api, simulator: Simulator
) -> None:
    answer = owner.session.request(
        method, simulator.url + path, headers=headers, data=body, timeout=20, allow_redirects=False
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith(kind)
    (logged,) = simulator.requests()
    assert (logged["method"], logged["path"], logged["status"]) == (method, path, status)
    assert not logged["executed"]


def test_a_document_that_cannot_be_parsed_has_a_code(owner: Api) -> None:
    (error,) = owner.send("{ apiTokens(").json()["errors"]
    assert error["extensions"] == {"code": "GRAPHQL_PARSE_FAILED"}


INVALID = [
    ('{ apiTokens(spaceMrn: "") { nodes { mrn } } }', 'Cannot query field "nodes" on type "APITokenConnection".'),
    ("{ tokens { mrn } }", 'Cannot query field "tokens" on type "Query".'),
    ("{ apiTokens(scope: 1) { totalCount } }", 'Unknown argument "scope" on field "Query.apiTokens".'),
    ("{ space { mrn } }", "is required, but it was not provided"),
    ("{ apiTokens { totalCount } }", '"String!" is required, but it was not provided'),
    ("query ($first: String) { apiTokens(first: $first) { totalCount } }", 'used in position expecting type "Int"'),
    ("query ($unused: Int) { apiTokens { totalCount } }", 'Variable "$unused" is never used'),
    (
        'mutation { deleteAPIToken(input: {mrn: "1", id: "1"}) { ok } }',
        '"DeleteAPITokenInput"',
    ),
    ("{ apiTokens { pageInfo } }", "must have a selection of subfields"),
    ("fragment A on Query { ...A } query { ...A }", 'Cannot spread fragment "A" within itself.'),
]


@pytest.mark.parametrize(("document", "words"), INVALID)
def test_documents_are_held_against_the_schema(document: str, words: str, owner: Api, simulator: Simulator) -> None:
    answer = owner.send(document)
    assert answer.status_code == 422
    assert "data" not in answer.json()
    errors = answer.json()["errors"]
    assert any(words in error["message"] for error in errors), errors
    assert all(error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"} for error in errors)
    assert all(error["locations"] for error in errors)
    assert [entry["executed"] for entry in simulator.requests()] == [False]


@pytest.mark.parametrize(
    ("settings", "status", "message", "extensions"),
    [
        ({}, 422, 'Cannot query field "x" on type "Query".', {"code": "GRAPHQL_VALIDATION_FAILED"}),
        (
            {"validation_status": 200, "validation_quotes": "single"},
            200,
            "Cannot query field 'x' on type 'Query'.",
            {"code": "GRAPHQL_VALIDATION_FAILED"},
        ),
        ({"validation_code": False}, 422, 'Cannot query field "x" on type "Query".', None),
    ],
)
def test_variants_of_a_validation_error(
    settings: dict[str, Any], status: int, message: str, extensions: object, owner: Api, simulator: Simulator
) -> None:
    simulator.settings(**settings)
    answer = owner.send("{ x }")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["message"], error.get("extensions")) == (status, message, extensions)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"input": None},
        {"input": {"scopeMrn": ALPHA}},
        {"input": {"name": 7, "scopeMrn": ALPHA}},
        {"input": {"name": "ci", "scopeMrn": ALPHA, "permissions": []}},
        {"input": {"name": "ci", "scopeMrn": ALPHA, "roles": ["viewer"]}},
    ],
)
def test_variables_are_held_against_the_schema(variables: dict[str, Any], owner: Api, simulator: Simulator) -> None:
    answer = owner.send(GENERATE, **variables)
    assert answer.status_code == 422
    assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}
    assert simulator.tokens(ALPHA) == []


def test_several_operations_need_a_name(owner: Api, simulator: Simulator) -> None:
    document = f'query spaces {{ space(mrn: "{ALPHA}") {{ id }} }} mutation other {{ __typename }}'
    assert owner.send(document).status_code == 422
    answer = owner.session.post(owner.url, json={"query": document, "operationName": "spaces"}, timeout=20)
    assert answer.json() == {"data": {"space": {"id": "alpha"}}}
    assert simulator.requests()[-1]["fields"] == ["space"]
    unknown = owner.session.post(owner.url, json={"query": document, "operationName": "nothing"}, timeout=20)
    assert unknown.status_code == 422
    assert simulator.requests()[-1]["kind"] is None


def test_introspection(owner: Api) -> None:
    schema = owner.ask("{ __schema { mutationType { fields { name } } } }")
    names = {field["name"] for field in schema["mutationType"]["fields"]}
    assert names == {"generateAPIToken", "updateAPIToken", "deleteAPIToken", "setRoles"}


def test_root_fields_are_found_below_fragments_and_aliases(owner: Api, simulator: Simulator) -> None:
    owner.send(
        f"""
        fragment F on Query {{ second: space(mrn: "{ALPHA}") {{ id }} }}
        {{
          first: space(mrn: "{ALPHA}") {{ id }}
          ...F
          ... on Query {{ apiTokens(spaceMrn: "{ALPHA}") {{ totalCount }} }}
        }}"""
    )
    (entry,) = simulator.requests()
    assert entry["fields"] == ["space", "space", "apiTokens"]
    assert entry["keys"] == ["first", "second", "apiTokens"]


def test_connections_are_kept_alive(owner: Api, simulator: Simulator) -> None:
    for _request in range(3):
        owner.ask(LIST, **listed(ALPHA))
    requests.post(owner.url, json={"query": LIST}, timeout=20)
    connections = [entry["connection"] for entry in simulator.requests()]
    assert len(set(connections[:3])) == 1
    assert connections[3] != connections[0]
