# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares what the collection expects of the API with the schema that an endpoint has. Pure.

Looked at is what the documents use, and nothing else: their fields and arguments, and the inputs that are sent with them.
Output types are compared by what is in them, wherever a document leads to; their names do not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

try:
    import graphql
except ImportError:
    # Whoever calls has made a connection with it before.
    graphql = None  # type: ignore[assignment]

from ...module_utils._api.documents import DOCUMENTS
from ...module_utils._graphql.document import Document, optional_mark

if TYPE_CHECKING:
    _Typed = graphql.GraphQLField | graphql.GraphQLArgument | graphql.GraphQLInputField

OK = "ok"
CHANGED = "changed, still works"
LEFT_OUT = "left out, works without it"
SPACES_ONLY = "works for spaces only"
BROKEN = "BROKEN"
_BY_GRAVITY = (OK, CHANGED, LEFT_OUT, SPACES_ONLY, BROKEN)

# The input fields that are sent, and whether they always are; others of the same inputs do not matter, unless they must be given.
_SENT = {
    "GenerateAPITokenInput": {"name": True, "scopeMrn": True, "description": False, "roles": True},
    "UpdateAPITokenInput": {"mrn": True, "name": False, "description": False},
    "DeleteAPITokenInput": {"mrn": True},
    "SetRolesInput": {"scopeMrn": True, "updates": True},
    "SetRoleInput": {"entityMrn": True, "roles": True},
    "RoleInput": {"mrn": True},
}
# The same text in JSON.
_TEXTS = frozenset({"ID", "String"})


class Verdict(NamedTuple):
    """One element that the collection uses.

    element: `Type.field`, `Type.field(argument)` or `Input.field`, by the contract. expected, found: its type by the
    contract and by the endpoint; found is None if the endpoint has no such element. evidence: the contract's mark.
    """

    element: str
    expected: str
    found: str | None
    evidence: str
    verdict: str


def compare(contract: graphql.GraphQLSchema, live: graphql.GraphQLSchema) -> list[Verdict]:
    """What the endpoint has of each element, in the order of use; of an element used twice, the graver verdict.

    What is below an element that is not there, or not as it has to be, is not listed.
    """
    found: dict[str, Verdict] = {}
    for document in DOCUMENTS:
        for verdict in _Document(document, contract, live).verdicts():
            known = found.setdefault(verdict.element, verdict)
            found[verdict.element] = max(known, verdict, key=lambda each: _BY_GRAVITY.index(each.verdict))
    return list(found.values())


class _Document:
    """One document, held against both schemas."""

    def __init__(self, document: Document, contract: graphql.GraphQLSchema, live: graphql.GraphQLSchema) -> None:
        (operation,) = document.marked.definitions
        if not isinstance(operation, graphql.OperationDefinitionNode):
            raise AssertionError("a document of this collection is one operation")
        self._operation = operation
        self._marks = document.marks
        query = operation.operation is graphql.OperationType.QUERY
        self._roots = [schema.query_type if query else schema.mutation_type for schema in (contract, live)]
        self._variables = {
            definition.variable.name.value: graphql.print_ast(definition.type)
            for definition in operation.variable_definitions or ()
        }

    def verdicts(self) -> Iterator[Verdict]:
        yield from self._selections(self._operation.selection_set, self._roots[0], self._roots[1], optional=False)

    def _selections(
        self,
        selections: graphql.SelectionSetNode | None,
        contract: graphql.GraphQLNamedType | None,
        live: graphql.GraphQLNamedType | None,
        *,
        optional: bool,
    ) -> Iterator[Verdict]:
        for node in selections.selections if selections else ():
            if not isinstance(node, graphql.FieldNode) or node.name.value.startswith("__") or contract is None:
                continue
            nice_to_have = optional or optional_mark(node.directives) is not None
            expected, found = _fields(contract)[node.name.value], _fields(live).get(node.name.value)
            verdict = _field(f"{contract.name}.{node.name.value}", expected, found, optional=nice_to_have)
            yield verdict
            if found is None or verdict.verdict not in (OK, CHANGED):
                continue
            yield from self._arguments(verdict.element, node, expected, found)
            yield from self._selections(
                node.selection_set,
                graphql.get_named_type(expected.type),
                graphql.get_named_type(found.type),
                optional=nice_to_have,
            )

    def _arguments(
        self, element: str, node: graphql.FieldNode, expected: graphql.GraphQLField, found: graphql.GraphQLField
    ) -> Iterator[Verdict]:
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        for name, value in given.items():
            variable = self._variables[value.name.value] if isinstance(value, graphql.VariableNode) else ""
            wanted, there = expected.args[name], found.args.get(name)
            fits = there is not None and _variable_fits(variable, there)
            otherwise = LEFT_OUT if (node.name.value, name) in self._marks.arguments else BROKEN
            yield _verdict(f"{element}({name})", wanted, there, fits=fits, otherwise=otherwise)
            if there is not None and fits:
                yield from self._input(graphql.get_named_type(wanted.type), graphql.get_named_type(there.type))
        for name, argument in found.args.items():
            if name not in given and graphql.is_required_argument(argument):
                yield Verdict(f"{element}({name})", "not sent", str(argument.type), "none", BROKEN)

    def _input(self, contract: graphql.GraphQLNamedType, live: graphql.GraphQLNamedType) -> Iterator[Verdict]:
        expected, found = _input_fields(contract), _input_fields(live)
        sent = _SENT.get(contract.name, {})
        former = {new: old for new, old in self._marks.formerly.items() if new in sent and old in found}
        for name, always in sent.items():
            there = found.get(name)
            fits = there is not None and _value_fits(expected[name], there, always=always)
            otherwise = SPACES_ONLY if name in former else BROKEN
            if name in former and graphql.is_required_input_field(found[former[name]]):
                fits = False
            yield _verdict(f"{contract.name}.{name}", expected[name], there, fits=fits, otherwise=otherwise)
            if there is not None and fits:
                yield from self._input(graphql.get_named_type(expected[name].type), graphql.get_named_type(there.type))
        for name, declared in found.items():
            if name not in (*sent, *former.values()) and graphql.is_required_input_field(declared):
                yield Verdict(f"{contract.name}.{name}", "not sent", str(declared.type), "none", BROKEN)


