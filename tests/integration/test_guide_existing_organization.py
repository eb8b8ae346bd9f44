# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every command of the guide "An existing organization", in its order, with the edits that it asks for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.process import Simulator

from conftest import ROOT, Playbooks

PREFIX = "//captain.api.mondoo.app/"
GUIDE = (ROOT / "docs" / "docsite" / "rst" / "guide_existing_organization.rst").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^\.\. code-block:: (shell|yaml)\n\n((?:(?: {4,}.*)?\n)+)", re.MULTILINE)
_EXAMPLE_MRN = "//agents.api.mondoo.app/spaces/checkout-5678/serviceaccounts/2hK8"
_TIMEOUT = 300  # seconds


def _token(scope: str, name: str, permissions: list[str], **changes: Any) -> dict[str, Any]:
    return {
        "scope": PREFIX + scope,
        "name": name,
        "permissions": permissions,
        "created_at": "2024-03-01T00:00:00Z",
        **changes,
    }


SEED: dict[str, Any] = {
    "organizations": {"my-org-1234": ["payments-1234", "checkout-5678", "empty-9012"]},
    "tokens": [
        _token("organizations/my-org-1234", "automation", ["owner"], key="automation"),
        _token("organizations/my-org-1234", "billing", ["viewer"], description="Monthly: finance"),
        _token("spaces/payments-1234", "ci", ["agent"], description="Scans in the pipelines"),
        _token("spaces/payments-1234", "reports", ["viewer"]),
        _token("spaces/payments-1234", "reports (retired 2025-01-01T00:00:00Z)", ["viewer"]),
        _token("spaces/checkout-5678", "deploy", ["editor"], count=2),
        _token("spaces/checkout-5678", " made in a hurry", ["viewer"]),
        _token("spaces/checkout-5678", "t{}", ["viewer"], count=32),
    ],
}


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    with Simulator.run(tmp_path / "simulator", seed=SEED) as running:
        yield running


class Desk:
    """Somebody's desk, on which the collection is installed. fleet: the file of the declaration."""

    def __init__(self, playbooks: Playbooks, simulator: Simulator, collections: Path, folder: Path) -> None:
        self._environment = {
            **{key: value for key, value in playbooks.environment.items() if key != "ANSIBLE_COLLECTIONS_PATH"},
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            **simulator.login,
        }
        self._simulator = simulator
        self.folder = folder
        self.fleet = folder / "fleet.yml"
        (playbooks.home / ".ansible").mkdir(exist_ok=True)
        (playbooks.home / ".ansible" / "collections").symlink_to(collections)
        self._blocks = iter(_BLOCK.findall(GUIDE + "\n"))

    def commands(self) -> list[str]:
        """The next block of the guide, which is one of commands."""
        kind, text = next(self._blocks)
        assert kind == "shell", text
        return textwrap.dedent(text).strip().splitlines()

    def example(self) -> Any:
        """The next block of the guide, which is one of YAML."""
        kind, text = next(self._blocks)
        assert kind == "yaml", text
        return yaml.safe_load(textwrap.dedent(text))

    def is_done(self) -> bool:
        return next(self._blocks, None) is None

    def run(self, command: str) -> str:
        """What a command shows; it succeeds, and shows no secret."""
        done = subprocess.run(
            ["bash", "-euc", command],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        assert not any(entry["secret"] in done.stdout for entry in self._simulator.secrets())
        return done.stdout.replace('\\"', '"')

    def mutations(self) -> list[str]:
        """Those since the last time."""
        sent = self._simulator.mutations()
        self._simulator.clear_requests()
        return sent

    def replace_entry(self, old: dict[str, str], new: dict[str, Any]) -> None:
        """Edits an entry of the declaration as somebody would in an editor."""
        declaration = yaml.safe_load(self.fleet.read_text(encoding="utf-8"))
        entries = declaration["api_tokens_declared"]
        (number,) = [number for number, entry in enumerate(entries) if old.items() <= entry.items()]
        entries[number] = new
        self.fleet.write_text(yaml.safe_dump(declaration), encoding="utf-8")


@pytest.fixture
def desk(playbooks: Playbooks, simulator: Simulator, collections: Path, tmp_path: Path) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(playbooks, simulator, collections, folder)


def test_the_guide(desk: Desk, simulator: Simulator) -> None:
    def names() -> list[str]:
        return sorted(token["name"] for token in simulator.tokens())

    before = names()
    assert len(before) == 40
    assert desk.commands() == ["export MONDOO_API_TOKEN"]
    (contract,) = desk.commands()
    assert " 0 broken" in desk.run(contract)

    (adopt,) = desk.commands()
    desk.run(adopt)
    (excerpt,) = desk.example()["api_tokens_declared"]
    adopted = yaml.safe_load(desk.fleet.read_text(encoding="utf-8"))["api_tokens_declared"]
    assert excerpt in adopted
    assert len(adopted) == 39

    (drift,) = desk.commands()
    assert "39 API tokens declared: 39 unchanged" in desk.run(drift)
    (status,) = desk.commands()
    desk.run(status)
    assert json.loads((desk.folder / "status.json").read_text(encoding="utf-8"))["status"] == "unchanged"

    (desk.folder / "policy.yml").write_text(yaml.safe_dump(desk.example()), encoding="utf-8")
    (audit,) = desk.commands()
    desk.run(audit)
    assert (desk.folder / "api-token-audit" / "api-tokens.html").is_file()
    assert (names(), desk.mutations()) == (before, [])

    (entry,) = desk.example()["api_tokens_declared"]
    desk.replace_entry({"name": "ci"}, entry)
    folder, check, rotate = desk.commands()
    desk.run(folder)
    assert "would be replaced" in desk.run(check)
    assert desk.mutations() == []
    desk.run(rotate)
    assert desk.mutations() == ["generateAPIToken", "updateAPIToken", "updateAPIToken"]
    secret = (desk.folder / "tokens" / "ci").read_text(encoding="utf-8")
    assert secret in [entry["secret"] for entry in simulator.secrets() if entry["live"]]
    assert len(names()) == 41

    (entry,) = desk.example()["api_tokens_declared"]
    assert entry["mrn"] == _EXAMPLE_MRN
    mrn = next(token["mrn"] for token in simulator.tokens() if token["name"] == "deploy")
    desk.replace_entry({"mrn": mrn}, {**entry, "mrn": mrn})
    check, onboard = desk.commands()
    assert "1 would be changed" in desk.run(check)
    assert desk.mutations() == []
    desk.run(onboard)
    assert desk.mutations() == ["updateAPIToken"]
    desk.replace_entry({"mrn": mrn}, {key: value for key, value in entry.items() if key != "mrn"})
    assert "changed=0" in desk.run(onboard)

    simulator.seed({"tokens": [_token("spaces/payments-1234", "made by hand", ["editor"])]})
    check, prune = desk.commands()
    assert "2 would be pruned" in desk.run(check)
    assert desk.mutations() == []
    assert "2 pruned" in desk.run(prune)
    assert desk.mutations() == ["deleteAPIToken"] * 2
    # Neither what is declared, nor the predecessor that still has its overlap.
    left = {name.partition(" (retired")[0] for name in names()}
    assert len(names()) == 40
    assert left == {*(name.partition(" (retired")[0] for name in before), "deploy of the shop"}
    assert desk.is_done()
