# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the files of a report."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import FILE_FAILED, MondooError

_DIRECTORY_MODE = 0o750


def write_file(path: Path, pieces: Iterable[str], mode: int) -> None:
    """Writes a file completely or not at all, and creates a missing directory; raises MondooError if that fails."""
    try:
        path.parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with open(handle, "w", encoding="utf-8", newline="") as file:
                file.writelines(pieces)
                os.fchmod(file.fileno(), mode)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise MondooError(FILE_FAILED, f"Could not write the report {path}: {error.strerror or error}") from None
