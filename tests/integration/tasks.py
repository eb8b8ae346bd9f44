# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that the tests put into plays."""

from __future__ import annotations

from typing import Any

SPACE_MRN = "//captain.api.mondoo.app/spaces/alpha"
ORGANIZATION_MRN = "//captain.api.mondoo.app/organizations/acme"


def api_token(**options: Any) -> dict[str, Any]:
    """A task of the module api_token, in the space `alpha` unless another scope is given."""
    scope = {} if {"space", "organization"} & options.keys() else {"space": "alpha"}
    return {"mondoo.platform.api_token": {**scope, **options}}


def api_token_info(**options: Any) -> dict[str, Any]:
    """A task of the module api_token_info, in the space `alpha` unless another scope is given."""
    scope = {} if {"space", "organization"} & options.keys() else {"space": "alpha"}
    return {"mondoo.platform.api_token_info": {**scope, **options}}


def api_tokens(*tokens: dict[str, Any], **options: Any) -> dict[str, Any]:
    """A task of the module api_tokens, in the space `alpha` unless another scope is given."""
    scope = {} if {"space", "organization"} & options.keys() else {"space": "alpha"}
    return {"mondoo.platform.api_tokens": {**scope, "tokens": list(tokens), **options}}
