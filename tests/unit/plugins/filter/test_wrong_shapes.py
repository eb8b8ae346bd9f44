# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever the filters are given, they either work or say in one sentence what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mondoo.platform.plugins.filter.api_token_declaration import api_token_declaration
from ansible_collections.mondoo.platform.plugins.filter.api_token_findings import api_token_findings
from ansible_collections.mondoo.platform.plugins.filter.api_token_offboarding import api_token_offboarding
from ansible_collections.mondoo.platform.plugins.filter.api_token_scopes import api_token_scopes
from ansible_collections.mondoo.platform.tests.unit.support.audits import SCOPE, entry

SHAPES: tuple[Any, ...] = (
    *(None, "", "text", "\0", "[", "{", "9" * 30 + "d", 5, -1, 1.5, True, float("inf"), 10**30),
    *([], ["x"], [5], [None], [["x"]], [[]], [b"x"], {}, {"a": 1}, {5: []}, [{}], [{"mrn": 5}], [{"mrn": []}]),
    *([{"mrn": "x"}], [{"scope_mrn": "x"}], [{"name": "n", "mrn": "m", "scope_mrn": []}], [{"name": 5, "mrn": 5}]),
    *(date(2027, 3, 1), datetime(2027, 3, 1), object(), b"x", (1, 2), {1, 2}),
)
EACH_SPACE = [{"name": "x", "organization": "o", "each_space": True}]
ACCEPTED = {"rule": "too_old", "name": "x", "reason": "r"}
DECLARED = {"name": "x", "space": "a"}
CRITERIA = {"names": "*", "created_by": "*", "older_than": "1d", "unused_for": "1d"}


def findings(**options: Any) -> Any:
    return api_token_findings(options.pop("tokens", [entry()]), max_age=options.pop("max_age", "1d"), **options)


def with_option(function: Callable[..., Any], name: str, *arguments: Any, **options: Any) -> Callable[[Any], Any]:
    """A call with a value for this option."""
    return lambda value: function(*arguments, **{**options, name: value})


def with_entry(
    function: Callable[..., Any], name: str, entry_of_list: dict[str, Any], key: Any, *arguments: Any
) -> Callable[[Any], Any]:
    """A call with a list for this option, of an entry that has a value for this key."""
    return lambda value: function(*arguments, **{name: [{**entry_of_list, key: value}]})


_OPTIONS = (
    "tokens",
    "max_age",
    "max_unused",
    "allowed_permissions",
    "declared",
    "now",
    "severities",
    "accepted",
    "scopes",
)
_DECLARATION = api_token_declaration
CALLS: dict[str, Callable[[Any], Any]] = {
    **{name: with_option(findings, name) for name in (*_OPTIONS, "own")},
    "scopes and declared": with_option(findings, "scopes", declared=EACH_SPACE),
    "a severity": lambda value: findings(severities={"too_old": value}),
    **{
        f"accepted {key}": with_entry(findings, "accepted", ACCEPTED, key)
        for key in ("rule", "name", "scope", "reason", "until", "by", 5)
    },
    **{
        f"declared {key}": with_entry(findings, "declared", DECLARED, key)
        for key in ("name", "mrn", "space", "each_space", "overlap", 5)
    },
    "each_space": with_entry(findings, "declared", EACH_SPACE[0], "each_space"),
    "declaration": _DECLARATION,
    **{
        f"declaration {name}": with_option(_DECLARATION, name, [entry()])
        for name in ("scopes", "unreadable", "now", "path")
    },
    **{
        f"declaration scopes {key}": with_entry(_DECLARATION, "scopes", {"mrn": SCOPE, "name": "n"}, key, [])
        for key in ("mrn", "name")
    },
    **{
        f"declaration unreadable {key}": with_entry(
            _DECLARATION, "unreadable", {"scope_mrn": SCOPE, "reason": "r"}, key, []
        )
        for key in ("scope_mrn", "reason")
    },
    "offboarding": api_token_offboarding,
    **{
        f"offboarding {name}": with_option(api_token_offboarding, name, [entry()], **CRITERIA)
        for name in (*CRITERIA, "limit", "own")
    },
    "organizations": api_token_scopes,
    "spaces": lambda value: api_token_scopes(None, value),
    "a space": lambda value: api_token_scopes(None, [value]),
}


@pytest.mark.parametrize("call", CALLS)
def test_an_argument(call: str) -> None:
    for value in SHAPES:
        _works_or_is_refused(partial(CALLS[call], value))


@pytest.mark.parametrize("key", entry())
def test_a_token(key: str) -> None:
    for value in SHAPES:
        tokens = [{**entry(), key: value}]
        options: dict[str, Any] = {"max_unused": "1d", "allowed_permissions": ["viewer"], "declared": [DECLARED]}
        _works_or_is_refused(partial(findings, tokens=tokens, **options))
        _works_or_is_refused(partial(api_token_declaration, tokens))
        _works_or_is_refused(partial(api_token_offboarding, tokens, **CRITERIA))


def _works_or_is_refused(call: Callable[[], Any]) -> None:
    try:
        call()
    except AnsibleFilterError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    "own", ["//agents.api.mondoo.app/ci", '["//agents.api.mondoo.app/ci"]', ["//agents.api.mondoo.app/ci"]]
)
def test_the_credential_in_use_may_be_text(own: Any) -> None:
    assert api_token_offboarding([entry()], names="*", own=own)["tokens"] == []
    assert findings(max_age=None, declared=[], own=own) == []
