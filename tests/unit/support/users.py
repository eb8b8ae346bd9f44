# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running as a user whom file permissions stop."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

_NOBODY = 65534


def as_ordinary_user(work: Callable[[], object]) -> str:
    """What `work` returned or raised, as text; root, for whom every file is writable, does it as nobody."""
    with contextlib.ExitStack() as back:
        if os.geteuid() == 0:
            back.callback(os.setgroups, os.getgroups())
            back.callback(os.setresgid, *os.getresgid())
            back.callback(os.setresuid, *os.getresuid())
            os.setgroups([])
            os.setresgid(_NOBODY, _NOBODY, 0)
            os.setresuid(_NOBODY, _NOBODY, 0)
        try:
            return str(work())
        except BaseException as error:  # noqa: BLE001  (the tests look at it)
            return f"{type(error).__name__}: {error}"


@contextlib.contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that everybody may enter and write to; pytest's own are closed to other users."""
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o777)
        yield folder
    finally:
        shutil.rmtree(folder)
