# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make check` runs what a change needs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import changes
import pytest

_UNIT = "tests/unit/plugins/module_utils"


@pytest.mark.parametrize(
    ("names", "layers"),
    [
        (["README.md", "plugins/modules/api_token.py"], []),
        (["plugins/module_utils/_graphql/retry.py"], ["_graphql"]),
        (["plugins/module_utils/_planning/plan.py"], ["_applying", "_planning"]),
        (["plugins/module_utils/_values/token.py"], ["_applying", "_planning", "_values"]),
        ([f"{_UNIT}/_applying/test_rounds.py"], ["_applying"]),
        (["tests/unit/support/model.py"], ["_applying", "_planning"]),
    ],
)
def test_layers_of_a_change(names: list[str], layers: list[str]) -> None:
    assert changes.touched_layers(names) == [f"{_UNIT}/{layer}" for layer in layers]


def test_files_of_a_change(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.com"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-b", "main")
    for name in ("old", "gone", "edited"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    git("add", ".")
    git("commit", "-m", "first")
    git("checkout", "-b", "branch")
    (tmp_path / "committed").touch()
    (tmp_path / "gone").unlink()
    git("add", ".")
    git("commit", "-am", "second")
    (tmp_path / "edited").write_text("more", encoding="utf-8")
    (tmp_path / "new").touch()
    assert changes.changed_files(tmp_path) == ["committed", "edited", "new"]
