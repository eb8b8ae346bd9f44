# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an address is masked, and what of it is shown."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._transport.addresses import host_of, secrets_in, shown

ODD_PASSWORDS = [
    *("hunter22", "hun#ter22", "hun/ter22", "hun?ter22", "hun@ter22", "hun:ter22", "hun://ter22", "h%75nter22"),
    *("hun ter22", "hünter22", "%68%75%6e%74%65%72%32%32", "[hunter22]", "hun\\ter22", "hun&ter22=hun", "//hunter22"),
]


def _masked(text: str, secrets: set[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "*")
    return text


@pytest.mark.parametrize("password", ODD_PASSWORDS)
@pytest.mark.parametrize(
    "pattern",
    [
        "http://bob:{}@127.0.0.1:3128",
        "bob:{}@proxy",
        "https://:{}@[::1]:1/path",
        "http://{}:@proxy:1",
        "http://bob:{}@",
    ],
)
def test_a_password_is_masked_in_every_form_and_never_shown(pattern: str, password: str) -> None:
    address = pattern.format(password)
    secrets = secrets_in(address)
    # As it is, and by itself or decoded, as a message of some program might have it.
    decoded = "hunter22" if "%" in password else password
    for text in (address, f"password {password}", f"password {decoded}"):
        for part in ("unter22", "ter22"):
            assert part not in _masked(text, secrets)
    assert "ter22" not in shown(address)
    assert "127.0.0.1:3128" not in pattern or shown(address) == '"http://…@127.0.0.1:3128"'


def test_a_password_is_masked_as_it_goes_over_the_wire() -> None:
    header = base64.b64encode(b"bob:p@ss word").decode()
    assert header in secrets_in("http://bob:p%40ss%20word@proxy")


@pytest.mark.parametrize("address", ["http://bob:pw@proxy", "http://bob@proxy", "bob:pw1@proxy"])
def test_what_is_short_is_masked_only_where_it_stands(address: str) -> None:
    """Three letters occur in words, and in new secrets, that have nothing to do with it."""
    secrets = secrets_in(address)
    assert _masked(address, secrets).endswith("*proxy")
    assert all(len(secret) >= 4 for secret in secrets)
    assert _masked("bob has a password such as pw or pw1", secrets) == "bob has a password such as pw or pw1"


@pytest.mark.parametrize("address", ["", "http://proxy:3128", "proxy", "https://example.com/query", "http://[::1"])
def test_an_address_without_a_password(address: str) -> None:
    assert secrets_in(address) == set()


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("https://api.example.com:8443/mondoo/query", '"https://api.example.com:8443/mondoo/query"'),
        ("http://[::1]:80", '"http://[::1]:80"'),
        ("api.example.com", '"api.example.com"'),
        ("https://a b.com", '"https://a b.com"'),
        ("https://example.com:port", '"https://example.com…"'),
        ("https://example.com/?token=hunter2", '"https://example.com…"'),
        ("https://user@example.com", '"https://…@example.com"'),
        ("bob:hunter2", "the address (not shown, since it may contain a password)"),
        ("hunter\x1b[2J", "the address (not shown, since it may contain a password)"),
        ("hunter\u202e2", "the address (not shown, since it may contain a password)"),
        ("http://bob:hunter2@", "the address (not shown, since it may contain a password)"),
    ],
)
def test_what_is_shown(address: str, text: str) -> None:
    assert shown(address) == text


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ("https://other.invalid/path?next=hunter2#hunter2", "https://other.invalid"),
        ("https://u:hunter2@other.invalid:8443/#hunter2", "https://other.invalid:8443"),
        ("https://u:hun#ter2@other.invalid/", "https://other.invalid"),
        ("/login?token=hunter2", "another place"),
        ("//hunter2", "another place"),
        ("\x1b]0;hunter2", "another place"),
    ],
)
def test_of_what_somebody_else_sends_scheme_and_host_are_shown(location: str, text: str) -> None:
    assert host_of(location) == text
