# Copyright: (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serves the simulator with uvicorn until it is told to end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .app import Simulator, reset_on_close
from .database import Database
from .execution import Execution
from .seed import DEFAULT, seed
from .settings import Settings

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "contract" / "schema.graphql"
_PARENT_CHECK = 0.5  # seconds

_transports: dict[tuple[str, int], asyncio.Transport] = {}


class _Protocol(H11Protocol):
    """Remembers its connection, which uvicorn does not hand to the application, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        _transports[transport.get_extra_info("peername")[:2]] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        _transports.pop(self.transport.get_extra_info("peername")[:2], None)
        super().connection_lost(exc)


def _abort(client: tuple[str, int]) -> None:
    transport = _transports.get(client)
    if transport is not None:
        reset_on_close(transport.get_extra_info("socket"))
        transport.abort()


@dataclass(frozen=True)
class Options:
    """What the command line says. tls: folder for a certificate authority of its own, None for plain HTTP."""

    database: Path
    host: str = "127.0.0.1"
    port: int = 0
    schema: Path = SCHEMA
    ready_file: Path | None = None
    tls: Path | None = None
    tls_name: str = "127.0.0.1"
    parent_pid: int | None = None
    settings: Settings = Settings()


def serve(options: Options) -> None:
    """Runs until SIGTERM, SIGINT, or the end of the parent process."""
    fresh = not options.database.exists()
    options.database.touch(mode=0o600)
    database = Database(options.database)
    simulator = Simulator(database, Execution(options.schema), options.settings, _abort)
    keys = options.database.with_suffix(".credentials")
    if fresh:
        simulator.credentials = seed(database, DEFAULT)
        keys.touch(mode=0o600)
        keys.write_text(json.dumps(simulator.credentials), encoding="utf-8")
    elif keys.exists():
        simulator.credentials = json.loads(keys.read_text(encoding="utf-8"))
    asyncio.run(_run(simulator, options))


async def _run(simulator: Simulator, options: Options) -> None:
    listener = socket.create_server((options.host, options.port))
    # Sockets made like this get it neither from Python nor from asyncio, and each answer would wait 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config: dict[str, Any] = {"log_config": None, "log_level": "critical", "lifespan": "off", "timeout_graceful_shutdown": 1}
    if options.tls:
        config.update(_certificate(options.tls, options.tls_name))
    server = uvicorn.Server(uvicorn.Config(simulator.application(), http=_Protocol, **config))
    _announce(options, listener.getsockname()[1])
    watch = asyncio.create_task(_end_with_parent(options.parent_pid, server)) if options.parent_pid else None
    await server.serve(sockets=[listener])
    if watch:
        watch.cancel()


async def _end_with_parent(pid: int, server: uvicorn.Server) -> None:
    """A killed test must leave no server behind."""
    while os.getppid() == pid:
        await asyncio.sleep(_PARENT_CHECK)
    server.should_exit = True


def _announce(options: Options, port: int) -> None:
    if options.ready_file is None:
        return
    scheme = "https" if options.tls else "http"
    ready = {"pid": os.getpid(), "port": port, "url": f"{scheme}://{options.host}:{port}"}
    partial = options.ready_file.with_suffix(".partial")
    partial.write_text(json.dumps(ready), encoding="utf-8")
    partial.replace(options.ready_file)


def _certificate(folder: Path, name: str) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    certificate = authority.issue_cert(name, "localhost") if name == "127.0.0.1" else authority.issue_cert(name)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "server.key")
    (folder / "server.key").chmod(0o600)
    certificate.cert_chain_pems[0].write_to_path(folder / "server.pem")
    return {"ssl_keyfile": str(folder / "server.key"), "ssl_certfile": str(folder / "server.pem")}


def stop(ready_file: Path) -> None:
    """Ends the simulator that announced itself in the file."""
    os.kill(json.loads(ready_file.read_text(encoding="utf-8"))["pid"], signal.SIGTERM)
