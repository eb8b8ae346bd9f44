# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections with one deadline for a whole request; a request that was not sent fails with `NotSentError`.

The timeouts of requests and urllib3 apply to single socket operations, and their exceptions differ between versions. This module
therefore replaces the classes of connections and sockets, which both libraries allow.
"""

from __future__ import annotations

import functools
import http.client
import ipaddress
import math
import os
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

from .body import LARGEST_BODY, TooLargeError
from .proxies import Proxy
from .trust import Trust

try:
    from requests.adapters import HTTPAdapter
    from requests.utils import DEFAULT_CA_BUNDLE_PATH
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.util.ssl_ import create_urllib3_context
except ImportError:
    # `HttpTransport` reports missing libraries. ansible-test requires that everything can be imported without them.
    HTTPAdapter = HTTPConnection = HTTPSConnection = object  # type: ignore[assignment,misc]  # never instantiated
    HTTPConnectionPool = HTTPSConnectionPool = object  # type: ignore[assignment,misc]  # never instantiated

if TYPE_CHECKING:
    from urllib3.poolmanager import PoolManager

_LARGEST_ANSWER = LARGEST_BODY + 1024 * 1024  # bytes on the wire, including headers and chunk sizes
CONNECTING, TUNNELLING, ENCRYPTING = "connecting", "tunnelling", "encrypting"


class NotSentError(Exception):
    """The connection failed before anything of the request was sent. stage: the step that failed.

    It is neither an OSError nor an HTTPException, so urllib3 does not wrap it.
    """

    def __init__(self, stage: str, cause: Exception) -> None:
        super().__init__(stage)
        self.stage = stage
        self.cause = cause


class _Bounds(threading.local):
    """Remaining time and size for the current request of a thread."""

    def __init__(self) -> None:
        self._end = math.inf
        self._room = 0

    def start(self, seconds: float) -> None:
        """Starts a request that may take this many seconds."""
        self._end = time.monotonic() + seconds
        self._room = _LARGEST_ANSWER

    def left(self) -> float:
        """Seconds; raises TimeoutError if none is left."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the time for the request is over")
        return seconds

    def received(self, count: int) -> None:
        """Counts received bytes; raises TooLargeError beyond the limit."""
        self._room -= count
        if self._room < 0:
            raise TooLargeError


BOUNDS = _Bounds()


class _PlainSocket(socket.socket):
    """A socket whose operations are limited to the remaining time of the request."""

    def recv(self, *args: Any) -> bytes:
        self.settimeout(BOUNDS.left())
        data = super().recv(*args)
        BOUNDS.received(len(data))
        return data

    def recv_into(self, *args: Any) -> int:
        self.settimeout(BOUNDS.left())
        count = super().recv_into(*args)
        BOUNDS.received(count)
        return count

    def send(self, *args: Any) -> int:
        self.settimeout(BOUNDS.left())
        return super().send(*args)

    def sendall(self, *args: Any) -> None:
        self.settimeout(BOUNDS.left())
        super().sendall(*args)


class _TlsSocket(ssl.SSLSocket):
    """The same with TLS. The other operations of `ssl.SSLSocket` are implemented with these."""

    def do_handshake(self, block: bool = False) -> None:
        self.settimeout(BOUNDS.left())
        super().do_handshake(block)

    def read(self, *args: Any) -> Any:
        self.settimeout(BOUNDS.left())
        data: Any = super().read(*args)
        BOUNDS.received(data if isinstance(data, int) else len(data))
        return data

    def send(self, *args: Any) -> int:
        self.settimeout(BOUNDS.left())
        return super().send(*args)


class _FinalResponse(http.client.HTTPResponse):
    """A response without interim ones before it, of which http.client skips only `100 Continue`, and none in a tunnel.

    `BOUNDS` limits their number too.
    """

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]  # not in typeshed
            status = found[1]
            if not 100 <= status < 200 or status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                return found
            http.client.parse_headers(self.fp)


class _Stages:
    """Records the steps of connecting. Nothing of a request is sent before `connect` has returned."""

    response_class: Any = _FinalResponse  # of http.client
    _stage = CONNECTING

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]  # of the connection that it is mixed into
        except Exception as error:
            raise NotSentError(self._stage, error) from error

    def _new_conn(self) -> socket.socket:
        self._stage = CONNECTING
        connection: Any = self
        connected = _connected(connection._dns_host, connection.port)
        self._stage = ENCRYPTING
        return connected

    def _tunnel(self) -> None:
        self._stage = TUNNELLING
        super()._tunnel()  # type: ignore[misc]  # of http.client
        self._stage = ENCRYPTING


class _PlainConnection(_Stages, HTTPConnection):
    pass


class _TlsConnection(_Stages, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _PlainPool, "https": _TlsPool}


class BoundedAdapter(HTTPAdapter):
    """Sends requests over kept-alive connections within `BOUNDS`, directly or through the proxy, once each.

    encrypted: whether to use TLS. Raises OSError if the certificate authorities cannot be read.
    """

    def __init__(self, trust: Trust, proxy: Proxy | None, *, encrypted: bool) -> None:
        self._proxy = proxy
        # Loading the certificates takes 20 ms.
        self._context = _context(trust) if encrypted else None
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(
            proxy, ssl_context=self._context, proxy_ssl_context=self._context, **kwargs
        )
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        del proxy
        authorization = self._proxy.authorization if self._proxy else None
        return {"Proxy-Authorization": authorization} if authorization else {}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """The context has the certificates already; requests would add its own."""
        del url, cert
        conn.cert_reqs = "CERT_REQUIRED" if verify else "CERT_NONE"


@functools.cache
def _context(trust: Trust) -> ssl.SSLContext:
    context = create_urllib3_context()
    context.sslsocket_class = _TlsSocket
    if not trust.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif trust.bundle:
        is_folder = os.path.isdir(trust.bundle)
        context.load_verify_locations(**{"capath" if is_folder else "cafile": trust.bundle})
    else:
        # Those of the host, as with curl and uri. OpenSSL reads SSL_CERT_FILE and SSL_CERT_DIR itself.
        context.load_default_certs()
        if not trust.named and not context.cert_store_stats()["x509_ca"]:
            context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


def _connected(host: str, port: int) -> socket.socket:
    """A connection to the first address of the host that answers."""
    addresses = _addresses(host.strip("[]"), port)
    failure: OSError | None = None
    for number, (family, kind, protocol, _name, address) in enumerate(addresses):
        connection = _PlainSocket(family, kind, protocol)
        try:
            # urllib3 does not set it for proxies: the body would wait 40 ms for the acknowledgement of the headers.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # The addresses share the time, so an unresponsive one leaves some for the next.
            connection.settimeout(BOUNDS.left() / (len(addresses) - number))
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure or OSError("the name has no address")


def _addresses(host: str, port: int) -> list[Any]:
    """The result of getaddrinfo, which has no timeout and therefore runs in a thread of its own."""
    found: list[Any] = []
    failures: list[Exception] = []

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failures.append(error)

    try:
        # An IP address is not looked up.
        ipaddress.ip_address(host)
        look_up()
    except ValueError:
        thread = threading.Thread(target=look_up, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # No thread can be started. A lookup without a timeout is better than a failure.
            look_up()
        else:
            thread.join(BOUNDS.left())
    if failures:
        raise failures[0]
    if not found:
        raise TimeoutError("the name was not resolved in time")
    return found
