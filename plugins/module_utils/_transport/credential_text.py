# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads credentials as written by editors, shells, PowerShell and secret managers, and makes unambiguous corrections."""

from __future__ import annotations

import base64
import binascii
import codecs
import json
import re
from collections.abc import Mapping
from typing import Any

from .._values.errors import INVALID_CREDENTIALS, MondooError, missing_library

HOW_TO_GET_ONE = "Use the credentials file that the console offers when a service account is created."
# Byte order marks, zero-width spaces and joiners, soft hyphens, marks of direction.
_INVISIBLE = re.compile("[\ufeff\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069]")
_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_QUOTES = "\"'`\u201c\u201d\u201e\u2018\u2019«»"
_ASSIGNMENT = re.compile(r"(?:export\s+|set\s+|\$env:)?MONDOO_\w+\s*[=:]", re.IGNORECASE)
_ESCAPED_BREAK = re.compile(r"\\+[rn]")  # escaped once for each tool that it went through
_PEM = re.compile(r"-----BEGIN (?P<kind>[A-Z0-9 ]+)-----(?P<body>.*?)-----END (?P=kind)-----", re.DOTALL)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}", re.ASCII)


def text_from(data: bytes) -> str:
    """Decodes UTF-8, or UTF-16 as PowerShell writes it. Raises ValueError if it is neither."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    if data[1:2] == b"\0":
        return data.decode("utf-16-le")
    if data[:1] == b"\0":
        return data.decode("utf-16-be")
    return data.decode("utf-8-sig")


def token_from(text: str) -> str:
    """The API token in a text. Raises MondooError, which describes the problem and never quotes the token."""
    unquoted = _without_quotes(_trimmed(_visible(text)))
    token = re.sub(r"\A(?:authorization:\s*)?bearer\s+", "", unquoted, flags=re.IGNORECASE)
    if token != unquoted:
        token = _without_quotes(_trimmed(token))
    problem = _problem_of_token(token)
    if problem:
        raise MondooError(INVALID_CREDENTIALS, f"the API token {problem}")
    return token


def _problem_of_token(token: str) -> str | None:
    if not token:
        return "is empty"
    if token.startswith("{") and '"' in token:
        return "looks like the credentials of a service account: give those as service_account or MONDOO_CONFIG_BASE64"
    if token.startswith("-----BEGIN"):
        return "is a key or a certificate: give the credentials of a service account as service_account"
    if token.startswith(("{{", "${", "$(", "%(")):
        return "is a variable that was not replaced by its value"
    if _ASSIGNMENT.match(token):
        return "begins with the name of a variable: give only the value"
    if token == "Bearer":
        return 'is the word "Bearer" without a token after it'
    if token[0] in _QUOTES:
        return "begins with a quotation mark"
    if token[-1] in _QUOTES:
        return "ends with a quotation mark"
    if any(char.isspace() for char in token):
        return "contains white space or a line break"
    if not token.isascii() or not token.isprintable():
        return "contains characters that an API token cannot contain"
    return None


def document_from(text: str, layers: int = 3) -> Mapping[str, Any]:
    """The credentials of a service account in JSON, YAML, or base64 of either.

    layers: how often they may be wrapped, such as in quotation marks by a shell or in base64 by Kubernetes.
    Raises MondooError, which never quotes them; also if PyYAML is needed and missing.
    """
    plain = _trimmed(_visible(text))
    enclosed = len(plain) >= 2 and plain[0] in "\"'" and plain[-1] == plain[0]
    inner = _trimmed(plain[1:-1]) if enclosed else plain
    decoded = _from_base64(inner)
    if decoded is not None and layers:
        return document_from(decoded, layers - 1)
    for read, form in ((json.loads, plain), (json.loads, inner), (_from_yaml, inner)):
        try:
            value = read(form)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, Mapping):
            return value
        if isinstance(value, str) and value != form and layers:
            return document_from(value, layers - 1)
    raise MondooError(INVALID_CREDENTIALS, _problem_of_document(plain), advice=HOW_TO_GET_ONE)


def _problem_of_document(text: str) -> str:
    if len(text.split(".")) == 3 and text.startswith("eyJ"):
        return "it looks like an API token: give that as auth_token or MONDOO_API_TOKEN"
    if text.startswith("-----BEGIN"):
        return "it is a key or a certificate alone, without the mrn of the service account"
    kind = "it is neither JSON nor YAML with the keys of a service account, nor base64 of those"
    if not text:
        return f"{kind}: it is empty"
    if text[0] in _QUOTES:
        return f"{kind}: it begins with a quotation mark"
    if _ASSIGNMENT.match(text):
        return f"{kind}: it begins with the name of a variable"
    return kind


def _from_base64(text: str) -> str | None:
    """The text decoded from base64 in either alphabet; None if it is not base64 of text."""
    # A document has characters, such as the colon, that base64 does not: the two cannot be confused.
    packed = "".join(_ESCAPED_BREAK.sub("", text).split())
    if not _BASE64.fullmatch(packed):
        return None
    packed = packed.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return text_from(base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True))
    except (binascii.Error, ValueError):
        return None


def _from_yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise missing_library("PyYAML", "pip install PyYAML") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ValueError("not YAML") from None


def plain_fields(document: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a document, without invisible characters in their names and texts."""
    return {
        _visible(str(key)).strip(): _visible(value) if isinstance(value, str) else value
        for key, value in document.items()
    }


def check_supported(document: Mapping[str, Any]) -> None:
    """Raises MondooError for keyless credentials."""
    auth = document.get("auth")
    method = auth.get("method") if isinstance(auth, Mapping) else None
    if document.get("type") == "external_account" or method == "wif":
        raise MondooError(
            INVALID_CREDENTIALS,
            "these are keyless credentials (workload identity federation), which mondoo.platform does not support",
            advice=(
                "Give an API token (auth_token or MONDOO_API_TOKEN), or the credentials of a service account that has a"
                " private key."
            ),
        )


def field_from(document: Mapping[str, Any], key: str) -> str | None:
    """A text in a document, without surrounding white space and quotation marks; None if it is missing, empty or not text."""
    value = document.get(key)
    return (_without_quotes(_trimmed(value)) or None) if isinstance(value, str) else None


def private_key_from(text: str) -> str:
    """A private key in PEM with line breaks, even if these were escaped or folded, or the whole was base64."""
    key = _without_quotes(_trimmed(text))
    if not key.startswith("-----"):
        key = _visible(_from_base64(key) or key)
    found = _PEM.search(key)
    if not found or ":" in found["body"]:
        return key
    body = "".join(_ESCAPED_BREAK.sub("", found["body"]).split())
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {found['kind']}-----", *lines, f"-----END {found['kind']}-----", ""])


def _visible(text: str) -> str:
    """The text without invisible characters, and with plain spaces for special ones: editors and web pages add them."""
    return text if text.isascii() else _SPACE.sub(" ", _INVISIBLE.sub("", text))


def _trimmed(text: str) -> str:
    """The text without white space at both ends, and without escaped line breaks at its end."""
    text = text.strip()
    while text.endswith(("\\n", "\\r")):
        text = text[:-1].rstrip("\\").strip()
    return text


def _without_quotes(text: str) -> str:
    """The text without surrounding quotation marks, if it has no others."""
    if len(text) >= 2 and text[0] in "\"'" and text[-1] == text[0] and text[0] not in text[1:-1]:
        return _trimmed(text[1:-1])
    return text
