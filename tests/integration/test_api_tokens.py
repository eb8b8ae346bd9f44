# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module api_tokens in playbooks: what check mode foretells is what is done; the simulator counts what arrives."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from simulator.process import Simulator
from simulator.variants import VARIANTS, run

from conftest import ModuleTasks, Playbooks
from module_runner import ModuleRunner
from tasks import ORGANIZATION_MRN, SPACE_MRN, api_tokens

OLD = "2020-01-01T00:00:00Z"
BETA_MRN = "//captain.api.mondoo.app/spaces/beta"
VIEWER: dict[str, Any] = {"permissions": ["viewer"]}


@pytest.fixture
def service(simulator: Simulator) -> Simulator:
    """Five tokens in alpha, one of them old, and two in beta."""
    simulator.seed(
        {
            "tokens": [
                {"scope": SPACE_MRN, "name": "t{}", "permissions": ["viewer"], "count": 4},
                {"scope": SPACE_MRN, "name": "aged", "permissions": ["viewer"], "created_at": OLD, "last_used_at": OLD},
                {"scope": BETA_MRN, "name": "t{}", "permissions": ["viewer"], "count": 2},
            ]
        }
    )
    simulator.clear_requests()
    return simulator


def _declared(folder: Path) -> list[dict[str, Any]]:
    """Creations, changes, a rotation, a deletion, and something that is as it should be."""
    return [
        {"name": "new", **VIEWER},
        {"name": "filed", **VIEWER, "token_path": str(folder / "filed")},
        {"name": "t0", "description": "described"},
        {"name": "t1", "permissions": ["agent", "editor"]},
        {"name": "t2", "description": "both", "permissions": ["owner"]},
        {"name": "aged", "rotate_after": "90d", "token_path": str(folder / "aged")},
        {"name": "t0", "space": "beta", "state": "absent"},
        {"name": "new", "organization": ORGANIZATION_MRN, **VIEWER},
        {"name": "automation", "organization": "acme"},
    ]


# Left over are t3 in alpha and t1 in beta.
OPERATIONS = {"deleteAPIToken": 4, "generateAPIToken": 4, "setRoles": 1, "updateAPIToken": 3}


def test_check_do_and_repeat(playbooks: Playbooks, service: Simulator) -> None:
    task = api_tokens(*_declared(playbooks.home), prune=True)
    before = _state(service)
    checked = playbooks.check(task).result
    assert _state(service) == before
    assert service.mutations() == []
    assert checked["requests"] == len(service.requests()) == 1
    assert list(playbooks.home.glob("[a-z]*")) == []

    service.clear_requests()
    done = playbooks.run(task).result
    assert not done.get("failed")
    assert checked["operations"] == done["operations"] == dict(Counter(service.mutations())) == OPERATIONS
    assert done["requests"] == len(service.requests())
    assert _foreseeable(checked) == _foreseeable(done)
    assert sorted(token["name"] for token in done["pruned"]) == ["t1", "t3"]
    _assert_told(done, service)
    secrets = {entry["mrn"]: entry["secret"] for entry in service.secrets() if entry["live"]}
    for line, path in zip(done["results"], [None, "filed", None, None, None, "aged", None, None, None], strict=True):
        if path:
            assert (playbooks.home / path).read_text(encoding="utf-8") == secrets[line["api_token"]["mrn"]]
            assert "token" not in line
        elif line["operations"] == ["generateAPIToken"]:
            assert line["token"] == secrets[line["api_token"]["mrn"]]

    service.clear_requests()
    repeated, checked_again = playbooks.run(task).result, playbooks.check(task).result
    for result in (repeated, checked_again):
        assert (result["changed"], result["operations"], result["pruned"]) == (False, {}, [])
        assert not any(line["changed"] or "token" in line for line in result["results"])
    assert (len(service.requests()), service.mutations()) == (2, [])


def _state(service: Simulator) -> list[dict[str, Any]]:
    """Without the last use, which changes with every request."""
    return [{**token, "last_used_at": None} for token in service.tokens()]


def _foreseeable(result: dict[str, Any]) -> dict[str, Any]:
    """What check mode can know: not what the service makes up, no secret, and not that it used a token itself.

    Its message says what would be done, and not what was.
    """
    unknown = dict.fromkeys(("id", "mrn", "created_at", "created_by", "last_used_at"))
    lines = [
        {**line, "token": None, "api_token": line["api_token"] and {**line["api_token"], **unknown}}
        for line in result["results"]
    ]
    kept = ("changed", "operations", "pruned", "diff")
    return {"results": lines, **{key: result[key] for key in kept}}


