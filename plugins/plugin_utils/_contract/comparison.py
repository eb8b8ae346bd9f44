# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares what the collection expects of the API with the schema of an endpoint. Pure.

Only what the documents use is compared: their fields and arguments, and the inputs that are sent with them.
Output types are compared by their content, as far as a document selects it; their names do not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

try:
    import graphql
except ImportError:
    # The caller has already used it for a connection.
    graphql = None  # type: ignore[assignment]

from ...module_utils._api.documents import DOCUMENTS
from ...module_utils._graphql.document import Document, operation, optional_mark
from .near_names import Candidates, near_names
from .schema_types import Typed, arguments, leaf_fits, list_depth, output_fields, sent_fields

if TYPE_CHECKING:
    from graphql import GraphQLNamedType

OK = "ok"
CHANGED = "changed, still works"
LEFT_OUT = "left out, works without it"
ONE_BY_ONE = "works with one request for each token"
SPACES_ONLY = "works for spaces only"
BROKEN = "BROKEN"

WORKS = (OK, CHANGED)
WORKS_WITH_LESS = (LEFT_OUT, ONE_BY_ONE, SPACES_ONLY)
_BY_GRAVITY = (*WORKS, *WORKS_WITH_LESS, BROKEN)

# The input fields that are sent, and whether always; other fields of these inputs do not matter unless they are required.
_SENT = {
    "GenerateAPITokenInput": {"name": True, "scopeMrn": True, "description": False, "roles": True},
    "UpdateAPITokenInput": {"mrn": True, "name": False, "description": False},
    "DeleteAPITokenInput": {"mrn": True},
    "SetRolesInput": {"scopeMrn": True, "updates": True},
    "SetRoleInput": {"entityMrn": True, "roles": True},
    "RoleInput": {"mrn": True},
}
# By input: a field that others replace if the service does not accept it.
_STAND_INS = {"SetRolesInput": ("updates", ("identity", "roles"))}


class Comparison(NamedTuple):
    """One element that the collection uses.

    element: `Type.field`, `Type.field(argument)` or `Input.field`, by the contract. expected, actual: its type by the
    contract and by the endpoint; actual is None if the endpoint has no such element. evidence: the contract's mark.
    near: what the endpoint has, the contract has not, and could be the same thing; empty unless the element is missing.
    """

    element: str
    expected: str
    actual: str | None
    evidence: str
    result: str
    near: tuple[str, ...] = ()


def compare(contract: graphql.GraphQLSchema, live: graphql.GraphQLSchema) -> list[Comparison]:
    """The state of each element at the endpoint, in the order of use; for an element used twice, the worse result.

    Elements below one that is missing or does not fit are not listed.
    """
    comparisons: dict[str, Comparison] = {}
    for document in DOCUMENTS:
        for comparison in _DocumentComparison(document, contract, live).compare():
            known = comparisons.setdefault(comparison.element, comparison)
            comparisons[comparison.element] = max(known, comparison, key=lambda each: _BY_GRAVITY.index(each.result))
    return list(comparisons.values())


