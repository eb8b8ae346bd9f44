# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file that a secret is written to."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._module.secret_file import SecretFile
from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import FileFacts
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.modules import token_module, warnings_of_modules
from ansible_collections.mondoo.platform.tests.unit.support.users import as_ordinary_user, public_folder

_SECRET = "new-hunter2"


@contextmanager
def secret_file(path: Path, *, check_mode: bool = False, **options: Any) -> Iterator[SecretFile]:
    with token_module({"name": "ci", "token_path": str(path), **options}, check_mode=check_mode) as module:
        yield SecretFile(module, str(path))


def deliver(path: Path, secret: str = _SECRET, **options: Any) -> None:
    with secret_file(path, **options) as file:
        file.reserve()
        file.commit(secret)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder" / "token"


# Facts


def test_a_missing_or_empty_file_holds_no_secret(path: Path) -> None:
    with secret_file(path) as file:
        assert file.facts() == FileFacts(None)
        path.touch()
        assert file.facts() == FileFacts(None)


def test_the_time_of_a_file_is_in_utc(path: Path) -> None:
    path.write_text("x", encoding="utf-8")
    os.utime(path, (0, 1_795_456_800.5))
    with secret_file(path) as file:
        assert file.facts() == FileFacts(datetime(2026, 11, 23, 18, 0, 0, 500000, tzinfo=timezone.utc))


def test_a_directory_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(MondooError) as caught, secret_file(path):
        pass
    assert caught.value.code == "FileFailed"
    assert str(caught.value).startswith(
        f"Could not write the secret to {path}: it is a directory. Nothing was changed."
    )


def test_a_file_that_cannot_be_looked_at() -> None:
    with public_folder() as folder, token_module({"name": "ci"}) as module:
        closed = folder / "closed"
        closed.mkdir(mode=0)
        told = as_ordinary_user(lambda: SecretFile(module, str(closed / "token")))
        closed.chmod(0o700)
    assert told == f"MondooError: Could not look at {closed}/token: Permission denied."


# Whether it can be written to


def test_checking_writes_nothing(path: Path) -> None:
    with secret_file(path) as file:
        file.check()
    assert not list(path.parent.iterdir())


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with secret_file(tmp_path / "missing" / "token") as file:
        for call in (file.check, file.reserve):
            with pytest.raises(MondooError) as caught:
                call()
            assert f"the directory {tmp_path}/missing does not exist" in str(caught.value)


def test_a_folder_that_is_not_writable_is_refused() -> None:
    with public_folder() as folder, secret_file(folder / "token") as file:
        folder.chmod(0o555)
        for call in (file.check, file.reserve):
            assert as_ordinary_user(call).startswith(
                f"MondooError: Could not write the secret to {folder}/token: the directory {folder} is not writable."
            )
        folder.chmod(0o777)
        assert as_ordinary_user(file.check) == "None"


# Writing


def test_the_file_holds_the_secret_and_nothing_else_for_its_owner_only(path: Path) -> None:
    before = os.umask(0)
    try:
        deliver(path)
    finally:
        os.umask(before)
    assert path.read_bytes() == _SECRET.encode()
    assert mode_of(path) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["token"]


def test_the_secret_is_never_in_a_file_with_another_mode(path: Path) -> None:
    with secret_file(path, mode="0640") as file:
        file.reserve()
        (reserved,) = path.parent.iterdir()
        assert (reserved.read_bytes(), mode_of(reserved)) == (b"", 0o640)
        assert reserved.name.startswith(".mondoo-")
        file.commit(_SECRET)
    assert mode_of(path) == 0o640


@pytest.mark.parametrize("mode", ["0400", "0600", "0440", "u=r"])
def test_any_mode_can_be_asked_for_without_being_root(mode: str) -> None:
    with public_folder() as folder, token_module({"name": "ci", "mode": mode}) as module:
        path = folder / "token"

        def write() -> str:
            for secret in ("first", _SECRET):
                file = SecretFile(module, str(path))
                file.reserve()
                file.commit(secret)
            return f"{path.read_text(encoding='utf-8')} {mode_of(path):o} {len(list(folder.iterdir()))}"

        expected = {"u=r": "400"}.get(mode, mode.lstrip("0"))
        assert as_ordinary_user(write) == f"{_SECRET} {expected} 1"


def test_a_file_is_replaced_in_one_step(path: Path) -> None:
    path.write_text("before", encoding="utf-8")
    other_name = path.with_name("link")
    os.link(path, other_name)
    deliver(path)
    assert path.read_text(encoding="utf-8") == _SECRET
    assert other_name.read_text(encoding="utf-8") == "before"


