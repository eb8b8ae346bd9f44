# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Helpers of the comparison for GraphQL types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

try:
    import graphql
except ImportError:
    # The caller has already used it for a connection.
    graphql = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from graphql import GraphQLArgument, GraphQLField, GraphQLInputField, GraphQLNamedType

Typed: TypeAlias = "GraphQLField | GraphQLArgument | GraphQLInputField"

_NUMBERS = frozenset({"Int", "Float"})
_BOOLEAN = "Boolean"


def output_fields(parent: GraphQLNamedType | None) -> Mapping[str, GraphQLField]:
    """The fields of an object or interface; none for anything else."""
    return parent.fields if isinstance(parent, (graphql.GraphQLObjectType, graphql.GraphQLInterfaceType)) else {}


def sent_fields(declared: GraphQLNamedType | None) -> Mapping[str, GraphQLInputField]:
    """The fields of an input; none for anything else."""
    return declared.fields if isinstance(declared, graphql.GraphQLInputObjectType) else {}


def arguments(field: GraphQLField) -> Mapping[str, GraphQLArgument]:
    """The arguments of a field."""
    return field.args


def list_depth(declared: Typed) -> int:
    """How deeply its type nests lists; 0 without a list."""
    return str(declared.type).count("[")


def leaf_fits(expected: GraphQLNamedType, actual: GraphQLNamedType) -> bool:
    """Whether values of one scalar can be used as values of the other.

    The name of a scalar does not define its JSON: `Time`, `DateTime` and `String` are all text. A custom scalar of the
    contract may be any scalar, and its text may be a custom scalar.
    """
    kinds = _json_kind(expected), _json_kind(actual)
    return kinds[0] == kinds[1] or (kinds[0] == "any" and kinds[1] == "text") or kinds == ("text", "any")


def _json_kind(leaf: GraphQLNamedType) -> str:
    if leaf.name in _NUMBERS:
        return "number"
    if leaf.name == _BOOLEAN:
        return "boolean"
    is_text = leaf.name in ("String", "ID") or graphql.is_enum_type(leaf)
    return "text" if is_text else "any"
