# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every GraphQL document that the collection sends. To correct an assumption about the API, edit only this file.

`_graphql/document.py` explains `@optional` and `@formerly`. `__typename` is selected where everything else in a response
is optional.
"""

from __future__ import annotations

from .._graphql.document import Document

API_TOKENS = Document(
    "apiTokens",
    """
query apiTokens(
  $spaceMrn: String! @optional
  $scopeMrn: String! @optional(standIn: "spaceMrn")
  $first: Int! @optional
  $after: String
) {
  apiTokens(spaceMrn: $spaceMrn, scopeMrn: $scopeMrn, first: $first, after: $after) {
    totalCount @optional
    edges {
      node {
        mrn
        name
        description
        roles { mrn }
        scopeMrn @optional
        createdAt @optional
        lastUsed @optional
        creator @optional { mrn @optional email @optional }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}""",
)
SPACES = Document(
    "organization",
    """
query organization($mrn: String!, $first: Int! @optional, $after: String) {
  organization(mrn: $mrn) {
    spacesList(first: $first, after: $after) {
      totalCount @optional
      edges { node { mrn name } }
      pageInfo { hasNextPage endCursor }
    }
  }
}""",
)
# These two prove that the service accepts a credential.
SPACE = Document(
    "space",
    """
query space($mrn: String!) {
  space(mrn: $mrn) { mrn }
}""",
)
ORGANIZATION = Document(
    "organization",
    """
query organization($mrn: String!) {
  organization(mrn: $mrn) { mrn }
}""",
)
GENERATE = Document(
    "generateAPIToken",
    """
mutation generateAPIToken($input: GenerateAPITokenInput! @formerly(scopeMrn: "spaceMrn")) {
  generateAPIToken(input: $input) {
    token
    mrn @optional
    name @optional
    description @optional
    createdBy @optional
    createdAt @optional
  }
}""",
    shown_once="token",
)
UPDATE = Document(
    "updateAPIToken",
    """
mutation updateAPIToken($input: UpdateAPITokenInput!) {
  updateAPIToken(input: $input) { __typename name @optional description @optional }
}""",
)
SET_ROLES = Document(
    "setRoles",
    """
mutation setRoles($input: SetRolesInput! @formerly(scopeMrn: "spaceMrn")) {
  setRoles(input: $input) { __typename mrns @optional errors @optional }
}""",
)
DELETE = Document(
    "deleteAPIToken",
    """
mutation deleteAPIToken($input: DeleteAPITokenInput!) {
  deleteAPIToken(input: $input) { __typename ok @optional }
}""",
)
DOCUMENTS = (API_TOKENS, SPACES, SPACE, ORGANIZATION, GENERATE, UPDATE, SET_ROLES, DELETE)
