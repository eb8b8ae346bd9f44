# Copyright: (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: `python -m simulator start|seed|stop`, with `tests` on PYTHONPATH."""

from __future__ import annotations

import argparse
import ipaddress
from dataclasses import fields
from pathlib import Path

import requests
import yaml

from .server import SCHEMA, Options, serve, stop
from .settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(prog="simulator", description="A simulator of the Mondoo Platform API")
    commands = parser.add_subparsers(required=True)

    start = commands.add_parser("start", help="serve until stopped")
    start.set_defaults(run=_start)
    start.add_argument("--database", type=Path, required=True, help="SQLite file; made and filled if it does not exist")
    start.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    start.add_argument("--port", type=int, default=0, help="0 takes a free one")
    start.add_argument("--schema", type=Path, default=SCHEMA, help="schema to serve, for variants of the service")
    start.add_argument("--ready-file", type=Path, help="written once it listens: pid, port and url as JSON")
    start.add_argument("--tls", type=Path, help="folder for a certificate authority; serves HTTPS")
    start.add_argument("--tls-name", default="127.0.0.1", help="name in the certificate")
    start.add_argument("--parent-pid", type=int, help="end when this parent process does")
    start.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"a setting, VALUE in YAML: {', '.join(field.name for field in fields(Settings))}",
    )

    seeding = commands.add_parser("seed", help="add organizations, spaces, tokens and service accounts")
    seeding.set_defaults(run=_seed)
    seeding.add_argument("--url", required=True, help="of a running simulator")
    seeding.add_argument("--credentials", type=Path, help="file for the credentials of what has a key (0600)")
    seeding.add_argument("file", type=Path, help="YAML or JSON")

    stopping = commands.add_parser("stop", help="end a running simulator")
    stopping.set_defaults(run=lambda arguments: stop(arguments.ready_file))
    stopping.add_argument("--ready-file", type=Path, required=True)

    arguments = parser.parse_args()
    arguments.run(arguments)


def _start(arguments: argparse.Namespace) -> None:
    if not ipaddress.ip_address(arguments.host).is_loopback:
        raise SystemExit("the simulator listens on a loopback address only")
    settings = Settings().changed({name: yaml.safe_load(value) for name, _eq, value in (text.partition("=") for text in arguments.set)})
    serve(
        Options(
            database=arguments.database,
            host=arguments.host,
            port=arguments.port,
            schema=arguments.schema,
            ready_file=arguments.ready_file,
            tls=arguments.tls,
            tls_name=arguments.tls_name,
            parent_pid=arguments.parent_pid,
            settings=settings,
        )
    )


def _seed(arguments: argparse.Namespace) -> None:
    wanted = yaml.safe_load(arguments.file.read_text(encoding="utf-8"))
    answer = requests.post(f"{arguments.url}/_simulator/seed", json=wanted, timeout=60)
    answer.raise_for_status()
    if arguments.credentials:
        arguments.credentials.touch(mode=0o600)
        arguments.credentials.write_text(answer.text, encoding="utf-8")


if __name__ == "__main__":
    main()
