# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be known of task files before they are run."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.task_files import TaskFiles

_DEBUG = "- debug: {msg: hello}\n"
_ENDS = "ends the play in every run"
# Files beside the one that is checked.
_OTHERS = {
    "other.yml": _DEBUG,
    "main.yml": _DEBUG,
    "empty.yml": "",
    "ends.yml": "- meta: end_play\n",
    "broken.yml": "- nosuch.module.here: {}\n",
    "sub/deep.yml": "- import_tasks: deeper.yml\n- include_tasks: other.yml\n",
    "sub/deeper.yml": "- command: x\n  register: deepest\n",
    "sub/astray.yml": "- include_tasks: nowhere.yml\n",
    "loop.yml": "- include_tasks: own.yml\n",
    "roles/r/tasks/main.yml": "- command: x\n  register: of_role\n",
    "roles/r/tasks/more.yaml": "- import_tasks: main.yml\n",
}


def _files(folder: Path, text: str) -> tuple[TaskFiles, str]:
    for name, content in {**_OTHERS, "own.yml": text}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    loader = DataLoader()
    loader.set_basedir(str(folder))
    return TaskFiles(loader), str(folder / "own.yml")


@pytest.mark.parametrize("keyword", ["include_tasks", "import_tasks", "ansible.builtin.import_tasks"])
@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("other.yml", ""),
        ("main.yml", ""),
        ("empty.yml", ""),
        ("loop.yml", ""),
        ("sub/deep.yml", ""),
        ("{{ name }}.yml", ""),
        ("nowhere.yml", "/nowhere.yml is not there"),
        ("sub/astray.yml", "/sub/nowhere.yml is not there"),
        ("broken.yml", "nosuch.module.here"),
        ("ends.yml", _ENDS),
    ],
)
def test_included_tasks(keyword: str, file: str, words: str, tmp_path: Path) -> None:
    """They are checked as what includes them, in whichever way, and at whichever depth."""
    for task in ({keyword: file}, {keyword: {"file": file}}, {"block": [{keyword: file}]}):
        files, path = _files(tmp_path, yaml.safe_dump([task]))
        problems = files.problems(path)
        assert (words in " ".join(problems), len(problems)) == (True, bool(words))


@pytest.mark.parametrize("keyword", ["include_role", "import_role"])
@pytest.mark.parametrize(
    ("options", "words", "registered"),
    [
        ({"name": "r"}, "", {"of_role"}),
        ({"name": "r", "tasks_from": "more"}, "", {"of_role"}),
        ({"name": "r", "tasks_from": "nowhere"}, "the role r has no tasks in nowhere", set()),
        ({"name": "nosuchrole"}, "role 'nosuchrole' was not found", set()),
        ({"name": "{{ role }}"}, "", set()),
    ],
)
def test_included_roles(
    keyword: str, options: dict[str, str], words: str, registered: set[str], tmp_path: Path
) -> None:
    """A role only has to exist; its tasks are read for what they register."""
    files, path = _files(tmp_path, yaml.safe_dump([{keyword: options}]))
    problems = files.problems(path)
    assert (words in " ".join(problems), len(problems), files.registered(path)) == (True, bool(words), registered)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (_DEBUG, ""),
        ("[]\n", "has no tasks"),
        ("", "has no tasks"),
        ("a: b\n", "is not a list of tasks"),
        ("- a\n", "is not a list of tasks"),
        ("- [\n", "cannot be read"),
        ("- debug: {}\n  nosuchkeyword: 1\n", "cannot be run"),
        ("- meta: end_play\n", _ENDS),
        ("- ansible.builtin.meta: end_host\n", _ENDS),
        ("- block: [{meta: end_batch}]\n", _ENDS),
        ("- block: [{debug: {}}]\n  always: [{meta: end_play}]\n", _ENDS),
        ("- meta: end_play\n  when: stop\n", ""),
        ("- block: [{meta: end_play}]\n  when: false\n", ""),
        ("- block: [{block: [{meta: end_play}]}]\n  when: stop\n", ""),
        ("- block: [{command: x}]\n  rescue: [{meta: end_host}]\n", ""),
        ("- include_tasks: ends.yml\n  when: stop\n", ""),
        ("- include_tasks: ends.yml\n  loop: '{{ hosts }}'\n", ""),
        ("- meta: clear_facts\n", ""),
    ],
)
def test_what_prevents_running_a_file(text: str, words: str, tmp_path: Path) -> None:
    files, path = _files(tmp_path, text)
    problems = files.problems(path)
    assert (words in " ".join(problems), len(problems)) == (True, bool(words))


def test_what_tasks_register(tmp_path: Path) -> None:
    text = """
- command: x
  register: first
- block: [{include_tasks: sub/deep.yml}]
  rescue: [{command: x, register: rescued}]
- import_role: {name: r}
"""
    files, path = _files(tmp_path, text)
    assert files.problems(path) == []
    assert files.registered(path) == {"first", "deepest", "rescued", "of_role"}
