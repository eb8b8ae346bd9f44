# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module that has nothing to do costs, against `ansible.builtin.uri` doing one POST to the same server.

Prints ratios, since absolute times differ from machine to machine. Run by `make bench`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from measuring import QUERY, Bench, Simulator, seconds

_ITEMS = 30
_LIMIT = 1.5  # times the loop of uri
_IMPORTS = {
    "ansible.module_utils.basic": "every module",
    "requests": "every module of this collection",
    "gql.transport.requests": "every module of this collection; includes requests and graphql-core",
    "yaml": "service accounts in YAML only",
    "jwt, cryptography.hazmat.primitives.serialization": "service accounts only",
}


def _loops(rounds: int) -> float:
    """The median ratio of the two loops, pair by pair, so that a drifting machine does not matter."""
    with tempfile.TemporaryDirectory() as name, Simulator.run(Path(name) / "simulator") as simulator:
        bench = Bench(Path(name), simulator)
        space = "//captain.api.mondoo.app/spaces/alpha"
        simulator.seed({"tokens": [{"scope": space, "name": "ci", "permissions": ["viewer"]}]})
        loop = "{{ range(items) | list }}"
        tasks = {
            "api_token": {
                "mondoo.platform.api_token": {"space": "alpha", "name": "ci", "permissions": ["viewer"]},
                "loop": loop,
            },
            "uri": bench.uri(QUERY, {"spaceMrn": space, "first": 100}, loop),
        }
        times: dict[str, list[float]] = {kind: [] for kind in tasks}
        for _round in range(rounds):
            for kind, task in tasks.items():
                times[kind].append(bench.play(task, variables={"items": _ITEMS}))
        requests = len(simulator.requests())
    for kind, taken in times.items():
        print(f"  loop of {_ITEMS}, {kind:9}  median {statistics.median(taken):6.2f} s of {rounds}")
    print(f"  requests per item: {requests / (2 * rounds * _ITEMS):.2f}")
    return statistics.median(ours / uri for ours, uri in zip(times["api_token"], times["uri"], strict=True))


def _import_costs(rounds: int) -> None:
    floor = statistics.median(seconds([sys.executable, "-c", "pass"]) for _round in range(rounds))
    for names, who in _IMPORTS.items():
        command = [sys.executable, "-c", f"import {names}"]
        cost = statistics.median(seconds(command) for _round in range(rounds)) - floor
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
