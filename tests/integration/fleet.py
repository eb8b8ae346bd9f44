# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A controller with hosts that secrets are handed over to, for the tests of the role api_tokens."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from simulator.process import Simulator

from conftest import Playbooks

PASSWORD = "vault-hunter2"
_LOCAL = 'ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}"'
# Nothing listens on the port.
_CLOSED = "ansible_host=127.0.0.1 ansible_port=1 ansible_connection=ssh"
_PATIENCE = 120  # seconds until a play must have come to the point at which it is killed

# Prints every result that a callback gets, and the arguments of its task.
_CALLBACK = """
from __future__ import annotations
import json
from ansible.plugins.callback import CallbackBase
class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "print_all"
    def v2_on_any(self, *args, **kwargs):
        for arg in args:
            if hasattr(arg, "_result"):
                print("RESULT", json.dumps(arg._result, default=str), flush=True)
    def v2_playbook_on_task_start(self, task, is_conditional):
        if not task.no_log:
            print("TASK", task.name, task.args, flush=True)
"""


class Fleet:
    """Hosts on which each way of handing a secret over ends in a file below `folder`, which is the working directory too.

    variables: those of the role, without their prefix.
    """

    def __init__(self, playbooks: Playbooks, service: Simulator, folder: Path) -> None:
        self._playbooks = playbooks
        self.service = service
        self.folder = folder
        self.vault = folder / "vault.yml"
        self._count = 0
        self.inventory()
        self.own = self.tasks("own.yml", self.storing("own"))
        fail = {
            "ansible.builtin.command": {"argv": ["/bin/sh", "-c", "exit 3", "{{ api_token_secret }}"]},
            "register": "mine",
        }
        self.failing = self.tasks("failing.yml", fail)
        self.variables: dict[str, Any] = {
            "space": "alpha",
            "permissions": ["agent"],
            "vault_file": str(self.vault),
            "vault_password": PASSWORD,
            "report": "report.json",
            "declared": [
                {"name": "controller", "token_path": str(folder / "controller")},
                {"name": "hosts", "deliver": {"hosts": ["h1"], "path": str(folder / "hosts")}},
                {"name": "vault", "space": "beta", "deliver": {"vault": "vault_token"}},
                {"name": "tasks", "deliver": {"tasks": str(self.own)}},
            ],
        }

    # -- what there is -------------------------------------------------------------------------------------------------

    def inventory(
        self, more: str = "", *, hosts: Iterable[str] = (), closed: Iterable[str] = (), implicit: bool = True
    ) -> None:
        """The hosts h1 and h2, and others; `closed` cannot be reached. implicit: whether localhost is that of Ansible."""
        names = dict.fromkeys([*([] if implicit else ["localhost"]), *("h1", "h2"), *hosts, *closed])
        lines = [f"{name} {_CLOSED if name in closed else _LOCAL}\n" for name in names]
        (self.folder / "inventory.ini").write_text("".join(lines) + more, encoding="utf-8")

    def tasks(self, name: str, *tasks: dict[str, Any]) -> Path:
        """A file of tasks."""
        path = self.folder / name
        path.write_text(yaml.safe_dump(list(tasks), sort_keys=False), encoding="utf-8")
        return path

    def storing(self, name: str) -> dict[str, Any]:
        """A task that stores the secret in a file."""
        content = "{{ api_token.name }}={{ api_token_secret }}"
        return {"ansible.builtin.copy": {"content": content, "dest": str(self.folder / name), "mode": "0600"}}

    def callbacks(self) -> Path:
        """A folder with a callback that shows everything."""
        folder = self.folder / "callbacks"
        folder.mkdir()
        (folder / "print_all.py").write_text(_CALLBACK, encoding="utf-8")
        return folder

    def encrypt(self, text: str, label: str = "") -> None:
        """Makes the encrypted file."""
        self.vault.touch(mode=0o600)
        self.vault.write_text(text, encoding="utf-8")
        identity = f"{label or 'default'}@{self._password()}"
        arguments = ("--vault-id", identity, *(("--encrypt-vault-id", label) if label else ()))
        done = self._playbooks.command("ansible-vault", "encrypt", *arguments, str(self.vault))
        assert done.returncode == 0, done.stdout

    def decrypted(self) -> str:
        """The content of the encrypted file."""
        view = ["ansible-vault", "view", "--vault-password-file", str(self._password()), str(self.vault)]
        return self._playbooks.command(*view).stdout

    def _password(self) -> Path:
        path = self.folder / "password"
        path.touch(mode=0o600)
        path.write_text(PASSWORD, encoding="utf-8")
        return path

    # -- what is run ---------------------------------------------------------------------------------------------------

    def run(
        self, *arguments: str, playbook: str = "mondoo.platform.onboard", **changes: Any
    ) -> subprocess.CompletedProcess[str]:
        """Runs a playbook of the collection at the highest verbosity; no secret may be in what it prints."""
        return self._run([playbook, *arguments], changes)

    def play(
        self, play: Mapping[str, Any], environment: Mapping[str, str] | None = None, **changes: Any
    ) -> subprocess.CompletedProcess[str]:
        """Runs a play."""
        self._count += 1
        book = self.folder / f"book-{self._count}.yml"
        book.write_text(yaml.safe_dump([dict(play)], sort_keys=False), encoding="utf-8")
        return self._run([str(book)], changes, environment)

    @staticmethod
    def role_and_variables(hosts: Sequence[str], target: Path) -> list[dict[str, Any]]:
        """Tasks: the role, whatever becomes of it, and then all that is known of these hosts into a file."""
        content = "{{ [" + ", ".join(f"hostvars.{host}" for host in hosts) + "] | to_json }}"
        include = {"ansible.builtin.include_role": {"name": "mondoo.platform.api_tokens"}}
        dump = {"content": content, "dest": str(target), "mode": "0600"}
        return [
            {"block": [include], "rescue": [{"ansible.builtin.debug": {"msg": "it failed"}}]},
            {"ansible.builtin.copy": dump, "diff": False, "delegate_to": "localhost", "run_once": True, "no_log": True},
        ]

    def kill_when(self, ready: Callable[[], bool], *arguments: str, **changes: Any) -> str:
        """Runs the playbook onboard, and kills it, workers and all, as soon as `ready` says so. Returns what it printed."""
        log = self.folder / "killed.log"
        with log.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(
                self._playbooks.ansible_command(*self._command(["mondoo.platform.onboard", *arguments], changes)),
                env={**self._playbooks.environment, **self.service.login},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            deadline = time.monotonic() + _PATIENCE
            try:
                while not ready() and process.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.05)
                assert process.poll() is None, log.read_text(encoding="utf-8")
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return self._without_secrets(log.read_text(encoding="utf-8"))

    def _command(self, arguments: list[str], changes: Mapping[str, Any]) -> list[str]:
        path = self.folder / "variables.json"
        path.touch(mode=0o600)
        given = {**self.variables, **changes}
        path.write_text(json.dumps({f"api_tokens_{name}": value for name, value in given.items()}), encoding="utf-8")
        inventory = str(self.folder / "inventory.ini")
        return ["ansible-playbook", "-i", inventory, "-e", f"@{path}", "-vvvv", "--diff", *arguments]

    def _run(
        self, arguments: list[str], changes: Mapping[str, Any], environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = self._playbooks.command(
            *self._command(arguments, changes),
            environment={**self.service.login, **(environment or {})},
            folder=self.folder,
        )
        self._without_secrets(done.stdout)
        return done

    def _without_secrets(self, text: str) -> str:
        assert [entry["name"] for entry in self.service.secrets() if entry["secret"] in text] == []
        assert PASSWORD not in text
        return text

    @staticmethod
    def said(done: subprocess.CompletedProcess[str]) -> str:
        """What was printed, as it was written: before 2.19, ansible-core prints messages as JSON, and wraps warnings."""
        return " ".join(done.stdout.replace('\\"', '"').split())

    # -- what has become of it -----------------------------------------------------------------------------------------

    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        return report

    def tokens(self) -> list[dict[str, Any]]:
        return self.service.tokens()

    def names(self) -> list[str]:
        """The names of all tokens but the one that the tests log in with."""
        return sorted(token["name"] for token in self.tokens() if token["name"] != "automation")

    def secrets(self) -> list[dict[str, Any]]:
        return self.service.secrets()

    def seed(self, token: dict[str, Any]) -> None:
        self.service.seed({"tokens": [token]})

    def live(self, name: str) -> str:
        """The secret of the only live token of that name."""
        mrns = [token["mrn"] for token in self.tokens() if token["name"] == name]
        (secret,) = [entry["secret"] for entry in self.secrets() if entry["live"] and entry["mrn"] in mrns]
        return str(secret)

    def is_live(self, secret: str) -> bool:
        """Whether the service accepts the secret."""
        return any(entry["live"] for entry in self.secrets() if entry["secret"] == secret)

    def held(self) -> dict[str, str]:
        """What all places hold."""
        held = self.places()
        assert len(held) == 4
        return held

    def places(self) -> dict[str, str]:
        """What the places hold that are there."""
        files = {"controller": "controller", "hosts": "hosts", "tasks": "own"}
        held = {
            name: (self.folder / file).read_text(encoding="utf-8").removeprefix("tasks=")
            for name, file in files.items()
            if (self.folder / file).exists()
        }
        return held | ({"vault": yaml.safe_load(self.decrypted())["vault_token"]} if self.vault.exists() else {})

    def mode(self, name: str) -> int:
        return (self.folder / name).stat().st_mode & 0o777

    @staticmethod
    def service_time() -> str:
        """Now, as names of pending tokens have it."""
        return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def unfinished(self) -> list[dict[str, Any]]:
        """The records of unfinished runs on this controller."""
        folder = self._playbooks.home / ".ansible" / "mondoo.platform" / "handing-over"
        return [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]

    def mutations(self) -> list[str]:
        """Those since the last time."""
        sent = self.service.mutations()
        self.service.clear_requests()
        return sent
