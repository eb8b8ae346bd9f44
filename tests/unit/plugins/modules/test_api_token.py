# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module api_token, from arguments to result, against the model of the service."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.basic import FILE_COMMON_ARGUMENTS
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token, retired_name
from ansible_collections.mondoo.platform.plugins.modules import api_token
from ansible_collections.mondoo.platform.tests.unit.support.builders import DAY, HOUR, SPACE, roles, token, token_mrn
from ansible_collections.mondoo.platform.tests.unit.support.imports import hide_library
from ansible_collections.mondoo.platform.tests.unit.support.model import Clock, Fault, Model
from ansible_collections.mondoo.platform.tests.unit.support.modules import (
    check_result_is_documented,
    documented_options,
    run_module,
    session_with,
    specification_of,
    warnings_of_modules,
)

# The module reads the clock of this host.
NOW = datetime.now(timezone.utc)
CI = token("ci", description="Pipelines", created_at=NOW - 10 * DAY, last_used_at=NOW - HOUR)
OTHER = token("other", created_at=NOW - DAY)
LEFT = replace(CI, mrn=token_mrn("left"), name=retired_name("ci", NOW - 3 * DAY))

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def model() -> Model:
    return Model(Clock(NOW)).add(OTHER)


@pytest.fixture
def run(model: Model, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the module for a token of the space; every result is held against RETURN."""
    monkeypatch.setattr(api_token, "open_session", session_with(model))

    def run_it(arguments: dict[str, Any], **internal: Any) -> dict[str, Any]:
        result = run_module(api_token.main, {"space": SPACE.mrn, **arguments}, **{"diff": True, **internal})
        if "api_token" in result or not result.get("failed"):
            check_result_is_documented(api_token, result)
        return result

    return run_it


CASES: dict[str, tuple[tuple[Token, ...], dict[str, Any], list[str]]] = {
    "create": ((), {"name": "ci", "permissions": ["Agent"], "description": "x"}, ["generateAPIToken"]),
    "nothing": ((CI,), {"name": "ci", "permissions": ["VIEWER"], "description": "Pipelines"}, []),
    "describe": ((CI,), {"name": "ci", "description": ""}, ["updateAPIToken"]),
    "rename": ((CI,), {"name": "build", "mrn": CI.mrn}, ["updateAPIToken"]),
    "permissions": ((CI,), {"name": "ci", "permissions": ["agent", "owner"]}, ["setRoles"]),
    "add a permission": ((CI,), {"name": "ci", "permissions": ["agent"], "purge_permissions": False}, ["setRoles"]),
    "everything": (
        (CI,),
        {"name": "build", "mrn": CI.mrn, "description": "x", "permissions": ["agent"]},
        ["updateAPIToken", "setRoles"],
    ),
    "rotate": (
        (CI,),
        {"name": "ci", "rotate_after": "10d"},
        ["updateAPIToken", "generateAPIToken", "deleteAPIToken"],
    ),
    "rotate with overlap": (
        (CI, LEFT),
        {"name": "ci", "rotate_after": "1w", "overlap": "1d"},
        ["updateAPIToken", "generateAPIToken", "deleteAPIToken"],
    ),
    "not due": ((CI,), {"name": "ci", "rotate_after": "11d"}, []),
    "leftover": ((CI, LEFT), {"name": "ci", "overlap": "1d"}, ["deleteAPIToken"]),
    "delete": ((CI,), {"name": "ci", "state": "absent"}, ["deleteAPIToken"]),
    "delete by mrn": ((CI,), {"mrn": CI.mrn, "state": "absent"}, ["deleteAPIToken"]),
    "delete all": ((CI, LEFT), {"name": "ci", "state": "absent"}, ["deleteAPIToken", "deleteAPIToken"]),
    "absent": ((), {"name": "ci", "state": "absent"}, []),
}
_NEW_MRNS = ("create", "rotate", "rotate with overlap")


@pytest.mark.parametrize("case", CASES)
def test_check_do_and_repeat(case: str, run: Run, model: Model) -> None:
    tokens, arguments, operations = CASES[case]
    model.add(*tokens)

    predicted = run(arguments, check_mode=True)
    assert model.operations == ["apiTokens"]

    done = run(arguments)
    assert model.operations[2:] == operations
    assert done["operations"] == predicted["operations"] == operations
    assert done["changed"] is predicted["changed"] is bool(operations)
    assert done["diff"] == predicted["diff"]
    generated = "generateAPIToken" in operations
    assert ("token" in done) is generated
    assert "token" not in predicted
    if case in _NEW_MRNS:
        assert predicted["api_token"].pop("mrn") is predicted["api_token"].pop("id") is None
        assert done["api_token"].pop("id") == "made-1"
        assert done["api_token"].pop("mrn") == model.named("ci")[0].mrn
    assert done["api_token"] == predicted["api_token"]

    again = {**arguments}
    model.sent.clear()
    for check_mode in (True, False):
        repeated = run(again, check_mode=check_mode)
        assert (repeated["changed"], repeated["operations"]) == (False, [])
        assert repeated["diff"]["before"] == repeated["diff"]["after"] == done["diff"]["after"]
        assert "token" not in repeated
    assert model.operations == ["apiTokens"] * 2
    assert model.named("other")


def test_a_created_token(run: Run, model: Model) -> None:
    result = run({"name": "ci", "permissions": ["viewer", "AGENT"], "description": "Pipelines"})
    assert result["token"] == "new-secret-1"
    assert result["api_token"] == {
        "id": "made-1",
        "mrn": token_mrn("made-1"),
        "name": "ci",
        "description": "Pipelines",
        "permissions": ["agent", "viewer"],
        "roles": sorted(roles("agent", "viewer")),
        "scope_mrn": SPACE.mrn,
        "created_at": None,
        "last_used_at": None,
        "created_by": None,
    }
    (entry,) = model.named("ci")
    assert entry.roles >= roles("agent", "viewer")


def test_an_absent_token(run: Run, model: Model) -> None:
    model.add(CI)
    result = run({"name": "ci", "state": "absent"})
    assert result["api_token"] is None
    assert result["diff"] == {
        "before": {"name": "ci", "description": "Pipelines", "permissions": ["viewer"]},
        "after": {},
    }


def test_a_diff_only_where_it_is_asked_for(run: Run) -> None:
    assert "diff" not in run({"name": "ci", "permissions": ["agent"]}, diff=False)


def test_warnings_are_shown(run: Run, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warned = warnings_of_modules(monkeypatch)
    model.add(CI)
    path = tmp_path / "token"
    run({"name": "ci", "token_path": str(path)})
    (warning,) = warned
    assert f"{path} does not, and its secret cannot be read again" in warning


def test_what_the_service_lacks_is_warned_of(run: Run, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    warned = warnings_of_modules(monkeypatch)
    model.lacking = frozenset({"creator"})
    model.add(CI)
    result = run({"name": "ci", "description": "x"})
    assert model.operations == ["apiTokens", "apiTokens", "updateAPIToken"]
    assert result["operations"] == ["updateAPIToken"]
    assert result["api_token"]["created_by"] is None
    assert warned == ["The API has no APIToken.creator: apiTokens works without it."]


# Files


def test_a_secret_goes_to_its_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "token"
    arguments = {"name": "ci", "permissions": ["agent"], "token_path": str(path)}
    assert run(arguments, check_mode=True)["changed"]
    assert not path.exists()
    result = run(arguments)
    assert "token" not in result
    assert result["token_path"] == str(path)
    assert "new-secret" not in str(result)
    assert path.read_text(encoding="utf-8") == "new-secret-1"
    assert not run(arguments)["changed"]


def test_a_mode_is_repaired_without_a_request(run: Run, model: Model, tmp_path: Path) -> None:
    model.add(CI)
    path = tmp_path / "token"
    path.write_text("x", encoding="utf-8")
    path.chmod(0o644)
    arguments = {"name": "ci", "token_path": str(path)}
    for check_mode in (True, False):
        result = run(arguments, check_mode=check_mode)
        assert (result["changed"], result["operations"]) == (True, [])
    assert path.stat().st_mode & 0o777 == 0o600
    assert not run(arguments)["changed"]


def test_a_file_is_left_alone_where_the_token_is_to_be_absent(run: Run, model: Model, tmp_path: Path) -> None:
    model.add(CI)
    path = tmp_path / "token"
    path.write_text("x", encoding="utf-8")
    path.chmod(0o644)
    run({"name": "ci", "token_path": str(path), "state": "absent"})
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(parents=True)], ids=["folder", "path"])
def test_a_path_that_cannot_be_written_to(check_mode: bool, make: Any, run: Run, model: Model, tmp_path: Path) -> None:
    path = tmp_path / "missing" / "token"
    make(path)
    result = run({"name": "ci", "permissions": ["agent"], "token_path": str(path)}, check_mode=check_mode)
    assert result["error"]["code"] == "FileFailed"
    assert result["msg"].startswith(f"Could not write the secret to {path}: ")
    assert set(model.operations) <= {"apiTokens"}


@pytest.mark.parametrize(
    ("lost_secret", "operations", "failed"),
    [
        ("warn", [], False),
        ("fail", [], True),
        ("rotate", ["updateAPIToken", "generateAPIToken", "deleteAPIToken"], False),
    ],
)
def test_lost_secrets(
    lost_secret: str, operations: list[str], failed: bool, run: Run, model: Model, tmp_path: Path
) -> None:
    model.add(CI)
    path = tmp_path / "token"
    arguments = {"name": "ci", "token_path": str(path), "lost_secret": lost_secret}
    for check_mode in (True, False):
        result = run(arguments, check_mode=check_mode)
        assert result.get("operations", []) == operations
        assert bool(result.get("failed")) is failed
    assert path.exists() is bool(operations)


def test_a_rotation_replaces_the_file(run: Run, model: Model, tmp_path: Path) -> None:
    path = tmp_path / "token"
    arguments = {"name": "ci", "permissions": ["agent"], "token_path": str(path), "rotate_after": "0", "overlap": "1d"}
    for number in (1, 2, 3):
        assert run(arguments)["changed"]
        assert path.read_text(encoding="utf-8") == f"new-secret-{number}"
    assert len(model.entries) == len((OTHER, "live", "retired", "retired"))


# Failures


def test_a_failure_shows_what_was_done_before(run: Run, model: Model) -> None:
    model.add(CI)
    model.fail({2: Fault.DENIED})
    result = run({"name": "ci", "description": "x", "permissions": ["agent"]})
    assert result["error"] == {"code": "PermissionDenied", "operation": "setRoles", "http_status": 200}
    assert result["operations"] == ["updateAPIToken"]
    assert result["changed"]
    assert (result["api_token"]["description"], result["api_token"]["permissions"]) == ("x", ["viewer"])


def test_a_secret_is_returned_beside_a_failure(run: Run, model: Model) -> None:
    model.add(CI)
    model.fail(dict.fromkeys((3, 4, 5), Fault.DENIED))
    result = run({"name": "ci", "rotate_after": "1d"})
    assert result["failed"]
    assert result["error"]["operation"] == "deleteAPIToken"
    assert result["token"] == "new-secret-1"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ({"name": "ci"}, "InvalidOption", "permissions is required"),
        ({"mrn": token_mrn("gone")}, "NotFound", "has no API token with this MRN"),
        ({"name": "other", "mrn": LEFT.mrn}, "NameTaken", "already has the name"),
        ({"name": "twice", "state": "absent"}, "AmbiguousName", "2 API tokens"),
        ({"name": " "}, "InvalidOption", "name must not be empty"),
        ({"name": "ci", "rotate_after": "soon"}, "InvalidOption", "rotate_after"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_refusals_change_nothing(
    arguments: dict[str, Any], code: str, words: str, check_mode: bool, run: Run, model: Model
) -> None:
    model.add(LEFT, token("twice", key="t1"), token("twice", key="t2"))
    result = run(arguments, check_mode=check_mode)
    assert result["error"]["code"] == code
    assert words in result["msg"]
    assert set(model.operations) <= {"apiTokens"}


def test_the_own_token_is_spared(run: Run, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"sub": CI.mrn}).encode()).decode().rstrip("=")
    monkeypatch.setattr(api_token, "open_session", session_with(model, own=f"e30.{claims}.x"))
    model.add(CI)
    refused: list[dict[str, Any]] = [{"state": "absent"}, {"permissions": []}, {"rotate_after": "0"}]
    for arguments in refused:
        assert run({"name": "ci", **arguments})["error"]["code"] == "OwnCredential"
    assert set(model.operations) == {"apiTokens"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "one of the following is required: name, mrn"),
        ({"name": "ci", "organization": "o"}, "mutually exclusive: space|organization"),
        ({"name": "ci", "auth_token": "bearer-1", "service_account": "b-2"}, "mutually exclusive: auth_token"),
        ({"name": "ci", "space": None}, "one of space and organization is required"),
        ({"name": None}, "one of name and mrn is required"),
        ({"name": "ci", "state": "list"}, "value of state must be one of"),
    ],
)
def test_arguments_that_exclude_or_need_each_other(arguments: dict[str, Any], words: str, run: Run) -> None:
    result = run_module(api_token.main, {"space": "s", **arguments})
    assert words in result["msg"]


def test_a_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    hide_library(monkeypatch, "gql")
    result = run_module(api_token.main, {"space": "s", "name": "ci", "auth_token": "x"})
    assert result["msg"].startswith("Failed to import the required Python library (gql[requests])")
    assert "Traceback" not in str(result)


# Documentation


def test_the_arguments_are_the_documented_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    given = specification_of(api_token, monkeypatch)
    assert given["add_file_common_args"]
    assert given["supports_check_mode"]
    documented = documented_options(api_token)
    assert set(documented) == set(given["argument_spec"])
    assert not set(documented) & set(FILE_COMMON_ARGUMENTS)
    for name, specified in given["argument_spec"].items():
        for key in ("type", "default", "choices", "elements", "required"):
            assert documented[name].get(key) == specified.get(key), (name, key)


def test_the_examples_of_the_documentation_can_be_run(run: Run, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_token, "open_session", session_with(model))
    tasks = [task for task in yaml.safe_load(api_token.EXAMPLES) if "mondoo.platform.api_token" in task]
    assert len(tasks) >= 5
    for task in tasks:
        result = run_module(api_token.main, task["mondoo.platform.api_token"], check_mode=True)
        # Their folders and tokens are not there, but their options are.
        assert not result.get("failed") or result["error"]["code"] in ("NotFound", "FileFailed", "InvalidOption")


def test_retirement_and_age_are_told_in_days_of_this_host(run: Run, model: Model) -> None:
    model.add(replace(CI, created_at=datetime.now(timezone.utc) - timedelta(seconds=30)))
    assert not run({"name": "ci", "rotate_after": "1h"})["changed"]
    assert run({"name": "ci", "rotate_after": "30s"})["changed"]
    assert len([entry for entry in model.entries.values() if "retired" in entry.name]) == 0
