# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Permissions: the short names for users, and the role MRNs for the service."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from .errors import invalid_option

_ROLE_PREFIX = "//iam.api.mondoo.app/roles/"
_PLATFORM_ROLE = re.compile(r"//[^/]+/roles/(?P<name>[^/]+)", re.IGNORECASE)

KNOWN_ROLES = (
    "viewer",
    "editor",
    "owner",
    "agent",
    "integrations-manager",
    "sla-manager",
    "policy-manager",
    "policy-editor",
    "ticket-manager",
    "ticket-creator",
    "exceptions-requester",
    "query-pack-manager",
    "query-pack-editor",
)
# Added by the platform itself: they cannot be declared, and are not drift.
_MEMBERSHIP_ROLES = frozenset({"org-member", "space-member"})


@functools.lru_cache(maxsize=1024)
def canonical_role(role_mrn: str) -> str:
    """A role of the platform itself in canonical spelling, whatever its letter case and host; any other role unchanged."""
    match = _PLATFORM_ROLE.fullmatch(role_mrn)
    name = match["name"].lower() if match else ""
    return _ROLE_PREFIX + name if name in KNOWN_ROLES or name in _MEMBERSHIP_ROLES else role_mrn


def role_mrn_from(value: str) -> str:
    """Reads one entry of the option `permissions`, ignoring case: a short name or a full role MRN."""
    text = value.strip()
    is_mrn = text.startswith("//") and not text.endswith("/")
    role = canonical_role(text if is_mrn else _ROLE_PREFIX + text)
    name = short_name(role)
    if name in _MEMBERSHIP_ROLES:
        raise invalid_option(f'permissions: "{value}" is added by the platform itself and cannot be declared')
    if is_mrn or name in KNOWN_ROLES:
        # An unknown one is a custom role, or newer than this collection: the service checks whether it exists.
        return role
    raise invalid_option(
        f'permissions: "{value}" is not known.{_suggestion(text.lower())} Known permissions: {", ".join(KNOWN_ROLES)}, or a full'
        " role MRN"
    )


def _suggestion(name: str) -> str:
    # Needed only for an error message, while a module starts for every task.
    from difflib import get_close_matches

    close = get_close_matches(name, KNOWN_ROLES, n=1)
    return f' Did you mean "{close[0]}"?' if close else ""


def role_mrns_from(values: Iterable[str]) -> frozenset[str]:
    """Reads the option `permissions`; order and duplicates do not matter."""
    return frozenset(role_mrn_from(value) for value in values)


def spelled_as(roles: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """The roles, each in the spelling of `others` if these have it: letter case and host do not distinguish roles."""
    if roles <= others:
        return roles
    spellings = {_without_host(role): role for role in sorted(others)}
    return frozenset(role if role in others else spellings.get(_without_host(role), role) for role in roles)


@functools.lru_cache(maxsize=1024)
def _without_host(role_mrn: str) -> str:
    return re.sub("^//[^/]+(?=/)", "", role_mrn.lower())


def short_name(role_mrn: str) -> str:
    """The short name of a role; the MRN itself for a role unknown to this collection."""
    name = role_mrn.removeprefix(_ROLE_PREFIX)
    return name if name in KNOWN_ROLES or name in _MEMBERSHIP_ROLES else role_mrn


def short_names(role_mrns: Iterable[str]) -> list[str]:
    """Sorted names of the roles, without the memberships that the platform adds."""
    return sorted(short_name(role) for role in declarable(role_mrns))


def declarable(role_mrns: Iterable[str]) -> frozenset[str]:
    """The roles that users can declare."""
    return frozenset(role for role in role_mrns if short_name(role) not in _MEMBERSHIP_ROLES)
