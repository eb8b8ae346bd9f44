# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which reports of a module that is at work are shown, and where."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible import constants
from ansible.utils.display import Display
from ansible_collections.mondoo.platform.plugins.module_utils._values.progress_lines import Report, progress_line
from ansible_collections.mondoo.platform.plugins.plugin_utils import _progress
from ansible_collections.mondoo.platform.plugins.plugin_utils._progress import Pace, shown_progress

PATIENCE = 10.0  # seconds


def shown(is_terminal: bool, reports: list[tuple[float, int]], of: int = 100, work: str = "change") -> list[Any]:
    """What becomes of reports, each with its second and how much was done."""
    pace = Pace(is_terminal, 0.0)
    return [pace.take(Report(work, done, of), second) for second, done in reports]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_nothing_in_the_first_seconds_and_nothing_at_the_end(is_terminal: bool) -> None:
    assert shown(is_terminal, [(0.1, 10), (2.9, 50), (3.5, 100)]) == [None, None, None]


def test_on_a_terminal_every_few_seconds_whatever_is_done() -> None:
    reports = [(3.0, 1), (4.0, 2), (5.9, 11), (6.0, 12), (8.9, 13), (9.1, 14), (12.2, 20)]
    assert shown(True, reports) == ["screen", None, None, "log", None, "screen", "log"]


def test_in_a_log_one_line_for_each_tenth() -> None:
    reports = [(3.0, 9), (3.1, 10), (3.2, 19), (60.0, 19), (60.1, 35), (60.2, 39), (60.3, 40)]
    assert shown(False, reports) == [None, "log", None, None, "log", None, "log"]


@pytest.mark.parametrize("of", [1, 3, 10, 11, 99, 1000])
def test_a_log_never_has_more_than_a_line_for_each_tenth(of: int) -> None:
    lines = shown(False, [(10.0 + done, done) for done in range(of + 1)], of)
    assert len([line for line in lines if line]) <= 9


def test_each_kind_of_work_has_its_own_tenths() -> None:
    pace = Pace(False, 0.0)
    reports = [Report("list", 50, 100), Report("list", 51, 100), Report("change", 10, 100)]
    assert [pace.take(report, 5.0) for report in reports] == ["log", None, "log"]


def test_reports_in_the_file_are_shown_while_the_block_lasts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(Display, "display", lambda _self, text, **options: lines.append((text, options)))
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.setattr(_progress, "QUIET", 0.0)
    monkeypatch.setattr(_progress, "_POLL", 0.01)
    monkeypatch.setattr(_progress, "_IS_TERMINAL", False)
    with shown_progress("the module") as path:
        assert os.stat(path).st_mode & 0o777 == 0o600
        with open(path, "a", encoding="ascii") as file:
            file.write("nonsense\n" + progress_line("change", 1, 20) + progress_line("change", 5, 20) + "change 19 2")
        deadline = time.monotonic() + PATIENCE
        while not lines and time.monotonic() < deadline:
            time.sleep(0.01)
    assert lines == [("the module: 5 of 20 changes made", {"stderr": True, "screen_only": False})]
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_gone_after_a_failure_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    with pytest.raises(ZeroDivisionError), shown_progress("the module"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
