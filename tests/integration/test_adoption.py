# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook adopt: what it writes declares what exists, so that nothing changes under it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.process import Simulator

from conftest import Playbooks

PREFIX = "//captain.api.mondoo.app/"
PENDING = "t0 (pending 2026-01-01T00:00:00Z)"
RETIRED = "t1 (retired 2026-01-01T00:00:00Z)"


def _token(scope: str, name: str, **changes: Any) -> dict[str, Any]:
    return {"scope": PREFIX + scope, "name": name, "permissions": ["viewer"], **changes}


class Organization:
    """An organization with forty tokens, and the playbooks for it. `folder` is where they run."""

    def __init__(self, playbooks: Playbooks, simulator: Simulator, folder: Path) -> None:
        self._playbooks = playbooks
        self.simulator = simulator
        self.folder = folder
        self.file = folder / "fleet.yml"
        self.trap = folder / "trap"
        expression = f"{{{{ lookup('pipe', 'touch {self.trap}') }}}}"
        simulator.seed(
            {
                "tokens": [
                    _token(
                        "spaces/alpha", "t{}", count=20, description="Pipelines: all", created_at="2024-05-06T07:08:09Z"
                    ),
                    _token("spaces/beta", "t{}", count=10, permissions=["agent", "editor"]),
                    _token("organizations/acme", "billing", last_used_at="2026-11-01T00:00:00Z"),
                    *(_token("spaces/alpha", name) for name in ("dup", "dup", " odd", "1.10", "yes", PENDING, RETIRED)),
                    _token("spaces/gamma", expression, description=expression),
                ]
            }
        )
        simulator.clear_requests()

    def run(self, playbook: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs a playbook in the folder; variables are text, as people give them."""
        given = [f"-e{name}={value}" for name, value in variables.items()]
        # The working directory is that of whoever runs it, and not that of the playbook.
        environment = {**self.simulator.login, "PWD": str(self.folder)}
        return self._playbooks.command(
            "ansible-playbook",
            playbook,
            *given,
            *arguments,
            environment=environment,
            folder=self.folder,
        )

    def adopt(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        variables = {"organizations": "acme", **variables}
        named = {f"api_tokens_adopt_{name}": value for name, value in variables.items()}
        return self.run("mondoo.platform.adopt", *arguments, **named)


@pytest.fixture
def organization(playbooks: Playbooks, simulator: Simulator, tmp_path: Path) -> Organization:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Organization(playbooks, simulator, folder)


def test_nothing_changes_under_what_was_adopted(organization: Organization) -> None:
    checked = organization.adopt("--check")
    assert checked.returncode == 0, checked.stdout
    assert f"Would write {organization.file}." in checked.stdout
    assert not organization.file.exists()

    done = organization.adopt()
    assert done.returncode == 0, done.stdout
    assert f"Wrote {organization.file}." in done.stdout
    assert "38 API tokens of 4 scopes declared." in done.stdout
    text = organization.file.read_text(encoding="utf-8")
    assert text.count("\n  # Created ") == 38
    assert "# Created 2024-05-06 by someone@example.com, never used." in text
    for left_out in (PENDING, RETIRED):
        assert text.partition("# Left out:")[2].count(left_out) == 1
    assert organization.file.stat().st_mode & 0o777 == 0o644
    assert not any(entry["secret"] in text + done.stdout for entry in organization.simulator.secrets())

    book = organization.folder / "book.yml"
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {"mondoo.platform.api_tokens": {"tokens": "{{ api_tokens_declared }}"}, "register": "run"},
            {"ansible.builtin.debug": {"msg": "{{ run.msg }}"}},
        ],
    }
    book.write_text(yaml.safe_dump([play]), encoding="utf-8")
    for playbook in (str(book), "mondoo.platform.onboard"):
        for mode in (["--check", "--diff"], []):
            result = organization.run(playbook, "-e", f"@{organization.file}", *mode)
            assert result.returncode == 0, result.stdout
            assert "38 API tokens declared: 38 unchanged" in result.stdout
            assert "changed=0" in result.stdout
    assert organization.simulator.mutations() == []
    # No text of the service was taken for an expression.
    assert not organization.trap.exists()


def test_a_file_that_is_there_is_kept(organization: Organization) -> None:
    other = organization.folder / "mine.yml"
    other.write_text("mine: true\n", encoding="utf-8")
    for mode in ((), ("--check",)):
        refused = organization.adopt(*mode, file="mine.yml")
        assert refused.returncode != 0
        assert f"{other} already exists. Name another file in api_tokens_adopt_file" in refused.stdout
    assert organization.adopt(file="mine.yml", overwrite="no").returncode != 0
    assert other.read_text(encoding="utf-8") == "mine: true\n"
    assert organization.simulator.requests() == []
    replaced = organization.adopt(file="mine.yml", overwrite="yes")
    assert replaced.returncode == 0, replaced.stdout
    assert "api_tokens_declared" in other.read_text(encoding="utf-8")


def test_spaces_alone_and_one_that_cannot_be_read(organization: Organization) -> None:
    organization.simulator.fault(
        "field_error", match="apiTokens", mentioning="/spaces/beta", message="request permission denied"
    )
    done = organization.adopt(organizations="", spaces="alpha,gamma")
    assert done.returncode == 0, done.stdout
    assert "26 API tokens of 2 scopes declared." in done.stdout
    done = organization.adopt(file="all.yml")
    assert done.returncode == 0, done.stdout
    assert 'Could not be read: space \\"beta\\".' in done.stdout
    text = (organization.folder / "all.yml").read_text(encoding="utf-8")
    assert '# - space "beta": Could not list the API tokens of space "beta"' in text


def test_nothing_to_read_is_refused(organization: Organization) -> None:
    refused = organization.adopt(organizations="", spaces="")
    assert refused.returncode != 0
    assert "Name what to read in api_tokens_adopt_organizations or api_tokens_adopt_spaces." in refused.stdout
    assert organization.simulator.requests() == []


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"spaces": [True]}, "spaces: True is a boolean in YAML, and not the text that was written; quote it"),
        ({"spaces": 5}, "spaces: 5 is a number in YAML"),
        ({"organizations": {"acme": None}}, "organizations"),
    ],
)
def test_what_is_no_list_of_scopes_is_refused(
    variables: dict[str, Any], words: str, organization: Organization
) -> None:
    given = json.dumps({f"api_tokens_adopt_{name}": value for name, value in variables.items()})
    refused = organization.run("mondoo.platform.adopt", "-e", given)
    assert refused.returncode != 0
    assert words in " ".join(refused.stdout.split())
    assert organization.simulator.requests() == []


def test_every_variable_may_be_empty(organization: Organization) -> None:
    """As an optional answer to a survey is."""
    done = organization.adopt(spaces="", file="", overwrite="")
    assert done.returncode == 0, done.stdout
    assert organization.file.is_file()
