# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is let in, and who may do what."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from simulator.names import KNOWN_ROLES
from simulator.process import Simulator

from .api import (
    ACME,
    ALPHA,
    BETA,
    DELETE,
    GENERATE,
    LIST,
    OTHER,
    OUTSIDE,
    SET_ROLES,
    UPDATE,
    Api,
    codes,
    listed,
    roles,
)

PROOF = f'{{ space(mrn: "{ALPHA}") {{ mrn }} }}'
REFUSED = "rpc error: code = Unauthenticated desc = request permission unauthenticated"


def _claims(secret: str) -> dict[str, Any]:
    return jwt.decode(secret, options={"verify_signature": False})


# -- API tokens --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer nonsense", "Basic {}", "{}", "bearer {}"])
def test_who_is_not_let_in(header: str | None, simulator: Simulator) -> None:
    headers = {} if header is None else {"Authorization": header.format(simulator.admin_token)}
    answer = requests.post(f"{simulator.url}/query", json={"query": "{ __typename }"}, headers=headers, timeout=20)
    assert answer.status_code == 200
    assert answer.json() == {"errors": [{"message": REFUSED}], "data": None}
    (entry,) = simulator.requests()
    assert (entry["executed"], entry["authorized"]) == (False, header is not None)


@pytest.mark.parametrize("status", [200, 401, 403, 422])
def test_statuses_of_refusals(status: int, owner: Api, simulator: Simulator) -> None:
    simulator.settings(unauthenticated_status=status, permission_denied_status=status)
    unknown = Api(simulator.url, "nonsense").send(LIST, **listed(ALPHA))
    assert (unknown.status_code, codes(unknown)) == (status, ["Unauthenticated"])
    for denied in (
        owner.send(LIST, **listed(OUTSIDE)),
        owner.send(GENERATE, input={"name": "ci", "scopeMrn": OUTSIDE}),
    ):
        assert (denied.status_code, codes(denied)) == (status, ["PermissionDenied"])
    assert owner.send(LIST, **listed("//nowhere")).status_code == 200
    # One of two went well.
    both = owner.send(f'{{ a: space(mrn: "{ALPHA}") {{ id }} b: space(mrn: "{OUTSIDE}") {{ id }} }}')
    assert (both.status_code, codes(both)) == (200, ["PermissionDenied"])


def test_a_secret_looks_like_a_jwt_of_its_token(owner: Api, simulator: Simulator) -> None:
    generated = owner.generate()
    assert generated["token"].startswith("eyJ")
    header = jwt.get_unverified_header(generated["token"])
    claims = _claims(generated["token"])
    assert header == {"alg": "ES384", "typ": "JWT", "kid": generated["mrn"]}
    assert abs(claims.pop("iat") - time.time()) < 3600
    assert claims == {"iss": "mondoo/ams", "sub": generated["mrn"]}
    simulator.settings(opaque_tokens=True)
    opaque = owner.generate("opaque", "editor")
    with pytest.raises(jwt.DecodeError):
        _claims(opaque["token"])
    assert Api(simulator.url, opaque["token"]).names() == ["ci", "opaque"]


def test_the_service_keeps_hashes(owner: Api, simulator: Simulator) -> None:
    generated = owner.generate()
    (token,) = simulator.tokens(ALPHA)
    assert token["secret_hash"] == hashlib.sha256(generated["token"].encode()).hexdigest()
    assert generated["token"] not in json.dumps(simulator.state())


# -- permissions -------------------------------------------------------------------------------------------------------

READERS, MANAGERS = {"viewer", "editor", "owner"}, {"editor", "owner"}


def _everything(api: Api, target: str) -> dict[str, Callable[[], requests.Response]]:
    """Each kind of access to the space alpha and a token of it."""
    return {
        "list": lambda: api.send(LIST, **listed(ALPHA)),
        "space": lambda: api.send(f'{{ space(mrn: "{ALPHA}") {{ id }} }}'),
        "generate": lambda: api.send(GENERATE, input={"name": "new", "scopeMrn": ALPHA}),
        "update": lambda: api.send(UPDATE, input={"mrn": target, "name": "renamed"}),
        "set roles": lambda: api.send(
            SET_ROLES, input={"scopeMrn": ALPHA, "updates": [{"entityMrn": target, "roles": []}]}
        ),
        "delete": lambda: api.send(DELETE, input={"mrn": target}),
    }


