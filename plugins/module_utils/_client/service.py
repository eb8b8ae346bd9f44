# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service can do with API tokens, as typed calls: one method for each job.

Reading is tried again when that can help. A change is tried again here only when the service has certainly not executed
it; when nobody knows, the error says so (`outcome_unknown`) and `_applying` looks before it decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .._values.errors import GARBLED_ANSWER, MondooError
from .._values.mrn import Scope, scope_from
from .._values.token import Token, token_from_node
from .answers import root_of
from .pagination import nodes, page_arguments
from .retry import RetryPolicy
from .tolerance import Documents

if TYPE_CHECKING:
    from graphql import DocumentNode

    from .._transport.http import Answer


class Transport(Protocol):
    """What the client needs of the network."""

    def post(self, document: DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        """Sends one document and returns the service's answer, or raises MondooError."""


class Generated(NamedTuple):
    """The answer to a creation. secret: shown this once. mrn: None where the service does not tell it."""

    secret: str
    mrn: str | None


class SpaceEntry(NamedTuple):
    """A space in the listing of its organization."""

    scope: Scope
    name: str


class TokenService:
    """The Mondoo Platform API's part for API tokens.

    documents: those of this run, with warnings on what was left out of them.
    requests: how many were sent. mutations: the names of those sent that change something, in order; one that is sent
    again because the service had certainly not executed it counts once.
    """

    def __init__(self, transport: Transport, policy: RetryPolicy) -> None:
        self._transport = transport
        self.policy = policy
        self.documents = Documents()
        self.requests = 0
        self.mutations: list[str] = []

    def tokens(self, scope: Scope) -> tuple[Token, ...]:
        """All tokens of the scope itself, each once."""

        def page(cursor: str | None) -> Mapping[str, Any]:
            return self._query("apiTokens", {"scopeMrn": scope.mrn, **page_arguments(cursor)})

        try:
            found = [token_from_node(node, scope) for node in nodes(page)]
        except MondooError as error:
            raise _of("apiTokens", error).during(f"list the API tokens of {scope}") from None
        # A token that moves between pages while they are read is still one token.
        return tuple({token.mrn: token for token in found}.values())

    def spaces(self, organization: Scope) -> tuple[SpaceEntry, ...]:
        """All spaces of an organization."""

        def page(cursor: str | None) -> Mapping[str, Any]:
            found = self._query("organization", {"mrn": organization.mrn, **page_arguments(cursor)})
            return found.get("spacesList") or {}

        try:
            entries = [_space_from_node(node) for node in nodes(page)]
        except MondooError as error:
            raise _of("organization", error).during(f"list the spaces of {organization}") from None
        return tuple({entry.scope.mrn: entry for entry in entries}.values())

    def generate(self, scope: Scope, name: str, description: str, roles: Iterable[str]) -> Generated:
        """Creates a token and returns its secret."""
        given: dict[str, Any] = {"name": name, "scopeMrn": scope.mrn, "roles": _role_inputs(roles)}
        if description:
            given["description"] = description
        payload = self._mutate("generateAPIToken", given, f'generate the API token "{name}" in {scope}')
        secret = payload.get("token")
        if not secret or not isinstance(secret, str):
            raise MondooError(
                GARBLED_ANSWER,
                "the service's answer has no secret in it",
                attempted=f'generate the API token "{name}" in {scope}',
                operation="generateAPIToken",
                outcome_unknown=True,
            )
        return Generated(secret, payload.get("mrn") or None)

    def update(self, token: Token, *, name: str | None = None, description: str | None = None) -> None:
        """Changes name or description; None leaves them."""
        given = {"mrn": token.mrn, "name": name, "description": description}
        what = f'update the API token "{token.name}" ({token.mrn}) of {token.scope}'
        self._mutate("updateAPIToken", {key: value for key, value in given.items() if value is not None}, what)

    def set_roles(self, token: Token, roles: Iterable[str]) -> None:
        """Replaces the roles of a token."""
        given = {"scopeMrn": token.scope.mrn, "updates": [{"entityMrn": token.mrn, "roles": _role_inputs(roles)}]}
        self._mutate(
            "setRoles", given, f'set the permissions of the API token "{token.name}" ({token.mrn}) of {token.scope}'
        )

    def delete(self, token: Token) -> None:
        """Deletes a token."""
        what = f'delete the API token "{token.name}" ({token.mrn}) of {token.scope}'
        self._mutate("deleteAPIToken", {"mrn": token.mrn}, what)

    def _query(self, operation: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.policy.call(lambda: self._send(operation, variables, mutation=False), lambda error: error.transient)

    def _mutate(self, operation: str, given: Mapping[str, Any], attempted: str) -> Mapping[str, Any]:
        self.mutations.append(operation)
        try:
            return self.policy.call(
                lambda: self._send(operation, {"input": given}, mutation=True),
                lambda error: error.transient and not error.outcome_unknown,
            )
        except MondooError as error:
            raise error.during(attempted) from None

    def _send(self, operation: str, variables: Mapping[str, Any], *, mutation: bool) -> Mapping[str, Any]:
        self.requests += 1
        try:
            answer = self._transport.post(self.documents.get(operation), variables, operation)
            if answer.errors and self.documents.adapt(operation, answer.errors):
                return self._send(operation, variables, mutation=mutation)
            found = root_of(answer, operation, mutation=mutation)
        except MondooError as error:
            raise _of(operation, error) from None
        if not isinstance(found, Mapping):
            raise MondooError(
                GARBLED_ANSWER,
                "the service's answer has another shape than announced",
                operation=operation,
                outcome_unknown=True,
            )
        return found


def _of(operation: str, error: MondooError) -> MondooError:
    error.operation = error.operation or operation
    return error


def _role_inputs(roles: Iterable[str]) -> list[dict[str, str]]:
    return [{"mrn": role} for role in sorted(roles)]


def _space_from_node(node: object) -> SpaceEntry:
    mrn = node.get("mrn") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or not isinstance(mrn, str):
        raise MondooError(GARBLED_ANSWER, "the service's listing has a space without MRN")
    return SpaceEntry(scope_from("space", mrn), str(node.get("name") or mrn))
