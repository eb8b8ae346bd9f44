# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every document is held against the schema that carries the evidence for each of its elements."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._api import documents
from ansible_collections.mondoo.platform.plugins.module_utils._api.documents import DOCUMENTS
from ansible_collections.mondoo.platform.plugins.module_utils._graphql import batch
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.document import Document, operation
from graphql.execution.values import get_variable_values

_FILE = Path(__file__).resolve().parents[5] / "docs" / "contract" / "schema.graphql"
SCHEMA = graphql.build_schema(_FILE.read_text(encoding="utf-8"))
_TOKEN = "//agents.api.mondoo.app/spaces/s/serviceaccounts/1"
_ROLE = {"mrn": "//iam.api.mondoo.app/roles/viewer"}
_SCOPE = "//captain.api.mondoo.app/spaces/s"

# All that is ever sent with each document; the second one of setRoles is the newer form.
VARIABLES: list[tuple[Document, dict[str, Any]]] = [
    (documents.API_TOKENS, {"spaceMrn": _SCOPE, "scopeMrn": _SCOPE, "first": 100, "after": "c"}),
    (documents.SPACES, {"mrn": "//captain.api.mondoo.app/organizations/o", "first": 100, "after": "c"}),
    (documents.SPACE, {"mrn": _SCOPE}),
    (documents.ORGANIZATION, {"mrn": "//captain.api.mondoo.app/organizations/o"}),
    (
        documents.GENERATE,
        {"input": {"name": "ci", "scopeMrn": _SCOPE, "description": "x", "roles": [_ROLE]}},
    ),
    (documents.UPDATE, {"input": {"mrn": _TOKEN, "name": "ci", "description": "x"}}),
    (documents.SET_ROLES, {"input": {"scopeMrn": _SCOPE, "updates": [{"entityMrn": _TOKEN, "roles": [_ROLE]}]}}),
    (documents.SET_ROLES, {"input": {"scopeMrn": _SCOPE, "identity": _TOKEN, "roles": [_ROLE["mrn"]]}}),
    (documents.DELETE, {"input": {"mrn": _TOKEN}}),
]


def test_every_document_is_held_against_the_schema() -> None:
    assert {document for document, _variables in VARIABLES} == set(DOCUMENTS)
    module_level = {value for value in vars(documents).values() if isinstance(value, Document)}
    assert module_level == set(DOCUMENTS)


@pytest.mark.parametrize(("document", "variables"), VARIABLES)
def test_documents_and_variables_fit_the_schema(document: Document, variables: dict[str, Any]) -> None:
    assert graphql.validate(SCHEMA, document.plain) == []
    definition = operation(document.plain)
    assert definition.name is not None
    assert definition.name.value == document.name
    values = get_variable_values(SCHEMA, list(definition.variable_definitions or ()), variables)
    assert not isinstance(values, list), values


@pytest.mark.parametrize(("document", "variables"), VARIABLES)
def test_batches_fit_the_schema(document: Document, variables: dict[str, Any]) -> None:
    copies = batch.multiply(document.plain, 25)
    assert graphql.validate(SCHEMA, graphql.parse(graphql.print_ast(copies))) == []
    definitions = list(operation(copies).variable_definitions or ())
    values = get_variable_values(SCHEMA, definitions, batch.number_variables([variables] * 25))
    assert not isinstance(values, list), values


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.source.split("(")[0].strip())
def test_marks_are_clear(document: Document) -> None:
    """The schema has all that they name."""
    marks = document.marks
    for new, old in marks.formerly.items():
        declared = SCHEMA.type_map[marks.types["input"]]
        assert isinstance(declared, graphql.GraphQLInputObjectType)
        assert {new, old} <= declared.fields.keys()


@pytest.mark.parametrize(
    ("document", "optional"),
    [
        (
            documents.API_TOKENS,
            {"totalCount", "scopeMrn", "createdAt", "lastUsed", "creator", "mrn", "email"},
        ),
        (documents.SPACES, {"totalCount"}),
        (documents.SPACE, set()),
        (documents.ORGANIZATION, set()),
        (documents.GENERATE, {"mrn", "name", "description", "createdBy", "createdAt"}),
        (documents.UPDATE, {"name", "description"}),
        (documents.SET_ROLES, {"mrns", "errors"}),
        (documents.DELETE, {"ok"}),
    ],
)
def test_everything_that_the_job_does_not_need_is_optional(document: Document, optional: set[str]) -> None:
    assert document.marks.fields == optional


def test_what_is_optional_among_arguments() -> None:
    assert documents.API_TOKENS.marks.variables == {"spaceMrn", "scopeMrn", "first"}
    assert documents.API_TOKENS.marks.stand_ins == {"scopeMrn": "spaceMrn"}
    assert documents.SPACES.marks.variables == {"first"}


@pytest.mark.parametrize("corrected", [r"\bid\b", r"\bservice\b", r"\bquery:"])
def test_nothing_is_asked_for_that_the_console_does_not_ask_for(corrected: str) -> None:
    assert not [document.name for document in DOCUMENTS if re.search(corrected, document.source)]


def test_every_element_of_the_schema_has_its_evidence() -> None:
    """One of the marks of the contract, and where it comes from."""
    bare = [
        name
        for name, declared in SCHEMA.type_map.items()
        if not name.startswith("__") and not graphql.is_specified_scalar_type(declared)
        for element in [declared, *getattr(declared, "fields", {}).values(), *getattr(declared, "values", {}).values()]
        if not re.match(r"\[[PCA]\] \S", element.description or "")
    ]
    assert bare == []
