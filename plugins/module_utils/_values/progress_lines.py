# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The progress reports from a module to its action plugin: each a line with a word and two numbers."""

from __future__ import annotations

import re
from typing import NamedTuple

# The environment variable that names the file.
PROGRESS_FILE = "MONDOO_PLATFORM_PROGRESS_FILE"
# Kinds of work, as shown after "120 of 500".
WORK = {"list": "scopes listed", "change": "changes made", "prune": "undeclared API tokens deleted"}
_LINE = re.compile(r"([a-z]+) (\d{1,9}) (\d{1,9})")


class Report(NamedTuple):
    """How much of a kind of work is done. work: a key of `WORK`."""

    work: str
    done: int
    of: int

    def __str__(self) -> str:
        return f"{self.done} of {self.of} {WORK[self.work]}"


def progress_line(work: str, done: int, of: int) -> str:
    """Formats a report."""
    return f"{work} {done} {of}\n"


def read_progress(line: str) -> Report | None:
    """Parses a report; None if the line is not one."""
    match = _LINE.fullmatch(line)
    if match is None or match[1] not in WORK or int(match[2]) > int(match[3]):
        return None
    return Report(match[1], int(match[2]), int(match[3]))
