# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file that a secret is written to: prepared before anything is generated, replaced in one step, never readable by others."""

from __future__ import annotations

import contextlib
import copy
import fcntl
import glob
import os
import stat
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, TextIO

from ansible.module_utils.basic import AnsibleModule

from .._planning.declaration import StoredSecret
from .._values.errors import FILE_FAILED, MondooError
from .._values.jwt import token_mrn_of

_MODE_OF_NEW_FILES = "0600"
_MAX_CONTENT = 65536  # bytes that are read; no secret is longer
_SHORTEST_SECRET = 16  # characters; to mask a shorter text would cut results to pieces
_MAX_LINKS = 40
_LONGEST_NAME = 200  # bytes of the target's name in that of a temporary file
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
# The umask belongs to the process, and Ansible's functions for files change it for a moment.
_UMASK = threading.Lock()


class SecretFile:
    """The file at `token_path`. options: those of files, such as owner, group and mode; by default the module's.

    Raises MondooError (`FileFailed`) for a path that is no regular file, or a link that somebody else made.
    """

    def __init__(self, module: AnsibleModule, path: str, options: Mapping[str, Any] | None = None) -> None:
        self._module = module
        # Ansible's own functions for files end the process when they fail, and others' secrets would be lost with it.
        self._files = copy.copy(module)
        self._files.fail_json = self._refuse_attributes
        self._options = dict(module.params if options is None else options)
        self._shown = path
        self.path = self._follow_links(path)
        self._refuse_special_file()
        self._prepared: str | None = None
        self._file: TextIO | None = None

    def read(self) -> str:
        """The content, without white space around it; empty if there is no file."""
        try:
            with open(self.path, "rb") as file:
                return file.read(_MAX_CONTENT).decode("utf-8", "replace").strip()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._failure("read", error) from None

    def stored(self) -> StoredSecret:
        """What is known of the content."""
        content = self.read()
        if not content:
            return StoredSecret(exists=os.path.exists(self.path))
        # It is a secret, whoever wrote it.
        if len(content) >= _SHORTEST_SECRET:
            self._module.no_log_values.add(content)
        modified_at = datetime.fromtimestamp(os.stat(self.path).st_mtime, timezone.utc)
        return StoredSecret(modified_at, token_mrn=token_mrn_of(content))

    def check(self) -> None:
        """Refuses, without writing anything, a path that cannot be written to, and an owner, group or mode that is none."""
        folder = os.path.dirname(self.path)
        if not os.path.isdir(folder):
            raise self._refusal(f"the directory {folder} does not exist")
        writable = os.access(folder, os.W_OK | os.X_OK)
        if not (writable or (self._writes_in_place and os.access(self.path, os.W_OK))):
            raise self._refusal(f"the directory {folder} is not writable")
        dry = copy.copy(self._files)
        dry.check_mode = True
        with _UMASK:
            dry.set_fs_attributes_if_different(dry.load_file_common_arguments(self._options, folder), False)

    def reserve(self) -> None:
        """Makes a new file beside the old one, empty, with its owner and mode."""
        self.check()
        self._remove_leftovers()
        folder = os.path.dirname(self.path)
        if not os.access(folder, os.W_OK | os.X_OK):
            folder = self._module.tmpdir
        try:
            self._file, self._prepared = self._open_temporary(folder)
        except OSError as error:
            raise self._failure("write to the directory of", error) from None
        self._set_attributes(self._prepared, _for_replaceable_file(self._new_options()))

    def commit(self, secret: str, not_before: datetime) -> None:
        """Puts the secret into the new file, and that in the place of the old one, whose owner and mode stay unless given.

        If it raises, the secret is not there.
        """
        if self._prepared is None or self._file is None:
            raise AssertionError("reserve comes first")
        is_new = not os.path.exists(self.path)
        if not is_new:
            # The new file takes after the old one, and must not be readable by more than those asked for.
            self._set_attributes(self.path, _for_replaceable_file(self._options))
        moment = max(time.time(), not_before.timestamp())
        try:
            self._file.write(secret)
            self._file.flush()
            os.utime(self._file.fileno(), (moment, moment))
            os.fsync(self._file.fileno())
            with _UMASK, _private_umask():
                self._files.atomic_move(self._prepared, self.path, self._writes_in_place)
        except Exception as error:  # noqa: BLE001  (Ansible raises many kinds, some of them when the file is in place already)
            if not self._holds(secret):
                raise error if isinstance(error, MondooError) else self._failure("write", error) from None
        # The secret is handed over: what fails from here on is for `repair` to tell.
        with contextlib.suppress(OSError, MondooError):
            os.utime(self.path, (moment, moment))
            self._set_attributes(self.path, self._new_options() if is_new else self._options)

    def discard(self) -> None:
        """Removes what was reserved and not used."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._prepared is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._prepared)
            self._prepared = None

    def repair(self) -> bool:
        """Sets owner, group and mode of the file where they are given and differ; in check mode only says whether they do."""
        return self._set_attributes(self.path, self._options) if os.path.exists(self.path) else False

    @property
    def _writes_in_place(self) -> bool:
        return bool(self._options.get("unsafe_writes"))

    def _holds(self, secret: str) -> bool:
        try:
            return self.read() == secret.strip()
        except MondooError:
            return False

    # -- what the path leads to ---------------------------------------------------------------------------------------

    def _follow_links(self, path: str) -> str:
        """The path behind the links; a link stays a link, and what it points to is replaced."""
        current = os.path.join(os.getcwd(), path)
        for _number in range(_MAX_LINKS):
            try:
                entry = os.lstat(current)
            except FileNotFoundError:
                break
            except OSError as error:
                raise self._failure("look at", error) from None
            if not stat.S_ISLNK(entry.st_mode):
                break
            if entry.st_uid not in (0, os.geteuid()):
                raise self._refusal(f"{current} is a link that another user made")
            current = os.path.join(os.path.dirname(current), os.readlink(current))
        else:
            raise self._refusal("it is a link that leads in circles")
        return os.path.realpath(current)

    def _refuse_special_file(self) -> None:
        try:
            mode = os.stat(self.path).st_mode
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._failure("look at", error) from None
        if not stat.S_ISREG(mode):
            kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "no regular file")
            raise self._refusal(f"it is {kind}")

    # -- temporary files ----------------------------------------------------------------------------------------------

    @property
    def _prefix(self) -> str:
        """How the name of a temporary file for this one begins."""
        name = os.fsdecode(os.fsencode(os.path.basename(self.path))[:_LONGEST_NAME])
        return f".{name}.mondoo-"

    def _open_temporary(self, folder: str) -> tuple[TextIO, str]:
        """A new file, kept open, since its mode may forbid even the owner to write, and locked: a later run sees that it is in use."""
        while True:
            handle, path = tempfile.mkstemp(prefix=self._prefix, dir=folder)
            fcntl.flock(handle, fcntl.LOCK_EX)
            if os.fstat(handle).st_nlink:
                return os.fdopen(handle, "w", encoding="utf-8"), path
            # Another run took it for a leftover before it was locked.
            os.close(handle)

    def _remove_leftovers(self) -> None:
        """Removes temporary files of runs that were killed: those of this user that no process holds a lock on."""
        user = os.geteuid()
        for path in glob.glob(glob.escape(os.path.join(os.path.dirname(self.path), self._prefix)) + "*"):
            with contextlib.suppress(OSError):
                handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                try:
                    # Root's may have got another owner before it was filled.
                    if user in (0, os.fstat(handle).st_uid):
                        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        os.unlink(path)
                finally:
                    os.close(handle)

    # -- owner, group and mode ----------------------------------------------------------------------------------------

    def _new_options(self) -> dict[str, Any]:
        return {**self._options, "mode": self._options.get("mode") or _MODE_OF_NEW_FILES}

    def _set_attributes(self, path: str, options: Mapping[str, Any]) -> bool:
        # A symbolic mode is read with the umask of the process set aside for a moment.
        with _UMASK:
            arguments = self._files.load_file_common_arguments(options, path=path)
            changed: bool = self._files.set_fs_attributes_if_different(arguments, False)
        return changed

    def _refuse_attributes(self, msg: str, **_details: object) -> None:
        raise MondooError(FILE_FAILED, msg, attempted=f"write the secret to {self._shown}")

    def _refusal(self, reason: str) -> MondooError:
        return MondooError(
            FILE_FAILED,
            reason,
            attempted=f"write the secret to {self._shown}",
            advice="Nothing was changed. Correct token_path, or the permissions on the host that runs the module.",
        )

    def _failure(self, verb: str, error: Exception) -> MondooError:
        cause = error if isinstance(error, OSError) else error.__cause__
        reason = cause.strerror if isinstance(cause, OSError) else None
        return MondooError(FILE_FAILED, reason or type(error).__name__, attempted=f"{verb} {self._shown}")


def _for_replaceable_file(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options without attributes of the file system, one of which forbids to rename a file, and to put another in its place."""
    return {**options, "attributes": None}


@contextlib.contextmanager
def _private_umask() -> Iterator[None]:
    """Ansible gives a file that it creates the mode that the umask leaves: nobody else may read it for a moment."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
