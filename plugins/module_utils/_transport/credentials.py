# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a request authenticates with: an API token as it is, or a JWT signed by a service account."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .._values.errors import INVALID_CREDENTIALS, MondooError, missing_library

_LIFETIME = 60  # seconds that the service accepts for a service account's JWT
_RENEW_BEFORE_END = 30  # seconds left for a request that waits in a queue


class Credential(Protocol):
    """One identity at the service."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be shown."""

    @property
    def identifiers(self) -> frozenset[str]:
        """Strings by which the service may know this identity, such as MRNs; empty if it cannot be told."""

    @property
    def api_endpoint(self) -> str | None:
        """The base URL that the credential itself names."""

    def bearer(self) -> str:
        """The token for the next request."""


class ApiToken:
    """An API token, sent as it is."""

    api_endpoint: str | None = None

    def __init__(self, secret: str) -> None:
        text = secret.strip()
        if not text or not text.isascii() or any(char.isspace() or not char.isprintable() for char in text):
            raise MondooError(INVALID_CREDENTIALS, "the API token is empty or has characters that no API token has")
        self._secret = text
        self.secrets: tuple[str, ...] = (text,)
        self.identifiers = _jwt_strings(text)

    def bearer(self) -> str:
        return self._secret


def _jwt_strings(token: str) -> frozenset[str]:
    """Every string among the header and the claims of a JWT, unverified; empty if the token is none."""
    found: set[str] = set()
    for part in token.split(".")[:2]:
        try:
            claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except ValueError:
            return frozenset()
        if isinstance(claims, Mapping):
            found.update(value for value in claims.values() if isinstance(value, str))
    return frozenset(found)


class ServiceAccount:
    """A service account, which signs a short-lived JWT with its private key (ES384).

    document: the credentials as the platform issues them, with `mrn` and `private_key`.
    now: seconds since the epoch.
    """

    def __init__(self, document: Mapping[str, Any], now: Callable[[], float] = time.time) -> None:
        missing = [key for key in ("mrn", "private_key") if not isinstance(document.get(key), str) or not document[key]]
        if missing:
            raise MondooError(
                INVALID_CREDENTIALS,
                f"the service account has no {' and no '.join(missing)}",
                advice="Use the credentials file that the console offers when a service account is created.",
            )
        self._mrn: str = document["mrn"]
        self._private_key: str = document["private_key"]
        self._now = now
        self._lock = threading.Lock()
        self._signed: tuple[float, str] | None = None
        self.secrets: tuple[str, ...] = (self._private_key,)
        self.identifiers = frozenset({self._mrn})
        endpoint = document.get("api_endpoint")
        self.api_endpoint: str | None = endpoint if isinstance(endpoint, str) and endpoint else None

    def bearer(self) -> str:
        with self._lock:
            now = self._now()
            if self._signed is None or now >= self._signed[0] - _RENEW_BEFORE_END:
                self._signed = (now + _LIFETIME, self._sign(int(now)))
            return self._signed[1]

    def _sign(self, now: int) -> str:
        try:
            # An API token needs neither of them, and a module starts for every task.
            import cryptography  # noqa: F401
            import jwt
        except ImportError:
            raise missing_library("PyJWT and cryptography", "pip install PyJWT cryptography") from None
        claims = {"iss": "mondoo/ams", "sub": self._mrn, "iat": now, "nbf": now, "exp": now + _LIFETIME}
        try:
            return jwt.encode(claims, self._private_key, algorithm="ES384", headers={"kid": self._mrn, "typ": "JWT"})
        except Exception as error:  # noqa: BLE001  (whatever the libraries raise for a bad key)
            # Their messages may quote the key; the type is enough.
            kind = type(error).__name__
        raise MondooError(
            INVALID_CREDENTIALS,
            f"the private key of the service account cannot sign ({kind}): it must be an ECDSA P-384 key in PEM",
            advice="Use the credentials file that the console offers when a service account is created.",
        )
