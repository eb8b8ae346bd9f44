# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of variables that Ansible Vault encrypts as a whole: read, changed and replaced in one step, under a lock."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from stat import S_ISGID

from ansible.errors import AnsibleError
from ansible.parsing.vault import VaultLib, VaultSecret, is_encrypted, parse_vaulttext_envelope
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import FILE_FAILED, MondooError

from .vault_text import change_variables, read_variables

_DEFAULT_LABEL = "default"
_TRIAL = "x"
_LONGEST = 240  # bytes in the name of a file; its temporary file has some more


class VaultFile:
    """The file at a path, and its password. Raises MondooError (`FileFailed`) if it cannot be used."""

    def __init__(self, path: str, password: str) -> None:
        self.path = os.path.realpath(os.path.expanduser(path))
        self._shown = path
        self._secret = VaultSecret(password.encode())

    def variables(self) -> dict[str, str | None]:
        """Its variables, as returned by `read_variables`; empty if there is no file."""
        with self._explained("read"):
            return read_variables(self._read()[0])

    def check(self, names: Iterable[str]) -> None:
        """Refuses, without writing anything, if something prevents setting these variables."""
        with self._explained("write"):
            text, _label = self._read()
            change_variables(text, dict.fromkeys(names, _TRIAL))
            folder = os.path.dirname(self.path)
            if not os.path.isdir(folder):
                raise MondooError(FILE_FAILED, f"the directory {folder} does not exist")
            if not os.access(folder, os.W_OK | os.X_OK):
                raise MondooError(FILE_FAILED, f"the directory {folder} is not writable")
            if len(os.fsencode(os.path.basename(self.path))) > _LONGEST:
                raise MondooError(FILE_FAILED, f"its name has more than {_LONGEST} bytes")
            self._check_owner(folder)

    def _check_owner(self, folder: str) -> None:
        """Refuses a file whose owner or group this user cannot give to the new one."""
        if os.geteuid() == 0 or not os.path.exists(self.path):
            return
        status, of_folder = os.stat(self.path), os.stat(folder)
        if status.st_uid != os.geteuid():
            raise MondooError(FILE_FAILED, "it belongs to another user")
        groups = {os.getegid(), *os.getgroups(), *([of_folder.st_gid] if of_folder.st_mode & S_ISGID else [])}
        if status.st_gid not in groups:
            raise MondooError(FILE_FAILED, "it belongs to a group without this user")

    def change(self, values: Mapping[str, str | None]) -> dict[str, str | None]:
        """Sets variables, or removes those with None. Returns their previous values, None for unset.

        The file is read again under a lock that other runs on this directory wait for.
        """
        with self._explained("write"), self._lock():
            text, label = self._read()
            before = read_variables(text)
            self._write(change_variables(text, values), label)
        return {name: before.get(name) for name in values}

    def _read(self) -> tuple[str, str]:
        """The decrypted text, and the label of its vault ID."""
        try:
            with open(self.path, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            return "", _DEFAULT_LABEL
        if not data.strip():
            return "", _DEFAULT_LABEL
        if not is_encrypted(data):
            raise MondooError(
                FILE_FAILED,
                "it is not encrypted as a whole",
                advice="Encrypt it with ansible-vault encrypt, or name another file.",
            )
        label = parse_vaulttext_envelope(data)[3] or _DEFAULT_LABEL
        try:
            return VaultLib([(label, self._secret)]).decrypt(data).decode(), label
        except UnicodeDecodeError:
            raise MondooError(FILE_FAILED, "its content is not UTF-8") from None
        except AnsibleError:
            raise MondooError(
                FILE_FAILED,
                "api_tokens_vault_password does not decrypt it",
                advice="Give the password that it is encrypted with.",
            ) from None

    def _write(self, text: str, label: str) -> None:
        encrypted = VaultLib([(label, self._secret)]).encrypt(
            text, secret=self._secret, vault_id=None if label == _DEFAULT_LABEL else label
        )
        try:
            status: os.stat_result | None = os.stat(self.path)
        except FileNotFoundError:
            status = None
        handle, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(self.path)}.", dir=os.path.dirname(self.path))
        try:
            with os.fdopen(handle, "wb") as file:
                if status is not None:
                    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                        os.fchown(handle, status.st_uid, status.st_gid)
                    os.fchmod(handle, status.st_mode & 0o7777)
                file.write(encrypted)
                file.flush()
                os.fsync(handle)
            os.replace(temporary, self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Locks the directory, which leaves no file behind and works for all users."""
        descriptor = os.open(os.path.dirname(self.path), os.O_RDONLY | os.O_DIRECTORY)
        try:
            with contextlib.suppress(OSError):  # some network file systems cannot lock directories
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        try:
            yield
        except MondooError as error:
            raise error.during(f"{verb} api_tokens_vault_file, {self._shown}") from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise MondooError(FILE_FAILED, reason, attempted=f"{verb} api_tokens_vault_file, {self._shown}") from None