def _field(name: str, expected: graphql.GraphQLField, found: graphql.GraphQLField | None, *, optional: bool) -> Verdict:
    if found is None:
        return _verdict(name, expected, None, fits=False, otherwise=LEFT_OUT if optional else BROKEN)
    # What is read may be null or not, and an object have another name; a list stays a list, and an object an object.
    types = graphql.get_named_type(expected.type), graphql.get_named_type(found.type)
    if graphql.is_leaf_type(types[0]) != graphql.is_leaf_type(types[1]):
        # The service refuses to be asked for it in this way.
        return _verdict(name, expected, found, fits=False, otherwise=LEFT_OUT if optional else BROKEN)
    same = not graphql.is_leaf_type(types[0]) or _same_leaf(types[0].name, types[1].name)
    return _verdict(name, expected, found, fits=same and _lists(expected) == _lists(found), otherwise=BROKEN)


def _variable_fits(variable: str, there: graphql.GraphQLArgument) -> bool:
    """Whether a variable of that type can be the value of an argument."""
    return variable.rstrip("!") == str(there.type).rstrip("!") and (
        variable.endswith("!") or not graphql.is_required_argument(there)
    )


def _value_fits(expected: graphql.GraphQLInputField, found: graphql.GraphQLInputField, *, always: bool) -> bool:
    """Whether a value made for the one field is taken by the other."""
    types = graphql.get_named_type(expected.type), graphql.get_named_type(found.type)
    return (
        _lists(expected) == _lists(found)
        and (always or not graphql.is_required_input_field(found))
        and graphql.is_input_object_type(types[0]) == graphql.is_input_object_type(types[1])
        and (graphql.is_input_object_type(types[0]) or _same_leaf(types[0].name, types[1].name))
    )


def _verdict(name: str, expected: _Typed, found: _Typed | None, *, fits: bool, otherwise: str) -> Verdict:
    types = str(expected.type), str(found.type) if found else None
    verdict = otherwise if not fits else OK if types[0] == types[1] else CHANGED
    return Verdict(name, types[0], types[1], expected.description or "none", verdict)


def _fields(parent: graphql.GraphQLNamedType | None) -> dict[str, graphql.GraphQLField]:
    return parent.fields if isinstance(parent, (graphql.GraphQLObjectType, graphql.GraphQLInterfaceType)) else {}


def _input_fields(declared: graphql.GraphQLNamedType) -> dict[str, graphql.GraphQLInputField]:
    return declared.fields if isinstance(declared, graphql.GraphQLInputObjectType) else {}


def _same_leaf(one: str, other: str) -> bool:
    return one == other or {one, other} <= _TEXTS


def _lists(declared: _Typed) -> int:
    return str(declared.type).count("[")
