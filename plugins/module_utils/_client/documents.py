# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every GraphQL document that the collection sends. A correction to what the API looks like is one edit here.

A document's name is the root field it asks for. `@optional` marks what is nice to have and not needed for the job; the
mark is taken out before a document is sent. A payload of which nothing is needed is asked for its type name alone. No output
type is named, because the names of some are only assumed.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphql import DocumentNode

SOURCES = {
    "apiTokens": """
query apiTokens($scopeMrn: String!, $first: Int!, $after: String) {
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
        creator @optional { mrn email @optional service @optional }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}""",
    "organization": """
query organization($mrn: String!, $first: Int!, $after: String) {
  organization(mrn: $mrn) {
    spacesList(first: $first, after: $after) {
      edges { node { mrn name } }
      pageInfo { hasNextPage endCursor }
    }
  }
}""",
    "generateAPIToken": """
mutation generateAPIToken($input: GenerateAPITokenInput!) {
  generateAPIToken(input: $input) { token mrn @optional }
}""",
    "updateAPIToken": """
mutation updateAPIToken($input: UpdateAPITokenInput!) {
  updateAPIToken(input: $input) { __typename }
}""",
    "setRoles": """
mutation setRoles($input: SetRolesInput!) {
  setRoles(input: $input) { __typename }
}""",
    "deleteAPIToken": """
mutation deleteAPIToken($input: DeleteAPITokenInput!) {
  deleteAPIToken(input: $input) { __typename }
}""",
}

OPTIONAL = "optional"


def marked(name: str) -> DocumentNode:
    """The document with its `@optional` marks."""
    from graphql import parse

    return parse(SOURCES[name])


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
