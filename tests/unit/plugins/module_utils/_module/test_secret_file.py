# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file that a secret is written to."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._module.secret_file import SecretFile
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import StoredSecret
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.modules import token_module
from ansible_collections.mondoo.platform.tests.unit.support.users import as_ordinary_user, public_folder

_SECRET = "new-hunter2-hunter2"
_LONG_AGO = datetime(2020, 1, 1, tzinfo=timezone.utc)
_NOBODY = 65534
_SOMEBODY_ELSE = 12345

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")


@contextmanager
def secret_file(path: Path, *, check_mode: bool = False, **options: Any) -> Iterator[SecretFile]:
    with token_module({"name": "ci", "token_path": str(path), **options}, check_mode=check_mode) as module:
        yield SecretFile(module, str(path))


def hand_over(file: SecretFile, secret: str = _SECRET, not_before: datetime = _LONG_AGO) -> None:
    """As a run does it."""
    try:
        file.reserve()
        file.commit(secret, not_before)
    finally:
        file.discard()


def write(path: Path, secret: str = _SECRET, **options: Any) -> None:
    with secret_file(path, **options) as file:
        hand_over(file, secret)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder" / "token"


# What is known of the content


def test_a_missing_or_blank_file_holds_no_secret(path: Path) -> None:
    with secret_file(path) as file:
        assert file.stored() == StoredSecret(exists=False)
        path.write_text(" \n", encoding="utf-8")
        assert file.stored() == StoredSecret()


def test_what_a_secret_says_of_itself_and_when_it_was_written(path: Path) -> None:
    path.write_text("e30.eyJzdWIiOiIvL3QvMSJ9.c2ln\n", encoding="utf-8")
    os.utime(path, (0, 1_795_456_800.5))
    with secret_file(path) as file:
        written = datetime(2026, 11, 23, 18, 0, 0, 500000, tzinfo=timezone.utc)
        assert file.stored() == StoredSecret(written, token_mrn="//t/1")


def test_what_is_stored_is_masked_if_it_can_be_a_secret(path: Path) -> None:
    with token_module({"name": "ci"}) as module:
        for content in (_SECRET, "ci"):
            path.write_text(content, encoding="utf-8")
            SecretFile(module, str(path)).stored()
        assert module.no_log_values == {_SECRET}


