# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.secrets import Secrets

SHORT, LONG = "hunter22", "hunter2-of-twenty-characters"


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        (SHORT, "********"),
        (f"token {SHORT} or {LONG}", "token ******** or ********"),
        ([{"message": f"Bearer {SHORT}", "n": 7}, None, True], [{"message": "Bearer ********", "n": 7}, None, True]),
        ({f"//{SHORT}": [SHORT]}, {"//********": ["********"]}),
        ("nothing of it", "nothing of it"),
    ],
)
def test_secrets_are_removed_wherever_they_are(value: Any, clean: Any) -> None:
    assert Secrets([SHORT, LONG, f"{SHORT}-b"]).removed_from_words(value) == clean


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        ({"token": LONG, "name": f"for {LONG}"}, {"token": LONG, "name": "for ********"}),
        ({"errors": {f"//{LONG}": [LONG]}}, {"errors": {"//********": ["********"]}}),
        # A name or an MRN that a placeholder in a file is a part of is used as it is.
        ({"token": SHORT, "name": f"ci-{SHORT}"}, {"token": SHORT, "name": f"ci-{SHORT}"}),
    ],
)
def test_of_values_only_what_can_be_nothing_else_is_removed(value: Any, clean: Any) -> None:
    assert Secrets([SHORT, LONG]).removed_from_values(value, keep="token") == clean


@pytest.mark.parametrize("secret", ["", "  ", "another"])
def test_what_is_too_short_stays(secret: str) -> None:
    assert Secrets([secret]).removed_from_words("a an and another") == "a an and another"


def test_without_secrets_nothing_is_copied() -> None:
    value = {"a": ["b"]}
    assert Secrets().removed_from_words(value) is value
    assert Secrets([SHORT]).removed_from_values(value) is value
