# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One document of several: held against the contract's schema, and executed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._client import aliases
from ansible_collections.mondoo.platform.plugins.module_utils._client.documents import SOURCES, document
from graphql.execution.values import get_variable_values

from .test_documents import SCHEMA, VARIABLES


def _operation(found: graphql.DocumentNode) -> graphql.OperationDefinitionNode:
    (operation,) = found.definitions
    assert isinstance(operation, graphql.OperationDefinitionNode)
    return operation


@pytest.mark.parametrize("count", range(1, 26))
@pytest.mark.parametrize("name", SOURCES)
def test_copies_and_their_variables_fit_the_schema(name: str, count: int) -> None:
    found = aliases.multiplied(document(name), count)
    assert graphql.validate(SCHEMA, found) == []
    # What is sent is text.
    assert graphql.validate(SCHEMA, graphql.parse(graphql.print_ast(found))) == []
    variables = aliases.numbered([VARIABLES[name]] * count)
    values = get_variable_values(SCHEMA, list(_operation(found).variable_definitions or ()), variables)
    assert not isinstance(values, list), values


@pytest.mark.parametrize("name", SOURCES)
def test_the_original_is_left_as_it_is(name: str) -> None:
    before = graphql.print_ast(document(name))
    aliases.multiplied(document(name), 3)
    assert graphql.print_ast(document(name)) == before


@pytest.mark.parametrize("name", SOURCES)
def test_kind_name_and_selections_stay(name: str) -> None:
    one, three = _operation(document(name)), _operation(aliases.multiplied(document(name), 3))
    assert (three.operation, three.name) == (one.operation, one.name)
    (field,) = one.selection_set.selections
    assert isinstance(field, graphql.FieldNode)
    for copy in three.selection_set.selections:
        assert isinstance(copy, graphql.FieldNode)
        assert copy.name == field.name
        if name != "organization":
            # Its inner field has variables of its own.
            assert copy.selection_set == field.selection_set


def test_each_copy_gets_its_own_values() -> None:
    """As a server sees it, with values that differ from copy to copy."""
    seen: list[dict[str, Any]] = []

    def resolve(_source: object, _info: object, **arguments: Any) -> Mapping[str, Any]:
        seen.append(arguments)
        return {"edges": [], "pageInfo": {"hasNextPage": False}}

    each = [
        {"scopeMrn": "//a", "first": 1},
        {"scopeMrn": "//b", "first": 2, "after": "c"},
        {"scopeMrn": "//a", "first": 3},
    ]
    answer = graphql.graphql_sync(
        SCHEMA,
        graphql.print_ast(aliases.multiplied(document("apiTokens"), 3)),
        field_resolver=lambda source, info, **arguments: (
            resolve(source, info, **arguments) if info.field_name == "apiTokens" else source.get(info.field_name)
        ),
        variable_values=aliases.numbered(each),
    )
    assert answer.errors is None
    assert seen == each
    assert list(answer.data or {}) == aliases.keys(3)


def test_keys_and_variables_are_distinct() -> None:
    assert len(set(aliases.keys(120))) == 120
    assert len(aliases.numbered([{"first": number, "scopeMrn": "//"} for number in range(120)])) == 240
