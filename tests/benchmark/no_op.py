# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module that has nothing to do costs, against `ansible.builtin.uri` doing one POST to the same server.

Prints ratios, since absolute times differ from machine to machine. Run by `make bench`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from simulator.process import Simulator  # noqa: E402  (found through the line above)

_BIN = Path(sys.executable).parent
_ITEMS = 30
_LIMIT = 1.5  # times the loop of uri
_IMPORTS = {
    "ansible.module_utils.basic": "every module",
    "requests": "every module of this collection",
    "gql.transport.requests": "every module of this collection; includes requests and graphql-core",
    "yaml": "service accounts in YAML only",
    "jwt, cryptography.hazmat.primitives.serialization": "service accounts only",
}
_QUERY = """
query apiTokens($scopeMrn: String!, $first: Int!) {
  apiTokens(scopeMrn: $scopeMrn, first: $first) {
    edges { node { mrn name description roles { mrn } id createdAt lastUsed creator { email service mrn } } }
    pageInfo { hasNextPage endCursor }
  }
}"""


def _seconds(command: list[str], environment: dict[str, str] | None = None) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - start


def _play(task: dict[str, Any], simulator: Simulator) -> str:
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "module_defaults": {
            "group/mondoo.platform.mondoo": {"endpoint": simulator.url, "auth_token": simulator.admin_token}
        },
        "tasks": [{**task, "loop": list(range(_ITEMS))}],
    }
    return yaml.safe_dump([play])


def _environment(folder: Path) -> dict[str, str]:
    built, installed = folder / "built", folder / "collections"
    galaxy = [str(_BIN / "ansible-galaxy"), "collection"]
    base = {"PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    _seconds([*galaxy, "build", str(ROOT), "--output-path", str(built)], base)
    (artifact,) = built.glob("*.tar.gz")
    _seconds([*galaxy, "install", str(artifact), "-p", str(installed), "--offline"], base)
    return {**base, "ANSIBLE_COLLECTIONS_PATH": str(installed), "ANSIBLE_LOCALHOST_WARNING": "false"}


def _loops(rounds: int) -> float:
    """The median ratio of the two loops, pair by pair, so that a drifting machine does not matter."""
    with tempfile.TemporaryDirectory() as name, Simulator.run(Path(name) / "simulator") as simulator:
        folder = Path(name)
        environment = _environment(folder)
        space = "//captain.api.mondoo.app/spaces/alpha"
        simulator.seed({"tokens": [{"scope": space, "name": "ci", "permissions": ["viewer"]}]})
        tasks: dict[str, dict[str, Any]] = {
            "api_token": {"mondoo.platform.api_token": {"space": "alpha", "name": "ci", "permissions": ["viewer"]}},
            "uri": {
                "ansible.builtin.uri": {
                    "url": f"{simulator.url}/query",
                    "method": "POST",
                    "body_format": "json",
                    "headers": {"Authorization": f"Bearer {simulator.admin_token}"},
                    "body": {"query": _QUERY, "variables": {"scopeMrn": space, "first": 100}},
                }
            },
        }
        books = {}
        for kind, task in tasks.items():
            books[kind] = folder / f"{kind}.yml"
            books[kind].touch(mode=0o600)
            books[kind].write_text(_play(task, simulator), encoding="utf-8")
        times: dict[str, list[float]] = {kind: [] for kind in tasks}
        for _round in range(rounds):
            for kind, book in books.items():
                command = [str(_BIN / "ansible-playbook"), "-i", "localhost,", str(book)]
                times[kind].append(_seconds(command, environment))
        requests = len(simulator.requests())
    for kind, seconds in times.items():
        print(f"  loop of {_ITEMS}, {kind:9}  median {statistics.median(seconds):6.2f} s of {rounds}")
    print(f"  requests per item: {requests / (2 * rounds * _ITEMS):.2f}")
    return statistics.median(ours / uri for ours, uri in zip(times["api_token"], times["uri"], strict=True))


def _import_costs(rounds: int) -> None:
    floor = statistics.median(_seconds([sys.executable, "-c", "pass"]) for _round in range(rounds))
    for names, who in _IMPORTS.items():
        command = [sys.executable, "-c", f"import {names}"]
        cost = statistics.median(_seconds(command) for _round in range(rounds)) - floor
        print(f"  {cost * 1000:4.0f} ms  import {names}  ({who})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="pairs of loops (default 5)")
    rounds = parser.parse_args().rounds
    print("Cost of imports, beyond a bare interpreter:")
    _import_costs(rounds)
    print("A module that has nothing to do, against one POST with uri:")
    ratio = _loops(rounds)
    print(f"  ratio: {ratio:.2f} (at most {_LIMIT} is promised)")


if __name__ == "__main__":
    main()
