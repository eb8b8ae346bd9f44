# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP proxy on the loopback interface for tests: it passes requests on and opens tunnels, and fails as it is told.

It never connects to anything but the loopback interface.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_PATIENCE = 30.0  # seconds, for what would otherwise hang a test
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HEAD_END = b"\r\n\r\n"

# What happens to a request, and whether it is passed on before.
FAULTS = {
    "status": False,  # an answer of the proxy's own
    "status_after": True,
    "hang_up": False,  # no answer, and the connection is closed
    "hang_up_after": True,  # of a tunnel: closed as soon as it is open
    "reset": False,
    "reset_after": True,
    "silence": False,  # no answer, and the connection stays open
    "garbage": False,  # an answer that is not HTTP
    "trickle": False,  # an answer whose headers come one byte at a time, without an end
}


@dataclass
class Fault:
    """kind: one of FAULTS. nth: of the requests that arrive from now on, the first that is hit, counted from 1; times: how many.

    A tunnel is one request, whatever goes through it.
    """

    kind: str
    nth: int = 1
    times: int = 1
    status: int = 502
    seen: int = 0

    def hits(self) -> bool:
        """Counts a request, and tells whether it is to fail."""
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


class Proxy:
    """Runs until the block that started it ends.

    requests: what arrived, as `CONNECT 127.0.0.1:443` or `POST http://127.0.0.1:80/query`. headers: of the last of them, with
    names in lower case. login: user and password that it asks for, as `user:password`. certificate: PEM file with certificate and
    key, for a proxy that is spoken to with TLS.
    """

    def __init__(self, login: str | None = None, certificate: Path | None = None) -> None:
        self.requests: list[str] = []
        self.headers: dict[str, str] = {}
        self._login = login
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self._thread = threading.Thread(target=self._accept)

    @classmethod
    @contextlib.contextmanager
    def run(cls, login: str | None = None, certificate: Path | None = None) -> Iterator[Proxy]:
        """A proxy that ends with the block."""
        proxy = cls(login, certificate)
        proxy._thread.start()
        try:
            yield proxy
        finally:
            proxy._stop()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def fault(self, kind: str, *, nth: int = 1, times: int = 1, status: int = 502) -> None:
        """Makes requests fail that arrive from now on; raises ValueError for a kind that there is not."""
        if kind not in FAULTS:
            raise ValueError(f"unknown fault {kind}")
        with self._lock:
            self._faults.append(Fault(kind, nth, times, status))

    def clear_faults(self) -> None:
        """From now on, nothing fails."""
        with self._lock:
            self._faults.clear()

    # -- connections -----------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        while not self._ended.is_set():
            ready, _writable, _failed = select.select([self._listener], [], [], 0.05)
            if ready:
                connection, _address = self._listener.accept()
                _send_at_once(connection)
                self._sockets.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _stop(self) -> None:
        self._ended.set()
        self._thread.join(_PATIENCE)
        self._listener.close()
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _serve(self, connection: socket.socket) -> None:
        # Whoever breaks off does so on purpose: that is what the tests are about.
        with contextlib.suppress(OSError, http.client.HTTPException):
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
                self._sockets.append(connection)
            with connection:
                connection.settimeout(_PATIENCE)
                while not self._ended.is_set() and self._serve_one(connection):
                    pass

    def _serve_one(self, connection: socket.socket) -> bool:
        """Serves one request; returns whether there may be another."""
        received = b""
        while _HEAD_END not in received:
            data = connection.recv(65536)
            if not data:
                return False
            received += data
        head, _end, body = received.partition(_HEAD_END)
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _version = first.split(" ", 2)
        headers = {
            name.strip().lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)
        }
        while len(body) < int(headers.get("content-length", 0)):
            body += connection.recv(65536)
        with self._lock:
            self.requests.append(f"{method} {target}")
            self.headers = headers
            hit = [fault for fault in self._faults if fault.hits()]
        if self._login and headers.get("proxy-authorization") != _basic(self._login):
            return _answer(connection, 407)
        fault = hit[0] if hit else None
        if fault and not FAULTS[fault.kind]:
            return self._fail(connection, fault)
        if method == "CONNECT":
            return self._tunnel(connection, target, fault)
        return self._forward(connection, method, target, headers, body, fault)

    def _fail(self, connection: socket.socket, fault: Fault) -> bool:
        if fault.kind.startswith("status"):
            return _answer(connection, fault.status)
        if fault.kind.startswith("reset"):
            # Without lingering, closing sends a reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif fault.kind == "silence":
            self._ended.wait(_PATIENCE)
        elif fault.kind == "garbage":
            connection.sendall(b"SSH-2.0-proxy\r\n")
        elif fault.kind == "trickle":
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            until = time.monotonic() + _PATIENCE
            while not self._ended.wait(0.05) and time.monotonic() < until:
                connection.sendall(b"x")
        return False

    def _tunnel(self, connection: socket.socket, target: str, fault: Fault | None) -> bool:
        host, _colon, port = target.rpartition(":")
        try:
            upstream = _connect(host.strip("[]"), int(port))
        except OSError:
            return _answer(connection, 502)
        with upstream:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if fault:
                return self._fail(connection, fault)
            ends = {connection: upstream, upstream: connection}
            while not self._ended.is_set():
                # What TLS has read already, select does not see.
                waiting = isinstance(connection, ssl.SSLSocket) and connection.pending()
                ready = [connection] if waiting else select.select(list(ends), [], [], 0.05)[0]
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return False
                    ends[end].sendall(data)
        return False

    def _forward(
        self,
        connection: socket.socket,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        fault: Fault | None,
    ) -> bool:
        url = urlsplit(target)
        kept = {name: value for name, value in headers.items() if not name.startswith("proxy-")}
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", url.port or 80, timeout=_PATIENCE)) as upstream:
            try:
                upstream.sock = _connect(url.hostname or "", url.port or 80)
            except OSError:
                return _answer(connection, 502)
            upstream.request(method, url.path, body=body, headers={**kept, "connection": "close"})
            response = upstream.getresponse()
            content = response.read()
        if fault:
            return self._fail(connection, fault)
        skipped = ("connection", "transfer-encoding", "content-length")
        lines = [f"{name}: {value}" for name, value in response.getheaders() if name.lower() not in skipped]
        head = "\r\n".join(
            [f"HTTP/1.1 {response.status} {response.reason}", *lines, f"Content-Length: {len(content)}", "", ""]
        )
        connection.sendall(head.encode("latin-1") + content)
        return True


def _connect(host: str, port: int) -> socket.socket:
    if host not in _LOOPBACK:
        raise ConnectionRefusedError(f"{host} is not on the loopback interface")
    connection = socket.create_connection((host, port), _PATIENCE)
    _send_at_once(connection)
    return connection


def _send_at_once(connection: socket.socket) -> None:
    """Otherwise the second part of something waits until the first has been acknowledged, which takes 40 ms."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _basic(login: str) -> str:
    return f"Basic {base64.b64encode(login.encode()).decode()}"


def _answer(connection: socket.socket, status: int) -> bool:
    """An answer of the proxy's own; its words, as those of some proxies, repeat what it was sent."""
    words = http.client.responses.get(status, "Odd")
    content = b"<html>the proxy says no</html>"
    connection.sendall(
        f"HTTP/1.1 {status} {words}\r\nContent-Type: text/html\r\nContent-Length: {len(content)}\r\n\r\n".encode()
        + content
    )
    return True
