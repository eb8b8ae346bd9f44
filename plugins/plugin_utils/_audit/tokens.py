# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""API tokens as results of the modules show them, read for an audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError, invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope, scope_of_mrn
from ansible_collections.mondoo.platform.plugins.module_utils._values.permissions import role_mrn_from, short_names
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import timestamp_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import TokenName, parse_name

from .._reading import list_from, read_entry


@dataclass(frozen=True)
class AuditedToken:
    """An API token.

    name: as the service has it; `parsed` is the same, parsed.
    roles: MRNs of its roles; `permissions` are their short names, without memberships.
    created_at, last_used_at: in UTC; None if never or unknown.
    last_use_known: False if the service does not report the last use.
    address: of the API that it was read from; empty if unknown.
    """

    mrn: str | None
    name: str
    scope: Scope
    description: str = ""
    roles: frozenset[str] = frozenset()
    permissions: tuple[str, ...] = ()
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    last_use_known: bool = True
    created_by: str | None = None
    parsed: TokenName = field(default=TokenName(""))
    address: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """Identifies its scope: another region may have one with the same MRN."""
        return self.address, self.scope.mrn

    @property
    def key(self) -> tuple[str, ...]:
        """Identifies it in another listing."""
        return (self.address, self.mrn) if self.mrn else (*self.place, self.name)


def tokens_from(tokens: object, address: str = "") -> list[AuditedToken]:
    """Reads `api_tokens` or `results[].api_token` of the modules; raises MondooError for anything else.

    address: where they were read. A token that is listed twice, for example with its space and with its organization, counts once.
    """
    entries = list_from("the tokens", tokens)
    read = [
        read_entry(number, "the tokens", each, lambda entry: _token(entry, address))
        for number, each in enumerate(entries, start=1)
    ]
    return list({token.mrn or number: token for number, token in enumerate(read)}.values())


def _token(entry: Mapping[str, Any], address: str) -> AuditedToken:
    name, mrn, scope_mrn = entry.get("name"), entry.get("mrn"), entry.get("scope_mrn")
    if not isinstance(name, str) or not isinstance(scope_mrn, str):
        raise invalid_option("name and scope_mrn are required, as in api_tokens of the module api_token_info")
    roles = entry.get("roles") if entry.get("roles") is not None else entry.get("permissions")
    role_mrns, permissions = _roles(tuple(str(role) for role in list_from("permissions", roles or ())))
    created_at = optional_time("created_at", entry.get("created_at"))
    last_used_at = optional_time("last_used_at", entry.get("last_used_at"))
    # Days without use are counted from the creation if there was no use, and unknown if the service does not report it.
    unknown = (
        last_used_at is None and created_at is not None and "unused_days" in entry and entry["unused_days"] is None
    )
    name = plain_text(name)
    return AuditedToken(
        mrn=optional_text(mrn),
        name=name,
        scope=cached_scope(plain_text(scope_mrn)),
        description=plain_text(entry.get("description") or ""),
        roles=role_mrns,
        permissions=permissions,
        created_at=created_at,
        last_used_at=last_used_at,
        last_use_known=not unknown,
        created_by=optional_text(entry.get("created_by")),
        parsed=parse_name(name),
        address=address,
    )


@lru_cache(maxsize=4096)
def _roles(names: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    mrns = frozenset(plain_text(_role(name)) for name in names)
    return mrns, tuple(short_names(mrns))


def _role(role: str) -> str:
    """A role of a token, which may be one that cannot be declared, or one newer than this collection."""
    try:
        return role_mrn_from(role)
    except MondooError:
        return role


@lru_cache(maxsize=4096)
def cached_scope(mrn: str) -> Scope:
    """The scope with that MRN; raises MondooError if it is not one. Cached, since many tokens share few scopes."""
    return scope_of_mrn(mrn)


def plain_text(value: object) -> str:
    """The value as text that every format can contain: lone surrogates are replaced."""
    text = str(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def optional_text(value: object) -> str | None:
    """The same; None for no value."""
    return None if value is None else plain_text(value)


def scope_text(mrn: str | None) -> str | None:
    """A scope in readable form; the text itself if it is not the MRN of one, since users mistype them."""
    try:
        return None if mrn is None else str(cached_scope(mrn))
    except MondooError:
        return mrn


# Reading input from users and other tasks


def optional_time(what: str, value: object) -> datetime | None:
    """A moment in UTC; None for no value and for the service's forms of never."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc) if value.tzinfo else value.replace(tzinfo=timezone.utc)
    try:
        return timestamp_from(value)
    except MondooError:
        raise _no_time(what, value) from None


def time_from(what: str, value: object) -> datetime:
    """A moment in UTC, from any supported form."""
    moment = optional_time(what, value)
    if moment is None:
        raise _no_time(what, value)
    return moment


def end_from(what: str, value: object) -> datetime:
    """The first moment, in UTC, after something that lasts until then; a day ends at its end."""
    day = value if isinstance(value, date) and not isinstance(value, datetime) else None
    if isinstance(value, str):
        try:
            day = date.fromisoformat(value.strip())
        except ValueError:
            day = None
    if day is None:
        return time_from(what, value)
    return datetime.combine(day, time(), timezone.utc) + timedelta(days=1)


def _no_time(what: str, value: object) -> MondooError:
    return invalid_option(f'{what}: "{value}" is not a time such as 2026-11-23T18:00:00Z')
