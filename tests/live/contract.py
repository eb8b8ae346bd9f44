# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holds a live endpoint against the contract, by the command of the installed collection; without an account, the simulator.

Run by `make contract`. Ends as the command does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from smoke import CREDENTIALS

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulator.process import Simulator

_COMMAND = "ansible_collections.mondoo.platform.plugins.plugin_utils._contract"


def _check(environment: Mapping[str, str]) -> int:
    return subprocess.run([sys.executable, "-m", _COMMAND, *sys.argv[1:]], env=environment, check=False).returncode


def main() -> int:
    if any(os.environ.get(name) for name in (*CREDENTIALS, "MONDOO_API_ENDPOINT")):
        return _check(os.environ)
    print(f"None of {', '.join(CREDENTIALS)} is set.")
    print("This asks the simulator that comes with the sources, which tells nothing about the service.", flush=True)
    with tempfile.TemporaryDirectory() as folder, Simulator.run(Path(folder)) as simulator:
        return _check({**os.environ, **simulator.login})


if __name__ == "__main__":
    sys.exit(main())
