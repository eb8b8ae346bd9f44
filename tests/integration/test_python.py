# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On a host whose Python is too old, a module says so in one sentence."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible.release import __version__ as core_version

from conftest import Playbooks
from tasks import api_token, api_token_info, api_tokens

# The oldest that this ansible-core runs modules on; with an older one, it has a sentence of its own.
_OLDEST = (3, 6) if core_version.startswith("2.16.") else (3, 9)
_PLACES = ("~/.pyenv/versions/{}.*/bin/python", "/usr/bin/python{}", "/usr/local/bin/python{}")


def _old_pythons() -> list[str]:
    """Interpreters from the oldest to 3.9 that start."""
    found = []
    for minor in range(_OLDEST[1], 10):
        for place in _PLACES:
            path = Path(place.format(f"3.{minor}")).expanduser()
            for candidate in sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor)))):
                if subprocess.run([candidate, "-c", "pass"], capture_output=True, check=False).returncode == 0:
                    found.append(str(candidate))
    return found


def test_an_old_python_is_told_apart(playbooks: Playbooks) -> None:
    pythons = _old_pythons()
    if not pythons:
        pytest.skip(f"this machine has no Python from {_OLDEST[0]}.{_OLDEST[1]} to 3.9")
    declared = {"name": "ci", "permissions": ["viewer"]}
    tasks = [api_token(**declared), api_token_info(), api_tokens(declared)]
    run = playbooks.run(
        *({**task, "vars": {"ansible_python_interpreter": python}} for python in pythons for task in tasks)
    )
    for result in run.results:
        assert result["msg"].startswith("mondoo.platform needs Python 3.10 or later where a module runs: ")
        assert result["error"] == {"code": "UnsupportedPython", "operation": ""}
    assert "Traceback" not in run.output
    assert "SyntaxError" not in run.output
