# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential of a request: an API token, or a JWT signed by a service account."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .._values.errors import INVALID_CREDENTIALS, MondooError, missing_library
from .._values.jwt import JWT_LIFETIME, token_mrn_of
from .credential_text import HOW_TO_GET_ONE, check_supported, field_from, plain_fields, private_key_from, token_from


class Credential(Protocol):
    """One identity at the service."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be shown."""

    @property
    def identifiers(self) -> frozenset[str]:
        """The MRN of this identity at the service; empty if unknown."""

    @property
    def api_endpoint(self) -> str | None:
        """The base URL in the credential itself."""

    @property
    def api_proxy(self) -> str | None:
        """The proxy in the credential itself."""

    @property
    def signs(self) -> bool:
        """Whether it signs with the time of this host, so acceptance depends on the clock."""

    def bearer(self) -> str:
        """The token for the next request."""


class ApiToken:
    """An API token, sent unchanged."""

    api_endpoint: str | None = None
    api_proxy: str | None = None
    signs = False

    def __init__(self, secret: str) -> None:
        self._secret = token_from(secret)
        self.secrets: tuple[str, ...] = (self._secret,)
        mrn = token_mrn_of(self._secret)
        self.identifiers = frozenset({mrn} if mrn else ())

    def bearer(self) -> str:
        return self._secret


class ServiceAccount:
    """A service account, which signs short-lived JWTs with its private key (ES384). Requests of one second share one.

    document: the credentials as the platform issues them, with `mrn` and `private_key`.
    now: seconds since the epoch. on_signed: called with each JWT before it is used.
    """

    signs = True

    def __init__(
        self,
        document: Mapping[str, Any],
        now: Callable[[], float] = time.time,
        on_signed: Callable[[str], None] = lambda _jwt: None,
    ) -> None:
        document = plain_fields(document)
        check_supported(document)
        mrn, key = field_from(document, "mrn"), field_from(document, "private_key")
        if mrn is None or key is None:
            missing = [name for name, value in (("mrn", mrn), ("private_key", key)) if value is None]
            raise MondooError(
                INVALID_CREDENTIALS,
                f"the service account has no {' and no '.join(missing)}",
                advice=HOW_TO_GET_ONE,
            )
        self._mrn = mrn
        self._private_key = private_key_from(key)
        self._now = now
        self._on_signed = on_signed
        self._last = (0, "")
        self.secrets: tuple[str, ...] = (self._private_key, key)
        self.identifiers = frozenset({mrn})
        self.api_endpoint = field_from(document, "api_endpoint")
        self.api_proxy = field_from(document, "api_proxy")

    def bearer(self) -> str:
        now = int(self._now())
        signed_at, jwt = self._last
        if signed_at != now:
            jwt = self._sign(now)
            # Before it is used by another thread.
            self._on_signed(jwt)
            self._last = (now, jwt)
        return jwt

    def _sign(self, now: int) -> str:
        try:
            # An API token needs neither of them, and a module starts for every task.
            import cryptography  # noqa: F401
            import jwt
        except ImportError:
            raise missing_library("PyJWT and cryptography", "pip install PyJWT cryptography") from None
        claims = {"iss": "mondoo/ams", "sub": self._mrn, "iat": now, "nbf": now, "exp": now + JWT_LIFETIME}
        try:
            return jwt.encode(claims, self._private_key, algorithm="ES384", headers={"kid": self._mrn, "typ": "JWT"})
        except Exception as error:  # noqa: BLE001  (the libraries raise many kinds for a bad key)
            # Their messages may quote the key; the type is enough.
            kind = type(error).__name__
        raise MondooError(
            INVALID_CREDENTIALS,
            f"the private key of the service account cannot sign ({kind}): it must be an ECDSA P-384 key in PEM",
            advice=HOW_TO_GET_ONE,
        )
