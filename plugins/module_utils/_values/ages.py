# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a token is old or unused, also if the service does not report all of its times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from .errors import MondooError
from .token import Token


def match_ages(
    token: Token,
    older_than: timedelta | None,
    unused_for: timedelta | None,
    now: datetime,
    unknown: Callable[[str, str], MondooError],
) -> bool:
    """Whether the token was created, and last used, at least so long ago; None matches everything.

    unused_for: since the creation of a token that was never used. unknown: the error for an option that an unknown time
    decides, and what is unknown, such as `was created`; it is raised only if no other option excludes the token.
    """
    verdicts = {
        **({} if older_than is None else {"older_than": _is_older(token, older_than, now)}),
        **({} if unused_for is None else {"unused_for": _is_unused(token, unused_for, now)}),
    }
    if False in verdicts.values():
        return False
    for option, verdict in verdicts.items():
        if verdict is None:
            raise unknown(option, "was created" if option == "older_than" or token.last_use_known else "was last used")
    return True


def _is_older(token: Token, limit: timedelta, now: datetime) -> bool | None:
    if token.created_at is not None:
        return now - token.created_at >= limit
    # It was created before it was used.
    return True if token.last_used_at is not None and now - token.last_used_at >= limit else None


def _is_unused(token: Token, limit: timedelta, now: datetime) -> bool | None:
    activity = (token.last_used_at or token.created_at) if token.last_use_known else None
    return None if activity is None else now - activity >= limit
