# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import (
    Stage,
    TokenName,
    parse_name,
    pending_name,
    retired_name,
)
from hypothesis import given
from hypothesis import strategies as st

AT = datetime(2026, 11, 25, 1, 2, 3, tzinfo=timezone.utc)


def test_staged_names_are_written_as_people_see_them() -> None:
    assert pending_name("ci", AT) == "ci (pending 2026-11-25T01:02:03Z)"
    assert retired_name("ci", AT) == "ci (retired 2026-11-25T01:02:03Z)"
    assert str(TokenName("ci")) == "ci"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ci", TokenName("ci")),
        ("ci (pending 2026-11-25T01:02:03Z)", TokenName("ci", Stage.PENDING, AT)),
        ("ci (retired 2026-11-25T01:02:03Z)", TokenName("ci", Stage.RETIRED, AT)),
        ("two\nlines (retired 2026-11-25T01:02:03Z)", TokenName("two\nlines", Stage.RETIRED, AT)),
        ("ci (pending)", TokenName("ci (pending)")),
        ("ci (retired 2026-11-25)", TokenName("ci (retired 2026-11-25)")),
        ("ci (retired 2026-13-45T01:02:03Z)", TokenName("ci (retired 2026-13-45T01:02:03Z)")),
        ("ci (retired 2026-11-25T01:02:03Z) ", TokenName("ci (retired 2026-11-25T01:02:03Z) ")),
        (" (retired 2026-11-25T01:02:03Z)", TokenName(" (retired 2026-11-25T01:02:03Z)")),
        (
            "ci (retired 2026-11-25T01:02:03Z) (pending 2026-11-25T01:02:03Z)",
            TokenName("ci (retired 2026-11-25T01:02:03Z)", Stage.PENDING, AT),
        ),
    ],
)
def test_names_are_taken_apart(text: str, expected: TokenName) -> None:
    assert parse_name(text) == expected


@given(st.text(min_size=1))
def test_every_name_survives_being_taken_apart(text: str) -> None:
    assert str(parse_name(text)) == text
