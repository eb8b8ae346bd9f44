# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tokens an offboarding deletes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.plugin_utils._offboarding import Criteria, choose, read_criteria

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)
ALPHA = scope_from("space", "alpha")
MRN = "//agents.api.mondoo.app/spaces/alpha/serviceaccounts/"


def token(name: str = "ci", **changes: Any) -> Token:
    given = {"created_at": NOW - 100 * DAY, "created_by": "Ann@Example.com", "last_used_at": NOW - 50 * DAY, **changes}
    return Token(mrn=f"{MRN}{name}", name=name, scope=ALPHA, **given)


@pytest.mark.parametrize(
    ("criteria", "matches"),
    [
        (Criteria(created_by=("ann@example.com",)), True),
        (Criteria(created_by=("*@EXAMPLE.com",)), True),
        (Criteria(created_by=("bob@example.com", "ann@example.com")), True),
        (Criteria(created_by=("ann",)), False),
        (Criteria(names=("ci",)), True),
        (Criteria(names=("CI",)), False),
        (Criteria(names=("x", "c*")), True),
        (Criteria(older_than=100 * DAY), True),
        (Criteria(older_than=101 * DAY), False),
        (Criteria(unused_for=50 * DAY), True),
        (Criteria(unused_for=51 * DAY), False),
        (Criteria(created_by=("ann@example.com",), names=("c*",), older_than=DAY, unused_for=DAY), True),
        # All of them must fit.
        (Criteria(created_by=("bob@example.com",), names=("c*",), older_than=DAY, unused_for=DAY), False),
        (Criteria(created_by=("ann@example.com",), names=("x",), older_than=DAY, unused_for=DAY), False),
        (Criteria(created_by=("ann@example.com",), names=("c*",), older_than=101 * DAY, unused_for=DAY), False),
        (Criteria(created_by=("ann@example.com",), names=("c*",), older_than=DAY, unused_for=51 * DAY), False),
    ],
)
def test_criteria(criteria: Criteria, matches: bool) -> None:
    assert criteria.match(token(), NOW) is matches


@pytest.mark.parametrize(
    ("changes", "criteria", "matches"),
    [
        # For one that was never used, its creation counts.
        ({"last_used_at": None}, Criteria(unused_for=100 * DAY), True),
        ({"last_used_at": None}, Criteria(unused_for=101 * DAY), False),
        # What nobody has made fits nobody.
        ({"created_by": None}, Criteria(created_by=("ann@example.com",)), False),
        ({"created_by": None}, Criteria(created_by=("?*",)), False),
        # A rotation's leftovers go with their name.
        ({"name": "ci (retired 2026-01-01T00:00:00Z)"}, Criteria(names=("ci",)), True),
        ({"name": "ci (pending 2026-01-01T00:00:00Z)"}, Criteria(names=("ci",)), True),
        # A time that decides nothing may be unknown.
        ({"created_at": None, "last_use_known": False}, Criteria(names=("x",), older_than=DAY, unused_for=DAY), False),
    ],
)
def test_special_tokens(changes: dict[str, Any], criteria: Criteria, matches: bool) -> None:
    assert criteria.match(token(**changes), NOW) is matches