@pytest.mark.parametrize("permission", [*sorted(KNOWN_ROLES), None])
@pytest.mark.parametrize("scope", [ALPHA, ACME])
def test_what_each_role_may_do(permission: str | None, scope: str, owner: Api, simulator: Simulator) -> None:
    target = owner.generate("target", scope=ALPHA)["mrn"]
    holder = owner.generate("holder", *([permission] if permission else []), scope=scope)
    for action, send in _everything(Api(simulator.url, holder["token"]), target).items():
        allowed = permission in (READERS if action == "space" else MANAGERS)
        assert codes(send()) == ([] if allowed else ["PermissionDenied"]), action
    assert target in [token["mrn"] for token in simulator.tokens()] or permission in MANAGERS


@pytest.mark.parametrize("permission", [*sorted(KNOWN_ROLES), None])
def test_a_viewer_may_list_if_the_service_wants_no_more(
    permission: str | None, owner: Api, simulator: Simulator
) -> None:
    simulator.settings(listing_role="viewer")
    holder = owner.generate("holder", *([permission] if permission else []))
    answer = Api(simulator.url, holder["token"]).send(LIST, **listed(ALPHA))
    assert codes(answer) == ([] if permission in READERS else ["PermissionDenied"])


def test_an_owner_elsewhere_may_do_nothing_here(owner: Api, simulator: Simulator) -> None:
    target = owner.generate("target", scope=ALPHA)["mrn"]
    seeded = simulator.seed({"tokens": [{"scope": OTHER, "name": "x", "permissions": ["owner"], "key": "other"}]})
    neighbour = owner.generate("neighbour", "owner", scope=BETA)
    for secret in (seeded["other"], neighbour["token"]):
        for action, send in _everything(Api(simulator.url, secret), target).items():
            assert codes(send()) == ["PermissionDenied"], action
    # A space's owner is none of its organization.
    assert Api(simulator.url, neighbour["token"]).refused(LIST, **listed(ACME)) == "PermissionDenied"
    assert [token["name"] for token in simulator.tokens(ALPHA)] == ["target"]


# -- service accounts --------------------------------------------------------------------------------------------------

Account = dict[str, Any]


@pytest.fixture
def account(simulator: Simulator) -> Account:
    document: Account = simulator.credentials["service_account"]
    return document


def _bearer(
    account: Account,
    *,
    key: Any = None,
    algorithm: str = "ES384",
    kid: str | None = "",
    typ: str = "JWT",
    **changes: Any,
) -> str:
    """A JWT as the service's own client makes it, but for the changes. None leaves a claim or the key ID out."""
    now = int(time.time())
    claims = {"iss": "mondoo/ams", "sub": account["mrn"], "iat": now, "nbf": now, "exp": now + 60, **changes}
    headers = {"kid": account["mrn"] if kid == "" else kid, "typ": typ}
    return jwt.encode(
        {name: value for name, value in claims.items() if value is not None},
        account["private_key"] if key is None else key,
        algorithm=algorithm,
        headers={name: value for name, value in headers.items() if value is not None},
    )


def _hmac_with_public_key(account: Account) -> str:
    """What passes where a verifier lets the sender choose the algorithm."""
    certificate = x509.load_pem_x509_certificate(account["certificate"].encode())
    public = certificate.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    now = int(time.time())
    parts: list[dict[str, Any]] = [
        {"alg": "HS256", "typ": "JWT", "kid": account["mrn"]},
        {"iss": "mondoo/ams", "sub": account["mrn"], "iat": now, "nbf": now, "exp": now + 60},
    ]
    text = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.digest(public, text, "sha256")).rstrip(b"=")
    return (text + b"." + signature).decode()


def test_a_service_account_is_let_in(account: Account, simulator: Simulator) -> None:
    api = Api(simulator.url, _bearer(account))
    generated = api.generate("ci", "viewer")
    (node,) = api.nodes()
    assert node["mrn"] == generated["mrn"]
    assert node["creator"]["mrn"] == account["mrn"]


