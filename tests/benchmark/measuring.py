# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the benchmarks share: the installed collection, and the time of a playbook as a whole process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from simulator.process import Simulator  # noqa: E402  (found through the line above)

__all__ = ["GENERATE", "QUERY", "Bench", "Simulator", "seconds"]

_BIN = Path(sys.executable).parent

QUERY = """
query apiTokens($spaceMrn: String!, $first: Int!) {
  apiTokens(spaceMrn: $spaceMrn, scopeMrn: $spaceMrn, first: $first) {
    edges { node { mrn scopeMrn name description roles { mrn } createdAt lastUsed creator { email mrn } } }
    pageInfo { hasNextPage endCursor }
  }
}"""
GENERATE = """
mutation generateAPIToken($input: GenerateAPITokenInput!) {
  generateAPIToken(input: $input) { token mrn }
}"""


def seconds(command: list[str], environment: dict[str, str] | None = None) -> float:
    """How long a command takes; ends the benchmark if it fails."""
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - start


class Bench:
    """Plays with the installed collection, against a simulator."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self._folder = folder
        self.simulator = simulator
        self._count = 0
        self.collections = folder / "collections"
        built = folder / "built"
        galaxy = [str(_BIN / "ansible-galaxy"), "collection"]
        base = {"PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
        seconds([*galaxy, "build", str(ROOT), "--output-path", str(built)], base)
        (artifact,) = built.glob("*.tar.gz")
        seconds([*galaxy, "install", str(artifact), "-p", str(self.collections), "--offline"], base)
        self.environment = {
            **base,
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }

    @property
    def connection(self) -> dict[str, str]:
        """Options that lead the modules to the simulator."""
        return {"endpoint": self.simulator.url, "auth_token": self.simulator.admin_token}

    def file(self, name: str, text: str) -> Path:
        """A file that only its owner can read."""
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        return path

    def play(self, *tasks: dict[str, Any], variables: dict[str, Any] | None = None) -> float:
        """Seconds that a play of these tasks takes, from the start of ansible-playbook to its end."""
        self._count += 1
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": sys.executable},
            "module_defaults": {"group/mondoo.platform.mondoo": self.connection},
            "tasks": list(tasks),
        }
        book = self.file(f"{self._count}.yml", yaml.safe_dump([play]))
        given = self.file(f"{self._count}.json", json.dumps(variables or {}))
        return seconds(
            [str(_BIN / "ansible-playbook"), "-i", "localhost,", str(book), "-e", f"@{given}"], self.environment
        )

    def uri(self, query: str, variables: dict[str, Any], loop: str) -> dict[str, Any]:
        """A task that posts one GraphQL document for each item of a loop."""
        return {
            "ansible.builtin.uri": {
                "url": f"{self.simulator.url}/query",
                "method": "POST",
                "body_format": "json",
                "headers": {"Authorization": f"Bearer {self.simulator.admin_token}"},
                "body": {"query": query, "variables": variables},
            },
            "no_log": True,
            "loop": loop,
        }
