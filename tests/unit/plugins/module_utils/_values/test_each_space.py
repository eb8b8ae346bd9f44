# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which spaces an entry with each_space stands for, and how its texts are filled in."""

from __future__ import annotations

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.each_space import (
    EachSpace,
    Space,
    check_placeholders,
    each_space_from,
    fill_placeholders,
    has_placeholder,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_from


def space(identifier: str, name: str) -> Space:
    return Space(scope_from("space", identifier), name)


SPACES = [space("p-1", "prod-payments"), space("p-2", "Prod [eu]"), space("d-1", "dev")]


@pytest.mark.parametrize("value", [True, "true", "True", " yes ", "on", "1"])
def test_every_space(value: object) -> None:
    assert each_space_from(value) == EachSpace(None)


@pytest.mark.parametrize("value", [None, False, "false", "no", " Off ", "0"])
def test_no_each_space(value: object) -> None:
    assert each_space_from(value) is None


@pytest.mark.parametrize(
    ("value", "patterns"),
    [
        (["prod-*", " dev "], ("prod-*", "dev")),
        ("prod-*,dev", ("prod-*", "dev")),
        ("prod-*", ("prod-*",)),
        ('["prod-*", "a,b"]', ("prod-*", "a,b")),
        ("[pd]-*", ("[pd]-*",)),
        # A list is a list of patterns, whatever they are.
        (["true"], ("true",)),
        ([], ()),
    ],
)
def test_patterns(value: object, patterns: tuple[str, ...]) -> None:
    assert each_space_from(value) == EachSpace(patterns)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.5, "each_space: 1.5 is neither a boolean nor a list of patterns of spaces."),
        ({"prod": 1}, "is neither a boolean nor a list of patterns"),
        ([1.10], "each_space: 1.1 is not text; quote it."),
        ("[1]", "each_space: 1 is not text; quote it."),
        (["prod", " "], "each_space: a pattern must not be empty."),
        ("prod,,dev", "each_space: a pattern must not be empty."),
        ("", "each_space: a pattern must not be empty."),
    ],
)
def test_what_is_refused(value: object, words: str) -> None:
    with pytest.raises(MondooError) as caught:
        each_space_from(value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("patterns", "identifiers", "unmatched"),
    [
        (None, ["p-1", "p-2", "d-1"], []),
        ((), [], []),
        (("*",), ["p-1", "p-2", "d-1"], []),
        (("p-*",), ["p-1", "p-2"], []),
        # The name of one, and the ID of another.
        (("dev", "p-1"), ["p-1", "d-1"], []),
        (("PROD-*", "prod-*"), ["p-1"], ["PROD-*"]),
        # A name is one that fits, whatever a shell would make of it.
        (("Prod [eu]",), ["p-2"], []),
        (("test-*", "*ev"), ["d-1"], ["test-*"]),
    ],
)
def test_selection(patterns: tuple[str, ...] | None, identifiers: list[str], unmatched: list[str]) -> None:
    each_space = EachSpace(patterns)
    assert [chosen.id for chosen in each_space.select(SPACES)] == identifiers
    assert each_space.unmatched(SPACES) == unmatched


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("ci", "ci"),
        ("ci-{space}", "ci-p-1"),
        ("{space_name}/{space}/{space}", "prod-payments/p-1/p-1"),
        ("", ""),
    ],
)
def test_filling(text: str, filled: str) -> None:
    check_placeholders("name", text)
    assert fill_placeholders(text, SPACES[0]) == filled
    assert has_placeholder(text) == (text != filled)


def test_a_space_named_like_a_placeholder_is_filled_in_once() -> None:
    assert fill_placeholders("{space_name}", space("x", "{space}")) == "{space}"


@pytest.mark.parametrize("text", ["{spaces}", "{name}", "{", "}", "{}", "{{space}}", "{ space }", "{space"])
def test_other_braces_are_refused(text: str) -> None:
    with pytest.raises(MondooError) as caught:
        check_placeholders("description", text)
    assert str(caught.value) == (
        f'description: "{text}" has braces other than those of {{space}} and {{space_name}}, which an entry with each_space'
        " cannot have."
    )
