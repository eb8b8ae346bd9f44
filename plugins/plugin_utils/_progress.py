# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows the progress of a running module on the terminal.

The module appends reports to a private file, and a thread of the action plugin reads them. Ansible's display shows
them on the terminal, whatever the callback. They go to standard error, so the output of a callback is unchanged.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.mondoo.platform.plugins.module_utils._values.progress_lines import (
    PROGRESS_FILE,
    Report,
    read_progress,
)

QUIET = 3.0  # seconds before the first line: shorter runs need no progress
INTERVAL = 3.0  # seconds between two lines on a terminal
_POLL = 0.3  # seconds between two reads of the file
_TENTHS = 10
# Determined when Ansible loads the plugin, before it forks: the processes that run tasks have no terminal.
_IS_TERMINAL = sys.stderr is not None and sys.stderr.isatty()


class Pace:
    """Which reports are shown: on a terminal one every few seconds; in a log one for each tenth; none at the end.

    is_terminal: whether a person may be looking. now: seconds at the start, by the clock that is passed to `take`.
    """

    def __init__(self, is_terminal: bool, now: float) -> None:
        self._is_terminal = is_terminal
        self._next = now + QUIET
        self._tenths: dict[str, int] = {}

    def take(self, report: Report, now: float) -> str | None:
        """Where the report is shown: `log` for everywhere, `screen` for a terminal only, None for nowhere."""
        if now < self._next or report.done >= report.of:
            return None
        tenth = report.done * _TENTHS // report.of
        is_new_tenth = tenth > self._tenths.get(report.work, 0)
        if not is_new_tenth and not self._is_terminal:
            return None
        self._tenths[report.work] = max(tenth, self._tenths.get(report.work, 0))
        if self._is_terminal:
            self._next = now + INTERVAL
        return "log" if is_new_tenth else "screen"


@contextlib.contextmanager
def shown_progress(what: str) -> Iterator[str]:
    """The path of a file whose reports are shown while the block runs. what: the prefix of each."""
    descriptor, path = tempfile.mkstemp(prefix="mondoo-progress-", dir=constants.DEFAULT_LOCAL_TMP)
    ended = threading.Event()
    thread = threading.Thread(target=_watch, args=(descriptor, what, ended), daemon=True)
    try:
        thread.start()
        yield path
    finally:
        ended.set()
        thread.join()
        os.close(descriptor)
        with contextlib.suppress(OSError):
            os.unlink(path)


def _watch(descriptor: int, what: str, ended: threading.Event, clock: Callable[[], float] = time.monotonic) -> None:
    pace = Pace(_IS_TERMINAL, clock())
    shown: Report | None = None
    with contextlib.suppress(OSError, ValueError):  # without a display, there is nothing to show
        while not ended.wait(_POLL):
            report = _latest(descriptor)
            if report is None or report == shown:
                continue
            where = pace.take(report, clock())
            if where is not None:
                shown = report
                Display().display(f"{what}: {report}", stderr=True, screen_only=where == "screen")


def _latest(descriptor: int) -> Report | None:
    """The last complete report in the file."""
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, 256, max(size - 256, 0)).decode("ascii", "replace")
    lines = tail.rpartition("\n")[0].splitlines()
    return read_progress(lines[-1]) if lines else None


class ShowsProgress(ActionBase):  # type: ignore[misc]  # ansible-core has no type information
    """The first base of an action plugin whose module reports its progress."""

    def _run_module(self, arguments: Mapping[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        """Runs the module, and shows its progress if it runs on this host, as this user, and not in the background."""
        is_here = self._connection.transport == "local" and self._connection.become is None
        if self._task.async_val or not is_here:
            result: dict[str, Any] = super()._run_module(arguments, task_vars)
            return result
        environment = self._task.environment
        with shown_progress(self._task.action) as path:
            self._task.environment = [*_as_list(environment), {PROGRESS_FILE: path}]
            try:
                result = super()._run_module(arguments, task_vars)
            finally:
                self._task.environment = environment
        return result


def _as_list(environment: Any) -> list[Any]:
    """A task's environments, which may be one, several or none."""
    return environment if isinstance(environment, list) else [environment] if environment else []
