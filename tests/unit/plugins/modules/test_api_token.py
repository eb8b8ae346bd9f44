# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module api_token, from arguments to result, against the service in memory."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.basic import FILE_COMMON_ARGUMENTS
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import pending_name, retired_name
from ansible_collections.mondoo.platform.plugins.modules import api_token
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    HOUR,
    MEMBER,
    MINUTE,
    ORGANIZATION,
    SPACE,
    roles,
    token,
    token_mrn,
)
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

# Files have the time of this host.
NOW = datetime.now(timezone.utc)
CI = token("ci", description="Pipelines", created_at=NOW - 10 * DAY, last_used_at=NOW - HOUR)
OTHER = token("other", created_at=NOW - DAY)
RETIRED = replace(CI, mrn=token_mrn("retired"), name=retired_name("ci", NOW - 3 * DAY))
PENDING = replace(CI, mrn=token_mrn("pending"), name=pending_name("ci", NOW - HOUR), created_at=NOW - HOUR)
YOUNG_PENDING = replace(
    CI, mrn=token_mrn("young"), name=pending_name("ci", NOW - MINUTE), created_at=NOW - MINUTE, last_used_at=None
)

GENERATE, UPDATE, SET_ROLES, DELETE = "generateAPIToken", "updateAPIToken", "setRoles", "deleteAPIToken"
ROTATION = [GENERATE, DELETE, UPDATE]
ROTATION_WITH_OVERLAP = [GENERATE, UPDATE, UPDATE]

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def model() -> Model:
    return Model(Clock(NOW)).add(OTHER)


