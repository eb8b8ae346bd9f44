# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses that people write: what of them may be a secret, and what of them may be shown."""

from __future__ import annotations

import base64
import re
from typing import NamedTuple
from urllib.parse import unquote

_SHORTEST_SECRET = 4  # characters: what is shorter would be masked in the middle of unrelated words
_HOST = r"(?:[\w-]+(?:\.[\w-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"
_KNOWN_SCHEME = re.compile(r"https?|socks\w+", re.IGNORECASE | re.ASCII)
# Nothing that separates a password from the rest, and a colon only before the number of a port.
_PLAIN = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*://)?(?:\[[0-9A-Fa-f:.]+\]|[^@:?#=&%\[\]]*)(?::\d{1,5})?(?:/[^@:?#=&%]*)?", re.ASCII
)
_HOST_ONLY = re.compile(_HOST, re.ASCII)


class Parts(NamedTuple):
    """An address, taken apart without a parser. userinfo: None where there is none. rest: host, port, path and all that follows."""

    scheme: str
    userinfo: str | None
    rest: str


def parts_of(address: str) -> Parts:
    """Takes an address apart, also one that is no URL: what stands before the last `@` may be a password."""
    scheme, separator, rest = address.partition("://")
    if not separator or not _KNOWN_SCHEME.fullmatch(scheme):
        # What looks like a scheme may be a user name, before a password that begins with slashes.
        scheme, rest = "", address
    userinfo, at, host = rest.rpartition("@")
    return Parts(scheme, userinfo if at else None, host)


def secrets_in(address: str) -> set[str]:
    """What has to be masked wherever it turns up: the password of an address, in each form in which it can turn up."""
    userinfo = parts_of(address).userinfo
    if not userinfo:
        return set()
    user, colon, password = userinfo.partition(":")
    secrets = {f"{userinfo}@", base64.b64encode(unquote(userinfo).encode("utf-8", "surrogatepass")).decode()}
    if password:
        # A program that takes the address for something else quotes what stands before one of these.
        pieces = re.split(r"[/?#@:]", password)
        secrets |= {form for text in (password, *pieces) for form in (text, unquote(text))}
    elif colon:
        # Services that sell access to a proxy take their key for the name.
        secrets |= {user, unquote(user)}
    return {secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}


def redacted(address: str) -> str:
    """The address without all that may be a password; `…` stands for what is left out."""
    text = address.strip()
    if text.isprintable() and _PLAIN.fullmatch(text):
        return text
    parts = parts_of(text)
    host = _HOST_ONLY.match(parts.rest)
    if not host or (not parts.scheme and parts.userinfo is None):
        return "…"
    head = f"{parts.scheme}://" if parts.scheme else ""
    return f"{head}{'' if parts.userinfo is None else '…@'}{host.group()}{'' if host.end() == len(parts.rest) else '…'}"


def shown(address: str) -> str:
    """The address for a message, in quotation marks; only what cannot be a password is in it."""
    text = redacted(address)
    return "the address, which is not shown because it may hold a password," if text == "…" else f'"{text}"'


def host_of(address: str) -> str:
    """Scheme and host of an address that somebody else sent, for a message."""
    parts = parts_of(address)
    host = _HOST_ONLY.match(parts.rest)
    if not host or not parts.scheme:
        return "another place"
    return f"{parts.scheme}://{host.group()}"