@pytest.mark.parametrize(
    ("changes", "criteria", "words"),
    [
        ({"created_at": None}, Criteria(older_than=51 * DAY), 'older_than: the service does not report when "ci" of space "alpha"'),
        ({"created_at": None}, Criteria(older_than=51 * DAY), "was created. Nothing was changed."),
        ({"last_use_known": False, "last_used_at": None}, Criteria(unused_for=DAY), "was last used. Nothing was changed."),
        ({"last_used_at": None, "created_at": None}, Criteria(unused_for=DAY), "was created. Nothing was changed."),
    ],
)  # fmt: skip
def test_a_time_that_decides_and_is_unknown(changes: dict[str, Any], criteria: Criteria, words: str) -> None:
    with pytest.raises(MondooError) as caught:
        choose([token(**changes)], criteria, 25, (), NOW)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("options", "criteria", "limit"),
    [
        ({"names": ["a", "b*"]}, Criteria(names=("a", "b*")), 25),
        ({"names": "a, b*"}, Criteria(names=("a", "b*")), 25),
        ({"names": '["a", "b"]', "limit": "3"}, Criteria(names=("a", "b")), 3),
        ({"created_by": "ann@example.com", "limit": 0}, Criteria(created_by=("ann@example.com",)), 0),
        ({"unused_for": "90d", "older_than": "0"}, Criteria(unused_for=90 * DAY, older_than=timedelta()), 25),
    ],
)
def test_options_also_as_text(options: dict[str, Any], criteria: Criteria, limit: int) -> None:
    assert read_criteria(options) == (criteria, limit)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {},
            "one of created_by, unused_for, older_than, names is required: otherwise all listed tokens would be deleted.",
        ),
        ({"limit": 3}, "is required"),
        # An empty variable must not widen what is deleted.
        ({"created_by": "", "older_than": "1d"}, "created_by is empty; omit it if it does not matter."),
        ({"created_by": [], "older_than": "1d"}, "created_by is empty"),
        ({"names": " , ", "older_than": "1d"}, "names is empty"),
        *(
            ({option: [each]}, f"{option} has an empty entry")
            for option in ("created_by", "names")
            for each in ("", " ")
        ),
        ({"created_by": ["ann@example.com", ""]}, "created_by has an empty entry"),
        ({"unused_for": " ", "names": "x"}, "unused_for is empty"),
        ({"names": [1.10]}, "names: 1.1 is a number in YAML, and not the text that was written; quote it."),
        ({"names": [True]}, "names: True is a boolean in YAML"),
        ({"created_by": [5]}, "created_by: 5 is a number in YAML"),
        ({"older_than": "90 days"}, 'older_than: "90 days" is not a duration'),
        ({"names": "x", "limit": -1}, "limit: -1 is out of range: 0 or more."),
        ({"names": "x", "limit": "many"}, "argument 'limit' is of type"),
    ],
)
def test_options_that_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(MondooError) as caught:
        read_criteria(options)
    assert words in str(caught.value)


def test_an_unknown_creator_is_not_anybody() -> None:
    tokens = [token("unknown", created_by=None), token("known")]
    assert [each.name for each in choose(tokens, Criteria(created_by=("*",)), 25, (), NOW).doomed] == ["known"]


def test_at_most_the_limit_or_none_at_all() -> None:
    tokens = [token(f"t{number}") for number in range(7)]
    everything = Criteria(names=("*",))
    assert len(choose(tokens, everything, 7, (), NOW).doomed) == 7
    with pytest.raises(MondooError) as caught:
        choose(tokens, everything, 6, (), NOW)
    listed = ", ".join(f'"t{number}" of space "alpha"' for number in range(5))
    assert str(caught.value) == f"7 API tokens would be deleted, and limit is 6: {listed}, …. Nothing was changed."


def test_never_the_one_in_use() -> None:
    tokens = [token("b"), token("a"), token("own"), token("x", created_by=None)]
    chosen = choose(tokens, Criteria(created_by=("ann@example.com",)), 2, {f"{MRN}own"}, NOW)
    assert chosen.entries == [{"mrn": f"{MRN}{name}", "space": "alpha", "state": "absent"} for name in ("a", "b")]
    history = "Created 2026-08-17 by Ann@Example.com, last used 2026-10-06."
    assert chosen.lines(own_is_known=True) == [
        "2 of 4 API tokens fit:",
        f'"a" of space "alpha" ({MRN}a). {history}',
        f'"b" of space "alpha" ({MRN}b). {history}',
        f'"own" of space "alpha" ({MRN}own). {history} It is kept, since this run logs in with it.',
    ]


@pytest.mark.parametrize(
    ("names", "own_is_known", "first", "last"),
    [
        (["ci"], True, "1 of 1 API token fits:", "last used 2026-10-06."),
        (["ci"], False, "1 of 1 API token fits:", "Whether this run logs in with one of them cannot be determined."),
        ([], False, "0 of 0 API tokens fit.", "0 of 0 API tokens fit."),
    ],
)
def test_lines(names: list[str], own_is_known: bool, first: str, last: str) -> None:
    lines = choose([token(name) for name in names], Criteria(names=("*",)), 25, (), NOW).lines(
        own_is_known=own_is_known
    )
    assert lines[0] == first
    assert lines[-1].endswith(last)
