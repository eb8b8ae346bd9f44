# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys and certificates made for one test run."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

ACCOUNT_MRN = "//agents.api.mondoo.app/spaces/space-1/serviceaccounts/account-1"


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


def private_pem(key: Any = None) -> str:
    """PKCS#8, as the platform issues it."""
    return (key or _key()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem() -> str:
    return _key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def service_account(**changes: Any) -> dict[str, Any]:
    """The credentials of a service account; a key that is changed to None is left out."""
    document = {
        "mrn": ACCOUNT_MRN,
        "private_key": private_pem(),
        "certificate": "-----BEGIN CERTIFICATE-----\nnot looked at\n-----END CERTIFICATE-----\n",
        "api_endpoint": "https://eu.api.mondoo.com",
        "scope_mrn": "//captain.api.mondoo.app/spaces/space-1",
        **changes,
    }
    return {key: value for key, value in document.items() if value is not None}


def write_certificate(folder: Path, host: str = "127.0.0.1") -> Path:
    """A self-signed certificate for a name or an address, followed by its key, in a file that also serves as CA bundle."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "unit test")])
    try:
        subject: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        subject = x509.DNSName(host)
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([subject]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                **dict.fromkeys(
                    (
                        *("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
                        *("crl_sign", "encipher_only", "decipher_only"),
                    ),
                    False,
                ),
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_text(certificate.public_bytes(Encoding.PEM).decode() + private_pem(key), encoding="ascii")
    return path
