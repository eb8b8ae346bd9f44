# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What requests authenticate with."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._transport.credentials import ApiToken, ServiceAccount
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.imports import hide_library
from ansible_collections.mondoo.platform.tests.unit.support.keys import (
    ACCOUNT_MRN,
    private_pem,
    public_pem,
    service_account,
)
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

_START = 1_795_456_800.75


MRN = "//agents.api.mondoo.app/spaces/alpha/serviceaccounts/2hK8"


# API tokens


def test_an_api_token_is_sent_as_it_is() -> None:
    credential = ApiToken(" opaque-secret\n")
    assert credential.bearer() == "opaque-secret"
    assert credential.secrets == ("opaque-secret",)
    assert credential.identifiers == frozenset()
    assert (credential.api_endpoint, credential.api_proxy, credential.signs) == (None, None, False)


def test_an_api_token_that_is_a_jwt_knows_whose_it_is() -> None:
    claims, header = (base64.urlsafe_b64encode(json.dumps({key: MRN}).encode()).decode() for key in ("sub", "kid"))
    assert ApiToken(f"{header}.{claims}.signature").identifiers == {MRN}


# Service accounts


def _account(now: float = _START, **changes: Any) -> ServiceAccount:
    return ServiceAccount(service_account(**changes), now=lambda: now)


def _decoded(token: str, now: float = _START) -> dict[str, Any]:
    # The times are checked against the injected clock below, not against that of this machine.
    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    claims: dict[str, Any] = jwt.decode(token, public_pem(), algorithms=["ES384"], options=options)  # type: ignore[arg-type]
    return claims


def test_a_service_account_signs_what_the_service_asks_for() -> None:
    token = _account().bearer()
    second = int(_START)
    assert _decoded(token) == {
        "iss": "mondoo/ams",
        "sub": ACCOUNT_MRN,
        "iat": second,
        "nbf": second,
        "exp": second + 60,
    }
    assert jwt.get_unverified_header(token) == {"alg": "ES384", "typ": "JWT", "kid": ACCOUNT_MRN}


def test_the_signature_is_of_this_key_alone() -> None:
    other = ServiceAccount(service_account(private_key=private_pem(ec.generate_private_key(ec.SECP384R1()))))
    with pytest.raises(jwt.InvalidSignatureError):
        _decoded(other.bearer())


def test_a_service_account_knows_its_identity_endpoint_and_secrets() -> None:
    account = _account(api_proxy=" http://proxy:3128\n")
    assert account.identifiers == {ACCOUNT_MRN}
    assert (account.api_endpoint, account.api_proxy) == ("https://eu.api.mondoo.com", "http://proxy:3128")
    assert account.signs
    assert private_pem() in account.secrets


@pytest.mark.parametrize("value", [None, "", " ", 7])
def test_endpoint_and_proxy_are_optional(value: object) -> None:
    account = _account(api_endpoint=value, api_proxy=value)
    assert (account.api_endpoint, account.api_proxy) == (None, None)


def test_each_jwt_is_registered_before_it_is_used() -> None:
    registered = list[str]()
    account = ServiceAccount(service_account(), on_signed=registered.append)
    assert registered == []
    assert account.bearer() == registered[-1]


@pytest.mark.parametrize(
    "document",
    [
        {"type": "external_account", "audience": "hunter2", "credential_source": {"file": "/run/hunter2"}},
        {"auth": {"method": "wif"}, "mrn": ACCOUNT_MRN, "issuer_uri": "https://hunter2.example.com"},
        {**service_account(), "type": "external_account"},
    ],
)
def test_keyless_credentials_are_refused_by_name(document: dict[str, Any]) -> None:
    with pytest.raises(MondooError, match="keyless credentials") as caught:
        ServiceAccount(document)
    assert caught.value.code == "InvalidCredentials"
    assert "auth_token or MONDOO_API_TOKEN" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_only_requests_of_one_second_share_a_jwt() -> None:
    """A clock that is half a minute behind would otherwise fail in the middle of a run; and each is masked in all results."""
    clock = [_START]
    account = ServiceAccount(service_account(), now=lambda: clock[0])
    first = account.bearer()
    assert account.bearer() == first
    clock[0] = _START + 1
    assert _decoded(account.bearer())["iat"] == int(_START) + 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mrn": None}, "has no mrn:"),
        ({"mrn": ""}, "has no mrn:"),
        ({"mrn": 7}, "has no mrn:"),
        ({"private_key": None}, "has no private_key:"),
        ({"private_key": ["x"]}, "has no private_key:"),
        ({"mrn": None, "private_key": None}, "has no mrn and no private_key:"),
    ],
)
def test_an_incomplete_service_account(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(MondooError) as caught:
        _account(**changes)
    assert caught.value.code == "InvalidCredentials"
    assert f"the service account {words}".replace(":", ".") in str(caught.value)
    assert "BEGIN PRIVATE KEY" not in str(caught.value)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("not a key", id="text"),
        pytest.param("-----BEGIN PRIVATE KEY-----\nAAAAhunter2\n-----END PRIVATE KEY-----\n", id="broken"),
        pytest.param(private_pem(ec.generate_private_key(ec.SECP256R1())), id="another curve"),
        pytest.param(private_pem(rsa.generate_private_key(65537, 2048)), id="RSA"),
        pytest.param(private_pem(ed25519.Ed25519PrivateKey.generate()), id="Ed25519"),
        pytest.param(public_pem(), id="public"),
    ],
)
def test_a_key_that_cannot_sign(key: str) -> None:
    with pytest.raises(MondooError) as caught:
        _account(private_key=key).bearer()
    text = str(caught.value)
    assert caught.value.code == "InvalidCredentials"
    assert "must be an ECDSA P-384 key in PEM" in text
    assert caught.value.__cause__ is None
    assert not any(line in text for line in key.splitlines() if line)


@pytest.mark.parametrize("library", ["jwt", "cryptography"])
def test_only_signing_needs_the_libraries(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    account = _account()
    hide_library(monkeypatch, library)
    assert ApiToken("secret").bearer() == "secret"
    with pytest.raises(MondooError, match="PyJWT and cryptography") as caught:
        account.bearer()
    assert caught.value.code == "MissingLibrary"
