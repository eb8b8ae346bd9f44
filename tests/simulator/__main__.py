# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: `python -m simulator start|seed|stop`, with `tests` on PYTHONPATH."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import requests
import yaml

from .seed import DEFAULT
from .server import LOOPBACK, SCHEMA, Options, serve, stop, write_private
from .settings import SETTINGS, Settings

_TIMEOUT = 120  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(prog="simulator", description="A simulator of the Mondoo Platform API")
    commands = parser.add_subparsers(required=True)

    start = commands.add_parser("start", help="serve in the foreground until stopped")
    start.set_defaults(run=_start)
    start.add_argument("--database", type=Path, required=True, help="SQLite file; made and filled if it does not exist")
    start.add_argument("--host", choices=LOOPBACK, default=LOOPBACK[0])
    start.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    start.add_argument("--schema", type=Path, default=SCHEMA, help="schema to serve, for variants of the service")
    start.add_argument("--seed", type=Path, help="YAML or JSON: what a new database holds")
    start.add_argument("--ready-file", type=Path, help="written once it listens: pid, port and url as JSON")
    start.add_argument("--credentials", type=Path, help="file for the credentials of what has a key (0600)")
    start.add_argument("--tls", type=Path, help="folder for a certificate authority (ca.pem); serves HTTPS")
    start.add_argument("--tls-name", help="name in the certificate, if not the loopback names")
    start.add_argument("--parent-pid", type=int, help="end when this process has gone")
    _add_settings(start.add_argument_group("variants of the service"))

    seeding = commands.add_parser("seed", help="add organizations, spaces, tokens and service accounts")
    seeding.set_defaults(run=_seed)
    seeding.add_argument("--url", required=True, help="of a running simulator")
    seeding.add_argument("--ca", type=Path, help="bundle to trust, if it serves HTTPS")
    seeding.add_argument("--credentials", type=Path, help="file for the credentials of what has a key (0600)")
    seeding.add_argument("file", type=Path, help="YAML or JSON")

    stopping = commands.add_parser("stop", help="end a running simulator")
    stopping.set_defaults(run=lambda arguments: stop(arguments.ready_file))
    stopping.add_argument("--ready-file", type=Path, required=True)

    arguments = parser.parse_args()
    arguments.run(arguments)


def _add_settings(group: argparse._ArgumentGroup) -> None:
    for name, setting in SETTINGS.items():
        default = getattr(Settings, name)
        flag, about = f"--{name.replace('_', '-')}", f"{setting.about} (default: {default})"
        if isinstance(default, bool):
            group.add_argument(flag, action=argparse.BooleanOptionalAction, default=default, help=about)
        else:
            group.add_argument(flag, type=type(default), choices=setting.choices or None, default=default, help=about)


def _start(arguments: argparse.Namespace) -> None:
    options = vars(arguments)
    serve(
        Options(
            database=arguments.database,
            host=arguments.host,
            port=arguments.port,
            schema=arguments.schema,
            seed=_read(arguments.seed) if arguments.seed else DEFAULT,
            ready_file=arguments.ready_file,
            credentials=arguments.credentials,
            tls=arguments.tls,
            tls_name=arguments.tls_name,
            parent_pid=arguments.parent_pid,
            settings=Settings(**{name: options[name] for name in SETTINGS}),
        )
    )


def _seed(arguments: argparse.Namespace) -> None:
    with requests.Session() as session:
        # What the environment says about proxies and certificates is not about loopback.
        session.trust_env = False
        answer = session.post(
            f"{arguments.url}/_simulator/seed",
            json=_read(arguments.file),
            timeout=_TIMEOUT,
            verify=str(arguments.ca) if arguments.ca else True,
        )
    if not answer.ok:
        raise SystemExit(f"the simulator refuses {arguments.file}: {answer.text}")
    if arguments.credentials:
        write_private(arguments.credentials, json.dumps(answer.json()))


def _read(path: Path) -> dict[str, Any]:
    # Times that YAML recognizes become texts again, as JSON has them.
    loaded: dict[str, Any] = json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))
    return loaded


if __name__ == "__main__":
    main()
