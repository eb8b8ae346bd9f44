# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A GraphQL document with marks for what its caller does not require.

`@optional` on a field, or on a variable for the argument that uses it: left out if the service lacks it. If the document
requires a field of that name elsewhere, the service refuses the document again without the optional one: which types
its fields have is only assumed. `standIn` names another variable: the argument can be left out only if that variable is
sent and has the same value.
`@formerly` on the variable of an input: the former name of a field, which some service may still use, alone or together
with the new one. It accepts only the MRN of a space.

Marks are removed before a document is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphql import DirectiveNode, DocumentNode, FieldNode, OperationDefinitionNode, VariableDefinitionNode

_OPTIONAL = "optional"
_FORMERLY = "formerly"


@dataclass(frozen=True)
class Marks:
    """The marks of a document.

    fields: the optional ones. variables: those of optional arguments.
    arguments: by field and argument, the variable of an optional one. stand_ins: variables of optional arguments, with
    those that replace them. formerly: input fields, with their former names. types: of the variables, by name.
    """

    fields: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    arguments: dict[tuple[str, str], str] = field(default_factory=dict)
    stand_ins: dict[str, str] = field(default_factory=dict)
    formerly: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """One operation with one root field of the same name. source: GraphQL text with marks.

    shown_once: the field of a mutation's payload with a secret, which the service never shows again and nothing else may show.
    """

    name: str
    source: str
    shown_once: str | None = None

    @cached_property
    def marked(self) -> DocumentNode:
        """The document with its marks, parsed."""
        # Imported late throughout: a missing library is reported by the transport.
        from graphql import parse

        return parse(self.source)

    @cached_property
    def plain(self) -> DocumentNode:
        """The document without marks."""
        from graphql import visit
        from graphql.language.visitor import REMOVE, Visitor

        class _RemoveMarks(Visitor):
            # graphql-core calls enter_KIND for each node of that kind.
            def enter_directive(self, *_node_and_place: object) -> object:
                return REMOVE

        plain: DocumentNode = visit(self.marked, _RemoveMarks())
        return plain

    @cached_property
    def marks(self) -> Marks:
        """The marks of the document."""
        from graphql import VariableNode, print_ast, visit
        from graphql.language.visitor import Visitor

        marks = Marks()

        class _Collect(Visitor):
            # graphql-core calls enter_KIND for each node of that kind; variables are defined before they are used.
            def enter_variable_definition(self, node: VariableDefinitionNode, *_place: object) -> None:
                variable = node.variable.name.value
                marks.types[variable] = print_ast(node.type).rstrip("!")
                mark = optional_mark(node.directives)
                if mark is not None:
                    marks.variables.add(variable)
                if mark and "standIn" in mark:
                    marks.stand_ins[variable] = mark["standIn"]
                marks.formerly.update(_mark(node.directives, _FORMERLY) or {})

            def enter_field(self, node: FieldNode, *_place: object) -> None:
                if optional_mark(node.directives) is not None:
                    marks.fields.add(node.name.value)
                for argument in node.arguments or ():
                    value = argument.value
                    if isinstance(value, VariableNode) and value.name.value in marks.variables:
                        marks.arguments[node.name.value, argument.name.value] = value.name.value

        visit(self.marked, _Collect())
        return marks


def optional_mark(directives: Iterable[DirectiveNode] | None) -> Mapping[str, str] | None:
    """The arguments of an `@optional` among them; None if there is none."""
    return _mark(directives, _OPTIONAL)


def _mark(directives: Iterable[DirectiveNode] | None, wanted: str) -> Mapping[str, str] | None:
    for directive in directives or ():
        if directive.name.value == wanted:
            return {argument.name.value: getattr(argument.value, "value", "") for argument in directive.arguments or ()}
    return None


def operation(node: DocumentNode) -> OperationDefinitionNode:
    """The one operation of a document."""
    from graphql import OperationDefinitionNode

    (definition,) = node.definitions
    if not isinstance(definition, OperationDefinitionNode):
        raise AssertionError("a document is one operation")
    return definition


def replaced(node: Any, **changes: Any) -> Any:
    """A copy of a syntax node with other values."""
    return type(node)(**{key: getattr(node, key, None) for key in node.keys} | changes)
