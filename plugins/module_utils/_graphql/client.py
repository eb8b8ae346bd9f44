# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A GraphQL client: sends documents, adapts them to the live schema, retries, and returns the outcome of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Protocol

from .._values.errors import GARBLED_ANSWER, MondooError
from .._values.secrets import Secrets
from .adapter import PreparedRequest, SchemaAdapter
from .document import Document
from .response import Response, Verdict, read_root, read_roots
from .retry import RetryBudget, RetryPolicy

if TYPE_CHECKING:
    from graphql import DocumentNode

    from .._transport.http import Answer


class Transport(Protocol):
    """What the client needs from the network."""

    def post(self, document: DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        """Sends one document and returns the service's response, or raises MondooError."""


def _host_time() -> datetime:
    return datetime.now(timezone.utc)


class ServiceClock:
    """The service's clock, once a response has given its time; until then that of this host."""

    def __init__(self, host_time: Callable[[], datetime] = _host_time) -> None:
        self._host_time = host_time
        self._ahead = timedelta()

    def observe(self, date: datetime | None) -> None:
        """Takes the time at which a response was sent, in UTC; None if unknown."""
        if date is not None:
            self._ahead = date - self._host_time()

    def now(self) -> datetime:
        """The service's time, in UTC."""
        return self._host_time() + self._ahead


class GraphQLClient:
    """Sends documents over one connection. For one thread at a time; several clients may share all but the transport.

    requests: how many were sent. secrets: removed from all responses; those in responses are added.
    """

    def __init__(
        self,
        transport: Transport,
        policy: RetryPolicy,
        adapter: SchemaAdapter,
        clock: ServiceClock,
        secrets: Secrets,
    ) -> None:
        self.requests = 0
        self._transport = transport
        self._policy = policy
        self._adapter = adapter
        self._clock = clock
        self._secrets = secrets

    def query(
        self, document: Document, variables: Mapping[str, Any], budget: RetryBudget | None = None
    ) -> Mapping[str, Any]:
        """The value of the document's root field. A query is retried if that can help; raises MondooError."""

        def ask() -> Mapping[str, Any]:
            _request, answer = self._send(document, [variables])
            return read_root(answer, document.name)

        try:
            return (budget or self._policy.budget()).call(ask, lambda error: error.transient)
        except MondooError as error:
            raise error.in_operation(document.name) from None

    def query_many(
        self, document: Document, each: Sequence[Mapping[str, Any]], budget: RetryBudget | None = None
    ) -> list[Mapping[str, Any] | MondooError]:
        """The result or error of `query` for each set of variables, with one request for all of them.

        A failure of one does not affect the others.
        """
        budget = budget or self._policy.budget()
        if not each:
            return []
        if len(each) == 1:
            return [self._query_alone(document, each[0], budget)]
        results, failure = self._query_together(document, each, budget)
        # Each temporary failure has its own retries.
        for number, result in results.items():
            if isinstance(result, MondooError) and result.transient:
                results[number] = self._query_alone(document, each[number], budget)
        rest = [number for number in range(len(each)) if number not in results]
        if failure is not None and (failure.transient or not failure.concerns_one_scope):
            results.update({number: failure.copy() for number in rest})
        elif rest:
            # The error does not show which of them failed; smaller requests do.
            half = (len(rest) + 1) // 2
            for part in (rest[:half], rest[half:]):
                results.update(zip(part, self.query_many(document, [each[n] for n in part], budget), strict=True))
        return [results[number] for number in range(len(each))]

    def probe(
        self, document: Document, variables: Mapping[str, Any], expected: str, budget: RetryBudget | None = None
    ) -> None:
        """Sends a query that has to be answered with a value, or with a GraphQL error that has the code `expected`.

        Raises MondooError for any other response. An HTTP status alone may come from something in front of the service.
        """

        def ask() -> None:
            _request, answer = self._send(document, [variables])
            try:
                read_root(answer, document.name)
            except MondooError as error:
                if not answer.errors or error.code != expected:
                    raise

        try:
            (budget or self._policy.budget()).call(ask, lambda error: error.transient)
        except MondooError as error:
            raise error.in_operation(document.name) from None

    def mutate(
        self, document: Document, variables: Mapping[str, Any], budget: RetryBudget
    ) -> Response[Mapping[str, Any]]:
        """Sends one mutation. It is sent again only if it was certainly not executed and the failure may be temporary."""
        (response,) = self.mutate_many(document, [variables], budget)
        return response

    def mutate_many(
        self, document: Document, each: Sequence[Mapping[str, Any]], budget: RetryBudget
    ) -> list[Response[Mapping[str, Any]]]:
        """The result of `mutate` for each set of variables, with one request for all of them."""
        responses: dict[int, Response[Mapping[str, Any]]] = {}
        if not each:
            return []

        def send() -> None:
            due = [number for number in range(len(each)) if _may_be_sent(responses.get(number))]
            responses.update(zip(due, self._mutate(document, [each[number] for number in due]), strict=True))
            for number in due:
                error = responses[number].error
                if error is not None and _may_be_sent(responses[number]):
                    raise error

        try:
            budget.call(send, lambda _error: True)
        except MondooError as error:
            for response in responses.values():
                if _may_be_sent(response) and response.error is not None:
                    response.error.notes = list(error.notes)
        return [responses[number] for number in range(len(each))]

    def _query_together(
        self, document: Document, each: Sequence[Mapping[str, Any]], budget: RetryBudget
    ) -> tuple[dict[int, Mapping[str, Any] | MondooError], MondooError | None]:
        """The results of joint requests by number, repeated while they make progress; and the failure that ended them, if any."""
        results: dict[int, Mapping[str, Any] | MondooError] = {}

        def ask() -> None:
            due = [number for number in range(len(each)) if number not in results]
            request, answer = self._send(document, [each[number] for number in due])
            roots = read_roots(answer, document.name, request.keys)
            results.update({number: root for number, root in zip(due, roots, strict=True) if root is not None})

        while len(results) < len(each):
            before = len(results)
            try:
                budget.call(ask, lambda error: error.transient)
            except MondooError as error:
                return results, error.in_operation(document.name)
            if len(results) == before:
                break
        return results, None

    def _query_alone(
        self, document: Document, variables: Mapping[str, Any], budget: RetryBudget
    ) -> Mapping[str, Any] | MondooError:
        try:
            return self.query(document, variables, budget)
        except MondooError as error:
            return error

    def _mutate(self, document: Document, each: Sequence[Mapping[str, Any]]) -> list[Response[Mapping[str, Any]]]:
        """Sends mutations once, in one request."""
        try:
            request, answer = self._send(document, each)
            if len(each) == 1:
                return [Response(Verdict.DONE, read_root(answer, document.name, shown_once=document.shown_once))]
            roots = read_roots(answer, document.name, request.keys)
        except MondooError as error:
            return [Response.from_error(error.copy().in_operation(document.name)) for _variables in each]
        return [_response(root, document) for root in roots]

    def _send(self, document: Document, each: Sequence[Mapping[str, Any]]) -> tuple[PreparedRequest, Answer]:
        """The request that the service accepts, and the response to it."""
        while True:
            request = self._adapter.prepare(document, each)
            self.requests += 1
            answer = self._post(request)
            self._clock.observe(answer.date)
            # A value shows that the request was executed, whatever its errors say.
            is_executed = any((answer.data or {}).get(key) is not None for key in request.keys)
            if is_executed or not self._adapter.adapt(request, answer.errors, has_data=answer.has_data):
                return request, answer

    def _post(self, request: PreparedRequest) -> Answer:
        """The response without secrets, except for the new one in its field."""
        document = request.document
        try:
            answer = self._transport.post(request.node, request.variables, document.name)
        except MondooError as error:
            error.reason = self._secrets.removed_from_words(error.reason)
            raise
        for root in (answer.data or {}).values() if document.shown_once else ():
            secret = root.get(document.shown_once) if isinstance(root, Mapping) else None
            if isinstance(secret, str):
                self._secrets.add(secret)
        return answer._replace(
            data=self._secrets.removed_from_values(answer.data, keep=document.shown_once),
            errors=self._secrets.removed_from_words(answer.errors),
        )


def _may_be_sent(response: Response[Any] | None) -> bool:
    """Whether a mutation can be sent: the first time, or again after a temporary failure without execution."""
    if response is None:
        return True
    return response.verdict is Verdict.REFUSED and response.error is not None and response.error.transient


def _response(root: Mapping[str, Any] | MondooError | None, document: Document) -> Response[Mapping[str, Any]]:
    if isinstance(root, MondooError):
        return Response.from_error(root)
    if root is not None:
        return Response(Verdict.DONE, root)
    reason = "the service's answer does not show the outcome of this change"
    return Response.from_error(
        MondooError(GARBLED_ANSWER, reason, operation=document.name, transient=True, outcome_unknown=True)
    )
