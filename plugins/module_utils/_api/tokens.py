# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API token operations of the service, as typed calls.

Queries are retried if that can help. A change is sent again only if the service has certainly not executed it and the
failure may be temporary; an unknown outcome is returned as `Verdict.UNKNOWN`, and the caller checks before it decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from .._graphql import schema_errors
from .._graphql.adapter import SchemaAdapter, SchemaMismatchError
from .._graphql.client import GraphQLClient, ServiceClock, Transport
from .._graphql.document import Document
from .._graphql.pagination import Pages, read_all
from .._graphql.response import Response, Verdict
from .._graphql.retry import RetryBudget, RetryPolicy
from .._values.each_space import Space
from .._values.errors import (
    GARBLED_ANSWER,
    INVALID_ARGUMENT,
    NOT_FOUND,
    PERMISSION_DENIED,
    UNAUTHENTICATED,
    MondooError,
    invalid_option,
)
from .._values.mrn import Scope, scope_from, scope_path, token_scope
from .._values.secrets import Secrets
from .._values.shape import JsonObject
from .._values.token import Token, generated_token, shown_texts, token_from_node
from .documents import API_TOKENS, DELETE, GENERATE, ORGANIZATION, SET_ROLES, SPACE, SPACES, UPDATE
from .verdicts import judge_deletion, judge_roles, judge_update

# Scopes per request: with a hundred tokens per page, a response is about a megabyte.
SCOPES_PER_REQUEST = 25
_SHOWN = 3  # tokens in a warning

Listing: TypeAlias = "tuple[Token, ...]"


class Generated(NamedTuple):
    """The response to a creation. secret: shown only this once. token: as stored; its MRN is None if not returned.

    named: whether its name was returned; if not, it is the requested one.
    """

    secret: str
    token: Token
    named: bool


class TokenUpdate(NamedTuple):
    """A token with a new name or description; None keeps the current one."""

    token: Token
    name: str | None = None
    description: str | None = None


class RoleChange(NamedTuple):
    """A token with new roles. roles: MRNs."""

    token: Token
    roles: Iterable[str]


@dataclass
class ServiceProfile:
    """What a run has detected about the service, shared by all of its connections.

    organization_as_space: whether the listing of an organization needs its MRN as `spaceMrn` too; None until known.
    roles_one_by_one: whether `setRoles` accepts only one token per request. warned_of: MRNs of tokens in `warnings`.
    """

    clock: ServiceClock = field(default_factory=ServiceClock)
    adapter: SchemaAdapter = field(default_factory=SchemaAdapter)
    secrets: Secrets = field(default_factory=Secrets)
    organization_as_space: bool | None = None
    roles_one_by_one: bool = False
    warnings: list[str] = field(default_factory=list)
    warned_of: set[str | None] = field(default_factory=set)


