# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Through a proxy: what it refuses was not executed; what is lost behind it may have been."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import NamedTuple

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.proxy import Proxy
from ansible_collections.mondoo.platform.tests.unit.support.http_client import (
    BEARER,
    LATER,
    PASSING,
    REFUSED,
    failure,
    post,
)
from ansible_collections.mondoo.platform.tests.unit.support.keys import write_certificate
from ansible_collections.mondoo.platform.tests.unit.support.server import (
    RawServer,
    Reply,
    Server,
    at_once,
    closed_port,
    json_reply,
)

ANSWER = json_reply({"data": {"x": 1}})
# Whether a failure is transient, and whether its outcome is unknown.
Meaning = tuple[bool, bool]


def _meaning(error: MondooError) -> Meaning:
    return error.transient, error.outcome_unknown


class Fault(NamedTuple):
    """kind, status: of the proxy. executed: whether the service has executed the request. words: of the error."""

    kind: str
    code: str
    meaning: Meaning
    words: str
    status: int = 502
    executed: bool = False


TUNNEL = [
    Fault(
        "status", "ProxyFailed", REFUSED, "refused the connection to URL: HTTP 407 (Proxy Authentication Required)", 407
    ),
    Fault("status", "ProxyFailed", REFUSED, "refused the connection to URL: HTTP 403 (Forbidden)", 403),
    Fault("status", "ProxyFailed", REFUSED, "refused the connection to URL: HTTP 400 (Bad Request)", 400),
    Fault("status", "ProxyFailed", REFUSED, "refused the connection to URL: HTTP 302 (Found)", 302),
    Fault("status", "ProxyFailed", PASSING, "refused the connection to URL: HTTP 429 (Too Many Requests)", 429),
    Fault("status", "ProxyFailed", PASSING, "refused the connection to URL: HTTP 502 (Bad Gateway)", 502),
    Fault("status", "ProxyFailed", PASSING, "refused the connection to URL: HTTP 503 (Service Unavailable)", 503),
    Fault("status", "ProxyFailed", PASSING, "refused the connection to URL: HTTP 504 (Gateway Timeout)", 504),
    Fault("status", "ProxyFailed", PASSING, "refused the connection to URL: HTTP 599", 599),
    Fault("hang_up", "ProxyFailed", PASSING, "no connection to URL through the proxy: the connection was closed"),
    Fault("reset", "ProxyFailed", PASSING, "no connection to URL through the proxy: Connection reset by peer"),
    Fault("garbage", "ProxyFailed", PASSING, "no connection to URL through the proxy: the response is not HTTP"),
    Fault("hang_up_after", "ConnectionFailed", PASSING, "no TLS connection to URL through the proxy: "),
    Fault("reset_after", "ConnectionFailed", PASSING, "no TLS connection to URL through the proxy: Connection reset"),
]


@pytest.mark.parametrize("fault", TUNNEL, ids=lambda fault: f"{fault.kind} {fault.status}")
def test_a_tunnel_that_does_not_open(fault: Fault, tmp_path: Path) -> None:
    """Nothing of the request is sent before it is open."""
    certificate = write_certificate(tmp_path)
    with Server(ANSWER, certificate=certificate) as server, Proxy.run() as proxy:
        proxy.fault(fault.kind, status=fault.status)
        error = failure(server.url, verify=str(certificate), proxy=proxy.url)
        assert (error.code, _meaning(error)) == (fault.code, fault.meaning)
        assert fault.words.replace("URL", server.url) in error.reason
        assert (len(proxy.requests), server.received) == (1, [])


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (b"407 No", "the proxy refused the connection to URL: HTTP 407 (Proxy Authentication Required)"),
        (b"200 OK", "no TLS connection to URL through the proxy"),
    ],
)
def test_interim_answers_of_a_proxy_are_skipped(status: bytes, words: str) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
    url = f"https://127.0.0.1:{closed_port()}/query"
    with RawServer(at_once(interim + b"HTTP/1.1 " + status + b"\r\n\r\n")) as proxy:
        error = failure(url, proxy=proxy.url.removesuffix("/query"))
    assert error.reason.startswith(words.replace("URL", url))


FORWARDED = [
    Fault("status", "ProxyFailed", REFUSED, "the proxy answered HTTP 407 (Proxy Authentication Required)", 407),
    Fault("status", "NotGraphQL", REFUSED, "HTTP 403 with a web page", 403),
    # Who gives such an answer cannot be told: the service, or a proxy in front of it that has passed the request on.
    Fault("status", "Unavailable", LATER, "HTTP 502", 502),
    Fault("status_after", "Unavailable", LATER, "HTTP 502", 502, executed=True),
    Fault("status_after", "Unavailable", LATER, "HTTP 504", 504, executed=True),
    Fault("hang_up", "ConnectionFailed", LATER, "through the proxy: the connection was closed without an answer"),
    Fault("hang_up_after", "ConnectionFailed", LATER, "through the proxy: the connection was closed", executed=True),
    Fault("reset", "ConnectionFailed", LATER, "through the proxy: Connection reset by peer"),
    Fault("reset_after", "ConnectionFailed", LATER, "through the proxy: Connection reset by peer", executed=True),
    Fault("garbage", "ConnectionFailed", LATER, "through the proxy: the response is not HTTP"),
]


