# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module tells its action plugin while it works."""

from __future__ import annotations

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.progress_lines import (
    WORK,
    Report,
    progress_line,
    read_progress,
)


@pytest.mark.parametrize("work", WORK)
def test_what_is_written_is_read(work: str) -> None:
    line = progress_line(work, 3, 12)
    assert line.endswith("\n")
    assert read_progress(line.rstrip("\n")) == Report(work, 3, 12)
    assert str(Report(work, 3, 12)) == f"3 of 12 {WORK[work]}"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "list",
        "list 1",
        "list 1 2 3",
        "nothing 1 2",
        "list 3 2",
        "list -1 2",
        "list 1 9999999999",
        "list 1 2\x1b[2J",
        "LIST 1 2",
    ],
)
def test_everything_else_is_ignored(line: str) -> None:
    assert read_progress(line) is None
