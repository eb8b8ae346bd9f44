# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook offboard: it deletes what fits all criteria, names each, and never deletes more than the limit or its own token."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from simulator.process import Simulator

from conftest import Playbooks

PREFIX = "//captain.api.mondoo.app/"


def _ago(days: int) -> str:
    return (datetime.now(timezone.utc) - timedelta(days=days)).isoformat()


class Offboarding:
    """The playbook, against an organization in which somebody has made tokens."""

    def __init__(self, playbooks: Playbooks, simulator: Simulator) -> None:
        self._playbooks = playbooks
        self.simulator = simulator

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """variables: of the playbook, as text; by default the organization acme is searched."""
        given = [
            f"-eapi_tokens_offboard_{name}={value}" for name, value in {"organizations": "acme", **variables}.items()
        ]
        return self._playbooks.command(
            *("ansible-playbook", "mondoo.platform.offboard"),
            *(*given, *arguments),
            environment=self.simulator.login,
        )

    @property
    def names(self) -> list[str]:
        return sorted(token["name"] for token in self.simulator.tokens())


@pytest.fixture
def offboarding(playbooks: Playbooks, simulator: Simulator) -> Offboarding:
    def token(space: str, name: str, age: int, unused: int | None, **changes: Any) -> dict[str, Any]:
        used = None if unused is None else _ago(unused)
        return {
            "scope": f"{PREFIX}spaces/{space}",
            "name": name,
            "permissions": ["viewer"],
            "created_at": _ago(age),
            "last_used_at": used,
            **changes,
        }

    tokens = [
        token("alpha", "test-1", 400, 300),
        token("alpha", "test-2", 400, 3),
        token("beta", "test-3", 100, None),
        token("beta", "ci", 400, 1),
    ]
    simulator.seed({"tokens": tokens})
    simulator.clear_requests()
    return Offboarding(playbooks, simulator)


def test_check_and_do(offboarding: Offboarding) -> None:
    criteria = {"names": "test-*", "unused_for": "90d", "created_by": "SOMEONE@example.com"}
    before = offboarding.names
    checked = offboarding.run("--check", **criteria)
    assert checked.returncode == 0, checked.stdout
    assert (offboarding.names, offboarding.simulator.mutations()) == (before, [])
    assert "2 would be deleted" in checked.stdout
    done = offboarding.run(**criteria)
    assert done.returncode == 0, done.stdout
    assert "2 deleted" in done.stdout
    assert offboarding.names == ["automation", "ci", "test-2"]
    for shown in (checked.stdout.replace('\\"', '"'), done.stdout.replace('\\"', '"')):
        assert '"test-1" of space "alpha" (//agents.api.mondoo.app/' in shown
        assert '"test-3" of space "beta" (//agents.api.mondoo.app/' in shown
        assert "test-2" not in shown
    again = offboarding.run(**criteria)
    assert again.returncode == 0, again.stdout
    assert "0 of 3 API tokens fit." in again.stdout
    assert "changed=0" in again.stdout


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "one of created_by, unused_for, older_than, names is required"),
        ({"created_by": "", "older_than": "1d"}, "created_by is empty"),
        ({"names": "*", "limit": "3"}, "4 API tokens would be deleted, and limit is 3"),
        ({"names": "*", "organizations": ""}, "Name where to look in api_tokens_offboard_organizations"),
        ({"names": "*", "spaces": "", "limit": "", "organizations": ""}, "Name where to look"),
        ({"names": "ci,test-*", "limit": "3", "spaces": ""}, "4 API tokens would be deleted, and limit is 3"),
        ({"older_than": "90 days"}, "is not a duration"),
    ],
)
def test_refusals(variables: dict[str, str], words: str, offboarding: Offboarding) -> None:
    before = offboarding.names
    for mode in ((), ("--check",)):
        refused = offboarding.run(*mode, **variables)
        assert refused.returncode != 0
        assert words in refused.stdout
    assert (offboarding.names, offboarding.simulator.mutations()) == (before, [])


def test_never_the_token_in_use(offboarding: Offboarding) -> None:
    done = offboarding.run(names="*", limit="4")
    assert done.returncode == 0, done.stdout
    assert "It is kept, since this run logs in with it." in done.stdout
    assert offboarding.names == ["automation"]


def test_a_space_that_cannot_be_searched_fails_at_the_end(offboarding: Offboarding) -> None:
    offboarding.simulator.fault(
        "field_error", match="apiTokens", mentioning="/spaces/alpha", message="request permission denied"
    )
    done = offboarding.run(names="test-*")
    assert done.returncode != 0
    assert "These could not be searched: Could not list the API tokens of space" in done.stdout.replace('\\"', '"')
    assert offboarding.names == ["automation", "ci", "test-1", "test-2"]
