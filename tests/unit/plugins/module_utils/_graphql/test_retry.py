# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a request is tried, how long the pauses are, and when waiting ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.retry import (
    MAX_TOTAL_WAIT,
    RetryBudget,
    RetryPolicy,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from hypothesis import given
from hypothesis import strategies as st


def down(retry_after: float | None = None) -> MondooError:
    return MondooError("Unavailable", "down", transient=True, retry_after=retry_after, advice="")


class Request:
    """Fails with the given waits asked for, then answers. tries: how often it was called."""

    def __init__(self, *waits: float | None, endless: bool = False) -> None:
        self._waits = list(waits)
        self._endless = endless
        self.tries = 0

    def __call__(self) -> str:
        self.tries += 1
        if self._endless or self._waits:
            raise down(self._waits.pop(0) if self._waits else None)
        return "answer"


class Pauses(list[float]):
    """What was slept, in seconds."""

    def budget(self, retries: int, jitter: float = 1.0) -> RetryBudget:
        return RetryPolicy(retries, sleep=self.append, jitter=lambda: jitter).budget()


def _always(_error: MondooError) -> bool:
    return True


@pytest.mark.parametrize(
    ("failures", "jitter", "pauses"),
    [
        (0, 1.0, []),
        (1, 1.0, [0.5]),
        (4, 1.0, [0.5, 1.0, 2.0, 4.0]),
        (4, 0.0, [0.25, 0.5, 1.0, 2.0]),
        (2, 0.5, [0.375, 0.75]),
    ],
)
def test_pauses_grow_and_vary(failures: int, jitter: float, pauses: list[float]) -> None:
    slept = Pauses()
    request = Request(*[None] * failures)
    assert slept.budget(4, jitter).call(request, _always) == "answer"
    assert slept == pauses
    assert request.tries == failures + 1


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_when_no_try_is_left_the_last_failure_is_raised(retries: int) -> None:
    slept = Pauses()
    request = Request(endless=True)
    with pytest.raises(MondooError) as caught:
        slept.budget(retries).call(request, _always)
    assert request.tries == retries + 1
    assert len(slept) == retries
    assert str(caught.value) == ("down." if not retries else f"down. It was tried {retries + 1} times.")


def test_what_is_not_repeatable_is_raised_at_once() -> None:
    slept = Pauses()
    request = Request(None)
    with pytest.raises(MondooError, match="^down.$"):
        slept.budget(4).call(request, lambda error: not error.transient)
    assert (request.tries, slept) == (1, [])


def test_other_exceptions_are_not_touched() -> None:
    slept = Pauses()

    def request() -> str:
        raise KeyError("x")

    with pytest.raises(KeyError):
        slept.budget(4).call(request, _always)
    assert not slept


@pytest.mark.parametrize(
    ("asked", "pauses"), [([7.0], [7.0]), ([0.0], [0.5]), ([0.1], [0.5]), ([60.0, 60.0], [60.0, 60.0])]
)
def test_the_wait_that_was_asked_for_is_honoured(asked: list[float], pauses: list[float]) -> None:
    slept = Pauses()
    assert slept.budget(4).call(Request(*asked), _always) == "answer"
    assert slept == pauses


@pytest.mark.parametrize(
    ("asked", "slept_before", "more"),
    [
        ([121.0], [], "121 seconds"),
        ([60.0, 60.1], [60.0], "61 seconds"),
        ([86_400.0], [], "86400 seconds"),
        ([100.0, 30.0], [100.0], "30 seconds"),
        ([119.5, 1.0], [119.5], "1 second"),
        ([119.9, 0.2], [119.9], "1 second"),
    ],
)
def test_the_total_wait_has_a_cap(asked: list[float], slept_before: list[float], more: str) -> None:
    slept = Pauses()
    with pytest.raises(MondooError) as caught:
        slept.budget(9).call(Request(*asked), _always)
    assert slept == slept_before
    assert f"Waiting {more} more would exceed the 120 seconds that one step may wait." in str(caught.value)


def test_loops_that_wrap_each_other_share_one_cap() -> None:
    """A service that asks for 25 seconds each time: 4 pauses, and not 4 in each of three loops."""
    slept = Pauses()
    budget = slept.budget(4)
    request = Request(*[25.0] * 1000)

    def nested(call: Callable[[], str]) -> Callable[[], str]:
        return lambda: budget.call(call, _always)

    with pytest.raises(MondooError):
        nested(nested(nested(request)))()
    assert slept == [25.0] * 4
    assert budget.waited == 100.0


def test_a_pause_draws_on_the_same_budget() -> None:
    slept = Pauses()
    budget = slept.budget(4)
    budget.pause(1)
    budget.pause(3)
    budget.pause(1, down(60.0))
    assert slept == [0.5, 2.0, 60.0]
    with pytest.raises(MondooError) as caught:
        budget.pause(1, down(60.0))
    assert "would exceed" in str(caught.value)
    # There is nothing to raise, and nothing is left: whoever looks for something looks once more at once.
    for _look in range(500):
        budget.pause(9)
    assert sum(slept) <= MAX_TOTAL_WAIT


@pytest.mark.parametrize(
    ("patience", "before", "pauses"),
    [
        (0.0, 0.0, []),
        (0.3, 0.0, [0.3]),
        (10.0, 0.0, [0.5, 1.0, 2.0, 4.0, 2.5]),
        # Within the budget, of which others have used a part.
        (10.0, 115.0, [0.5, 1.0, 2.0, 1.5]),
        (10.0, 120.0, []),
        (float("inf"), 119.0, [0.5, 0.5]),
    ],
)
def test_attempts_end_with_the_patience_or_the_budget(patience: float, before: float, pauses: list[float]) -> None:
    slept = Pauses()
    budget = slept.budget(0)
    budget.waited = before
    assert len(list(budget.attempts(patience))) == len(pauses) + 1
    assert slept == pauses
    assert budget.waited == before + sum(pauses)


def test_waits_during_attempts_count_too() -> None:
    slept = Pauses()
    budget = slept.budget(4)
    for _attempt in budget.attempts(10.0):
        budget.pause(1, down(4.0))
    assert slept == [4.0, 0.5, 4.0, 1.0, 4.0]


@given(st.integers(0, 40), st.floats(0, 1), st.lists(st.none() | st.floats(0, 200), max_size=50))
def test_the_cap_holds_whatever_happens(retries: int, jitter: float, waits: list[float | None]) -> None:
    slept = Pauses()
    request = Request(*waits, endless=True)
    with pytest.raises(MondooError):
        slept.budget(retries, jitter).call(request, _always)
    assert sum(slept) <= MAX_TOTAL_WAIT
    assert request.tries == len(slept) + 1 <= retries + 1


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_pause_stays_a_number(tries: int, jitter: float) -> None:
    assert 0.25 <= RetryPolicy(0, jitter=lambda: jitter).backoff(tries) <= 512
