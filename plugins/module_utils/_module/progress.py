# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports the progress of a module, in the log of its host and to the waiting action plugin.

The action plugin, on the same host, names a file in the environment; the module appends a line for each report. The file
contains only numbers and a word.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable

from ansible.module_utils.basic import AnsibleModule

from .._values.progress_lines import PROGRESS_FILE, WORK, progress_line

_STEPS = 10


class Progress:
    """Reports of one module. Not thread-safe."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module
        self._logged: dict[str, int] = {}
        self._file = _open(os.environ.get(PROGRESS_FILE))

    def reporter(self, work: str) -> Callable[[int, int], None]:
        """A function that takes how much of a kind of work (a key of `WORK`) is done, and of how much."""

        def report(done: int, of: int) -> None:
            if of < 1:
                return
            self._tell(progress_line(work, done, of))
            step = done * _STEPS // of
            if step > self._logged.get(work, 0):
                self._logged[work] = step
                self._module.log(f"{done} of {of} {WORK[work]}")

        return report

    def _tell(self, line: str) -> None:
        if self._file is not None:
            # The reader may have ended.
            with contextlib.suppress(OSError):
                os.write(self._file, line.encode())


def _open(path: str | None) -> int | None:
    """The file to report to; None if there is none, or if it does not belong to this user alone."""
    if not path:
        return None
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    about = os.fstat(descriptor)
    if stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid() and not about.st_mode & 0o077:
        return descriptor
    os.close(descriptor)
    return None
