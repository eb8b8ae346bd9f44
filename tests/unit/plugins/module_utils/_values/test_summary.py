# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run says that it did."""

from __future__ import annotations

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.summary import Outcome, summarize

ALPHA = scope_from("space", "alpha")
ACME = scope_from("organization", "acme")


@pytest.mark.parametrize(
    ("outcomes", "done", "would"),
    [
        ([], "0 API tokens declared: nothing to do", "0 API tokens declared: nothing to do"),
        (
            [Outcome("created", "ci", ALPHA)],
            '1 API token declared: 1 created. Created in space "alpha": "ci"',
            '1 API token declared: 1 would be created. Would be created in space "alpha": "ci"',
        ),
        (
            [Outcome("unchanged", "a", ALPHA), Outcome("failed", "b", ALPHA)],
            "2 API tokens declared: 1 unchanged, 1 failed",
            "2 API tokens declared: 1 unchanged, 1 failed",
        ),
        (
            [
                Outcome("replaced", "b", ACME),
                Outcome("unchanged", "x", ALPHA),
                Outcome("created", "a", ALPHA),
                Outcome("created", "c", ACME),
                Outcome("created", "d", ALPHA),
                Outcome("pruned", "old", ALPHA),
            ],
            '5 API tokens declared: 3 created, 1 replaced, 1 pruned, 1 unchanged. Created in space "alpha": "a", "d"; in'
            ' organization "acme": "c". Replaced in organization "acme": "b". Pruned in space "alpha": "old"',
            "5 API tokens declared: 3 would be created, 1 would be replaced, 1 would be pruned, 1 unchanged. Would be created in"
            ' space "alpha": "a", "d"; in organization "acme": "c". Would be replaced in organization "acme": "b". Would be'
            ' pruned in space "alpha": "old"',
        ),
        (
            [Outcome("corrected in its file", "ci", ALPHA)],
            '1 API token declared: 1 corrected in its file. Corrected in its file in space "alpha": "ci"',
            '1 API token declared: 1 would be corrected in its file. Would be corrected in its file in space "alpha": "ci"',
        ),
    ],
)
def test_counts_and_names(outcomes: list[Outcome], done: str, would: str) -> None:
    assert summarize(outcomes, check_mode=False) == done
    assert summarize(outcomes, check_mode=True) == would


def test_more_than_a_screenful_is_counted_by_scope_and_what_is_rare_is_still_named() -> None:
    created = [Outcome("created", f"t{number}", ALPHA) for number in range(25)]
    more = [Outcome("created", "ci", scope_from("space", f"s{number:02}")) for number in range(11)]
    pruned = [Outcome("pruned", "old", ACME)]
    text = summarize([*created, *more, *pruned], check_mode=False)
    listed = ", ".join(f'1 in space "s{number:02}"' for number in range(9))
    assert text == (
        f'36 API tokens declared: 36 created, 1 pruned. Created: 25 in space "alpha", {listed}, 2 in 2 more scopes.'
        ' Pruned in organization "acme": "old"'
    )
    assert '"t24"' in summarize([*created, *pruned], check_mode=False)
