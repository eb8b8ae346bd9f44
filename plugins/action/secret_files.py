# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action plugin of M(mondoo.platform.secret_files): files with secrets on the host of the task, for the role api_tokens."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import FILE_FAILED, MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.jwt import token_mrn_of
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.host_files import (
    Before,
    file_place,
    look_command,
    read_look,
    read_written,
    remove_command,
    write_command,
)
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.places import FilePlace
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.sealing import seal, unseal

_STEPS = {
    "step": {"type": "str", "required": True, "choices": ["look", "write", "restore"]},
    "files": {"type": "list", "elements": "dict", "required": True},
    "run": {"type": "str", "default": ""},
}


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no type information
    """Inspects files, writes secrets to them, or restores their previous content."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        _validation, options = self.validate_argument_spec(_STEPS)
        result.update(run=options["run"], changed=False)
        try:
            self._require_pipe()
        except MondooError as error:
            return {**result, "failed": True, "msg": error.reason, "files": []}
        if options["step"] == "look":
            return {**result, **self._look(options["files"])}
        if self._task.check_mode:
            return {**result, "skipped": True}
        files = [self._attempt(options["step"], file) for file in options["files"]]
        failures = [f"{file['path']}: {file['msg']}" for file in files if file["msg"]]
        if failures:
            result.update(failed=True, msg="; ".join(failures))
        return {**result, "files": files, "changed": any(not file["msg"] for file in files)}

    def _require_pipe(self) -> None:
        """Refuses hosts to which a secret could be passed only in a temporary file."""
        become = self._connection.become
        if getattr(self._connection._shell, "SHELL_FAMILY", "sh") == "powershell":
            raise MondooError(FILE_FAILED, "files on Windows hosts are not supported")
        if not self._connection.has_pipelining:
            raise MondooError(FILE_FAILED, f"the connection plugin {self._connection.transport} has no standard input")
        if become is not None and become.name.rpartition(".")[2] == "su":
            raise MondooError(FILE_FAILED, "su leaves no standard input to what it runs: use another become_method")

    def _look(self, files: list[dict[str, Any]]) -> dict[str, Any]:
        places = [file_place("", file) for file in files]
        command, standard_input, mark = look_command(places)
        try:
            seen = read_look(self._execute(command, standard_input.encode()), mark, len(places))
        except MondooError as error:
            return {"failed": True, "msg": error.reason, "files": []}
        return {
            "files": [
                {
                    "path": place.path,
                    "exists": file.state == "file",
                    "holds": bool(file.content.strip()),
                    "token_mrn": token_mrn_of(file.content.strip()),
                    "modified_at": file.modified_at,
                    "problems": list(file.problems),
                }
                for place, file in zip(places, seen, strict=True)
            ]
        }

    def _attempt(self, step: str, file: Mapping[str, Any]) -> dict[str, Any]:
        """One file; `msg` is why it was not written, and `before` what it was before, sealed."""
        place = file_place("", file)
        about = {"key": file.get("key"), "path": place.path, "msg": "", "before": None}
        try:
            if step == "write":
                before = self._write(place, unseal(file["secret"]))
                return {**about, "before": None if before is None else seal(json.dumps(vars(before)))}
            if file.get("before"):
                was = Before(**json.loads(unseal(file["before"])))
                self._write(replace(place, owner=was.owner, group=was.group, mode=was.mode), was.content)
            else:
                self._execute(remove_command(place), b"")
        except MondooError as error:
            return {**about, "msg": error.reason}
        return about

    def _write(self, place: FilePlace, text: str) -> Before | None:
        content = text.encode("utf-8", "surrogateescape")
        return read_written(self._execute(write_command(place, content), content))

    def _execute(self, command: str, standard_input: bytes) -> str:
        """The output of a command; raises MondooError with what it printed as an error."""
        with self._piping():
            done = self._low_level_execute_command(
                command,
                in_data=standard_input,
                encoding_errors="surrogateescape",
            )
        if done["rc"]:
            raise MondooError(FILE_FAILED, " ".join(done["stderr"].split()) or f"the shell ended with {done['rc']}")
        return str(done["stdout"])

    @contextlib.contextmanager
    def _piping(self) -> Iterator[None]:
        """Passes standard input through, and keeps the output of the command out of -vvv."""
        context = self._connection._play_context
        before = context.no_log
        context.no_log = True
        try:
            pipelining = self._connection.get_option("pipelining")
            self._connection.set_option("pipelining", True)
        except (AttributeError, KeyError, ValueError):
            pipelining = None  # the connection always works like that
        try:
            yield
        finally:
            context.no_log = before
            if pipelining is not None:
                self._connection.set_option("pipelining", pipelining)
