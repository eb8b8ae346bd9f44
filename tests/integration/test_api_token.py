# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module api_token: every state is done, repeated, checked and checked again; the simulator counts what arrives."""

from __future__ import annotations

import re
from typing import Any

import pytest

from simulator.process import Simulator

from conftest import ModuleTasks, Playbooks
from tasks import ORGANIZATION_MRN, SPACE_MRN, api_token

CI: dict[str, Any] = {"name": "ci", "permissions": ["viewer", "agent"], "description": "Scans"}

# What there is before, what is declared, and the mutations that lead there.
CHANGES: dict[str, tuple[list[dict[str, Any]], dict[str, Any], list[str]]] = {
    "create in a space": ([], CI, ["generateAPIToken"]),
    "create in an organization": (
        [],
        {**CI, "organization": ORGANIZATION_MRN},
        ["generateAPIToken"],
    ),
    "describe": ([CI], {"name": "ci", "description": "Something else"}, ["updateAPIToken"]),
    "clear the description": ([CI], {"name": "ci", "description": ""}, ["updateAPIToken"]),
    "exact permissions": ([CI], {"name": "ci", "permissions": ["Editor", "VIEWER"]}, ["setRoles"]),
    "no permissions": ([CI], {"name": "ci", "permissions": []}, ["setRoles"]),
    "one permission more": (
        [CI],
        {"name": "ci", "permissions": ["editor"], "purge_permissions": False},
        ["setRoles"],
    ),
    "describe and permit": (
        [CI],
        {"name": "ci", "permissions": ["owner"], "description": "New"},
        ["updateAPIToken", "setRoles"],
    ),
    "delete": ([CI], {"name": "ci", "state": "absent"}, ["deleteAPIToken"]),
}


@pytest.mark.parametrize("case", list(CHANGES))
def test_check_do_and_repeat(case: str, modules: ModuleTasks, simulator: Simulator) -> None:
    present, declared, operations = CHANGES[case]
    modules.run(*(api_token(**token) for token in present))
    before = simulator.tokens()
    simulator.clear_requests()

    checked = modules.check(api_token(**declared), api_token(**declared))
    assert [result["operations"] for result in checked.results] == [operations, operations]
    assert [result["changed"] for result in checked.results] == [True, True]
    assert simulator.mutations() == []
    assert [_state(token) for token in simulator.tokens()] == [_state(token) for token in before]

    simulator.clear_requests()
    done = modules.run(api_token(**declared)).result
    assert done["changed"]
    assert done["operations"] == operations
    assert simulator.mutations() == operations
    assert len(simulator.requests()) == 1 + len(operations)
    assert _foreseeable(done) == _foreseeable(checked.results[0])

    simulator.clear_requests()
    repeated = modules.run(api_token(**declared)).result
    checked_again = modules.check(api_token(**declared)).result
    for result in (repeated, checked_again):
        assert (result["changed"], result["operations"]) == (False, [])
        assert "token" not in result
    assert simulator.mutations() == []
    assert len(simulator.requests()) == 2


def _state(token: dict[str, Any]) -> dict[str, Any]:
    return {key: token[key] for key in ("mrn", "name", "description", "roles")}


def _foreseeable(result: dict[str, Any]) -> dict[str, Any]:
    """What check mode can know: not the MRN that the service makes up, and no secret."""
    token = result["api_token"]
    made_up = (
        {"mrn", "id", "roles", "created_at", "created_by"} if result["operations"] == ["generateAPIToken"] else set()
    )
    return {
        "changed": result["changed"],
        "diff": result["diff"],
        "operations": result["operations"],
        "api_token": token and {key: value for key, value in token.items() if key not in made_up},
    }


