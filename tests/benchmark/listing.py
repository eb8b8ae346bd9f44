# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What listing an organization with many spaces takes, against the least that any client would need over the same network.

The least: pages of spaces come one after the other, and the tokens of 25 spaces with each request after that, 8 at a time. Prints
ratios, since absolute times differ from machine to machine. Run by `make bench`.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring import Bench, Simulator, seconds

_SPACES = 500
_LATENCY = 100  # milliseconds
_CONCURRENCY = 8
_LIMIT = 2.0  # times the floor
_ROUNDS = 3


def _floor() -> float:
    """Seconds of waiting that cannot be avoided."""
    pages = math.ceil(_SPACES / 100)
    listings = math.ceil((_SPACES + 1) / 25)
    return (pages + math.ceil(listings / _CONCURRENCY)) * _LATENCY / 1000


def _module(bench: Bench, name: str, **options: Any) -> float:
    """The median of the seconds that the module takes as a process of its own."""
    arguments = {"ANSIBLE_MODULE_ARGS": {**bench.connection, **options}}
    path = bench.file(f"{name}.json", json.dumps(arguments))
    command = [sys.executable, "-m", f"ansible_collections.mondoo.platform.plugins.modules.{name}", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(bench.collections)}
    return statistics.median(seconds(command, environment) for _round in range(_ROUNDS))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Simulator.run(Path(folder) / "simulator") as simulator:
        bench = Bench(Path(folder), simulator)
        simulator.seed({"organizations": {"acme": [f"s{number:03}" for number in range(_SPACES - 3)]}})
        simulator.settings(latency=_LATENCY)
        scope = {"organization": "acme"}
        alone = _module(bench, "api_token_info", **scope)
        simulator.clear_requests()
        taken = _module(bench, "api_token_info", **scope, include_spaces=True)
        requests = len(simulator.requests()) / _ROUNDS
        slow = _module(bench, "api_token_info", **scope, include_spaces=True, concurrency=1)
    floor = _floor()
    print(f"Listing the tokens of {_SPACES} spaces at {_LATENCY} ms, {_CONCURRENCY} requests at a time:")
    print(
        f"  requests: {requests:.0f}; floor {floor:.2f} s; the module as a process {taken:.2f} s, one by one {slow:.2f} s"
    )
    # One request and the start of Python are in both.
    print(f"  ratio to the floor: {taken / floor:.2f} (at most {_LIMIT} is promised)")
    print(f"  without the start of Python: {(taken - alone + _LATENCY / 1000) / floor:.2f}")


if __name__ == "__main__":
    main()
