# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Determines the URL of the API from options, environment and credentials."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit, urlunsplit

from .._values.errors import invalid_option
from .addresses import shown

REGIONS = {"us": "https://us.api.mondoo.com", "eu": "https://eu.api.mondoo.com"}
DEFAULT_REGION = "us"
_PATH = "/query"
_PORTS = {"http": 80, "https": 443}
_ALIASES = {"api.mondoo.com": "us.api.mondoo.com"}


def choose_endpoint(*, endpoint: str | None, region: str | None, environment: str | None, account: str | None) -> str:
    """The URL to post to. The task takes precedence over the environment, and that over the service account.

    endpoint, region: the task's options. environment: MONDOO_API_ENDPOINT. account: `api_endpoint` of a service account.
    """
    if endpoint:
        return query_url(endpoint, "endpoint")
    if region:
        return query_url(REGIONS[region], "region")
    if environment:
        return query_url(environment, "MONDOO_API_ENDPOINT")
    if account:
        return query_url(account, "api_endpoint of the service account")
    return query_url(REGIONS[DEFAULT_REGION], "region")


def query_url(base: str, source: str) -> str:
    """The URL to post to, for a base URL with or without the path of the API; the same for all spellings of one URL.

    source: the origin of the base, for the error message, e.g. `endpoint`.
    """
    text = base.strip()
    what = f"{source}: {shown(text)}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        # Its message may quote a part of a password.
        raise invalid_option(f"{what} is not a URL such as {REGIONS[DEFAULT_REGION]}") from None
    if parts.username is not None or parts.password is not None:
        raise invalid_option(f"{what} must not contain a user name or a password")
    if parts.scheme not in ("http", "https") or not host or not text.isprintable() or " " in text:
        raise invalid_option(f"{what} is not a URL such as {REGIONS[DEFAULT_REGION]}")
    if parts.query or parts.fragment:
        raise invalid_option(f"{what} must not contain a query or a fragment")
    if parts.scheme == "http" and not is_loopback(host):
        raise invalid_option(f"{what} would send credentials unencrypted; use https://")
    path = parts.path.rstrip("/")
    if not path.endswith(_PATH):
        path += _PATH
    netloc = f"[{host}]" if ":" in host else host
    if port not in (None, _PORTS[parts.scheme]):
        netloc = f"{netloc}:{port}"
    return urlunsplit((parts.scheme, netloc, path, "", ""))


def service_of(url: str) -> str:
    """The same text for all URLs of one installation. url: from `query_url`."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(parts.hostname or "", _ALIASES.get(host, host))))


def is_loopback(host: str) -> bool:
    """Whether a host, by name or by address, is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
