# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions run side by side, and environments that they share."""

from __future__ import annotations

import sys
from pathlib import Path

import environments
import lanes
import pytest


def test_every_session_runs_and_a_failure_is_not_lost(capfd: pytest.CaptureFixture[str]) -> None:
    sessions = lanes.run(["sh", "-c", 'echo "this is $0"; test "$0" != bad'], ["good", "bad", "other"], 2)
    assert [(each.name, each.passed) for each in sessions] == [("good", True), ("bad", False), ("other", True)]
    output = capfd.readouterr().out
    assert all(f"this is {name}\n" in output for name in ("good", "bad", "other"))
    assert lanes.summary(sessions)[-1] == "3 sessions, 1 failed: bad"


_LISTING = """Sessions:

* typing -> types
- mutation -> mutants
* units-2.21 -> tests
* integration-2.16 -> playbooks
- units-2.16 -> tests
- quick-units -> some tests
"""


def test_the_longest_come_first() -> None:
    names = lanes.default_sessions(_LISTING)
    assert names == ["typing", "units-2.21", "integration-2.16"]
    assert lanes.longest_first(names) == ["integration-2.16", "units-2.21", "typing"]


def test_sessions_are_selected_by_patterns_of_their_names() -> None:
    assert lanes.select_sessions(_LISTING, ["units-*"]) == ["units-2.21", "units-2.16"]
    assert lanes.select_sessions(_LISTING, ["units-2.16", "mutation", "units-*"]) == [
        "units-2.16",
        "mutation",
        "units-2.21",
    ]


def test_a_pattern_that_fits_no_session_is_an_error() -> None:
    with pytest.raises(SystemExit, match=r"no session is called matrices-\*; there are typing, "):
        lanes.select_sessions(_LISTING, ["units-*", "matrices-*"])


def test_an_environment_is_made_once_for_one_list_of_requirements(tmp_path: Path) -> None:
    more = tmp_path / "more.txt"
    more.write_text("# nothing\n", encoding="utf-8")
    first = tmp_path / "first.txt"
    first.write_text("-r more.txt\n", encoding="utf-8")
    folder = tmp_path / "environment"

    def provide() -> None:
        bin_folder = environments.provide(folder, Path(sys.executable), [], [first])
        assert (bin_folder / "python").exists()

    provide()
    (folder / "marker").touch()
    provide()
    assert (folder / "marker").exists()
    more.write_text("# something else\n", encoding="utf-8")
    provide()
    assert not (folder / "marker").exists()
