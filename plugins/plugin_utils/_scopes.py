# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns variables that name spaces and organizations into the listings that cover them."""

from __future__ import annotations

from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_from

from ._text_values import typed_values

_OPTIONS: dict[str, dict[str, Any]] = {
    "organizations": {"type": "list", "elements": "str", "default": []},
    "spaces": {"type": "list", "elements": "str", "default": []},
}


def listings_of(organizations: object, spaces: object) -> list[dict[str, Any]]:
    """Arguments of the module api_token_info, one dictionary for each listing; those of organizations include their spaces.

    Both are lists of IDs or MRNs, also as text, or None. Raises MondooError if both are empty.
    """
    options = typed_values(_OPTIONS, {"organizations": organizations, "spaces": spaces})
    named = [("organization", value) for value in options["organizations"]]
    named += [("space", value) for value in options["spaces"]]
    scopes = list(dict.fromkeys(scope_from(kind, value) for kind, value in named))
    if not scopes:
        raise invalid_option("one of organizations and spaces is required")
    return [{scope.kind: scope.mrn, "include_spaces": scope.kind == "organization"} for scope in scopes]
