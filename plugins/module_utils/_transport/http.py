# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that touches the network: a GraphQL request goes out, its answer or a `MondooError` comes back."""

from __future__ import annotations

import email.utils
import gc
import http.client
import json
import logging
import ssl
import time
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from .._values import errors
from .._values.errors import MondooError, missing_library
from .credentials import Credential

if TYPE_CHECKING:
    from gql.transport.requests import RequestsHTTPTransport
    from graphql import DocumentNode, GraphQLError
    from requests import PreparedRequest, Response


class Answer(NamedTuple):
    """A GraphQL answer. errors: as received, possibly empty; http_status: of the response that carried it.

    retry_after: seconds. date: the service's clock by the header `Date`, in UTC; None where it does not tell.
    """

    data: Mapping[str, Any] | None
    errors: list[Any]
    http_status: int
    retry_after: float | None
    date: datetime | None = None


class HttpTransport:
    """Posts GraphQL documents to one URL over kept-alive connections. It repeats nothing and follows no redirect.

    url: as `query_url` makes it.
    verify: False, True, or the path of a PEM bundle to trust.
    timeout: seconds to connect, and seconds between two bytes of the answer.
    """

    def __init__(
        self,
        url: str,
        credential: Credential,
        *,
        user_agent: str,
        timeout: float,
        verify: bool | str = True,
        proxy: str | None = None,
    ) -> None:
        # Most of a module's start is spent importing these; collecting garbage meanwhile takes a tenth of it for nothing.
        gc.disable()
        try:
            # Imported here, so that a missing library is an answer and no traceback.
            from gql.transport.requests import RequestsHTTPTransport
            from requests.auth import AuthBase
        except ImportError:
            raise missing_library("gql[requests]", "pip install 'gql[requests]>=4'") from None
        finally:
            gc.enable()
        # It logs every answer, and with it the secret of a new token.
        logging.getLogger("gql").setLevel(logging.WARNING)

        class BearerAuth(AuthBase):
            # An auth object rather than a header: it is asked anew for each request, and ~/.netrc cannot replace it.
            def __call__(self, request: PreparedRequest) -> PreparedRequest:
                request.headers["Authorization"] = f"Bearer {credential.bearer()}"
                return request

        self.url = url
        self._proxies = {"http": proxy, "https": proxy} if proxy else None
        self._transport: RequestsHTTPTransport = RequestsHTTPTransport(
            url,
            headers={"User-Agent": user_agent, "Accept": "application/json"},
            auth=BearerAuth(),
            timeout=timeout,  # type: ignore[arg-type]  # gql says int and hands it to requests, which takes fractions
            verify=verify,
            json_deserialize=_json_object,
            allow_redirects=False,
        )
        self._transport.connect()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Closes the connection."""
        self._transport.close()  # type: ignore[no-untyped-call]

    def post(self, document: DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        """Sends one document and returns the service's GraphQL answer, with its errors unread.

        Everything else is raised: no answer, an answer that is not GraphQL.
        """
        from gql import GraphQLRequest
        from gql.transport.exceptions import TransportError

        responses: list[Response] = []

        def keep(response: Response, **_kwargs: object) -> None:
            # JSON is UTF-8; guessing from the body would take longer than the request.
            response.encoding = "utf-8"
            responses.append(response)

        extra: dict[str, Any] = {"hooks": {"response": keep}}
        if self._proxies:
            extra["proxies"] = self._proxies
        failure: BaseException | None = None
        result = None
        try:
            result = self._transport.execute(
                GraphQLRequest(document, variable_values=dict(variables), operation_name=operation), extra_args=extra
            )
        except TransportError as error:
            # gql's own messages may quote the body, which may hold a secret: only the cause is looked at.
            failure = error.__cause__
        if isinstance(failure, MondooError):
            # From the credential, which signs while the request is prepared.
            raise failure.during("sign in") from None
        # The headers may have come and the body not; a bad status is a failure of another kind.
        response = responses[-1] if responses and not _broke_off(failure) else None
        if result is not None and response is not None and not response.is_redirect:
            return Answer(result.data, _errors_of(result.errors), response.status_code, _retry_after(response))
        raise (_no_answer(failure, self.url) if response is None else _not_graphql(response, self.url))


def _errors_of(found: list[GraphQLError] | Any) -> list[Any]:
    # gql hands the list over as it was received, whatever its type says.
    return list(found) if isinstance(found, list) else ([found] if found else [])


def _json_object(text: str) -> Any:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def _broke_off(failure: BaseException | None) -> bool:
    from requests import HTTPError, RequestException

    return isinstance(failure, RequestException) and not isinstance(failure, HTTPError)


def _no_answer(cause: BaseException | None, url: str) -> MondooError:
    """Names what kept a request from being answered, and whether it may have arrived."""
    import requests.exceptions as failures

    # Order matters: the special ones are subclasses of ConnectionError.
    if isinstance(cause, failures.SSLError):
        # Only a certificate is certainly refused before the request is sent.
        refused = any(isinstance(error, ssl.SSLCertVerificationError) for error in _chain(cause))
        return MondooError(
            errors.TLS_FAILED,
            f"no trusted TLS connection to {url}: {_root_words(cause)}",
            outcome_unknown=not refused,
        )
    if isinstance(cause, failures.ProxyError):
        return MondooError(
            errors.PROXY_FAILED, f"no connection to {url} through the proxy: {_root_words(cause)}", transient=True
        )
    if isinstance(cause, failures.ConnectTimeout):
        return MondooError(errors.TIMED_OUT, f"no connection to {url} within the timeout", transient=True)
    if isinstance(cause, failures.Timeout):
        return MondooError(
            errors.TIMED_OUT, f"no answer from {url} within the timeout", transient=True, outcome_unknown=True
        )
    if isinstance(cause, (failures.ConnectionError, failures.ChunkedEncodingError, failures.ContentDecodingError)):
        return MondooError(
            errors.CONNECTION_FAILED,
            f"no answer from {url}: {_root_words(cause)}",
            transient=True,
            outcome_unknown=not _never_connected(cause),
        )
    words = _root_words(cause) if isinstance(cause, OSError) else type(cause).__name__
    return MondooError(errors.CONNECTION_FAILED, f"no request to {url} could be made: {words}", outcome_unknown=True)


def _never_connected(cause: BaseException) -> bool:
    from urllib3.exceptions import NewConnectionError

    return any(isinstance(error, NewConnectionError) for error in _chain(cause))


def _chain(error: BaseException | None) -> list[BaseException]:
    """An exception and what it wraps, outermost first; urllib3 keeps its cause in `reason` or among its arguments."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        inner: object = getattr(error, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((arg for arg in error.args if isinstance(arg, BaseException)), None)
        error = inner if isinstance(inner, BaseException) else error.__cause__
    return found


