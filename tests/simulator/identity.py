# Copyright: (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who sends a request, and what it may do."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .database import Database, hash_of, now_text
from .errors import permission_denied, unauthenticated

ROLE_PREFIX = "//iam.api.mondoo.app/roles/"
KNOWN_ROLES = frozenset(
    "viewer editor owner agent integrations-manager sla-manager policy-manager policy-editor ticket-manager ticket-creator"
    " exceptions-requester query-pack-manager query-pack-editor".split()
)
MEMBERSHIPS = frozenset({"space-member", "org-member"})
_READERS = frozenset({"viewer", "editor", "owner"})
_MANAGERS = frozenset({"editor", "owner"})
_LIFETIME = 60  # seconds a service account's JWT may be valid
_LEEWAY = 5


@dataclass(frozen=True)
class Principal:
    """An authenticated sender. roles: short names."""

    mrn: str
    name: str
    scope: str
    roles: frozenset[str]

    @property
    def creator(self) -> dict[str, Any]:
        return {"mrn": self.mrn, "email": None, "service": self.name}


def membership_of(scope: str) -> str:
    """The role that the platform adds by itself."""
    return ROLE_PREFIX + ("space-member" if "/spaces/" in scope else "org-member")


def new_secret(database: Database, mrn: str, *, opaque: bool = False) -> str:
    if opaque:
        return f"opaque-{uuid.uuid4().hex}"
    claims = {"iss": "mondoo/api", "sub": mrn, "iat": int(time.time()), "jti": uuid.uuid4().hex}
    return jwt.encode(claims, database.signing_key(), algorithm="HS256")


def new_account(name: str, scope: str) -> tuple[str, dict[str, str]]:
    """A public key, and the document that the console would hand out for a new service account."""
    key = ec.generate_private_key(ec.SECP384R1())
    mrn = f"//agents.api.mondoo.app{scope.removeprefix('//captain.api.mondoo.app')}/serviceaccounts/{uuid.uuid4().hex[:12]}"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA384())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return public.decode(), {
        "mrn": mrn,
        "scope_mrn": scope,
        "parent_mrn": scope,
        "private_key": private.decode(),
        "certificate": certificate.public_bytes(serialization.Encoding.PEM).decode(),
    }


def authenticate(database: Database, authorization: str) -> Principal:
    """The sender by its Authorization header; raises Unauthenticated."""
    kind, _space, bearer = authorization.partition(" ")
    if kind != "Bearer" or not bearer:
        raise unauthenticated()
    token = database.row("SELECT * FROM tokens WHERE secret_hash = ?", hash_of(bearer))
    if token:
        database.execute("UPDATE tokens SET last_used_at = ? WHERE mrn = ?", now_text(), token["mrn"])
        return Principal(token["mrn"], token["name"], token["scope"], _short(json.loads(token["roles"])))
    return _service_account(database, bearer)


def _service_account(database: Database, bearer: str) -> Principal:
    try:
        header = jwt.get_unverified_header(bearer)
        account = database.row("SELECT * FROM accounts WHERE mrn = ?", header.get("kid", ""))
        if account is None or header.get("typ") != "JWT":
            raise unauthenticated()
        claims = jwt.decode(
            bearer,
            account["public_key"],
            algorithms=["ES384"],
            issuer="mondoo/ams",
            leeway=_LEEWAY,
            options={"require": ["iss", "sub", "iat", "nbf", "exp"]},
        )
    except jwt.PyJWTError:
        raise unauthenticated() from None
    if claims["sub"] != account["mrn"] or claims["exp"] - claims["iat"] > _LIFETIME:
        raise unauthenticated()
    return Principal(account["mrn"], account["name"], account["scope"], _short(json.loads(account["roles"])))


def _short(roles: Iterable[str]) -> frozenset[str]:
    return frozenset(role.removeprefix(ROLE_PREFIX) for role in roles)


def require_reader(database: Database, principal: Principal, scope: str) -> None:
    """The documentation's Viewer browses; Editor and Owner can do more. An Agent reads policies only."""
    _require(database, principal, scope, _READERS)


def require_manager(database: Database, principal: Principal, scope: str) -> None:
    """Only an Editor or Owner of the scope manages tokens."""
    _require(database, principal, scope, _MANAGERS)


def _require(database: Database, principal: Principal, scope: str, roles: frozenset[str]) -> None:
    space = database.row("SELECT organization FROM spaces WHERE mrn = ?", scope)
    covered = principal.scope == scope or (space is not None and space["organization"] == principal.scope)
    if not covered or principal.roles.isdisjoint(roles):
        raise permission_denied()
