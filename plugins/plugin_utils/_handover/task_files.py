# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks task files before anything is changed: they exist, they parse, and their modules exist."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from ansible.playbook.helpers import load_list_of_blocks
from ansible.playbook.play import Play

_SECTIONS = ("block", "rescue", "always")
_INCLUDES = ("include_tasks", "import_tasks")


class TaskFiles:
    """Task files, each read once. loader: Ansible's, of the running play."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._problems: dict[str, list[str]] = {}

    def problems(self, path: str) -> Sequence[str]:
        """Sentences about what prevents running the file."""
        if path not in self._problems:
            self._problems[path] = []  # a file that includes itself is checked once
            self._problems[path] = list(self._check(path))
        return self._problems[path]

    def registered(self, path: str) -> set[str]:
        """The variables that its tasks register, as far as the text shows them."""
        return {
            name
            for task in self._all_tasks(path, set())
            if isinstance(name := task.get("register"), str) and name.isidentifier()
        }

    def _check(self, path: str) -> Iterator[str]:
        if not os.path.isfile(path):
            yield f"{path} is not there"
            return
        try:
            content = self._read(path)
        except AnsibleError as error:
            yield f"{path} cannot be read: {_first_line(error)}"
            return
        if not isinstance(content, list) or not all(isinstance(task, Mapping) for task in content):
            yield f"{path} is not a list of tasks"
            return
        try:
            load_list_of_blocks(content, play=Play(), loader=self._loader)
        except AnsibleError as error:
            yield f"{path} cannot be run: {_first_line(error)}"
            return
        for task in _flatten(content):
            included = _included(task, path)
            if included is not None:
                yield from self.problems(included)
            if _ends_play(task):
                yield f"{path} has a task that ends the play in every run, so nothing could be finished"

    def _read(self, path: str) -> Any:
        return self._loader.load_from_file(path, cache="none")

    def _all_tasks(self, path: str, seen: set[str]) -> Iterator[Mapping[str, Any]]:
        if path in seen or not os.path.isfile(path):
            return
        seen.add(path)
        try:
            content = self._read(path)
        except AnsibleError:
            return
        for task in _flatten(content if isinstance(content, list) else []):
            yield task
            included = _included(task, path)
            if included is not None:
                yield from self._all_tasks(included, seen)


def _flatten(tasks: Any) -> Iterator[Mapping[str, Any]]:
    for task in tasks if isinstance(tasks, list) else []:
        if isinstance(task, Mapping):
            yield task
            for section in _SECTIONS:
                yield from _flatten(task.get(section))


def _included(task: Mapping[str, Any], path: str) -> str | None:
    """The file that a task includes; None if it is known only at run time."""
    for key, value in task.items():
        if str(key).rpartition(".")[2] in _INCLUDES:
            file = value.get("file") if isinstance(value, Mapping) else value
            if isinstance(file, str) and "{{" not in file:
                return os.path.normpath(os.path.join(os.path.dirname(path), file))
    return None


def _ends_play(task: Mapping[str, Any]) -> bool:
    if "when" in task:
        return False
    value = next((value for key, value in task.items() if str(key).rpartition(".")[2] == "meta"), None)
    return str(value).strip() in ("end_play", "end_batch", "end_host")


def _first_line(error: AnsibleError) -> str:
    """What went wrong, without the lines that Ansible shows around it."""
    return str(getattr(error, "message", None) or error).strip().splitlines()[0].rstrip(".")


def wrapper_text(paths: Sequence[str], names: Sequence[Sequence[str]], variable: str) -> str:
    """A task file, as JSON, that runs each of the files with the token, its secret and variables.

    names: of the variables of each file. variable: the registered variable that has them, sealed. The text has no value.
    """
    blocks = []
    for number, (path, own) in enumerate(zip(paths, names, strict=True)):
        opened = f"{variable}.places[{number}].variables | mondoo.platform.unsealed | from_json"
        blocks.append(
            {
                "name": "Hand a secret to tasks",
                "vars": {
                    "api_token": f"{{{{ {variable}.api_token }}}}",
                    "api_token_secret": f"{{{{ {variable}.secret | mondoo.platform.unsealed }}}}",
                    **{name: f"{{{{ ({opened}).{name} }}}}" for name in own},
                },
                "block": [
                    {
                        "name": "Run the tasks",
                        "ansible.builtin.include_tasks": {
                            "file": path,
                            "apply": {"no_log": True, "delegate_to": "localhost", "become": False},
                        },
                    }
                ],
            }
        )
    return json.dumps(blocks, indent=2) + "\n"
