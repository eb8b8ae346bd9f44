# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Pythons this machine has, and which versions of ansible-core they can test."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

# Pythons that a controller of that version runs on, oldest version first.
CORES = {
    "2.16": ("3.10", "3.11", "3.12"),
    "2.17": ("3.10", "3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.11", "3.12", "3.13"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.12", "3.13", "3.14"),
}
_ALL_PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


class Pair(NamedTuple):
    """A version of ansible-core and a Python to run it on."""

    core: str
    python: str


def found() -> dict[str, Path]:
    """Interpreters that really start, by version: on PATH, or behind the shims of a version manager."""
    usable: dict[str, Path] = {}
    for version in _ALL_PYTHONS:
        for candidate in _candidates(version):
            # An interpreter alone is not enough to make environments with.
            if _runs(candidate, "import venv, ssl, ctypes"):
                usable[version] = candidate
                break
    return usable


def _candidates(version: str) -> Iterator[Path]:
    name = f"python{version}"
    for folder in os.environ["PATH"].split(os.pathsep):
        path = Path(folder) / name
        if path.parent.name == "shims":
            yield from sorted(path.parent.parent.glob(f"versions/{version}.*/bin/{name}"), reverse=True)
        elif path.exists():
            yield path
    default = shutil.which("python3")
    if default and _runs(Path(default), f"import sys; assert '%d.%d' % sys.version_info[:2] == '{version}'"):
        yield Path(default)


def _runs(interpreter: Path, code: str) -> bool:
    return subprocess.run([str(interpreter), "-c", code], capture_output=True, check=False).returncode == 0


def pairs(pythons: Mapping[str, Path]) -> list[Pair]:
    """Each version of ansible-core, oldest first, on the oldest Python for it; the newest on the newest instead."""
    usable = {core: [python for python in supported if python in pythons] for core, supported in CORES.items()}
    usable = {core: supported for core, supported in usable.items() if supported}
    if not usable:
        raise SystemExit(f"no usable Python was found: one of {', '.join(CORES['2.16'] + CORES['2.21'])} is needed")
    newest = list(usable)[-1]
    return [Pair(core, supported[-1 if core == newest else 0]) for core, supported in usable.items()]


def report(run: Collection[Pair], pythons: Mapping[str, Path]) -> list[str]:
    """What a run of these pairs covers and what it does not."""
    lines = [f"covered: ansible-core {pair.core} on Python {pair.python}" for pair in run]
    possible = {pair.core for pair in pairs(pythons)}
    for core in (core for core in CORES if core not in {pair.core for pair in run}):
        lines.append(
            f"NOT covered: ansible-core {core} ({'see make matrix' if core in possible else 'no Python for it'})"
        )
    lines += [f"NOT covered: Python {python} (not found)" for python in _ALL_PYTHONS if python not in pythons]
    return lines
