# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Combines several requests into one document: the same root field under numbered aliases, each with its own variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .document import operation, replaced

if TYPE_CHECKING:
    from graphql import DocumentNode, NameNode, OperationDefinitionNode, VariableNode


def aliases(count: int) -> tuple[str, ...]:
    """The aliases of `count` copies."""
    return tuple(f"n{number}" for number in range(count))


def number_variables(each: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The variables of all copies; `each` has those of one copy."""
    return {f"{name}{number}": value for number, variables in enumerate(each) for name, value in variables.items()}


def multiply(document: DocumentNode, count: int) -> DocumentNode:
    """The document with `count` copies of its one root field."""
    from graphql import DocumentNode, NameNode, SelectionSetNode

    original = operation(document)
    definitions: list[Any] = []
    fields: list[Any] = []
    for number, alias in enumerate(aliases(count)):
        copy = _number_variables(original, number)
        definitions += copy.variable_definitions or ()
        (field,) = copy.selection_set.selections
        fields.append(replaced(field, alias=NameNode(value=alias)))
    together = replaced(
        original,
        variable_definitions=tuple(definitions),
        selection_set=SelectionSetNode(selections=tuple(fields)),
    )
    return DocumentNode(definitions=(together,))


def _number_variables(definition: OperationDefinitionNode, number: int) -> OperationDefinitionNode:
    from graphql import NameNode, visit
    from graphql.language.visitor import Visitor

    class _Number(Visitor):
        # graphql-core calls enter_KIND for each node of that kind, in the definition of a variable too.
        def enter_variable(self, node: VariableNode, *_place: object) -> VariableNode:
            name: NameNode = NameNode(value=f"{node.name.value}{number}")
            numbered: VariableNode = replaced(node, name=name)
            return numbered

    copy: OperationDefinitionNode = visit(definition, _Number())
    return copy
