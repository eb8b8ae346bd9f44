# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Situations in which a token in use, a new secret, or hours of waiting were once lost."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import pending_name, retired_name
from ansible_collections.mondoo.platform.plugins.modules import api_token, api_tokens
from ansible_collections.mondoo.platform.tests.unit.support.builders import DAY, HOUR, SPACE, token
from ansible_collections.mondoo.platform.tests.unit.support.model import Clock, Fault, Model
from ansible_collections.mondoo.platform.tests.unit.support.modules import (
    run_module,
    session_with,
    warnings_of_modules,
)

# Files have the time of this host.
NOW = datetime.now(timezone.utc)
CI = token("ci", created_at=NOW - 10 * DAY, last_used_at=NOW - HOUR)
# What an earlier rotation has left, where its successor has been deleted by hand: the only token that works.
RETIRED = replace(CI, name=retired_name("ci", NOW - DAY))

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def model() -> Model:
    return Model(Clock(NOW))


@pytest.fixture
def run_set(model: Model, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs api_tokens for the space."""
    monkeypatch.setattr(api_tokens, "open_session", session_with(model))

    def run(*tokens: dict[str, Any], check_mode: bool = False, **task: Any) -> dict[str, Any]:
        scope = {} if "space" in task or any("space" in one for one in tokens) else {"space": SPACE.mrn}
        return run_module(api_tokens.main, {**scope, "tokens": list(tokens), **task}, check_mode=check_mode)

    return run


@pytest.fixture
def run_one(model: Model, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs api_token for the space."""
    monkeypatch.setattr(api_token, "open_session", session_with(model))

    def run(check_mode: bool = False, **options: Any) -> dict[str, Any]:
        return run_module(api_token.main, {"space": SPACE.mrn, **options}, check_mode=check_mode)

    return run


# Pruning


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("entry", "refusing"),
    [
        ({"token_path": "/nowhere/token"}, {}),
        ({"token_path": "/dev/null"}, {}),
        ({"permissions": []}, {}),
        ({"generate": False}, {}),
        ({}, {"'name': 'ci'": "PermissionDenied"}),
    ],
    ids=["no folder", "no file", "no permissions", "no generation", "refused by the service"],
)
def test_a_predecessor_stays_until_the_entry_of_its_successor_has_succeeded(
    entry: dict[str, Any], refusing: dict[str, str], check_mode: bool, run_set: Run, model: Model
) -> None:
    model.add(RETIRED)
    model.refusing = refusing
    result = run_set({"name": "ci", "permissions": ["agent"], **entry}, prune=True, check_mode=check_mode)
    # What only the service can refuse, check mode cannot foresee.
    assert result.get("failed", False) is not (check_mode and bool(refusing))
    assert RETIRED.mrn in model.entries
    assert result["pruned"] == [] or (check_mode and refusing)


def test_a_predecessor_goes_when_the_entry_of_its_successor_has_succeeded(run_set: Run, model: Model) -> None:
    model.add(RETIRED)
    result = run_set({"name": "ci", "permissions": ["agent"]}, prune=True)
    assert [gone["name"] for gone in result["pruned"]] == [RETIRED.name]
    assert [entry.name for entry in model.entries.values()] == ["ci"]


def test_a_staged_secret_is_no_reason_to_prune_a_predecessor(run_set: Run, model: Model) -> None:
    """Nobody has it yet."""
    model.add(RETIRED)
    result = run_set({"name": "ci", "permissions": ["agent"]}, prune=True, stage=True)
    assert result["pruned"] == []
    assert RETIRED.mrn in model.entries


def test_one_scope_in_two_spellings_is_refused(run_set: Run, model: Model) -> None:
    """Some services take both: each entry would prune the token of the other."""
    entries = [{"name": "ci", "space": "alpha"}, {"name": "dashboard", "space": "Alpha"}]
    result = run_set(*entries, permissions=["viewer"], prune=True)
    assert result["error"]["code"] == "InvalidOption"
    assert "use one spelling" in result["msg"]
    assert model.sent == []


@pytest.mark.parametrize("pattern", ["[ops] deploy", "[[]ops] deploy", "?ops? deploy"])
def test_a_name_that_looks_like_a_pattern_can_be_kept(pattern: str, run_set: Run, model: Model) -> None:
    kept = token("[ops] deploy")
    model.add(CI, kept, token("other"))
    result = run_set({"name": "ci"}, prune=True, prune_keep=[pattern])
    assert [gone["name"] for gone in result["pruned"]] == ["other"]