def test_what_is_no_text_is_no_failure(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00" * 100_000)
    with secret_file(path) as file:
        assert file.stored().token_mrn is None


# What may be written to


def _make_socket(path: Path) -> None:
    server = socket.socket(socket.AF_UNIX)
    before = Path.cwd()
    os.chdir(path.parent)  # the path of a socket has hardly more than 100 characters
    try:
        server.bind(path.name)
    finally:
        os.chdir(before)
        server.close()


SPECIAL: dict[str, Callable[[Path], None]] = {
    "a directory": lambda path: path.mkdir(),
    "a named pipe": os.mkfifo,
    "a socket": _make_socket,
    "a device": lambda path: path.symlink_to("/dev/null"),
}


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_regular_file_is_refused(kind: str, check_mode: bool, path: Path) -> None:
    SPECIAL[kind](path)
    with pytest.raises(MondooError) as caught, secret_file(path, check_mode=check_mode):
        pass
    assert caught.value.code == "FileFailed"
    assert str(caught.value).startswith(f"Could not write the secret to {path}: it is {kind}. Nothing was changed.")


def test_a_link_stays_a_link(path: Path) -> None:
    """One that leads nowhere yet, and one that leads to a file."""
    target = path.with_name("target")
    path.symlink_to(target.name)
    for secret in ("first-secret", _SECRET):
        write(path, secret)
        assert path.is_symlink()
        assert target.read_text(encoding="utf-8") == secret
    assert mode_of(target) == 0o600
    assert names_in(path.parent) == ["target", "token"]


def test_links_that_lead_in_circles_are_refused(path: Path) -> None:
    path.symlink_to("other")
    path.with_name("other").symlink_to("token")
    with pytest.raises(MondooError, match="a circular link"), secret_file(path):
        pass


@needs_root
@pytest.mark.parametrize(("user", "owner", "accepted"), [("root", 0, True), ("root", _SOMEBODY_ELSE, False)])
def test_root_follows_its_own_links_only(user: str, owner: int, accepted: bool, path: Path) -> None:
    """Whoever makes a link chooses which file gets a new content and owner."""
    path.symlink_to("target")
    os.chown(path, owner, owner, follow_symlinks=False)
    if accepted:
        write(path)
    else:
        with pytest.raises(MondooError, match="is a link that another user created"), secret_file(path):
            pass
    assert path.with_name("target").exists() is accepted


@needs_root
@pytest.mark.parametrize(("owner", "accepted"), [(0, True), (_NOBODY, True), (_SOMEBODY_ELSE, False)])
def test_others_follow_their_own_links_and_those_of_root(owner: int, accepted: bool) -> None:
    with public_folder() as folder, token_module({"name": "ci"}) as module:
        path = folder / "token"
        path.symlink_to("target")
        os.chown(path, owner, owner, follow_symlinks=False)
        said = as_ordinary_user(lambda: hand_over(SecretFile(module, str(path))))
        assert (said == "None") is accepted
        assert accepted or f"{path} is a link that another user created" in said
        assert (folder / "target").exists() is accepted


@needs_root
@pytest.mark.parametrize(
    ("owner", "mode", "accepted"), [(0, 0o1777, True), (_NOBODY, 0o755, True), (_NOBODY, 0o1777, False)]
)
def test_a_link_to_a_folder_that_another_user_put_into_a_public_one(
    owner: int, mode: int, accepted: bool, path: Path
) -> None:
    target = path.with_name("target")
    public = path.with_name("public")
    for folder in (target, public):
        folder.mkdir()
    public.chmod(mode)
    link = public / "link"
    link.symlink_to(target)
    os.chown(link, owner, owner, follow_symlinks=False)
    if accepted:
        write(link / "token")
    else:
        with (
            pytest.raises(MondooError, match=f"{link} is a link that another user created"),
            secret_file(link / "token"),
        ):
            pass
    assert (target / "token").exists() is accepted


@needs_root
def test_a_link_behind_a_link_is_looked_at_too(path: Path) -> None:
    path.symlink_to("second")
    second = path.with_name("second")
    second.symlink_to("target")
    os.chown(second, _SOMEBODY_ELSE, _SOMEBODY_ELSE, follow_symlinks=False)
    with pytest.raises(MondooError, match=f"{second} is a link that another user created"), secret_file(path):
        pass


def test_a_path_is_read_as_the_kernel_reads_it(path: Path) -> None:
    """Behind a link to a folder, `..` is the parent of that folder."""
    deep = path.parent / "deep" / "deeper"
    deep.mkdir(parents=True)
    link = path.parent / "link"
    link.symlink_to("deep/deeper")
    write(link / ".." / "token")
    assert names_in(path.parent / "deep") == ["deeper", "token"]


def test_a_file_that_cannot_be_looked_at() -> None:
    with public_folder() as folder, token_module({"name": "ci"}) as module:
        closed = folder / "closed"
        closed.mkdir(mode=0)
        said = as_ordinary_user(lambda: SecretFile(module, str(closed / "token")))
        closed.chmod(0o700)
    assert said == f"MondooError: Could not look at {closed}/token: Permission denied."


# Whether it can be written to


def test_checking_writes_nothing(path: Path) -> None:
    with secret_file(path) as file:
        file.check()
    assert names_in(path.parent) == []


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with secret_file(tmp_path / "missing" / "token") as file:
        for call in (file.check, file.reserve):
            with pytest.raises(MondooError, match=f"the directory {tmp_path}/missing does not exist"):
                call()


def test_a_folder_that_is_not_writable_is_refused() -> None:
    with public_folder() as folder, secret_file(folder / "token") as file:
        folder.chmod(0o555)
        for call in (file.check, file.reserve):
            assert as_ordinary_user(call).startswith(
                f"MondooError: Could not write the secret to {folder}/token: the directory {folder} is not writable."
            )
        folder.chmod(0o777)
        assert as_ordinary_user(file.check) == "None"


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"owner": "nosuchuser"}, "nosuchuser"),
        ({"group": "nosuchgroup"}, "nosuchgroup"),
        ({"mode": "u=odd"}, "mode"),
        ({"mode": "99999999999999"}, "mode"),
    ],
)
def test_an_owner_group_or_mode_that_is_none_is_refused(
    options: dict[str, str], words: str, check_mode: bool, path: Path
) -> None:
    with secret_file(path, check_mode=check_mode, **options) as file, pytest.raises(MondooError) as caught:
        file.check()
    assert caught.value.code == "FileFailed"
    assert words in str(caught.value)
    assert names_in(path.parent) == []


