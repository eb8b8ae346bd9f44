# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which results are hidden, and that they alone are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.action.api_token import ActionModule
from ansible_collections.mondoo.platform.plugins.plugin_utils import _censoring
from ansible_collections.mondoo.platform.plugins.plugin_utils._censoring import carries_secret

_SECRET = "new-hunter2"


@pytest.mark.parametrize(
    ("result", "secret"),
    [
        ({}, False),
        ({"changed": True, "api_token": {"name": "token"}}, False),
        ({"token": None}, False),
        ({"token": ""}, False),
        ({"token_path": "/etc/token"}, False),
        ({"token": _SECRET}, True),
        ({"failed": True, "token": _SECRET}, True),
        ({"results": []}, False),
        ({"results": None}, False),
        ({"results": [{"name": "a"}, {"name": "b", "token": None}, "text", None]}, False),
        ({"results": [{"name": "a"}, {"name": "b", "token": _SECRET}]}, True),
        ({"module_stdout": 'warning {"changed": true}'}, False),
        ({"module_stdout": f'warning {{"token": "{_SECRET}"}}'}, True),
        ({"module_stdout": None}, False),
    ],
)
def test_which_results_carry_a_secret(result: dict[str, Any], secret: bool) -> None:
    assert carries_secret(result) is secret


class Action(ActionModule):
    """The action, with its module replaced by a result."""

    def __init__(self, outcome: dict[str, Any] | Exception, *, no_log: bool = False) -> None:
        task = SimpleNamespace(no_log=no_log, async_val=0, args={}, check_mode=False, diff=False, _parent=None)
        self.connection = SimpleNamespace(
            _play_context=SimpleNamespace(no_log=no_log), _shell=SimpleNamespace(tmpdir="/x")
        )
        self.silent_meanwhile: bool | None = None
        self._outcome = outcome
        super().__init__(task, self.connection, SimpleNamespace(check_mode=False), None, None, None)

    def _execute_module(self, **_arguments: Any) -> dict[str, Any]:
        self.silent_meanwhile = self.connection._play_context.no_log
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return dict(self._outcome)


@pytest.mark.parametrize("no_log", [True, False])
def test_a_result_with_a_secret_is_marked_and_kept(no_log: bool) -> None:
    action = Action({"changed": True, "token": _SECRET}, no_log=no_log)
    result = action.run(task_vars={})
    assert result["_ansible_no_log"] is True
    assert result["token"] == _SECRET
    assert action._task.no_log is True


@pytest.mark.parametrize("no_log", [True, False])
def test_a_result_without_one_is_shown_as_the_task_says(no_log: bool) -> None:
    action = Action({"changed": False, "operations": []}, no_log=no_log)
    result = action.run(task_vars={})
    assert "_ansible_no_log" not in result
    assert action._task.no_log is no_log
    assert (result["changed"], result["operations"]) == (False, [])


@pytest.mark.parametrize("no_log", [True, False])
@pytest.mark.parametrize("outcome", [{"changed": False}, {"token": _SECRET}, RuntimeError("unreachable")])
def test_the_connection_prints_nothing_meanwhile_and_is_restored(outcome: Any, no_log: bool) -> None:
    action = Action(outcome, no_log=no_log)
    try:
        action.run(task_vars={})
    except RuntimeError:
        assert isinstance(outcome, RuntimeError)
    assert action.silent_meanwhile is True
    assert action.connection._play_context.no_log is no_log


def test_background_jobs_are_not_supported() -> None:
    assert ActionModule._supports_async is False
    assert ActionModule._supports_check_mode is True


@pytest.mark.parametrize(
    ("version", "no_log", "outcome", "shown"),
    [
        ("2.16.3", False, {"token": _SECRET, "warnings": ["w1", "w2"]}, ["warning w1", "warning w2"]),
        ("2.18.19", False, {"token": _SECRET, "failed": True, "msg": "why"}, ["error why"]),
        ("2.16.3", False, {"token": _SECRET, "msg": "all is well"}, []),
        ("2.16.3", True, {"token": _SECRET, "warnings": ["w"], "failed": True, "msg": "why"}, []),
        ("2.16.3", False, {"warnings": ["w"], "failed": True, "msg": "why"}, []),
        ("2.19.0", False, {"token": _SECRET, "warnings": ["w"], "failed": True, "msg": "why"}, []),
    ],
)
def test_what_a_hidden_result_has_to_say_is_said_once(
    version: str, no_log: bool, outcome: dict[str, Any], shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From ansible-core 2.19 on it says so itself; where the task has no_log, nothing is to be said."""
    said: list[str] = []
    display = SimpleNamespace(
        warning=lambda text: said.append(f"warning {text}"), error=lambda text: said.append(f"error {text}")
    )
    monkeypatch.setattr(_censoring, "__version__", version)
    monkeypatch.setattr(_censoring, "Display", lambda: display)
    Action(outcome, no_log=no_log).run(task_vars={})
    assert said == shown