def test_what_keeps_nothing_is_warned_of(run_set: Run, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    warned = warnings_of_modules(monkeypatch)
    model.add(CI)
    run_set({"name": "ci"}, prune=True, prune_keep=["terraform-*"])
    assert warned == ['prune_keep: "terraform-*" matches no API token.']


# Names


@pytest.mark.parametrize("name", [1.10, True, 45045])
def test_a_name_that_yaml_took_for_something_else_is_refused(name: object, run_set: Run, model: Model) -> None:
    """Unquoted, these were 1.10, yes and 12:30:45: as "1.1", "True" and "45045" they would prune the tokens that are meant."""
    result = run_set({"name": name, "permissions": ["viewer"]}, prune=True)
    assert result["error"]["code"] == "InvalidOption"
    assert "quote it" in result["msg"]
    assert model.sent == []


STORING: dict[str, tuple[Callable[[str], str], str, str]] = {
    "lower case": (str.lower, "CI", "ci"),
    "NFC": (lambda name: unicodedata.normalize("NFC", name), "cafe\u0301", "caf\u00e9"),
    "cut": (lambda name: name[:8], "a-long-name", "a-long-n"),
}


@pytest.mark.parametrize("how", STORING)
def test_a_service_that_stores_another_name_gets_no_second_token(how: str, run_set: Run, model: Model) -> None:
    """Each run would generate another one, and with prune delete the one before."""
    model.storing, declared, stored = STORING[how]
    for _run in range(2):
        result = run_set({"name": declared, "permissions": ["viewer"]}, prune=True)
        (line,) = result["results"]
        assert line["error"]["code"] == "StoredOtherwise"
        assert f'Declare the name as the service stores it: "{stored}".' in line["msg"]
        assert (line["changed"], model.entries) == (False, {})
    assert not run_set({"name": stored, "permissions": ["viewer"]}, prune=True).get("failed")
    assert not run_set({"name": stored, "permissions": ["viewer"]}, prune=True)["changed"]


@pytest.mark.parametrize("description", ["text\n", "first\r\nsecond", "  text  "])
def test_a_service_that_trims_descriptions_is_not_asked_again(description: str, run_one: Run, model: Model) -> None:
    model.add(replace(CI, description="\n".join(line.strip() for line in description.splitlines())))
    assert not run_one(name="ci", description=description)["changed"]


@pytest.mark.parametrize("secret", ["new\ud800secret", "", None, "two\nlines", "s\u00e9cret"])
@pytest.mark.parametrize("to_file", [False, True])
def test_a_token_whose_secret_is_of_no_use_is_not_left(
    secret: object, to_file: bool, run_one: Run, model: Model, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A lone surrogate, for one, can be written to no file."""
    monkeypatch.setattr(model, "_secret", lambda _label, _mrn: secret)
    folder = tmp_path / "secrets"
    folder.mkdir()
    target = {"token_path": str(folder / "token")} if to_file else {}
    result = run_one(name="ci", permissions=["viewer"], **target)
    assert result["failed"]
    assert result["error"]["code"] == "GarbledAnswer"
    assert model.entries == {}
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("never", [datetime(1970, 1, 1, tzinfo=timezone.utc), None])
def test_a_rotation_that_was_cut_short_is_seen_where_never_used_is_a_time(
    never: datetime | None, run_one: Run, model: Model, tmp_path: Path
) -> None:
    """The pending token has never been used, and its secret is in no file."""
    model.add(CI)
    model.add(replace(CI, mrn="//x/pending", name=pending_name("ci", NOW - DAY), created_at=NOW, last_used_at=never))
    path = tmp_path / "token"
    path.write_text("in use", encoding="utf-8")
    result = run_one(name="ci", token_path=str(path))
    assert not result.get("failed"), result
    assert [entry.name for entry in model.entries.values()] == ["ci"]


# Waiting


def test_one_step_waits_no_longer_than_its_cap(run_one: Run, model: Model) -> None:
    """The service asks for 25 seconds, again and again, before it deletes the token that is replaced."""
    model.add(CI)
    model.retry_after = 25.0
    # The listing, the new token and its proof; then the deletion.
    model.fail(dict.fromkeys(range(3, 100), Fault.BUSY))
    result = run_one(name="ci", rotate_after="0")
    assert result["error"]["code"] == "ResourceExhausted"
    assert sum(model.clock.pauses) <= 120
    assert len(model.sent) < 15


# Files


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_rotation_leaves_owner_group_and_mode_of_the_file(run_one: Run, model: Model, tmp_path: Path) -> None:
    model.add(CI)
    path = tmp_path / "token"
    path.write_text("in use", encoding="utf-8")
    os.chown(path, 65534, 65534)
    path.chmod(0o640)
    assert run_one(name="ci", rotate_after="0", token_path=str(path))["changed"]
    about = path.stat()
    assert (about.st_uid, about.st_gid, about.st_mode & 0o7777) == (65534, 65534, 0o640)
    assert path.read_text(encoding="utf-8") == model.named("ci")[0].secret


@pytest.mark.parametrize("rotate_after", [None, "0"])
def test_a_short_text_in_the_file_does_not_mask_the_result(
    rotate_after: str | None, run_one: Run, model: Model, tmp_path: Path
) -> None:
    """What is in the file is masked, but what has a few letters cannot be a secret, and would cut names to pieces."""
    model.add(CI)
    path = tmp_path / "token"
    path.write_text("i", encoding="utf-8")
    result = run_one(name="ci", rotate_after=rotate_after, token_path=str(path))
    assert (result["api_token"]["name"], result["token_path"]) == ("ci", str(path))


@pytest.mark.parametrize("hours", [-2, 2])
def test_clocks_that_differ_make_no_secret_look_lost(hours: int, model: Model, run_one: Run, tmp_path: Path) -> None:
    """Where secrets are no JWTs, the time of the file tells whose it is."""
    model.clock.now += hours * HOUR
    declared = {
        "name": "ci",
        "permissions": ["viewer"],
        "token_path": str(tmp_path / "token"),
        "lost_secret": "fail",
    }
    for options in ({}, {"rotate_after": "0"}):
        assert run_one(**declared, **options)["changed"]
        result = run_one(**declared)
        assert not result.get("failed"), result["msg"]
        assert not result["changed"]
