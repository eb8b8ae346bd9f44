# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What api_token_info returns, read back."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.selection import Selection, select
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.plugin_utils._listed_tokens import listed_tokens

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=timezone.utc)
ITEM = {"name": "ci", "mrn": "//x/1", "scope_mrn": "//captain.api.mondoo.app/spaces/alpha"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"description": "Pipelines", "created_by": "someone@example.com"},
        {"roles": frozenset({"//iam.api.mondoo.app/roles/viewer", "//iam.api.mondoo.app/roles/space-member", "//x/y"})},
        {"created_at": NOW - timedelta(days=3), "last_used_at": NOW},
        {"created_at": NOW - timedelta(days=3)},
        {"created_at": NOW - timedelta(days=3), "last_use_known": False},
    ],
)
def test_what_is_listed_is_read_back(changes: dict[str, Any]) -> None:
    token = Token(**{"mrn": "//x/1", "name": "ci", "scope": scope_from("organization", "acme"), **changes})
    assert listed_tokens(select([token], Selection(), NOW)) == [token]


def test_a_token_that_was_listed_twice_is_one() -> None:
    assert len(listed_tokens([ITEM, {**ITEM, "mrn": "//x/2"}, ITEM])) == 2


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ("ci", "the tokens must be a list"),
        ({"api_tokens": []}, "the tokens must be a list"),
        (["ci"], "entry 1 of the tokens must be a dictionary"),
        ([ITEM, {**ITEM, "mrn": None}], 'entry 2 of the tokens ("ci"): mrn is required'),
        ([{**ITEM, "name": 5}], 'entry 1 of the tokens ("5"): name must be text, and not a value of the type int'),
        ([{**ITEM, "scope_mrn": "a b"}], 'entry 1 of the tokens ("ci"): '),
        ([{**ITEM, "description": 5}], "description must be text"),
        ([{**ITEM, "roles": 5}], "roles must be a list, and not a value of the type int"),
        ([{**ITEM, "created_at": "soon"}], 'entry 1 of the tokens ("ci"): '),
    ],
)
def test_everything_else_is_refused(items: object, words: str) -> None:
    with pytest.raises(MondooError) as caught:
        listed_tokens(items)
    assert words in str(caught.value)
