# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text means what it says."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.plugin_utils._text_values import typed_values

SPEC: dict[str, dict[str, Any]] = {
    "flag": {"type": "bool", "default": True},
    "names": {"type": "list", "elements": "str", "default": ["x"]},
    "numbers": {"type": "list", "elements": "int"},
    "entries": {"type": "list", "elements": "dict"},
    "count": {"type": "int", "default": 3},
    "text": {"type": "str"},
    "map": {"type": "dict"},
    "level": {"type": "str", "choices": ["low", "high"], "default": "low"},
}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        *[("flag", value, True) for value in (True, "true", "yes", "on", "1", 1, "True", "Y")],
        *[("flag", value, False) for value in (False, "false", "no", "off", "0", 0, "False", "N")],
        ("names", "acme", ["acme"]),
        ("names", "a,b", ["a", "b"]),
        ("names", " a , b ", ["a", "b"]),
        ("names", "a,", ["a"]),
        ("names", ["a,b"], ["a,b"]),
        ("names", '["a", "b"]', ["a", "b"]),
        ("names", "[a", ["[a"]),
        ("names", [], []),
        ("numbers", "1,2", [1, 2]),
        ("entries", '[{"a": 1}]', [{"a": 1}]),
        ("entries", [{"a": 1}], [{"a": 1}]),
        ("count", "5", 5),
        ("count", 5, 5),
        ("text", 90, "90"),
        ("text", "no", "no"),
        ("map", "a=1,b=2", {"a": "1", "b": "2"}),
        ("map", '{"a": "b"}', {"a": "b"}),
        ("level", "high", "high"),
        # Not set: the default.
        *[("flag", value, True) for value in (None, "", "  ")],
        *[("names", value, ["x"]) for value in (None, "", "  ")],
        ("count", "", 3),
        ("text", "", None),
        ("text", None, None),
    ],
)
def test_values(name: str, value: Any, expected: Any) -> None:
    typed = typed_values(SPEC, {name: value})[name]
    assert typed == expected
    assert type(typed) is type(expected)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"flag": "maybe"}, "flag"),
        ({"count": "many"}, "count"),
        ({"names": {"a": 1}}, "names"),
        ({"entries": "a,b"}, "entries"),
        ({"level": "middle"}, "value of level must be one of: low, high, got: middle"),
        # Text that YAML read as something else would name something else.
        ({"names": [1.10]}, "names: 1.1 is a number in YAML, and not the text that was written; quote it"),
        ({"names": ["a", True]}, "names: True is a boolean in YAML"),
        ({"names": "[true]"}, "names: True is a boolean in YAML"),
        ({"names": 5}, "names: 5 is a number in YAML"),
        ({"names": [date(2027, 3, 1)]}, "names: 2027-03-01 is a date in YAML"),
        ({"names": "[datetime.date(2027, 3, 1)]"}, "names: 2027-03-01 is a date in YAML"),
        ({"entries": "[{'a': datetime.date(2027, 13, 1)}]"}, "entries"),
        ({"entries": "[{'a': datetime.date}]"}, "entries"),
        ({"entries": "[{'a': datetime.date(open('x'))}]"}, "entries"),
        ({"nmaes": []}, "unknown option nmaes; known: count, entries,"),
    ],
)
def test_refusals(values: dict[str, Any], words: str) -> None:
    with pytest.raises(MondooError) as caught:
        typed_values(SPEC, values)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        [],
        [{"a": date(2027, 3, 1), "b": 'it\'s "1.10"', "c": [True, None, 1.5]}],
        [{"a": datetime(2027, 3, 1, 10, 0)}],
        [{"a": datetime(2027, 3, 1, 10, 0, 5, tzinfo=timezone.utc)}, {"b": "datetime.date(2027, 3, 1)"}],
        [{"a": datetime(2027, 3, 1, tzinfo=timezone(timedelta(hours=-2)))}, {"b": {"c": date(2027, 3, 1)}}],
    ],
)
def test_a_list_with_a_date_that_a_template_turned_into_text(value: list[Any]) -> None:
    """As ansible-core does before 2.19."""
    assert typed_values(SPEC, {"entries": str(value)})["entries"] == value
    assert typed_values(SPEC, {"map": str({"x": value})})["map"] == {"x": value}


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(MondooError) as caught:
        typed_values(SPEC, {"flag": "maybe", "count": "many"})
    assert "flag" in str(caught.value)
    assert "count" in str(caught.value)


def test_what_is_missing_is_told() -> None:
    with pytest.raises(MondooError, match="missing required arguments: text"):
        typed_values({"text": {"type": "str", "required": True}}, {"text": ""})
