# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A listing is read to its end, or not taken for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._client.pagination import nodes
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError


def _page(*found: object, cursor: object = None, more: object = None) -> dict[str, Any]:
    return {
        "edges": [{"node": node} for node in found],
        "pageInfo": {"hasNextPage": bool(cursor) if more is None else more, "endCursor": cursor},
    }


class Pages:
    """Serves pages in their order. cursors: what was asked for."""

    def __init__(self, *pages: Mapping[str, Any]) -> None:
        self._pages = list(pages)
        self.cursors: list[str | None] = []

    def __call__(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        assert arguments["first"] == 100, "a page is as large as the service allows"
        self.cursors.append(arguments.get("after"))
        return self._pages.pop(0)


@pytest.mark.parametrize(
    ("pages", "expected", "cursors"),
    [
        ([_page()], [], [None]),
        ([_page(1, 2)], [1, 2], [None]),
        ([_page(1, cursor="a"), _page(2, cursor="b"), _page(3)], [1, 2, 3], [None, "a", "b"]),
        ([_page(cursor="a"), _page(1)], [1], [None, "a"]),
        ([_page(1, cursor="a", more=False)], [1], [None]),
        ([{**_page(cursor="a"), "edges": None}, _page(1)], [1], [None, "a"]),
        ([{"edges": [{"node": None}, None, {}], "pageInfo": {"hasNextPage": False}}], [None, None, None], [None]),
    ],
)
def test_all_pages_are_read(pages: list[Mapping[str, Any]], expected: list[Any], cursors: list[str | None]) -> None:
    served = Pages(*pages)
    assert list(nodes(served)) == expected
    assert served.cursors == cursors


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([_page(1, cursor="a"), _page(2, cursor="a")], "the same cursor twice"),
        ([_page(1, cursor="a"), _page(2, cursor="b"), _page(3, cursor="a")], "the same cursor twice"),
        ([_page(1, cursor=None, more=True)], "no cursor for its next page"),
        ([_page(1, cursor="", more=True)], "no cursor for its next page"),
    ],
)
def test_a_listing_without_an_end_is_refused(pages: list[Mapping[str, Any]], words: str) -> None:
    with pytest.raises(MondooError) as caught:
        list(nodes(Pages(*pages)))
    assert caught.value.code == "IncompleteListing"
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "page", [{}, {"edges": []}, {"edges": [], "pageInfo": None}, {"edges": [], "pageInfo": "x"}, {"pageInfo": {}}]
)
def test_a_page_that_does_not_tell_whether_it_is_the_last_is_refused(page: Mapping[str, Any]) -> None:
    """Taking it for the last one would make everything behind it look deleted."""
    with pytest.raises(MondooError) as caught:
        list(nodes(Pages(page)))
    assert caught.value.code == "IncompleteListing"
