# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents of an API that has nothing to do with tokens, and its schema: what the tests of the GraphQL client send."""

from __future__ import annotations

import graphql
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.document import Document

SCHEMA = graphql.build_schema("""
type Query {
  books(spaceMrn: String!, scopeMrn: String, first: Int, after: String, queryTerms: [String!]): BookConnection!
}
type Mutation {
  addBook(input: AddBookInput!): Book
}
type BookConnection { totalCount: Int edges: [BookEdge!] pageInfo: PageInfo! }
type BookEdge { node: Book }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Book { mrn: String! title: String! pages: Int shelf: Shelf author: Author }
type Shelf { mrn: String! }
type Author { mrn: String name: String }
input AddBookInput { title: String! spaceMrn: String scopeMrn: String tags: [TagInput!] }
input TagInput { name: String! }
""")

BOOKS = Document(
    "books",
    """
query books(
  $spaceMrn: String! @optional
  $scopeMrn: String! @optional(standIn: "spaceMrn")
  $first: Int! @optional
  $after: String
) {
  books(spaceMrn: $spaceMrn, scopeMrn: $scopeMrn, first: $first, after: $after) {
    edges {
      node {
        mrn
        title
        shelf { mrn }
        pages @optional
        author @optional { mrn @optional name @optional }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}""",
)
ADD_BOOK = Document(
    "addBook",
    """
mutation addBook($input: AddBookInput! @formerly(scopeMrn: "spaceMrn")) {
  addBook(input: $input) { title pages @optional }
}""",
)

SPACE = "//captain.api.mondoo.app/spaces/s"
ORGANIZATION = "//captain.api.mondoo.app/organizations/o"