def _assert_told(result: dict[str, Any], service: Simulator) -> None:
    """Each entry that did not fail is at the service as its result says."""
    tokens = {token["mrn"]: token for token in service.tokens()}
    for line in result["results"]:
        if line["failed"] or line["api_token"] is None:
            continue
        found = tokens[line["api_token"]["mrn"]]
        assert (found["name"], found["description"] or "") == (line["name"], line["api_token"]["description"])
        assert set(line["api_token"]["roles"]) <= set(found["roles"])
        assert found["scope"] == line["scope_mrn"]


def test_the_task_gives_what_entries_leave_out(modules: ModuleTasks, service: Simulator) -> None:
    common = {"organization": "acme", "permissions": ["agent"], "description": "all"}
    result = modules.run(
        api_tokens({"name": "a"}, {"name": "b", "space": "beta", **VIEWER}, {"name": "c", "description": ""}, **common)
    ).result
    told = [
        (line["scope_mrn"], line["api_token"]["permissions"], line["api_token"]["description"])
        for line in result["results"]
    ]
    assert told == [
        (ORGANIZATION_MRN, ["agent"], "all"),
        (BETA_MRN, ["viewer"], "all"),
        (ORGANIZATION_MRN, ["agent"], ""),
    ]
    _assert_told(result, service)


def test_secrets_can_be_used(playbooks: Playbooks, service: Simulator) -> None:
    """As the documentation shows it: a loop over the results that have one."""
    tokens = api_tokens({"name": "a"}, {"name": "t0"}, {"name": "b"}, **VIEWER)
    copy = {
        "ansible.builtin.copy": {
            "content": "{{ item.token }}",
            "dest": f"{playbooks.home}/{{{{ item.name }}}}",
            "mode": "0600",
        },
        "loop": "{{ result_0.results | selectattr('token', 'defined') }}",
        "no_log": True,
    }
    playbooks.run(tokens, copy)
    secrets = {entry["name"]: entry["secret"] for entry in service.secrets() if entry["live"]}
    assert {path.name: path.read_text(encoding="utf-8") for path in playbooks.home.glob("[a-z]*")} == {
        name: secrets[name] for name in ("a", "b")
    }


def test_a_forbidden_scope_and_a_bad_token_stop_nobody(modules: ModuleTasks, service: Simulator) -> None:
    service.fault("field_error", match="mutation", mentioning='"bad"', code="InvalidArgument", message="a bad name")
    task = api_tokens(
        {"name": "new", **VIEWER},
        {"name": "theirs", "space": "outside", **VIEWER},
        {"name": "bad", **VIEWER},
        {"name": "t0", "description": "x"},
        {"name": "nobody", "space": "does-not-exist", "state": "absent"},
        {"name": "last", **VIEWER},
        prune=True,
        prune_keep=["t*"],
    )
    checked = modules.check(task).result
    service.clear_requests()
    result = modules.run(task).result
    assert result["failed"]
    codes = [line.get("error", {}).get("code") for line in result["results"]]
    assert codes[0::3] == [None, None]
    assert (codes[2], codes[5]) == ("InvalidArgument", None)
    assert {codes[1], codes[4]} <= {"PermissionDenied", "NotFound"}
    assert "a bad name" in result["results"][2]["msg"]
    assert [line["changed"] for line in result["results"]] == [True, False, False, True, False, True]
    secrets = {entry["secret"] for entry in service.secrets() if entry["live"]}
    assert [line["token"] in secrets for line in result["results"] if "token" in line] == [True, True]
    assert [token["name"] for token in result["pruned"]] == ["aged"]
    # One was refused.
    assert Counter(service.mutations()) == Counter(result["operations"]) + Counter(generateAPIToken=1)
    _assert_told(result, service)
    # Check mode tells of what it can see.
    assert [line["failed"] for line in checked["results"]] == [False, True, False, False, True, False]

    service.clear_faults()
    again = modules.run(task).result
    assert again["operations"] == {"generateAPIToken": 1}


@pytest.mark.parametrize("check", [False, True])
def test_guards_of_a_prune(check: bool, modules: ModuleTasks, service: Simulator) -> None:
    before = _state(service)
    book = modules.check if check else modules.run
    over, empty, negative = book(
        api_tokens({"name": "t0", "description": "x"}, prune=True, prune_limit=3),
        api_tokens(prune=True),
        api_tokens({"name": "t0"}, prune=True, prune_limit=-1),
    ).results
    assert over["error"]["code"] == "PruneLimit"
    assert "4 API tokens are not declared, and prune_limit is 3" in over["msg"]
    assert empty["error"]["code"] == negative["error"]["code"] == "InvalidOption"
    assert _state(service) == before
    assert service.mutations() == []
    # Only the limit needs to know what there is.
    assert len(service.requests()) == 1


