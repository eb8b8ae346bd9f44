# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documents, held against the contract's schema; and what is sent of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._client.documents import (
    OPTIONAL,
    SOURCES,
    Marks,
    document,
    marked,
    marks,
)
from graphql.execution.values import get_variable_values

SCHEMA = graphql.build_schema(
    (Path(__file__).resolve().parents[5] / "docs" / "contract" / "schema.graphql").read_text(encoding="utf-8")
)
_ROLES = [{"mrn": "//iam.api.mondoo.app/roles/viewer"}]
VARIABLES: Mapping[str, Mapping[str, Any]] = {
    "apiTokens": {"scopeMrn": "//s", "first": 100, "after": "c"},
    "organization": {"mrn": "//o", "first": 100, "after": "c"},
    "generateAPIToken": {"input": {"name": "ci", "scopeMrn": "//s", "description": "x", "roles": _ROLES}},
    "updateAPIToken": {"input": {"mrn": "//t", "name": "ci", "description": ""}},
    "setRoles": {"input": {"scopeMrn": "//s", "updates": [{"entityMrn": "//t", "roles": _ROLES}]}},
    "deleteAPIToken": {"input": {"mrn": "//t"}},
}


def _definition(name: str) -> graphql.OperationDefinitionNode:
    (found,) = document(name).definitions
    assert isinstance(found, graphql.OperationDefinitionNode)
    return found


def test_every_document_has_an_example_of_its_variables() -> None:
    assert set(VARIABLES) == set(SOURCES)


@pytest.mark.parametrize("name", SOURCES)
def test_documents_fit_the_schema(name: str) -> None:
    assert graphql.validate(SCHEMA, document(name)) == []


@pytest.mark.parametrize("name", SOURCES)
def test_variables_fit_the_schema(name: str) -> None:
    found = get_variable_values(SCHEMA, list(_definition(name).variable_definitions or ()), dict(VARIABLES[name]))
    assert not isinstance(found, list), found


@pytest.mark.parametrize("name", SOURCES)
def test_a_document_is_named_after_its_only_root_field(name: str) -> None:
    definition = _definition(name)
    assert definition.name is not None
    (root,) = definition.selection_set.selections
    assert isinstance(root, graphql.FieldNode)
    assert definition.name.value == root.name.value == name
    assert (definition.operation is graphql.OperationType.QUERY) == (name in ("apiTokens", "organization"))


@pytest.mark.parametrize("name", SOURCES)
def test_marks_are_not_sent_but_what_they_mark_is(name: str) -> None:
    sent = graphql.print_ast(document(name))
    assert "@" not in sent
    assert sent == graphql.print_ast(graphql.parse(re.sub(r"@\w+(\(.*?\))?", "", SOURCES[name])))
    assert graphql.print_ast(marked(name)).count("@") == SOURCES[name].count("@")


@pytest.mark.parametrize("name", SOURCES)
def test_marks_are_clear(name: str) -> None:
    """A name that is marked is marked wherever it stands, or says of which type it is; and the schema has all that is named."""
    found = marks(name)
    type_info = graphql.TypeInfo(SCHEMA)
    places: dict[str, list[tuple[str, bool]]] = {}

    class Collecting(graphql.Visitor):
        def enter_field(self, node: graphql.FieldNode, *_place: object) -> None:
            parent = type_info.get_parent_type()
            assert parent is not None
            places.setdefault(node.name.value, []).append((parent.name, bool(node.directives)))

    graphql.visit(marked(name), graphql.TypeInfoVisitor(type_info, Collecting()))
    for field, owner in found.fields.items():
        assert {(parent, owner in (None, parent)) for parent, _marked in places[field]} == set(places[field])
    for new, old in found.formerly.items():
        declared = SCHEMA.type_map[found.types["input"]]
        assert isinstance(declared, graphql.GraphQLInputObjectType)
        assert {new, old} <= declared.fields.keys()


def test_what_the_marks_say() -> None:
    tokens = marks("apiTokens")
    optional = dict.fromkeys(("id", "createdAt", "lastUsed", "creator", "email", "service"))
    assert tokens.fields == {**optional, "mrn": "Creator"}
    assert tokens.arguments == {("apiTokens", "first"): "first"}
    assert marks("organization").arguments == {("spacesList", "first"): "first"}
    assert marks("generateAPIToken").fields == {"mrn": None}
    for name, type_name in (("generateAPIToken", "GenerateAPITokenInput"), ("setRoles", "SetRolesInput")):
        assert marks(name).formerly == {"scopeMrn": "spaceMrn"}
        assert marks(name).types == {"input": type_name}
    assert marks("deleteAPIToken") == Marks(types={"input": "DeleteAPITokenInput"})


def test_what_the_job_needs_is_not_optional() -> None:
    for name, needed in (("apiTokens", ("mrn", "name", "description", "roles")), ("generateAPIToken", ("token",))):
        for line in SOURCES[name].splitlines():
            words = line.split()
            assert not (words and words[0] in needed and words[1:2] == [f"@{OPTIONAL}"]), line
    assert "token mrn @optional" in SOURCES["generateAPIToken"]


def test_a_document_is_parsed_once() -> None:
    assert document("setRoles") is document("setRoles")
