# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module api_tokens, from arguments to result, against the model of the service."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import entry_arguments
from ansible_collections.mondoo.platform.plugins.module_utils._module.secret_file import SecretFile
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import (
    parse_name,
    pending_name,
    retired_name,
)
from ansible_collections.mondoo.platform.plugins.modules import api_tokens
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    HOUR,
    MINUTE,
    ORGANIZATION,
    SPACE,
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
BUILD = token("build", created_at=NOW - DAY, last_used_at=NOW - HOUR)
WIDE = token("wide", scope=ORGANIZATION, created_at=NOW - DAY)
RETIRED = replace(CI, mrn=token_mrn("retired"), name=retired_name("ci", NOW - 3 * DAY))
YOUNG_PENDING = replace(CI, mrn=token_mrn("young"), name=pending_name("ci", NOW - MINUTE), created_at=NOW - MINUTE)

GENERATE, UPDATE, SET_ROLES, DELETE = "generateAPIToken", "updateAPIToken", "setRoles", "deleteAPIToken"
ROTATION = [GENERATE, DELETE, UPDATE]
ROTATION_WITH_OVERLAP = [GENERATE, UPDATE, UPDATE]

Run = Callable[..., dict[str, Any]]
_PROMISED = {"entry", "name", "scope_mrn", "changed", "failed", "msg", "api_token", "operations"}
_POSSIBLE = _PROMISED | {"space", "space_name", "token", "token_path", "warnings", "error"}


@pytest.fixture
def model() -> Model:
    return Model(Clock(NOW)).add(CI, BUILD, WIDE, RETIRED)


