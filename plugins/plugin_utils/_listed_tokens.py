# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads back what the module api_token_info returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_of_mrn
from ansible_collections.mondoo.platform.plugins.module_utils._values.permissions import role_mrn_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import timestamp_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token

from ._reading import list_from, optional_text_of, read_entry, required_text


def listed_tokens(items: object) -> list[Token]:
    """Reads `api_tokens` of the module api_token_info. A token that is listed twice, since its space was, counts once.

    Text objects are kept, since Ansible marks in them which must not be templated.
    Raises MondooError for anything else.
    """
    entries = enumerate(list_from("the tokens", items), start=1)
    tokens: list[Token] = [read_entry(number, "the tokens", item, _token) for number, item in entries]
    return list({token.mrn: token for token in tokens}.values())


def _token(item: Mapping[str, Any]) -> Token:
    created_at, last_used_at = (timestamp_from(item.get(key)) for key in ("created_at", "last_used_at"))
    roles = item["roles"] if item.get("roles") is not None else item.get("permissions") or ()
    return Token(
        mrn=required_text(item, "mrn"),
        name=required_text(item, "name"),
        scope=scope_of_mrn(required_text(item, "scope_mrn")),
        description=optional_text_of(item, "description") or "",
        roles=frozenset(_role(role) for role in list_from("roles", roles)),
        created_at=created_at,
        last_used_at=last_used_at,
        last_use_known=_last_use_is_known(item),
        created_by=optional_text_of(item, "created_by"),
    )


def _last_use_is_known(item: Mapping[str, Any]) -> bool:
    """Days without use are counted from the creation if there was no use, and null if unknown."""
    is_told = item.get("last_used_at") is not None or item.get("created_at") is None
    return is_told or "unused_days" not in item or item["unused_days"] is not None


def _role(role: Any) -> str:
    """A role of a token, which may be one that cannot be declared."""
    try:
        return role_mrn_from(str(role))
    except MondooError:
        return str(role)
