# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service can do with API tokens, as typed calls: one method for each job.

Reading is tried again when that can help. A change is tried again here only when the service has certainly not executed
it; when nobody knows, the error says so (`outcome_unknown`) and `_applying` looks before it decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from .._values.errors import GARBLED_ANSWER, MondooError
from .._values.mrn import Scope, scope_from
from .._values.token import Token, token_from_node
from .pagination import Pages, nodes
from .retry import RetryPolicy
from .sender import Sender, Transport, of_operation
from .tolerance import Documents

Listing: TypeAlias = "tuple[Token, ...]"


class Generated(NamedTuple):
    """The answer to a creation. secret: shown this once. mrn: None where the service does not tell it."""

    secret: str
    mrn: str | None


class SpaceEntry(NamedTuple):
    """A space in the listing of its organization."""

    scope: Scope
    name: str


class Change(NamedTuple):
    """A mutation that is to be sent. given: its input. attempted: what it does, for errors."""

    operation: str
    given: Mapping[str, Any]
    attempted: str


def update_of(token: Token, *, name: str | None = None, description: str | None = None) -> Change:
    """Changes name or description; None leaves them."""
    given = {"mrn": token.mrn, "name": name, "description": description}
    what = f'update the API token "{token.name}" ({token.mrn}) of {token.scope}'
    return Change("updateAPIToken", {key: value for key, value in given.items() if value is not None}, what)


def deletion_of(token: Token) -> Change:
    """Deletes a token."""
    what = f'delete the API token "{token.name}" ({token.mrn}) of {token.scope}'
    return Change("deleteAPIToken", {"mrn": token.mrn}, what)


def role_change_of(scope: Scope, roles: Sequence[tuple[Token, Iterable[str]]]) -> Change:
    """Replaces the roles of tokens of one scope."""
    updates = [{"entityMrn": token.mrn, "roles": _role_inputs(wanted)} for token, wanted in roles]
    token = roles[0][0]
    whose = f'the API token "{token.name}" ({token.mrn})' if len(roles) == 1 else f"{len(roles)} API tokens"
    return Change("setRoles", {"scopeMrn": scope.mrn, "updates": updates}, f"set the permissions of {whose} of {scope}")


