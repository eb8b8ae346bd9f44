# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who sends a request, and what it may do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jwt

from . import times
from .database import Database, hash_of
from .errors import not_found, permission_denied, unauthenticated
from .issuing import ISSUER
from .names import ROLE_PREFIX

# The documentation's Viewer browses, and Editor and Owner do all that it does. An Agent reads policies and query packs
# and reports results: it browses nothing.
_READERS = frozenset({"viewer", "editor", "owner"})
_MANAGERS = frozenset({"editor", "owner"})
_CLAIMS = ("iss", "sub", "iat", "nbf", "exp")
_LIFETIME = 60  # seconds that a service account's JWT may be valid for
_LEEWAY = 5  # seconds that two clocks may differ by


@dataclass(frozen=True)
class Principal:
    """An authenticated sender. roles: short names."""

    mrn: str
    scope: str
    roles: frozenset[str]

    @property
    def creator(self) -> dict[str, Any]:
        """As what it generates shows it."""
        return {"mrn": self.mrn, "email": None}


def authenticate(database: Database, authorization: str, shift: float) -> Principal:
    """The sender by its Authorization header; raises Unauthenticated. shift: of the service's clock, in seconds."""
    kind, _space, bearer = authorization.partition(" ")
    if kind != "Bearer" or not bearer:
        raise unauthenticated()
    token = database.row("SELECT * FROM tokens WHERE secret_hash = ?", hash_of(bearer))
    if token is None:
        return _principal(_account(database, bearer, times.timestamp(shift)))
    database.execute("UPDATE tokens SET last_used_at = ? WHERE mrn = ?", times.now(shift), token["mrn"])
    return _principal(token)


def _account(database: Database, bearer: str, now: float) -> dict[str, Any]:
    """The service account that has signed the bearer, which must be valid by the service's own clock."""
    try:
        header = jwt.get_unverified_header(bearer)
        account = database.row("SELECT * FROM accounts WHERE mrn = ?", header.get("kid", ""))
        if account is None or header.get("typ") != "JWT":
            raise unauthenticated()
        claims = jwt.decode(
            bearer,
            account["public_key"],
            algorithms=["ES384"],
            issuer=ISSUER,
            # PyJWT knows the clock of this host only.
            options={"require": [*_CLAIMS], "verify_iat": False, "verify_nbf": False, "verify_exp": False},
        )
        issued, start, end = (float(claims[name]) for name in ("iat", "nbf", "exp"))
    except (jwt.PyJWTError, ValueError, TypeError):
        raise unauthenticated() from None
    valid = max(issued, start) - _LEEWAY <= now < end + _LEEWAY
    if claims["sub"] != account["mrn"] or not valid or end - issued > _LIFETIME + _LEEWAY:
        raise unauthenticated()
    return account


def _principal(row: dict[str, Any]) -> Principal:
    roles = frozenset(role.removeprefix(ROLE_PREFIX) for role in json.loads(row["roles"]))
    return Principal(row["mrn"], row["scope"], roles)


def require_reader(database: Database, principal: Principal, scope: str) -> None:
    """Raises NotFound for a scope that does not exist, and PermissionDenied for one that it may not browse."""
    _require(database, principal, scope, _READERS)


def require_lister(database: Database, principal: Principal, scope: str, *, viewers: bool) -> None:
    """As `require_reader`, for who lists API tokens; viewers: whether a Viewer may."""
    _require(database, principal, scope, _READERS if viewers else _MANAGERS)


def require_manager(database: Database, principal: Principal, scope: str) -> None:
    """As `require_reader`, for what only an Editor or Owner of the scope may do."""
    _require(database, principal, scope, _MANAGERS)


def require_right_to_grant(principal: Principal, roles: Iterable[str]) -> None:
    """Raises PermissionDenied for more than the principal has itself. Of what a manager can grant (MRNs), only `owner`
    is more than `editor`: what is published ranks neither `agent` nor the narrow roles above it.
    """
    if "owner" not in principal.roles and ROLE_PREFIX + "owner" in roles:
        raise permission_denied()


def _require(database: Database, principal: Principal, scope: str, roles: frozenset[str]) -> None:
    space = database.space(scope)
    if space is None and database.organization(scope) is None:
        raise not_found(f"scope {scope}")
    covered = {scope, space["organization"]} if space else {scope}
    if principal.scope not in covered or principal.roles.isdisjoint(roles):
        raise permission_denied()
