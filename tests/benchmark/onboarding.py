# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What handing secrets over costs: the playbook onboard with a token for each of many local hosts, against the module alone.

Prints ratios to a task that only reads the same tokens, since absolute times differ from machine to machine. Run by `make bench`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring import Bench, Simulator, seconds

_BIN = Path(sys.executable).parent
_LOCAL = 'ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}"'


def _onboard(bench: Bench, folder: Path, variables: dict[str, Any]) -> float:
    """Seconds that the playbook takes."""
    given = bench.file("fleet.json", json.dumps(variables))
    command = [str(_BIN / "ansible-playbook"), "mondoo.platform.onboard", "-i", str(folder / "inventory.ini")]
    environment = {**os.environ, **bench.environment, **bench.simulator.login}
    return seconds([*command, "-e", f"@{given}"], environment)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=30, help="how many local hosts (default 30)")
    hosts = [f"host-{number}" for number in range(parser.parse_args().hosts)]
    with tempfile.TemporaryDirectory() as name, Simulator.run(Path(name) / "simulator") as simulator:
        folder = Path(name)
        bench = Bench(folder, simulator)
        (folder / "inventory.ini").write_text("".join(f"{host} {_LOCAL}\n" for host in hosts), encoding="utf-8")
        declared = [{"name": host, "space": "alpha", "permissions": ["agent"]} for host in hosts]
        places = [{"hosts": [host], "path": str(folder / f"{host}.token")} for host in hosts]
        variables = {
            "api_tokens_declared": [{**entry, "deliver": place} for entry, place in zip(declared, places, strict=True)]
        }
        writing = _onboard(bench, folder, variables)
        nothing = _onboard(bench, folder, variables)
        rotating = _onboard(bench, folder, {**variables, "api_tokens_rotate_after": "0"})
        reading = bench.play({"mondoo.platform.api_tokens": {"tokens": declared}})
        print(
            f"{len(hosts)} local hosts, each with a token in a file of its own; a task that reads the tokens: {reading:.1f} s"
        )
        for what, taken in (("nothing to do", nothing), ("first onboarding", writing), ("rotation", rotating)):
            print(f"  {what}: {taken:.1f} s, ratio {taken / reading:.1f}, {taken / len(hosts):.2f} s for each host")


if __name__ == "__main__":
    main()
