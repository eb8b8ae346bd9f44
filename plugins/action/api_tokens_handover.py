# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action plugin of M(mondoo.platform.api_tokens_handover): the steps of the role api_tokens that run on the controller."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible import constants
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import (
    CREDENTIAL_OPTIONS,
    connection_arguments,
)
from ansible_collections.mondoo.platform.plugins.module_utils._transport.credential_sources import find_credential
from ansible_collections.mondoo.platform.plugins.module_utils._transport.endpoint import choose_endpoint, service_of
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError, internal_error
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.journal import Journal
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.sealing import run_process
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.settings import PREFIX, VARIABLES
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.steps import Steps
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.task_files import TaskFiles, make_role

_MODULE = "mondoo.platform.api_tokens"
_CONNECTION = {option: {"type": "raw"} for option in connection_arguments()}
_ROLE = os.path.normpath(os.path.join(os.path.dirname(__file__), "..", "..", "roles", "api_tokens"))
# Keys of a module result that are kept; what Ansible adds after a crash of the module may show a secret.
_TOLD = ("results", "pruned", "operations", "requests", "diff", "msg", "failed", "error", "warnings", "changed")


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no type information
    """One step of handing secrets over; it runs once for all hosts of the play."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        arguments = {
            "step": {"type": "str", "required": True, "choices": list(_STEPS)},
            "round": {"type": "str", "default": ""},
            "tasks_failed": {"type": "bool", "default": False},
            **_CONNECTION,
        }
        _validation, options = self.validate_argument_spec(arguments)
        side = _Side(self, task_vars or {})
        steps = Steps(side)
        try:
            told = _STEPS[options["step"]](steps, options)
        except MondooError as error:
            return {**result, **_refusal(steps, error)}
        except Exception as error:  # noqa: BLE001  (a traceback could show a secret)
            return {**result, **_refusal(steps, internal_error(error))}
        run = side.registered(f"{PREFIX}_checked")
        if "run" not in told and isinstance(run, Mapping):
            told["run"] = run.get("run")
        # Data for the next task, not for people.
        result["_ansible_verbose_override"] = True
        return {**result, "changed": False, **told}

    def call_module(self, options: Mapping[str, Any], task_vars: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
        """The result of the module api_tokens, run by its own action plugin."""
        task = self._task.copy()
        task.action = _MODULE
        connection = {option: self._task.args[option] for option in _CONNECTION if option in self._task.args}
        task.args = {**connection, **options}
        task.check_mode = check_mode
        task.register = "result"  # the secrets are used
        task.no_log = True
        action = self._shared_loader_obj.action_loader.get(
            _MODULE,
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        told = action.run(task_vars=task_vars)
        return {key: told[key] for key in _TOLD if key in told}

    def evaluated(self, value: Any) -> Any:
        """The value of a variable, with its templates evaluated."""
        return self._templar.template(value)

    @property
    def is_check_mode(self) -> bool:
        return bool(self._task.check_mode)

    @property
    def endpoint(self) -> str:
        """The URL of the service; empty if it cannot be determined: then the module reports why."""
        given = {option: self._task.args.get(option) for option in ("endpoint", "region", *CREDENTIAL_OPTIONS)}
        try:
            credential = find_credential(
                {name: given[name] for name in CREDENTIAL_OPTIONS}, os.environ, lambda _text: None
            )
            url = choose_endpoint(
                endpoint=given["endpoint"],
                region=given["region"],
                environment=os.environ.get("MONDOO_API_ENDPOINT"),
                account=credential.api_endpoint,
            )
            return service_of(url)
        except (MondooError, KeyError):
            return ""

    @property
    def task_files(self) -> TaskFiles:
        return TaskFiles(self._loader)


def _refusal(steps: Steps, error: MondooError) -> dict[str, Any]:
    message = str(error)
    try:
        steps.report_refusal(message)
    except MondooError as report_error:
        message = f"{message} {report_error}"
    return {"failed": True, "msg": message, "error": error.details}


_STEPS: dict[str, Callable[[Steps, Mapping[str, Any]], dict[str, Any]]] = {
    "require_rotate_now": lambda steps, _options: steps.require_rotate_now(),
    "check": lambda steps, _options: steps.check(),
    "decide": lambda steps, _options: steps.decide(),
    "stage": lambda steps, options: steps.stage(options["round"]),
    "store": lambda steps, options: steps.store(options["round"]),
    "note_tasks": lambda steps, options: steps.note_tasks(options["round"], failed=options["tasks_failed"]),
    "settle": lambda steps, options: steps.settle(options["round"]),
    "finish": lambda steps, options: steps.finish(options["round"]),
    "prune": lambda steps, _options: steps.prune(),
    "report": lambda steps, _options: steps.report(),
}


def _without_omitted(value: Any, omit: object) -> Any:
    """The value without what `default(omit)` leaves out of it; before 2.19, Ansible leaves a placeholder there."""
    if not isinstance(omit, str):
        return value
    if isinstance(value, Mapping):
        return {key: _without_omitted(part, omit) for key, part in value.items() if part != omit}
    if isinstance(value, list):
        return [_without_omitted(part, omit) for part in value if part != omit]
    return None if value == omit else value


class _Side:
    """What the steps need from Ansible, from the variables of the task."""

    def __init__(self, action: ActionModule, task_vars: dict[str, Any]) -> None:
        self._action = action
        self._task_vars = task_vars
        self.names: Iterable[str] = [str(name) for name in task_vars]
        self._problems: list[str] = []
        self.variables: Mapping[str, Any] = {name: self._variable(f"{PREFIX}{name}") for name in sorted(VARIABLES)}
        groups = task_vars.get("groups") or {}
        self.groups = frozenset(str(name) for name in groups) - {"all", "ungrouped"}
        self.hosts = frozenset(str(host) for host in groups.get("all", ()))
        self.template_problems: Sequence[str] = self._problems
        self.active: Sequence[str] = [str(host) for host in task_vars.get("ansible_play_batch") or ()]
        self.other_batches = bool({*(task_vars.get("ansible_play_hosts") or ())} - {*self.active})
        self.runner = str(task_vars.get("inventory_hostname"))
        self.role_path = _ROLE
        self.check_mode = action.is_check_mode
        self.task_files = action.task_files
        self.journal = Journal(run_process(), action.endpoint)

    def _variable(self, name: str) -> Any:
        if name not in self._task_vars:
            return None
        try:
            return _without_omitted(self._action.evaluated(self._task_vars[name]), self._task_vars.get("omit"))
        except AnsibleError as error:
            reason = str(getattr(error, "message", None) or error).strip().splitlines()[0].rstrip(".")
            self._problems.append(f"{name} cannot be evaluated: {reason}")
            return None

    def call(self, options: Mapping[str, Any], *, check_mode: bool) -> dict[str, Any]:
        return self._action.call_module(options, self._task_vars, check_mode=check_mode)

    def registered(self, name: str, host: str | None = None) -> Any:
        if host is None or host == self.runner:
            value = self._task_vars.get(name)
            # In a separate play, a part of the role gets the results of other parts through a template.
            return self._action.evaluated(value) if isinstance(value, str) else value
        try:
            return self._task_vars["hostvars"][host].get(name)
        except (AnsibleError, KeyError):
            return None

    def temporary_file(self, text: str) -> str:
        handle, path = tempfile.mkstemp(prefix="mondoo-", suffix=".yml", dir=constants.DEFAULT_LOCAL_TMP)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def temporary_role(self, path: str) -> str:
        return make_role(path, tempfile.mkdtemp(prefix="mondoo-", dir=constants.DEFAULT_LOCAL_TMP))
