# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that are given as text."""

from __future__ import annotations

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.text_lists import split_list


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("ci", ["ci"]),
        ("a, b ,c", ["a", "b", "c"]),
        ("a,,b,", ["a", "b"]),
        ("", []),
        ('["a, b", 5]', ["a, b", 5]),
        (' ["a"]', ["a"]),
        ("[ab]*", ["[ab]*"]),
        ("[a,b]*", ["[a", "b]*"]),
    ],
)
def test_text_is_split_at_commas_unless_it_is_json(text: str, entries: list[object]) -> None:
    assert split_list(text) == entries


def test_empty_entries_can_be_kept() -> None:
    assert split_list("a,,b,", keep_empty=True) == ["a", "", "b", ""]
