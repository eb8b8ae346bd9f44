# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What playbooks list, from variables that may be text."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.plugin_utils._scopes import listings_of

PREFIX = "//captain.api.mondoo.app"
ACME = {"organization": f"{PREFIX}/organizations/acme", "include_spaces": True}
OTHER = {"organization": f"{PREFIX}/organizations/other", "include_spaces": True}
ALPHA = {"space": f"{PREFIX}/spaces/alpha", "include_spaces": False}


@pytest.mark.parametrize(
    ("organizations", "spaces", "listings"),
    [
        ("acme", None, [ACME]),
        (["acme", "other"], "alpha", [ACME, OTHER, ALPHA]),
        ("acme, other", ["alpha"], [ACME, OTHER, ALPHA]),
        ('["acme"]', "", [ACME]),
        (None, f"alpha,{PREFIX}/spaces/alpha", [ALPHA]),
    ],
)
def test_lists_and_text(organizations: Any, spaces: Any, listings: list[dict[str, Any]]) -> None:
    assert listings_of(organizations, spaces) == listings


@pytest.mark.parametrize(
    ("organizations", "spaces", "words"),
    [
        (None, "", "one of organizations and spaces is required."),
        ([], [], "one of organizations and spaces is required."),
        ([1234], None, "organizations: 1234 is a number in YAML, and not the text that was written; quote it."),
        (None, "a b", 'space: "a b" is neither an ID nor an MRN'),
        (f"{PREFIX}/spaces/alpha", None, "is the MRN of a space; use the option space for it"),
    ],
)
def test_what_is_refused(organizations: Any, spaces: Any, words: str) -> None:
    with pytest.raises(MondooError) as caught:
        listings_of(organizations, spaces)
    assert words in str(caught.value)
