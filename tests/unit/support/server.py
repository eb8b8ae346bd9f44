# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loopback servers that answer as a script says, break off, or talk nonsense; they end with the block that started them."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

_PATIENCE = 10.0  # seconds, for what would otherwise hang a test


@dataclass(frozen=True)
class Reply:
    """An answer. missing: bytes that are announced and never sent. breaks: `reset` or `silence` instead of an answer.

    dated: whether the server adds its own date.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    missing: int = 0
    breaks: str | None = None
    dated: bool = True


@dataclass(frozen=True)
class Received:
    """A request as it arrived; the names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def json_reply(content: object, status: int = 200, **headers: str) -> Reply:
    """JSON without a charset in its type; underscores in the names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(content).encode(), {"Content-Type": "application/json", **named})


class Server:
    """Serves the replies in their order, and the last one again when they are used up.

    certificate: a PEM file with certificate and key, to serve TLS.
    """

    def __init__(self, *replies: Reply, certificate: Path | None = None) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self._replies = list(replies)
        self._ended = threading.Event()
        self._sockets: list[socket.socket] = []
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler(), bind_and_activate=True)
        self._http.daemon_threads = True
        self._scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
            self._scheme = "https"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}/query"

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._http.shutdown()
        self._http.server_close()
        for connection in self._sockets:
            # The handlers of kept-alive connections wait for the next request.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(_PATIENCE)
        assert not self._thread.is_alive()

    def _next(self) -> Reply:
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = _PATIENCE

            def setup(self) -> None:
                server.connections += 1
                server._sockets.append(self.request)
                super().setup()

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    # The client has broken off, or refused the certificate: that is what some tests are about.
                    self.close_connection = True

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.received.append(Received(self.command, self.path, headers, self.rfile.read(length)))
                reply = server._next()
                if reply.breaks:
                    self._break(reply.breaks)
                    return
                if reply.dated:
                    self.send_response(reply.status)
                else:
                    self.send_response_only(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body) + reply.missing))
                self.end_headers()
                self.wfile.write(reply.body)
                self.close_connection = self.close_connection or bool(reply.missing)

            do_POST = do_GET = do_CONNECT = _answer  # noqa: N815  (http.server looks for these names)

            def _break(self, how: str) -> None:
                self.close_connection = True
                if how == "silence":
                    server._ended.wait(_PATIENCE)
                else:
                    # Without lingering, closing sends a reset.
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()

            def log_message(self, *_args: Any) -> None:
                pass

        return Handler


class RawServer:
    """Hands each connection to `speak`, once a request has arrived on it, and closes it afterwards.

    speak: gets the connection and an event that is set when the server ends, which it has to wait for instead of sleeping.
    certificate: as for `Server`. handshake: the certificate is used by the server; else `speak` gets the bare connection, at once.
    """

    def __init__(
        self,
        speak: Callable[[socket.socket, threading.Event], None],
        *,
        certificate: Path | None = None,
        handshake: bool = True,
    ) -> None:
        self.requests = 0
        self._speak = speak
        self._handshake = handshake
        self._ended = threading.Event()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}/query"
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self) -> RawServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(_PATIENCE)
        self._listener.close()
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _address = self._listener.accept()
                self._sockets.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # The client gives up on what it is told: that is what the tests are about.
        with contextlib.suppress(OSError):
            connection.settimeout(_PATIENCE)
            if self._handshake:
                if self._context:
                    connection = self._context.wrap_socket(connection, server_side=True)
                with connection.makefile("rb") as stream:
                    head = http.client.parse_headers(stream) if stream.readline() else None
                    if head is None:
                        return
                    stream.read(int(head.get("Content-Length", 0)))
                self.requests += 1
            with connection:
                self._speak(connection, self._ended)


def slowly(data: bytes, before: bytes = b"", seconds: float = 0.05) -> Callable[[socket.socket, threading.Event], None]:
    """Says `before` at once, and each byte of `data` so many seconds after the one before."""

    def speak(connection: socket.socket, ended: threading.Event) -> None:
        connection.sendall(before)
        for number in range(len(data)):
            if ended.wait(seconds):
                return
            connection.sendall(data[number : number + 1])

    return speak


def at_once(data: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Says it, and closes the connection."""
    return lambda connection, _ended: connection.sendall(data)


def again_and_again(data: bytes, before: bytes = b"") -> Callable[[socket.socket, threading.Event], None]:
    """Says `before`, and then the same without an end."""

    def speak(connection: socket.socket, ended: threading.Event) -> None:
        connection.sendall(before)
        while not ended.is_set():
            connection.sendall(data)

    return speak


def closed_port() -> int:
    """A loopback port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
