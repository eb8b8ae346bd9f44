# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that fail: what kept a request from being answered, and whether it may have arrived."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import socket
import ssl
import threading
from pathlib import Path

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._api.documents import API_TOKENS
from ansible_collections.mondoo.platform.plugins.module_utils._transport import connection, failures
from ansible_collections.mondoo.platform.plugins.module_utils._transport.credentials import ApiToken
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import HttpTransport
from ansible_collections.mondoo.platform.plugins.module_utils._transport.trust import Trust, choose_trust
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.http_client import (
    BEARER,
    LATER,
    PASSING,
    REFUSED,
    failure,
    post,
    transport,
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
from cryptography import x509

ANSWER = json_reply({"data": {"x": 1}})


def _meaning(error: MondooError) -> tuple[bool, bool]:
    assert error.http_status is None
    return error.transient, error.outcome_unknown


def test_a_closed_port() -> None:
    url = f"http://127.0.0.1:{closed_port()}/query"
    error = failure(url)
    assert (error.code, _meaning(error)) == ("ConnectionFailed", PASSING)
    assert error.reason == f"no connection to {url}: Connection refused"


def test_a_name_that_does_not_exist() -> None:
    error = failure("https://api.mondoo.invalid/query")
    assert (error.code, _meaning(error)) == ("ConnectionFailed", PASSING)
    assert error.reason.startswith("no connection to https://api.mondoo.invalid/query: ")
    assert "object at 0x" not in error.reason
    assert "Max retries" not in error.reason


@pytest.mark.parametrize(
    ("cause", "code", "meaning"),
    [
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), "ConnectionFailed", PASSING),
        (ssl.SSLZeroReturnError(6, "TLS/SSL connection has been closed (EOF)"), "ConnectionFailed", PASSING),
        (ConnectionResetError(104, "Connection reset by peer"), "ConnectionFailed", PASSING),
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), "TLSFailed", REFUSED),
        (ssl.SSLError(1, "wrong version number"), "TLSFailed", REFUSED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_connection_that_is_closed_in_the_handshake_may_be_made_later(
    cause: Exception, code: str, meaning: tuple[bool, bool]
) -> None:
    """Which error says that it was closed depends on how Python was built."""
    route = failures.Route("https://api.mondoo.invalid/query", proxied=False, timeout=1)
    error = failures.no_answer(connection.NotSentError(connection.ENCRYPTING, cause), route)
    assert (error.code, _meaning(error)) == (code, meaning)


@pytest.mark.parametrize("name", [f"{'a' * 70}.invalid", f"{'ä' * 70}.invalid", "a..invalid", "*.invalid"])
def test_a_name_that_is_none(name: str) -> None:
    error = failure(f"https://{name}/query")
    assert (error.code, error.outcome_unknown) == ("ConnectionFailed", False)


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
        assert error.reason == f"no complete answer from {server.url} within 0.2 seconds"


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


def test_what_is_left_of_an_answer_is_not_taken_for_the_next() -> None:
    """Another protocol, which nobody has asked for, is an answer by itself, and something follows it."""
    later = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
    first, second = b'{"data": {"x": "first"}}', b'{"data": {"x": "second"}}'
    bodies = [first, second]

    def switch(client: socket.socket, _ended: threading.Event) -> None:
        body = bodies.pop(0)
        client.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" if body is first else b"")
        client.sendall(later % (len(body), body))

    with RawServer(switch) as server:
        client = transport(server.url)
        with pytest.raises(MondooError, match="HTTP 101 with an empty body") as caught:
            client.post(API_TOKENS.plain, {}, "apiTokens")
        assert (caught.value.transient, caught.value.outcome_unknown) == LATER
        assert client.post(API_TOKENS.plain, {}, "apiTokens").data == {"x": "second"}


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
        assert (error.code, _meaning(error)) == ("TLSFailed", REFUSED)
        assert error.reason.startswith(f"the certificate authorities of {bundle} cannot be read: ")
        assert "_ssl.c" not in error.reason
        assert not server.received


def test_tls_that_breaks_after_the_request_has_arrived(tmp_path: Path) -> None:
    """Nobody knows whether the request was executed."""
    certificate = write_certificate(tmp_path)

    def break_off(client: socket.socket, _ended: threading.Event) -> None:
        with socket.socket(fileno=client.detach()) as raw:
            raw.sendall(b"\x17\x03\x03\x00\x40" + b"\0" * 64)  # a record that nobody has encrypted

    with RawServer(break_off, certificate=certificate) as server:
        error = failure(server.url, verify=str(certificate))
        assert (error.transient, error.outcome_unknown) == LATER
        assert server.requests == 1


@pytest.mark.parametrize("said", [b"", b"\x15\x03\x03\x00\x02\x02\x28"], ids=["nothing", "an alert"])
def test_tls_that_breaks_in_the_handshake(said: bytes, tmp_path: Path) -> None:
    """Nothing of the request was sent by then."""
    with RawServer(at_once(said), certificate=write_certificate(tmp_path), handshake=False) as server:
        error = failure(server.url)
    assert error.code in ("ConnectionFailed", "TLSFailed")
    assert not error.outcome_unknown


# Which authorities are trusted


def trusted(url: str, **environ: str) -> bool:
    client = HttpTransport(
        url, ApiToken(BEARER), user_agent="unit/1", timeout=5, trust=choose_trust(True, None, environ)
    )
    try:
        return client.post(API_TOKENS.plain, {}, "apiTokens").data == {"x": 1}
    except MondooError as error:
        assert error.code == "TLSFailed"
        return False


def rehashed(folder: Path, certificate: Path) -> str:
    """A folder in which OpenSSL finds the certificate, as `openssl rehash` makes it."""
    folder.mkdir()
    name = x509.load_pem_x509_certificate(certificate.read_bytes()).subject.public_bytes()
    # Of a short name in lower case, without its outer header.
    digest = hashlib.sha1(name[2:]).digest()  # noqa: S324  (as OpenSSL does it)
    shutil.copy(certificate, folder / f"{int.from_bytes(digest[:4], 'little'):08x}.0")
    return str(folder)


def test_the_authorities_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = write_certificate(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    another = str(write_certificate(other))
    with Server(ANSWER, certificate=certificate) as server:
        assert not trusted(server.url)
        for name in ("MONDOO_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            assert trusted(server.url, **{name: str(certificate)})
            assert not trusted(server.url, **{name: another})
        # OpenSSL itself looks at these.
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert trusted(server.url, SSL_CERT_FILE=str(certificate))
        monkeypatch.setenv("SSL_CERT_FILE", another)
        assert not trusted(server.url, SSL_CERT_FILE=another)
        monkeypatch.delenv("SSL_CERT_FILE")
        folder = rehashed(tmp_path / "folder", certificate)
        monkeypatch.setenv("SSL_CERT_DIR", folder)
        assert trusted(server.url, SSL_CERT_DIR=folder)
        monkeypatch.delenv("SSL_CERT_DIR")
        assert trusted(server.url, REQUESTS_CA_BUNDLE=folder)


def test_without_authorities_of_the_host_those_of_certifi_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda _context: None)
    monkeypatch.setattr(connection, "_context", connection._context.__wrapped__)
    assert connection._context(Trust()).cert_store_stats()["x509_ca"] > 50
    assert connection._context(Trust(named=("/somewhere",))).cert_store_stats()["x509_ca"] == 0
