# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serves the simulator with uvicorn until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .administration import Administration
from .app import Service
from .database import Database
from .execution import Execution
from .seed import DEFAULT, credentials, seed
from .settings import Settings

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "contract" / "schema.graphql"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PARENT_CHECK = 0.5  # seconds
_STOP = 30  # seconds that ending may take


@dataclass(frozen=True)
class Options:
    """What the command line says. seed: what a new database holds. tls: folder for a certificate authority, None for
    plain HTTP; tls_name: the name in the certificate. credentials: file for those that are in the database.
    """

    database: Path
    host: str = LOOPBACK[0]
    port: int = 0
    schema: Path = SCHEMA
    seed: dict[str, Any] = field(default_factory=lambda: DEFAULT)
    ready_file: Path | None = None
    credentials: Path | None = None
    tls: Path | None = None
    tls_name: str | None = None
    parent_pid: int | None = None
    settings: Settings = field(default_factory=Settings)


_transports: dict[tuple[str, int], asyncio.Transport] = {}


class _Protocol(H11Protocol):
    """Remembers its connection, which uvicorn does not hand to the application, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # asyncio does so only where a socket says that its protocol is TCP, and the listening one does not; without
        # it the second half of an answer waits 40 ms for the client to acknowledge the first.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._peer: tuple[str, int] = transport.get_extra_info("peername")[:2]
        _transports[self._peer] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        _transports.pop(self._peer, None)
        super().connection_lost(exc)


def _cut(client: tuple[str, int], reset: bool) -> None:
    transport = _transports.get(client)
    if transport is None:
        return
    if not reset:
        transport.close()
        return
    # Closing a connection that must not linger sends a reset instead of a farewell.
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def serve(options: Options) -> None:
    """Runs until SIGTERM, SIGINT, or the end of the parent process."""
    parent_is_gone = _parent_watch(options.parent_pid) if options.parent_pid else None
    database = Database(options.database)
    try:
        if database.is_empty():
            seed(database, options.seed, options.settings)
        service = Service(database, Execution(options.schema.read_text(encoding="utf-8")), options.settings, _cut)
        application = service.application(Administration(service, options.seed).application())
        asyncio.run(_run(application, options, database, parent_is_gone))
    finally:
        database.close()
        # Last, since `stop` takes it for the end.
        if options.ready_file:
            options.ready_file.unlink(missing_ok=True)


async def _run(
    application: Any, options: Options, database: Database, parent_is_gone: Callable[[], bool] | None
) -> None:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.create_server((options.host, options.port), family=family)
    # The service has a clock of its own.
    config: dict[str, Any] = {"log_config": None, "log_level": "critical", "lifespan": "off", "date_header": False}
    if options.tls:
        config.update(_certificate(options.tls, options.tls_name or options.host))
    server = uvicorn.Server(uvicorn.Config(application, http=_Protocol, timeout_graceful_shutdown=1, **config))
    host = f"[{options.host}]" if ":" in options.host else options.host
    url = f"{'https' if options.tls else 'http'}://{host}:{listener.getsockname()[1]}"
    if options.credentials:
        write_private(options.credentials, json.dumps(credentials(database, url)))
    watch = asyncio.create_task(_end_with_parent(parent_is_gone, server)) if parent_is_gone else None
    if options.ready_file:
        # The socket listens by now: a client that comes before the server takes the connection waits in its queue.
        ready = {"pid": os.getpid(), "port": listener.getsockname()[1], "url": url}
        partial = options.ready_file.with_suffix(".partial")
        partial.write_text(json.dumps(ready), encoding="utf-8")
        partial.replace(options.ready_file)
    # uvicorn handles these while it serves, and sends them to the process once more when it is done.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        await server.serve(sockets=[listener])
    finally:
        if watch:
            watch.cancel()


def _parent_watch(pid: int) -> Callable[[], bool]:
    """Tells whether a process has gone. One that is not the parent is gone only when it was waited for."""
    is_parent = os.getppid() == pid

    def gone() -> bool:
        if is_parent:
            return os.getppid() != pid
        return not _runs(pid)

    return gone


async def _end_with_parent(gone: Callable[[], bool], server: uvicorn.Server) -> None:
    """A killed test must leave no server behind."""
    while not gone():
        await asyncio.sleep(_PARENT_CHECK)
    server.should_exit = True


def _certificate(folder: Path, name: str) -> dict[str, str]:
    """A new certificate from a new authority, whose own certificate is `ca.pem` in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    certificate = authority.issue_cert(*(LOOPBACK if name in LOOPBACK else (name,)))
    authority.cert_pem.write_to_path(folder / "ca.pem")
    write_private(folder / "server.key", certificate.private_key_pem.bytes().decode())
    certificate.cert_chain_pems[0].write_to_path(folder / "server.pem")
    return {"ssl_keyfile": str(folder / "server.key"), "ssl_certfile": str(folder / "server.pem")}


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner reads, also while it is written."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")


def stop(ready_file: Path) -> None:
    """Ends the simulator that announced itself in the file, and waits for its end; raises OSError or TimeoutError."""
    ready = json.loads(ready_file.read_text(encoding="utf-8"))
    # A file may be left over from a simulator that was killed, and its process ID another's by now.
    host = ready["url"].split("://", 1)[1].rsplit(":", 1)[0].strip("[]")
    socket.create_connection((host, ready["port"]), timeout=_STOP).close()
    os.kill(ready["pid"], signal.SIGTERM)
    deadline = time.monotonic() + _STOP
    while ready_file.exists() and _runs(ready["pid"]):
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {ready['pid']} does not end")
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
