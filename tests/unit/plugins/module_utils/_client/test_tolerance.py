# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service lacks is left out if it is only nice to have; the documents themselves stay as they are."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._client.documents import document
from ansible_collections.mondoo.platform.plugins.module_utils._client.tolerance import Documents
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError

SCHEMA = graphql.build_schema(
    (Path(__file__).resolve().parents[5] / "docs" / "contract" / "schema.graphql").read_text(encoding="utf-8")
)


def _refusal(field: str, type_name: str, quote: str = '"') -> dict[str, Any]:
    return {"message": f"Cannot query field {quote}{field}{quote} on type {quote}{type_name}{quote}."}


def _sent(documents: Documents, name: str) -> str:
    return graphql.print_ast(documents.get(name))


@pytest.mark.parametrize("quote", ['"', "'", "`"])
def test_an_optional_field_is_left_out_and_said_once(quote: str) -> None:
    documents = Documents()
    before = _sent(documents, "apiTokens")
    assert documents.adapt("apiTokens", [_refusal("lastUsed", "APIToken", quote)])
    assert _sent(documents, "apiTokens") == before.replace("        lastUsed\n", "")
    assert documents.warnings == ["The API has no APIToken.lastUsed: apiTokens goes on without it."]


def test_all_that_one_answer_refuses_is_left_out_together() -> None:
    documents = Documents()
    assert documents.adapt("apiTokens", [_refusal("id", "APIToken"), _refusal("creator", "APIToken")])
    sent = _sent(documents, "apiTokens")
    assert "id" not in sent.split()
    assert "creator" not in sent
    # What is selected below a field that is left out goes with it; the same name elsewhere stays.
    assert sent.split().count("mrn") == 2


def test_what_is_left_out_stays_left_out() -> None:
    documents = Documents()
    documents.adapt("apiTokens", [_refusal("id", "APIToken")])
    documents.adapt("apiTokens", [_refusal("createdAt", "APIToken")])
    assert {"id", "createdAt"}.isdisjoint(_sent(documents, "apiTokens").split())
    assert len(documents.warnings) == 2


def test_other_runs_and_other_documents_are_not_touched() -> None:
    documents = Documents()
    documents.adapt("generateAPIToken", [_refusal("mrn", "GenerateAPITokenPayload")])
    assert "mrn" not in _sent(documents, "generateAPIToken").split()
    assert documents.get("apiTokens") is document("apiTokens")
    assert "mrn" in _sent(Documents(), "generateAPIToken").split()


@pytest.mark.parametrize(
    ("name", "field", "type_name"),
    [
        ("apiTokens", "apiTokens", "Query"),
        ("apiTokens", "roles", "APIToken"),
        ("generateAPIToken", "token", "GenerateAPITokenPayload"),
    ],
)
def test_what_the_job_needs_is_an_error_that_names_it(name: str, field: str, type_name: str) -> None:
    documents = Documents()
    with pytest.raises(MondooError) as caught:
        documents.adapt(name, [_refusal(field, type_name)])
    assert caught.value.code == "SchemaMismatch"
    assert f"{type_name}.{field}" in str(caught.value)
    assert name in str(caught.value)
    assert "report" in str(caught.value)
    assert documents.warnings == []


def test_a_service_that_refuses_again_what_is_left_out_ends_the_run() -> None:
    documents = Documents()
    for refused_before in (False, True):
        documents.variables("apiTokens", {})
        documents.get("apiTokens")
        if refused_before:
            with pytest.raises(MondooError, match="has no APIToken.id, "):
                documents.adapt("apiTokens", [_refusal("id", "APIToken")])
        else:
            assert documents.adapt("apiTokens", [_refusal("id", "APIToken")])


def test_what_several_copies_of_a_field_lack_is_said_once() -> None:
    documents = Documents()
    assert documents.adapt("apiTokens", [_refusal("id", "APIToken")] * 25)
    assert len(documents.warnings) == 1


@pytest.mark.parametrize(
    "message",
    [
        'Field "creator" must not have a selection since type "String" has no subfields.',
        'Cannot query field "creator" on type "APIToken".',
    ],
)
def test_an_optional_object_goes_with_all_in_it(message: str) -> None:
    documents = Documents()
    assert documents.adapt("apiTokens", [message])
    assert "creator" not in _sent(documents, "apiTokens")