def test_result_has_what_the_service_has(playbooks: Playbooks, simulator: Simulator) -> None:
    created, read = playbooks.run(api_token(**CI), api_token(**CI)).results
    (token,) = simulator.tokens(SPACE_MRN)
    assert created["api_token"]["mrn"] == token["mrn"]
    assert created["token"] in {entry["secret"] for entry in simulator.secrets() if entry["mrn"] == token["mrn"]}
    assert read["api_token"] == {
        "id": token["id"],
        "mrn": token["mrn"],
        "name": "ci",
        "description": "Scans",
        "permissions": ["agent", "viewer"],
        "roles": [
            "//iam.api.mondoo.app/roles/agent",
            "//iam.api.mondoo.app/roles/space-member",
            "//iam.api.mondoo.app/roles/viewer",
        ],
        "scope_mrn": SPACE_MRN,
        "created_at": read["api_token"]["created_at"],
        "last_used_at": None,
        "created_by": read["api_token"]["created_by"],
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", read["api_token"]["created_at"])
    assert read["api_token"]["created_by"]


def test_rename_by_mrn(modules: ModuleTasks, simulator: Simulator) -> None:
    mrn = modules.run(api_token(**CI)).result["api_token"]["mrn"]
    renamed, again, deleted, gone = modules.run(
        api_token(mrn=mrn, name="pipeline"),
        api_token(mrn=mrn, name="pipeline"),
        api_token(mrn=mrn, state="absent"),
        api_token(mrn=mrn, state="absent"),
    ).results
    assert (renamed["operations"], renamed["api_token"]["name"]) == (["updateAPIToken"], "pipeline")
    assert not again["changed"]
    assert (deleted["operations"], deleted["api_token"]) == (["deleteAPIToken"], None)
    assert not gone["changed"]
    assert simulator.tokens(SPACE_MRN) == []


def test_two_tokens_with_the_name_are_an_error(modules: ModuleTasks, simulator: Simulator) -> None:
    simulator.seed({"tokens": [{"scope": SPACE_MRN, "name": "ci", "permissions": ["viewer"]}] * 2})
    simulator.clear_requests()
    mrns = [token["mrn"] for token in simulator.tokens(SPACE_MRN)]
    run = modules.run(api_token(**CI), api_token(name="ci", state="absent"))
    for result in run.results:
        assert result["failed"]
        assert result["error"] == {"code": "AmbiguousName", "operation": ""}
        assert all(mrn in result["msg"] for mrn in mrns)
    assert simulator.mutations() == []
    assert [token["mrn"] for token in simulator.tokens(SPACE_MRN)] == mrns


def test_a_token_beyond_the_second_page_is_found(modules: ModuleTasks, simulator: Simulator) -> None:
    simulator.seed(
        {"tokens": [{"scope": SPACE_MRN, "name": f"token-{n:03}", "permissions": ["viewer"]} for n in range(230)]}
    )
    simulator.clear_requests()
    result = modules.run(api_token(name="token-229", permissions=["viewer"])).result
    assert (result["changed"], result["operations"]) == (False, [])
    assert len(simulator.requests()) == 3


def test_secret_to_a_file(playbooks: Playbooks, simulator: Simulator) -> None:
    path = playbooks.home / "secret"
    declared = {**CI, "token_path": str(path)}
    checked = playbooks.check(api_token(**declared)).result
    assert checked["changed"]
    assert not path.exists()

    created = playbooks.run(api_token(**declared)).result
    assert "token" not in created
    assert created["token_path"] == str(path)
    assert path.stat().st_mode & 0o7777 == 0o600
    assert _holder_of(path.read_text(), simulator) == created["api_token"]["mrn"]

    # A mode is set only where it is declared: an existing file keeps its own.
    path.chmod(0o644)
    declared = {**declared, "mode": "0600"}
    loose = playbooks.check(api_token(**declared)).result
    assert (loose["changed"], loose["operations"], path.stat().st_mode & 0o777) == (True, [], 0o644)
    repaired, unchanged = playbooks.run(api_token(**declared), api_token(**declared)).results
    assert (repaired["changed"], repaired["operations"], path.stat().st_mode & 0o777) == (True, [], 0o600)
    assert not unchanged["changed"]


@pytest.mark.parametrize(
    ("policy", "operations"),
    [("warn", []), ("fail", None), ("rotate", ["generateAPIToken", "deleteAPIToken", "updateAPIToken"])],
)
def test_lost_secret(policy: str, operations: list[str] | None, modules: ModuleTasks, simulator: Simulator) -> None:
    path = modules.home / "secret"
    modules.run(api_token(**CI))
    simulator.clear_requests()
    declared = api_token(**CI, token_path=str(path), lost_secret=policy)
    checked, done = modules.check(declared).result, modules.run(declared).result
    for result in (checked, done):
        assert result.get("failed", False) is (operations is None)
    assert simulator.mutations() == (operations or [])
    if policy == "rotate":
        assert checked["operations"] == done["operations"] == operations
        (token,) = simulator.tokens(SPACE_MRN)
        assert _holder_of(path.read_text(), simulator) == token["mrn"]
        assert not modules.run(declared).result["changed"]
    else:
        assert str(path) in (done["msg"] if policy == "fail" else done["warnings"][0])
        assert not path.exists()


def test_rotation_makes_before_it_breaks(modules: ModuleTasks, simulator: Simulator) -> None:
    path = modules.home / "secret"
    declared = {**CI, "token_path": str(path), "rotate_after": "90d"}
    old = modules.run(api_token(**declared)).result["api_token"]["mrn"]
    assert not modules.run(api_token(**declared)).result["changed"]

    simulator.patch_token(old, created_at="2020-01-01T00:00:00Z")
    simulator.clear_requests()
    checked, rotated = modules.check(api_token(**declared)).result, modules.run(api_token(**declared)).result
    assert checked["operations"] == rotated["operations"] == simulator.mutations()
    assert rotated["operations"] == ["generateAPIToken", "deleteAPIToken", "updateAPIToken"]
    (token,) = simulator.tokens(SPACE_MRN)
    assert (token["name"], token["description"]) == ("ci", "Scans")
    assert token["mrn"] != old
    assert _holder_of(path.read_text(), simulator) == token["mrn"]
    assert not modules.run(api_token(**declared)).result["changed"]


def test_overlap_keeps_the_old_token_for_a_while(modules: ModuleTasks, simulator: Simulator) -> None:
    declared = {**CI, "rotate_after": "90d", "overlap": "7d"}
    old = modules.run(api_token(**declared)).result["api_token"]["mrn"]
    simulator.patch_token(old, created_at="2020-01-01T00:00:00Z")
    rotated = modules.run(api_token(**declared)).result
    assert rotated["operations"] == ["generateAPIToken", "updateAPIToken", "updateAPIToken"]
    names = {token["mrn"]: token["name"] for token in simulator.tokens(SPACE_MRN)}
    assert names[rotated["api_token"]["mrn"]] == "ci"
    assert re.fullmatch(r"ci \(retired \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)", names[old])
    assert not modules.run(api_token(**declared)).result["changed"]

    simulator.patch_token(old, name="ci (retired 2020-01-01T00:00:00Z)", last_used_at="2020-01-02T00:00:00Z")
    done = modules.run(api_token(**declared)).result
    assert done["operations"] == ["deleteAPIToken"]
    assert "still used at 2020-01-02T00:00:00Z" in done["warnings"][0]
    assert [token["name"] for token in simulator.tokens(SPACE_MRN)] == ["ci"]


def test_the_token_in_use_is_safe(playbooks: Playbooks, simulator: Simulator) -> None:
    (own,) = [token for token in simulator.tokens(ORGANIZATION_MRN) if token["name"] == "automation"]
    simulator.clear_requests()
    attempts = ({"state": "absent"}, {"permissions": ["viewer"]}, {"rotate_after": "0"})
    run = playbooks.run(
        *(api_token(organization="acme", name="automation", **attempt) for attempt in attempts),
    )
    assert [result["error"]["code"] for result in run.results] == ["OwnCredential"] * len(attempts)
    assert simulator.mutations() == []
    assert own["mrn"] in run.results[0]["msg"]


def _holder_of(secret: str, simulator: Simulator) -> str:
    """The MRN of the live token whose secret it is."""
    (mrn,) = [entry["mrn"] for entry in simulator.secrets() if entry["secret"] == secret and entry["live"]]
    return str(mrn)