class TokenService:
    """The Mondoo Platform API's part for API tokens.

    documents: those of this run, with warnings on what was left out of them.
    requests: how many were sent. mutations: the names of those sent that change something, in order; one that is sent
    again because the service had certainly not executed it counts once.
    """

    def __init__(self, transport: Transport, policy: RetryPolicy, documents: Documents | None = None) -> None:
        self.policy = policy
        self.documents = documents or Documents()
        self._sender = Sender(transport, self.documents)
        self.mutations: list[str] = []

    @property
    def requests(self) -> int:
        return self._sender.requests

    def tokens(self, scope: Scope) -> Listing:
        """All tokens of the scope itself, each once."""
        try:
            found = nodes(lambda page: self._query("apiTokens", {"scopeMrn": scope.mrn, **page}))
            return _listing(found, scope)
        except MondooError as error:
            raise _of_listing(scope, error) from None

    def tokens_together(self, scopes: Sequence[Scope]) -> dict[Scope, Listing | MondooError]:
        """For each scope what `tokens` returns or raises, with one request for the pages of all of them."""
        pages = {scope: Pages() for scope in scopes}
        found: dict[Scope, Listing | MondooError] = {}
        while len(found) < len(pages):
            due = [scope for scope in pages if scope not in found]
            answers = self._query_together(
                "apiTokens", [{"scopeMrn": scope.mrn, **pages[scope].arguments} for scope in due]
            )
            for scope, answer in zip(due, answers, strict=True):
                try:
                    if isinstance(answer, MondooError):
                        raise answer
                    pages[scope].take(answer)
                    if pages[scope].done:
                        found[scope] = _listing(pages[scope].nodes, scope)
                except MondooError as error:
                    found[scope] = _of_listing(scope, error)
        return found

    def spaces(self, organization: Scope) -> tuple[SpaceEntry, ...]:
        """All spaces of an organization."""

        def connection(page: Mapping[str, Any]) -> Mapping[str, Any]:
            return self._query("organization", {"mrn": organization.mrn, **page}).get("spacesList") or {}

        try:
            entries = [_space_from_node(node) for node in nodes(connection)]
        except MondooError as error:
            raise of_operation("organization", error).during(f"list the spaces of {organization}") from None
        return tuple({entry.scope.mrn: entry for entry in entries}.values())

    def generate(self, scope: Scope, name: str, description: str, roles: Iterable[str]) -> Generated:
        """Creates a token and returns its secret."""
        given: dict[str, Any] = {"name": name, "scopeMrn": scope.mrn, "roles": _role_inputs(roles)}
        if description:
            given["description"] = description
        change = Change("generateAPIToken", given, f'generate the API token "{name}" in {scope}')
        payload = self._mutate(change)
        secret = payload.get("token")
        if not secret or not isinstance(secret, str):
            raise MondooError(
                GARBLED_ANSWER,
                "the service's answer has no secret in it",
                attempted=change.attempted,
                operation=change.operation,
                outcome_unknown=True,
            )
        return Generated(secret, payload.get("mrn") or None)

    def change(self, change: Change) -> None:
        """Sends one change."""
        self._mutate(change)

    def change_together(self, changes: Sequence[Change]) -> list[bool | MondooError]:
        """Sends changes of one operation in one request. For each: True if it was executed, its error if the service has
        certainly refused it, False if that is not known.
        """
        if len(changes) == 1:
            return [self._change_alone(changes[0])]
        operation = changes[0].operation
        inputs = [{"input": change.given} for change in changes]
        self.mutations += [operation] * len(changes)
        try:
            answers = self.policy.call(
                lambda: self._sender.send_together(operation, inputs, mutation=True), _not_executed_but_may_be
            )
        except MondooError:
            return [False] * len(changes)
        return [
            _verdict(answer.during(change.attempted)) if isinstance(answer, MondooError) else answer is not None
            for change, answer in zip(changes, answers, strict=True)
        ]

    def _change_alone(self, change: Change) -> bool | MondooError:
        try:
            self._mutate(change)
        except MondooError as error:
            return _verdict(error)
        return True

    def _query(self, operation: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.policy.call(
            lambda: self._sender.send(operation, variables, mutation=False), lambda error: error.transient
        )

    def _query_together(
        self, operation: str, each: Sequence[Mapping[str, Any]]
    ) -> list[Mapping[str, Any] | MondooError]:
        """What `_query` returns or raises for each set of variables. One that fails does not keep the others from an answer."""
        if len(each) == 1:
            return [self._query_alone(operation, each[0])]
        told: dict[int, Mapping[str, Any] | MondooError] = {}

        def ask() -> None:
            due = [number for number in range(len(each)) if number not in told]
            answers = self._sender.send_together(operation, [each[number] for number in due], mutation=False)
            for number, answer in zip(due, answers, strict=True):
                if answer is not None:
                    told[number] = answer

        failure = None
        while failure is None and len(told) < len(each):
            before = len(told)
            try:
                self.policy.call(ask, lambda error: error.transient)
            except MondooError as error:
                failure = error
            if len(told) == before:
                break
        # One that failed for the moment has its own tries.
        told.update(
            {number: self._query_alone(operation, each[number]) for number, answer in told.items() if _passing(answer)}
        )
        rest = [number for number in range(len(each)) if number not in told]
        if failure is not None and (failure.transient or not failure.concerns_one_scope):
            told.update({number: failure.copy() for number in rest})
        elif rest:
            # Nobody knows which of them it is: smaller requests tell.
            half = (len(rest) + 1) // 2
            for part in (rest[:half], rest[half:]):
                answers = self._query_together(operation, [each[number] for number in part])
                told.update(zip(part, answers, strict=True))
        return [told[number] for number in range(len(each))]

    def _query_alone(self, operation: str, variables: Mapping[str, Any]) -> Mapping[str, Any] | MondooError:
        try:
            return self._query(operation, variables)
        except MondooError as error:
            return error

    def _mutate(self, change: Change) -> Mapping[str, Any]:
        self.mutations.append(change.operation)
        try:
            return self.policy.call(
                lambda: self._sender.send(change.operation, {"input": change.given}, mutation=True),
                _not_executed_but_may_be,
            )
        except MondooError as error:
            raise error.during(change.attempted) from None


def _not_executed_but_may_be(error: MondooError) -> bool:
    return error.transient and not error.outcome_unknown


def _passing(answer: object) -> bool:
    return isinstance(answer, MondooError) and answer.transient


def _verdict(error: MondooError) -> bool | MondooError:
    return False if error.outcome_unknown or error.transient else error


def _of_listing(scope: Scope, error: MondooError) -> MondooError:
    return of_operation("apiTokens", error).during(f"list the API tokens of {scope}")


def _listing(found: Iterable[object], scope: Scope) -> Listing:
    # A token that moves between pages while they are read is still one token.
    return tuple({token.mrn: token for token in (token_from_node(node, scope) for node in found)}.values())


def _role_inputs(roles: Iterable[str]) -> list[dict[str, str]]:
    return [{"mrn": role} for role in sorted(roles)]


def _space_from_node(node: object) -> SpaceEntry:
    mrn = node.get("mrn") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or not isinstance(mrn, str):
        raise MondooError(GARBLED_ANSWER, "the service's listing has a space without MRN")
    return SpaceEntry(scope_from("space", mrn), str(node.get("name") or mrn))
