# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of the simulator that hides nothing: the documents and the answers as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from simulator.names import ROLE_PREFIX, is_space, organization_mrn, space_mrn

NOBODY = "//agents.api.mondoo.app/spaces/alpha/serviceaccounts/none"
ACME = organization_mrn("acme")
OTHER = organization_mrn("other")
ALPHA, BETA, OUTSIDE = space_mrn("alpha"), space_mrn("beta"), space_mrn("outside")
_TIMEOUT = 20  # seconds

LIST = """
query list(
  $space: String!, $scope: String, $first: Int, $after: String, $terms: [String!], $order: APITokenOrder
) {
  apiTokens(spaceMrn: $space, scopeMrn: $scope, first: $first, after: $after, queryTerms: $terms, orderBy: $order) {
    totalCount
    edges {
      cursor
      node {
        mrn spaceMrn scopeMrn name description roles { mrn title } createdAt lastUsed creator { mrn email }
      }
    }
    pageInfo { startCursor endCursor hasNextPage }
  }
}"""
GENERATE = """
mutation generate($input: GenerateAPITokenInput!) {
  generateAPIToken(input: $input) { token mrn name description spaceMrn scopeMrn createdBy createdAt }
}"""
UPDATE = """
mutation update($input: UpdateAPITokenInput!) {
  updateAPIToken(input: $input) { mrn name description spaceMrn scopeMrn }
}"""
DELETE = "mutation delete($input: DeleteAPITokenInput!) { deleteAPIToken(input: $input) { ok } }"
SET_ROLES = "mutation set($input: SetRolesInput!) { setRoles(input: $input) { mrns errors } }"
SPACES = """
query spaces($mrn: String!, $first: Int, $after: String) {
  organization(mrn: $mrn) {
    id mrn name
    spacesList(first: $first, after: $after) { totalCount edges { node { mrn } } pageInfo { hasNextPage endCursor } }
  }
}"""


def listed(scope: str, **arguments: Any) -> dict[str, Any]:
    """Variables of LIST: the scope as the console names it."""
    return {"space": scope if is_space(scope) else "", "scope": scope, **arguments}


def role(name: str) -> str:
    return ROLE_PREFIX + name


def roles(*names: str) -> list[dict[str, str]]:
    """Roles as inputs have them."""
    return [{"mrn": role(name)} for name in names]


def codes(answer: requests.Response) -> list[str]:
    """The gRPC codes of the errors of an answer, in order."""
    messages = [error["message"] for error in answer.json().get("errors", [])]
    return [message.removeprefix("rpc error: code = ").split(" desc = ")[0] for message in messages]


class Api:
    """The API as one sender sees it."""

    def __init__(self, url: str, secret: str | None, ca: Path | None = None) -> None:
        self.url = f"{url}/query"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(ca) if ca else True
        if secret is not None:
            self.session.headers["Authorization"] = f"Bearer {secret}"

    def send(self, document: str, *, timeout: float = _TIMEOUT, **variables: Any) -> requests.Response:
        """The answer, whatever it is; redirects are not followed."""
        body = {"query": document, "variables": variables}
        return self.session.post(self.url, json=body, timeout=timeout, allow_redirects=False)

    def ask(self, document: str, **variables: Any) -> Any:
        """The value of the only root field of a request that must succeed."""
        answer = self.send(document, **variables)
        assert answer.status_code == 200, answer.text
        assert "errors" not in answer.json(), answer.text
        (value,) = answer.json()["data"].values()
        return value

    def refused(self, document: str, **variables: Any) -> str:
        """The gRPC code of a request that must fail."""
        answer = self.send(document, **variables)
        assert answer.status_code == 200, answer.text
        (code,) = codes(answer)
        return code

    def generate(self, name: str = "ci", *permissions: str, scope: str = ALPHA, **more: Any) -> dict[str, Any]:
        """A new token, as its answer tells it."""
        declared = {"name": name, "scopeMrn": scope, "roles": roles(*permissions), **more}
        generated: dict[str, Any] = self.ask(GENERATE, input=declared)
        return generated

    def nodes(self, scope: str = ALPHA, **arguments: Any) -> list[dict[str, Any]]:
        """The tokens on a page of a listing."""
        return [edge["node"] for edge in self.ask(LIST, **listed(scope, **arguments))["edges"]]

    def names(self, scope: str = ALPHA, **arguments: Any) -> list[str]:
        return [node["name"] for node in self.nodes(scope, **arguments)]
