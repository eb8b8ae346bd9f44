# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names that the service gives to things (MRNs), and the roles it knows."""

from __future__ import annotations

import uuid

CAPTAIN = "//captain.api.mondoo.app"
_AGENTS = "//agents.api.mondoo.app"
ROLE_PREFIX = "//iam.api.mondoo.app/roles/"
KNOWN_ROLES = frozenset(
    {
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
    }
)


def organization_mrn(organization: str) -> str:
    return f"{CAPTAIN}/organizations/{organization}"


def space_mrn(space: str) -> str:
    return f"{CAPTAIN}/spaces/{space}"


def is_space(mrn: str) -> bool:
    return mrn.startswith(f"{CAPTAIN}/spaces/")


def new_account_mrn(scope: str) -> str:
    """Of a service account, and of an API token, which is one underneath."""
    return f"{_AGENTS}{scope.removeprefix(CAPTAIN)}/serviceaccounts/{uuid.uuid4().hex[:16]}"


def id_of(mrn: str) -> str:
    """The last part of an MRN."""
    return mrn.rsplit("/", 1)[-1]


def membership_of(scope: str) -> str:
    """The role that the platform adds by itself to everything that belongs to the scope."""
    return ROLE_PREFIX + ("space-member" if is_space(scope) else "org-member")


def role_mrns(names: list[str], scope: str) -> list[str]:
    """The MRNs of known roles by their short names, with the membership in the scope; raises ValueError."""
    unknown = set(names) - KNOWN_ROLES
    if unknown:
        raise ValueError(f"unknown permissions: {', '.join(sorted(unknown))}")
    return [*(ROLE_PREFIX + name for name in names), membership_of(scope)]
