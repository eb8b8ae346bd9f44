# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials as editors, shells, PowerShell and secret managers hand them over: put right, or refused with the reason."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.mondoo.platform.plugins.module_utils._transport.credential_sources import (
    find_credential,
    secrets_of,
)
from ansible_collections.mondoo.platform.plugins.module_utils._transport.credential_text import (
    private_key_from,
    token_from,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.keys import ACCOUNT_MRN, private_pem, service_account

TOKEN = "eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiIvL3QvMSJ9.aHVudGVyMg_-"
TOKENS = {
    "as it is": TOKEN,
    "a line break": f"{TOKEN}\n",
    "a line break of Windows": f"{TOKEN}\r\n",
    "white space": f" \t{TOKEN}\u00a0\u2003",
    "a byte order mark": f"\ufeff{TOKEN}",
    "a zero-width space": f"{TOKEN[:9]}\u200b{TOKEN[9:]}\u200b",
    "a soft hyphen": f"{TOKEN[:30]}\u00ad{TOKEN[30:]}",
    "marks of direction": f"\u202a{TOKEN}\u202c",
    "double quotes": f'"{TOKEN}"',
    "single quotes": f"'{TOKEN}'",
    "quotes and line breaks": f'"{TOKEN}\n"\r\n',
    "an escaped line break": f"{TOKEN}\\n",
    "a line break escaped twice": f"{TOKEN}\\\\n",
    "escaped line breaks of Windows in quotes": f'"{TOKEN}\\r\\n"',
    "Bearer": f"Bearer {TOKEN}",
    "bearer and spaces": f" bearer   {TOKEN}",
    "a header": f"Authorization: Bearer {TOKEN}",
    "Bearer in quotes": f'"Bearer {TOKEN}"',
    "quotes after Bearer": f"Bearer '{TOKEN}'",
    "a byte order mark in quotes": f'"\ufeff{TOKEN}"',
}


@pytest.mark.parametrize("form", TOKENS)
def test_a_token_that_is_put_right(form: str) -> None:
    assert token_from(TOKENS[form]) == TOKEN


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (" \r\n\ufeff", "is empty"),
        ('""', "is empty"),
        (f'"{TOKEN}', "begins with a quotation mark"),
        (f"'{TOKEN}\"", "begins with a quotation mark"),
        (f"{TOKEN}'", "ends with a quotation mark"),
        (f"\u201c{TOKEN}\u201d", "begins with a quotation mark"),
        (f"`{TOKEN}`", "begins with a quotation mark"),
        (f'""{TOKEN}""', "begins with a quotation mark"),
        (f"{TOKEN[:20]} {TOKEN[20:]}", "contains white space or a line break"),
        (f"{TOKEN[:20]}\n{TOKEN[20:]}", "contains white space or a line break"),
        (f"{TOKEN[:20]}\u00a0{TOKEN[20:]}", "contains white space or a line break"),
        (f"{TOKEN} {TOKEN}", "contains white space or a line break"),
        (f"{TOKEN}\0", "contains characters that an API token cannot contain"),
        (f"{TOKEN[:20]}ü{TOKEN[20:]}", "contains characters that an API token cannot contain"),
        (
            f"{TOKEN[:20]}\N{CYRILLIC SMALL LETTER A}{TOKEN[20:]}",
            "contains characters that an API token cannot contain",
        ),
        (f"{TOKEN}\udcff", "contains characters that an API token cannot contain"),
        ("Bearer", 'is the word "Bearer" without a token after it'),
        ("Bearer ", 'is the word "Bearer" without a token after it'),
        (f"MONDOO_API_TOKEN={TOKEN}", "begins with the name of a variable"),
        (f"export MONDOO_API_TOKEN='{TOKEN}'", "begins with the name of a variable"),
        (f"$env:MONDOO_API_TOKEN = '{TOKEN}'", "begins with the name of a variable"),
        ("${MONDOO_API_TOKEN}", "is a variable that was not replaced by its value"),
        ("{{ vault_token }}", "is a variable that was not replaced by its value"),
        (json.dumps(service_account()), "looks like the credentials of a service account"),
        (private_pem(), "is a key or a certificate"),
    ],
)
def test_a_token_that_is_refused(text: str, reason: str) -> None:
    with pytest.raises(MondooError) as caught:
        token_from(text)
    assert caught.value.code == "InvalidCredentials"
    assert str(caught.value).startswith(f"the API token {reason}")
    assert TOKEN[:4] not in str(caught.value)
    assert "MIG" not in str(caught.value)


# Service accounts

ACCOUNT = service_account()
JSON = json.dumps(ACCOUNT)
YAML = yaml.safe_dump(ACCOUNT)


def _base64(data: str | bytes) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def _wrapped(text: str, end: str, width: int = 76) -> str:
    return end.join(text[start : start + width] for start in range(0, len(text), width))


