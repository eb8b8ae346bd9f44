# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients that work side by side."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Iterator

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.pool import ConnectionPool
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError

_PATIENCE = 10.0  # seconds, for what would otherwise hang a test


class Client:
    """A client for one thread at a time."""


def pool(size: int) -> ConnectionPool[Client]:
    return ConnectionPool(Client(), Client, size)


def double(_client: Client, item: int) -> int:
    return item * 2


@pytest.mark.parametrize("size", [1, 2, 8, 64])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 100])
def test_results_come_in_order(size: int, count: int) -> None:
    assert pool(size).map(double, range(count)) == [number * 2 for number in range(count)]


@pytest.mark.parametrize(("size", "count", "expected"), [(1, 9, 1), (4, 9, 4), (8, 3, 3), (8, 1, 1), (8, 0, 1)])
def test_no_more_connections_than_there_is_work(size: int, count: int, expected: int) -> None:
    clients = pool(size)
    clients.map(double, range(count))
    clients.map(double, range(count))
    assert len(clients.clients) == expected


def test_they_work_at_the_same_time_and_none_for_two() -> None:
    together = threading.Barrier(4, timeout=_PATIENCE)
    busy: set[int] = set()
    lock = threading.Lock()

    def work(client: Client, _item: int) -> bool:
        with lock:
            alone = id(client) not in busy
            busy.add(id(client))
        # Nobody gets past it before four are here.
        together.wait()
        with lock:
            busy.discard(id(client))
        return alone

    assert pool(4).map(work, range(12)) == [True] * 12


@pytest.mark.parametrize("size", [1, 3])
def test_a_failure_of_one_is_its_result(size: int) -> None:
    def work(_client: Client, item: int) -> int:
        if item % 10 == 1:
            raise ValueError(item)
        return item

    results = pool(size).map(work, range(50))
    assert [result for result in results if not isinstance(result, Exception)] == [n for n in range(50) if n % 10 != 1]
    assert [str(result) for result in results if isinstance(result, Exception)] == ["1", "11", "21", "31", "41"]


class Ended(BaseException):
    """The process is to end, as by a signal."""


@pytest.mark.parametrize("size", [1, 3])
def test_what_ends_the_process_is_raised_when_those_under_way_are_done(size: int) -> None:
    begun: list[int] = []
    done: list[int] = []

    def work(_client: Client, item: int) -> int:
        begun.append(item)
        if item == 1:
            raise Ended
        done.append(item)
        return item

    with pytest.raises(Ended):
        pool(size).map(work, range(1000))
    assert sorted(begun) == sorted([*done, 1])
    assert len(begun) < 1000


# What runs out


@pytest.mark.parametrize("error", [OSError("too many open files"), MondooError("ConnectionFailed", "no")])
@pytest.mark.parametrize("opened", [0, 2])
def test_connections_that_cannot_be_opened_make_the_pool_smaller(error: Exception, opened: int) -> None:
    left = [opened]

    def connect() -> Client:
        if not left[0]:
            raise error
        left[0] -= 1
        return Client()

    clients = ConnectionPool(Client(), connect, 8)
    assert clients.map(double, range(50)) == [number * 2 for number in range(50)]
    assert len(clients.clients) == opened + 1


@pytest.mark.parametrize("started", [0, 2])
def test_threads_that_cannot_be_started_make_the_pool_smaller(started: int, monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start
    threads: list[threading.Thread] = []

    def start_some(thread: threading.Thread) -> None:
        if len(threads) == started:
            raise RuntimeError("can't start new thread")
        threads.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_some)
    assert pool(8).map(double, range(50)) == [number * 2 for number in range(50)]
    assert len(threads) == started


@pytest.fixture
def few_descriptors() -> Iterator[int]:
    """This process can open no more than 40 files more."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = os.open(os.devnull, os.O_RDONLY)
    os.close(probe)
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe + 40, before[1]))
    yield 40
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_there_are_no_more_connections_than_file_descriptors(few_descriptors: int) -> None:
    """Each of these opens its file only when it is used, as a connection does."""
    together = threading.Barrier(2, timeout=_PATIENCE)
    held: dict[int, int] = {}

    def work(client: Client, item: int) -> int:
        if id(client) not in held:
            held[id(client)] = os.open(os.devnull, os.O_RDONLY)
        if item < 2:
            together.wait()
        # For everything else there is room too.
        with open(os.devnull, encoding="utf-8") as other:
            return item if other.readable() else -1

    clients = pool(64)
    assert clients.map(work, range(200)) == list(range(200))
    assert 2 <= len(clients.clients) < few_descriptors / 2
    for descriptor in held.values():
        os.close(descriptor)
