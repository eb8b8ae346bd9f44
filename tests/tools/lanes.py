# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs nox sessions side by side: `python tests/tools/lanes.py [--lanes N] [SESSION …]`, by default all that nox runs by default.

A SESSION is a name or a shell pattern of names; one that fits none is an error. The longest come first. What a session prints is
shown when it ends, so that nothing is mixed up. Ends with 1 if a session failed, after all of them have run, and says how long each
took.
"""

from __future__ import annotations

import argparse
import fnmatch
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

# The kinds of sessions that take longest, the longest first.
_LONGEST = ("integration", "matrices", "units", "sanity", "quick-units", "quick-smoke", "browser", "simulator")


@dataclass(frozen=True)
class Done:
    """A session that has ended. seconds: how long it took."""

    name: str
    passed: bool
    seconds: float


def run(command: Sequence[str], names: Sequence[str], lanes: int) -> list[Done]:
    """Runs `command` with each name, so many at a time. The output of each is printed as a whole."""
    printing = threading.Lock()

    def run_one(name: str) -> Done:
        started = time.monotonic()
        with tempfile.TemporaryFile() as output:
            status = subprocess.call(
                [*command, name], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
            done = Done(name, status == 0, time.monotonic() - started)
            with printing:
                print(f"\n== {name}: {'passed' if done.passed else 'FAILED'} in {done.seconds:.0f} s", flush=True)
                output.seek(0)
                shutil.copyfileobj(output, sys.stdout.buffer)
                sys.stdout.flush()
        return done

    with ThreadPoolExecutor(lanes) as threads:
        return list(threads.map(run_one, names))


def longest_first(names: Sequence[str]) -> list[str]:
    """The sessions in the order in which they are begun."""
    ranks = {kind: rank for rank, kind in enumerate(_LONGEST)}

    def rank(name: str) -> int:
        return min((ranks[kind] for kind in _LONGEST if name.startswith(kind)), default=len(_LONGEST))

    return sorted(names, key=rank)


def default_sessions(listing: str) -> list[str]:
    """The names in what `nox --list` prints: those that it would run are marked."""
    return re.findall(r"^\* ([\w.-]+)", listing, flags=re.MULTILINE)


def select_sessions(listing: str, patterns: Sequence[str]) -> list[str]:
    """The names in what `nox --list` prints that fit one of the patterns; raises SystemExit if one fits none."""
    names = re.findall(r"^[*-] ([\w.-]+) ->", listing, flags=re.MULTILINE)
    fitting = {pattern: fnmatch.filter(names, pattern) for pattern in patterns}
    if useless := [pattern for pattern, fits in fitting.items() if not fits]:
        raise SystemExit(f"no session is called {' or '.join(useless)}; there are {', '.join(names)}")
    return list(dict.fromkeys(name for fits in fitting.values() for name in fits))


def summary(sessions: Sequence[Done]) -> list[str]:
    """A line for each session, the slowest first, and one for all."""
    lines = [
        f"{each.seconds:6.0f} s  {'passed' if each.passed else 'FAILED'}  {each.name}"
        for each in sorted(sessions, key=lambda each: -each.seconds)
    ]
    failed = [each.name for each in sessions if not each.passed]
    lines.append(f"{len(sessions)} sessions, {len(failed)} failed{': ' if failed else ''}{', '.join(failed)}")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the sessions; returns the exit status."""
    parser = argparse.ArgumentParser(prog="lanes.py")
    parser.add_argument("--lanes", type=int, default=2, help="how many at a time (default 2)")
    parser.add_argument("sessions", nargs="*", help="names or patterns of names (default: what nox runs by default)")
    options = parser.parse_args(arguments)
    nox = str(Path(sys.executable).with_name("nox"))
    listing = subprocess.run([nox, "--no-color", "--list"], capture_output=True, text=True, check=True).stdout
    names = select_sessions(listing, options.sessions) if options.sessions else default_sessions(listing)
    started = time.monotonic()
    sessions = run([nox, "--no-color", "-s"], longest_first(names), options.lanes)
    print("\n" + "\n".join(summary(sessions)))
    print(f"{time.monotonic() - started:.0f} s altogether", flush=True)
    return 0 if all(each.passed for each in sessions) else 1


if __name__ == "__main__":
    sys.exit(main())
