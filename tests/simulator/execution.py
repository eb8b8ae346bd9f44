# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Executes GraphQL requests, strictly by the schema that is served."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ariadne import MutationType, ObjectType, QueryType, make_executable_schema
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)

from .resolvers import RESOLVERS, Context
from .settings import Settings
from .wording import Refusal, document_refusals, variable_refusal

_INVALID = "GRAPHQL_VALIDATION_FAILED"


@dataclass(frozen=True)
class Operation:
    """A request that could be parsed. kind: `query`, `mutation`, or None if there is no such operation. fields: the
    names of its root fields, in order; keys: their aliases, or their names again.
    """

    document: DocumentNode
    name: str | None
    variables: dict[str, Any]
    kind: str | None
    fields: list[str]
    keys: list[str]


class UnreadableError(Exception):
    """A body that is no GraphQL request. answer: what to tell the client."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.answer: dict[str, Any] = {"errors": [{"message": message}], "data": None}
        if code:
            self.answer["errors"][0]["extensions"] = {"code": code}


def operation_from(body: object) -> Operation:
    """Reads the body of a request; raises UnreadableError."""
    if not isinstance(body, Mapping) or not isinstance(body.get("query"), str):
        raise UnreadableError("the body must be a JSON object with a query")
    name, variables = body.get("operationName"), body.get("variables")
    if not isinstance(name, str | None) or not isinstance(variables, dict | None):
        raise UnreadableError("operationName must be a text, and variables an object")
    try:
        document = parse(body["query"])
    except GraphQLError as error:
        raise UnreadableError(error.message, "GRAPHQL_PARSE_FAILED") from None
    chosen = [
        node
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode) and name in (None, node.name and node.name.value)
    ]
    if not chosen:
        return Operation(document, name, variables or {}, None, [], [])
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    roots = _root_fields(chosen[0].selection_set, fragments)
    return Operation(
        document,
        name,
        variables or {},
        chosen[0].operation.value,
        [node.name.value for node in roots],
        [(node.alias or node.name).value for node in roots],
    )


def _root_fields(
    selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], depth: int = 0
) -> list[FieldNode]:
    fields: list[FieldNode] = []
    for node in selections.selections:
        if isinstance(node, FieldNode):
            fields.append(node)
            continue
        inner: InlineFragmentNode | FragmentDefinitionNode | None
        inner = node if isinstance(node, InlineFragmentNode) else None
        if isinstance(node, FragmentSpreadNode):
            inner = fragments.get(node.name.value)
        # A document is read before it is validated: its fragments may form a circle.
        if inner is not None and depth < len(fragments) + 1:
            fields += _root_fields(inner.selection_set, fragments, depth + 1)
    return fields


class Execution:
    """One schema, in SDL, with the resolvers that it has fields for."""

    def __init__(self, source: str) -> None:
        self._schema = make_executable_schema(source, *_bindables(build_schema(source)))

    def validation_errors(self, operation: Operation, settings: Settings) -> list[dict[str, Any]]:
        """What is wrong with the document by the schema; in the words of gqlparser, also with the variables."""
        errors = validate(self._schema, operation.document)
        if settings.validation_words != "gqlparser":
            return [_invalid(error, settings) for error in errors]
        refusals = list(document_refusals(errors, self._schema, operation.document)) if errors else []
        chosen = get_operation_ast(operation.document, operation.name)
        if not refusals and chosen is not None:
            refusals += filter(None, [variable_refusal(self._schema, chosen, operation.variables)])
        return [_refused(refusal, settings) for refusal in refusals]

    def run(self, operation: Operation, context: Context) -> dict[str, Any]:
        """Executes a valid document; mutations in it run one after the other. Without `data` in the answer nothing was
        executed: the variables do not fit the document.
        """
        result = execute_sync(
            self._schema,
            operation.document,
            context_value=context,
            variable_values=operation.variables,
            operation_name=operation.name,
        )
        errors = result.errors or []
        if errors and result.data is None and not any(error.path for error in errors):
            return {"errors": [_invalid(error, context.settings) for error in errors]}
        answer: dict[str, Any] = {"data": result.data}
        if errors:
            answer["errors"] = [_formatted(error) for error in errors]
        return answer


def _bindables(schema: GraphQLSchema) -> list[ObjectType]:
    roots: dict[str, ObjectType] = {"Query": QueryType(), "Mutation": MutationType()}
    bindables: list[ObjectType] = []
    for type_name, resolvers in RESOLVERS.items():
        declared = schema.type_map.get(type_name)
        if not isinstance(declared, GraphQLObjectType):
            continue
        bindable = roots.get(type_name) or ObjectType(type_name)
        for name in resolvers.keys() & declared.fields.keys():
            bindable.set_field(name, resolvers[name])
        bindables.append(bindable)
    return bindables


def codes(answer: Mapping[str, Any]) -> set[str]:
    """The gRPC codes among the errors of an answer."""
    messages = [str(error.get("message")) for error in answer.get("errors", ())]
    return {text.split("code = ", 1)[1].split(" ", 1)[0] for text in messages if "code = " in text}


def _invalid(error: GraphQLError, settings: Settings) -> dict[str, Any]:
    refusal = _formatted(error)
    # Which quotes graphql-core writes depends on its version.
    quote, other = ('"', "'") if settings.validation_quotes == "double" else ("'", '"')
    refusal["message"] = refusal["message"].replace(other, quote)
    if settings.validation_code:
        refusal["extensions"] = {"code": _INVALID}
    return refusal


def _refused(refusal: Refusal, settings: Settings) -> dict[str, Any]:
    answer: dict[str, Any] = _formatted(refusal.error) if refusal.error else {}
    answer["message"] = refusal.message
    if refusal.path:
        answer["path"] = list(refusal.path)
    if settings.validation_code:
        answer["extensions"] = {"code": _INVALID}
    return answer


def _formatted(error: GraphQLError) -> dict[str, Any]:
    formatted: dict[str, Any] = {"message": error.message}
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphQLError) and not error.message.startswith("Cannot return null"):
        # A mistake in the simulator itself must not look like the service's answer.
        traceback.print_exception(cause, file=sys.stderr)
        formatted["message"] = f"simulator error: {type(cause).__name__}"
    if error.locations:
        formatted["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        formatted["path"] = error.path
    return formatted