def test_an_object_of_which_nothing_is_left_is_not_asked_for() -> None:
    documents = Documents()
    assert documents.adapt("apiTokens", [_refusal(field, "Creator") for field in ("mrn", "email", "service")])
    sent = _sent(documents, "apiTokens")
    assert "creator" not in sent
    assert sent.split().count("mrn") == 2
    assert len(documents.warnings) == 3


@pytest.mark.parametrize("type_name", ["APIToken", "Role", "Author"])
def test_a_name_that_is_needed_elsewhere_is_optional_on_its_type_only(type_name: str) -> None:
    with pytest.raises(MondooError, match=f"no {type_name}.mrn, "):
        Documents().adapt("apiTokens", [_refusal("mrn", type_name)])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("apiTokens", 'Unknown argument "first" on field "Query.apiTokens".'),
        ("apiTokens", 'Variable "$first7" of type "Int!" used in position expecting type "String".'),
        ("organization", 'Unknown argument "first" on field "Organization.spacesList".'),
    ],
)
def test_an_optional_argument_is_left_out_with_its_variable(name: str, message: str) -> None:
    documents = Documents()
    given = {"scopeMrn": "//s", "first": 100, "after": "c"}
    assert documents.variables(name, given) is given
    assert documents.adapt(name, [{"message": message}])
    assert "first" not in _sent(documents, name)
    assert "after: $after" in _sent(documents, name)
    assert documents.variables(name, given) == {"scopeMrn": "//s", "after": "c"}
    assert graphql.validate(SCHEMA, documents.get(name)) == []
    assert len(documents.warnings) == 1
    assert f"{name} goes on without it" in documents.warnings[0]


# By document and the service's words: the element that the error has to name.
_NEEDED = [
    ("apiTokens", 'Unknown argument "scopeMrn" on field "Query.apiTokens".', "apiTokens(scopeMrn)"),
    ("apiTokens", 'Unknown argument "after" on field "Query.apiTokens".', "apiTokens(after)"),
    ("apiTokens", 'Field "roles" must not have a selection since type "String" has no subfields.', "roles"),
    (
        "apiTokens",
        'Field "apiTokens" argument "x" of type "Int!" is required, but it was not provided.',
        "apiTokens(x)",
    ),
    ("apiTokens", 'Variable "$scopeMrn" of type "String!" used in position expecting type "ID!".', "scopeMrn"),
    ("generateAPIToken", 'Unknown type "GenerateAPITokenInput".', "GenerateAPITokenInput"),
    # Whoever gives a description wants it.
    (
        "generateAPIToken",
        'Variable "$input" got invalid value {}; Field "description" is not defined by type "GenerateAPITokenInput".',
        "GenerateAPITokenInput.description",
    ),
    (
        "deleteAPIToken",
        'Variable "$input" got invalid value {}; Field "reason" of required type "String!" was not provided.',
        "reason",
    ),
]


@pytest.mark.parametrize(("name", "message", "element"), _NEEDED)
def test_the_error_names_the_element_and_the_document(name: str, message: str, element: str) -> None:
    documents = Documents()
    with pytest.raises(MondooError) as caught:
        documents.adapt(name, [message])
    assert caught.value.code == "SchemaMismatch"
    assert element in caught.value.reason
    assert f"the document {name}" in caught.value.reason
    assert "report this message" in str(caught.value)
    assert documents.get(name) is document(name)


def test_gqlgen_names_the_place_and_the_error_its_type() -> None:
    for path, element in (
        (["description"], "GenerateAPITokenInput.description"),
        (["roles", 0, "mrn"], "GenerateAPITokenInput.roles.mrn"),
    ):
        entry = {"message": "unknown field", "path": ["variable", "input3", *path]}
        with pytest.raises(MondooError, match=f"no {element}, "):
            Documents().adapt("generateAPIToken", [entry])


def test_nothing_is_left_out_where_something_needed_is_missing_too() -> None:
    documents = Documents()
    with pytest.raises(MondooError, match=r"APIToken\.roles"):
        documents.adapt("apiTokens", [_refusal("id", "APIToken"), _refusal("roles", "APIToken")])
    assert documents.warnings == []
    assert documents.get("apiTokens") is document("apiTokens")


