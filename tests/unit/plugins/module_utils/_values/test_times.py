# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Durations that people write, and times that the service sends."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import (
    duration_from,
    timestamp_from,
    timestamp_text,
    whole_days,
)
from hypothesis import given
from hypothesis import strategies as st

UTC = timezone.utc


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90d", timedelta(days=90)),
        ("12h", timedelta(hours=12)),
        ("30m", timedelta(minutes=30)),
        ("45s", timedelta(seconds=45)),
        ("2w", timedelta(weeks=2)),
        ("0", timedelta()),
        ("0d", timedelta()),
        (" 1d ", timedelta(days=1)),
        ("999999999d", timedelta(days=999999999)),
    ],
)
def test_durations(text: str, expected: timedelta) -> None:
    assert duration_from("rotate_after", text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "d",
        "90",
        "1",
        "-1d",
        "+1d",
        "1.5d",
        "1 d",
        "1D",
        "90d12h",
        "1y",
        "1e3d",
        "never",
        "999999999w",
        "9999999999d",
    ],
)
@pytest.mark.parametrize("option", ["rotate_after", "overlap"])
def test_what_is_no_duration(text: str, option: str) -> None:
    with pytest.raises(MondooError) as caught:
        duration_from(option, text)
    assert caught.value.code == "InvalidOption"
    assert str(caught.value) == (
        f'{option}: "{text}" is not a duration: write a whole number and one of w, d, h, m, s, as in 90d or 12h, or 0.'
    )


@given(st.integers(0, 10**6), st.sampled_from(["w", "d", "h", "m", "s"]))
def test_a_duration_counts_its_unit(number: int, unit: str) -> None:
    seconds = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}[unit]
    assert duration_from("x", f"{number}{unit}").total_seconds() == number * seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T18:00:00Z", datetime(2026, 11, 23, 18, tzinfo=UTC)),
        ("2026-11-23t18:00:00z", datetime(2026, 11, 23, 18, tzinfo=UTC)),
        ("2026-11-23 18:00:00Z", datetime(2026, 11, 23, 18, tzinfo=UTC)),
        ("2026-11-23T18:00:00.5Z", datetime(2026, 11, 23, 18, 0, 0, 500000, tzinfo=UTC)),
        ("2026-11-23T18:00:00.123456789Z", datetime(2026, 11, 23, 18, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-23T18:00:00+02:00", datetime(2026, 11, 23, 16, tzinfo=UTC)),
        ("2026-11-23T18:00:00.000000001-05:30", datetime(2026, 11, 23, 23, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00.000000000+00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_timestamps(text: str | None, expected: datetime | None) -> None:
    found = timestamp_from(text)
    assert found == expected
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2026-11-23",
        "2026-11-23T18:00:00",
        "2026-13-23T18:00:00Z",
        "2026-02-30T18:00:00Z",
        "2026-11-23T25:00:00Z",
        "2026-11-23T18:00:00+25:00",
        "2026-11-23T18:00:00.Z",
        "9999-12-31T23:59:59-23:59",
        1795456800,
        ["2026-11-23T18:00:00Z"],
    ],
)
def test_what_is_no_timestamp(value: object) -> None:
    with pytest.raises(MondooError) as caught:
        timestamp_from(value)
    assert caught.value.code == "GarbledAnswer"
    assert caught.value.reason == f'"{value}" is not a time the service would send'


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))
def test_a_timestamp_round_trips_to_the_second(moment: datetime) -> None:
    text = timestamp_text(moment)
    assert timestamp_from(text) == moment.replace(microsecond=0)


def test_times_are_shown_in_utc() -> None:
    assert timestamp_text(datetime(2026, 11, 23, 18, tzinfo=timezone(timedelta(hours=2)))) == "2026-11-23T16:00:00Z"
    assert timestamp_text(None) is None


@pytest.mark.parametrize(
    ("span", "days"),
    [
        (timedelta(), 0),
        (timedelta(days=1) - timedelta(microseconds=1), 0),
        (timedelta(days=1), 1),
        (timedelta(days=90, hours=23), 90),
        (-timedelta(seconds=1), 0),
    ],
)
def test_days_are_whole_and_never_negative(span: timedelta, days: int) -> None:
    assert whole_days(span) == days
