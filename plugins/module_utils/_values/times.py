# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Durations as people write them, and the service's timestamps."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from .errors import GARBLED_ANSWER, MondooError, invalid_option

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DURATION = re.compile(r"(\d{1,9})([wdhms])")
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)")


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
    """Reads the service's `Time`: RFC 3339 with up to nanoseconds. None for null and for the zero time (never)."""
    if value is None or value == "":
        return None
    found = _TIMESTAMP.fullmatch(str(value))
    try:
        if not found:
            raise ValueError
        # Python 3.10 reads neither Z nor nanoseconds.
        zone = "+00:00" if found[3] in "Zz" else found[3]
        moment = datetime.fromisoformat(f"{found[1]}.{(found[2] or '0')[:6]:0<6}{zone}".upper())
        if moment.year <= 1:
            return None
        return moment.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise MondooError(GARBLED_ANSWER, f'"{value}" is not a time the service would send') from None


def timestamp_text(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC to the second, as results and retired names carry it; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_days(span: timedelta) -> int:
    """Completed days, never negative: clocks of two machines differ."""
    return max(span.days, 0)


def duration_text(span: timedelta) -> str:
    """A duration as people write it, in the largest unit that leaves no rest: `90d`, `12h`; `0` for none."""
    seconds = int(span.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s" if seconds else "0"


def count_of(number: int, noun: str) -> str:
    """A number with its noun in the singular or plural, such as `1 day` or `2 days`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
