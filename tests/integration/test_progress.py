# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a terminal and a log show of a task while it is at work."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.process import Simulator

from conftest import BIN, Playbooks

# Slow enough that half of it lasts longer than the seconds in which nothing is shown.
_LATENCY = 200  # milliseconds
_TOKENS = 80
_LINE = re.compile(r"^mondoo\.platform\.api_tokens: (\d+) of 80 changes made$")
_TIMEOUT = 120  # seconds


@pytest.fixture
def book(simulator: Simulator, tmp_path: Path) -> Path:
    """A play with one long task."""
    simulator.settings(latency=_LATENCY)
    tokens = [{"name": f"t{number}", "permissions": ["viewer"]} for number in range(_TOKENS)]
    task = {"mondoo.platform.api_tokens": {"space": "alpha", "tokens": tokens, "concurrency": 2}, "register": "run"}
    path = tmp_path / "book.yml"
    path.write_text(_play([task]), encoding="utf-8")
    return path


def _play(tasks: list[dict[str, Any]], **play: Any) -> str:
    return yaml.safe_dump(
        [{"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": tasks, **play}]
    )


def _environment(playbooks: Playbooks, simulator: Simulator, **more: str) -> dict[str, str]:
    return {**playbooks.environment, **simulator.login, "TERM": "xterm", **more}


def _on_a_terminal(command: list[str], environment: Mapping[str, str], folder: Path) -> str:
    """What the command shows on a terminal of its own."""
    terminal, inner = pty.openpty()
    try:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdin=inner, stdout=inner, stderr=inner)
        os.close(inner)
        shown = b""
        while True:
            try:
                part = os.read(terminal, 65536)
            except OSError:  # the last process has closed it
                break
            if not part:
                break
            shown += part
        assert process.wait(_TIMEOUT) == 0, shown.decode()
    finally:
        os.close(terminal)
    return shown.decode()


@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_a_terminal_shows_progress_before_the_result(
    strategy: str, book: Path, playbooks: Playbooks, simulator: Simulator
) -> None:
    environment = _environment(playbooks, simulator, ANSIBLE_STRATEGY=strategy)
    lines = _on_a_terminal([str(BIN / "ansible-playbook"), str(book)], environment, book.parent).splitlines()
    progress = [number for number, line in enumerate(lines) if _LINE.match(line)]
    result = next(number for number, line in enumerate(lines) if "changed: [localhost]" in line)
    assert progress
    assert max(progress) < result


@pytest.mark.parametrize("callback", ["default", "minimal", "oneline"])
def test_a_log_has_at_most_a_line_for_each_tenth(
    callback: str, book: Path, playbooks: Playbooks, simulator: Simulator, tmp_path: Path
) -> None:
    environment = _environment(
        playbooks, simulator, ANSIBLE_STDOUT_CALLBACK=callback, ANSIBLE_LOG_PATH=str(tmp_path / "log")
    )
    done = subprocess.run(
        [str(BIN / "ansible-playbook"), str(book)],
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shown = [int(match[1]) for line in done.stderr.splitlines() if (match := _LINE.match(line))]
    assert shown
    tenths = [count * 10 // _TOKENS for count in shown]
    assert tenths == sorted(set(tenths))
    assert 10 not in tenths
    # What a callback writes stays as it is.
    assert "changes made" not in done.stdout
    logged = (tmp_path / "log").read_text(encoding="utf-8")
    assert logged.count("changes made") == len(shown)
    for text in (done.stdout, done.stderr, logged):
        assert not [character for character in text if not character.isprintable() and character not in "\n"]
        assert not any(entry["secret"] in text for entry in simulator.secrets())


def test_what_takes_no_time_shows_nothing(playbooks: Playbooks, simulator: Simulator, tmp_path: Path) -> None:
    path = tmp_path / "book.yml"
    task = {"mondoo.platform.api_tokens": {"space": "alpha", "tokens": [{"name": "ci", "permissions": ["viewer"]}]}}
    path.write_text(_play([{**task, "register": "run"}]), encoding="utf-8")
    shown = _on_a_terminal([str(BIN / "ansible-playbook"), str(path)], _environment(playbooks, simulator), tmp_path)
    assert " of " not in shown
    assert list(playbooks.temporary.glob("**/mondoo-progress-*")) == []
