# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Durations as users write them, and times as services write them."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta, timezone

from .errors import GARBLED_ANSWER, MondooError, invalid_option

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DURATION = re.compile(r"(\d{1,9})([wdhms])")
# ISO 8601 in its basic and extended forms, and Go's format: `2026-11-01 00:00:00.5 +0200 CEST m=+0.1`.
_DATE = (
    r"(?P<year>\d{4})(?:-?W(?P<week>\d\d)(?:-?(?P<weekday>[1-7]))?"
    r"|-(?P<month>\d\d)(?:-(?P<day>\d\d))?|(?P<compact>\d{4})|-?(?P<ordinal>\d{3}))?"
)
_CLOCK = r"(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d))?)?(?:[.,](?P<fraction>\d+))?"
_ZONE = r"(?P<zone>Z|UTC|(?P<sign>[+\u2212-])(?P<zone_hour>\d\d)(?::?(?P<zone_minute>\d\d))?)"
_GO = r"(?: (?:[A-Z]{1,5}|[+-]\d{2,4}))?(?: m=[+-][\d.]+)?"
_TIMESTAMP = rf"{_DATE}(?:(?:T| +){_CLOCK}(?: ?{_ZONE}{_GO})?)?"
# The format of most services; a listing may have thousands of them.
_USUAL = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})\d*)?Z")
_EPOCH_NUMBER = re.compile(r"-?\d+(\.\d+)?")
# At or above these, a number since 1970 is in milliseconds, microseconds, nanoseconds.
_EPOCH_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0, 1))
_LEAST_EPOCH_NUMBER = 1e8  # seconds, in 1973: a smaller number is something else
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def duration_from(option: str, value: str) -> timedelta:
    """Reads a duration such as `90d`, `12h`, `30m`, `45s`, `2w` or `0`; `option` is named in the error."""
    text = value.strip()
    if text == "0":
        return timedelta()
    found = _DURATION.fullmatch(text)
    if found:
        try:
            return timedelta(**{_UNITS[found[2]]: int(found[1])})
        except OverflowError:
            pass
    raise invalid_option(
        f'{option}: "{value}" is not a duration: write a whole number and one of w, d, h, m, s, as in 90d or 12h, or 0'
    )


def timestamp_from(value: object) -> datetime | None:
    """Reads a time of the service: ISO 8601 in any form, Go's format, or a number since 1970. In UTC, also for a time without
    an offset. None for null, and for times that mean never: those of year 1, and the start of 1970 in any time zone.

    Raises MondooError (`GarbledAnswer`) for anything else.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        moment = _moment(value)
    except (ValueError, OverflowError):
        raise MondooError(GARBLED_ANSWER, f'"{value}" is not a time that can be read') from None
    return None if moment is None or abs(moment - _EPOCH) < timedelta(days=1) else moment


def _moment(value: object) -> datetime | None:
    """None for a time before the year 2. Raises ValueError or OverflowError if it cannot be read."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _since_epoch(value)
    if not isinstance(value, str):
        raise ValueError
    usual = _USUAL.fullmatch(value)
    if usual and usual[6] != "60" and usual[4] != "24":
        *parts, fraction = usual.groups()
        year, month, day, hour, minute, second = map(int, parts)
        microsecond = int(f"{fraction or 0:<06}")
        return None if year <= 1 else datetime(year, month, day, hour, minute, second, microsecond, timezone.utc)
    text = value.strip()
    match = re.fullmatch(_TIMESTAMP, text, re.IGNORECASE)
    if match and not (text.isdecimal() and len(text) > 8):
        return _from_parts(match)
    if _EPOCH_NUMBER.fullmatch(text):
        return _since_epoch(float(text))
    raise ValueError


def _since_epoch(number: float) -> datetime | None:
    if not math.isfinite(number) or 0 < abs(number) < _LEAST_EPOCH_NUMBER:
        raise ValueError
    factor = next(factor for least, factor in _EPOCH_UNITS if abs(number) >= least)
    seconds = number / factor
    # Go's zero time.
    return None if seconds <= -62135596800 else _EPOCH + timedelta(seconds=seconds)


def _from_parts(match: re.Match[str]) -> datetime | None:
    if int(match["year"]) <= 1:
        return None
    moment = datetime.combine(_day(match), datetime.min.time(), timezone.utc)
    if match["hour"] is None:
        return moment
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    # 60 is a leap second, 24:00 the end of a day.
    if minute > 59 or second > 60 or hour * 3600 + minute * 60 + second > 86400:
        raise ValueError
    unit = timedelta(seconds=1) if match["second"] else timedelta(minutes=1) if match["minute"] else timedelta(hours=1)
    moment += timedelta(hours=hour, minutes=minute, seconds=second) + unit * float(
        f"0.{(match['fraction'] or '0')[:6]}"
    )
    if match["sign"]:
        offset = timedelta(hours=int(match["zone_hour"]), minutes=int(match["zone_minute"] or 0))
        if offset >= timedelta(days=1):
            raise ValueError
        moment += offset if match["sign"] != "+" else -offset
    return moment


def _day(match: re.Match[str]) -> date:
    year = int(match["year"])
    if match["week"]:
        return date.fromisocalendar(year, int(match["week"]), int(match["weekday"] or 1))
    if match["ordinal"]:
        day = date(year, 1, 1) + timedelta(days=int(match["ordinal"]) - 1)
        if day.year != year:
            raise ValueError
        return day
    compact = match["compact"]
    month, day_of_month = (compact[:2], compact[2:]) if compact else (match["month"], match["day"])
    return date(year, int(month or 1), int(day_of_month or 1))


def later(moment: datetime, span: timedelta) -> datetime:
    """The moment after a span of time, at most the last one that can be represented."""
    try:
        return moment + span
    except OverflowError:
        return datetime.max.replace(tzinfo=timezone.utc)


def timestamp_text(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC to the second, as in results and retired names; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_days(span: timedelta) -> int:
    """Completed days, never negative, since clocks of two machines differ."""
    return max(span.days, 0)


def duration_text(span: timedelta) -> str:
    """A duration as users write it, in the largest unit without a remainder: `90d`, `12h`; `0` for none."""
    seconds = int(span.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s" if seconds else "0"


def count_of(number: int, noun: str) -> str:
    """A number with its noun in the singular or plural, such as `1 day` or `2 days`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
