# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.secrets import Secrets


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        ("hunter2", "********"),
        ("token hunter2 or hunter2-b", "token ******** or ********"),
        ([{"message": "Bearer hunter2", "n": 7}, None, True], [{"message": "Bearer ********", "n": 7}, None, True]),
        ({"errors": {"//hunter2": ["hunter2"]}}, {"errors": {"//********": ["********"]}}),
        ({"token": "hunter2", "name": "hunter2"}, {"token": "hunter2", "name": "********"}),
        ("nothing of it", "nothing of it"),
    ],
)
def test_secrets_are_removed_wherever_they_are(value: Any, clean: Any) -> None:
    assert Secrets(["hunter2", "hunter2-b"]).removed_from(value, keep="token") == clean


@pytest.mark.parametrize(
    ("secret", "clean"), [("", "a an and"), ("  ", "a an and"), ("and", "a an and"), (" an and\n", "a ********")]
)
def test_what_is_too_short_stays(secret: str, clean: str) -> None:
    assert Secrets([secret]).removed_from("a an and") == clean


def test_without_secrets_nothing_is_copied() -> None:
    value = {"a": ["b"]}
    assert Secrets().removed_from(value) is value
