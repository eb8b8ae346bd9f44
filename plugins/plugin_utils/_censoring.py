# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module and hides its result from every output if, and only if, it carries a secret."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.release import __version__
from ansible.utils.display import Display


def carries_secret(result: Mapping[str, Any]) -> bool:
    """Whether a module's result has a secret in it, in `token` or in `token` of one of its `results`."""
    if result.get("token"):
        return True
    if any(isinstance(entry, Mapping) and entry.get("token") for entry in result.get("results") or ()):
        return True
    # What Ansible could not read as a result is shown as it is.
    return '"token"' in str(result.get("module_stdout", ""))


@contextlib.contextmanager
def _silent(connection: Any) -> Iterator[None]:
    """Some connection plugins, such as ssh, print all that a module prints at -vvv, unless their play context has no_log."""
    context = connection._play_context
    before = context.no_log
    context.no_log = True
    try:
        yield
    finally:
        context.no_log = before


def _hides_messages_too() -> bool:
    """Whether this ansible-core hides warnings and the reason of a failure together with the result."""
    major, minor = __version__.split(".")[:2]
    return (int(major), int(minor)) < (2, 19)


def _tell(result: Mapping[str, Any]) -> None:
    """Shows what a person needs to know of a hidden result; neither warnings nor messages have a secret in them."""
    display = Display()
    for warning in result.get("warnings") or ():
        display.warning(str(warning))
    if result.get("failed") and result.get("msg"):
        display.error(str(result["msg"]))


class CensoringActionBase(ActionBase):  # type: ignore[misc]  # ansible-core has no type information
    """An action plugin of the name of a module of this collection, which may return a secret."""

    _requires_connection = True
    _supports_check_mode = True
    # A background job's result is fetched by another plugin, which would show it.
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        with _silent(self._connection):
            result.update(self._execute_module(task_vars=task_vars))
        if carries_secret(result):
            if _hides_messages_too() and not self._task.no_log:
                _tell(result)
            result["_ansible_no_log"] = True
            # The summary of a loop has no mark of its own before ansible-core 2.19: it follows the task.
            self._task.no_log = True
        return result
