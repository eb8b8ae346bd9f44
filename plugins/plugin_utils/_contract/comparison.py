# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares what the collection expects of the API with the schema that an endpoint has. Pure.

Looked at is what the documents use, and nothing else: their fields and arguments, and the inputs that are sent with them.
Output types are compared by what is in them, wherever a document leads to; their names do not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

try:
    import graphql
except ImportError:
    # Whoever calls has made a connection with it before.
    graphql = None  # type: ignore[assignment]

from ...module_utils._client.documents import OPTIONAL, SOURCES, marked

OK = "ok"
CHANGED = "changed, still works"
LEFT_OUT = "missing, goes on without it"
BROKEN = "BROKEN"

# The input fields that are sent; others of the same inputs do not matter, unless they must be given.
_SENT = {
    "GenerateAPITokenInput": ("name", "scopeMrn", "description", "roles"),
    "UpdateAPITokenInput": ("mrn", "name", "description"),
    "DeleteAPITokenInput": ("mrn",),
    "SetRolesInput": ("scopeMrn", "updates"),
    "SetRoleInput": ("entityMrn", "roles"),
    "RoleInput": ("mrn",),
}


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
    """What the endpoint has of each element, in the order of use; of an element used twice, the graver verdict."""
    found: dict[str, Verdict] = {}
    for verdict in (*_documents(contract, live), *_inputs(contract, live)):
        known = found.get(verdict.element)
        if known is None or (known.verdict != BROKEN and verdict.verdict != OK):
            found[verdict.element] = verdict
    return list(found.values())


def _documents(contract: graphql.GraphQLSchema, live: graphql.GraphQLSchema) -> Iterator[Verdict]:
    for name in SOURCES:
        for definition in marked(name).definitions:
            if isinstance(definition, graphql.OperationDefinitionNode):
                query = definition.operation is graphql.OperationType.QUERY
                roots = [schema.query_type if query else schema.mutation_type for schema in (contract, live)]
                yield from _selections(definition.selection_set, roots[0], roots[1], optional=False)


def _selections(
    selections: graphql.SelectionSetNode | None,
    contract: graphql.GraphQLNamedType | None,
    live: graphql.GraphQLNamedType | None,
    *,
    optional: bool,
) -> Iterator[Verdict]:
    for node in selections.selections if selections else ():
        if not isinstance(node, graphql.FieldNode) or node.name.value.startswith("__") or contract is None:
            continue
        name = f"{contract.name}.{node.name.value}"
        nice_to_have = optional or any(mark.name.value == OPTIONAL for mark in node.directives or ())
        expected, found = _fields(contract)[node.name.value], _fields(live).get(node.name.value)
        yield _field(name, expected, found, optional=nice_to_have)
        if found is None:
            # All below it is missing with it, and said with it.
            continue
        for argument in node.arguments or ():
            key = argument.name.value
            given = found.args.get(key)
            yield _sent(
                f"{name}({key})",
                str(expected.args[key].type),
                str(given.type) if given else None,
                expected.args[key].description,
            )
        yield from _selections(
            node.selection_set,
            graphql.get_named_type(expected.type),
            graphql.get_named_type(found.type),
            optional=nice_to_have,
        )


def _fields(parent: graphql.GraphQLNamedType | None) -> dict[str, graphql.GraphQLField]:
    return parent.fields if isinstance(parent, (graphql.GraphQLObjectType, graphql.GraphQLInterfaceType)) else {}


def _field(name: str, expected: graphql.GraphQLField, found: graphql.GraphQLField | None, *, optional: bool) -> Verdict:
    evidence = expected.description or "none"
    if found is None:
        return Verdict(name, str(expected.type), None, evidence, LEFT_OUT if optional else BROKEN)
    if str(found.type) == str(expected.type):
        return Verdict(name, str(expected.type), str(found.type), evidence, OK)
    # What is read may be null or not, and have another name; a list stays a list, and an object an object.
    types = graphql.get_named_type(expected.type), graphql.get_named_type(found.type)
    same_names = types[0].name == types[1].name or not graphql.is_leaf_type(types[0])
    fits = (
        _lists(str(expected.type)) == _lists(str(found.type))
        and same_names
        and graphql.is_leaf_type(types[0]) == graphql.is_leaf_type(types[1])
    )
    return Verdict(name, str(expected.type), str(found.type), evidence, CHANGED if fits else BROKEN)


def _sent(name: str, expected: str, found: str | None, evidence: str | None) -> Verdict:
    """What is sent is always there, so that it may be required or not; its type must be the same."""
    verdict = OK
    if found != expected:
        verdict = CHANGED if found is not None and found.replace("!", "") == expected.replace("!", "") else BROKEN
    return Verdict(name, expected, found, evidence or "none", verdict)


def _inputs(contract: graphql.GraphQLSchema, live: graphql.GraphQLSchema) -> Iterator[Verdict]:
    for type_name, sent in _SENT.items():
        expected, found = _input_fields(contract, type_name), _input_fields(live, type_name)
        for name, (type_text, evidence) in expected.items():
            if name in sent:
                yield _sent(f"{type_name}.{name}", type_text, found.get(name, (None, None))[0], evidence)
        for name, (type_text, _evidence) in found.items():
            if type_text and type_text.endswith("!") and name not in sent:
                yield Verdict(f"{type_name}.{name}", "not sent", type_text, "none", BROKEN)


def _input_fields(schema: graphql.GraphQLSchema, type_name: str) -> dict[str, tuple[str, str | None]]:
    declared = schema.type_map.get(type_name)
    if not isinstance(declared, graphql.GraphQLInputObjectType):
        return {}
    return {name: (str(field.type), field.description) for name, field in declared.fields.items()}


def _lists(type_text: str) -> int:
    return type_text.count("[")
