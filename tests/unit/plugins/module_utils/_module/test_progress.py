# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module reports while it works: to the log of its host, and to the file that its action plugin has made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._module.progress import Progress
from ansible_collections.mondoo.platform.plugins.module_utils._values.progress_lines import PROGRESS_FILE


class Module:
    """As much of an AnsibleModule as progress needs."""

    def __init__(self) -> None:
        self.logged: list[str] = []

    def log(self, text: str) -> None:
        self.logged.append(text)


@pytest.fixture
def module() -> Any:
    return Module()


def test_every_report_goes_to_the_file(module: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "progress"
    path.touch(mode=0o600)
    monkeypatch.setenv(PROGRESS_FILE, str(path))
    progress = Progress(module)
    report = progress.reporter("list")
    for done in (1, 2, 3):
        report(done, 3)
    progress.reporter("change")(1, 2)
    assert path.read_text(encoding="ascii") == "list 1 3\nlist 2 3\nlist 3 3\nchange 1 2\n"


def test_the_log_has_a_line_for_each_tenth(module: Any) -> None:
    report = Progress(module).reporter("change")
    for done in range(1, 31):
        report(done, 30)
    assert module.logged == [f"{done} of 30 changes made" for done in range(3, 31, 3)]


def test_nothing_to_do_is_nothing_to_report(module: Any) -> None:
    Progress(module).reporter("change")(0, 0)
    assert module.logged == []


@pytest.mark.parametrize("kind", ["missing", "link", "folder", "readable by others", "fifo"])
def test_only_a_private_regular_file_is_written_to(
    kind: str, module: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path, target = tmp_path / "progress", tmp_path / "target"
    target.touch(mode=0o600)
    if kind == "link":
        path.symlink_to(target)
    elif kind == "folder":
        path.mkdir(mode=0o700)
    elif kind == "readable by others":
        path.touch()
        path.chmod(0o640)
    elif kind == "fifo":
        os.mkfifo(path, 0o600)
    monkeypatch.setenv(PROGRESS_FILE, str(path))
    Progress(module).reporter("change")(1, 1)
    assert module.logged == ["1 of 1 changes made"]
    assert target.read_bytes() == b""
    assert kind != "readable by others" or path.read_bytes() == b""
