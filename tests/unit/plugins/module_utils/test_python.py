# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python that is too old gets one sentence."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import UNSUPPORTED_PYTHON

_PLUGINS = Path(__file__).resolve().parents[4] / "plugins"
_GUARD = _PLUGINS / "module_utils" / "_python.py"
# What such a Python reads before it ends. Some files of modules only document an action plugin, and never leave the controller.
_MODULES = [path for path in (_PLUGINS / "modules").glob("*.py") if "def main(" in path.read_text(encoding="utf-8")]
READ = [_GUARD, *sorted(_MODULES)]
_RUN = """
import runpy, sys
sys.version_info = tuple(int(part) for part in sys.argv[1].split("."))
runpy.run_path(sys.argv[2])
"""


def _run(version: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _RUN, version, str(_GUARD)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("version", ["3.6.15", "3.8.18", "3.9.99"])
def test_an_old_python_is_told_apart(version: str) -> None:
    done = _run(version)
    result = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1, "")
    assert result["failed"] is True
    assert result["error"] == {"code": UNSUPPORTED_PYTHON, "operation": ""}
    assert result["msg"].startswith("mondoo.platform needs Python 3.10 or later where a module runs: ")
    assert sys.executable in result["msg"]
    assert "ansible_python_interpreter" in result["msg"]


@pytest.mark.parametrize("version", ["3.10.0", "3.14.1", "4.0.0"])
def test_another_goes_on(version: str) -> None:
    done = _run(version)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_an_old_python_can_read_what_it_has_to(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 7))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    # Python 3.6 does not know of these.
    assert "__future__" not in {node.module for node in imports}
    if path != _GUARD:
        ours = [node for node in imports if (node.module or "").startswith("ansible_collections.")]
        assert [alias.name for alias in ours[0].names] == ["_python"]
