# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxy to use: from a task, the environment or a service account."""

from __future__ import annotations

import os

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._transport.proxies import Proxy, choose_proxy, proxy_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError

URL = "https://us.api.mondoo.com/query"


def chosen(url: str = URL, option: str | None = None, account: str | None = None) -> str | None:
    proxy = choose_proxy(url, option, os.environ, account)
    return proxy.url if proxy else None


def test_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen() is None
    assert chosen(account="http://account:1") == "http://account:1"
    for name in ("ALL_PROXY", "HTTPS_PROXY", "https_proxy", "MONDOO_API_PROXY"):
        monkeypatch.setenv(name, f"http://{name.replace('_', '-')}:1")
        assert chosen(account="http://account:1") == f"http://{name.replace('_', '-').lower()}:1"
    assert chosen(option="http://option:1", account="http://account:1") == "http://option:1"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/query", "http://localhost/query", "http://[::1]:8080/query"])
def test_what_goes_unencrypted_takes_no_proxy_but_the_one_of_the_task(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "MONDOO_API_PROXY"):
        monkeypatch.setenv(name, "http://environment:1")
    assert chosen(url, account="http://account:1") is None
    assert chosen(url, option="http://option:1") == "http://option:1"


def test_http_proxy_is_not_for_https(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://environment:1")
    assert chosen() is None


@pytest.mark.parametrize(
    ("url", "excluded", "direct"),
    [
        (URL, "us.api.mondoo.com", True),
        (URL, "mondoo.com", True),
        (URL, ".mondoo.com", True),
        (URL, "example.com, mondoo.com", True),
        (URL, "example.com,.mondoo.com ,other", True),
        (URL, "us.api.mondoo.com:443", False),
        ("https://us.api.mondoo.com:8443/query", "us.api.mondoo.com:8443", True),
        (URL, "*", True),
        (URL, "example.com", False),
        (URL, "api.mondoo.com.example.com", False),
        (URL, "", False),
        ("https://10.1.2.3/query", "10.1.2.3", True),
        ("https://10.1.2.3/query", "10.1.0.0/16", True),
        ("https://10.1.2.3/query", "10.2.0.0/16", False),
        ("https://127.0.0.1/query", "localhost", False),
        ("https://[::1]/query", "::1", True),
    ],
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_what_the_environment_excludes(
    url: str, excluded: str, direct: bool, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://environment:1")
    monkeypatch.setenv(name, excluded)
    assert chosen(url, account="http://account:1") == (None if direct else "http://environment:1")
    # A proxy that is named for the service is meant for the service.
    monkeypatch.setenv("MONDOO_API_PROXY", "http://mondoo:1")
    assert chosen(url) == "http://mondoo:1"


@pytest.mark.parametrize(
    ("address", "proxy"),
    [
        ("http://proxy:3128", Proxy("http://proxy:3128")),
        (" http://proxy:3128/ ", Proxy("http://proxy:3128")),
        ("proxy:3128", Proxy("http://proxy:3128")),
        ("proxy", Proxy("http://proxy")),
        ("HTTPS://Proxy.Example.com", Proxy("https://proxy.example.com")),
        ("http://[::1]:3128", Proxy("http://[::1]:3128")),
        ("http://bob:secret@proxy", Proxy("http://proxy", "Basic Ym9iOnNlY3JldA==")),
        ("http://bob@proxy", Proxy("http://proxy", "Basic Ym9iOg==")),
        ("http://bob:p%40ss%2Fw%3Frd%23@proxy:1", Proxy("http://proxy:1", "Basic Ym9iOnBAc3Mvdz9yZCM=")),
        ("http://bob:p@ss@proxy:1", Proxy("http://proxy:1", "Basic Ym9iOnBAc3M=")),
        # UTF-8, as curl and uri send it.
        ("http://bob:über@proxy:1", Proxy("http://proxy:1", "Basic Ym9iOsO8YmVy")),
        ("http://bob:%C3%BCber@proxy:1", Proxy("http://proxy:1", "Basic Ym9iOsO8YmVy")),
    ],
)
def test_addresses(address: str, proxy: Proxy) -> None:
    registered: list[str] = []
    assert proxy_from(address, "proxy", registered.append) == proxy
    assert bool(registered) == ("@" in address)


@pytest.mark.parametrize(
    "address",
    [
        *("not a url", "http://", "://", "ftp://proxy", "http://proxy:port", "http://proxy:99999", "http://[::1"),
        *(
            "http://proxy/path",
            "http://proxy?query",
            "http://proxy#fragment",
            "http://proxy\n.example.com",
            "http://a\0b",
        ),
        *("http://bob:hunter2#@proxy:1", "http://bob:hunter2/@proxy:1", "http://bob:hunter2?@proxy:1"),
    ],
)
def test_what_is_no_proxy(address: str) -> None:
    registered: list[str] = []
    with pytest.raises(MondooError) as caught:
        proxy_from(address, "MONDOO_API_PROXY", registered.append)
    assert caught.value.code == "InvalidOption"
    assert str(caught.value).startswith("MONDOO_API_PROXY: ")
    assert "is not the URL of a proxy such as http://proxy.example.com:3128" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert ("hunter2" in registered) == ("hunter2" in address)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "SOCKS4"])
def test_socks_is_refused_by_name(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://bob:hunter2@127.0.0.1:1080")
    with pytest.raises(MondooError, match="is a SOCKS proxy, which is not supported") as caught:
        chosen()
    assert str(caught.value).startswith("HTTPS_PROXY or ALL_PROXY: ")
    assert "hunter2" not in str(caught.value)
