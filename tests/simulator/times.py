# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as the service keeps them: RFC 3339 in UTC with up to nanoseconds, like the Go server that it stands in for."""

from __future__ import annotations

import time
from datetime import datetime, timezone

ZERO = "0001-01-01T00:00:00Z"
EPOCH = "1970-01-01T00:00:00Z"


def now(shift: float = 0.0) -> str:
    """With all nine digits, so that texts sort as times do. shift: seconds that the clock is ahead of this host's."""
    seconds, nanoseconds = divmod(time.time_ns() + round(shift * 1_000_000_000), 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds:09}Z"


def timestamp(shift: float = 0.0) -> float:
    """Seconds since 1970, by a clock that is ahead of this host's."""
    return time.time() + shift


def kept(text: str) -> str:
    """A time that a test declares, as `now` would give it; raises ValueError."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def shown(text: str) -> str:
    """A kept time as Go writes it: without zeros at the end of the fraction."""
    return text.removesuffix("Z").rstrip("0").rstrip(".") + "Z" if "." in text else text
