# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Odd credentials and addresses, in every place where one can stand: no part of them shows, whether the task succeeds or fails.

All of them are tasks of one play, at the highest verbosity.
"""

from __future__ import annotations

import base64
import itertools
import json
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from proxy import Proxy
from simulator.process import Simulator

from conftest import Playbooks, Run
from tasks import api_token, api_token_info

LOUD = ("-vvvv", "--diff")
# By themselves, so that a part of them that shows cannot be anything else.
PASSWORDS = {
    "plain": "QxZj7WvKp",
    "hash": "QxZj7#WvKp",
    "slash": "QxZj7/WvKp",
    "question mark": "QxZj7?WvKp",
    "at sign": "QxZj7@WvKp",
    "colons": "QxZj7:WvKp:QxZj8",
    "percent": "QxZj7%57vKp",
    "encoded": "QxZj%37%23WvKp",
    "umlaut": "QxZj7üWvKp",
    "white space": "QxZj7 WvKp",
}
# Ways in which a task fails whose credentials are right: the space, and options.
FAILURES: list[tuple[str, str, dict[str, Any]]] = [
    ("no such space", "nowhere", {}),
    ("an option out of range", "alpha", {"timeout": 0}),
    ("no such option", "alpha", {"tiemout": 1}),
]
_PIECE = 4  # characters of a password that must not show
_LONG_PIECE = 10  # of a token or a key: four of its characters turn up anywhere in a megabyte of output


@dataclass(frozen=True)
class Credential:
    """One credential or address. kind: which places it can stand in. text: as it is given. works: whether it is accepted."""

    name: str
    kind: str
    text: str
    works: bool = True
    encoding: str = "utf-8"
    passwords: tuple[str, ...] = ()


def _tokens(token: str) -> Iterator[Credential]:
    forms = {
        "as it is": token,
        "line break": f"{token}\r\n",
        "byte order mark": f"\ufeff{token}",
        "zero-width space": f"{token[:20]}\u200b{token[20:]}",
        "quotes": f'"{token}"',
        "Bearer": f"Bearer {token}",
        "escaped line break": f"{token}\\n",
    }
    refused = {
        "one quote": f'"{token}',
        "typographic quotes": f"\u201c{token}\u201d",
        "two lines": f"{token[:40]}\n{token[40:]}",
        "assignment": f"MONDOO_API_TOKEN={token}",
        "umlaut": f"{token}ü",
    }
    for works, group in ((True, forms), (False, refused)):
        for name, text in group.items():
            yield Credential(name, "token", text, works)


def _accounts(account: dict[str, Any]) -> Iterator[Credential]:
    text = json.dumps(account)
    encoded = base64.b64encode(text.encode()).decode()
    forms = {
        "JSON": text,
        "YAML": yaml.safe_dump(account),
        "JSON in quotes": f"'{text}'",
        "byte order mark": f"\ufeff{text}",
        "base64": encoded,
        "base64 in lines": "\n".join(encoded[start : start + 76] for start in range(0, len(encoded), 76)),
        "base64 without padding": encoded.rstrip("="),
        "escaped key": json.dumps({**account, "private_key": account["private_key"].replace("\n", "\\n")}),
        "key in base64": json.dumps(
            {**account, "private_key": base64.b64encode(account["private_key"].encode()).decode()}
        ),
    }
    refused = {
        "broken JSON": text[:-30],
        "without MRN": json.dumps({**account, "mrn": None}),
        "keyless": json.dumps({**account, "type": "external_account"}),
        "key alone": account["private_key"],
        "broken key": json.dumps({**account, "private_key": account["private_key"].replace("MI", "IM", 1)}),
    }
    for works, group in ((True, forms), (False, refused)):
        for name, form in group.items():
            yield Credential(name, "account", form, works)
    yield Credential("UTF-16", "account file", text, encoding="utf-16")


def _addresses(proxy: str, endpoint: str) -> Iterator[Credential]:
    for name, password in PASSWORDS.items():
        works = not set(password) & set("#/? ")
        secrets = tuple({password, *password.replace(":", "@").split("@")})
        host = proxy.removeprefix("http://")
        yield Credential(f"{name} in a proxy", "proxy", f"http://bob:{password}@{host}", works, passwords=secrets)
        yield Credential(
            f"{name} in an endpoint",
            "endpoint",
            endpoint.replace("://", f"://bob:{password}@"),
            False,
            passwords=secrets,
        )
    plain = PASSWORDS["plain"]
    for name, address in {
        "key in place of a name": f"http://{plain}:@{host}",
        "no scheme": f"bob:{plain}@{host}",
        "no host": f"http://bob:{plain}@",
        "no at sign": f"bob:{plain}",
        "SOCKS": f"socks5://bob:{plain}@{host}",
    }.items():
        yield Credential(name, "proxy", address, name in ("key in place of a name", "no scheme"), passwords=(plain,))


@dataclass
class Plays:
    """Makes tasks for a credential in each place. A task that works reads; the same fails for a space that is not there."""

    folder: Path
    login: dict[str, Any]
    number: Iterator[int] = field(default_factory=itertools.count)
    failures: Iterator[tuple[str, str, dict[str, Any]]] = field(default_factory=lambda: itertools.cycle(FAILURES))

    def tasks(self, credential: Credential) -> Iterator[tuple[str, dict[str, Any], bool]]:
        """The place, the task, and whether it has to work."""
        for place in self._places(credential):
            yield f"{credential.name}: {place}", self._task(credential, place, "alpha"), credential.works
        # The last place once more, in a task that fails: at the service, before any request, or by Ansible itself.
        name, space, options = next(self.failures)  # pylint: disable=stop-iteration-return  # it has no end
        yield f"{credential.name}: {name}", self._task(credential, place, space, **options), False

    @staticmethod
    def _places(credential: Credential) -> tuple[str, ...]:
        places = {
            "token": ("auth_token", "MONDOO_API_TOKEN"),
            "account": ("service_account_file", "MONDOO_CONFIG_BASE64", "MONDOO_CONFIG_PATH", "service_account"),
            "account file": ("MONDOO_CONFIG_PATH", "service_account_file"),
            "proxy": ("MONDOO_API_PROXY", "HTTPS_PROXY", "proxy"),
            "endpoint": ("MONDOO_API_ENDPOINT", "endpoint"),
        }
        return places[credential.kind]

    def _task(self, credential: Credential, place: str, space: str, **options: Any) -> dict[str, Any]:
        case = self.folder / str(next(self.number))
        case.mkdir()
        path = case / "credential"
        path.write_text(credential.text, encoding=credential.encoding, newline="")
        value = str(path) if place.endswith(("_file", "_PATH")) else credential.text
        options = {**self.login, "retries": 0, **options}
        if credential.kind in ("token", "account", "account file"):
            options.pop("auth_token")
        if credential.kind == "endpoint":
            options.pop("endpoint")
        task: dict[str, Any] = {}
        if place.isupper():
            # In the environment of the module: Ansible shows what a task has in its own.
            interpreter = case / "python"
            interpreter.write_text(
                f'#!/bin/sh\nexport {place}={shlex.quote(value)}\nexec {shlex.quote(sys.executable)} "$@"\n',
                encoding="utf-8",
            )
            interpreter.chmod(0o700)
            task["vars"] = {"ansible_python_interpreter": str(interpreter)}
        else:
            # Not in the playbook either, of which Ansible shows the lines around an error.
            found = f"lookup('ansible.builtin.file', '{path}', rstrip=false)"
            options[place] = value if place.endswith("_file") else f"{{{{ {found} }}}}"
        return {**api_token_info(space=space, **options), **task}


def _pieces(secret: str, length: int) -> set[str]:
    return {secret[start : start + length] for start in range(len(secret) - length + 1)}


def _secrets(simulator: Simulator, account: dict[str, Any]) -> set[str]:
    """Parts of every token and key. The header of a JWT is none: it is the same in all of them, and stands in this file."""
    tokens = [entry["secret"].partition(".")[2] for entry in simulator.secrets()]
    keys = account["private_key"].splitlines()[1:-1]
    return set().union(*(_pieces(text, _LONG_PIECE) for text in [*tokens, *keys]))


def _shown(run: Run, log: Path, temporary: Path) -> str:
    files = [path.read_text(encoding="utf-8", errors="replace") for path in temporary.rglob("*") if path.is_file()]
    return "\n".join([run.output, log.read_text(encoding="utf-8"), json.dumps(run.results, ensure_ascii=False), *files])


@pytest.mark.parametrize("kind", ["tokens", "accounts", "addresses"])
def test_odd_credentials_do_not_show(kind: str, playbooks: Playbooks, tmp_path: Path) -> None:
    log = tmp_path / "ansible.log"
    # With TLS, since without it no proxy of the environment is used.
    secure = Simulator.run(tmp_path / "service", tls=tmp_path / "certificates")
    with secure as simulator, Proxy.run() as proxy:
        account = simulator.credentials["service_account"]
        credentials = list(
            {
                "tokens": lambda: _tokens(simulator.admin_token),
                "accounts": lambda: _accounts(account),
                "addresses": lambda: _addresses(proxy.url, simulator.url),
            }[kind]()
        )
        login = {
            "endpoint": simulator.url,
            "ca_path": str(simulator.ca_path),
            "auth_token": "{{ lookup('ansible.builtin.file', admin) }}",
        }
        (tmp_path / "admin").write_text(simulator.admin_token, encoding="utf-8")
        cases = tmp_path / "cases"
        cases.mkdir()
        plays = Plays(cases, login)
        tasks = [entry for credential in credentials for entry in plays.tasks(credential)]
        run = playbooks.run(
            *(
                {**task, "vars": {"admin": str(tmp_path / "admin"), **task.get("vars", {})}}
                for _name, task, _works in tasks
            ),
            arguments=LOUD,
            defaults={},
            environment={"ANSIBLE_LOG_PATH": str(log), "ANSIBLE_INJECT_INVOCATION": "1"},
        )
        secrets = _secrets(simulator, account)
    wrong = [name for (name, _task, works), result in zip(tasks, run.results, strict=True) if works is result["failed"]]
    assert wrong == []
    shown = _shown(run, log, playbooks.temporary)
    passwords = set().union(*(_pieces(text, _PIECE) for each in credentials for text in each.passwords))
    found = {part for part in secrets | passwords if part in shown}
    # How many are found says enough, and what they are does not belong into the output of a test either.
    assert len(found) == 0
    print(f"{kind}: {len(credentials)} credentials, {len(tasks)} tasks")


@pytest.mark.parametrize("password", ["e", "eyJ", "eyJhb", "QxZj7WvKp"])
def test_a_new_secret_is_returned_whole(password: str, playbooks: Playbooks, simulator: Simulator) -> None:
    """Whatever password happens to occur in it."""
    with Proxy.run(login=f"bob:{password}") as proxy:
        address = proxy.url.replace("://", f"://bob:{password}@")
        task = api_token(name="ci", permissions=["viewer"], proxy=address)
        result = playbooks.run(task, arguments=LOUD).result
    assert result["token"] in {entry["secret"] for entry in simulator.secrets() if entry["live"]}
    assert f"bob:{password}@" not in json.dumps(result)
