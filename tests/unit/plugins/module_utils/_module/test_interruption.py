# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals end a module between two requests. Real signals, sent to this process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._module.interruption import (
    InterruptibleTransport,
    Interruption,
)
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer

ANSWER = Answer({}, [], 200, None)
SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]


@pytest.fixture(autouse=True)
def _ignored_by_nobody() -> Iterator[None]:
    """The signals as in a terminal: a shell has jobs in its background ignore SIGINT."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Service:
    """A transport whose requests can be interrupted. requests: how many it has answered."""

    def __init__(self, *interrupted_by: signal.Signals) -> None:
        self.requests = 0
        self._interrupted_by = list(interrupted_by)

    def post(self, *_request: Any) -> Answer:
        if self._interrupted_by:
            os.kill(os.getpid(), self._interrupted_by.pop())
        self.requests += 1
        return ANSWER

    def close(self) -> None:
        """There is nothing to close."""


@pytest.mark.parametrize("number", SIGNALS)
def test_a_request_under_way_is_completed_and_no_other_is_begun(number: signal.Signals) -> None:
    interruption, service = Interruption(), Service(number)
    transport = InterruptibleTransport(service, interruption)
    with interruption.catch():
        assert transport.post(None, {}, "generateAPIToken") is ANSWER  # type: ignore[arg-type]  # no document is looked at
        with pytest.raises(SystemExit) as ended:
            transport.post(None, {}, "updateAPIToken")  # type: ignore[arg-type]  # no document is looked at
    assert ended.value.code == 128 + number
    assert service.requests == 1


def test_waiting_ends_soon() -> None:
    interruption = Interruption()
    with interruption.catch():
        timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM))
        timer.start()
        with pytest.raises(SystemExit):
            interruption.sleep(600)
        timer.join()


def test_other_threads_end_too() -> None:
    interruption = Interruption()
    ended: list[BaseException] = []

    def wait() -> None:
        try:
            interruption.sleep(600)
        except SystemExit as error:
            ended.append(error)

    with interruption.catch():
        threads = [threading.Thread(target=wait) for _number in range(3)]
        for thread in threads:
            thread.start()
        os.kill(os.getpid(), signal.SIGTERM)
        for thread in threads:
            thread.join()
    assert len(ended) == 3


def test_without_a_signal_nothing_ends() -> None:
    interruption, service = Interruption(), Service()
    with interruption.catch():
        interruption.check()
        interruption.sleep(0.01)
        assert InterruptibleTransport(service, interruption).post(None, {}, "apiTokens") is ANSWER  # type: ignore[arg-type]  # no document is looked at


def test_signals_are_handled_as_before_afterwards() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with Interruption().catch():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """As nohup has it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        interruption = Interruption()
        with interruption.catch():
            os.kill(os.getpid(), signal.SIGHUP)
            interruption.check()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_thread_that_is_not_the_main_one_leaves_signals_alone() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen: list[object] = []

    def catch() -> None:
        with Interruption().catch():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=catch)
    thread.start()
    thread.join()
    assert seen == [before]


def test_a_second_signal_ends_the_process_at_once() -> None:
    program = """
import os, signal
from ansible_collections.mondoo.platform.plugins.module_utils._module.interruption import Interruption
with Interruption().catch():
    os.kill(os.getpid(), signal.SIGTERM)
    print("still there", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
    print("never printed", flush=True)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGTERM, "still there\n", "")
