# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only access to the network: sends a GraphQL request, and returns the response or raises `MondooError`.

gql builds the request from a document, and requests sends it. gql's own transport is not used: it reads responses of any
size, replaces invalid UTF-8, and quotes the response in its errors.
"""

from __future__ import annotations

import email.utils
import gc
import http.client
import json
import math
import re
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from .._values import errors
from .._values.errors import MondooError, clock_advice, missing_library
from .._values.jwt import JWT_LIFETIME
from .body import GarbledError, decoded, json_object
from .credentials import Credential
from .proxies import Proxy
from .trust import Trust

if TYPE_CHECKING:
    from graphql import DocumentNode
    from requests import Response

_CHUNK = 64 * 1024  # bytes to read at a time
_SECONDS = re.compile(r"\d+(?:\.\d*)?", re.ASCII)
_LONGEST_WAIT = 86_400.0  # seconds; longer waits are not distinguished


class Answer(NamedTuple):
    """A GraphQL response. errors: as received, possibly empty; http_status: of the HTTP response.

    retry_after: seconds. date: the service's clock from the header `Date`, in UTC; None if absent.
    sign_in_advice: what to do if the credentials are not accepted; None for the default.
    has_data: whether it has data, even if that is null: without, nothing was executed.
    """

    data: Mapping[str, Any] | None
    errors: list[Any]
    http_status: int
    retry_after: float | None
    date: datetime | None = None
    sign_in_advice: str | None = None
    has_data: bool = True


def _import_libraries() -> None:
    """Imports what takes most of a module's start, and exempts it from garbage collection, also from that of an ending process.

    Otherwise, collections would take a sixth of a run that changes nothing. Raises MondooError if a library is missing; imports
    at the top of a file would end in a traceback.
    """
    is_first = "gql" not in sys.modules
    gc.disable()
    try:
        import gql  # noqa: F401
        import requests  # noqa: F401
    except ImportError:
        raise missing_library("gql[requests]", "pip install 'gql[requests]>=4'") from None
    finally:
        if is_first:
            gc.freeze()
        gc.enable()


class HttpTransport:
    """Posts GraphQL documents to one URL over kept-alive connections. It retries nothing and follows no redirect.

    url: from `query_url`.
    timeout: seconds for one whole request, from the lookup of the name to the last byte of the response.
    trust, proxy: from `choose_trust` and `choose_proxy`; the environment is not read here.
    """

    def __init__(
        self,
        url: str,
        credential: Credential,
        *,
        user_agent: str,
        timeout: float,
        trust: Trust = Trust(),  # noqa: B008  (it cannot be changed)
        proxy: Proxy | None = None,
    ) -> None:
        _import_libraries()
        from .connection import BoundedAdapter
        from .failures import Route, words_of

        self.url = url
        self._credential = credential
        self._headers = {
            "User-Agent": user_agent,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
        }
        self._timeout = timeout
        self._verify = trust.verify
        self._proxies = {"http": proxy.url, "https": proxy.url} if proxy else {}
        self._route = Route(url, proxied=proxy is not None, timeout=timeout)
        encrypted = any(address.startswith("https:") for address in (url, *self._proxies.values()))
        try:
            self._adapter = BoundedAdapter(trust, proxy, encrypted=encrypted)
        except OSError as error:
            place = trust.bundle or "this host"
            raise MondooError(
                errors.TLS_FAILED, f"the certificate authorities of {place} cannot be read: {words_of([error])}"
            ) from None

    def close(self) -> None:
        """Closes the connection, if there is one."""
        self._adapter.close()

    def post(self, document: DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        """Sends one document and returns the service's GraphQL response, with its errors unparsed.

        Raises MondooError for everything else: no response, or one that is not GraphQL.
        """
        from gql import GraphQLRequest

        try:
            bearer = self._credential.bearer()
        except MondooError as error:
            raise error.during("sign in") from None
        request = GraphQLRequest(document, variable_values=dict(variables), operation_name=operation)
        headers = {**self._headers, "Authorization": f"Bearer {bearer}"}
        try:
            return self._exchange(json.dumps(request.payload).encode(), headers)
        except MondooError:
            # The rest of an unusable response must not be read as the response to the next request.
            self._adapter.close()
            raise

    def _exchange(self, body: bytes, headers: dict[str, str]) -> Answer:
        from requests import Request

        from .connection import BOUNDS
        from .failures import no_answer, without_graphql

        try:
            request = Request("POST", self.url, headers=headers, data=body).prepare()
        except ValueError as error:
            # Such as a host name that cannot be encoded. The message may contain the whole request.
            raise MondooError(
                errors.CONNECTION_FAILED, f"no request to {self.url} can be sent: {type(error).__name__}"
            ) from None
        started = time.time()
        BOUNDS.start(self._timeout)
        try:
            # No session: it would add cookies, ~/.netrc and the proxies of the environment, and follow redirects.
            response = self._adapter.send(
                request,
                stream=True,
                timeout=None,  # it would apply to single operations
                verify=self._verify,
                proxies=self._proxies,
            )
            content, wrong = _content(response)
        except Exception as error:  # noqa: BLE001  (its kind determines whether the service may have executed the request)
            raise no_answer(error, self._route) from None
        date = _date(response)
        wait = _retry_after(response, date)
        advice = self._sign_in_advice(date, started)
        if content is None or wrong:
            failure = without_graphql(response, self._route, wrong=wrong, wait=wait, sign_in_advice=advice)
            failure.outcome_unknown |= _has_values(content)
            raise failure
        return Answer(
            content.get("data"), _errors(content), response.status_code, wait, date, advice, has_data="data" in content
        )

    def _sign_in_advice(self, date: datetime | None, started: float) -> str | None:
        """Advice if this host's clock is too wrong for signatures to be accepted; None if it is not."""
        if date is None or not self._credential.signs:
            return None
        # The date is from some moment between the request and now.
        ahead = max(started - date.timestamp(), 0.0) or min(time.time() - date.timestamp(), 0.0)
        return clock_advice(ahead) if abs(ahead) > JWT_LIFETIME else None