@pytest.fixture
def run(model: Model, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the module for a token of the space; every result is held against RETURN."""
    monkeypatch.setattr(api_token, "open_session", session_with(model))

    def run_it(arguments: dict[str, Any], **internal: Any) -> dict[str, Any]:
        scope = {} if {"scope_mrn", "mrn"} & arguments.keys() else {"space": SPACE.mrn}
        result = run_module(api_token.main, {**scope, **arguments}, **{"diff": True, **internal})
        if "api_token" in result or not result.get("failed"):
            check_result_is_documented(api_token, result)
        return result

    return run_it


@dataclass(frozen=True)
class Case:
    """there: tokens at the service. declared: options of the task. operations: the mutations that lead there.

    requests: of the real run. replaces: whether there is another token of the name afterwards.
    """

    there: tuple[Token, ...]
    declared: dict[str, Any]
    operations: list[str]
    requests: int
    replaces: bool = False


CASES = {
    "create": Case((), {"name": "ci", "permissions": ["Agent"], "description": "x"}, [GENERATE], 2, replaces=True),
    "nothing to do": Case((CI,), {"name": "ci", "permissions": ["VIEWER"], "description": "Pipelines"}, [], 1),
    "describe": Case((CI,), {"name": "ci", "description": ""}, [UPDATE], 2),
    "rename": Case((CI,), {"name": "build", "mrn": CI.mrn}, [UPDATE], 2),
    "change permissions": Case((CI,), {"name": "ci", "permissions": ["agent", "owner"]}, [SET_ROLES], 2),
    "add a permission": Case(
        (CI,), {"name": "ci", "permissions": ["agent"], "purge_permissions": False}, [SET_ROLES], 2
    ),
    "change everything": Case(
        (CI,),
        {"name": "build", "mrn": CI.mrn, "description": "x", "permissions": ["agent"]},
        [UPDATE, SET_ROLES],
        3,
    ),
    # The listing, the new token, the proof of its secret, the deletion, the name.
    "rotate": Case((CI,), {"name": "ci", "rotate_after": "10d"}, ROTATION, 5, replaces=True),
    "rotate without the proof": Case(
        (CI,), {"name": "ci", "rotate_after": "10d", "verify_secret": "never"}, ROTATION, 4, replaces=True
    ),
    # The two renames share a request.
    "rotate with overlap": Case(
        (CI,), {"name": "ci", "rotate_after": "1w", "overlap": "1d"}, ROTATION_WITH_OVERLAP, 4, replaces=True
    ),
    "rotate, and delete an earlier one": Case(
        (CI, RETIRED),
        {"name": "ci", "rotate_after": "1w", "overlap": "1d"},
        [*ROTATION_WITH_OVERLAP, DELETE],
        5,
        replaces=True,
    ),
    "not due": Case((CI,), {"name": "ci", "rotate_after": "11d"}, [], 1),
    "an overlap that is over": Case((CI, RETIRED), {"name": "ci", "overlap": "1d"}, [DELETE], 2),
    "an overlap that is not over": Case((CI, RETIRED), {"name": "ci", "overlap": "4d"}, [], 1),
    "a secret that nobody holds": Case((CI, PENDING), {"name": "ci"}, [DELETE], 2),
    "a secret that nobody holds, and none in use": Case(
        (PENDING,), {"name": "ci", "permissions": ["agent"]}, [DELETE, GENERATE], 3, replaces=True
    ),
    "delete": Case((CI,), {"name": "ci", "state": "absent"}, [DELETE], 2),
    "delete by mrn": Case((CI, RETIRED), {"mrn": CI.mrn, "state": "absent"}, [DELETE], 2),
    "delete in all stages": Case((CI, RETIRED, PENDING), {"name": "ci", "state": "absent"}, [DELETE] * 3, 2),
    "absent": Case((), {"name": "ci", "state": "absent"}, [], 1),
}


@pytest.mark.parametrize("name", CASES)
def test_check_do_and_repeat(name: str, run: Run, model: Model) -> None:
    case = CASES[name]
    model.add(*case.there)

    predicted = run(case.declared, check_mode=True)
    assert model.operations == ["apiTokens"]

    model.sent.clear()
    done = run(case.declared)
    assert len(model.sent) == case.requests
    assert model.mutations == case.operations
    assert done["operations"] == predicted["operations"] == case.operations
    assert done["changed"] is predicted["changed"] is bool(case.operations)
    assert done["diff"] == predicted["diff"]
    assert ("token" in done) is (GENERATE in case.operations)
    assert "token" not in predicted
    assert _foreseeable(done, case) == _foreseeable(predicted, case)
    if case.replaces:
        assert predicted["api_token"]["mrn"] is None
        (entry,) = model.named("ci")
        assert (done["api_token"]["mrn"], done["token"]) == (entry.mrn, entry.secret)

    model.sent.clear()
    for check_mode in (True, False):
        repeated = run(case.declared, check_mode=check_mode)
        assert (repeated["changed"], repeated["operations"]) == (False, [])
        assert repeated["diff"]["before"] == repeated["diff"]["after"]
        assert "token" not in repeated
    assert model.operations == ["apiTokens"] * 2
    assert model.named("other")


def _foreseeable(result: dict[str, Any], case: Case) -> dict[str, Any] | None:
    """The token of a result, without what the service makes up."""
    token = result["api_token"]
    made_up = ("id", "mrn", "created_at", "created_by") if case.replaces else ()
    return token and {key: value for key, value in token.items() if key not in made_up}


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
        "created_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "last_used_at": None,
        "created_by": "someone@example.com",
    }
    (entry,) = model.named("ci")
    assert entry.roles == roles("agent", "viewer") | MEMBER


def test_a_diff_of_a_deletion(run: Run, model: Model) -> None:
    model.add(CI)
    result = run({"name": "ci", "state": "absent"})
    assert result["api_token"] is None
    assert result["diff"] == {
        "before": {"name": "ci", "description": "Pipelines", "permissions": ["viewer"]},
        "after": {},
    }
    assert "diff" not in run({"name": "ci", "permissions": ["agent"]}, diff=False)


def test_a_diff_says_why_a_token_is_replaced(run: Run, model: Model) -> None:
    model.add(CI)
    diff = run({"name": "ci", "rotate_after": "7d"}, check_mode=True)["diff"]
    assert diff["before"]["secret"] == "in use"
    assert diff["after"]["secret"] == "replaced: 10 days old, rotate_after 7d"


def test_what_a_listing_returns_can_be_declared_as_it_is(run: Run, model: Model) -> None:
    """The scope by its MRN, or by that of the token."""
    model.add(CI)
    assert not run({"scope_mrn": SPACE.mrn, "name": "ci"})["changed"]
    assert not run({"mrn": CI.mrn, "name": "ci", "permissions": ["viewer"]})["changed"]


def test_warnings_are_shown(run: Run, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    warned = warnings_of_modules(monkeypatch)
    model.add(CI, YOUNG_PENDING)
    run({"name": "ci"})
    (warning,) = warned
    assert "perhaps by a run elsewhere that is still at work" in warning


def test_what_the_service_lacks_is_warned_of(run: Run, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    warned = warnings_of_modules(monkeypatch)
    model.lacking = frozenset({"creator"})
    model.add(CI)
    result = run({"name": "ci", "description": "x"})
    assert model.operations == ["apiTokens", "apiTokens", UPDATE]
    assert result["operations"] == [UPDATE]
    assert result["api_token"]["created_by"] is None
    assert warned == ["The API has no APIToken.creator: apiTokens works without it."]


# Pending tokens: what an earlier run has left, or another one is at work on


def test_a_pending_token_of_a_run_elsewhere_is_left_alone(run: Run, model: Model) -> None:
    model.add(CI, YOUNG_PENDING)
    result = run({"name": "ci", "rotate_after": "0", "description": "x"})
    assert (result["changed"], model.mutations) == (False, [])
    assert run({"name": "ci", "rotate_after": "0", "pending_grace": "0"})["operations"] == [DELETE, *ROTATION]


def test_where_none_is_in_use_a_pending_token_of_a_run_elsewhere_is_a_failure(run: Run, model: Model) -> None:
    model.add(YOUNG_PENDING)
    result = run({"name": "ci", "permissions": ["agent"]})
    assert result["error"]["code"] == "PendingElsewhere"
    assert model.mutations == []


# Files


def test_a_secret_goes_to_its_file(run: Run, model: Model, tmp_path: Path) -> None:
    path = tmp_path / "token"
    arguments = {"name": "ci", "permissions": ["agent"], "token_path": str(path)}
    assert run(arguments, check_mode=True)["changed"]
    assert not path.exists()
    result = run(arguments)
    assert "token" not in result
    assert result["token_path"] == str(path)
    assert "new-secret" not in str(result)
    assert path.read_text(encoding="utf-8") == model.named("ci")[0].secret
    assert not run(arguments)["changed"]


def test_a_mode_that_is_declared_is_set_without_a_request(run: Run, model: Model, tmp_path: Path) -> None:
    model.add(CI)
    path = tmp_path / "token"
    path.write_text("a secret", encoding="utf-8")
    path.chmod(0o644)
    arguments = {"name": "ci", "token_path": str(path)}
    assert not run(arguments)["changed"]
    for check_mode in (True, False):
        result = run({**arguments, "mode": "0600"}, check_mode=check_mode)
        assert (result["changed"], result["operations"]) == (True, [])
    assert path.stat().st_mode & 0o777 == 0o600
    assert not run({**arguments, "mode": "0600"})["changed"]


def test_a_file_is_left_alone_where_the_token_is_to_be_absent(run: Run, model: Model, tmp_path: Path) -> None:
    model.add(CI)
    path = tmp_path / "token"
    path.write_text("a secret", encoding="utf-8")
    path.chmod(0o644)
    run({"name": "ci", "token_path": str(path), "mode": "0600", "state": "absent"})
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


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("exists", [True, False])
def test_an_owner_that_is_none_fails_in_check_mode_too(
    check_mode: bool, exists: bool, run: Run, model: Model, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    if exists:
        model.add(CI)
        path.write_text("a secret", encoding="utf-8")
    arguments = {"name": "ci", "permissions": ["viewer"], "token_path": str(path), "owner": "nosuchuser"}
    result = run(arguments, check_mode=check_mode)
    assert result["error"]["code"] == "FileFailed"
    assert "nosuchuser" in result["msg"]
    assert model.mutations == []


def _jwt_of(mrn: str | None) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"sub": mrn}).encode()).decode().rstrip("=")
    return f"e30.{claims}.c2lnbmF0dXJl"


@dataclass(frozen=True)
class Stored:
    """What is in the file, when it was written, and what a warning says of it; None if it is fine."""

    content: str | None
    written: datetime = NOW
    loss: str | None = None


STORED = {
    "no file": Stored(None, loss="does not exist"),
    "a line break": Stored("\n", loss="holds no secret"),
    "a JWT of another token": Stored(_jwt_of(OTHER.mrn), loss="holds the secret of another token"),
    "a JWT of the token, however old": Stored(_jwt_of(CI.mrn), NOW - 1000 * DAY),
    "no JWT, older than the token": Stored(
        "opaque", NOW - 11 * DAY, loss="was last written before the token was created"
    ),
    "no JWT, older by the tolerance": Stored("opaque", NOW - 10 * DAY - 4 * MINUTE),
    "no JWT, newer than the token": Stored("opaque", NOW - 9 * DAY),
}


@pytest.mark.parametrize("name", STORED)
def test_a_stored_secret_is_proved_at_no_cost(
    name: str, run: Run, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what a JWT says of itself, else by the time of the file."""
    stored, path = STORED[name], tmp_path / "token"
    model.add(CI)
    warned = warnings_of_modules(monkeypatch)

    def write() -> dict[str, Any]:
        path.unlink(missing_ok=True)
        if stored.content is not None:
            path.write_text(stored.content, encoding="utf-8")
            os.utime(path, (stored.written.timestamp(),) * 2)
        return {"name": "ci", "token_path": str(path)}

    assert not run(write())["changed"]
    assert [
        warning for warning in warned if f"{path} {stored.loss}; a secret cannot be read again" in warning
    ] == warned
    assert bool(warned) is (stored.loss is not None)
    failed = run({**write(), "lost_secret": "fail"})
    assert failed.get("error", {}).get("code") == ("LostSecret" if stored.loss else None)
    assert model.operations == ["apiTokens"] * 2
    for check_mode in (True, False):
        rotated = run({**write(), "lost_secret": "rotate"}, check_mode=check_mode)
        assert rotated["operations"] == (ROTATION if stored.loss else [])
    if stored.loss:
        assert path.read_text(encoding="utf-8") == model.named("ci")[0].secret


def test_a_stored_secret_that_the_service_refuses_is_lost_where_it_is_always_verified(
    run: Run, model: Model, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    declared = {"name": "ci", "permissions": ["agent"], "token_path": str(path), "verify_secret": "always"}
    run(declared)
    model.sent.clear()
    assert not run(declared)["changed"]
    assert model.operations == ["apiTokens", "space"]
    path.write_text("a revoked secret", encoding="utf-8")
    assert not run({**declared, "verify_secret": "rotated"})["changed"]
    assert run({**declared, "lost_secret": "rotate"})["operations"] == ROTATION
    assert path.read_text(encoding="utf-8") == model.named("ci")[0].secret


def test_a_rotation_replaces_the_file(run: Run, model: Model, tmp_path: Path) -> None:
    path = tmp_path / "token"
    arguments = {"name": "ci", "permissions": ["agent"], "token_path": str(path), "rotate_after": "0", "overlap": "1d"}
    for number in (1, 2, 3):
        assert run(arguments)["changed"]
        assert path.read_text(encoding="utf-8") == f"new-secret-{number}"
        model.clock.sleep(60)
    assert len(model.entries) == len((OTHER, "in use", "retired", "retired"))


# Failures


def test_a_failure_shows_what_was_done_before(run: Run, model: Model) -> None:
    model.add(CI)
    model.fail({2: Fault.DENIED})
    result = run({"name": "ci", "description": "x", "permissions": ["agent"]})
    assert result["error"] == {"code": "PermissionDenied", "operation": SET_ROLES, "http_status": 200}
    assert result["operations"] == [UPDATE]
    assert result["changed"]
    assert (result["api_token"]["description"], result["api_token"]["permissions"]) == ("x", ["viewer"])


def test_a_new_secret_that_the_service_refuses_changes_nothing(
    run: Run, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "token"
    path.write_text("in use", encoding="utf-8")
    model.add(CI)
    monkeypatch.setattr(api_token, "open_session", session_with(model, accepts_tokens=False))
    result = run({"name": "ci", "rotate_after": "1d", "token_path": str(path)})
    assert result["error"]["code"] == "SecretRefused"
    assert (result["changed"], path.read_text(encoding="utf-8")) == (False, "in use")
    assert [entry.name for entry in model.entries.values()] == ["other", "ci"]


def test_a_secret_is_returned_beside_a_failure(run: Run, model: Model) -> None:
    """The old token is gone, or may be: the new secret is all there is."""
    model.add(CI)
    # The listing, the new token, its proof, the deletion; then the name.
    model.fail(dict.fromkeys(range(4, 40), Fault.DENIED))
    result = run({"name": "ci", "rotate_after": "1d"})
    assert result["failed"]
    assert result["error"]["operation"] == UPDATE
    assert result["token"] == "new-secret-1"
    assert "is valid, and its secret is in this result" in result["msg"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ({"name": "ci"}, "InvalidOption", "permissions is required"),
        ({"mrn": token_mrn("gone")}, "NotFound", "has no API token with this MRN"),
        ({"name": "other", "mrn": RETIRED.mrn}, "NameTaken", "already has the name"),
        ({"name": "twice", "state": "absent"}, "AmbiguousName", "2 API tokens"),
        ({"name": " "}, "InvalidOption", "name must not be empty"),
        ({"name": "ci", "rotate_after": "soon"}, "InvalidOption", "rotate_after"),
        ({"name": "ci", "permissions": ["agent"], "generate": False}, "GenerationNotAllowed", "generate is false"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_refusals_change_nothing(
    arguments: dict[str, Any], code: str, words: str, check_mode: bool, run: Run, model: Model
) -> None:
    model.add(RETIRED, token("twice", key="t1"), token("twice", key="t2"))
    result = run(arguments, check_mode=check_mode)
    assert result["error"]["code"] == code
    assert words in result["msg"]
    assert set(model.operations) <= {"apiTokens"}


def test_the_own_token_is_spared(run: Run, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_token, "open_session", session_with(model, own=_jwt_of(CI.mrn)))
    model.add(CI)
    refused: list[dict[str, Any]] = [{"state": "absent"}, {"permissions": []}, {"rotate_after": "0"}]
    for arguments in refused:
        assert run({"name": "ci", **arguments})["error"]["code"] == "OwnCredential"
    assert set(model.operations) == {"apiTokens"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "one of the following is required: name, mrn"),
        ({"name": "ci", "organization": "o"}, "mutually exclusive: space|organization|scope_mrn"),
        ({"name": "ci", "scope_mrn": ORGANIZATION.mrn}, "mutually exclusive: space|organization|scope_mrn"),
        ({"name": "ci", "auth_token": "bearer-1", "service_account": "b-2"}, "mutually exclusive: auth_token"),
        ({"name": "ci", "space": None}, "one of space, organization and scope_mrn is required"),
        ({"name": None}, "one of name and mrn is required"),
        ({"name": "ci", "state": "list"}, "value of state must be one of"),
        ({"name": "ci", "verify_secret": "perhaps"}, "value of verify_secret must be one of"),
    ],
)
def test_arguments_that_exclude_or_need_each_other(arguments: dict[str, Any], words: str) -> None:
    result = run_module(api_token.main, {"space": "s", **arguments})
    assert words in result["msg"]


def test_a_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    hide_library(monkeypatch, "gql")
    result = run_module(api_token.main, {"space": "s", "name": "ci", "auth_token": "x"})
    assert result["msg"].startswith("Failed to import the required Python library (gql[requests])")
    assert "Traceback" not in str(result)


# Documentation


def test_the_arguments_are_the_documented_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    specification = specification_of(api_token, monkeypatch)
    assert specification["add_file_common_args"]
    assert specification["supports_check_mode"]
    documented = documented_options(api_token)
    assert set(documented) == set(specification["argument_spec"])
    assert not set(documented) & set(FILE_COMMON_ARGUMENTS)
    for name, specified in specification["argument_spec"].items():
        for key in ("type", "default", "choices", "elements", "required"):
            assert documented[name].get(key) == specified.get(key), (name, key)


def test_the_examples_of_the_documentation_can_be_run(run: Run) -> None:
    tasks = [task for task in yaml.safe_load(api_token.EXAMPLES) if "mondoo.platform.api_token" in task]
    assert len(tasks) >= 5
    for task in tasks:
        result = run_module(api_token.main, task["mondoo.platform.api_token"], check_mode=True)
        # Their folders and tokens are not there, but their options are.
        assert not result.get("failed") or result["error"]["code"] in ("NotFound", "FileFailed", "InvalidOption")