def test_a_prune_spares_the_token_in_use_and_predecessors(modules: ModuleTasks, service: Simulator) -> None:
    rotated, pruned = modules.run(
        api_tokens({"name": "aged", "rotate_after": "90d", "overlap": "7d"}),
        api_tokens(
            {"name": "aged", "rotate_after": "90d", "overlap": "7d"},
            {"name": "dashboard", "organization": "acme", **VIEWER},
            prune=True,
        ),
    ).results
    assert rotated["operations"] == {"generateAPIToken": 1, "updateAPIToken": 2}
    assert sorted(token["name"] for token in pruned["pruned"]) == ["t0", "t1", "t2", "t3"]
    names = sorted(token["name"].partition(" ")[0] for token in service.tokens(SPACE_MRN))
    assert names == ["aged", "aged"]
    assert "automation" in {token["name"] for token in service.tokens(ORGANIZATION_MRN)}


def test_wrong_entries_are_refused_before_any_request(modules: ModuleTasks, service: Simulator) -> None:
    run = modules.run(
        api_tokens({"name": "right"}, {"name": "ci", "permisions": ["viewer"]}, {"name": "x", "state": "gone"}),
        api_tokens({"name": "ci"}, {"name": "ci", "space": SPACE_MRN}),
        api_tokens({"name": "ci"}, concurrency=65),
    )
    assert [result["error"]["code"] for result in run.results] == ["InvalidOption"] * 3
    first, second, _third = (result["msg"] for result in run.results)
    assert 'entry 2 of tokens ("ci"): unknown permisions (did you mean "permissions")' in first
    assert 'entry 3 of tokens ("x"): value of state must be one of' in first
    assert 'entry 2 of tokens ("ci") declares' in second
    assert service.requests() == []


@pytest.mark.parametrize("login", ["token", "service account"])
def test_secrets_are_generated_side_by_side(login: str, modules: ModuleTasks, service: Simulator) -> None:
    service.settings(latency=30)
    defaults: dict[str, Any] = {"endpoint": service.url, "auth_token": service.admin_token}
    if login == "service account":
        defaults = {"endpoint": service.url, "service_account": service.credentials["service_account"]}
    entries = [{"name": f"made-{number}", **VIEWER} for number in range(40)]
    result = modules.run(api_tokens(*entries), defaults=defaults).result
    creations = [entry for entry in service.requests() if entry["fields"] == ["generateAPIToken"]]
    assert len(creations) == 40
    assert 4 <= max(entry["in_flight"] for entry in creations) <= 8
    assert len({entry["connection"] for entry in service.requests()}) <= 8
    assert len({line["token"] for line in result["results"]}) == 40

    service.clear_requests()
    modules.run(api_tokens(*({**entry, "state": "absent"} for entry in entries), concurrency=1), defaults=defaults)
    assert service.mutations() == ["deleteAPIToken"] * 40
    assert len(service.requests()) == 3
    assert {entry["in_flight"] for entry in service.requests()} == {1}


@pytest.mark.parametrize(
    "name",
    [
        *("contract", "payloads never null", "payload type without mrn"),
        *("tokens without optional fields", "refusals in answers"),
    ],
)
def test_variants_of_the_service(name: str, collections: Path, tmp_path: Path) -> None:
    """Several workers learn at the same time what the service lacks; one refusal keeps no other from being done."""
    with run(VARIANTS[name], tmp_path / "simulator") as simulator:
        simulator.settings(latency=20)
        spaces = [f"space-{number}" for number in range(60)]
        simulator.seed({"organizations": {"acme": spaces}})
        runner = ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})
        tokens = [{"name": "ci", "space": space, **VIEWER} for space in spaces]
        created = runner.run("api_tokens", tokens=tokens)
        assert not created.get("failed"), created["msg"]
        assert len(simulator.tokens()) == 61
        holders = {entry["secret"]: entry["mrn"] for entry in simulator.secrets()}
        assert all(holders[line["token"]] == line["api_token"]["mrn"] for line in created["results"])
        assert len(created["warnings"]) == len(set(created["warnings"]))

        refused = created["results"][30]["api_token"]["mrn"]
        simulator.fault("field_error", match="mutation", mentioning=refused, code="PermissionDenied", message="no")
        changed = runner.run("api_tokens", tokens=[{**token, "description": "x"} for token in tokens])
        assert [number for number, line in enumerate(changed["results"]) if line["failed"]] == [30]
        assert Counter(token["description"] for token in simulator.tokens() if token["name"] == "ci")["x"] == 59
        gone = runner.run("api_tokens", tokens=[{**token, "state": "absent"} for token in tokens])
        assert [number for number, line in enumerate(gone["results"]) if line["failed"]] == [30]
        assert [token["mrn"] for token in simulator.tokens() if token["name"] == "ci"] == [refused]