@pytest.fixture
def run(model: Model, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the module, for the space unless another scope is given; every result is held against RETURN."""
    monkeypatch.setattr(api_tokens, "open_session", session_with(model))

    def run_it(*tokens: dict[str, Any], check_mode: bool = False, diff: bool = True, **task: Any) -> dict[str, Any]:
        scope = {} if {"space", "organization"} & task.keys() else {"space": SPACE.mrn}
        arguments = {**scope, "tokens": list(tokens), **task}
        result = run_module(api_tokens.main, arguments, check_mode=check_mode, diff=diff)
        if "results" in result or not result.get("failed"):
            check_result_is_documented(api_tokens, result)
            assert len(result["results"]) == len(tokens)
            for line in result["results"]:
                assert _POSSIBLE >= set(line) >= _PROMISED
                assert bool(line["msg"]) is line["failed"] is ("error" in line)
        else:
            assert set(result) <= {"failed", "msg", "error", "invocation", "warnings"}
        return result

    return run_it


NEW = {"name": "new", "permissions": ["viewer"]}
_WIDE = {"name": "wide", "organization": ORGANIZATION.mrn}


@dataclass(frozen=True)
class Case:
    """tokens: the entries. task: other options. operations: of each entry. counts: of all of them together."""

    tokens: list[dict[str, Any]]
    operations: list[list[str]]
    counts: dict[str, int]
    task: dict[str, Any] = field(default_factory=dict)
    pruned: tuple[str, ...] = ()


CASES = {
    "nothing to do": Case([{"name": "ci"}, {"name": "gone", "state": "absent"}, _WIDE], [[], [], []], {}),
    "create": Case(
        [NEW, {**NEW, "organization": "org-1"}, {**NEW, "name": "newer", "description": "x"}],
        [[GENERATE]] * 3,
        {GENERATE: 3},
    ),
    "describe": Case(
        [{"name": "ci"}, {"name": "build", "description": "mine"}, _WIDE],
        [[UPDATE]] * 3,
        {UPDATE: 3},
        {"description": "all"},
    ),
    "rename": Case([{"name": "x", "mrn": CI.mrn}], [[UPDATE]], {UPDATE: 1}),
    # One request for each scope.
    "change permissions": Case(
        [{"name": "ci"}, {"name": "build", "permissions": ["owner"]}, _WIDE],
        [[SET_ROLES]] * 3,
        {SET_ROLES: 2},
        {"permissions": ["agent"]},
    ),
    "delete": Case(
        [{"name": "ci", "state": "absent"}, {"mrn": BUILD.mrn, "state": "absent"}],
        [[DELETE] * 2, [DELETE]],
        {DELETE: 3},
    ),
    "rotate": Case(
        [{"name": "ci"}, {"name": "build"}],
        [[*ROTATION, DELETE], []],
        {DELETE: 2, GENERATE: 1, UPDATE: 1},
        {"rotate_after": "5d"},
    ),
    "rotate with overlap": Case(
        [{"name": "ci"}, {"name": "build", "overlap": "2w"}],
        [[*ROTATION_WITH_OVERLAP, DELETE], ROTATION_WITH_OVERLAP],
        {DELETE: 1, GENERATE: 2, UPDATE: 4},
        {"rotate_after": "1d", "overlap": "1d"},
    ),
    "prune": Case([{"name": "ci"}], [[]], {DELETE: 2}, {"prune": True}, ("build", RETIRED.name)),
    "prune within the overlap": Case([{"name": "ci", "overlap": "5d"}], [[]], {DELETE: 1}, {"prune": True}, ("build",)),
    "prune but keep": Case([{"name": "ci"}], [[]], {}, {"prune": True, "prune_keep": ["bu*", RETIRED.name]}),
    "mixed": Case(
        [
            NEW,
            {"name": "ci", "description": "x", "permissions": ["agent", "editor"]},
            {"name": "wide", "organization": "org-1", "state": "absent"},
            {**NEW, "organization": "org-1"},
        ],
        [[GENERATE], [UPDATE, SET_ROLES], [DELETE], [GENERATE]],
        {DELETE: 3, GENERATE: 2, SET_ROLES: 1, UPDATE: 1},
        {"prune": True},
        ("build", RETIRED.name),
    ),
}


def _foreseeable(result: dict[str, Any]) -> dict[str, Any]:
    """Without what only a real run can tell: secrets, what the service makes up, requests, and that it was done."""
    made_up = dict.fromkeys(("id", "mrn", "created_at", "created_by", "last_used_at"))
    lines = []
    for line in result["results"]:
        token = line["api_token"]
        known = {**line, "api_token": token and {**token, **made_up}}
        known.pop("token", None)
        lines.append(known)
    told = result["msg"].lower().replace("would be ", "")
    return {**result, "results": lines, "msg": told, "requests": None, "invocation": None, "warnings": None}


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("name", CASES)
def test_check_do_and_repeat(name: str, concurrency: int, run: Run, model: Model) -> None:
    case = CASES[name]
    task = {**case.task, "concurrency": concurrency}
    before = {mrn: replace(entry) for mrn, entry in model.entries.items()}

    predicted = run(*case.tokens, check_mode=True, **task)
    assert model.entries == before
    assert model.mutations == []
    assert predicted["requests"] == len(model.sent) == 1

    model.sent.clear()
    done = run(*case.tokens, **task)
    assert [line["operations"] for line in done["results"]] == case.operations
    assert done["operations"] == case.counts == dict(Counter(model.mutations))
    assert sorted(token["name"] for token in done["pruned"]) == sorted(case.pruned)
    assert done["requests"] == len(model.sent)
    assert done["changed"] is bool(case.counts)
    assert _foreseeable(done) == _foreseeable(predicted)
    for line, sent in zip(done["results"], case.operations, strict=True):
        assert line["changed"] is bool(sent)
        assert ("token" in line) is (GENERATE in sent)
        if line["api_token"]:
            entry = model.entries[line["api_token"]["mrn"]]
            assert (entry.name, entry.scope_mrn) == (line["name"], line["scope_mrn"])
            assert line.get("token", entry.secret) == entry.secret

    again = [one for one in case.tokens if not (one.get("mrn") and one.get("state") == "absent")]
    model.asked.clear()
    for check_mode in (True, False):
        repeated = run(*again, check_mode=check_mode, **task)
        assert (repeated["changed"], repeated["operations"], repeated["pruned"]) == (False, {}, [])
        assert not any(line["changed"] or "token" in line for line in repeated["results"])
        assert repeated["diff"] == []
    assert model.mutations == []


def test_an_empty_set_is_done(run: Run, model: Model) -> None:
    result = run()
    assert (result["changed"], result["results"], result["requests"]) == (False, [], 0)
    assert model.sent == []


def test_results_are_in_the_order_declared(run: Run, model: Model) -> None:
    names = [f"t{number}" for number in range(30)]
    result = run(*({"name": name} for name in names), permissions=["viewer"])
    assert [line["name"] for line in result["results"]] == names
    assert [line["token"] for line in result["results"]] == [model.named(name)[0].secret for name in names]
    assert result["msg"].startswith("30 API tokens declared: 30 created.")


def test_the_diff_names_each_token(run: Run) -> None:
    result = run({"name": "ci", "description": "x"}, NEW, {"name": "build"})
    first, second = result["diff"]
    assert first["before_header"] == first["after_header"] == 'API token "ci" of space "space-1"'
    assert first["before"] == {"name": "ci", "description": "Pipelines", "permissions": ["viewer"]}
    assert first["after"] == {"name": "ci", "description": "x", "permissions": ["viewer"]}
    assert (second["before"], second["before_header"]) == ({}, 'API token "new" of space "space-1"')
    assert "diff" not in run({"name": "ci", "description": "y"}, diff=False)


def test_what_is_pruned_is_told_in_full(run: Run) -> None:
    result = run({"name": "ci"}, {"mrn": RETIRED.mrn}, prune=True)
    (gone,) = result["pruned"]
    assert (gone["mrn"], gone["name"], gone["permissions"], gone["scope_mrn"]) == (
        BUILD.mrn,
        "build",
        ["viewer"],
        SPACE.mrn,
    )
    assert "1 pruned" in result["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_prune_over_its_limit_changes_nothing(check_mode: bool, run: Run, model: Model) -> None:
    result = run(NEW, {"name": "ci", "description": "x"}, prune=True, prune_limit=1, check_mode=check_mode)
    assert result["error"]["code"] == "PruneLimit"
    assert model.mutations == []


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_prune_of_an_unread_scope_is_none(check_mode: bool, run: Run, model: Model) -> None:
    model.forbidden = {SPACE.mrn: "PermissionDenied"}
    result = run({"name": "ci"}, {**NEW, "organization": "org-1"}, prune=True, check_mode=check_mode)
    assert [line["failed"] for line in result["results"]] == [True, False]
    assert [gone["name"] for gone in result["pruned"]] == ["wide"]
    assert {entry.name for entry in model.entries.values()} >= {"ci", "build"}


def test_the_own_token_is_spared(run: Run, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"sub": BUILD.mrn}).encode()).decode().rstrip("=")
    monkeypatch.setattr(api_tokens, "open_session", session_with(model, own=f"e30.{claims}.x"))
    result = run({"name": "ci"}, prune=True)
    assert [gone["name"] for gone in result["pruned"]] == [RETIRED.name]
    result = run({"name": "build", "state": "absent"}, {"name": "ci", "description": "x"}, prune=True)
    assert [line.get("error", {}).get("code") for line in result["results"]] == ["OwnCredential", None]
    assert model.named("build")


# Files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    path = tmp_path / "secrets"
    path.mkdir()
    return path


def test_secrets_go_to_their_files(run: Run, model: Model, folder: Path) -> None:
    tokens = [
        {**NEW, "token_path": str(folder / "new"), "mode": "0640"},
        {"name": "ci", "rotate_after": "1d", "token_path": str(folder / "ci")},
        {**NEW, "name": "returned"},
    ]
    assert run(*tokens, check_mode=True)["changed"]
    assert list(folder.iterdir()) == []
    result = run(*tokens)
    assert ["token" in line for line in result["results"]] == [False, False, True]
    assert [line.get("token_path") for line in result["results"]] == [str(folder / "new"), str(folder / "ci"), None]
    for name, mode in (("new", 0o640), ("ci", 0o600)):
        path = folder / name
        assert path.read_text(encoding="utf-8") == model.named(name)[0].secret
        assert path.stat().st_mode & 0o777 == mode
    assert {path.name for path in folder.iterdir()} == {"new", "ci"}
    assert not run(*tokens)["changed"]


def test_a_mode_that_is_declared_is_set_without_a_request(run: Run, model: Model, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("a secret", encoding="utf-8")
    path.chmod(0o644)
    tokens = [{"name": "ci", "token_path": str(path), "mode": "0600"}, {"name": "build"}]
    for check_mode in (True, False):
        result = run(*tokens, check_mode=check_mode)
        assert [line["changed"] for line in result["results"]] == [True, False]
        assert (result["changed"], result["operations"]) == (True, {})
        assert "1 would be corrected in its file" in result["msg"] or "1 corrected in its file" in result["msg"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert not run(*tokens)["changed"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_paths_that_cannot_be_written_to_are_the_failure_of_their_entries(
    check_mode: bool, run: Run, model: Model, tmp_path: Path
) -> None:
    result = run(
        {**NEW, "token_path": str(tmp_path / "missing" / "token")},
        {**NEW, "name": "second", "token_path": str(tmp_path)},
        {**NEW, "name": "third"},
        {"name": "ci", "rotate_after": "1d", "token_path": str(tmp_path / "missing" / "ci")},
        check_mode=check_mode,
    )
    assert [line.get("error", {}).get("code") for line in result["results"]] == [
        "FileFailed",
        "FileFailed",
        None,
        "FileFailed",
    ]
    assert result["operations"] == {"generateAPIToken": 1}
    assert [line["operations"] for line in result["results"]] == [[], [], ["generateAPIToken"], []]
    assert result["results"][1]["token_path"] == str(tmp_path)
    assert model.mutations == ([] if check_mode else ["generateAPIToken"])


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize(
    "file",
    [{"owner": "nobody-of-this-name"}, {"group": "no-such-group"}, {"mode": "u=odd"}, {"mode": "99999999999999"}],
)
def test_files_whose_attributes_cannot_be_set(
    file: dict[str, str], concurrency: int, run: Run, model: Model, folder: Path
) -> None:
    """A failure of that one entry, before anything is generated for it; the secrets of the others are returned."""
    path = folder / "second"
    result = run(
        {**NEW, "name": "first"},
        {**NEW, "name": "second", "token_path": str(path), **file},
        *({**NEW, "name": f"t{number}"} for number in range(6)),
        concurrency=concurrency,
    )
    assert [number for number, line in enumerate(result["results"]) if line["failed"]] == [1]
    line = result["results"][1]
    assert (line["changed"], line["operations"], line["api_token"]) == (False, [], None)
    assert model.named("second") == []
    assert list(folder.iterdir()) == []
    assert {other["token"] for other in result["results"] if not other["failed"]} == {
        entry.secret for entry in model.entries.values() if entry.secret.startswith("new-")
    }


@pytest.mark.parametrize("file", [{"owner": "nobody-of-this-name"}, {"mode": "u=odd"}, {"mode": "99999999999999"}])
def test_files_whose_attributes_cannot_be_repaired(
    file: dict[str, str], run: Run, model: Model, tmp_path: Path
) -> None:
    path = tmp_path / "ci"
    path.write_text("x", encoding="utf-8")
    result = run(NEW, {"name": "ci", "description": "x", "token_path": str(path), **file}, {**NEW, "name": "third"})
    assert [line["failed"] for line in result["results"]] == [False, True, False]
    assert [line.get("token") for line in result["results"]] == [
        model.named("new")[0].secret,
        None,
        model.named("third")[0].secret,
    ]
    # What was done before is told.
    assert result["results"][1]["operations"] == ["updateAPIToken"]
    assert result["results"][1]["api_token"]["description"] == "x"


def test_a_mistake_of_the_collection_in_one_file_loses_no_secret(
    run: Run, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ci"
    path.write_text("x", encoding="utf-8")

    def repair(_file: SecretFile) -> bool:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(SecretFile, "repair", repair)
    result = run(NEW, {"name": "ci", "token_path": str(path)})
    assert result["results"][0]["token"] == model.named("new")[0].secret
    assert result["results"][1]["error"]["code"] == "Internal"
    assert "hunter2" not in str(result)


# Staged hand-over


def test_staged_secrets_replace_nothing_until_they_were_delivered(run: Run, model: Model) -> None:
    """Two are delivered, one is not; the one that nobody takes is deleted, and the token in use stays."""
    tokens = [{"name": "ci"}, {"name": "build"}, NEW]
    task: dict[str, Any] = {"rotate_after": "0", "permissions": ["viewer"]}

    staged = run(*tokens, stage=True, **task)
    assert [line["operations"] for line in staged["results"]] == [[GENERATE, DELETE], [GENERATE], [GENERATE]]
    assert model.named("ci")[0].mrn == CI.mrn
    assert model.named("build")[0].mrn == BUILD.mrn
    assert model.named("new") == []
    for line in staged["results"]:
        assert parse_name(line["api_token"]["name"]).base == line["name"]
        assert model.entries[line["api_token"]["mrn"]].secret == line["token"]

    ci, build, new = (line["api_token"]["mrn"] for line in staged["results"])
    predicted = run(*tokens, stage=True, delivered=[ci, new], check_mode=True, **task)
    finished = run(*tokens, stage=True, delivered=[ci, new], **task)
    assert predicted["operations"] == finished["operations"] == {DELETE: 2, UPDATE: 2}
    assert [line["operations"] for line in finished["results"]] == [[DELETE, UPDATE], [DELETE], [UPDATE]]
    assert [entry.mrn for name in ("ci", "build", "new") for entry in model.named(name)] == [ci, BUILD.mrn, new]
    assert build not in model.entries
    assert not any("token" in line for line in finished["results"])


def test_what_was_staged_and_not_finished_is_done_anew(run: Run, model: Model) -> None:
    """Within its grace it may belong to a play elsewhere: the token in use stays as it is, with a warning."""
    (line,) = run({"name": "ci"}, rotate_after="0", stage=True)["results"]
    model.clock.sleep(60)
    waiting = run({"name": "ci"}, rotate_after="0", stage=True)["results"][0]
    assert (waiting["changed"], waiting["failed"]) == (False, False)
    assert "perhaps by a run elsewhere" in waiting["warnings"][0]
    model.clock.sleep(600)
    again = run({"name": "ci"}, rotate_after="0", stage=True)["results"][0]
    assert again["operations"] == [DELETE, GENERATE]
    assert line["api_token"]["mrn"] not in model.entries
    assert model.named("ci")[0].mrn == CI.mrn


def test_a_staged_rotation_with_overlap_retires_the_old_token_when_it_is_delivered(run: Run, model: Model) -> None:
    task = {"rotate_after": "5d", "overlap": "30d"}
    (staged,) = run({"name": "ci"}, stage=True, **task)["results"]
    (finished,) = run({"name": "ci"}, delivered=[staged["api_token"]["mrn"]], **task)["results"]
    assert finished["operations"] == [UPDATE, UPDATE]
    assert model.named("ci")[0].secret == staged["token"]
    assert parse_name(model.entries[str(CI.mrn)].name).base == "ci"


def test_entries_with_a_file_are_not_staged(run: Run, model: Model, folder: Path) -> None:
    path = folder / "ci"
    path.write_text("in use", encoding="utf-8")
    (line,) = run({"name": "ci", "token_path": str(path)}, rotate_after="5d", stage=True)["results"]
    assert line["operations"] == [*ROTATION, DELETE]
    assert path.read_text(encoding="utf-8") == model.named("ci")[0].secret


def test_a_pending_token_of_a_run_elsewhere_is_left_alone(run: Run, model: Model) -> None:
    model.add(YOUNG_PENDING)
    result = run({"name": "ci", "rotate_after": "0"}, NEW)
    assert [line["operations"] for line in result["results"]] == [[], [GENERATE]]
    assert YOUNG_PENDING.mrn in model.entries
    again = run({"name": "ci", "rotate_after": "0", "pending_grace": "0"})
    assert again["results"][0]["operations"] == [DELETE, *ROTATION, DELETE]
    assert YOUNG_PENDING.mrn not in model.entries


# Failures


def test_failing_at_the_end_carries_all(run: Run, model: Model) -> None:
    model.refusing = {"'bad'": "PermissionDenied", str(BUILD.mrn): "InvalidArgument"}
    result = run(
        NEW,
        {**NEW, "name": "bad"},
        {"name": "build", "description": "x"},
        {"name": "ci", "rotate_after": "1d"},
        {**NEW, "name": "last", "organization": "org-1"},
    )
    assert result["failed"]
    assert [line["failed"] for line in result["results"]] == [False, True, True, False, False]
    secrets = [line.get("token") for line in result["results"]]
    assert secrets == [model.named(name)[0].secret if name else None for name in ("new", None, None, "ci", "last")]
    assert result["error"] == {"code": "PermissionDenied", "operation": "generateAPIToken", "http_status": 200}
    assert result["msg"].startswith("5 API tokens declared: 2 created, 1 replaced, 2 failed. ")
    assert 'entry 2 of tokens ("bad"): Could not generate the API token "bad"' in result["msg"]
    assert 'entry 3 of tokens ("build"): Could not update the API token "build"' in result["msg"]
    assert result["changed"]
    # Those that the service has refused are not among them.
    assert result["operations"] == dict(sorted(Counter(model.executed).items()))
    assert result["results"][2]["api_token"]["description"] == ""


def test_many_failures_are_summed_up(run: Run, model: Model) -> None:
    model.refusing = {SPACE.mrn: "PermissionDenied"}
    result = run(*({**NEW, "name": f"t{number}"} for number in range(9)))
    assert result["msg"].count("entry ") == 5
    assert "And 4 more, see results." in result["msg"]


def test_a_deletion_of_a_prune_that_fails(run: Run, model: Model) -> None:
    model.refusing = {str(BUILD.mrn): "PermissionDenied"}
    result = run({"name": "ci"}, NEW, prune=True)
    assert result["failed"]
    assert [line["failed"] for line in result["results"]] == [False, False]
    assert [gone["name"] for gone in result["pruned"]] == [RETIRED.name]
    assert 'prune: Could not delete the API token "build"' in result["msg"]
    assert result["results"][1]["token"] == "new-secret-1"


def test_a_scope_that_cannot_be_read(run: Run, model: Model) -> None:
    model.forbidden = {SPACE.mrn: "PermissionDenied"}
    result = run({"name": "ci"}, {"name": "build", "state": "absent"}, {**NEW, "organization": "org-1"})
    assert [line.get("error", {}).get("code") for line in result["results"]] == ["PermissionDenied"] * 2 + [None]
    assert result["results"][2]["token"] == "new-secret-1"
    assert result["results"][0]["name"] == "ci"


def test_nothing_can_be_read(run: Run, model: Model) -> None:
    model.faults = dict.fromkeys(range(9), Fault.LOST_BEFORE)
    result = run({"name": "ci"}, {"name": "wide", "organization": "org-1"}, retries=1)
    assert result["error"] == {"code": "ConnectionFailed", "operation": "apiTokens"}
    assert "results" not in result
    assert len(model.sent) == 2


def test_an_answer_that_was_lost_counts(run: Run, model: Model) -> None:
    """What it came from is deleted, the next try has a pending name, and gets the declared one at the end."""
    model.faults = {1: Fault.LOST_AFTER}
    result = run(NEW, {"name": "ci"})
    assert not result.get("failed")
    assert result["results"][0]["operations"] == [GENERATE, DELETE, GENERATE, UPDATE]
    assert result["operations"] == {DELETE: 1, GENERATE: 2, UPDATE: 1}
    assert result["requests"] == len(model.sent)
    (entry,) = model.named("new")
    assert result["results"][0]["token"] == entry.secret


@pytest.mark.parametrize(
    ("tokens", "task", "words"),
    [
        ([{"name": "ci", "permisions": []}], {}, 'entry 1 of tokens ("ci"): unknown permisions'),
        ([NEW, NEW], {}, 'entry 2 of tokens ("new") declares the API token "new" of space "space-1" again'),
        ([NEW], {"prune": True, "prune_limit": -1}, "prune_limit"),
        ([], {"prune": True}, "prune needs at least one entry"),
        ([NEW], {"concurrency": 0}, "concurrency: 0 is out of range"),
        ([NEW], {"concurrency": 65}, "concurrency: 65 is out of range"),
        ([NEW], {"retries": -1}, "retries"),
        ([NEW], {"permissions": ["vewer"]}, "vewer"),
        ([NEW], {"space": "s", "organization": "o"}, "mutually exclusive"),
        (["ci"], {}, "tokens"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_is_refused_before_any_request(
    tokens: list[Any], task: dict[str, Any], words: str, check_mode: bool, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    monkeypatch.setattr(Model, "post", lambda *arguments: sent.append(arguments))
    if "retries" not in task:
        monkeypatch.setattr(api_tokens, "open_session", session_with(model))
    arguments = {"auth_token": "opaque", "space": SPACE.mrn, "tokens": tokens, **task}
    result = run_module(api_tokens.main, arguments, check_mode=check_mode)
    assert result["failed"]
    assert words in result["msg"]
    assert sent == []


def test_a_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    hide_library(monkeypatch, "gql")
    result = run_module(api_tokens.main, {"space": "s", "tokens": [{"name": "ci"}], "auth_token": "x"})
    assert result["msg"].startswith("Failed to import the required Python library (gql[requests])")
    assert "Traceback" not in str(result)


# Warnings


def test_warnings_are_of_the_task_and_of_the_entry(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warned = warnings_of_modules(monkeypatch)
    result = run({"name": "ci", "token_path": str(tmp_path / "ci")}, {"name": "build"})
    (warning,) = warned
    assert "a secret cannot be read again" in warning
    assert [line.get("warnings") for line in result["results"]] == [[warning], None]


def test_many_warnings_are_summed_up(run: Run, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warned = warnings_of_modules(monkeypatch)
    model.add(*(token(f"t{number}") for number in range(30)))
    result = run(*({"name": f"t{number}", "token_path": str(tmp_path / str(number))} for number in range(30)))
    assert len(warned) == 21
    assert warned[-1] == "And 10 more warnings: see warnings in results."
    assert all(len(line["warnings"]) == 1 for line in result["results"])


def test_what_the_service_lacks_is_warned_of_once(run: Run, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    warned = warnings_of_modules(monkeypatch)
    model.lacking = frozenset({"creator"})
    run({"name": "ci", "description": "x"}, {"name": "wide", "organization": "org-1"})
    assert len(warned) == 1
    assert "APIToken.creator" in warned[0]


def test_progress_is_logged_without_names_and_secrets(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr("ansible.module_utils.basic.AnsibleModule.log", lambda _module, msg, **_more: lines.append(msg))
    run(*({**NEW, "name": f"t{number}"} for number in range(40)))
    told = [line for line in lines if line.endswith("changes made")]
    assert len(told) == 10
    assert told[-1] == "40 of 40 changes made"
    assert not any("new-secret" in line or "t39" in line for line in lines if "Invoked with" not in line)


# Documentation


def test_the_arguments_are_the_documented_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    given = specification_of(api_tokens, monkeypatch)
    assert given["supports_check_mode"]
    assert "add_file_common_args" not in given
    documented = documented_options(api_tokens)
    assert set(documented) == set(given["argument_spec"])
    _compare(documented, given["argument_spec"])


def test_the_options_of_an_entry_are_the_documented_ones() -> None:
    documented = documented_options(api_tokens)["tokens"]["suboptions"]
    assert set(documented) == set(entry_arguments())
    _compare(documented, entry_arguments())


def _compare(documented: dict[str, Any], specified: dict[str, Any]) -> None:
    for name, about in specified.items():
        for key in ("type", "default", "choices", "elements", "required", "aliases"):
            # Ansible takes a text where no type is said.
            said = about.get(key, "str" if key == "type" else None)
            assert documented[name].get(key) == said, (name, key)


def test_the_examples_of_the_documentation_can_be_run(run: Run, model: Model) -> None:
    tasks = [
        task["mondoo.platform.api_tokens"]
        for task in yaml.safe_load(api_tokens.EXAMPLES)
        if "mondoo.platform.api_tokens" in task
    ]
    assert len(tasks) >= 3
    for task in tasks:
        given = {**task, "tokens": [NEW] if isinstance(task["tokens"], str) else task["tokens"]}
        result = run_module(api_tokens.main, given, check_mode=True)
        # Their folders are not there, but their options are.
        assert all(line.get("error", {}).get("code") in (None, "FileFailed") for line in result["results"])