# Writing


@pytest.mark.parametrize("umask", [0, 0o022, 0o777])
def test_a_new_file_is_for_its_owner_only_whatever_the_umask(umask: int, path: Path) -> None:
    before = os.umask(umask)
    try:
        write(path)
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert path.read_bytes() == _SECRET.encode()
    assert mode_of(path) == 0o600
    assert names_in(path.parent) == ["token"]


@contextmanager
def every_moment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, int]]]:
    """Name and mode of each file with the secret in it, before and after each call that could change the mode of one."""
    moments: list[tuple[str, int]] = []

    def look() -> None:
        moments.extend((file.name, mode_of(file)) for file in folder.iterdir() if _SECRET in file.read_text("utf-8"))

    def observe(call: Callable[..., Any]) -> Callable[..., Any]:
        def observed(*arguments: Any, **options: Any) -> Any:
            look()
            try:
                return call(*arguments, **options)
            finally:
                look()

        return observed

    with monkeypatch.context() as patch:
        for name in ("rename", "chmod", "lchmod", "chown", "lchown", "fchmod", "fchown", "utime", "replace", "open"):
            if hasattr(os, name):
                patch.setattr(os, name, observe(getattr(os, name)))
        yield moments
        look()


# The mode of the file before, None for a new one; the option; the mode afterwards.
MODES: dict[str, tuple[int | None, str | None, int]] = {
    "a new file": (None, None, 0o600),
    "a new file for a group": (None, "0640", 0o640),
    "a new file that only its owner reads": (None, "0400", 0o400),
    "a new file, as letters": (None, "u=rw,g=r,o=", 0o640),
    "an existing file": (0o600, None, 0o600),
    "an existing file for a group": (0o640, None, 0o640),
    "an existing file that is to be closed": (0o644, "0600", 0o600),
    "an existing file that is to be opened": (0o600, "0640", 0o640),
}


