# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API token: as the service lists it, and as results show it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from .errors import MondooError
from .mrn import Scope, token_id
from .permissions import canonical_role, short_names
from .shape import JsonObject, clean_text
from .times import timestamp_from, timestamp_text

# What a listing returns of a token besides options, so that an item can be declared unchanged.
RETURNED_ONLY = frozenset({"id", "roles", "created_at", "last_used_at", "created_by", "age_days", "unused_days"})
_SHOWN = 40  # characters of a time that cannot be read


@dataclass(frozen=True)
class Token:
    """One API token of a scope.

    mrn: None only for a planned token that has not been generated.
    roles: MRNs of all its roles, those added by the platform included.
    created_at: in UTC; None if unknown.
    last_used_at: in UTC; None if never used, or if last_use_known is False: the service does not report it.
    created_by: e-mail address of its creator, or the creator's MRN.
    unreadable_times: times of the service that cannot be read, such as `lastUsed 'soon'`.
    """

    mrn: str | None
    name: str
    scope: Scope
    description: str = ""
    roles: frozenset[str] = frozenset()
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    last_use_known: bool = True
    created_by: str | None = None
    unreadable_times: tuple[str, ...] = field(default=(), compare=False)

    @property
    def id(self) -> str | None:
        """The last part of the MRN."""
        return None if self.mrn is None else token_id(self.mrn)


def token_from_node(node: object, scope: Scope, where: str = "apiTokens") -> Token:
    """Reads an `APIToken` of the API as a token of `scope`. Optional fields that the service left out count as unknown.

    where: the node's place in the response. Raises MondooError (`GarbledAnswer`) if the node has another shape.
    """
    entry = JsonObject(node, where)
    # Requested in any case: a token with permissions must not be read as one without.
    entry.require("description", "roles")
    creator = entry.optional_object("creator")
    unreadable: list[str] = []
    last_used_at = _time(entry, "lastUsed", unreadable)
    last_use_known = "lastUsed" in entry and not unreadable
    return Token(
        mrn=entry.identifier("mrn"),
        name=entry.text("name"),
        scope=scope,
        description=entry.optional_text("description") or "",
        roles=frozenset(canonical_role(role.identifier("mrn")) for role in entry.objects("roles")),
        created_at=_time(entry, "createdAt", unreadable),
        last_used_at=last_used_at,
        last_use_known=last_use_known,
        created_by=(creator.optional_text("email") or creator.optional_text("mrn") or None) if creator else None,
        unreadable_times=tuple(unreadable),
    )


def shown_texts(payload: JsonObject) -> tuple[str | None, str | None]:
    """Name and description in the response to a change; None for one that it does not show.

    A description of null is an empty one, unless the name is missing too.
    """
    name, description = payload.optional_text("name") or None, payload.optional_text("description")
    return name, "" if description is None and name is not None and "description" in payload else description


def generated_token(payload: JsonObject, asked: Token) -> Token:
    """The token in the response to `generateAPIToken`; missing values are those of `asked`.

    Raises MondooError (`GarbledAnswer`) if the response has another shape.
    """
    unreadable: list[str] = []
    name, description = shown_texts(payload)
    return replace(
        asked,
        mrn=payload.optional_text("mrn") or None,
        name=name or asked.name,
        description=asked.description if description is None else description,
        created_at=_time(payload, "createdAt", unreadable),
        created_by=payload.optional_text("createdBy") or None,
        unreadable_times=tuple(unreadable),
    )


def same_description(one: str, other: str) -> bool:
    """Whether two descriptions are equal for a service that trims white space or changes line endings."""
    return _lines(one) == _lines(other)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def _time(entry: JsonObject, key: str, unreadable: list[str]) -> datetime | None:
    """A time in a response; None if unknown. One that cannot be read is added to `unreadable`."""
    value = entry.value.get(key)
    try:
        return timestamp_from(value)
    except MondooError:
        unreadable.append(f"{key} {clean_text(repr(value))[:_SHOWN]}")
        return None


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
    """The token as not yet generated."""
    return replace(token, mrn=None, created_at=None, last_used_at=None, created_by=None)