class TokenApi:
    """The API token part of the Mondoo Platform API, over one connection. For one thread at a time.

    policy: how requests are retried. requests: how many were sent.
    mutations: the names of the changes that the service has executed or may have executed, in order; permissions that
    are set together count once.
    """

    def __init__(self, transport: Transport, policy: RetryPolicy, profile: ServiceProfile | None = None) -> None:
        self.policy = policy
        self.mutations: list[str] = []
        self._profile = profile or ServiceProfile()
        profile = self._profile
        self._client = GraphQLClient(transport, policy, profile.adapter, profile.clock, profile.secrets)

    def connect(self, transport: Transport, secrets: Iterable[str] = ()) -> TokenApi:
        """Another instance with its own connection; both share what they detect about the service.

        secrets: those that the connection logs in with, if nothing else masks them.
        """
        for secret in secrets:
            self._profile.secrets.add(secret)
        return TokenApi(transport, self.policy, self._profile)

    @property
    def requests(self) -> int:
        return self._client.requests

    @property
    def warnings(self) -> list[str]:
        """Sentences about oddities of the service, each once."""
        return [*self._profile.adapter.warnings, *self._profile.warnings]

    def now(self) -> datetime:
        """The service's time if a response has given it, else this host's; in UTC."""
        return self._profile.clock.now()

    # Reading

    def list_tokens(
        self, scopes: Sequence[Scope], budget: RetryBudget | None = None
    ) -> dict[Scope, Listing | MondooError]:
        """For each scope its tokens, or why they could not be listed. Pages of several scopes share requests.

        A token that does not name its scope is in each listing that shows it.
        """
        budget = budget or self.policy.budget()
        listings: dict[Scope, Listing | MondooError] = {}
        for start in range(0, len(scopes), SCOPES_PER_REQUEST):
            listings.update(self._list_together(scopes[start : start + SCOPES_PER_REQUEST], budget))
        return listings

    def list_spaces(self, organization: Scope, budget: RetryBudget | None = None) -> tuple[Space, ...]:
        """All spaces of an organization. Raises MondooError."""
        budget = budget or self.policy.budget()
        where = "organization.spacesList"

        def fetch(page: Mapping[str, Any]) -> object:
            return self._client.query(SPACES, {"mrn": organization.mrn, **page}, budget).get("spacesList")

        try:
            spaces = [_read_space(node, f"{where}.edges[{n}].node") for n, node in enumerate(read_all(fetch, where))]
        except MondooError as error:
            raise error.in_operation(SPACES.name).during(f"list the spaces of {organization}") from None
        return tuple({space.scope.mrn: space for space in spaces}.values())

    def accepts(self, scope: Scope, budget: RetryBudget | None = None) -> bool:
        """Whether the service accepts the credential of this connection, tested with a query for its own scope.

        Only an identity that the service knows gets the scope, or is denied it. Raises MondooError if the response shows
        neither that nor that the credential is refused.
        """
        document = SPACE if scope.kind == "space" else ORGANIZATION
        try:
            self._client.probe(document, {"mrn": scope.mrn}, PERMISSION_DENIED, budget)
        except MondooError as error:
            if error.code == UNAUTHENTICATED:
                return False
            raise error.during(f"verify the secret of an API token of {scope}") from None
        return True

    def _list_together(self, scopes: Sequence[Scope], budget: RetryBudget) -> dict[Scope, Listing | MondooError]:
        pages = {scope: Pages(API_TOKENS.name, lambda node: str(node.get("mrn"))) for scope in scopes}
        listings: dict[Scope, Listing | MondooError] = {}
        while due := [scope for scope in pages if scope not in listings]:
            answers = self._fetch_pages({scope: pages[scope].arguments for scope in due}, budget)
            for scope, answer in answers.items():
                try:
                    if isinstance(answer, MondooError):
                        raise answer
                    pages[scope].take(answer)
                    if pages[scope].done:
                        listings[scope] = self._read_listing(scope, pages[scope].nodes)
                except MondooError as error:
                    listings[scope] = error.in_operation(API_TOKENS.name).during(f"list the API tokens of {scope}")
        return listings

    def _fetch_pages(
        self, pages: Mapping[Scope, Mapping[str, Any]], budget: RetryBudget
    ) -> dict[Scope, Mapping[str, Any] | MondooError]:
        """The next page of each scope, or why there is none."""

        def fetch(scopes: Sequence[Scope], *, as_space: bool) -> dict[Scope, Mapping[str, Any] | MondooError]:
            variables = [
                {
                    # An organization is not a space, but the argument is required; the console sends empty text.
                    "spaceMrn": scope.mrn if scope.kind == "space" or as_space else "",
                    "scopeMrn": scope.mrn,
                    **pages[scope],
                }
                for scope in scopes
            ]
            return dict(zip(scopes, self._client.query_many(API_TOKENS, variables, budget), strict=True))

        profile = self._profile
        answers = fetch(list(pages), as_space=bool(profile.organization_as_space))
        if profile.organization_as_space is not None or profile.adapter.omits_argument(API_TOKENS, "spaceMrn"):
            return answers
        of_organizations = {scope: answer for scope, answer in answers.items() if scope.kind == "organization"}
        if any(not isinstance(answer, MondooError) for answer in of_organizations.values()):
            profile.organization_as_space = False
            return answers
        refused = [scope for scope, answer in of_organizations.items() if _refuses_value(answer)]
        for scope, answer in fetch(refused, as_space=True).items() if refused else ():
            if not isinstance(answer, MondooError):
                profile.organization_as_space = True
            elif answer.code == INVALID_ARGUMENT:
                # The first error is more informative.
                continue
            answers[scope] = answer
        return answers

    def _read_listing(self, scope: Scope, nodes: Sequence[Mapping[str, Any]]) -> Listing:
        """The tokens of the scope itself, without tokens of other scopes in its listing."""
        own: dict[str | None, Token] = {}
        for number, node in enumerate(nodes):
            where = f"{API_TOKENS.name}.edges[{number}].node"
            token = token_from_node(node, scope, where)
            if _is_own(token, JsonObject(node, where).optional_text("scopeMrn")):
                # A token that moves between pages while they are read counts once.
                own[token.mrn] = token
        self._warn_of_times(own.values())
        return tuple(own.values())

    def _warn_of_times(self, tokens: Iterable[Token]) -> None:
        """Warns of times that cannot be read, once for each token."""
        odd = [token for token in tokens if token.unreadable_times and token.mrn not in self._profile.warned_of]
        if not odd:
            return
        self._profile.warned_of.update(token.mrn for token in odd)
        shown = [f'"{token.name}" ({token.mrn}): {", ".join(token.unreadable_times)}' for token in odd[:_SHOWN]]
        more = f"; and of {len(odd) - _SHOWN} more" if len(odd) > _SHOWN else ""
        self._profile.warnings.append(
            f"Times that cannot be read are taken as unknown, of API tokens of {odd[0].scope}: {'; '.join(shown)}{more}."
        )

    # Changing

    def generate_token(
        self, scope: Scope, name: str, description: str, roles: Iterable[str], budget: RetryBudget
    ) -> Response[Generated]:
        """Generates a token. UNKNOWN with a value: the token exists, but the response has no usable secret for it."""
        fields: dict[str, Any] = {"name": name, "scopeMrn": scope.mrn, "roles": _role_inputs(roles)}
        if description:
            fields["description"] = description
        attempted = f'generate the API token "{name}" in {scope}'
        asked = Token(mrn=None, name=name, scope=scope, description=description, roles=frozenset(roles))
        answer = self._client.mutate(GENERATE, {"input": fields}, budget)
        response = answer.judge(lambda payload: _read_generated(payload, asked))
        if response.value is not None:
            self._warn_of_times([response.value.token])
        self._count(GENERATE, [response])
        return _during(attempted, response)

    def update_tokens(self, changes: Sequence[TokenUpdate], budget: RetryBudget) -> list[Response[Token]]:
        """Changes names and descriptions of tokens, with one request for all of them."""
        inputs = [
            {"mrn": change.token.mrn, "name": change.name, "description": change.description} for change in changes
        ]
        answers = self._mutate_many(UPDATE, [_without_none(fields) for fields in inputs], budget)
        responses = [
            _during(
                f"update {_describe(change.token)}",
                judge_update(answer, change.token, change.name, change.description),
            )
            for change, answer in zip(changes, answers, strict=True)
        ]
        for response in responses:
            self._count(UPDATE, [response])
        return responses

    def set_roles(self, scope: Scope, changes: Sequence[RoleChange], budget: RetryBudget) -> list[Response[None]]:
        """Replaces the roles of tokens of one scope: one request for all of them, if the service supports that."""
        if not changes:
            return []
        if not self._profile.roles_one_by_one:
            updates = [{"entityMrn": change.token.mrn, "roles": _role_inputs(change.roles)} for change in changes]
            answer = self._client.mutate(SET_ROLES, {"input": {"scopeMrn": scope.mrn, "updates": updates}}, budget)
            if not _lacks_updates(answer.error):
                return self._judge_roles(answer, changes)
            self._profile.roles_one_by_one = True
        responses: list[Response[None]] = []
        for change in changes:
            fields = {"scopeMrn": scope.mrn, "identity": change.token.mrn, "roles": sorted(change.roles)}
            answer = self._client.mutate(SET_ROLES, {"input": fields}, budget)
            responses += self._judge_roles(answer, [change])
        return responses

    def delete_tokens(self, tokens: Sequence[Token], budget: RetryBudget) -> list[Response[None]]:
        """Deletes tokens, with one request for all of them. One that no longer exists counts as deleted."""
        answers = self._mutate_many(DELETE, [{"mrn": token.mrn} for token in tokens], budget)
        responses = [
            _during(f"delete {_describe(token)}", judge_deletion(answer))
            for token, answer in zip(tokens, answers, strict=True)
        ]
        for response in responses:
            self._count(DELETE, [response])
        return responses

    def _mutate_many(
        self, document: Document, inputs: Sequence[Mapping[str, Any]], budget: RetryBudget
    ) -> list[Response[Mapping[str, Any]]]:
        return self._client.mutate_many(document, [{"input": fields} for fields in inputs], budget)

    def _judge_roles(self, answer: Response[Mapping[str, Any]], changes: Sequence[RoleChange]) -> list[Response[None]]:
        """The outcomes of the changes in one request."""
        responses = judge_roles(answer, [change.token for change in changes])
        self._count(SET_ROLES, responses)
        return [
            _during(f"set the permissions of {_describe(change.token)}", response)
            for change, response in zip(changes, responses, strict=True)
        ]

    def _count(self, document: Document, responses: Sequence[Response[Any]]) -> None:
        """Counts one mutation, unless it certainly changed nothing."""
        if any(response.verdict is not Verdict.REFUSED for response in responses):
            self.mutations.append(document.name)


