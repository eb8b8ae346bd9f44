# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals end a module between two requests: no response is discarded, and nothing temporary is left behind.

After the signal no request is started. Those under way are completed, and a secret in their responses is written to its
file. The next run does the rest.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from .._transport.http import Answer

if TYPE_CHECKING:
    from graphql import DocumentNode

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_SLICE = 0.1  # seconds between two checks while waiting
_STATUS = 128  # plus the number of the signal: the exit status of a process ended by a signal


class _Transport(Protocol):
    def post(self, document: DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer: ...
    def close(self) -> None: ...


class Interruption:
    """Whether a signal has asked this process to end."""

    def __init__(self) -> None:
        self._signal: int | None = None

    @contextlib.contextmanager
    def catch(self) -> Iterator[None]:
        """Catches signals while the block runs, in the main thread; a second one ends the process at once."""
        before: dict[signal.Signals, Any] = {}
        try:
            if threading.current_thread() is threading.main_thread():
                for number in _SIGNALS:
                    # A signal that was ignored at the start, as by nohup, stays ignored.
                    if signal.getsignal(number) is not signal.SIG_IGN:
                        before[number] = signal.signal(number, self._take_note)
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def check(self) -> None:
        """Raises SystemExit if there was a signal."""
        if self._signal is not None:
            raise SystemExit(_STATUS + self._signal)

    def sleep(self, seconds: float) -> None:
        """Waits; raises SystemExit soon after a signal."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, _SLICE))
        self.check()

    def _take_note(self, number: int, _frame: FrameType | None) -> None:
        # No lock is taken here: the interrupted thread may hold it.
        self._signal = number
        signal.signal(number, signal.SIG_DFL)


class InterruptibleTransport:
    """A transport that starts no request after a signal: `post` then raises SystemExit."""

    def __init__(self, transport: _Transport, interruption: Interruption) -> None:
        self._transport = transport
        self._interruption = interruption

    def post(self, document: DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        self._interruption.check()
        return self._transport.post(document, variables, operation)

    def close(self) -> None:
        self._transport.close()