@pytest.mark.parametrize("fault", FORWARDED, ids=lambda fault: f"{fault.kind} {fault.status}")
def test_a_proxy_that_passes_requests_on(fault: Fault) -> None:
    with Server(ANSWER) as server, Proxy.run() as proxy:
        proxy.fault(fault.kind, status=fault.status)
        error = failure(server.url, proxy=proxy.url)
        assert (error.code, _meaning(error)) == (fault.code, fault.meaning)
        assert fault.words in error.reason
        assert (proxy.requests, bool(server.received)) == ([f"POST {server.url}"], fault.executed)


@pytest.mark.parametrize("breaks", ["reset", "silence"])
@pytest.mark.parametrize("encrypted", [False, True], ids=["forward", "tunnel"])
def test_an_answer_that_is_lost_behind_a_proxy(breaks: str, encrypted: bool, tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path) if encrypted else None
    with Server(Reply(breaks=breaks), certificate=certificate) as server, Proxy.run() as proxy:
        error = failure(server.url, verify=str(certificate or True), proxy=proxy.url, timeout=0.5)
        assert error.code == ("TimedOut" if breaks == "silence" else "ConnectionFailed")
        assert (_meaning(error), len(server.received)) == (LATER, 1)
        assert "through the proxy" in error.reason


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"], ids=["before", "within"])
def test_a_tunnel_that_closes_after_the_request(data: bytes, tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path)
    with RawServer(at_once(data), certificate=certificate) as server, Proxy.run() as proxy:
        error = failure(server.url, verify=str(certificate), proxy=proxy.url)
        assert (error.code, _meaning(error), server.requests) == ("ConnectionFailed", LATER, 1)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there(scheme: str) -> None:
    with Server(ANSWER) as server:
        url = server.url.replace("http:", f"{scheme}:")
        error = failure(url, proxy=f"http://127.0.0.1:{closed_port()}")
        assert (error.code, _meaning(error)) == ("ProxyFailed", PASSING)
        assert error.reason == f"no connection to {url} through the proxy: Connection refused"
        assert not server.received


def test_a_proxy_whose_name_does_not_exist() -> None:
    error = failure("https://127.0.0.1:9/query", proxy="http://proxy.invalid:3128")
    assert (error.code, _meaning(error)) == ("ProxyFailed", PASSING)


def test_a_certificate_that_is_not_trusted_behind_a_proxy(tmp_path: Path) -> None:
    with Server(ANSWER, certificate=write_certificate(tmp_path)) as server, Proxy.run() as proxy:
        error = failure(server.url, proxy=proxy.url)
        assert (error.code, _meaning(error), server.received) == ("TLSFailed", REFUSED, [])
        assert "certificate verify failed" in error.reason


@pytest.mark.parametrize("encrypted", [False, True], ids=["forward", "tunnel"])
def test_user_and_password_go_to_the_proxy_alone(encrypted: bool, tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path) if encrypted else None
    with Server(ANSWER, certificate=certificate) as server, Proxy.run(login="bob:p@ss/wörd") as proxy:
        url = proxy.url.replace("://", "://bob:p%40ss%2Fw%C3%B6rd@")
        assert post(server.url, verify=str(certificate or True), proxy=url).data == {"x": 1}
        sent = base64.b64encode("bob:p@ss/wörd".encode()).decode()
        assert proxy.headers["proxy-authorization"] == f"Basic {sent}"
        assert "proxy-authorization" not in server.received[0].headers
        # Through a tunnel the proxy does not learn the token.
        assert ("authorization" in proxy.headers) is not encrypted
        assert server.received[0].headers["authorization"] == f"Bearer {BEARER}"


@pytest.mark.parametrize("encrypted", [False, True], ids=["forward", "tunnel"])
def test_a_wrong_password_is_tried_once(encrypted: bool, tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path) if encrypted else None
    with Server(ANSWER, certificate=certificate) as server, Proxy.run(login="bob:right") as proxy:
        url = proxy.url.replace("://", "://bob:hunter2@")
        error = failure(server.url, verify=str(certificate or True), proxy=url)
        assert (error.code, _meaning(error)) == ("ProxyFailed", REFUSED)
        assert "HTTP 407" in error.reason
        assert "user name and password" in str(error)
        assert (len(proxy.requests), server.received) == (1, [])


def test_a_proxy_that_is_spoken_to_with_tls(tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path)
    with (
        Server(ANSWER, certificate=certificate) as server,
        Proxy.run(certificate=certificate) as proxy,
    ):
        assert post(server.url, verify=str(certificate), proxy=proxy.url).data == {"x": 1}
        assert proxy.requests == [f"CONNECT 127.0.0.1:{server.port}"]
        error = failure(server.url, proxy=proxy.url)
        assert (error.code, _meaning(error)) == ("TLSFailed", REFUSED)
        proxy.fault("silence")
        error = failure(server.url, verify=str(certificate), proxy=proxy.url, timeout=0.5)
        assert (error.code, _meaning(error)) == ("TimedOut", PASSING)


def test_the_proxies_of_the_environment_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which proxy there is, is decided before, in one place."""
    with Server(ANSWER) as server, Proxy.run() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert post(server.url).data == {"x": 1}
        monkeypatch.setenv("NO_PROXY", "*")
        assert post(server.url, proxy=proxy.url).data == {"x": 1}
        assert len(proxy.requests) == 1
