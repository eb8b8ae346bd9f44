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


# How services write one and the same moment.
_AT_SIX = [
    "2026-11-23T18:00:00Z",
    "2026-11-23t18:00:00z",
    "2026-11-23 18:00:00Z",
    " 2026-11-23T18:00:00Z ",
    "2026-11-23T18:00:00",
    "2026-11-23T18:00",
    "2026-11-23T18",
    "2026-11-23T18:00:00.000000000Z",
    "2026-11-23T18:00:00,0Z",
    "2026-11-23T20:00:00+02:00",
    "2026-11-23T20:00:00+0200",
    "2026-11-23T20:00:00+02",
    "2026-11-23T12:30:00-05:30",
    "2026-11-23T12:30:00\u22120530",
    "20261123T180000Z",
    "20261123T1800Z",
    "2026-W48-1T18:00:00Z",
    "2026W481T18Z",
    "2026-327T18:00:00Z",
    # As Go prints it.
    "2026-11-23 18:00:00 +0000 UTC",
    "2026-11-23 20:00:00 +0200 CEST",
    "2026-11-23 15:00:00 -0300 -03",
    "2026-11-23 18:00:00 +0000 UTC m=+0.012345678",
    # Since 1970, in seconds, milliseconds, microseconds and nanoseconds.
    1795456800,
    1795456800.0,
    "1795456800",
    "1795456800.000",
    1795456800000,
    "1795456800000",
    1795456800000000,
    1795456800000000000,
]


@pytest.mark.parametrize("value", _AT_SIX)
def test_one_moment_in_many_forms(value: object) -> None:
    moment = timestamp_from(value)
    assert moment == datetime(2026, 11, 23, 18, tzinfo=UTC)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("20261123", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026327", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-W48-1", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-11-23T18:00:00.5Z", datetime(2026, 11, 23, 18, 0, 0, 500000, tzinfo=UTC)),
        ("2026-11-23T18:00:00.123456789Z", datetime(2026, 11, 23, 18, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-23T18:00,5Z", datetime(2026, 11, 23, 18, 0, 30, tzinfo=UTC)),
        ("2026-11-23T18.5Z", datetime(2026, 11, 23, 18, 30, tzinfo=UTC)),
        ("2026-12-31T23:59:60Z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-12-31T24:00:00Z", datetime(2027, 1, 1, tzinfo=UTC)),
        (1795456800.25, datetime(2026, 11, 23, 18, 0, 0, 250000, tzinfo=UTC)),
    ],
)
def test_special_forms(text: object, expected: datetime) -> None:
    assert timestamp_from(text) == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        " ",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00.000000000+00:00",
        "0001-01-01T00:00:00+05:00",
        "0001-01-01 00:00:00 +0000 UTC",
        -62135596800,
        "0000-00-00 00:00:00",
        "1970-01-01T00:00:00Z",
        "1970-01-01 01:00:00 +0100 CET",
        "1970-01-01",
        "1970-01-01T01:00:00Z",
        "1970-01-01T00:00:00+01:00",
        "1969-12-31T16:00:00-08:00",
        0,
        0.0,
        "0",
    ],
)
def test_times_that_stand_for_never(value: object) -> None:
    assert timestamp_from(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2026-13-23T18:00:00Z",
        "2026-02-30T18:00:00Z",
        "2026-366",
        "2026-W54-1",
        "2026-11-23T25:00:00Z",
        "2026-11-23T18:60:00Z",
        "2026-11-23T18:00:61Z",
        "2026-11-23T18:00:00+25:00",
        "2026-11-23T18:00:00.Z",
        "2026-11-23T18:00:00Z tomorrow",
        "9999-12-31T23:59:59-23:59",
        "7",
        7,
        True,
        float("nan"),
        float("inf"),
        10**400,
        "9" * 30,
        ["2026-11-23T18:00:00Z"],
        {},
    ],
    ids=str,
)
def test_what_is_no_time(value: object) -> None:
    with pytest.raises(MondooError) as caught:
        timestamp_from(value)
    assert caught.value.code == "GarbledAnswer"
    assert caught.value.reason == f'"{value}" is not a time that can be read'


@given(st.text() | st.integers() | st.floats())
def test_whatever_comes_is_a_time_or_none(value: object) -> None:
    try:
        moment = timestamp_from(value)
    except MondooError:
        return
    assert moment is None or moment.utcoffset() == timedelta()


@given(st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.just(UTC)))
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