_SPACE, _ORGANIZATION = "//captain.api.mondoo.app/spaces/s", "//captain.api.mondoo.app/organizations/o"
_SPACES_ONLY: list[list[Any]] = [
    ['Variable "$input" got invalid value {}; Field "scopeMrn" is not defined by type "GenerateAPITokenInput".'],
    ['Variable "$input" got invalid value {}; Field "spaceMrn" of required type "String!" was not provided.'],
    [{"message": "unknown field", "path": ["variable", "input", "scopeMrn"]}],
    [{"message": "must be defined", "path": ["variable", "input", "spaceMrn"]}],
    [
        "Variable '$input' has invalid value: Expected value of type 'X' not to include unknown field 'scopeMrn', found: {}.",
        "Variable '$input' has invalid value: Expected value of type 'X' to include required field 'spaceMrn', found: {}.",
    ],
]


@pytest.mark.parametrize("refused", _SPACES_ONLY)
@pytest.mark.parametrize("name", ["generateAPIToken", "setRoles"])
def test_a_service_that_knows_spaces_only(name: str, refused: list[Any]) -> None:
    documents = Documents()
    assert documents.adapt(name, refused)
    given = {"input": {"name": "ci", "scopeMrn": _SPACE}}
    assert documents.variables(name, given) == {"input": {"name": "ci", "spaceMrn": _SPACE}}
    assert given == {"input": {"name": "ci", "scopeMrn": _SPACE}}
    assert _sent(documents, name) == graphql.print_ast(document(name))
    assert documents.warnings == [
        f"The API takes spaceMrn in place of scopeMrn: {name} works for spaces, and not for organizations."
    ]
    with pytest.raises(MondooError) as caught:
        documents.variables(name, {"input": {"name": "ci", "scopeMrn": _ORGANIZATION}})
    assert caught.value.code == "SchemaMismatch"
    assert f"{_ORGANIZATION} is not a space" in caught.value.reason
    assert caught.value.operation == name


def test_a_service_with_neither_name_for_the_scope() -> None:
    documents = Documents()
    given = {"input": {"scopeMrn": _SPACE}}
    documents.variables("setRoles", given)
    documents.adapt("setRoles", [{"message": "unknown field", "path": ["variable", "input", "scopeMrn"]}])
    documents.variables("setRoles", given)
    with pytest.raises(MondooError, match="no SetRolesInput.spaceMrn"):
        documents.adapt("setRoles", [{"message": "unknown field", "path": ["variable", "input", "spaceMrn"]}])


def test_threads_that_get_the_same_refusal() -> None:
    """All have sent the document as it was before; each is to send again, and one warning says why."""
    count = 8
    documents = Documents()
    sent = threading.Barrier(count)

    def run(_number: int) -> tuple[bool, str, Mapping[str, Any]]:
        documents.variables("apiTokens", {"first": 1})
        documents.get("apiTokens")
        sent.wait(10)
        again = documents.adapt(
            "apiTokens", [_refusal("id", "APIToken"), 'Unknown argument "first" on field "Query.apiTokens".']
        )
        return again, _sent(documents, "apiTokens"), documents.variables("apiTokens", {"first": 1})

    with ThreadPoolExecutor(count) as threads:
        found = list(threads.map(run, range(count)))
    assert [(again, dict(variables)) for again, _document, variables in found] == [(True, {})] * count
    assert len({text for _again, text, _variables in found}) == 1
    assert len(documents.warnings) == 2


def test_a_request_that_was_made_before_another_thread_adapted_is_made_again() -> None:
    documents = Documents()
    documents.get("setRoles")
    with ThreadPoolExecutor(1) as other:
        refused = [{"message": "unknown field", "path": ["variable", "input", "scopeMrn"]}]
        documents.variables("setRoles", {"input": {"scopeMrn": _SPACE}})
        assert other.submit(documents.adapt, "setRoles", refused).result(10)
    assert documents.adapt("setRoles", refused)
    assert len(documents.warnings) == 1


@pytest.mark.parametrize("refusal", [{"message": "rpc error: code = NotFound desc = gone"}, "text", {}, None])
def test_other_errors_are_somebody_elses(refusal: object) -> None:
    documents = Documents()
    assert not documents.adapt("apiTokens", [refusal])
    assert documents.get("apiTokens") is document("apiTokens")
