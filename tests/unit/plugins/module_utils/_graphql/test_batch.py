# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One document of several: held against the schema, and executed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._graphql import batch
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.document import Document, operation
from graphql.execution.values import get_variable_values

from .documents import ADD_BOOK, BOOKS, SCHEMA, SPACE

_VARIABLES: dict[Document, dict[str, Any]] = {
    BOOKS: {"spaceMrn": SPACE, "scopeMrn": SPACE, "first": 100, "after": "c"},
    ADD_BOOK: {"input": {"title": "x", "scopeMrn": SPACE, "tags": [{"name": "y"}]}},
}


@pytest.mark.parametrize("count", [1, 2, 25])
@pytest.mark.parametrize("document", _VARIABLES, ids=lambda document: document.name)
def test_copies_and_their_variables_fit_the_schema(document: Document, count: int) -> None:
    copies = batch.multiply(document.plain, count)
    assert graphql.validate(SCHEMA, copies) == []
    # What is sent is text.
    assert graphql.validate(SCHEMA, graphql.parse(graphql.print_ast(copies))) == []
    variables = batch.number_variables([_VARIABLES[document]] * count)
    values = get_variable_values(SCHEMA, list(operation(copies).variable_definitions or ()), variables)
    assert not isinstance(values, list), values


def test_the_original_is_left_as_it_is() -> None:
    before = graphql.print_ast(BOOKS.plain)
    batch.multiply(BOOKS.plain, 3)
    assert graphql.print_ast(BOOKS.plain) == before


def test_kind_name_and_selections_stay() -> None:
    one, three = operation(BOOKS.plain), operation(batch.multiply(BOOKS.plain, 3))
    assert (three.operation, three.name) == (one.operation, one.name)
    (field,) = one.selection_set.selections
    assert isinstance(field, graphql.FieldNode)
    for copy in three.selection_set.selections:
        assert isinstance(copy, graphql.FieldNode)
        assert (copy.name, copy.selection_set) == (field.name, field.selection_set)


def test_each_copy_gets_its_own_values() -> None:
    """As a server sees it."""
    seen: list[dict[str, Any]] = []

    def resolve(source: Any, info: Any, **arguments: Any) -> Mapping[str, Any]:
        if info.field_name != "books":
            return source.get(info.field_name)  # type: ignore[no-any-return]  # whatever stands there
        seen.append(arguments)
        return {"edges": [], "pageInfo": {"hasNextPage": False}}

    each = [
        {"spaceMrn": "//a", "scopeMrn": "//a", "first": 1},
        {"spaceMrn": "", "scopeMrn": "//b", "first": 2, "after": "c"},
        {"spaceMrn": "//a", "scopeMrn": "//b", "first": 3},
    ]
    answer = graphql.graphql_sync(
        SCHEMA,
        graphql.print_ast(batch.multiply(BOOKS.plain, 3)),
        field_resolver=resolve,
        variable_values=batch.number_variables(each),
    )
    assert answer.errors is None
    assert seen == each
    assert tuple(answer.data or {}) == batch.aliases(3)


def test_aliases_and_variables_are_distinct() -> None:
    assert len(set(batch.aliases(120))) == 120
    assert len(batch.number_variables([{"first": number, "spaceMrn": "//"} for number in range(120)])) == 240
