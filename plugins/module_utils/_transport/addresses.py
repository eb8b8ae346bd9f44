# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses that contain passwords: what to mask, and what can be shown."""

from __future__ import annotations

import base64
import re
from typing import NamedTuple
from urllib.parse import unquote

_SHORTEST_SECRET = 4  # characters: shorter ones would be masked inside unrelated words
_HOST = r"(?:[\w-]+(?:\.[\w-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"
_KNOWN_SCHEME = re.compile(r"https?|socks\w+", re.IGNORECASE | re.ASCII)
# No separator of a password, and a colon only before a port number.
_PLAIN = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*://)?(?:\[[0-9A-Fa-f:.]+\]|[^@:?#=&%\[\]]*)(?::\d{1,5})?(?:/[^@:?#=&%]*)?", re.ASCII
)
_HOST_ONLY = re.compile(_HOST, re.ASCII)


class Parts(NamedTuple):
    """The parts of an address that may not be a valid URL. userinfo: None if there is none. rest: host, port, path and so on."""

    scheme: str
    userinfo: str | None
    rest: str


def parts_of(address: str) -> Parts:
    """Splits an address, valid or not. Everything before the last `@` may be a password."""
    scheme, separator, rest = address.partition("://")
    if not separator or not _KNOWN_SCHEME.fullmatch(scheme):
        # It may be a user name, followed by a password that begins with slashes.
        scheme, rest = "", address
    userinfo, at, host = rest.rpartition("@")
    return Parts(scheme, userinfo if at else None, host)


def secrets_in(address: str) -> set[str]:
    """The password of an address in all forms that have to be masked."""
    userinfo = parts_of(address).userinfo
    if not userinfo:
        return set()
    user, colon, password = userinfo.partition(":")
    secrets = {f"{userinfo}@", base64.b64encode(unquote(userinfo).encode("utf-8", "surrogatepass")).decode()}
    if password:
        # Parsers split at these characters, and may quote one of the pieces.
        pieces = re.split(r"[/?#@:]", password)
        secrets |= {form for text in (password, *pieces) for form in (text, unquote(text))}
    elif colon:
        # Some providers of proxies use an API key as the user name.
        secrets |= {user, unquote(user)}
    return {secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}


def redacted(address: str) -> str:
    """The address with `…` in place of everything that may be a password."""
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
    """The redacted address for a message, in quotation marks."""
    text = redacted(address)
    return "the address (not shown, since it may contain a password)" if text == "…" else f'"{text}"'


def host_of(address: str) -> str:
    """Scheme and host of an address from a response, for a message."""
    parts = parts_of(address)
    host = _HOST_ONLY.match(parts.rest)
    if not host or not parts.scheme:
        return "another place"
    return f"{parts.scheme}://{host.group()}"
