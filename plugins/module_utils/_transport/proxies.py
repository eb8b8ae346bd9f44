# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy between this host and the service."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from .._values.errors import invalid_option, missing_library
from .addresses import secrets_in, shown

_EXAMPLE = "http://proxy.example.com:3128"


class Proxy(NamedTuple):
    """An HTTP proxy. url: without user name and password. authorization: value of the header Proxy-Authorization."""

    url: str
    authorization: str | None = None


def choose_proxy(
    url: str,
    option: str | None,
    environ: Mapping[str, str],
    account: str | None = None,
    register: Callable[[str], None] = lambda _secret: None,
) -> Proxy | None:
    """The proxy for the URL: the task's option, else MONDOO_API_PROXY, else HTTPS_PROXY and NO_PROXY, else that of the account.

    An http:// URL, which is on this host, uses only the task's proxy, since a proxy would see the API token.
    account: `api_proxy` of a service account. register: called with each part of an address that has to be masked.
    """
    if option:
        return proxy_from(option, "proxy", register)
    if urlsplit(url).scheme != "https":
        return None
    if environ.get("MONDOO_API_PROXY"):
        return proxy_from(environ["MONDOO_API_PROXY"], "MONDOO_API_PROXY", register)
    usual, excluded = _usual_proxy(url)
    if usual:
        return proxy_from(usual, "HTTPS_PROXY or ALL_PROXY", register)
    if account and not excluded:
        return proxy_from(account, "api_proxy of the service account", register)
    return None


def _usual_proxy(url: str) -> tuple[str | None, bool]:
    """The proxy that the environment sets for all programs, and whether NO_PROXY excludes the URL."""
    try:
        from requests.utils import get_environ_proxies, select_proxy, should_bypass_proxies
    except ImportError:
        raise missing_library("requests", "pip install requests") from None
    if should_bypass_proxies(url, no_proxy=None):
        return None, True
    return select_proxy(url, get_environ_proxies(url)), False


def proxy_from(address: str, source: str, register: Callable[[str], None] = lambda _secret: None) -> Proxy:
    """Reads the address of a proxy, with or without `http://`. The error never quotes a user name or password."""
    text = address.strip()
    for secret in secrets_in(text):
        register(secret)
    what = f"{source}: {shown(text)}"
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    scheme = url.partition("://")[0].lower()
    if scheme.startswith("socks"):
        raise invalid_option(f"{what} is a SOCKS proxy, which is not supported: name an HTTP proxy such as {_EXAMPLE}")
    if (
        not host
        or scheme not in ("http", "https")
        or not text.isprintable()
        or " " in text
        or (parts.path.strip("/") or parts.query or parts.fragment)
    ):
        raise invalid_option(
            f"{what} is not the URL of a proxy such as {_EXAMPLE}; in a user name or password, write / as %2F, ? as %3F,"
            " # as %23 and @ as %40"
        )
    authorization = None
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode("utf-8", "surrogateescape")
        authorization = f"Basic {base64.b64encode(login).decode()}"
        register(authorization.removeprefix("Basic "))
    netloc = f"[{host}]" if ":" in host else host
    return Proxy(f"{scheme}://{netloc}{'' if port is None else f':{port}'}", authorization)