def test_a_link_stays_a_link(path: Path) -> None:
    target = path.with_name("target")
    path.symlink_to(target.name)
    for _turn in range(2):
        deliver(path)
    assert path.is_symlink()
    assert target.read_text(encoding="utf-8") == _SECRET
    assert mode_of(target) == 0o600
    with secret_file(path) as file:
        assert file.facts().exists


@pytest.mark.parametrize("failing", ["replace", "fsync"])
def test_a_failure_leaves_the_file_as_it_was(failing: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text("before", encoding="utf-8")

    def full(*_args: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with secret_file(path) as file:
        file.reserve()
        monkeypatch.setattr(os, failing, full)
        with pytest.raises(MondooError) as caught:
            file.commit(_SECRET)
        monkeypatch.undo()
        file.discard()
    assert str(caught.value) == f"Could not write {path}: No space left on device."
    assert caught.value.__cause__ is None
    assert [entry.name for entry in path.parent.iterdir()] == ["token"]
    assert path.read_text(encoding="utf-8") == "before"


def test_a_file_that_cannot_be_reserved(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: Any, **_kwargs: Any) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with secret_file(path) as file:
        monkeypatch.setattr("tempfile.mkstemp", full)
        with pytest.raises(MondooError) as caught:
            file.reserve()
        file.discard()
    assert str(caught.value) == f"Could not write to the directory of {path}: Disk quota exceeded."


def test_what_was_reserved_is_discarded(path: Path) -> None:
    with secret_file(path) as file:
        file.reserve()
        file.discard()
        assert not list(path.parent.iterdir())
        file.discard()


def test_discarding_what_somebody_else_removed_is_no_failure(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warned = warnings_of_modules(monkeypatch)
    with secret_file(path) as file:
        file.reserve()
        (reserved,) = path.parent.iterdir()
        reserved.unlink()
        file.discard()
        assert warned == [f"{reserved} could not be removed: No such file or directory"]
        file.reserve()
        file.commit(_SECRET)
    assert path.read_text(encoding="utf-8") == _SECRET


def test_nothing_is_discarded_after_a_delivery(path: Path) -> None:
    with secret_file(path) as file:
        file.reserve()
        file.commit(_SECRET)
        file.discard()
    assert path.read_text(encoding="utf-8") == _SECRET


def test_writing_needs_a_reservation(path: Path) -> None:
    with secret_file(path) as file, pytest.raises(AssertionError, match="reserve comes first"):
        file.commit(_SECRET)


# Times


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (1_795_456_800.0, 1_795_456_801.0),
        (1_795_456_800.9, 1_795_456_801.0),
        (1_795_456_900.5, 1_795_456_901.0),
        (1_795_456_000.0, 1_795_456_800.25),
    ],
)
def test_each_secret_is_in_a_later_second_than_the_one_before(
    before: float, expected: float, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("before", encoding="utf-8")
    os.utime(path, (before, before))
    monkeypatch.setattr(time, "time", lambda: 1_795_456_800.25)
    deliver(path)
    assert path.stat().st_mtime == pytest.approx(expected, abs=1e-5)


# Owner and mode of a file that is there


def test_a_mode_is_repaired_once(path: Path) -> None:
    path.write_text("x", encoding="utf-8")
    path.chmod(0o644)
    with secret_file(path, check_mode=True) as file:
        assert file.repair()
    assert mode_of(path) == 0o644
    with secret_file(path) as file:
        assert file.repair()
        assert not file.repair()
    assert (mode_of(path), path.read_text(encoding="utf-8")) == (0o600, "x")


def test_the_mode_that_is_asked_for_is_no_difference(path: Path) -> None:
    path.write_text("x", encoding="utf-8")
    path.chmod(0o640)
    with secret_file(path, mode="0640") as file:
        assert not file.repair()
    with secret_file(path, mode="0644") as file:
        assert file.repair()
    assert mode_of(path) == 0o644


def test_a_missing_file_is_not_repaired(path: Path) -> None:
    with secret_file(path) as file:
        assert not file.repair()
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_the_owner_is_set_before_the_secret_is_written(path: Path) -> None:
    with secret_file(path, owner="65534", group="65534") as file:
        file.reserve()
        (reserved,) = path.parent.iterdir()
        assert (reserved.stat().st_uid, reserved.stat().st_gid, reserved.read_bytes()) == (65534, 65534, b"")
        file.commit(_SECRET)
    assert (path.stat().st_uid, path.stat().st_gid, mode_of(path)) == (65534, 65534, 0o600)
