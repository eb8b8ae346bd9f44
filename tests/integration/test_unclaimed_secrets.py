# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secret that nobody would take is not generated, however the task is written; nor is a token whose name is no text."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.process import Simulator

from conftest import Playbooks
from tasks import SPACE_MRN, api_token, api_token_info, api_tokens

CI: dict[str, Any] = {"name": "ci", "permissions": ["viewer"]}

Play = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def play(playbooks: Playbooks, tmp_path: Path) -> Play:
    """Runs tasks as they are, without a `register` of the tests."""

    def run(*tasks: dict[str, Any], arguments: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        book = tmp_path / "play.json"
        content = {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", "ansible_connection": "local"},
            "module_defaults": {"group/mondoo.platform.mondoo": playbooks.connection()},
            "tasks": list(tasks),
        }
        book.write_text(json.dumps([content]), encoding="utf-8")
        return playbooks.command("ansible-playbook", "-i", "localhost,", str(book), *arguments)

    return run


UNCLAIMED: dict[str, dict[str, Any]] = {
    "one token": api_token(**CI),
    "one token, explicitly": api_token(**CI, generate=True),
    "in a loop": {**api_token(**{**CI, "name": "{{ item }}"}), "loop": ["a", "b"]},
    "a set": api_tokens(CI, {**CI, "name": "b", "generate": True}),
    "a set, explicitly": api_tokens(CI, generate=True),
    "a staged set": api_tokens(CI, stage=True),
}


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["run", "check mode"])
@pytest.mark.parametrize("case", UNCLAIMED)
def test_nobody_takes_the_secret(case: str, arguments: tuple[str, ...], play: Play, simulator: Simulator) -> None:
    done = play(UNCLAIMED[case], arguments=arguments)
    assert done.returncode == 2, done.stdout
    assert (
        "and the secret would be lost. Nothing was changed. Register the result of the task, or set token_path."
        in " ".join(done.stdout.split())
    )
    assert "SecretNotTaken" in done.stdout
    assert simulator.mutations() == []


def test_somebody_takes_the_secret(play: Play, simulator: Simulator, playbooks: Playbooks) -> None:
    """By `register`, also in a loop; or by a file. And where no secret is needed, nobody has to."""
    path = playbooks.home / "secret"
    done = play(
        {**api_token(**{**CI, "name": "{{ item }}"}), "loop": ["a", "b"], "register": "created"},
        api_token(**CI, token_path=str(path)),
        api_token(**{**CI, "name": "a", "description": "x"}),
        api_token(**CI, rotate_after="0", token_path=str(path)),
        api_tokens({"name": "a"}, {**CI, "name": "c", "token_path": f"{path}-c"}, {"name": "b", "state": "absent"}),
    )
    assert done.returncode == 0, done.stdout
    assert sorted(token["name"] for token in simulator.tokens(SPACE_MRN)) == ["a", "c", "ci"]


def test_a_rotation_that_nobody_takes_is_not_begun(play: Play, simulator: Simulator) -> None:
    play({**api_token(**CI), "register": "ci"})
    simulator.clear_requests()
    done = play(api_token(**CI, rotate_after="0"))
    assert done.returncode == 2
    assert simulator.mutations() == []
    assert [token["name"] for token in simulator.tokens(SPACE_MRN)] == ["ci"]


def test_a_newer_ansible_core_returns_a_secret_only_under_no_log(
    play: Play, simulator: Simulator, playbooks: Playbooks, tmp_path: Path
) -> None:
    """Nobody has seen that it hides what the collection marks."""
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "sitecustomize.py").write_text(
        'import ansible.release\n\nansible.release.__version__ = "2.99.0"\n', encoding="utf-8"
    )
    playbooks.environment["PYTHONPATH"] = str(newer)

    for task in (api_token(**CI), api_tokens(CI)):
        done = play({**task, "register": "created"})
        assert done.returncode == 2, done.stdout
        words = " ".join(done.stdout.split())
        assert "ansible-core 2.99.0 is newer than 2.21" in words
        assert "Nothing was changed. Set no_log: true in the task, set token_path" in words
    assert simulator.mutations() == []

    path = playbooks.home / "secret"
    done = play(
        {**api_token(**CI), "register": "created", "no_log": True},
        {**api_token(**CI, description="x"), "register": "described"},
        api_token(**{**CI, "name": "b"}, token_path=str(path)),
        {"ansible.builtin.assert": {"that": "created.token is defined"}},
    )
    assert done.returncode == 0, done.stdout
    assert sorted(token["name"] for token in simulator.tokens(SPACE_MRN)) == ["b", "ci"]


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("api_token", "name=ci permissions=viewer"),
        ("api_token", "name=ci permissions=viewer generate=true"),
        ("api_tokens", "permissions=viewer tokens='name=ci'"),
        ("api_tokens", '{"permissions": ["viewer"], "tokens": [{"name": "ci"}]}'),
    ],
)
def test_an_ad_hoc_command_takes_no_secret(
    module: str, options: str, playbooks: Playbooks, simulator: Simulator
) -> None:
    common = {**playbooks.connection(), "space": "alpha"}
    written = " ".join(f"{name}={value}" for name, value in common.items())
    words = json.dumps({**json.loads(options), **common}) if options.startswith("{") else f"{written} {options}"
    interpreter = "ansible_python_interpreter={{ ansible_playbook_python }}"
    arguments = ("localhost", "-c", "local", "-e", interpreter, "-m", f"mondoo.platform.{module}", "-a", words)
    done = playbooks.command("ansible", *arguments)
    assert done.returncode == 2, done.stdout
    assert "the secret would be lost" in " ".join(done.stdout.split())
    assert simulator.mutations() == []


# As YAML reads these, they are a number, a boolean, a number and a date.
ODD_NAMES = ["1.10", "yes", "12:30:45", "2026-11-25"]


def test_names_that_yaml_takes_for_something_else_are_refused(playbooks: Playbooks, simulator: Simulator) -> None:
    """Their tokens are there: with prune, they would be replaced by tokens of other names."""
    simulator.seed({"tokens": [{"scope": SPACE_MRN, "name": name, "permissions": ["viewer"]} for name in ODD_NAMES]})
    simulator.clear_requests()
    values = [1.10, True, 45045]
    tasks = [
        task
        for value in values
        for task in (
            api_token(name=value, permissions=["viewer"]),
            api_tokens({"name": value, "permissions": ["viewer"]}, prune=True),
            api_token_info(name=value),
            api_token(name="ci", space=value),
        )
    ]
    results = playbooks.run(*tasks).results
    assert [result["error"]["code"] for result in results] == ["InvalidOption"] * len(tasks)
    assert all("quote it" in result["msg"] for result in results)
    assert simulator.requests() == []
    quoted = playbooks.run(api_tokens(*({"name": name} for name in ODD_NAMES), permissions=["viewer"], prune=True))
    assert not quoted.result["changed"]
