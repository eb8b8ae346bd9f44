# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The address of the API: from a region, an option or a service account to the URL that is posted to."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit, urlunsplit

from .._values.errors import invalid_option

REGIONS = {"us": "https://us.api.mondoo.com", "eu": "https://eu.api.mondoo.com"}
_PATH = "/query"


def query_url(base: str, source: str) -> str:
    """The URL to post to, for a base URL with or without the path of the API.

    source: where the base came from, for the error message, e.g. `endpoint`.
    """
    text = base.strip()
    shown = _without_secrets(text)
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        # Its message may quote a part of a password.
        raise invalid_option(f'{source}: "{shown}" is not a URL such as {REGIONS["us"]}') from None
    if parts.username is not None or parts.password is not None:
        raise invalid_option(f'{source}: "{shown}" must not contain a user name or a password')
    if parts.scheme not in ("http", "https") or not host or any(char.isspace() for char in text):
        raise invalid_option(f'{source}: "{shown}" is not a URL such as {REGIONS["us"]}')
    if parts.query or parts.fragment:
        raise invalid_option(f'{source}: "{shown}" must not contain a query or a fragment')
    if parts.scheme == "http" and not _is_loopback(host):
        raise invalid_option(f'{source}: "{shown}" would send credentials unencrypted; use https://')
    path = parts.path.rstrip("/")
    if not path.endswith(_PATH):
        path += _PATH
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _without_secrets(text: str) -> str:
    """The address for a message: without a password, a query or a fragment, also where it is no proper URL."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "", text
    address = rest.rpartition("@")[2]
    head = re.split("[?#]", address, maxsplit=1)[0]
    return f"{scheme}{separator}{'…@' if '@' in rest else ''}{head}{'…' if head != address else ''}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
