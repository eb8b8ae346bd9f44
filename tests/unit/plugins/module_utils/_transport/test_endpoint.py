# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what people write to the URL that is posted to."""

from __future__ import annotations

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._transport.endpoint import (
    REGIONS,
    choose_endpoint,
    query_url,
    service_of,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError


@pytest.mark.parametrize(
    ("base", "url"),
    [
        (REGIONS["us"], "https://us.api.mondoo.com/query"),
        (REGIONS["eu"], "https://eu.api.mondoo.com/query"),
        # Another name of the one in the US.
        ("https://api.mondoo.com", "https://api.mondoo.com/query"),
        ("https://api.example.mondoo.com/", "https://api.example.mondoo.com/query"),
        ("https://api.example.mondoo.com/query", "https://api.example.mondoo.com/query"),
        ("https://api.example.mondoo.com/query/", "https://api.example.mondoo.com/query"),
        (" https://api.example.mondoo.com\n", "https://api.example.mondoo.com/query"),
        ("https://example.com:8443/mondoo", "https://example.com:8443/mondoo/query"),
        ("https://example.com:8443/mondoo/query", "https://example.com:8443/mondoo/query"),
        ("HTTPS://Example.COM", "https://example.com/query"),
        ("https://us.api.mondoo.com:443", "https://us.api.mondoo.com/query"),
        ("https://us.api.mondoo.com:80", "https://us.api.mondoo.com:80/query"),
        ("https://[2001:db8::1]/", "https://[2001:db8::1]/query"),
        ("https://[2001:DB8::1]:443/", "https://[2001:db8::1]/query"),
        ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443/query"),
        ("http://localhost:80", "http://localhost/query"),
        ("http://localhost:8080", "http://localhost:8080/query"),
        ("http://LOCALHOST", "http://localhost/query"),
        ("http://127.0.0.1", "http://127.0.0.1/query"),
        ("http://127.9.9.9:1", "http://127.9.9.9:1/query"),
        ("http://[::1]:8080", "http://[::1]:8080/query"),
    ],
)
def test_urls(base: str, url: str) -> None:
    assert query_url(base, "endpoint") == url
    assert query_url(url, "endpoint") == url


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("https://api.mondoo.com/query", "https://us.api.mondoo.com/query"),
        ("https://us.api.mondoo.com./query", "https://us.api.mondoo.com/query"),
        ("https://eu.api.mondoo.com/query", "https://eu.api.mondoo.com/query"),
        ("https://api.mondoo.com:8443/query", "https://us.api.mondoo.com:8443/query"),
        ("http://[::1]:8080/query", "http://[::1]:8080/query"),
    ],
)
def test_several_urls_of_one_service(url: str, service: str) -> None:
    assert service_of(url) == service


EVERY = {
    "endpoint": "https://endpoint.example.com",
    "region": "eu",
    "environment": "https://environment.example.com",
    "account": "https://account.example.com",
}


@pytest.mark.parametrize(
    ("missing", "url"),
    [
        ((), "https://endpoint.example.com/query"),
        # What a task says goes before the environment, also where it says it with another option.
        (("endpoint",), "https://eu.api.mondoo.com/query"),
        (("endpoint", "region"), "https://environment.example.com/query"),
        (("endpoint", "region", "environment"), "https://account.example.com/query"),
        (("endpoint", "region", "environment", "account"), "https://us.api.mondoo.com/query"),
    ],
)
@pytest.mark.parametrize("nothing", [None, ""])
def test_which_endpoint_wins(missing: tuple[str, ...], url: str, nothing: str | None) -> None:
    given: dict[str, str | None] = {**EVERY, **dict.fromkeys(missing, nothing)}
    assert choose_endpoint(**given) == url


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("endpoint", "endpoint"),
        ("environment", "MONDOO_API_ENDPOINT"),
        ("account", "api_endpoint of the service account"),
    ],
)
def test_a_wrong_endpoint_names_where_it_stands(place: str, source: str) -> None:
    given: dict[str, str | None] = {**dict.fromkeys(EVERY), place: "ftp://example.com"}
    with pytest.raises(MondooError, match="is not a URL") as caught:
        choose_endpoint(**given)
    assert str(caught.value).startswith(f'{source}: "ftp://example.com" is not')


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ("", "is not a URL such as https://us.api.mondoo.com"),
        ("api.mondoo.com", "is not a URL"),
        ("//api.mondoo.com", "is not a URL"),
        ("ftp://api.mondoo.com", "is not a URL"),
        ("file:///etc/passwd", "is not a URL"),
        ("https://", "is not a URL"),
        ("https:///query", "is not a URL"),
        ("https://a b.com", "is not a URL"),
        ("https://example.com:port", "is not a URL"),
        ("https://example.com:99999", "is not a URL"),
        ("https://example.com\u202e", "is not a URL"),
        ("http://example.com", "would send credentials unencrypted; use https://"),
        ("http://localhost.example.com", "would send credentials unencrypted"),
        ("http://10.0.0.1", "would send credentials unencrypted"),
        ("http://0.0.0.0", "would send credentials unencrypted"),
        ("http://[::ffff:10.0.0.1]", "would send credentials unencrypted"),
        ("http://127.0.0.1.example.com", "would send credentials unencrypted"),
    ],
)
def test_what_is_refused(base: str, words: str) -> None:
    with pytest.raises(MondooError) as caught:
        query_url(base, "api_endpoint of the service account")
    assert caught.value.code == "InvalidOption"
    assert str(caught.value).startswith('api_endpoint of the service account: "')
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("base", "words"),
    [
        (
            "https://user:hunter2@example.com",
            'endpoint: "https://…@example.com" must not contain a user name or a password',
        ),
        ("https://:hunter2@example.com", "must not contain a user name"),
        ("https://hunter2@example.com", "must not contain a user name"),
        ("http://user:hunter2@localhost", "must not contain a user name"),
        ("ftp://user:hunter2@example.com", "must not contain a user name"),
        ("https://user:hun@ter2@example.com", 'endpoint: "https://…@example.com" must not'),
        ("https://user:hun://ter2@example.com", 'endpoint: "https://…@example.com" is not a URL'),
        ("https://user:hun?ter2@example.com", 'endpoint: "https://…@example.com" '),
        ("https://user:hun#ter2@example.com", 'endpoint: "https://…@example.com" '),
        ("https://user:hunter2@example.com:port", "is not a URL"),
        ("https://user:hunter2@[::1", "is not a URL"),
        ("user:hunter2@example.com", 'endpoint: "…@example.com" is not a URL'),
        ("user:hunter2", "endpoint: the address (not shown, since it may contain a password) is not a URL"),
        ("https://[::1hunter2", "endpoint: the address (not shown"),
        ("https://example.com/query?token=hunter2", 'endpoint: "https://example.com…" must not contain a query'),
        ("https://example.com#hunter2", 'endpoint: "https://example.com…" must not contain a query or a fragment'),
        ("http://example.com?token=hunter2@x", "must not contain a query"),
    ],
)
def test_what_may_be_a_secret_is_refused_and_not_repeated(base: str, words: str) -> None:
    with pytest.raises(MondooError) as caught:
        query_url(base, "endpoint")
    assert caught.value.code == "InvalidOption"
    assert words in str(caught.value)
    for part in ("hun", "ter2"):
        assert part not in str(caught.value)
