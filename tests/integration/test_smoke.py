# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job of the installed collection in a few plays: what `make check` runs of these tests."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from simulator.process import Simulator

from conftest import Playbooks
from tasks import api_token


def test_one_token_from_creation_to_deletion(playbooks: Playbooks, simulator: Simulator, tmp_path: Path) -> None:
    path = tmp_path / "ci.token"
    ci = {"name": "ci", "permissions": ["agent"], "token_path": str(path)}
    run = playbooks.run(
        api_token(**ci),
        api_token(**ci),
        api_token(**ci, rotate_after="0"),
        api_token(name="ci", state="absent"),
    )
    assert [result["operations"] for result in run.results] == [
        ["generateAPIToken"],
        [],
        ["generateAPIToken", "deleteAPIToken", "updateAPIToken"],
        ["deleteAPIToken"],
    ]
    assert path.read_text(encoding="utf-8") in {entry["secret"] for entry in simulator.secrets()}
    assert [token["name"] for token in simulator.tokens()] == ["automation"]


def test_a_secret_that_is_returned_is_hidden(playbooks: Playbooks, simulator: Simulator) -> None:
    run = playbooks.run(api_token(name="ci", permissions=["viewer"]), arguments=("--diff", "-vvvv"))
    assert run.result["token"] in {entry["secret"] for entry in simulator.secrets() if entry["live"]}
    assert not any(entry["secret"] in run.output for entry in simulator.secrets())


def test_onboarding_and_an_audit(playbooks: Playbooks, simulator: Simulator, tmp_path: Path) -> None:
    secrets = tmp_path / "tokens"
    secrets.mkdir(mode=0o700)
    declaration = {
        "api_tokens_declared": [
            {
                "name": "scanner",
                "space": "alpha",
                "permissions": ["agent"],
                "description": "Scans",
                "deliver": {"hosts": ["localhost"], "path": str(secrets / "scanner")},
            }
        ],
        "api_token_audit_spaces": ["alpha"],
        "api_token_audit_directory": str(tmp_path / "audit"),
    }
    variables = tmp_path / "fleet.yml"
    variables.write_text(yaml.safe_dump(declaration), encoding="utf-8")
    environment = {**simulator.login, "ANSIBLE_PYTHON_INTERPRETER": sys.executable}
    for name in ("onboard", "onboard", "audit"):
        done = playbooks.command(
            "ansible-playbook", f"mondoo.platform.{name}", "-e", f"@{variables}", environment=environment
        )
        assert done.returncode == 0, done.stdout
        assert not any(entry["secret"] in done.stdout for entry in simulator.secrets())
    live = {entry["secret"] for entry in simulator.secrets() if entry["live"]}
    assert (secrets / "scanner").read_text(encoding="utf-8").strip() in live
    assert (tmp_path / "audit" / "api-tokens.html").is_file()
