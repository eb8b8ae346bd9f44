# Copyright: (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fills the database: organizations, spaces, tokens and service accounts, as a test or a demo wants them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .database import Database
from .identity import ROLE_PREFIX, membership_of, new_account, new_secret
from .resolvers import new_token_mrn

_CAPTAIN = "//captain.api.mondoo.app"
_CREATOR = {"mrn": None, "email": "someone@example.com", "service": None}

ORGANIZATION = f"{_CAPTAIN}/organizations/acme"
DEFAULT: dict[str, Any] = {
    "organizations": {"acme": ["alpha", "beta", "gamma"], "other": ["outside"]},
    "tokens": [{"scope": ORGANIZATION, "name": "automation", "permissions": ["owner"], "key": "automation"}],
    "service_accounts": [{"scope": ORGANIZATION, "name": "deployer", "permissions": ["owner"], "key": "service_account"}],
}


def seed(database: Database, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Adds what is wanted; returns the credentials of what has a `key`.

    organizations: ID -> IDs of its spaces. tokens: `scope` (MRN), `name`, `permissions`, and optionally `description`,
    `created_at`, `last_used_at`, `key`, `count` (that many, with `{}` in the name replaced by the number).
    service_accounts: `scope`, `name`, `permissions`, `key`.
    """
    credentials: dict[str, Any] = {}
    database.begin()
    for organization, spaces in wanted.get("organizations", {}).items():
        mrn = f"{_CAPTAIN}/organizations/{organization}"
        database.execute("INSERT OR IGNORE INTO organizations VALUES (?, ?)", mrn, organization.title())
        for space in spaces:
            database.execute(
                "INSERT OR IGNORE INTO spaces VALUES (?, ?, ?)", f"{_CAPTAIN}/spaces/{space}", space.title(), mrn
            )
    for token in wanted.get("tokens", ()):
        for number in range(token.get("count", 1)):
            secret = _add_token(database, token, token["name"].replace("{}", str(number)))
        if "key" in token:
            credentials[token["key"]] = secret
    for account in wanted.get("service_accounts", ()):
        public_key, document = new_account(account["name"], account["scope"])
        roles = json.dumps([ROLE_PREFIX + name for name in account["permissions"]])
        database.execute(
            "INSERT INTO accounts VALUES (?, ?, ?, ?, ?)",
            *(document["mrn"], account["name"], account["scope"], roles, public_key),
        )
        credentials[account["key"]] = document
    database.commit()
    return credentials


def _add_token(database: Database, token: Mapping[str, Any], name: str) -> str:
    mrn = new_token_mrn(token["scope"])
    secret = new_secret(database, mrn)
    database.add_token(
        secret,
        mrn,
        token["scope"],
        name,
        description=token.get("description", ""),
        roles=[*(ROLE_PREFIX + permission for permission in token["permissions"]), membership_of(token["scope"])],
        creator=_CREATOR,
        created_at=token.get("created_at"),
        last_used_at=token.get("last_used_at"),
    )
    return secret
