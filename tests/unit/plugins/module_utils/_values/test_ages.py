# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Old and unused tokens, of which the service may not report all times."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.ages import match_ages
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.builders import DAY, NOW, token


def _created(days: int | None) -> dict[str, Any]:
    return {"created_at": None if days is None else NOW - days * DAY}


def _used(days: int) -> dict[str, Any]:
    return {"last_used_at": NOW - days * DAY}


UNKNOWN_USE = {"last_use_known": False}


@pytest.mark.parametrize(
    ("times", "older_than", "unused_for", "expected"),
    [
        (_created(None), None, None, True),
        (_created(90), 90, None, True),
        (_created(89), 90, None, False),
        (_created(90), None, 90, True),
        (_created(90) | _used(10), None, 90, False),
        (_created(90) | _used(10), 90, 10, True),
        # It is at least as old as its last use.
        (_created(None), 90, None, "older_than was created"),
        (_created(None) | _used(90), 90, None, True),
        (_created(None) | _used(89), 90, None, "older_than was created"),
        (_created(90) | UNKNOWN_USE, None, 90, "unused_for was last used"),
        (_created(None) | UNKNOWN_USE, None, 90, "unused_for was last used"),
        (_created(None), None, 90, "unused_for was created"),
        # What another option excludes is not decided by an unknown time.
        (_created(None) | _used(1), 365, 90, False),
        (_created(10) | UNKNOWN_USE, 11, 1, False),
    ],
)
def test_ages(times: dict[str, Any], older_than: int | None, unused_for: int | None, expected: bool | str) -> None:
    def span(days: int | None) -> timedelta | None:
        return None if days is None else days * DAY

    def unknown(option: str, what: str) -> MondooError:
        return MondooError("Unknown", f"{option} {what}")

    found: bool | str
    try:
        found = match_ages(token(**times), span(older_than), span(unused_for), NOW, unknown)
    except MondooError as error:
        found = error.reason
    assert found == expected