def _content(response: Response) -> tuple[dict[str, Any] | None, str]:
    """The JSON of a response, None without any; and why it is not a GraphQL response, empty if it is one."""
    content = None
    wrong = ""
    try:
        if not 300 <= response.status_code < 400:
            content = json_object(decoded(_chunks(response), response.headers.get("Content-Encoding", "")))
            wrong = _wrong_shape(content) or _wrong_status(response.status_code, content)
    except GarbledError as error:
        wrong = str(error)
    finally:
        # A connection can be reused only after the response has been read completely.
        if content is None:
            response.raw.close()
    return content, wrong


def _chunks(response: Response) -> Iterator[bytes]:
    count = 0
    for chunk in response.raw.stream(_CHUNK, decode_content=False):
        count += len(chunk)
        yield chunk
    # urllib3 1.26 accepts a body that is shorter than announced.
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal() and count < int(announced):
        raise http.client.IncompleteRead(b"", int(announced) - count)


def _wrong_shape(content: Mapping[str, Any]) -> str:
    """Why JSON is not a GraphQL response; empty if it is one."""
    if "data" not in content and "errors" not in content:
        return "JSON that has neither data nor errors"
    if not isinstance(content.get("data"), (dict, type(None))):
        return "data that is not an object"
    if not isinstance(content.get("errors"), (list, dict, str, type(None))):
        return "errors that are not a list"
    return ""


def _wrong_status(status: int, content: Mapping[str, Any]) -> str:
    """What is wrong with a failure that has no errors in it, whatever data it has; empty if nothing is."""
    return "" if status < 400 or _errors(content) else "JSON without errors"


def _has_values(content: Mapping[str, Any] | None) -> bool:
    """Whether JSON has results, as after an execution."""
    data = content.get("data") if content else None
    return isinstance(data, dict) and any(value is not None for value in data.values())


def _errors(content: Mapping[str, Any]) -> list[Any]:
    found = content.get("errors")
    # Some servers send a single error without a list.
    return found if isinstance(found, list) else ([found] if found else [])


def _date(response: Response) -> datetime | None:
    try:
        date = email.utils.parsedate_to_datetime(response.headers.get("Date", ""))
        return date.replace(tzinfo=timezone.utc) if date.tzinfo is None else date.astimezone(timezone.utc)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _retry_after(response: Response, now: datetime | None) -> float | None:
    """Seconds to wait from the Retry-After header, which is a number of seconds or a date; None without one.

    Fractions of a second are not standard, and are rounded up.

    now: from the service's own clock, if known.
    """
    value = response.headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return float(math.ceil(min(float(value), _LONGEST_WAIT)))
    try:
        until = email.utils.parsedate_to_datetime(value).timestamp()
        return min(max(until - (now.timestamp() if now else time.time()), 0.0), _LONGEST_WAIT)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
