# Copyright: (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Executes GraphQL requests, strictly by the schema that is served."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ariadne import MutationType, ObjectType, QueryType, load_schema_from_path, make_executable_schema
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from .errors import ServiceError
from .resolvers import RESOLVERS, Context
from .settings import Settings


class Execution:
    """One schema with the resolvers that it has fields for."""

    def __init__(self, schema_path: Path) -> None:
        source = load_schema_from_path(str(schema_path))
        plain = build_schema(source)
        bindables: list[ObjectType] = []
        for type_name, resolvers in RESOLVERS.items():
            declared = plain.type_map.get(type_name)
            if not isinstance(declared, GraphQLObjectType):
                continue
            known = {"Query": QueryType, "Mutation": MutationType}
            bindable = known[type_name]() if type_name in known else ObjectType(type_name)
            for name, resolver in resolvers.items():
                if name in declared.fields:
                    bindable.set_field(name, resolver)
            bindables.append(bindable)
        self._schema = make_executable_schema(source, *bindables)

    def parse(self, body: object) -> DocumentNode | dict[str, Any]:
        """The document of a request, or the answer that says why there is none."""
        if not isinstance(body, Mapping) or not isinstance(body.get("query"), str):
            return {"errors": [{"message": "must provide a query"}]}
        try:
            return parse(body["query"])
        except GraphQLError as error:
            return {"errors": [_formatted(error, "GRAPHQL_PARSE_FAILED")]}

    def validation_errors(self, document: DocumentNode, settings: Settings) -> list[dict[str, Any]]:
        """What is wrong with the document by the schema."""
        code = "GRAPHQL_VALIDATION_FAILED" if settings.validation_code else None
        found = [_formatted(error, code) for error in validate(self._schema, document)]
        if settings.validation_quotes == "double":
            for error in found:
                error["message"] = error["message"].replace("'", '"')
        else:
            for error in found:
                error["message"] = error["message"].replace('"', "'")
        return found

    def run(self, document: DocumentNode, body: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """Executes a valid document; mutations in it run one after the other."""
        result = execute_sync(
            self._schema,
            document,
            context_value=context,
            variable_values=body.get("variables") or {},
            operation_name=body.get("operationName"),
        )
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [_formatted(error, None) for error in result.errors]
        return answer


def codes(answer: Mapping[str, Any]) -> set[str]:
    """The gRPC codes among the errors of an answer."""
    messages = [str(error.get("message")) for error in answer.get("errors", ())]
    return {text.split("code = ", 1)[1].split(" ", 1)[0] for text in messages if "code = " in text}


def operation_of(document: DocumentNode) -> tuple[str, list[str]]:
    """The kind of a document (`query` or `mutation`) and its root fields, in order."""
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            fields = [node.name.value for node in definition.selection_set.selections if isinstance(node, FieldNode)]
            return definition.operation.value, fields
    return "query", []


def _formatted(error: GraphQLError, code: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {"message": error.message}
    if error.locations:
        found["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        found["path"] = error.path
    if code:
        found["extensions"] = {"code": code}
    elif error.original_error is not None and not isinstance(error.original_error, ServiceError):
        # A mistake in the simulator itself must not look like the service's answer.
        found["message"] = f"simulator error: {error.original_error!r}"
    return found
