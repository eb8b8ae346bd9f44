# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holds lines and branches to a floor each: `python coverage_floors.py REPORT.json`, a report of coverage.py."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FLOORS = {"lines": 95, "branches": 90}  # per cent


def measured(report: dict[str, Any]) -> dict[str, float]:
    """Per cent of lines and of branches that ran."""
    totals = report["totals"]
    return {
        "lines": 100 * totals["covered_lines"] / totals["num_statements"],
        "branches": 100 * totals["covered_branches"] / totals["num_branches"],
    }


def main(path: str) -> int:
    """Prints both; returns 1 if one is below its floor."""
    found = measured(json.loads(Path(path).read_text(encoding="utf-8")))
    for name, floor in FLOORS.items():
        print(f"coverage of {name}: {found[name]:.1f} % (at least {floor} % are asked for)")
    return int(any(found[name] < floor for name, floor in FLOORS.items()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
