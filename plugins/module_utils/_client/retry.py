# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a request is tried again, how long to wait before, and when to give up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .._values.errors import MondooError

_FIRST_WAIT = 0.5  # seconds
MAX_TOTAL_WAIT = 120.0  # seconds that one request may spend waiting between its tries

T = TypeVar("T")


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with jitter; the service's `Retry-After` is honoured within the cap.

    retries: how often a request is tried again; 0 for never.
    sleep: takes seconds. jitter: a number from 0 to 1.
    """

    retries: int
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def call(self, request: Callable[[], T], repeatable: Callable[[MondooError], bool]) -> T:
        """Returns what `request` returns; after a `repeatable` failure it is called again, until none is left."""
        waited = 0.0
        tries = 1
        while True:
            try:
                return request()
            except MondooError as error:
                if not repeatable(error):
                    raise
                failure = error
            pause = max(self.backoff(tries), failure.retry_after or 0.0)
            if tries > self.retries:
                raise failure.note(f"It was tried {tries} times.") if tries > 1 else failure
            if waited + pause > MAX_TOTAL_WAIT:
                raise failure.note(
                    f"Waiting {pause:.0f} seconds more would exceed the {MAX_TOTAL_WAIT:.0f} seconds"
                    " that one request may wait."
                )
            self.sleep(pause)
            waited += pause
            tries += 1

    def backoff(self, tries: int) -> float:
        """Seconds to wait after so many tries."""
        # Jitter keeps many hosts that failed together from coming back together.
        return _FIRST_WAIT * 2.0 ** min(tries - 1, 10) * (0.5 + self.jitter() / 2)