class _DocumentComparison:
    """One document, compared with both schemas."""

    def __init__(self, document: Document, contract: graphql.GraphQLSchema, live: graphql.GraphQLSchema) -> None:
        self._operation = operation(document.marked)
        self._marks = document.marks
        is_query = self._operation.operation is graphql.OperationType.QUERY
        self._roots = [schema.query_type if is_query else schema.mutation_type for schema in (contract, live)]
        self._variables = {
            definition.variable.name.value: graphql.print_ast(definition.type)
            for definition in self._operation.variable_definitions or ()
        }

    def compare(self) -> Iterator[Comparison]:
        yield from self._compare_selections(
            self._operation.selection_set, self._roots[0], self._roots[1], optional=False
        )

    def _compare_selections(
        self,
        selections: graphql.SelectionSetNode | None,
        contract: GraphQLNamedType | None,
        live: GraphQLNamedType | None,
        *,
        optional: bool,
    ) -> Iterator[Comparison]:
        for node in selections.selections if selections else ():
            if not isinstance(node, graphql.FieldNode) or node.name.value.startswith("__") or contract is None:
                continue
            name = node.name.value
            is_optional = optional or optional_mark(node.directives) is not None
            expected, actual = output_fields(contract)[name], output_fields(live).get(name)
            comparison = _compare_field(f"{contract.name}.{name}", expected, actual, optional=is_optional)
            if actual is None:
                candidates = Candidates(output_fields(live), known=output_fields(contract).keys())
                yield comparison._replace(near=near_names(name, expected, candidates, _SENT))
                continue
            yield comparison
            if comparison.result in WORKS:
                yield from self._compare_arguments(comparison.element, node, expected, actual)
                yield from self._compare_selections(
                    node.selection_set,
                    graphql.get_named_type(expected.type),
                    graphql.get_named_type(actual.type),
                    optional=is_optional,
                )

    def _compare_arguments(
        self, element: str, node: graphql.FieldNode, expected: graphql.GraphQLField, actual: graphql.GraphQLField
    ) -> Iterator[Comparison]:
        sent_arguments = {argument.name.value: argument.value for argument in node.arguments or ()}
        for name, value in sent_arguments.items():
            variable = value.name.value if isinstance(value, graphql.VariableNode) else ""
            wanted, there = expected.args[name], actual.args.get(name)
            fits = there is not None and _variable_fits(self._variables.get(variable, ""), there)
            comparison = _result(
                f"{element}({name})", wanted, there, fits=fits, otherwise=self._without(variable, actual)
            )
            if there is None:
                candidates = Candidates(arguments(actual), known=expected.args.keys())
                comparison = comparison._replace(near=near_names(name, wanted, candidates, _SENT))
            yield comparison
            if there is not None and fits:
                yield from self._compare_input(graphql.get_named_type(wanted.type), graphql.get_named_type(there.type))
        for name, argument in actual.args.items():
            if name not in sent_arguments and graphql.is_required_argument(argument):
                yield Comparison(f"{element}({name})", "not sent", str(argument.type), "none", BROKEN)

    def _without(self, variable: str, actual: graphql.GraphQLField) -> str:
        """The consequence if the argument that uses the variable does not fit."""
        if variable not in self._marks.variables:
            return BROKEN
        stand_in = self._marks.stand_ins.get(variable)
        if stand_in is None:
            return LEFT_OUT
        return SPACES_ONLY if stand_in in actual.args else BROKEN

    def _compare_input(self, contract: GraphQLNamedType, live: GraphQLNamedType) -> Iterator[Comparison]:
        expected, actual = sent_fields(contract), sent_fields(live)
        sent = _SENT.get(contract.name, {})
        former = {new: old for new, old in self._marks.formerly.items() if new in sent and old in actual}
        replaced, stand_ins = _stand_ins(contract.name, expected, actual)
        for name, always in sent.items():
            there = actual.get(name)
            fits = there is not None and _value_fits(expected[name], there, always=always)
            otherwise = SPACES_ONLY if name in former else ONE_BY_ONE if name == replaced else BROKEN
            if name == replaced and any(graphql.is_required_input_field(actual[other]) for other in stand_ins):
                fits = False
            comparison = _result(f"{contract.name}.{name}", expected[name], there, fits=fits, otherwise=otherwise)
            if there is None:
                candidates = Candidates(actual, known={*expected, *former.values()})
                comparison = comparison._replace(near=near_names(name, expected[name], candidates, _SENT))
            yield comparison
            if there is not None and fits:
                yield from self._compare_input(
                    graphql.get_named_type(expected[name].type), graphql.get_named_type(there.type)
                )
        for new, old in former.items():
            if new in actual and graphql.is_required_input_field(actual[old]):
                # It is sent together with the new name.
                yield _result(f"{contract.name}.{old}", expected[old], actual[old], fits=True, otherwise=BROKEN)
        for name, declared in actual.items():
            if name not in (*sent, *former.values(), *stand_ins) and graphql.is_required_input_field(declared):
                yield Comparison(f"{contract.name}.{name}", "not sent", str(declared.type), "none", BROKEN)


def _stand_ins(
    input_name: str,
    expected: Mapping[str, graphql.GraphQLInputField],
    actual: Mapping[str, graphql.GraphQLInputField],
) -> tuple[str | None, tuple[str, ...]]:
    """The input field that others can replace, and these others, if the service accepts them."""
    replaced, others = _STAND_INS.get(input_name, (None, ()))
    if all(name in actual and _value_fits(expected[name], actual[name], always=True) for name in others):
        return replaced, others
    return None, ()


def _compare_field(
    name: str, expected: graphql.GraphQLField, actual: graphql.GraphQLField | None, *, optional: bool
) -> Comparison:
    otherwise = LEFT_OUT if optional else BROKEN
    if actual is None:
        return _result(name, expected, None, fits=False, otherwise=otherwise)
    # Output may be nullable or not, and an object may have another name; a list stays a list, and an object an object.
    types = graphql.get_named_type(expected.type), graphql.get_named_type(actual.type)
    if graphql.is_leaf_type(types[0]) != graphql.is_leaf_type(types[1]):
        # The service refuses this kind of query for it.
        return _result(name, expected, actual, fits=False, otherwise=otherwise)
    same = not graphql.is_leaf_type(types[0]) or leaf_fits(types[0], types[1])
    return _result(name, expected, actual, fits=same and list_depth(expected) == list_depth(actual), otherwise=BROKEN)


def _variable_fits(variable: str, there: graphql.GraphQLArgument) -> bool:
    """Whether a variable of that type can be the value of an argument."""
    return variable.rstrip("!") == str(there.type).rstrip("!") and (
        variable.endswith("!") or not graphql.is_required_argument(there)
    )


def _value_fits(expected: graphql.GraphQLInputField, actual: graphql.GraphQLInputField, *, always: bool) -> bool:
    """Whether a value made for one field is accepted by the other."""
    types = graphql.get_named_type(expected.type), graphql.get_named_type(actual.type)
    return (
        list_depth(expected) == list_depth(actual)
        and (always or not graphql.is_required_input_field(actual))
        and graphql.is_input_object_type(types[0]) == graphql.is_input_object_type(types[1])
        and not graphql.is_enum_type(types[1])
        and (graphql.is_input_object_type(types[0]) or leaf_fits(types[0], types[1]))
    )


def _result(name: str, expected: Typed, actual: Typed | None, *, fits: bool, otherwise: str) -> Comparison:
    types = str(expected.type), str(actual.type) if actual else None
    result = otherwise if not fits else OK if types[0] == types[1] else CHANGED
    return Comparison(name, types[0], types[1], expected.description or "none", result)