@pytest.mark.parametrize("name", MODES)
def test_nobody_else_may_read_the_secret_for_a_moment(name: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, mode, after = MODES[name]
    umask = os.umask(0)
    try:
        if before is not None:
            path.write_text("before", encoding="utf-8")
            path.chmod(before)
        options = {} if mode is None else {"mode": mode}
        with every_moment(path.parent, monkeypatch) as moments:
            write(path, **options)
    finally:
        os.umask(umask)
    assert mode_of(path) == after
    # It was seen in both files: the one that is prepared and the one that it becomes.
    assert len({file for file, _mode in moments}) == 2
    assert [f"{file}: {seen:o}" for file, seen in moments if seen & ~after & 0o077] == []


def test_a_temporary_file_names_its_target_and_is_empty_until_there_is_a_secret(path: Path) -> None:
    with secret_file(path, mode="0640") as file:
        file.reserve()
        (reserved,) = path.parent.iterdir()
        assert reserved.name.startswith(".token.mondoo-")
        assert (reserved.read_bytes(), mode_of(reserved)) == (b"", 0o640)
        file.discard()
    assert names_in(path.parent) == []


@pytest.mark.parametrize("name", ["n" * 255, "\u4e2d" * 85, "*[a]?", "-rf", "a b"], ids=ascii)
def test_any_name_of_a_file_can_be_written_to(name: str, tmp_path: Path) -> None:
    for secret in ("first-secret", _SECRET):
        write(tmp_path / name, secret)
    assert (tmp_path / name).read_text(encoding="utf-8") == _SECRET
    assert names_in(tmp_path) == [name]


@pytest.mark.parametrize("mode", ["0400", "0600", "0440", "u=r"])
def test_any_mode_can_be_asked_for_without_being_root(mode: str) -> None:
    with public_folder() as folder, token_module({"name": "ci", "mode": mode}) as module:
        path = folder / "token"

        def write_twice() -> str:
            for secret in ("first-secret", _SECRET):
                hand_over(SecretFile(module, str(path)), secret)
            return f"{path.read_text(encoding='utf-8')} {mode_of(path):o} {len(list(folder.iterdir()))}"

        expected = {"u=r": "400"}.get(mode, mode.lstrip("0"))
        assert as_ordinary_user(write_twice) == f"{_SECRET} {expected} 1"


def test_a_file_is_replaced_in_one_step(path: Path) -> None:
    path.write_text("before", encoding="utf-8")
    other_name = path.with_name("link")
    os.link(path, other_name)
    write(path)
    assert path.read_text(encoding="utf-8") == _SECRET
    assert other_name.read_text(encoding="utf-8") == "before"


@needs_root
@pytest.mark.parametrize(
    ("options", "owner", "group", "mode"),
    [
        ({}, _NOBODY, _SOMEBODY_ELSE, 0o640),
        ({"owner": "0"}, 0, _SOMEBODY_ELSE, 0o640),
        ({"group": "0"}, _NOBODY, 0, 0o640),
        ({"mode": "0600"}, _NOBODY, _SOMEBODY_ELSE, 0o600),
    ],
)
def test_an_existing_file_keeps_what_is_not_given(
    options: dict[str, str], owner: int, group: int, mode: int, path: Path
) -> None:
    path.write_text("before", encoding="utf-8")
    os.chown(path, _NOBODY, _SOMEBODY_ELSE)
    path.chmod(0o640)
    write(path, **options)
    assert (path.stat().st_uid, path.stat().st_gid, mode_of(path)) == (owner, group, mode)


@needs_root
def test_the_owner_is_set_before_the_secret_is_written(path: Path) -> None:
    with secret_file(path, owner=str(_NOBODY), group=str(_NOBODY)) as file:
        file.reserve()
        (reserved,) = path.parent.iterdir()
        assert (reserved.stat().st_uid, reserved.stat().st_gid, reserved.read_bytes()) == (_NOBODY, _NOBODY, b"")
        file.commit(_SECRET, _LONG_AGO)
        file.discard()
    assert (path.stat().st_uid, path.stat().st_gid, mode_of(path)) == (_NOBODY, _NOBODY, 0o600)


def _attributes_of(path: Path) -> str:
    return subprocess.run(["lsattr", str(path)], capture_output=True, text=True, check=True).stdout.split()[0]


def _has_attributes(folder: Path) -> bool:
    """Whether the file system has them, and this user may set them."""
    try:
        subprocess.run(["chattr", "+i", str(folder)], capture_output=True, check=True)
        subprocess.run(["chattr", "-i", str(folder)], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def test_attributes_of_the_file_system_are_set_when_the_file_is_in_place(path: Path) -> None:
    """A file with this one cannot be renamed any more."""
    if not _has_attributes(path.parent):
        pytest.skip("this user cannot set attributes of files here")
    for secret in ("first-secret", _SECRET):
        with secret_file(path, attributes="i") as file:
            try:
                hand_over(file, secret)
                file.repair()
                assert "i" in _attributes_of(path)
                assert not file.repair()
            finally:
                subprocess.run(["chattr", "-i", str(path)], check=True)
    assert path.read_text(encoding="utf-8") == _SECRET
    assert names_in(path.parent) == ["token"]


# Files that cannot be replaced


@needs_root
@pytest.mark.parametrize("unsafe_writes", [True, False])
def test_a_file_in_a_closed_folder_is_written_in_place_only_if_that_is_asked_for(unsafe_writes: bool) -> None:
    with public_folder() as folder:
        path, temporary = folder / "closed" / "token", folder / "temporary"
        path.parent.mkdir()
        temporary.mkdir()
        path.write_text("before", encoding="utf-8")
        for owned in (path, temporary):
            os.chown(owned, _NOBODY, _NOBODY)
        path.parent.chmod(0o555)
        number = path.stat().st_ino
        options = {"name": "ci", "unsafe_writes": unsafe_writes, "_ansible_tmpdir": str(temporary)}
        with token_module(options) as module:
            said = as_ordinary_user(lambda: hand_over(SecretFile(module, str(path))))
        assert (said == "None") is unsafe_writes
        assert path.read_text(encoding="utf-8") == (_SECRET if unsafe_writes else "before")
        assert path.stat().st_ino == number
        # No second copy of the secret.
        assert names_in(temporary) == []


def test_a_mount_is_written_in_place_if_that_is_asked_for(path: Path, tmp_path: Path) -> None:
    """As a file that is mounted into a container: nothing can be renamed over it."""
    path.write_text("before", encoding="utf-8")
    source = tmp_path / "source"
    source.write_text("before", encoding="utf-8")
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "--bind", source, path], capture_output=True, check=False).returncode
    ):
        pytest.skip("this user cannot mount")
    try:
        with secret_file(path) as file, pytest.raises(MondooError) as caught:
            hand_over(file)
        assert caught.value.code == "FileFailed"
        assert source.read_text(encoding="utf-8") == "before"
        write(path, unsafe_writes=True)
        assert source.read_text(encoding="utf-8") == _SECRET
    finally:
        subprocess.run(["umount", str(path)], check=True)
    assert names_in(path.parent) == ["token"]


