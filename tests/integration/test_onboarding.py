# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role api_tokens and its playbooks, as installed: where secrets go, that none is shown, and what happens when one cannot go there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.process import Simulator

from conftest import Playbooks

PASSWORD = "vault-hunter2"
_LOCAL = 'ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}"'


class Fleet:
    """A controller with two hosts, on which each way of handing a secret on ends in a file below `folder`."""

    def __init__(self, playbooks: Playbooks, service: Simulator, folder: Path) -> None:
        self._playbooks = playbooks
        self._service = service
        self.folder = folder
        self.vault = folder / "vault.yml"
        (folder / "inventory.ini").write_text(f"h1 {_LOCAL}\nh2 {_LOCAL}\n", encoding="utf-8")
        task = {"ansible.builtin.copy": {"content": "{{ api_token.name }}={{ api_token_secret }}", "mode": "0600"}}
        self.own = folder / "own.yml"
        self.own.write_text(yaml.safe_dump([self._to(task, "own")]), encoding="utf-8")
        self.variables: dict[str, Any] = {
            "space": "alpha",
            "permissions": ["agent"],
            "vault_file": str(self.vault),
            "vault_password": PASSWORD,
            "declared": [
                {"name": "controller", "token_path": str(folder / "controller")},
                {"name": "hosts", "deliver": {"hosts": ["h1", "h2"], "path": str(folder / "hosts")}},
                {"name": "vault", "space": "beta", "deliver": {"vault": "vault_token"}},
                {"name": "tasks", "deliver": {"tasks": str(self.own)}},
            ],
        }

    def _to(self, task: dict[str, Any], name: str) -> dict[str, Any]:
        (module,) = task
        return {module: {**task[module], "dest": str(self.folder / name)}}

    def run(
        self, *arguments: str, playbook: str = "mondoo.platform.onboard", **changes: Any
    ) -> subprocess.CompletedProcess[str]:
        """Runs a playbook of the collection at the highest verbosity; no secret may be in what it prints."""
        given = {**self.variables, **changes}
        done = self._playbooks.command(
            *("ansible-playbook", playbook, "-i", str(self.folder / "inventory.ini")),
            *("-e", f"@{self._file(given)}", "-vvvv", "--diff", *arguments),
            environment=self._service.login,
        )
        shown = [entry for entry in self._service.secrets() if entry["secret"] in done.stdout]
        assert shown == []
        assert PASSWORD not in done.stdout
        return done

    def _file(self, given: Mapping[str, Any]) -> Path:
        path = self.folder / "variables.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps({f"api_tokens_{name}": value for name, value in given.items()}), encoding="utf-8")
        return path

    def live(self, name: str) -> str:
        """The secret of the only live token of that name."""
        mrns = [token["mrn"] for token in self._service.tokens() if token["name"] == name]
        (secret,) = [entry["secret"] for entry in self._service.secrets() if entry["live"] and entry["mrn"] in mrns]
        return str(secret)

    def held(self) -> dict[str, str]:
        """What each place holds."""
        view = ["ansible-vault", "view", "--vault-password-file", str(self._password()), str(self.vault)]
        vaulted = yaml.safe_load(self._playbooks.command(*view).stdout)
        files = {name: (self.folder / name).read_text(encoding="utf-8") for name in ("controller", "hosts")}
        own = (self.folder / "own").read_text(encoding="utf-8").removeprefix("tasks=")
        return {**files, "vault": vaulted["vault_token"], "tasks": own}

    def _password(self) -> Path:
        path = self.folder / "password"
        path.touch(mode=0o600)
        path.write_text(PASSWORD, encoding="utf-8")
        return path

    def mutations(self) -> list[str]:
        """Those since the last time."""
        sent = self._service.mutations()
        self._service.clear_requests()
        return sent


@pytest.fixture
def fleet(playbooks: Playbooks, simulator: Simulator, tmp_path: Path) -> Fleet:
    folder = tmp_path / "fleet"
    folder.mkdir()
    return Fleet(playbooks, simulator, folder)


