# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that fail: what kept a request from being answered, and whether it may have arrived."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from pathlib import Path

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.http_client import LATER, PASSING, REFUSED, failure, post
from ansible_collections.mondoo.platform.tests.unit.support.keys import write_certificate
from ansible_collections.mondoo.platform.tests.unit.support.server import Reply, Server, closed_port, json_reply

ANSWER = json_reply({"data": {"x": 1}})


def _meaning(error: MondooError) -> tuple[bool, bool]:
    assert error.http_status is None
    return error.transient, error.outcome_unknown


def test_a_closed_port() -> None:
    url = f"http://127.0.0.1:{closed_port()}/query"
    error = failure(url)
    assert (error.code, _meaning(error)) == ("ConnectionFailed", PASSING)
    assert error.reason == f"no answer from {url}: Connection refused"


def test_a_name_that_does_not_exist() -> None:
    error = failure("https://api.mondoo.invalid/query")
    assert (error.code, _meaning(error)) == ("ConnectionFailed", PASSING)
    assert error.reason.startswith("no answer from https://api.mondoo.invalid/query: ")
    assert "object at 0x" not in error.reason
    assert "Max retries" not in error.reason


def test_a_reset() -> None:
    with Server(Reply(breaks="reset")) as server:
        error = failure(server.url)
        assert (error.code, _meaning(error)) == ("ConnectionFailed", LATER)
        assert "Connection reset by peer" in error.reason
        assert len(server.received) == 1


def test_no_answer_in_time() -> None:
    with Server(Reply(breaks="silence")) as server:
        error = failure(server.url, timeout=0.2)
        assert (error.code, _meaning(error)) == ("TimedOut", LATER)
        assert error.reason == f"no answer from {server.url} within the timeout"


def test_no_connection_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening, contextlib.ExitStack() as waiting:
        for _turn in range(4):
            # More than the queue takes, so that the kernel answers no further one.
            filler = waiting.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listening.getsockname())
        error = failure(f"http://127.0.0.1:{listening.getsockname()[1]}/query", timeout=0.3)
    assert (error.code, _meaning(error)) == ("TimedOut", PASSING)
    assert error.reason.startswith("no connection to http://127.0.0.1:")


def test_a_body_that_does_not_come_in_time() -> None:
    """The answer was under way, so the request was executed."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        done = threading.Event()

        def answer_half() -> None:
            connection, _address = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"token": "hunter2"')
                done.wait(10)

        thread = threading.Thread(target=answer_half)
        thread.start()
        error = failure(f"http://127.0.0.1:{listening.getsockname()[1]}/query", timeout=0.3)
        done.set()
        thread.join(10)
    assert (error.transient, error.outcome_unknown) == LATER


@pytest.mark.parametrize("spoken", [b"SSH-2.0-hunter2\r\n", b"HTTP/9.9 hunter2 hunter2\r\n\r\n", b""])
def test_something_else_than_http(spoken: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak() -> None:
            connection, _address = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(spoken)

        thread = threading.Thread(target=speak)
        thread.start()
        error = failure(f"http://127.0.0.1:{listening.getsockname()[1]}/query")
        thread.join(10)
    assert (error.transient, error.outcome_unknown) == LATER


# TLS


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_a_trusted_certificate(tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path)
    with Server(ANSWER, certificate=certificate) as server:
        assert post(server.url, verify=str(certificate)).data == {"x": 1}
        assert post(server.url, verify=False).data == {"x": 1}


@pytest.mark.parametrize("bundle", [True, "of another authority"])
def test_a_certificate_that_is_not_trusted(bundle: bool | str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    verify = bundle is True or str(write_certificate(tmp_path / "other"))
    with Server(ANSWER, certificate=write_certificate(tmp_path)) as server:
        error = failure(server.url, verify=verify)
        assert (error.code, _meaning(error)) == ("TLSFailed", REFUSED)
        assert "certificate verify failed" in str(error)
        assert "ca_path" in str(error)
        assert not server.received


def test_a_certificate_for_another_host(tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path, "elsewhere.invalid")
    with Server(ANSWER, certificate=certificate) as server:
        error = failure(server.url, verify=str(certificate))
        assert (error.code, _meaning(error)) == ("TLSFailed", REFUSED)
        assert not server.received


def test_tls_to_a_server_without_it() -> None:
    with Server(ANSWER) as server:
        error = failure(server.url.replace("http:", "https:"))
        assert error.code == "TLSFailed"
        assert not server.received


def test_a_bundle_that_is_none(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("no certificate", encoding="ascii")
    with Server(ANSWER, certificate=write_certificate(tmp_path)) as server:
        error = failure(server.url, verify=str(bundle))
        assert not error.transient
        assert not server.received


def test_tls_that_breaks_after_the_request_has_arrived(tmp_path: Path) -> None:
    """Nobody knows whether the request was executed."""
    certificate = write_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def break_off() -> None:
            connection, _address = listening.accept()
            with context.wrap_socket(connection, server_side=True) as encrypted:
                encrypted.recv(65536)
                raw = socket.socket(fileno=encrypted.detach())
            raw.sendall(b"\x17\x03\x03\x00\x40" + b"\0" * 64)  # a record that nobody has encrypted
            raw.close()

        thread = threading.Thread(target=break_off)
        thread.start()
        error = failure(f"https://127.0.0.1:{listening.getsockname()[1]}/query", verify=str(certificate))
        thread.join(10)
    assert error.outcome_unknown


# Proxies


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there(scheme: str) -> None:
    with Server(ANSWER) as server:
        url = server.url.replace("http:", f"{scheme}:")
        error = failure(url, proxy=f"http://127.0.0.1:{closed_port()}")
        assert (error.code, _meaning(error)) == ("ProxyFailed", PASSING)
        assert error.reason == f"no connection to {url} through the proxy: Connection refused"
        assert not server.received


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses(status: int) -> None:
    with Server(Reply(status, b"hunter2")) as proxy:
        error = failure("https://api.mondoo.invalid/query", proxy=f"http://user:hunter2@127.0.0.1:{proxy.port}")
        assert (error.code, _meaning(error)) == ("ProxyFailed", PASSING)
        assert [(received.method, received.path) for received in proxy.received] == [
            ("CONNECT", "api.mondoo.invalid:443")
        ]
        assert "authorization" not in proxy.received[0].headers


def test_a_proxy_is_used_before_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(ANSWER) as chosen, Server(ANSWER) as usual:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{usual.port}")
        url = "http://api.mondoo.invalid/query"
        post(url, proxy=f"http://127.0.0.1:{chosen.port}")
        assert ([received.path for received in chosen.received], usual.received) == ([url], [])
        post(url)
        assert [received.path for received in usual.received] == [url]
        monkeypatch.setenv("NO_PROXY", "mondoo.invalid")
        assert failure(url).code == "ConnectionFailed"
        assert len(usual.received) == 1


@pytest.mark.parametrize("proxy", ["not a url", "http://", "ftp://127.0.0.1:1", "socks5://127.0.0.1:1"])
def test_a_proxy_that_is_no_proxy(proxy: str) -> None:
    error = failure("https://api.mondoo.invalid/query", proxy=proxy)
    assert not error.http_status
    assert error.code in ("ProxyFailed", "ConnectionFailed")
