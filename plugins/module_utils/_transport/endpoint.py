# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The address of the API: from a region, an option or a service account to the URL that is posted to."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit, urlunsplit

from .._values.errors import invalid_option

REGIONS = {"us": "https://us.api.mondoo.com", "eu": "https://eu.api.mondoo.com"}
_PATH = "/query"


def query_url(base: str, source: str) -> str:
    """The URL to post to, for a base URL with or without the path of the API.

    source: where the base came from, for the error message, e.g. `endpoint`.
    """
    text = base.strip()
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise invalid_option(f'{source}: "{_without_password(text)}" is not a URL: {error}') from None
    if parts.username is not None or parts.password is not None:
        raise invalid_option(f'{source}: "{_without_password(text)}" must not contain a user name or a password')
    if parts.scheme not in ("http", "https") or not host or any(char.isspace() for char in text):
        raise invalid_option(f'{source}: "{text}" is not a URL such as {REGIONS["us"]}')
    if parts.query or parts.fragment:
        raise invalid_option(f'{source}: "{text}" must not contain a query or a fragment')
    if parts.scheme == "http" and not _is_loopback(host):
        raise invalid_option(f'{source}: "{text}" would send credentials unencrypted; use https://')
    path = parts.path.rstrip("/")
    if not path.endswith(_PATH):
        path += _PATH
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _without_password(text: str) -> str:
    scheme, separator, rest = text.rpartition("://")
    return f"{scheme}{separator}…@{rest.rpartition('@')[2]}" if "@" in rest else text


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
