# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fills the database: organizations, spaces, tokens and service accounts, as a test or a demo wants them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import times
from .database import Database, NewToken
from .issuing import new_account, new_secret
from .names import new_account_mrn, organization_mrn, role_mrns, space_mrn
from .settings import Settings

_CREATOR = {"mrn": None, "email": "someone@example.com"}
_KEYS = {
    "": {"organizations", "tokens", "service_accounts"},
    "tokens": {"scope", "name", "permissions", "description", "created_at", "last_used_at", "count", "key"},
    "service_accounts": {"scope", "name", "permissions", "key"},
}

ORGANIZATION = organization_mrn("acme")
DEFAULT: dict[str, Any] = {
    "organizations": {"acme": ["alpha", "beta", "gamma"], "other": ["outside"]},
    "tokens": [{"scope": ORGANIZATION, "name": "automation", "permissions": ["owner"], "key": "automation"}],
    "service_accounts": [
        {"scope": ORGANIZATION, "name": "deployer", "permissions": ["owner"], "key": "service_account"},
    ],
}


def seed(database: Database, wanted: Mapping[str, Any], settings: Settings) -> None:
    """Adds what is wanted as it stands, all or nothing; raises ValueError or KeyError for what makes no sense.

    organizations: ID -> IDs of its spaces. tokens: `scope` (MRN), `name`, `permissions` (short names), and optionally
    `description`, `created_at`, `last_used_at` (RFC 3339), `count` (that many, with `{}` in the name replaced by the
    number, from 0) and `key`. service_accounts: `scope`, `name`, `permissions`, `key`. The `key` is the name under
    which `credentials` has the secret of the (last) token, or the document of the service account.
    """
    _check(wanted, "")
    with database.transaction():
        for organization, spaces in (wanted.get("organizations") or {}).items():
            mrn = organization_mrn(organization)
            database.execute("INSERT OR IGNORE INTO organizations VALUES (?, ?)", mrn, organization.title())
            for space in spaces:
                database.execute(
                    "INSERT OR IGNORE INTO spaces (mrn, name, organization) VALUES (?, ?, ?)",
                    *(space_mrn(space), space.title(), mrn),
                )
        for token in wanted.get("tokens") or ():
            _add_tokens(database, token, settings)
        for account in wanted.get("service_accounts") or ():
            _add_account(database, account)


def credentials(database: Database, endpoint: str) -> dict[str, Any]:
    """What was issued under a key: secrets of API tokens, and documents of service accounts for the endpoint."""
    issued: dict[str, Any] = {
        row["key"]: json.loads(row["credential"]) for row in database.rows("SELECT * FROM issued_credentials")
    }
    return {
        key: {**value, "api_endpoint": endpoint} if isinstance(value, dict) else value for key, value in issued.items()
    }


def _add_tokens(database: Database, wanted: Mapping[str, Any], settings: Settings) -> None:
    _check(wanted, "tokens")
    scope = _existing(database, wanted["scope"])
    secret = ""
    for number in range(wanted.get("count", 1)):
        token = NewToken(
            new_account_mrn(scope),
            scope,
            wanted["name"].replace("{}", str(number)),
            roles=role_mrns(wanted["permissions"], scope),
            creator=_CREATOR,
            description=wanted.get("description", ""),
            created_at=times.kept(wanted["created_at"]) if "created_at" in wanted else times.now(settings.clock_shift),
            last_used_at=times.kept(wanted["last_used_at"]) if wanted.get("last_used_at") else None,
        )
        secret = new_secret(database, token.mrn, settings)
        database.add_token(token, secret)
    if "key" in wanted:
        _keep(database, wanted["key"], secret)


def _add_account(database: Database, wanted: Mapping[str, Any]) -> None:
    _check(wanted, "service_accounts")
    scope = _existing(database, wanted["scope"])
    public_key, document = new_account(wanted["name"], scope)
    roles = json.dumps(sorted(role_mrns(wanted["permissions"], scope)))
    database.execute(
        "INSERT INTO accounts VALUES (?, ?, ?, ?, ?)", document["mrn"], wanted["name"], scope, roles, public_key
    )
    _keep(database, wanted["key"], document)


def _keep(database: Database, key: str, credential: object) -> None:
    database.execute("INSERT OR REPLACE INTO issued_credentials VALUES (?, ?)", key, json.dumps(credential))


def _check(entry: Mapping[str, Any], kind: str) -> None:
    unknown = entry.keys() - _KEYS[kind]
    if unknown:
        raise ValueError(f"unknown in {kind or 'a seed'}: {', '.join(sorted(unknown))}")


def _existing(database: Database, scope: str) -> str:
    if database.space(scope) is None and database.organization(scope) is None:
        raise ValueError(f"no such scope: {scope}")
    return scope
