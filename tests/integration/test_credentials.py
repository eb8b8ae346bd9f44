# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind of credential works, from every place, in the documented order; a wrong one says what to check."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.process import Simulator

from conftest import Playbooks
from tasks import api_token_info

WRONG = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJl"


@pytest.fixture
def account(simulator: Simulator) -> dict[str, Any]:
    """A service account's document, as the service issues it."""
    document: dict[str, Any] = simulator.credentials["service_account"]
    return document


def _write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def test_options(playbooks: Playbooks, simulator: Simulator, account: dict[str, Any]) -> None:
    text = json.dumps(account)
    encoded = base64.b64encode(text.encode()).decode()
    ways: dict[str, dict[str, Any]] = {
        "API token": {"auth_token": simulator.admin_token},
        "dictionary": {"service_account": account},
        "JSON": {"service_account": text},
        "YAML": {"service_account": yaml.safe_dump(account)},
        "base64 of JSON": {"service_account": encoded},
        "base64 of YAML": {"service_account": base64.b64encode(yaml.safe_dump(account).encode()).decode()},
        "JSON file": {"service_account_file": _write(playbooks.home / "account.json", text)},
        "YAML file": {"service_account_file": _write(playbooks.home / "account.yml", yaml.safe_dump(account))},
        "base64 file": {"service_account_file": _write(playbooks.home / "account.b64", encoded)},
    }
    run = playbooks.run(
        *(api_token_info(space="alpha", **options) for options in ways.values()), defaults={"endpoint": simulator.url}
    )
    assert {way: result.get("msg") for way, result in zip(ways, run.results, strict=True) if result["failed"]} == {}
    # Its MRNs are no secrets: a result must not lose them to masking.
    assert all(result["api_tokens"] == [] for result in run.results)


def test_environment_and_the_file_of_the_cli(
    playbooks: Playbooks, simulator: Simulator, account: dict[str, Any]
) -> None:
    encoded = base64.b64encode(json.dumps(account).encode()).decode()
    path = _write(playbooks.home / "account.json", json.dumps(account))
    ways = {
        "MONDOO_API_TOKEN": {"MONDOO_API_TOKEN": simulator.admin_token},
        "MONDOO_CONFIG_PATH before it": {"MONDOO_CONFIG_PATH": path, "MONDOO_API_TOKEN": WRONG},
        "MONDOO_CONFIG_BASE64 first": {
            "MONDOO_CONFIG_BASE64": encoded,
            "MONDOO_CONFIG_PATH": "/nowhere",
            "MONDOO_API_TOKEN": WRONG,
        },
    }
    tasks = [{**api_token_info(), "environment": variables} for variables in ways.values()]
    endpoint = {"MONDOO_API_ENDPOINT": f"{simulator.url}/query"}
    run = playbooks.run(*tasks, defaults={}, environment=endpoint)
    assert {way: result.get("msg") for way, result in zip(ways, run.results, strict=True) if result["failed"]} == {}

    option_wins = playbooks.run(
        api_token_info(auth_token=simulator.admin_token),
        defaults={},
        environment={**endpoint, "MONDOO_CONFIG_PATH": "/nowhere", "MONDOO_API_TOKEN": WRONG},
    )
    assert not option_wins.result["failed"]

    _write(playbooks.home / ".config/mondoo/mondoo.yml", yaml.safe_dump({**account, "api_endpoint": simulator.url}))
    assert not playbooks.run(api_token_info(), defaults={}).result["failed"]


def test_none_at_all_lists_every_way(playbooks: Playbooks, simulator: Simulator) -> None:
    result = playbooks.run(api_token_info(), defaults={"endpoint": simulator.url}).result
    assert result["error"]["code"] == "InvalidCredentials"
    for way in ("auth_token", "service_account", "service_account_file", "MONDOO_API_TOKEN", "MONDOO_CONFIG_BASE64"):
        assert way in result["msg"]
    for way in ("MONDOO_CONFIG_PATH", "~/.config/mondoo/mondoo.yml", "/etc/opt/mondoo/mondoo.yml"):
        assert way in result["msg"]


def test_wrong_ones_say_what_to_check(playbooks: Playbooks, simulator: Simulator, account: dict[str, Any]) -> None:
    broken_key = {**account, "private_key": "-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----\n"}
    wrong: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
        # From elsewhere, because ansible-core quotes the lines of the playbook around an error.
        "unknown token": (
            {"auth_token": "{{ lookup('ansible.builtin.env', 'WRONG_TOKEN') }}"},
            "Unauthenticated",
            ("region or endpoint", "still exists"),
        ),
        "empty token": ({"auth_token": ""}, "InvalidCredentials", ("option auth_token", "is empty")),
        "no file": ({"service_account_file": "/nowhere.json"}, "InvalidCredentials", ("/nowhere.json", "No such file")),
        "no document": (
            {"service_account": "{{ lookup('ansible.builtin.env', 'NO_DOCUMENT') }}"},
            "InvalidCredentials",
            ("neither JSON nor YAML",),
        ),
        "no key": (
            {"service_account": {"mrn": account["mrn"]}},
            "InvalidCredentials",
            ("has no private_key", "option service_account"),
        ),
        "broken key": ({"service_account": broken_key}, "InvalidCredentials", ("cannot sign", "P-384")),
        "unknown account": (
            {"service_account": {**account, "mrn": "//agents.api.mondoo.app/serviceaccounts/gone"}},
            "Unauthenticated",
            ("still exists",),
        ),
    }
    run = playbooks.run(
        *(api_token_info(**options) for options, _code, _words in wrong.values()),
        defaults={"endpoint": simulator.url},
        environment={"WRONG_TOKEN": WRONG, "NO_DOCUMENT": "secret-text"},
    )
    for (case, (_options, code, words)), result in zip(wrong.items(), run.results, strict=True):
        assert result["error"]["code"] == code, (case, result["msg"])
        for word in words:
            assert word in result["msg"], case
    assert WRONG not in run.output
    assert "secret-text" not in run.output


def test_tls_is_verified(playbooks: Playbooks, tmp_path: Path) -> None:
    with Simulator.run(tmp_path / "tls", tls=tmp_path / "certificates") as secure:
        login = {"auth_token": secure.admin_token, "endpoint": secure.url}
        untrusted, trusted, unchecked, by_environment = playbooks.run(
            api_token_info(),
            api_token_info(ca_path=str(tmp_path / "certificates" / "ca.pem")),
            api_token_info(validate_certs=False),
            {
                **api_token_info(),
                "environment": {"MONDOO_CA_BUNDLE": str(tmp_path / "certificates" / "ca.pem")},
            },
            defaults=login,
        ).results
        assert untrusted["error"]["code"] == "TLSFailed"
        assert "ca_path" in untrusted["msg"]
        assert [result["failed"] for result in (trusted, unchecked, by_environment)] == [False] * 3
        assert len(secure.requests()) == 3