# Failures


@pytest.mark.parametrize("failing", ["rename", "fsync"])
def test_a_failure_leaves_the_file_as_it_was(failing: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text("before", encoding="utf-8")

    def full(*_args: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with secret_file(path) as file, monkeypatch.context() as patch:
        patch.setattr(os, failing, full)
        with pytest.raises(MondooError) as caught:
            hand_over(file)
    assert caught.value.code == "FileFailed"
    assert "No space left on device" in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert names_in(path.parent) == ["token"]
    assert path.read_text(encoding="utf-8") == "before"


def test_a_failure_after_the_file_was_replaced_is_none_of_the_hand_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the new token would be deleted, and the secret in the file be worth nothing."""
    rename = os.rename

    def rename_and_fail(source: Any, target: Any) -> None:
        rename(source, target)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with secret_file(path) as file, monkeypatch.context() as patch:
        patch.setattr(os, "rename", rename_and_fail)
        hand_over(file)
    assert path.read_text(encoding="utf-8") == _SECRET
    assert mode_of(path) == 0o600


def test_a_file_that_cannot_be_reserved(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: Any, **_kwargs: Any) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with secret_file(path) as file, monkeypatch.context() as patch:
        patch.setattr("tempfile.mkstemp", full)
        with pytest.raises(MondooError) as caught:
            hand_over(file)
    assert str(caught.value) == f"Could not write to the directory of {path}: Disk quota exceeded."


def test_discarding_what_somebody_else_removed_is_no_failure(path: Path) -> None:
    with secret_file(path) as file:
        file.reserve()
        (reserved,) = path.parent.iterdir()
        reserved.unlink()
        file.discard()
        hand_over(file)
    assert path.read_text(encoding="utf-8") == _SECRET


def test_writing_needs_a_reservation(path: Path) -> None:
    with secret_file(path) as file, pytest.raises(AssertionError, match="reserve comes first"):
        file.commit(_SECRET, _LONG_AGO)


# Temporary files of other runs


def test_the_leftover_of_a_killed_run_is_removed_and_no_other_file(path: Path) -> None:
    leftover = path.with_name(".token.mondoo-abcd1234")
    bystanders = [".token.mondoo", ".tokens.mondoo-abcd1234", "token.mondoo-abcd1234", ".other.mondoo-abcd1234"]
    bystanders += [".token.mondoo-prod", ".token.mondoo-abcd12345"]
    for name in (leftover.name, *bystanders):
        path.with_name(name).write_text("a secret", encoding="utf-8")
    write(path)
    assert names_in(path.parent) == sorted(["token", *bystanders])


def test_the_temporary_file_of_a_run_that_is_still_at_work_stays(path: Path) -> None:
    with secret_file(path) as at_work:
        at_work.reserve()
        write(path, "of the other run")
        assert len(names_in(path.parent)) == 2
        at_work.commit(_SECRET, _LONG_AGO)
        at_work.discard()
    assert path.read_text(encoding="utf-8") == _SECRET
    assert names_in(path.parent) == ["token"]


def test_a_file_system_without_locks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_handle: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    write(path)
    assert names_in(path.parent) == ["token"]


def test_a_temporary_file_that_was_taken_for_a_leftover_is_made_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its creation and its lock, another run may have removed it."""
    removed: list[Path] = []
    lock = fcntl.flock

    def remove_first(handle: int, operation: int) -> None:
        if not removed:
            removed.append(next(path.parent.iterdir()))
            removed[0].unlink()
        lock(handle, operation)

    with secret_file(path) as file, monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", remove_first)
        hand_over(file)
    assert removed
    assert path.read_text(encoding="utf-8") == _SECRET


@needs_root
@pytest.mark.parametrize(("owner", "removed"), [(_NOBODY, True), (0, False), (_SOMEBODY_ELSE, False)])
def test_an_ordinary_user_removes_its_own_leftovers_only(owner: int, removed: bool) -> None:
    with public_folder() as folder, token_module({"name": "ci"}) as module:
        leftover = folder / ".token.mondoo-abcd1234"
        leftover.touch(mode=0o644)
        os.chown(leftover, owner, owner)
        assert as_ordinary_user(lambda: hand_over(SecretFile(module, str(folder / "token")))) == "None"
        assert leftover.exists() is not removed


@needs_root
def test_root_removes_a_leftover_that_has_got_another_owner_already(path: Path) -> None:
    leftover = path.with_name(".token.mondoo-abcd1234")
    leftover.touch()
    os.chown(leftover, _NOBODY, _NOBODY)
    write(path, owner=str(_NOBODY))
    assert names_in(path.parent) == ["token"]


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/etc/passwd"), os.mkfifo], ids=["a link", "a pipe"])
def test_what_only_bears_the_name_of_a_leftover_does_no_harm(make: Callable[[Path], None], path: Path) -> None:
    make(path.with_name(".token.mondoo-abcd1234"))
    write(path)
    assert path.read_text(encoding="utf-8") == _SECRET
    assert Path("/etc/passwd").stat().st_size


# Times


@pytest.mark.parametrize("exists", [True, False])
def test_a_secret_seems_to_be_written_no_earlier_than_its_token_was_generated(exists: bool, path: Path) -> None:
    """Where the service's clock is ahead: by the time of the file, the next run sees whose secret it holds."""
    if exists:
        path.write_text("before", encoding="utf-8")
    now = datetime.now(timezone.utc)
    for generated in (now + timedelta(hours=2), now - timedelta(hours=2)):
        with secret_file(path) as file:
            hand_over(file, not_before=generated)
            written = file.stored().modified_at
        assert written is not None
        assert written >= generated - timedelta(milliseconds=1)
        assert written >= now - timedelta(milliseconds=1)


# Owner and mode of a file that is there


def test_a_mode_that_is_given_is_set_once(path: Path) -> None:
    path.write_text("a secret", encoding="utf-8")
    path.chmod(0o644)
    with secret_file(path) as file:
        assert not file.repair()
    with secret_file(path, check_mode=True, mode="0600") as file:
        assert file.repair()
    assert mode_of(path) == 0o644
    with secret_file(path, mode="0600") as file:
        assert file.repair()
        assert not file.repair()
    assert (mode_of(path), path.read_text(encoding="utf-8")) == (0o600, "a secret")


def test_a_missing_file_is_not_repaired(path: Path) -> None:
    with secret_file(path, mode="0600") as file:
        assert not file.repair()
    assert not path.exists()
