# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The score of a token is made of parts that everybody can add up."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.score import score_parts, score_scale
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.tokens import tokens_from
from ansible_collections.mondoo.platform.tests.unit.support.audits import ago, entry, with_roles
from ansible_collections.mondoo.platform.tests.unit.support.builders import NOW, ORGANIZATION


def parts(token: dict[str, Any]) -> list[tuple[int, str]]:
    (audited,) = tokens_from([token])
    return [(part.points, part.reason) for part in score_parts(audited, NOW)]


NEW: dict[str, Any] = {"created_at": ago(1), "last_used_at": ago(0)}


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (with_roles(**NEW), []),
        (with_roles("viewer", **NEW), [(5, "viewer")]),
        (with_roles("viewer", "agent", **NEW), [(10, "agent")]),
        (with_roles("ticket-manager", **NEW), [(20, "ticket-manager")]),
        (entry(roles=["//other/roles/x"], **NEW), [(25, "//other/roles/x")]),
        (with_roles("editor", **NEW), [(30, "editor")]),
        (with_roles("owner", "viewer", **NEW), [(40, "owner")]),
        (entry(scope_mrn=ORGANIZATION.mrn, **NEW), [(5, "viewer"), (20, "a whole organization")]),
        (entry(created_at=ago(89), last_used_at=ago(0)), [(5, "viewer")]),
        (entry(created_at=ago(90), last_used_at=ago(0)), [(5, "viewer"), (6, "90 days old")]),
        (entry(created_at=ago(180), last_used_at=ago(0)), [(5, "viewer"), (12, "180 days old")]),
        (entry(created_at=ago(1380), last_used_at=ago(0)), [(5, "viewer"), (20, "1,380 days old")]),
        (entry(created_at=None, last_used_at=ago(0)), [(5, "viewer"), (10, "age unknown")]),
        (entry(created_at=ago(50), last_used_at=ago(29)), [(5, "viewer")]),
        (entry(created_at=ago(50), last_used_at=ago(30)), [(5, "viewer"), (5, "not used for 30 days")]),
        (entry(created_at=ago(6), last_used_at=None), [(5, "viewer")]),
        (entry(created_at=ago(7), last_used_at=None), [(5, "viewer"), (20, "never used")]),
        (entry(created_at=None, last_used_at=None), [(5, "viewer"), (10, "age unknown"), (20, "never used")]),
        (entry(last_used_at=None, unused_days=None), [(5, "viewer"), (10, "last use unknown")]),
    ],
)
def test_parts(token: dict[str, Any], expected: list[tuple[int, str]]) -> None:
    assert parts(token) == expected


def test_the_worst_token_has_a_hundred_points() -> None:
    worst = with_roles("owner", scope_mrn=ORGANIZATION.mrn, created_at=ago(4000), last_used_at=None)
    assert sum(points for points, _reason in parts(worst)) == 100


def test_the_scale_has_all_that_can_be_given() -> None:
    most = {
        part: max(int(row["points"]) for row in score_scale() if row["part"] == part)
        for part in ("permissions", "scope", "age", "use")
    }
    assert sum(most.values()) == 100
    assert [row["points"] for row in score_scale() if row["part"] == "permissions"] == [40, 30, 25, 20, 10, 5]