def test_check_onboard_and_repeat(fleet: Fleet) -> None:
    checked = fleet.run("--check")
    assert checked.returncode == 0, checked.stdout
    assert fleet.mutations() == []
    assert not fleet.vault.exists()
    assert "4 API tokens declared: 4 created" in checked.stdout
    assert "cannot be read again" not in checked.stdout

    done = fleet.run()
    assert done.returncode == 0, done.stdout
    assert fleet.mutations() == ["generateAPIToken"] * 4
    held = fleet.held()
    assert held == {name: fleet.live(name) for name in ("controller", "hosts", "vault", "tasks")}
    for path in ("controller", "hosts", "vault.yml", "own"):
        assert (fleet.folder / path).stat().st_mode & 0o777 == 0o600, path
    assert held["vault"] not in fleet.vault.read_text(encoding="utf-8")

    for mode in ((), ("--check",)):
        again = fleet.run(*mode)
        assert again.returncode == 0, again.stdout
        assert fleet.mutations() == []
        assert "changed=0" in again.stdout
        assert "cannot be read again" not in again.stdout
    assert fleet.held() == held


def test_no_variable_keeps_a_secret(fleet: Fleet) -> None:
    kept = fleet.folder / "kept"
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {"ansible.builtin.include_role": {"name": "mondoo.platform.api_tokens"}},
            {
                "ansible.builtin.copy": {
                    "content": "{{ [hostvars.localhost, hostvars.h1, api_tokens_result] | to_json }}",
                    "dest": str(kept),
                    "mode": "0600",
                },
                "diff": False,
            },
        ],
    }
    book = fleet.folder / "book.yml"
    book.write_text(yaml.safe_dump([play]), encoding="utf-8")
    done = fleet.run(playbook=str(book))
    assert done.returncode == 0, done.stdout
    text = kept.read_text(encoding="utf-8")
    assert "api_tokens__run" in text
    assert [name for name, secret in fleet.held().items() if secret in text] == []


def test_rotating_some(fleet: Fleet) -> None:
    fleet.run()
    before = fleet.held()
    fleet.mutations()
    refused = fleet.run(playbook="mondoo.platform.rotate")
    assert refused.returncode != 0
    assert "Name the tokens to replace in api_tokens_rotate_now." in refused.stdout
    unknown = fleet.run(playbook="mondoo.platform.rotate", rotate_now=["vault", "vualt"])
    assert unknown.returncode != 0
    assert "Not in api_tokens_declared" in unknown.stdout
    assert fleet.mutations() == []

    fleet.run("--check", playbook="mondoo.platform.rotate", rotate_now=["vault", "hosts"])
    assert (fleet.mutations(), fleet.held()) == ([], before)
    done = fleet.run(playbook="mondoo.platform.rotate", rotate_now=["vault", "hosts"], prune=True)
    assert done.returncode == 0, done.stdout
    assert sorted(fleet.mutations()) == ["deleteAPIToken"] * 2 + ["generateAPIToken"] * 2 + ["updateAPIToken"] * 2
    after = fleet.held()
    assert after == {name: fleet.live(name) for name in before}
    assert {name for name in before if before[name] != after[name]} == {"vault", "hosts"}


def test_what_is_in_the_encrypted_file_is_kept(fleet: Fleet) -> None:
    fleet.run()
    first = fleet.held()
    more = [*fleet.variables["declared"], {"name": "second", "deliver": {"vault": "second_token"}}]
    assert fleet.run(declared=more).returncode == 0
    assert fleet.held() == first
    assert fleet.mutations() == ["generateAPIToken"] * 5
    wrong = fleet.run(vault_password="another")
    assert wrong.returncode != 0
    assert fleet.mutations() == []
    assert fleet.held() == first


@pytest.mark.parametrize("lost", ["hosts", "vault.yml"])
def test_a_lost_secret(lost: str, fleet: Fleet) -> None:
    fleet.run()
    fleet.mutations()
    (fleet.folder / lost).unlink()
    warned = fleet.run()
    assert warned.returncode == 0, warned.stdout
    assert f"{lost.partition('.')[0]} exists, but where its secret should be it is not" in warned.stdout
    failed = fleet.run(lost_secret="fail")
    assert failed.returncode != 0
    assert f"The secrets of these tokens are lost: {lost.partition('.')[0]}." in failed.stdout
    assert fleet.mutations() == []
    rotated = fleet.run(lost_secret="rotate")
    assert rotated.returncode == 0, rotated.stdout
    assert fleet.mutations() == ["updateAPIToken", "generateAPIToken", "deleteAPIToken"]
    assert fleet.held() == {name: fleet.live(name) for name in ("controller", "hosts", "vault", "tasks")}
    fleet.run(lost_secret="rotate")
    assert fleet.mutations() == []


