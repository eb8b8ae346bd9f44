# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract check, as somebody runs it who has installed the collection and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from test_schema_variants import VARIANTS, without

from simulator.process import Simulator

from conftest import Playbooks

_COMMAND = [sys.executable, "-m", "ansible_collections.mondoo.platform.plugins.plugin_utils._contract"]


def _check(collections: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": environment.get("HOME", "/nowhere")}
    return subprocess.run(
        _COMMAND,
        env={**kept, "PYTHONPATH": str(collections), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("kind", ["token", "service account", "base64"])
def test_no_surprise(kind: str, collections: Path, simulator: Simulator, playbooks: Playbooks) -> None:
    account = playbooks.home / "account.json"
    account.write_text(json.dumps(simulator.credentials["service_account"]), encoding="utf-8")
    login = {
        "token": {"MONDOO_API_TOKEN": simulator.admin_token},
        "service account": {"MONDOO_CONFIG_PATH": str(account)},
        "base64": {"MONDOO_CONFIG_BASE64": account.read_text(encoding="utf-8")},
    }[kind]
    done = _check(collections, {"MONDOO_API_ENDPOINT": simulator.url, **login})
    assert done.returncode == 0, done.stderr
    assert " 0 not as expected, 0 broken." in done.stdout
    assert len(simulator.requests()) == 1
    assert simulator.mutations() == []
    assert not any(entry["secret"] in done.stdout + done.stderr for entry in simulator.secrets())


def test_what_is_broken_is_named(collections: Path, tmp_path: Path) -> None:
    schema = tmp_path / "schema.graphql"
    schema.write_text(without("APIToken", "roles"), encoding="utf-8")
    with Simulator.run(tmp_path / "simulator", schema=schema) as simulator:
        login = {"MONDOO_API_ENDPOINT": simulator.url, "MONDOO_API_TOKEN": simulator.admin_token}
        done = _check(collections, login)
    assert done.returncode == 1
    assert [line.split()[0] for line in done.stdout.splitlines() if "BROKEN" in line] == ["APIToken.roles"]


def test_what_is_only_nice_to_have_breaks_nothing(collections: Path, tmp_path: Path) -> None:
    schema = tmp_path / "schema.graphql"
    schema.write_text(VARIANTS["no optional field"], encoding="utf-8")
    with Simulator.run(tmp_path / "simulator", schema=schema) as simulator:
        login = {"MONDOO_API_ENDPOINT": simulator.url, "MONDOO_API_TOKEN": simulator.admin_token}
        done = _check(collections, login)
    assert done.returncode == 0
    assert done.stdout.count("goes on without it") == 4


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "No credentials"),
        ({"MONDOO_API_TOKEN": "x", "MONDOO_API_ENDPOINT": "https://api.invalid"}, "https://api.invalid/query"),
        ({"MONDOO_API_TOKEN": "x", "MONDOO_API_ENDPOINT": "api.invalid"}, "is not a URL"),
    ],
)
def test_why_it_could_not_be_made(environment: dict[str, str], words: str, collections: Path) -> None:
    done = _check(collections, environment)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_wrong_token(collections: Path, simulator: Simulator) -> None:
    done = _check(collections, {"MONDOO_API_ENDPOINT": simulator.url, "MONDOO_API_TOKEN": "wrong"})
    assert done.returncode == 2
    assert "unauthenticated" in done.stderr