def test_its_document_is_as_the_console_offers_it(account: Account, simulator: Simulator) -> None:
    assert account["mrn"].startswith("//")
    assert (account["scope_mrn"], account["parent_mrn"], account["api_endpoint"]) == (ACME, ACME, simulator.url)
    key = serialization.load_pem_private_key(account["private_key"].encode(), None)
    assert account["private_key"].startswith("-----BEGIN PRIVATE KEY-----")
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(key.curve, ec.SECP384R1)
    assert x509.load_pem_x509_certificate(account["certificate"].encode()).public_key() == key.public_key()


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda a: _bearer(a, iat=int(time.time()) - 120, exp=int(time.time()) - 60), id="expired"),
        pytest.param(lambda a: _bearer(a, exp=int(time.time()) + 3600), id="lives too long"),
        pytest.param(lambda a: _bearer(a, iat=int(time.time()) + 40), id="issued in the future"),
        pytest.param(lambda a: _bearer(a, nbf=int(time.time()) + 600), id="not yet valid"),
        pytest.param(lambda a: _bearer(a, key=ec.generate_private_key(ec.SECP384R1())), id="another key"),
        pytest.param(lambda a: _bearer(a, iss="mondoo/api"), id="wrong issuer"),
        pytest.param(lambda a: _bearer(a, iss=None), id="no issuer"),
        pytest.param(lambda a: _bearer(a, sub=a["scope_mrn"]), id="another subject"),
        pytest.param(lambda a: _bearer(a, sub=None), id="no subject"),
        pytest.param(lambda a: _bearer(a, iat=None), id="no time of issue"),
        pytest.param(lambda a: _bearer(a, nbf=None), id="no start"),
        pytest.param(lambda a: _bearer(a, exp=None), id="no end"),
        pytest.param(lambda a: _bearer(a, exp="soon"), id="no time"),
        pytest.param(lambda a: _bearer(a, kid=None), id="no key ID"),
        pytest.param(lambda a: _bearer(a, kid=a["mrn"] + "0"), id="unknown account"),
        pytest.param(lambda a: _bearer(a, typ="at+jwt"), id="another type"),
        pytest.param(lambda a: _bearer(a, key="", algorithm="none"), id="not signed"),
        pytest.param(_hmac_with_public_key, id="signed with the public key"),
    ],
)
def test_service_accounts_that_are_not_let_in(
    make: Callable[[Account], str], account: Account, simulator: Simulator
) -> None:
    assert Api(simulator.url, make(account)).refused(LIST, **listed(ALPHA)) == "Unauthenticated"


def test_clocks_may_differ_a_little(account: Account, simulator: Simulator) -> None:
    ahead = int(time.time()) + 3
    assert Api(simulator.url, _bearer(account, iat=ahead, nbf=ahead, exp=ahead + 60)).names() == []


@pytest.mark.parametrize("shift", [0.0, 7200.0, -7200.0])
def test_the_service_has_a_clock_of_its_own(shift: float, account: Account, owner: Api, simulator: Simulator) -> None:
    simulator.settings(clock_shift=shift)
    here, there = int(time.time()), int(time.time() + shift)
    answer = owner.send(GENERATE, input={"name": "ci", "scopeMrn": ALPHA})
    dates = [
        parsedate_to_datetime(answer.headers["Date"]),
        datetime.fromisoformat(answer.json()["data"]["generateAPIToken"]["createdAt"][:19] + "+00:00"),
        datetime.fromtimestamp(_claims(simulator.secrets()[-1]["secret"])["iat"], timezone.utc),
    ]
    assert all(0 <= date.timestamp() - there < 600 for date in dates), dates
    by_its_clock = Api(simulator.url, _bearer(account, iat=there, nbf=there, exp=there + 60)).send(PROOF)
    by_ours = Api(simulator.url, _bearer(account, iat=here, nbf=here, exp=here + 60)).send(PROOF)
    assert codes(by_its_clock) == []
    assert codes(by_ours) == (["Unauthenticated"] if shift else [])
    assert abs(parsedate_to_datetime(by_ours.headers["Date"]).timestamp() - there) < 600


@pytest.mark.parametrize("send", ["status_503", "too_many", "graphql_error", "redirect", "html", "empty_after"])
def test_every_answer_is_dated(send: str, owner: Api, simulator: Simulator) -> None:
    simulator.settings(clock_shift=86400.0)
    simulator.fault(send)
    date = parsedate_to_datetime(owner.send(PROOF).headers["Date"])
    assert 80000 < date.timestamp() - time.time() < 90000


def test_a_service_account_has_roles_too(simulator: Simulator) -> None:
    seeded = simulator.seed(
        {"service_accounts": [{"scope": ALPHA, "name": "watcher", "permissions": ["viewer"], "key": "watcher"}]}
    )
    watcher = Api(simulator.url, _bearer(seeded["watcher"]))
    assert watcher.ask(PROOF) == {"mrn": ALPHA}
    declared = {"name": "ci", "scopeMrn": ALPHA, "roles": roles("viewer")}
    assert watcher.refused(GENERATE, input=declared) == "PermissionDenied"
    assert watcher.refused(LIST, **listed(BETA)) == "PermissionDenied"
