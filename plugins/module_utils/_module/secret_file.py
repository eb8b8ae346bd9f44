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
from pathlib import Path
from typing import Any, TextIO

from ansible.module_utils.basic import AnsibleModule

from .._planning.declaration import StoredSecret
from .._values.errors import FILE_FAILED, MondooError
from .._values.jwt import token_mrn_of

_MODE_OF_NEW_FILES = "0600"
_MAX_CONTENT = 65536  # bytes to read; no secret is longer
_SHORTEST_SECRET = 16  # characters; masking a shorter text would garble results
_MAX_LINKS = 40
_LONGEST_NAME = 200  # bytes of the target's name in that of a temporary file
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
# The umask belongs to the process, and Ansible's file functions change it temporarily.
_UMASK = threading.Lock()


class SecretFile:
    """The file at `token_path`. options: file options such as owner, group and mode; by default the module's.

    Raises MondooError (`FileFailed`) for a path that is not a regular file, or a link created by another user.
    """

    def __init__(self, module: AnsibleModule, path: str, options: Mapping[str, Any] | None = None) -> None:
        self._module = module
        # Ansible's own file functions end the process when they fail, which would lose the secrets of other entries.
        self._files = copy.copy(module)
        self._files.fail_json = self._refuse_attributes
        self._options = dict(module.params if options is None else options)
        self._shown = path
        self.path = self._follow_links(path)
        self._refuse_special_file()
        self._prepared: str | None = None
        self._file: TextIO | None = None

    def read(self) -> str:
        """The content, without surrounding white space; empty if there is no file."""
        try:
            with open(self.path, "rb") as file:
                return file.read(_MAX_CONTENT).decode("utf-8", "replace").strip()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._failure("read", error) from None

    def stored(self) -> StoredSecret:
        """What is known about the content."""
        content = self.read()
        if not content:
            return StoredSecret(exists=os.path.exists(self.path))
        # The content is a secret, whatever wrote it.
        if len(content) >= _SHORTEST_SECRET:
            self._module.no_log_values.add(content)
        modified_at = datetime.fromtimestamp(os.stat(self.path).st_mtime, timezone.utc)
        return StoredSecret(modified_at, token_mrn=token_mrn_of(content))

    def check(self) -> None:
        """Refuses, without writing anything, a path that cannot be written to, and an invalid owner, group or mode."""
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
        """Creates an empty new file beside the old one, with its owner and mode."""
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
        """Writes the secret to the new file, which replaces the old one and keeps its owner and mode unless given.

        If it raises, the secret is not in the file.
        """
        if self._prepared is None or self._file is None:
            raise AssertionError("reserve comes first")
        is_new = not os.path.exists(self.path)
        if not is_new:
            # The new file inherits from the old one, but must not be readable by more users than requested.
            self._set_attributes(self.path, _for_replaceable_file(self._options))
        moment = max(time.time(), not_before.timestamp())
        try:
            self._file.write(secret)
            self._file.flush()
            os.utime(self._file.fileno(), (moment, moment))
            os.fsync(self._file.fileno())
            with _UMASK, _private_umask():
                self._files.atomic_move(self._prepared, self.path, self._writes_in_place)
        except Exception as error:  # noqa: BLE001  (Ansible raises many kinds, some of them after the file is in place)
            if not self._holds(secret):
                raise error if isinstance(error, MondooError) else self._failure("write", error) from None
        # The secret is handed over: `repair` reports later failures.
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
        """Sets owner, group and mode of the file if given and different; in check mode only returns whether they differ."""
        return self._set_attributes(self.path, self._options) if os.path.exists(self.path) else False

    @property
    def _writes_in_place(self) -> bool:
        return bool(self._options.get("unsafe_writes"))

    def _holds(self, secret: str) -> bool:
        try:
            return self.read() == secret.strip()
        except MondooError:
            return False

    # -- resolving the path -------------------------------------------------------------------------------------------

    def _follow_links(self, path: str) -> str:
        """The path behind the links; a link stays a link, and its target is replaced."""
        current = os.path.join(os.getcwd(), path)
        self._refuse_foreign_folders(current)
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
                raise self._refusal(f"{current} is a link that another user created")
            current = os.path.join(os.path.dirname(current), os.readlink(current))
        else:
            raise self._refusal("it is a circular link")
        return os.path.realpath(current)

    def _refuse_foreign_folders(self, path: str) -> None:
        """Refuses links to directories that other users created where everybody can, as in /tmp."""
        for folder in reversed(Path(path).parents):
            with contextlib.suppress(OSError):  # later steps report what is missing
                entry = os.lstat(folder)
                is_foreign = stat.S_ISLNK(entry.st_mode) and entry.st_uid not in (0, os.geteuid())
                if is_foreign and os.stat(folder.parent).st_mode & stat.S_IWOTH:
                    raise self._refusal(f"{folder} is a link that another user created")

    def _refuse_special_file(self) -> None:
        try:
            mode = os.stat(self.path).st_mode
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._failure("look at", error) from None
        if not stat.S_ISREG(mode):
            kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "not a regular file")
            raise self._refusal(f"it is {kind}")

    # -- temporary files ----------------------------------------------------------------------------------------------

    @property
    def _prefix(self) -> str:
        """The prefix of the names of temporary files for this one."""
        name = os.fsdecode(os.fsencode(os.path.basename(self.path))[:_LONGEST_NAME])
        return f".{name}.mondoo-"

    def _open_temporary(self, folder: str) -> tuple[TextIO, str]:
        """A new file, open, since its mode may forbid writing even to the owner, and locked, so that later runs see it in use."""
        while True:
            handle, path = tempfile.mkstemp(prefix=self._prefix, dir=folder)
            # On a file system without locks, later runs leave it alone.
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
            if os.fstat(handle).st_nlink:
                return os.fdopen(handle, "w", encoding="utf-8"), path
            # Another run removed it as a leftover before it was locked.
            os.close(handle)

    def _remove_leftovers(self) -> None:
        """Removes temporary files of runs that were killed: those of this user that no process holds a lock on."""
        user = os.geteuid()
        # mkstemp adds eight characters.
        for path in glob.glob(glob.escape(os.path.join(os.path.dirname(self.path), self._prefix)) + "[a-z0-9_]" * 8):
            with contextlib.suppress(OSError):
                handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                try:
                    # Root may have changed its owner before it was filled.
                    if user in (0, os.fstat(handle).st_uid):
                        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        os.unlink(path)
                finally:
                    os.close(handle)

    # -- owner, group and mode ----------------------------------------------------------------------------------------

    def _new_options(self) -> dict[str, Any]:
        return {**self._options, "mode": self._options.get("mode") or _MODE_OF_NEW_FILES}

    def _set_attributes(self, path: str, options: Mapping[str, Any]) -> bool:
        # A symbolic mode is evaluated with the umask of the process temporarily cleared.
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
    """The options without file system attributes, since one of them forbids renaming and replacing a file."""
    return {**options, "attributes": None}


@contextlib.contextmanager
def _private_umask() -> Iterator[None]:
    """A umask under which nobody else can read, even briefly, a file that Ansible creates."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
