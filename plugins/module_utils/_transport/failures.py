# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns failed requests and unusable responses into `MondooError`, with whether the service may have executed the request."""

from __future__ import annotations

import http
import http.client
import re
import socket
import ssl
from typing import TYPE_CHECKING, NamedTuple

from .._values import errors
from .._values.errors import MondooError
from .addresses import host_of
from .body import WEB_PAGE, TooLargeError
from .connection import CONNECTING, TUNNELLING, NotSentError

if TYPE_CHECKING:
    from requests import Response

_REFUSED_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
# Besides 429 and server errors: a time-out (408, and 499 of nginx), and a request that came too early (425).
_TRANSIENT_STATUSES = frozenset({408, 425, 499})
_NOT_PROCESSED = 425
_MOST_DETAILS = 200  # characters of a library's message


class Route(NamedTuple):
    """The route of a request, for messages. timeout: seconds that it may take."""

    url: str
    proxied: bool
    timeout: float

    @property
    def within(self) -> str:
        return f"within {self.timeout:g} second{'' if self.timeout == 1 else 's'}"

    def __str__(self) -> str:
        return f"{self.url} through the proxy" if self.proxied else self.url


def no_answer(error: Exception, route: Route) -> MondooError:
    """The error for an exception that was raised instead of a response.

    Only `NotSentError` proves that the service has not executed the request. The exceptions of urllib3 do not: its
    ProxyError means an unreachable proxy, but also one that closes the connection after forwarding the request.
    """
    if isinstance(error, NotSentError):
        return _not_sent(error, route)
    chain = _chain(error)
    if isinstance(error, TooLargeError):
        return MondooError(
            errors.ANSWER_TOO_LARGE, f"the answer of {route} is too large to be read", outcome_unknown=True
        )
    if _is_timeout(chain):
        return MondooError(
            errors.TIMED_OUT, f"no complete answer from {route} {route.within}", transient=True, outcome_unknown=True
        )
    return MondooError(
        errors.CONNECTION_FAILED, f"no answer from {route}: {words_of(chain)}", transient=True, outcome_unknown=True
    )


def _not_sent(error: NotSentError, route: Route) -> MondooError:
    chain = _chain(error.cause)
    if _is_timeout(chain):
        return MondooError(errors.TIMED_OUT, f"no connection to {route} {route.within}", transient=True)
    if error.stage == TUNNELLING:
        return _tunnel_failed(chain, route)
    if error.stage == CONNECTING:
        code = errors.PROXY_FAILED if route.proxied else errors.CONNECTION_FAILED
        return MondooError(code, f"no connection to {route}: {words_of(chain)}", transient=True)
    # urllib3 1.26 has its own CertificateError.
    untrusted = any(
        isinstance(each, ssl.CertificateError) or type(each).__name__ == "CertificateError" for each in chain
    )
    # Which of the two TLS errors a closed connection raises depends on how Python was built.
    broke_off = any(isinstance(each, (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)) for each in chain)
    if broke_off and not untrusted:
        return MondooError(errors.CONNECTION_FAILED, f"no TLS connection to {route}: {words_of(chain)}", transient=True)
    return MondooError(errors.TLS_FAILED, f"no trusted TLS connection to {route}: {words_of(chain)}")


def _tunnel_failed(chain: list[BaseException], route: Route) -> MondooError:
    refused = next((found for each in chain if (found := _REFUSED_TUNNEL.search(str(each)))), None)
    if not refused:
        return MondooError(errors.PROXY_FAILED, f"no connection to {route}: {words_of(chain)}", transient=True)
    status = int(refused[1])
    return MondooError(
        errors.PROXY_FAILED,
        f"the proxy refused the connection to {route.url}: HTTP {status}{_phrase(status)}",
        transient=status == 429 or status in _TRANSIENT_STATUSES or status >= 500,
    )


def _phrase(status: int) -> str:
    """The standard phrase for a status; the one from a proxy may contain anything."""
    try:
        return f" ({http.HTTPStatus(status).phrase})"
    except ValueError:
        return ""


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


def _is_timeout(chain: list[BaseException]) -> bool:
    from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

    # urllib3 1.26 does not keep the cause of its own exception.
    return any(isinstance(each, (TimeoutError, Urllib3TimeoutError)) for each in chain)


def words_of(chain: list[BaseException]) -> str:
    """The innermost reason, which is the actionable one."""
    from urllib3.exceptions import InvalidChunkLength, ProtocolError

    root = chain[-1]
    # Their messages quote what was read, which may be a part of the response to a creation.
    if isinstance(root, http.client.IncompleteRead) and not isinstance(root, InvalidChunkLength):
        return "the answer broke off"
    if isinstance(root, http.client.RemoteDisconnected):
        return "the connection was closed without an answer"
    if isinstance(root, UnicodeError):
        return "the host name is not valid"
    if isinstance(root, (http.client.HTTPException, ProtocolError, ValueError)) and not isinstance(root, ssl.SSLError):
        return "the response is not HTTP"
    if isinstance(root, (socket.gaierror, ssl.SSLError)):
        words = root.strerror or str(root) or type(root).__name__
        return re.sub(r"^\[[^\]]*\]\s*|\s*\(_ssl\.c:\d+\)$", "", words)[:_MOST_DETAILS]
    if isinstance(root, OSError) and root.strerror:
        return root.strerror
    return type(root).__name__


def without_graphql(
    response: Response, route: Route, *, wrong: str, wait: float | None, sign_in_advice: str | None
) -> MondooError:
    """The error for a non-GraphQL response. Its body is never quoted: it may be a truncated response with a new secret.

    wrong: what is wrong with its body, as the end of "… answered HTTP 200 with". wait: seconds that it requests to wait.
    sign_in_advice: as in `Answer`.
    """
    status = response.status_code
    what = f"{route.url} answered HTTP {status}"
    if 300 <= status < 400:
        location = response.headers.get("Location", "")
        target = host_of(location) if location else "nowhere"
        return MondooError(errors.REDIRECTED, f"{what}, a redirect to {target}", http_status=status)
    if status == 407:
        return MondooError(errors.PROXY_FAILED, f"the proxy answered HTTP 407{_phrase(407)}", http_status=status)
    if status == 429:
        return MondooError(errors.RESOURCE_EXHAUSTED, what, http_status=status, transient=True, retry_after=wait)
    if status >= 500 or status in _TRANSIENT_STATUSES:
        return MondooError(
            errors.UNAVAILABLE,
            what,
            http_status=status,
            transient=True,
            outcome_unknown=status != _NOT_PROCESSED,
            retry_after=wait,
        )
    if wrong == WEB_PAGE or response.headers.get("Content-Type", "").split(";")[0].strip().lower() == "text/html":
        # With a success status, the request may have been executed before its response was replaced.
        return MondooError(
            errors.NOT_GRAPHQL,
            f"{what} with {WEB_PAGE}",
            http_status=status,
            outcome_unknown=status < 300,
        )
    if status in (401, 403):
        code = errors.UNAUTHENTICATED if status == 401 else errors.PERMISSION_DENIED
        return MondooError(code, what, http_status=status, advice=sign_in_advice)
    if status >= 400:
        return MondooError(errors.NOT_GRAPHQL, f"{what} without a GraphQL answer", http_status=status)
    return MondooError(
        errors.GARBLED_ANSWER, f"{what} with {wrong}", http_status=status, transient=True, outcome_unknown=True
    )
