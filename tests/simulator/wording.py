# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validation errors as gqlparser words them, the engine of most GraphQL servers in Go. The simulator itself validates
with graphql-core. `tests/engines` has what gqlparser really says, and the simulator's tests compare.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    get_named_type,
    is_required_input_field,
    print_ast,
    type_from_ast,
    visit,
)


class Refusal(NamedTuple):
    """A message, with the path of a variable's value or the error of graphql-core that it is for."""

    message: str
    path: tuple[str | int, ...] = ()
    error: GraphQLError | None = None


# -- documents ---------------------------------------------------------------------------------------------------------

# What graphql-core says (3.2 and 3.3, in double quotes), and what gqlparser says.
_REWORDED = [
    (
        r'Argument "\w+\.(\w+)\((\w+):\)" of type "(.*)" is required, but it was not provided\.',
        r'Field "\1" argument "\2" of type "\3" is required, but it was not provided.',
    ),
    (r'(Unknown type "\w+"\.).*', r"\1"),
    (r'Expected value of non-null type "(.*)" not to be None\.', r'Expected value of type "\1", found null.'),
    (
        r'Expected value of type "(\w+)" not to include unknown field "(\w+)".*',
        r'Field "\2" is not defined by type "\1".',
    ),
]
_REQUIRED = re.compile(r'Expected value of type "(\w+)" to include required field "(\w+)"')
_LEAF = re.compile(r'Field "\w+" must not have a selection since type "([^"]+)" has no subfields\.')


def document_refusals(
    errors: Sequence[GraphQLError], schema: GraphQLSchema, document: DocumentNode
) -> Iterator[Refusal]:
    """What is wrong with a document, by what graphql-core says."""
    for error in errors:
        message = error.message.replace("'", '"')
        leaf = _LEAF.match(message)
        if leaf and error.nodes:
            yield from (
                Refusal(f'Cannot query field "{name}" on type "{leaf[1]}".', (), error)
                for name in _selected(error.nodes[0])
            )
        yield Refusal(_reworded(message, schema), (), error)
    yield from (Refusal(message) for message in _positions_of_unknown_types(schema, document))


def _reworded(message: str, schema: GraphQLSchema) -> str:
    required = _REQUIRED.match(message)
    if required:
        declared = schema.type_map[required[1]]
        assert isinstance(declared, GraphQLInputObjectType)
        kind = declared.fields[required[2]].type
        return f'Field "{required[1]}.{required[2]}" of required type "{kind}" was not provided.'
    for pattern, words in _REWORDED:
        message = re.sub(rf"^{pattern}$", words, message)
    return message


def _selected(node: object) -> list[str]:
    """The names in a selection, or in that of a field."""
    selection = node.selection_set if isinstance(node, FieldNode) else node
    fields = selection.selections if isinstance(selection, SelectionSetNode) else ()
    return [field.name.value for field in fields if isinstance(field, FieldNode)]


class _Uses(Visitor):
    """Collects the types of the positions that variables are used in."""

    def __init__(self, type_info: TypeInfo) -> None:
        super().__init__()
        self._type_info = type_info
        self.types: dict[str, str] = {}

    def enter_variable(self, node: VariableNode, *_others: object) -> None:
        expected = self._type_info.get_input_type()
        if expected is not None:
            self.types[node.name.value] = str(expected)


def _positions_of_unknown_types(schema: GraphQLSchema, document: DocumentNode) -> Iterator[str]:
    type_info = TypeInfo(schema)
    uses = _Uses(type_info)
    visit(document, TypeInfoVisitor(type_info, uses))
    for operation in document.definitions:
        for variable in getattr(operation, "variable_definitions", None) or ():
            name, kind = variable.variable.name.value, print_ast(variable.type)
            if type_from_ast(schema, variable.type) is None and name in uses.types:
                yield f'Variable "${name}" of type "{kind}" used in position expecting type "{uses.types[name]}".'


# -- variables ---------------------------------------------------------------------------------------------------------


def variable_refusal(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> Refusal | None:
    """The first thing that is wrong with the variables of a valid document."""
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        kind: Any = type_from_ast(schema, definition.type)
        path = ("variable", name)
        if name not in variables:
            if isinstance(kind, GraphQLNonNull) and definition.default_value is None:
                return Refusal("must be defined", path)
            continue
        refusal = _value_refusal(kind, variables[name], path)
        if refusal:
            return refusal
    return None


def _value_refusal(kind: GraphQLInputType, value: Any, path: tuple[str | int, ...]) -> Refusal | None:
    if isinstance(kind, GraphQLNonNull):
        return Refusal("cannot be null", path) if value is None else _value_refusal(kind.of_type, value, path)
    if value is None:
        return None
    if isinstance(kind, GraphQLList):
        values = value if isinstance(value, list) else [value]
        refusals = (_value_refusal(kind.of_type, inner, (*path, number)) for number, inner in enumerate(values))
        return next(filter(None, refusals), None)
    name = get_named_type(kind).name
    if isinstance(kind, GraphQLInputObjectType):
        return _object_refusal(kind, value, path) if isinstance(value, dict) else Refusal(f"must be a {name}", path)
    if isinstance(kind, GraphQLEnumType):
        if not isinstance(value, str):
            return Refusal("enums must be ints or strings", path)
        known = {member.casefold() for member in kind.values}
        return None if value.casefold() in known else Refusal(f"{value} is not a valid {name}", path)
    accepted = _ACCEPTED.get(name)
    return None if accepted is None or accepted(value) else Refusal(f"cannot use {_go_kind(value)} as {name}", path)


def _object_refusal(kind: GraphQLInputObjectType, value: dict[str, Any], path: tuple[str | int, ...]) -> Refusal | None:
    for name in value:
        if name not in kind.fields:
            return Refusal("unknown field", (*path, name))
    for name, declared in kind.fields.items():
        if name not in value:
            if is_required_input_field(declared):
                return Refusal("must be defined", (*path, name))
            continue
        refusal = _value_refusal(declared.type, value[name], (*path, name))
        if refusal:
            return refusal
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_numeral(value: object) -> bool:
    return _is_number(value) or (isinstance(value, str) and re.fullmatch(r"[+-]?\d+", value) is not None)


def _is_text(value: object) -> bool:
    """Servers in Go read a number in JSON as its text."""
    return isinstance(value, str) or _is_number(value)


# Of the scalars that GraphQL itself has; those of a schema take anything.
_ACCEPTED: dict[str, Callable[[object], bool]] = {
    "Int": _is_numeral,
    "Float": _is_numeral,
    "String": _is_text,
    "Boolean": lambda value: isinstance(value, bool),
    "ID": _is_text,
}


def _go_kind(value: object) -> str:
    return {bool: "bool", list: "slice", dict: "map"}.get(value.__class__, "string")
