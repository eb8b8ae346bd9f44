# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every GraphQL document that the collection sends. A correction to what the API looks like is one edit here.

A document's name is the root field it asks for. Marks say what the job can do without, and are taken out before a document
is sent. A payload of which nothing is needed is asked for its type name alone.

`@optional` on a field, or on a variable for the argument that it is the value of: left out where the service lacks it. `of`
names the type, where the document needs a field of that name elsewhere.
`@formerly` on the variable of an input: the name that a field had before, and may still have at some service. It takes the
MRN of a space only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphql import DirectiveNode, DocumentNode, FieldNode, VariableDefinitionNode

SOURCES = {
    "apiTokens": """
query apiTokens($scopeMrn: String!, $first: Int! @optional, $after: String) {
  apiTokens(scopeMrn: $scopeMrn, first: $first, after: $after) {
    edges {
      node {
        mrn
        name
        description
        roles { mrn }
        id @optional
        createdAt @optional
        lastUsed @optional
        creator @optional { mrn @optional(of: "Creator") email @optional service @optional }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}""",
    "organization": """
query organization($mrn: String!, $first: Int! @optional, $after: String) {
  organization(mrn: $mrn) {
    spacesList(first: $first, after: $after) {
      edges { node { mrn name } }
      pageInfo { hasNextPage endCursor }
    }
  }
}""",
    "generateAPIToken": """
mutation generateAPIToken($input: GenerateAPITokenInput! @formerly(scopeMrn: "spaceMrn")) {
  generateAPIToken(input: $input) { token mrn @optional }
}""",
    "updateAPIToken": """
mutation updateAPIToken($input: UpdateAPITokenInput!) {
  updateAPIToken(input: $input) { __typename }
}""",
    "setRoles": """
mutation setRoles($input: SetRolesInput! @formerly(scopeMrn: "spaceMrn")) {
  setRoles(input: $input) { __typename }
}""",
    "deleteAPIToken": """
mutation deleteAPIToken($input: DeleteAPITokenInput!) {
  deleteAPIToken(input: $input) { __typename }
}""",
}

OPTIONAL = "optional"
_FORMERLY = "formerly"


@dataclass(frozen=True)
class Marks:
    """What the marks of a document say.

    fields: each optional one, with the type that it belongs to, None for any. variables: those of optional arguments.
    arguments: by field and argument, the variable that an optional one takes its value from. formerly: input fields, with
    their former names. types: of the variables, by their names.
    """

    fields: dict[str, str | None] = field(default_factory=dict)
    variables: set[str] = field(default_factory=set)
    arguments: dict[tuple[str, str], str] = field(default_factory=dict)
    formerly: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)


def marked(name: str) -> DocumentNode:
    """The document with its marks."""
    from graphql import parse

    return parse(SOURCES[name])


def optional_mark(directives: Iterable[DirectiveNode] | None) -> Mapping[str, str] | None:
    """The arguments of an `@optional` among them; None if there is none."""
    return _mark(directives, OPTIONAL)


def _mark(directives: Iterable[DirectiveNode] | None, wanted: str) -> Mapping[str, str] | None:
    for directive in directives or ():
        if directive.name.value == wanted:
            return {argument.name.value: getattr(argument.value, "value", "") for argument in directive.arguments or ()}
    return None


@cache
def marks(name: str) -> Marks:
    """What the marks of the document of that name say."""
    from graphql import VariableNode, print_ast, visit
    from graphql.language.visitor import Visitor

    found = Marks()

    class _Collect(Visitor):
        # graphql-core calls enter_KIND for each node of that kind; variables are defined before they are used.
        def enter_variable_definition(self, node: VariableDefinitionNode, *_place: object) -> None:
            variable = node.variable.name.value
            found.types[variable] = print_ast(node.type).rstrip("!")
            if optional_mark(node.directives) is not None:
                found.variables.add(variable)
            found.formerly.update(_mark(node.directives, _FORMERLY) or {})

        def enter_field(self, node: FieldNode, *_place: object) -> None:
            mark = optional_mark(node.directives)
            if mark is not None:
                found.fields[node.name.value] = mark.get("of")
            for argument in node.arguments or ():
                value = argument.value
                if isinstance(value, VariableNode) and value.name.value in found.variables:
                    found.arguments[node.name.value, argument.name.value] = value.name.value

    visit(marked(name), _Collect())
    return found


@cache
def document(name: str) -> DocumentNode:
    """The document as it is sent."""
    from graphql import visit
    from graphql.language.visitor import REMOVE, Visitor

    class _Unmark(Visitor):
        # graphql-core calls enter_KIND for each node of that kind.
        def enter_directive(self, *_node_and_place: object) -> object:
            return REMOVE

    unmarked: DocumentNode = visit(marked(name), _Unmark())
    return unmarked
