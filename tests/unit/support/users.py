# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running as a user whom file permissions stop."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534


def as_ordinary_user(work: Callable[[], object]) -> str:
    """What `work` returned or raised, as text; root, for whom every file is writable, does it in a child as nobody."""
    if os.geteuid() != 0:
        return _told(work)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
            os.write(writing, _told(work).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return told


def _told(work: Callable[[], object]) -> str:
    try:
        return str(work())
    except BaseException as error:  # noqa: BLE001  (told to the parent)
        return f"{type(error).__name__}: {error}"


@contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that everybody may enter and write to; pytest's own are closed to other users."""
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o777)
        yield folder
    finally:
        shutil.rmtree(folder)
