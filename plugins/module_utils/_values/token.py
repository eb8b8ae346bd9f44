# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API token: as the service tells of it, and as results show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .errors import INCOMPLETE_LISTING, MondooError
from .mrn import Scope
from .permissions import short_names
from .times import timestamp_from, timestamp_text



@dataclass(frozen=True)
class Token:
    """One API token of a scope.

    mrn: None only for a token that a plan foresees and nobody has generated.
    roles: MRNs of all its roles, those added by the platform included.
    created_at: in UTC; None when it is not known.
    last_used_at: in UTC; None when it was never used, or when last_use_known is False: the service does not tell.
    created_by: e-mail address, service or MRN of its creator, whichever the service tells first.
    """

    mrn: str | None
    name: str
    scope: Scope
    description: str = ""
    roles: frozenset[str] = frozenset()
    id: str | None = None
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    last_use_known: bool = True
    created_by: str | None = None


def token_from_node(node: object, scope: Scope) -> Token:
    """Reads an `APIToken` of the API. Fields that the service left out are taken as unknown."""
    if not isinstance(node, Mapping) or not node.get("mrn") or not isinstance(node.get("name"), str):
        raise MondooError(INCOMPLETE_LISTING, "the service's listing has an entry without name or MRN")
    try:
        return _token(node, scope)
    except (AttributeError, KeyError, TypeError):
        raise MondooError(
            INCOMPLETE_LISTING, "the service's listing has an entry of another shape than announced"
        ) from None


def _token(node: Mapping[str, Any], scope: Scope) -> Token:
    creator = node.get("creator") or {}
    return Token(
        mrn=node["mrn"],
        name=node["name"],
        scope=scope,
        description=node.get("description") or "",
        roles=frozenset(role["mrn"] for role in node.get("roles") or ()),
        id=node.get("id"),
        created_at=timestamp_from(node.get("createdAt")),
        last_used_at=timestamp_from(node.get("lastUsed")),
        last_use_known="lastUsed" in node,
        created_by=creator.get("email") or creator.get("service") or creator.get("mrn") or None,
    )


def token_result(token: Token | None) -> dict[str, Any] | None:
    """The `api_token` of results, documented in the doc fragment of return values."""
    if token is None:
        return None
    return {
        "id": token.id,
        "mrn": token.mrn,
        "name": token.name,
        "description": token.description,
        "permissions": short_names(token.roles),
        "roles": sorted(token.roles),
        "scope_mrn": token.scope.mrn,
        "created_at": timestamp_text(token.created_at),
        "last_used_at": timestamp_text(token.last_used_at),
        "created_by": token.created_by,
    }


def token_diff(token: Token | None) -> dict[str, Any]:
    """One side of a diff. An allow-list, so that no later field can leak into it."""
    if token is None:
        return {}
    return {"name": token.name, "description": token.description, "permissions": short_names(token.roles)}


def as_new(token: Token) -> Token:
    """The token as one that the service has yet to generate."""
    return replace(token, mrn=None, created_at=None, last_used_at=None, created_by=None)


def same_text(one: str, other: str) -> bool:
    """Whether two descriptions are the same to a service that trims what it stores."""
    return one.strip() == other.strip()