def _root_words(error: BaseException | None) -> str:
    """The innermost reason, which is the one that a person can act on."""
    if error is None:
        return "unknown reason"
    root = _chain(error)[-1]
    if isinstance(root, OSError) and root.strerror:
        return root.strerror
    # Their messages quote what was read, which may be a part of the answer to a creation.
    if isinstance(root, http.client.IncompleteRead):
        return "the answer broke off"
    if isinstance(root, http.client.HTTPException) and not isinstance(root, OSError):
        return "what came back is not HTTP"
    # urllib3 puts the object's address in front.
    return (str(root) or type(root).__name__).rpartition(">: ")[2]


def _not_graphql(response: Response, url: str) -> MondooError:
    """Names an answer without GraphQL in it. Its body is never quoted: it may be the cut-off answer to a creation."""
    status = response.status_code
    kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    what = f"{url} answered HTTP {status}"
    if response.is_redirect or 300 <= status < 400:
        target = response.headers.get("Location", "").partition("?")[0]
        return MondooError(errors.REDIRECTED, f"{what}, a redirect to {target or 'nowhere'}", http_status=status)
    if status == 429:
        return MondooError(
            errors.RESOURCE_EXHAUSTED, what, http_status=status, transient=True, retry_after=_retry_after(response)
        )
    if status >= 500:
        return MondooError(
            errors.UNAVAILABLE,
            what,
            http_status=status,
            transient=True,
            outcome_unknown=True,
            retry_after=_retry_after(response),
        )
    if kind == "text/html":
        # With a success status the request may have passed before its answer was replaced.
        return MondooError(
            errors.NOT_GRAPHQL,
            f"{what} with a web page instead of JSON",
            http_status=status,
            outcome_unknown=status < 300,
        )
    if status in (401, 403):
        code = errors.UNAUTHENTICATED if status == 401 else errors.PERMISSION_DENIED
        return MondooError(code, what, http_status=status)
    if status >= 400:
        return MondooError(errors.NOT_GRAPHQL, f"{what} without a GraphQL answer", http_status=status)
    return MondooError(
        errors.GARBLED_ANSWER,
        f"{what} with {'an empty body' if not response.content else 'a body that is not the JSON of a GraphQL answer'}",
        http_status=status,
        transient=True,
        outcome_unknown=True,
    )


def _retry_after(response: Response) -> float | None:
    """Seconds to wait by the Retry-After header, which is a number of seconds or a date; None without one."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(email.utils.parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
