# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several concurrent clients, each with its own connection."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from .._values.errors import MondooError

# A connection needs one; while it is opened, name resolution and certificates briefly need a few more.
_DESCRIPTORS_PER_CONNECTION = 2
# For everything else that the process opens meanwhile, such as the files for secrets.
_RESERVED_DESCRIPTORS = 16

C = TypeVar("C")
T = TypeVar("T")
R = TypeVar("R")


class ConnectionPool(Generic[C]):
    """Concurrent clients.

    first: the existing client. connect: makes another one like it. size: the maximum number; if file descriptors or
    threads run out, there are fewer.
    """

    def __init__(self, first: C, connect: Callable[[], C], size: int) -> None:
        self.clients = [first]
        self._connect = connect
        self._size = size

    def map(self, work: Callable[[C, T], R], items: Sequence[T]) -> list[R | Exception]:
        """What `work` returned or raised for each item, in order. A failure of one item does not affect the others.

        Raises only exceptions that end a process (such as KeyboardInterrupt); no more items are started then.
        """
        self._grow(min(self._size, len(items)))
        results: dict[int, R | Exception] = {}
        pending = deque(enumerate(items))
        ending: list[BaseException] = []

        def run(client: C) -> None:
            while pending:
                with contextlib.suppress(IndexError):  # another thread has taken the last one
                    number, item = pending.popleft()
                    results[number] = _outcome(work, client, item)

        def run_in_thread(client: C) -> None:
            try:
                run(client)
            except BaseException as error:  # noqa: BLE001  (it is raised below, in the waiting thread)
                ending.append(error)
                pending.clear()

        threads = _start(run_in_thread, self.clients[1 : min(self._size, len(items))])
        try:
            run(self.clients[0])
        finally:
            # Nothing is left to do, or the process has to end.
            pending.clear()
            for thread in threads:
                thread.join()
        if ending:
            raise ending[0]
        return [results[number] for number in range(len(items))]

    def _grow(self, count: int) -> None:
        """Opens connections up to this number, or until no more can be opened."""
        missing = count - len(self.clients)
        if missing < 1:
            return
        affordable = _free_descriptors(missing * _DESCRIPTORS_PER_CONNECTION + _RESERVED_DESCRIPTORS)
        affordable = (affordable - _RESERVED_DESCRIPTORS) // _DESCRIPTORS_PER_CONNECTION
        for _number in range(min(missing, affordable)):
            try:
                self.clients.append(self._connect())
            except (OSError, MondooError):
                return


def _outcome(work: Callable[[C, T], R], client: C, item: T) -> R | Exception:
    try:
        return work(client, item)
    except Exception as error:  # noqa: BLE001  (the results of others must not be lost because of this one)
        return error


def _start(run: Callable[[C], None], clients: Sequence[C]) -> list[threading.Thread]:
    """A thread for each client, as long as threads can be started."""
    threads: list[threading.Thread] = []
    for client in clients:
        thread = threading.Thread(target=run, args=(client,))
        try:
            thread.start()
        except RuntimeError:
            break
        threads.append(thread)
    return threads


def _free_descriptors(wanted: int) -> int:
    """How many more files this process can open, up to `wanted`."""
    duplicates: list[int] = []
    try:
        source = os.open(os.devnull, os.O_RDONLY)
        duplicates.append(source)
        while len(duplicates) < wanted:
            duplicates.append(os.dup(source))
    except OSError:
        pass
    for descriptor in duplicates:
        os.close(descriptor)
    return len(duplicates)
