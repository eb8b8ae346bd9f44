# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks task files before anything is changed: they exist, they parse, and their modules exist.

Files that they include or import are checked too, where their names are literal. A name with a template is left to the run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible import constants
from ansible.errors import AnsibleError
from ansible.playbook.block import Block
from ansible.playbook.helpers import load_list_of_blocks
from ansible.playbook.play import Play
from ansible.playbook.role.include import RoleInclude
from ansible.playbook.role_include import IncludeRole
from ansible.playbook.task_include import TaskInclude
from ansible.plugins.loader import add_all_plugin_dirs

_SECTIONS = ("block", "rescue", "always")
_IMPORTS = frozenset({*constants._ACTION_IMPORT_TASKS, *constants._ACTION_IMPORT_ROLE})
_ENDINGS = ("end_play", "end_batch", "end_host")
_EXTENSIONS = ("", ".yml", ".yaml", ".json")


class _NoVariables:
    """What stands in for Ansible's manager of variables: their values are not known yet."""

    def get_vars(self, **_about: Any) -> dict[str, Any]:
        return {}


@dataclass
class _File:
    """What is known about a task file. ends_play: whether it does so in every run. is_empty: it has no tasks."""

    problems: list[str] = field(default_factory=list)
    registered: set[str] = field(default_factory=set)
    ends_play: bool = False
    is_empty: bool = False


