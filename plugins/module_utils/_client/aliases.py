# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes one document of several: the same root field under numbered aliases, each with variables of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphql import DocumentNode, NameNode, VariableNode


def keys(count: int) -> list[str]:
    """The aliases of so many copies."""
    return [f"n{number}" for number in range(count)]


def numbered(each: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The variables of all copies, of which `each` are those of one."""
    return {f"{name}{number}": value for number, variables in enumerate(each) for name, value in variables.items()}


def multiplied(document: DocumentNode, count: int) -> DocumentNode:
    """The document with so many copies of its one root field."""
    from graphql import DocumentNode, NameNode, OperationDefinitionNode, SelectionSetNode

    (operation,) = document.definitions
    if not isinstance(operation, OperationDefinitionNode):
        raise AssertionError("a document of this collection is one operation")
    definitions: list[Any] = []
    fields: list[Any] = []
    for number, key in enumerate(keys(count)):
        copy = _with_numbered_variables(operation, number)
        definitions += copy.variable_definitions or ()
        (field,) = copy.selection_set.selections
        fields.append(_replaced(field, alias=NameNode(value=key)))
    together = _replaced(
        operation,
        variable_definitions=tuple(definitions),
        selection_set=SelectionSetNode(selections=tuple(fields)),
    )
    return DocumentNode(definitions=(together,))


def _with_numbered_variables(operation: Any, number: int) -> Any:
    from graphql import NameNode, visit
    from graphql.language.visitor import Visitor

    class _Number(Visitor):
        # graphql-core calls enter_KIND for each node of that kind, in the definition of a variable too.
        def enter_variable(self, node: VariableNode, *_place: object) -> VariableNode:
            name: NameNode = NameNode(value=f"{node.name.value}{number}")
            numbered_variable: VariableNode = _replaced(node, name=name)
            return numbered_variable

    return visit(operation, _Number())


def _replaced(node: Any, **changes: Any) -> Any:
    """A copy of a syntax node with other values."""
    return type(node)(**{key: getattr(node, key, None) for key in node.keys} | changes)