def _read_generated(payload: Mapping[str, Any], asked: Token) -> Response[Generated]:
    answer = JsonObject(payload, GENERATE.name)
    token = generated_token(answer, asked)
    secret = answer.value.get("token")
    named = shown_texts(answer)[0] is not None
    if isinstance(secret, str) and secret.isascii() and secret.isprintable() and secret.strip():
        return Response(Verdict.DONE, Generated(secret, token, named))
    error = MondooError(
        GARBLED_ANSWER, "the service's answer has no usable secret in it", operation=GENERATE.name, outcome_unknown=True
    )
    return Response(Verdict.UNKNOWN, Generated("", token, named), error)


def _is_own(token: Token, named: str | None) -> bool:
    """Whether a token belongs to the scope in whose listing it is. named: the scope that it names; None or empty if none.

    Raises MondooError if the two differ in letter case only: its own tokens would never be found under that spelling.
    """
    scope = token.scope
    if not named:
        # An organization's listing may show the tokens of its spaces; otherwise, the MRN is no more than a hint.
        in_mrn = token_scope(str(token.mrn))
        return scope.kind == "space" or in_mrn is None or in_mrn.kind == scope.kind
    if scope_path(named) == scope_path(scope.mrn):
        return True
    if scope_path(named).lower() == scope_path(scope.mrn).lower():
        raise invalid_option(f'the service writes {scope} as "{named}": write it in the same way')
    return False


