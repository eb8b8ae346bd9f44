# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When to retry a request, how long to wait before that, and when to give up."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from .._values.errors import MondooError
from .._values.times import count_of

_FIRST_WAIT = 0.5  # seconds
MAX_TOTAL_WAIT = 120.0  # seconds that one step may spend waiting

T = TypeVar("T")


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with jitter.

    retries: how often a request is retried; 0 for never.
    sleep: takes seconds. jitter: a number from 0 to 1.
    """

    retries: int
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def budget(self, seconds: float = MAX_TOTAL_WAIT) -> RetryBudget:
        """A new budget, by default for one step."""
        return RetryBudget(self, seconds)

    def backoff(self, tries: int) -> float:
        """Seconds to wait after `tries` attempts."""
        # Jitter prevents many hosts that failed together from retrying together.
        return _FIRST_WAIT * 2.0 ** min(tries - 1, 10) * (0.5 + self.jitter() / 2)


class RetryBudget:
    """How long one step may wait. All loops of the step, nested or not, share the same budget.

    waited: seconds so far. Used by one thread at a time.
    """

    def __init__(self, policy: RetryPolicy, seconds: float) -> None:
        self.waited = 0.0
        self._policy = policy
        self._seconds = seconds

    def call(self, request: Callable[[], T], repeatable: Callable[[MondooError], bool]) -> T:
        """Returns what `request` returns. After a `repeatable` failure it is called again, as often as the policy says and
        as long as the budget lasts; then its last failure is raised.
        """
        tries = 1
        while True:
            try:
                return request()
            except MondooError as error:
                if not repeatable(error):
                    raise
                failure = error
            if tries > self._policy.retries:
                raise failure.note(f"It was tried {tries} times.") if tries > 1 else failure
            self.pause(tries, failure)
            tries += 1

    def pause(self, tries: int, error: MondooError | None = None) -> None:
        """Waits after `tries` attempts: for the backoff, or for the time requested by the service in `error` if longer.

        If that would exceed the budget, raises `error`; without one, returns at once.
        """
        seconds = max(self._policy.backoff(tries), (error.retry_after if error else None) or 0.0)
        if self.waited + seconds > self._seconds:
            if error is None:
                return
            raise error.note(
                f"Waiting {count_of(math.ceil(seconds), 'second')} more would exceed the {self._seconds:.0f} seconds that one"
                " step may wait."
            )
        self._wait(seconds)

    def attempts(self, patience: float = math.inf) -> Iterator[None]:
        """Yields for each attempt at something that may take a moment: at once, and after growing pauses.

        The last attempt is after `patience` seconds in total, or when the budget is used up.
        """
        end = min(self.waited + patience, self._seconds)
        for tries in itertools.count(1):
            yield
            if self.waited >= end:
                return
            self._wait(min(self._policy.backoff(tries), end - self.waited))

    def _wait(self, seconds: float) -> None:
        self._policy.sleep(seconds)
        self.waited += seconds