class TaskFiles:
    """Task files, each read once. loader: Ansible's, of the running play."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._files: dict[tuple[str, str], _File] = {}

    def problems(self, path: str) -> Sequence[str]:
        """Sentences about what prevents running the file."""
        file = self._file(path)
        problems = list(file.problems)
        if file.is_empty:
            problems.append(f"{path} has no tasks")
        if file.ends_play:
            problems.append(f"{path} has a task that ends the play in every run, so nothing could be finished")
        return problems

    def registered(self, path: str) -> set[str]:
        """The variables that its tasks register, as far as the text shows them."""
        return self._file(path).registered

    def _file(self, path: str, folder: str | None = None) -> _File:
        """folder: of the file that the role runs; the run looks there too for what others include."""
        folder = os.path.dirname(path) if folder is None else folder
        key = (path, folder)
        if key not in self._files:
            self._files[key] = _File()  # a file that includes itself is checked once
            self._files[key] = self._read(path, folder)
        return self._files[key]

    def _read(self, path: str, folder: str) -> _File:
        file = _File()
        try:
            blocks = self._load(path)
        except AnsibleError as error:
            file.problems.append(_first_line(error))
            return file
        file.is_empty = not blocks
        for task, is_certain in _flatten(blocks):
            # A dictionary of names where ansible-core supports several results of a task; then each is one.
            file.registered |= {task.register} if isinstance(task.register, str) else {*(task.register or ())}
            if is_certain and task.action in constants._ACTION_META:
                file.ends_play |= str(task.args.get("_raw_params")).strip() in _ENDINGS
            try:
                included = self._included(task, path, folder)
            except AnsibleError as error:
                file.problems.append(f"{path}: {_first_line(error)}")
                continue
            if included is not None:
                file.problems += included.problems
                file.registered |= included.registered
                file.ends_play |= is_certain and included.ends_play
        return file

    def _load(self, path: str) -> list[Any]:
        """The blocks of a file; raises AnsibleError."""
        if not os.path.isfile(path):
            raise AnsibleError(f"{path} is not there")
        try:
            content = self._loader.load_from_file(path, cache="none")
        except AnsibleError as error:
            raise AnsibleError(f"{path} cannot be read: {_first_line(error)}") from None
        if content is None:
            return []
        if not isinstance(content, list) or not all(isinstance(task, Mapping) for task in content):
            raise AnsibleError(f"{path} is not a list of tasks")
        try:
            blocks: list[Any] = load_list_of_blocks(
                _not_imported(content), play=Play(), variable_manager=_NoVariables(), loader=self._loader
            )
        except AnsibleError as error:
            raise AnsibleError(f"{path} cannot be run: {_first_line(error)}") from None
        return blocks

    def _included(self, task: Any, path: str, folder: str) -> _File | None:
        """What a task includes; None if that is known only at run time. Raises AnsibleError if it is not there."""
        if isinstance(task, IncludeRole):
            return self._tasks_of_role(task)
        name = task.args.get("_raw_params") if isinstance(task, TaskInclude) else None
        if not isinstance(name, str) or "{{" in name:
            return None
        name = os.path.expanduser(name)
        # The order in which the run looks, see `make_role`; the last is the directory of the playbook.
        candidates = [
            os.path.join(folder, name),
            os.path.join(os.path.dirname(path), name),
            self._loader.path_dwim(name),
        ]
        found = next((each for each in candidates if os.path.isfile(each)), None)
        if found is None:
            raise AnsibleError(f"{os.path.normpath(candidates[1])} is not there")
        return self._file(os.path.normpath(found), folder)

    def _tasks_of_role(self, task: Any) -> _File | None:
        """What the tasks of a role register. It must exist; whether its tasks can be run is not checked."""
        name, start = task._role_name, task._from_files.get("tasks") or "main"
        if "{{" in f"{name}{start}":
            return None
        role = RoleInclude.load(name, play=Play(), loader=self._loader)
        add_all_plugin_dirs(role.get_role_path())
        folder = os.path.join(role.get_role_path(), "tasks")
        found = [path for end in _EXTENSIONS if os.path.isfile(path := os.path.join(folder, start + end))]
        if not found:
            if start == "main":
                return None
            raise AnsibleError(f"the role {name} has no tasks in {start}")
        return _File(registered=self._file(found[0], folder).registered)


def _not_imported(tasks: Any) -> Any:
    """The tasks, with an include for each import, which would need the values of variables now."""
    if not isinstance(tasks, list):
        return tasks
    return [
        {
            key.replace("import_", "include_") if key in _IMPORTS else key: (
                _not_imported(value) if key in _SECTIONS else value
            )
            for key, value in task.items()
        }
        if isinstance(task, Mapping)
        else task
        for task in tasks
    ]


def _flatten(parts: Iterable[Any], *, is_certain: bool = True) -> Iterator[tuple[Any, bool]]:
    """The tasks, at any depth, and whether each is reached in every run in which those before it succeed."""
    for part in parts:
        is_run = is_certain and not part.when
        if not isinstance(part, Block):
            yield part, is_run and not part.loop
            continue
        yield from _flatten([*part.block, *part.always], is_certain=is_run)
        yield from _flatten(part.rescue, is_certain=False)


def _first_line(error: AnsibleError) -> str:
    """What went wrong, without the lines that Ansible shows around it."""
    return str(getattr(error, "message", None) or error).strip().splitlines()[0].rstrip(".")


def make_role(path: str, folder: str) -> str:
    """Makes a role in `folder` whose tasks are those beside the file at `path`. Returns its path.

    What a task of a role includes is searched among the tasks of that role first. So the tasks of a user need one of their own:
    their `check.yml` is not that of this role.
    """
    role = os.path.join(folder, "user_tasks")
    meta = os.path.join(role, "meta")
    os.makedirs(meta, 0o700)
    # A role in a collection keeps Ansible from searching modules that are in none.
    with open(os.path.join(meta, "main.yml"), "w", encoding="utf-8") as file:
        json.dump({"collections": ["ansible.legacy"]}, file)
    os.symlink(os.path.dirname(path), os.path.join(role, "tasks"))
    return role


def wrapper_text(files: Sequence[tuple[str, str, Sequence[str]]], variable: str) -> str:
    """A task file, as JSON, that runs each of the files with the token, its secret and variables.

    files: for each its path, the role that it is run in, and the names of its variables. variable: the registered variable
    that has their values, sealed. The text has no value.
    """
    blocks = []
    for number, (path, role, own) in enumerate(files):
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
                        "ansible.builtin.include_role": {
                            "name": role,
                            "tasks_from": os.path.basename(path),
                            "apply": {"no_log": True, "delegate_to": "localhost", "become": False},
                        },
                    }
                ],
            }
        )
    return json.dumps(blocks, indent=2) + "\n"
