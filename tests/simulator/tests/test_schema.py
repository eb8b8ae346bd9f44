# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schema in the documentation: every element says where it comes from, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

from simulator.resolvers import RESOLVERS
from simulator.server import SCHEMA

MARKS = ("[P] ", "[C] ", "[A] ")


def _elements(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Every element with its description: types, fields, arguments, input fields, enum values, scalars."""
    for name, kind in schema.type_map.items():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", element.description) for value, element in kind.values.items())
        if isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{name}.{field}", element.description) for field, element in kind.fields.items())
        if isinstance(kind, GraphQLObjectType):
            for field, declared in kind.fields.items():
                yield f"{name}.{field}", declared.description
                yield from ((f"{name}.{field}({arg})", element.description) for arg, element in declared.args.items())


def _unmarked(text: str) -> list[str]:
    """The elements that lack a mark, or say nothing of their source."""
    elements = _elements(build_schema(text))
    return [name for name, about in elements if not (about or "").startswith(MARKS) or len(about or "") < 8]


def test_every_element_is_marked() -> None:
    assert _unmarked(SCHEMA.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "unmarked"),
    [
        ('type Query { "[P] somewhere" a: Int }', ["Query"]),
        ('"[P] somewhere" type Query { a: Int }', ["Query.a"]),
        ('"[P] somewhere" type Query { "[P]" a: Int }', ["Query.a"]),
        ('"[P] somewhere" type Query { "[A] a guess" a("sure" b: Int): Int }', ["Query.a(b)"]),
        ('"[P] somewhere" type Query { "[A] a guess" a: E } "[A] a guess" enum E { V }', ["E.V"]),
        ('"[P] somewhere" type Query { "[A] a guess" a: T } scalar T', ["T"]),
        ('"[P] somewhere" type Query { "[A] a guess" a: Int } input I { b: Int }', ["I", "I.b"]),
    ],
)
def test_a_missing_mark_is_noticed(text: str, unmarked: list[str]) -> None:
    assert _unmarked(text) == unmarked


def test_the_simulator_answers_every_field_that_needs_it() -> None:
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"))
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    assert RESOLVERS["Query"].keys() == schema.query_type.fields.keys()
    assert RESOLVERS["Mutation"].keys() == schema.mutation_type.fields.keys()
