# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service hands out once: the secrets of API tokens, the documents of service accounts."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from . import times
from .database import Database
from .names import new_account_mrn
from .settings import Settings

ISSUER = "mondoo/ams"


def new_secret(database: Database, mrn: str, settings: Settings) -> str:
    """The secret of the API token with the MRN: a JWT that does not expire, or a text without meaning."""
    if settings.opaque_tokens:
        return f"opaque-{uuid.uuid4().hex}"
    claims = {"iss": ISSUER, "sub": mrn, "iat": int(times.timestamp(settings.clock_shift))}
    return jwt.encode(claims, database.signing_key, algorithm="ES384", headers={"kid": mrn})


def new_account(name: str, scope: str) -> tuple[str, dict[str, str]]:
    """A public key in PEM, and the document that the console would offer for a new service account."""
    key = ec.generate_private_key(ec.SECP384R1())
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
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return public.decode(), {
        "mrn": new_account_mrn(scope),
        "scope_mrn": scope,
        "parent_mrn": scope,
        "private_key": private.decode(),
        "certificate": certificate.public_bytes(pem).decode(),
    }
