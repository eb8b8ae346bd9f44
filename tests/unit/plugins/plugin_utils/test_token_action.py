# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the action plugins do beside the modules: which arguments they refuse, which secrets they keep from being generated,
and which results they hide.
"""

from __future__ import annotations

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.action.api_token import ActionModule
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import RETURNED_ONLY, token_result
from ansible_collections.mondoo.platform.plugins.plugin_utils import _token_action
from ansible_collections.mondoo.platform.plugins.plugin_utils._token_action import carries_secret
from ansible_collections.mondoo.platform.tests.unit.support.builders import token

_SECRET = "new-hunter2"


class Action(ActionModule):
    """The action, with its module replaced by a result. arguments: what the module was run with, None if it was not."""

    def __init__(
        self,
        outcome: dict[str, Any] | Exception,
        *,
        arguments: dict[str, Any] | None = None,
        register: str | None = "result",
        no_log: bool = False,
    ) -> None:
        task = SimpleNamespace(
            action="mondoo.platform.api_token",
            args=arguments or {},
            async_val=0,
            check_mode=False,
            diff=False,
            environment=None,
            no_log=no_log,
            register=register,
            _parent=None,
        )
        self.connection = SimpleNamespace(
            transport="ssh",
            _play_context=SimpleNamespace(no_log=no_log),
            _shell=SimpleNamespace(tmpdir="/x"),
        )
        self.silent_meanwhile: bool | None = None
        self.arguments: dict[str, Any] | None = None
        self._outcome = outcome
        super().__init__(task, self.connection, SimpleNamespace(check_mode=False), None, None, None)

    def _execute_module(self, *, module_args: dict[str, Any], **_more: Any) -> dict[str, Any]:
        self.silent_meanwhile = self.connection._play_context.no_log
        self.arguments = module_args
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return dict(self._outcome)


# Identifiers that YAML took for something else


@pytest.mark.parametrize("option", ["name", "mrn", "space", "organization", "scope_mrn"])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.10, "1.1 is a number"),
        (83, "83 is a number"),
        (True, "True is a boolean"),
        (date(2026, 11, 25), "2026-11-25 is a date"),
        (datetime(2026, 11, 25, 12, 30), "2026-11-25 12:30:00 is a date"),
    ],
    ids=["1.10", "0123", "yes", "a date", "a time"],
)
@pytest.mark.parametrize("of_entry", [False, True])
def test_an_identifier_that_is_no_text_is_refused(option: str, value: object, words: str, of_entry: bool) -> None:
    """A module would get it as the text that Ansible makes of it, and be about another token."""
    arguments = {option: value}
    action = Action({}, arguments={"tokens": [{"name": "ci"}, arguments]} if of_entry else arguments)
    result = action.run(task_vars={})
    assert result["failed"]
    assert result["error"] == {"code": "InvalidOption", "operation": ""}
    assert f"{option}: {words} in YAML, and not the text that was written; quote it" in result["msg"]
    assert action.arguments is None


@pytest.mark.parametrize("option", ["prune_keep", "delivered"])
@pytest.mark.parametrize("value", [[1.10], ["ci", True], 1.10, [date(2026, 11, 25)]])
def test_a_list_of_identifiers_is_of_text(option: str, value: object) -> None:
    action = Action({}, arguments={"tokens": [{"name": "ci"}], option: value})
    result = action.run(task_vars={})
    assert result["failed"]
    assert f"{option}: " in result["msg"] and "quote it" in result["msg"]
    assert action.arguments is None


def test_an_item_of_a_listing_can_be_given_back() -> None:
    item = {"mrn": "//t/1", "name": "ci", "description": "", "permissions": ["viewer"], "scope_mrn": "//s"}
    returned = dict.fromkeys(RETURNED_ONLY)
    assert {*(token_result(token()) or {}), "age_days", "unused_days"} == {*item, *returned}
    action = Action({}, arguments={**item, **returned}, register="item")
    action.run(task_vars={})
    assert action.arguments == item


def test_other_values_are_the_module_s_to_judge() -> None:
    arguments = {"name": "1.10", "space": None, "timeout": 30, "prune": True, "tokens": [{"name": "ci", "purge": 1}, 5]}
    action = Action({}, arguments=arguments)
    action.run(task_vars={})
    assert action.arguments == arguments


# Secrets that nobody would take, or that might be shown


@pytest.mark.parametrize(
    ("version", "no_log", "generates"),
    [
        ("2.16.14", False, True),
        ("2.21.3", False, True),
        ("2.22.0.dev0", False, False),
        ("2.22.0", True, True),
        ("3.0.0", False, False),
    ],
)
def test_an_untested_ansible_core_is_not_trusted_to_hide_a_secret(
    version: str, no_log: bool, generates: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_token_action, "__version__", version)
    action = Action({}, arguments={"name": "ci"}, no_log=no_log)
    action.run(task_vars={})
    assert action.arguments == ({"name": "ci"} if generates else {"name": "ci", "generate": False})


FORBIDDEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "one token": ({"name": "ci"}, {"name": "ci", "generate": False}),
    "one token, explicitly": ({"name": "ci", "generate": True}, {"name": "ci", "generate": False}),
    "one token, to a file": ({"name": "ci", "token_path": "/t"}, {"name": "ci", "token_path": "/t"}),
    "a set": (
        {"tokens": [{"name": "a"}, {"name": "b", "token_path": "/b"}, {"name": "c", "generate": True}]},
        {
            "tokens": [
                {"name": "a", "generate": False},
                {"name": "b", "token_path": "/b"},
                {"name": "c", "generate": False},
            ]
        },
    ),
    "a set, explicitly": (
        {"tokens": [{"name": "a"}], "generate": True},
        {"tokens": [{"name": "a", "generate": False}], "generate": True},
    ),
    # As `ansible -a` hands it over.
    "a set as text": (
        {"tokens": "name=a token_path=/a,name=b"},
        {"tokens": [{"name": "a", "token_path": "/a"}, {"name": "b", "generate": False}]},
    ),
    "a set in JSON": ({"tokens": ['{"name": "a"}']}, {"tokens": [{"name": "a", "generate": False}]}),
    # The module says what is wrong with these.
    "an empty set": ({"tokens": []}, {"tokens": []}),
    "no set": ({"tokens": {"name": "a"}}, {"tokens": {"name": "a"}}),
    "no entries": ({"tokens": ["a", None]}, {"tokens": ["a", None]}),
}


@pytest.mark.parametrize("case", FORBIDDEN)
def test_without_register_only_secrets_that_go_to_a_file_may_be_generated(case: str) -> None:
    arguments, forbidden = FORBIDDEN[case]
    action = Action({}, arguments=arguments, register=None)
    action.run(task_vars={})
    assert action.arguments == forbidden


@pytest.mark.parametrize("case", FORBIDDEN)
def test_with_register_nothing_is_forbidden(case: str) -> None:
    arguments, _forbidden = FORBIDDEN[case]
    action = Action({}, arguments=arguments)
    action.run(task_vars={})
    assert action.arguments == arguments


def _failure(name: str, **more: Any) -> dict[str, Any]:
    """What the module says of a token that it was not allowed to generate."""
    reason = "a new secret would be needed (the token does not exist), and generate is false"
    return {
        "failed": True,
        "msg": f"Could not make {name} as declared: {reason}. Nothing was changed.",
        "error": {"code": "GenerationNotAllowed", "operation": ""},
        **more,
    }


_ADVICE = "and the secret would be lost. Nothing was changed. Register the result of the task, or set token_path."


def test_the_failure_says_who_would_have_to_take_the_secret() -> None:
    result = Action(_failure("ci"), arguments={"name": "ci"}, register=None).run(task_vars={})
    assert result["error"]["code"] == "SecretNotTaken"
    assert _ADVICE in result["msg"]
    assert "generate is false" not in result["msg"]


def test_the_failure_of_each_entry_says_it() -> None:
    lines = [_failure("a"), {"failed": False, "msg": ""}, _failure("b", token_path="/b")]
    outcome = {**_failure("a"), "msg": f"3 declared: 2 failed. entry 1: {lines[0]['msg']}", "results": lines}
    arguments = {"tokens": [{"name": "a"}, {"name": "c"}, {"name": "b", "token_path": "/b", "generate": False}]}
    result = Action(outcome, arguments=arguments, register=None).run(task_vars={})
    assert result["error"]["code"] == "SecretNotTaken"
    assert _ADVICE in result["msg"]
    assert [line.get("error", {}).get("code") for line in result["results"]] == [
        "SecretNotTaken",
        None,
        # This one has a file: what forbids it is its own option.
        "GenerationNotAllowed",
    ]


@pytest.mark.parametrize(
    ("arguments", "register"),
    [({"name": "ci", "generate": False}, None), ({"name": "ci", "generate": "no"}, None), ({"name": "ci"}, "result")],
)
def test_what_the_task_has_forbidden_itself_is_told_as_the_module_tells_it(
    arguments: dict[str, Any], register: str | None
) -> None:
    result = Action(_failure("ci"), arguments=arguments, register=register).run(task_vars={})
    assert result["error"]["code"] == "GenerationNotAllowed"
    assert result["msg"] == _failure("ci")["msg"]


@pytest.mark.parametrize("outcome", [{"failed": True, "msg": "x"}, {"msg": "x", "module_stdout": "", "failed": True}])
def test_other_failures_are_told_as_they_are(outcome: dict[str, Any]) -> None:
    result = Action(outcome, arguments={"name": "ci"}, register=None).run(task_vars={})
    assert result["msg"] == "x"


# Which results are hidden


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
    monkeypatch.setattr(_token_action, "__version__", version)
    monkeypatch.setattr(_token_action, "Display", lambda: display)
    Action(outcome, no_log=no_log).run(task_vars={})
    assert said == shown


@pytest.mark.parametrize(
    ("version", "marked"),
    [("2.16.0", False), ("2.18.9", False), ("2.19.0", True), ("2.20.3", True), ("2.21.0", False)],
)
def test_each_entry_of_a_hidden_set_is_marked_where_its_own_mark_counts(
    version: str, marked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere the mark would stay in what is registered."""
    monkeypatch.setattr(_token_action, "__version__", version)
    action = Action({"results": [{"name": "a", "token": _SECRET}, {"name": "b"}]})
    result = action.run(task_vars={})
    assert result["_ansible_no_log"]
    assert ["_ansible_no_log" in entry for entry in result["results"]] == [marked, marked]
