# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validates GraphQL requests with graphql-core: an array of requests as JSON on stdin, the errors of each on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, build_schema, parse, validate
from graphql.execution import get_variable_values


def _refuse(request: dict[str, Any]) -> Sequence[GraphQLError]:
    schema = build_schema(request["schema"])
    document = parse(request["document"])
    refused = validate(schema, document)
    if refused:
        return refused
    (operation,) = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    values = get_variable_values(schema, operation.variable_definitions or (), request["variables"])
    return values if isinstance(values, list) else []


def _as_json(error: GraphQLError) -> dict[str, Any]:
    return {"message": error.message, **({"path": error.path} if error.path else {})}


if __name__ == "__main__":
    json.dump([[_as_json(error) for error in _refuse(request)] for request in json.load(sys.stdin)], sys.stdout)