def test_one_that_cannot_be_handed_on_keeps_no_other_from_it(fleet: Fleet) -> None:
    """And what the message advises heals it."""
    good = fleet.own.read_text(encoding="utf-8")
    task = {"ansible.builtin.copy": {"content": "{{ api_token_secret }}", "dest": "/nowhere/own", "mode": "0600"}}
    fleet.own.write_text(yaml.safe_dump([task]), encoding="utf-8")
    (fleet.folder / "hosts").mkdir()
    done = fleet.run()
    assert done.returncode != 0
    assert "Secrets that were not handed on to all of their places: hosts (h1), hosts (h2), tasks." in done.stdout
    assert (fleet.folder / "controller").read_text(encoding="utf-8") == fleet.live("controller")
    assert fleet.vault.exists()
    (fleet.folder / "hosts").rmdir()
    fleet.own.write_text(good, encoding="utf-8")
    fleet.mutations()
    healed = fleet.run(rotate_now=["hosts", "tasks"])
    assert healed.returncode == 0, healed.stdout
    assert fleet.held() == {name: fleet.live(name) for name in ("controller", "hosts", "vault", "tasks")}


def test_a_host_that_cannot_be_reached(fleet: Fleet) -> None:
    declared = [
        {"name": "hosts", "deliver": {"hosts": ["gone", "h1"], "path": str(fleet.folder / "hosts")}},
        {"name": "controller", "token_path": str(fleet.folder / "controller")},
    ]
    with (fleet.folder / "inventory.ini").open("a", encoding="utf-8") as inventory:
        inventory.write("gone ansible_host=127.0.0.1 ansible_port=1 ansible_connection=ssh\n")
    done = fleet.run(declared=declared)
    assert done.returncode != 0
    assert "Secrets that were not handed on to all of their places: hosts (gone)." in done.stdout
    assert (fleet.folder / "hosts").read_text(encoding="utf-8") == fleet.live("hosts")
    assert (fleet.folder / "controller").read_text(encoding="utf-8") == fleet.live("controller")
    # What cannot be seen is not taken for lost.
    fleet.mutations()
    fleet.run(declared=declared, lost_secret="rotate")
    assert fleet.mutations() == []


def test_a_token_that_fails_keeps_no_other_from_being_handed_on(fleet: Fleet) -> None:
    declared = [*fleet.variables["declared"], {"name": "denied", "space": "outside", "token_path": "/nowhere"}]
    done = fleet.run(declared=declared)
    assert done.returncode != 0
    assert 'Could not list the API tokens of space "outside"' in done.stdout
    assert fleet.held() == {name: fleet.live(name) for name in ("controller", "hosts", "vault", "tasks")}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"declared": [{"name": "ci"}]}, "need token_path, or deliver with hosts, vault or tasks"),
        ({"declared": [{"name": "ci", "deliver": {}}]}, "for their secrets: ci."),
        ({"declared": [{"name": "ci", "deliver": {"hosts": ["h1"]}}]}, "deliver with hosts needs path"),
        ({"declared": [{"name": "ci", "deliver": {"hosts": ["h1", "h9"], "path": "/x"}}]}, "Not in the inventory: h9."),
        ({"declared": [{"name": "ci", "deliver": {"tasks": "/nowhere/x.yml"}}]}, "not there: /nowhere/x.yml."),
        ({"vault_password": ""}, "deliver with vault needs api_tokens_vault_file and api_tokens_vault_password"),
        ({"vault_file": "/nowhere/vault.yml"}, "The folder of api_tokens_vault_file is not there: /nowhere."),
        ({"declared": [{"nmae": "ci", "token_path": "/x"}]}, 'unknown nmae (did you mean "name")'),
        ({"lost_secret": "never"}, "value of api_tokens_lost_secret must be one of"),
    ],
)
def test_refusals(changes: dict[str, Any], words: str, fleet: Fleet) -> None:
    done = fleet.run(**changes)
    assert done.returncode != 0
    assert words in done.stdout.replace('\\"', '"')  # before 2.19, ansible-core prints messages as JSON
    assert fleet.mutations() == []


def test_a_declaration_under_another_name_is_not_an_empty_one(fleet: Fleet) -> None:
    declared = fleet.variables.pop("declared")
    done = fleet.run(declard=declared)
    assert done.returncode != 0
    assert "missing required arguments: api_tokens_declared" in done.stdout
    assert fleet.mutations() == []


def test_what_all_have_in_common(fleet: Fleet) -> None:
    own = {"tasks": str(fleet.own)}
    declared = [{"name": "tasks"}, {"name": "gone", "state": "absent"}]
    done = fleet.run(declared=declared, deliver=own, description="All of them", prune=True)
    assert done.returncode == 0, done.stdout
    assert fleet.mutations() == ["generateAPIToken"]
    assert (fleet.folder / "own").read_text(encoding="utf-8") == f"tasks={fleet.live('tasks')}"