DOCUMENTS = {
    "a byte order mark": f"\ufeff{JSON}",
    "zero-width spaces": f"\u200b{JSON}\u200b\n",
    "non-breaking spaces": json.dumps(ACCOUNT, indent=2).replace("  ", "\u00a0\u2003"),
    "YAML with a non-breaking space": YAML.replace("mrn: ", "mrn:\u00a0", 1),
    "a zero-width space before a key": JSON.replace('"private_key"', '\u200b"private_key"'),
    "a zero-width space within a key": JSON.replace('"private_key"', '"private\u200b_key"'),
    "an escaped one within a key": JSON.replace('"private_key"', '"\\u200bprivate_key "'),
    "one within a value": JSON.replace(ACCOUNT_MRN, f"{ACCOUNT_MRN[:30]}\u200b{ACCOUNT_MRN[30:]}"),
    "an escaped one within a value": JSON.replace(ACCOUNT_MRN, f"{ACCOUNT_MRN[:30]}\\ufeff{ACCOUNT_MRN[30:]}"),
    "base64 of zero-width spaces": _base64(JSON.replace("{", "{\u2060").replace(":", ":\u00a0", 1)),
    "line ends of Windows": json.dumps(ACCOUNT, indent=2).replace("\n", "\r\n"),
    "YAML with line ends of Windows": YAML.replace("\n", "\r\n"),
    "YAML with a byte order mark": f"\ufeff{YAML}",
    "single quotes": f"'{JSON}'",
    "double quotes": f'"{JSON}"',
    "a JSON string": json.dumps(JSON),
    "YAML as a JSON string": json.dumps(YAML),
    "base64": _base64(JSON),
    "base64 for URLs": base64.urlsafe_b64encode(JSON.replace("account-1", "account-1" + "ÿþ>?" * 9).encode()).decode(),
    "base64 without padding": _base64(JSON + " " * (-(len(JSON) + 1) % 3)).rstrip("="),
    "base64 in lines": _wrapped(_base64(JSON), "\n"),
    "base64 in lines of Windows": _wrapped(_base64(JSON), "\r\n", 64),
    "base64 with escaped line breaks": _wrapped(_base64(JSON), "\\n"),
    "base64 in quotes": f'"{_base64(JSON)}"',
    "base64 with a byte order mark": f"\ufeff{_base64(JSON)}",
    "base64 of a byte order mark": _base64(f"\ufeff{JSON}"),
    "base64 of UTF-16": _base64(JSON.encode("utf-16")),
    "base64 of UTF-16 without a mark": _base64(JSON.encode("utf-16-le")),
    "base64 of base64": _base64(_base64(JSON)),
    "base64 of a JSON string": _base64(json.dumps(JSON)),
}


@pytest.mark.parametrize("form", DOCUMENTS)
def test_a_document_that_is_put_right(form: str, tmp_path: Path) -> None:
    path = tmp_path / "account"
    path.write_text(DOCUMENTS[form], encoding="utf-8", newline="")
    for given in ({"service_account": DOCUMENTS[form]}, {"service_account_file": str(path)}):
        credential = find_credential(given, {})
        (mrn,) = credential.identifiers
        assert mrn.startswith(ACCOUNT_MRN)
        assert credential.bearer().count(".") == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [JSON, YAML, _base64(JSON)], ids=["JSON", "YAML", "base64"])
def test_a_file_in_another_encoding(encoding: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "account"
    path.write_text(text, encoding=encoding)
    assert find_credential({}, {"MONDOO_CONFIG_PATH": str(path)}).identifiers == {ACCOUNT_MRN}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ('"', "it begins with a quotation mark"),
        (f'"{JSON}', "it begins with a quotation mark"),
        (f"MONDOO_CONFIG_BASE64={_base64(JSON)}", "it begins with the name of a variable"),
        (TOKEN, "it looks like an API token: give that as auth_token or MONDOO_API_TOKEN"),
        (private_pem(), "it is a key or a certificate alone, without the mrn of the service account"),
        (JSON[:-40], "it is neither JSON nor YAML"),
        ("[" * 100_000, "it is neither JSON nor YAML"),
    ],
)
def test_a_document_that_is_refused(text: str, reason: str) -> None:
    with pytest.raises(MondooError) as caught:
        find_credential({"service_account": text}, {})
    assert reason in str(caught.value)
    assert "MIG" not in str(caught.value)
    assert TOKEN[:4] not in str(caught.value)


KEYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "without the last line break": str.strip,
    "line ends of Windows": lambda key: key.replace("\n", "\r\n"),
    "escaped line breaks": lambda key: key.replace("\n", "\\n"),
    "escaped line breaks of Windows": lambda key: key.replace("\n", "\\r\\n"),
    "line breaks escaped twice": lambda key: key.replace("\n", "\\\\n"),
    "line breaks escaped three times": lambda key: key.replace("\n", "\\\\\\\\r\\\\\\\\n"),
    "zero-width and non-breaking spaces": lambda key: key.replace("\n", "\u00a0\u200b\n"),
    "base64 of a byte order mark": lambda key: _base64(f"\ufeff{key}"),
    "folded": lambda key: key.replace("\n", " "),
    "without line breaks": lambda key: key.replace("\n", ""),
    "indented": lambda key: key.replace("\n", "\n    "),
    "in quotes": lambda key: f'"{key}"',
    "in quotes, escaped": lambda key: "'{}'".format(key.replace("\n", "\\n")),
    "a byte order mark": lambda key: f"\ufeff{key}",
    "text around it": lambda key: f"subject=/CN=account\n{key}\n",
    "base64": _base64,
    "base64 in lines": lambda key: _wrapped(_base64(key), "\n"),
}


@pytest.mark.parametrize("form", KEYS)
def test_a_private_key_that_is_put_right(form: str) -> None:
    account = service_account(private_key=KEYS[form](private_pem()))
    for given in (account, json.dumps(account), yaml.safe_dump(account)):
        assert find_credential({"service_account": given}, {}).bearer().count(".") == 2


def test_a_key_that_is_none_stays_as_it_is() -> None:
    legacy = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END EC PRIVATE KEY-----"
    for text in ("no key", legacy, "-----BEGIN PRIVATE KEY-----\nAAAA"):
        assert private_key_from(text) == text


@pytest.mark.parametrize("field", ["mrn", "api_endpoint", "api_proxy"])
def test_what_an_editor_puts_around_a_field(field: str) -> None:
    value = {"mrn": ACCOUNT_MRN}.get(field, "https://eu.api.mondoo.com")
    odd = f'\ufeff" {value[:12]}\u200b{value[12:]}\u200b"\n'
    account = find_credential({"service_account": service_account(**{field: odd})}, {})
    assert {"mrn": next(iter(account.identifiers))}.get(field, getattr(account, field, None)) == value


# Masks


def _registered(options: dict[str, Any], environ: dict[str, str] | None = None) -> set[str]:
    registered: set[str] = set()
    try:
        find_credential(options, environ or {}, registered.add)
    except MondooError as error:
        assert error.code == "InvalidCredentials"
    return registered


@pytest.mark.parametrize("form", TOKENS)
def test_a_token_is_masked_as_it_is_given_and_as_it_is_sent(form: str) -> None:
    assert {TOKENS[form], TOKEN} <= _registered({"auth_token": TOKENS[form]})
    assert {TOKENS[form], TOKEN} <= _registered({}, {"MONDOO_API_TOKEN": TOKENS[form]})


@pytest.mark.parametrize("text", ["", " ", "a", "mondoo", "null", "[]"])
def test_what_is_too_short_for_a_document_is_not_masked(text: str, tmp_path: Path) -> None:
    """Else, every such letter or word of the message would be."""
    (tmp_path / "account").write_text(text, encoding="utf-8")
    for given in ({"service_account": text}, {"service_account_file": str(tmp_path / "account")}):
        assert not _registered(given)


def test_what_is_refused_is_masked_as_well() -> None:
    assert f"{TOKEN} x" in _registered({"auth_token": f"{TOKEN} x"})
    assert JSON[:-40] in _registered({"service_account": JSON[:-40]})
    incomplete = service_account(mrn=None)
    for given in (incomplete, json.dumps(incomplete)):
        assert set(private_pem().splitlines()[1:-1]) <= _registered({"service_account": given})


@pytest.mark.parametrize("form", KEYS)
def test_a_key_is_masked_as_it_is_given_and_as_it_is_used(form: str) -> None:
    odd = KEYS[form](private_pem())
    registered = _registered({"service_account": service_account(private_key=odd)})
    assert {private_pem(), odd, *private_pem().splitlines()[1:-1]} <= registered


def test_each_jwt_is_masked() -> None:
    registered: set[str] = set()
    assert find_credential({"service_account": ACCOUNT}, {}, registered.add).bearer() in registered


def test_what_is_secret_in_a_document() -> None:
    document = {
        **service_account(private_key="k" * 20, certificate=None, scope_mrn="//scope"),
        "api_proxy": "http://bob:hunter2@proxy",
        "version": 7,
        "short": "abc",
        "nested": {"type": "external_account", "keys": ["s" * 20, 8]},
    }
    assert {"k" * 20, "s" * 20, "hunter2"} <= secrets_of(document)
    assert not secrets_of(document) & {"abc", "7", "8", "//scope", ACCOUNT_MRN, "external_account"}
