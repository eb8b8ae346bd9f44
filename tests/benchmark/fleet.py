# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a declared set costs in one task, against loops of `ansible.builtin.uri` that do the same token by token.

Prints ratios, since absolute times differ from machine to machine. A loop is run with a few items, and the time for more is
calculated from what each item adds; `--loop 1000` runs it in full. Run by `make bench`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measuring import GENERATE, QUERY, Bench, Simulator

_SPACES = "//captain.api.mondoo.app/spaces/"
_ROLE = "//iam.api.mondoo.app/roles/viewer"
_CURVE = (10, 100, 1000, 10000)
_MODULE = "ansible_collections.mondoo.platform.plugins.modules.api_tokens"


def _declared(tokens: int, spaces: int, **options: Any) -> list[dict[str, Any]]:
    return [
        {"name": f"token-{number}", "space": f"space-{number % spaces}", "permissions": ["viewer"], **options}
        for number in range(tokens)
    ]


def _seed(simulator: Simulator, tokens: int, spaces: int) -> None:
    """A fresh service with so many spaces and tokens."""
    simulator.reset()
    mrns = [f"{_SPACES}space-{number}" for number in range(spaces)]
    simulator.seed(
        {
            "organizations": {"acme": [mrn.removeprefix(_SPACES) for mrn in mrns]},
            "tokens": [
                {"scope": mrns[number % spaces], "name": f"token-{number}", "permissions": ["viewer"]}
                for number in range(tokens)
            ],
        }
    )
    simulator.clear_requests()


def _task(**options: Any) -> dict[str, Any]:
    return {"mondoo.platform.api_tokens": {"tokens": "{{ declared }}", **options}, "register": "result"}


def _loop_seconds(bench: Bench, tasks: list[dict[str, Any]], wanted: int, full: int) -> tuple[float, str]:
    """The time of a loop with `wanted` items, and how it was found."""
    if full >= wanted:
        return bench.play(*tasks, variables={"items": wanted}), "measured"
    few, more = full // 3, full
    start = bench.play(*tasks, variables={"items": few})
    longer = bench.play(*tasks, variables={"items": more})
    each = (longer - start) / (more - few)
    return start + each * (wanted - few), f"calculated from {few} and {more}, {each:.2f} s each"


def _compare(title: str, ours: float, theirs: tuple[float, str], requests: int, promised: int) -> None:
    print(f"{title}")
    print(f"  one task {ours:.1f} s, {requests} requests; the loop {theirs[0]:.0f} s ({theirs[1]})")
    print(f"  ratio: {theirs[0] / ours:.0f} times faster (at least {promised} is promised)")


def _reading(bench: Bench, full: int) -> None:
    _seed(bench.simulator, 1000, 50)
    ours = bench.play(_task(), variables={"declared": _declared(1000, 50)})
    requests = len(bench.simulator.requests())
    variables = {"spaceMrn": _SPACES + "space-{{ item % 50 }}", "first": 100}
    theirs = _loop_seconds(bench, [bench.uri(QUERY, variables, "{{ range(items) | list }}")], 1000, full)
    _compare("1,000 tokens in 50 spaces, nothing to do, against reading once per token:", ours, theirs, requests, 100)
    print(f"  requests: {requests} (at most 10 are promised)")


def _creating(bench: Bench, full: int) -> None:
    _seed(bench.simulator, 0, 50)
    ours = bench.play(_task(), variables={"declared": _declared(1000, 50)})
    log = bench.simulator.requests()
    flight = max(entry["in_flight"] for entry in log)
    connections = len({entry["connection"] for entry in log})
    _seed(bench.simulator, 0, 50)
    scope = _SPACES + "space-{{ item % 50 }}"
    given = {"name": "token-{{ item }}", "scopeMrn": scope, "roles": [{"mrn": _ROLE}]}
    tasks = [
        bench.uri(QUERY, {"spaceMrn": scope, "first": 100}, "{{ range(items) | list }}"),
        bench.uri(GENERATE, {"input": given}, "{{ range(items) | list }}"),
    ]
    theirs = _loop_seconds(bench, tasks, 1000, full)
    _compare("Creating 1,000 tokens, against a loop of two calls per token:", ours, theirs, len(log), 40)
    print(f"  most requests in flight: {flight} (at least 4 are promised), connections: {connections}")


def _changing(bench: Bench) -> None:
    _seed(bench.simulator, 200, 10)
    bench.play(_task(permissions=["editor"]), variables={"declared": _declared(200, 10, permissions=["editor"])})
    print(f"200 permission changes in 10 spaces: {len(bench.simulator.requests())} requests (at most 20 are promised)")
    _seed(bench.simulator, 200, 10)
    bench.play(_task(), variables={"declared": _declared(200, 10, state="absent")})
    print(f"200 deletions in 10 spaces: {len(bench.simulator.requests())} requests (at most 60 are promised)")
    _seed(bench.simulator, 200, 10)
    bench.play(_task(), variables={"declared": _declared(200, 10, description="Described")})
    print(f"200 descriptions in 10 spaces: {len(bench.simulator.requests())} requests")


def _curve(bench: Bench) -> None:
    print("Nothing to do, 20 tokens to a space (the module alone, without ansible-playbook around it):")
    for tokens in _CURVE:
        spaces = max(tokens // 20, 1)
        _seed(bench.simulator, tokens, spaces)
        arguments = {**bench.connection, "tokens": _declared(tokens, spaces)}
        path = bench.file("arguments.json", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", _MODULE, str(path)],
            env={**bench.environment, "PYTHONPATH": str(bench.collections)},
            stdout=subprocess.DEVNULL,
        )
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        taken = time.perf_counter() - start
        if process.returncode:
            sys.exit("the module failed")
        requests = len(bench.simulator.requests())
        memory = usage.ru_maxrss / 1024
        print(
            f"  {tokens:6,} tokens, {spaces:3} spaces: {requests:3} requests, {taken:5.1f} s, {memory:4.0f} MiB at most"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loop", type=int, default=60, help="items of the loops of uri that are run (default 60)")
    full = parser.parse_args().loop
    with tempfile.TemporaryDirectory() as name, Simulator.run(Path(name) / "simulator") as simulator:
        bench = Bench(Path(name), simulator)
        _reading(bench, full)
        _creating(bench, full)
        _changing(bench)
        _curve(bench)


if __name__ == "__main__":
    main()