def _refuses_value(answer: Mapping[str, Any] | MondooError) -> bool:
    return isinstance(answer, MondooError) and answer.code in (INVALID_ARGUMENT, NOT_FOUND)


def _lacks_updates(error: MondooError | None) -> bool:
    """Whether `setRoles` accepts `identity` and `roles` instead of `updates`."""
    return isinstance(error, SchemaMismatchError) and any(
        (difference.kind, difference.name)
        in (
            (schema_errors.INPUT_FIELD, "updates"),
            (schema_errors.WANTED, "identity"),
            (schema_errors.WANTED, "roles"),
        )
        for difference in error.differences
    )


def _read_space(node: object, where: str) -> Space:
    entry = JsonObject(node, where)
    mrn = entry.identifier("mrn")
    try:
        scope = scope_from("space", mrn)
    except MondooError:
        raise entry.garbled("mrn", "the MRN of a space") from None
    return Space(scope, entry.optional_text("name") or mrn)


def _role_inputs(roles: Iterable[str]) -> list[dict[str, str]]:
    return [{"mrn": role} for role in sorted(roles)]


def _without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _describe(token: Token) -> str:
    return f'the API token "{token.name}" ({token.mrn}) of {token.scope}'


def _during(attempted: str, response: Response[Any]) -> Response[Any]:
    """The response, with the attempted action in its error."""
    return response if response.error is None else replace(response, error=response.error.during(attempted))
