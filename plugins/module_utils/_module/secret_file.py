# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file that a secret is written to: reserved before anything is generated, replaced in one step, never readable by others."""

from __future__ import annotations

import copy
import os
import tempfile
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, TextIO

from ansible.module_utils.basic import AnsibleModule

from .._planning.spec import FileFacts
from .._values.errors import FILE_FAILED, MondooError

_DEFAULT_MODE = "0600"
_ATTRIBUTES = threading.Lock()


class SecretFile:
    """A file at `token_path`. options: those of files, such as owner, group and mode; by default the module's."""

    def __init__(self, module: AnsibleModule, path: str, options: Mapping[str, Any] | None = None) -> None:
        self._module = module
        # Ansible's own ways with files end the process when they fail, and others' secrets with it.
        self._files = copy.copy(module)
        self._files.fail_json = self._refused
        self._options = module.params if options is None else options
        # A link stays a link: what it points to is replaced.
        self.path = os.path.realpath(path)
        self._shown = path
        self._reserved: str | None = None
        self._file: TextIO | None = None
        self._previous = self.facts().modified_at

    def facts(self) -> FileFacts:
        """The file as it is. An empty one holds no secret and counts as missing."""
        if os.path.isdir(self.path):
            raise self._refusal("it is a directory")
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return FileFacts(None)
        except OSError as error:
            raise self._failure("look at", error) from None
        if not found.st_size:
            return FileFacts(None)
        return FileFacts(datetime.fromtimestamp(found.st_mtime, timezone.utc))

    def check(self) -> None:
        """Refuses, without writing anything, a path that cannot be written to."""
        parent = os.path.dirname(self.path)
        if not os.path.isdir(parent):
            raise self._refusal(f"the directory {parent} does not exist")
        if not os.access(parent, os.W_OK | os.X_OK):
            raise self._refusal(f"the directory {parent} is not writable")

    def reserve(self) -> None:
        """Makes the new file beside the old one, empty and with its final owner and mode."""
        self.check()
        try:
            handle, self._reserved = tempfile.mkstemp(prefix=".mondoo-", dir=os.path.dirname(self.path))
        except OSError as error:
            raise self._failure("write to the directory of", error) from None
        # Kept open: the final mode may forbid even the owner to write.
        self._file = os.fdopen(handle, "w", encoding="utf-8")
        self._set_attributes(self._reserved)

    def commit(self, secret: str) -> None:
        """Puts the secret into the reserved file and the file in its place."""
        if self._reserved is None or self._file is None:
            raise AssertionError("reserve comes first")
        try:
            with self._file as file:
                file.write(secret)
                file.flush()
                os.fsync(file.fileno())
            if self._previous is not None:
                # In a later second than the secret before it: that is how an interrupted rotation is told.
                moment = max(time.time(), int(self._previous.timestamp()) + 1)
                os.utime(self._reserved, (moment, moment))
            os.replace(self._reserved, self.path)
        except OSError as error:
            raise self._failure("write", error) from None
        self._reserved = None

    def discard(self) -> None:
        """Removes what was reserved and not used."""
        if self._file is not None:
            self._file.close()
        if self._reserved is not None:
            try:
                os.unlink(self._reserved)
            except OSError as error:
                self._module.warn(f"{self._reserved} could not be removed: {error.strerror}")
            self._reserved = None

    def repair(self) -> bool:
        """Sets owner, group and mode of the file if they differ; in check mode only tells whether they do."""
        return self._set_attributes(self.path) if os.path.exists(self.path) else False

    def _set_attributes(self, path: str) -> bool:
        options = {**self._options, "mode": self._options.get("mode") or _DEFAULT_MODE}
        # A symbolic mode is read with the umask of the process set aside for a moment.
        with _ATTRIBUTES:
            arguments = self._files.load_file_common_arguments(options, path=path)
            changed: bool = self._files.set_fs_attributes_if_different(arguments, False)
        return changed

    def _refused(self, msg: str, **_details: object) -> None:
        raise MondooError(FILE_FAILED, msg, attempted=f"set owner, group and mode of {self._shown}")

    def _refusal(self, reason: str) -> MondooError:
        return MondooError(
            FILE_FAILED,
            reason,
            attempted=f"write the secret to {self._shown}",
            advice="Nothing was changed. Correct token_path, or the permissions on the host that runs the module.",
        )

    def _failure(self, verb: str, error: OSError) -> MondooError:
        return MondooError(FILE_FAILED, error.strerror or type(error).__name__, attempted=f"{verb} {self._shown}")
