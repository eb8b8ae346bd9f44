# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever comes back, and however slowly: a request ends within its time, and an answer within its size."""

from __future__ import annotations

import contextlib
import gzip
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._api.documents import API_TOKENS
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.proxy import Proxy
from ansible_collections.mondoo.platform.tests.unit.support.http_client import LATER, OPEN, PASSING, failure, transport
from ansible_collections.mondoo.platform.tests.unit.support.keys import write_certificate
from ansible_collections.mondoo.platform.tests.unit.support.server import RawServer, again_and_again, slowly

BODY = b'{"data": {"generateAPIToken": {"token": "hunter2"}}}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY)
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
TIMEOUT = 0.5  # seconds: less than any of the answers below takes, of which the parts come faster

# What comes at once, and what comes byte by byte. With time enough, each of them is a good answer.
SLOW = {
    "the status": (b"", HEAD + LENGTH + BODY),
    "a header": (HEAD, b"X-Header: " + b"x" * 60 + b"\r\n" + LENGTH + BODY),
    "the body": (HEAD + LENGTH, BODY),
    "the size of a chunk": (CHUNKED, b"%x; " % len(BODY) + b"x" * 60 + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk": (CHUNKED + b"%x\r\n" % len(BODY), BODY + b"\r\n0\r\n\r\n"),
    "the end of the chunks": (CHUNKED + b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n", b"X: " + b"x" * 60 + b"\r\n\r\n"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + HEAD + LENGTH + BODY),
    "other interim answers": (
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + HEAD + LENGTH + BODY,
    ),
}


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("part", SLOW)
def test_an_answer_that_trickles(part: str, encrypted: bool, tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path) if encrypted else None
    before, rest = SLOW[part]
    with RawServer(slowly(rest, before), certificate=certificate) as server:
        error = failure(server.url, timeout=TIMEOUT, verify=str(certificate) if certificate else True)
    assert (error.code, error.transient, error.outcome_unknown) == ("TimedOut", *LATER)
    assert error.reason == f"no complete answer from {server.url} within 0.5 seconds"


@pytest.mark.parametrize("part", ["the body", "a chunk", "100 Continue", "other interim answers"])
def test_with_time_enough_they_are_good_answers(part: str) -> None:
    before, rest = SLOW[part]
    with RawServer(slowly(rest, before, seconds=0.001)) as server:
        answer = transport(server.url).post(API_TOKENS.plain, {}, "apiTokens")
    assert answer.data == {"generateAPIToken": {"token": "hunter2"}}


def test_a_handshake_that_trickles(tmp_path: Path) -> None:
    """It is part of the time, and nothing of the request has been sent by then."""
    record = b"\x16\x03\x03\x00\x7a" + b"\0" * 60
    with RawServer(slowly(record), certificate=write_certificate(tmp_path), handshake=False) as server:
        error = failure(server.url, timeout=TIMEOUT)
    assert (error.code, error.transient, error.outcome_unknown) == ("TimedOut", *PASSING)
    assert error.reason == f"no connection to {server.url} within 0.5 seconds"


@pytest.mark.parametrize("kind", ["silence", "trickle"])
def test_a_proxy_that_does_not_open_a_tunnel(kind: str) -> None:
    with Proxy.run() as proxy:
        proxy.fault(kind)
        error = failure("https://127.0.0.1:9/query", timeout=TIMEOUT, proxy=proxy.url)
    assert (error.code, error.transient, error.outcome_unknown) == ("TimedOut", *PASSING)
    assert error.reason == "no connection to https://127.0.0.1:9/query through the proxy within 0.5 seconds"


def test_a_name_that_is_looked_up_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def getaddrinfo(*_arguments: object, **_options: object) -> list[object]:
        ended.wait(10)
        raise OSError("nobody waits for this")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    error = failure("https://api.mondoo.invalid/query", timeout=TIMEOUT)
    ended.set()
    assert (error.code, error.transient, error.outcome_unknown) == ("TimedOut", *PASSING)


def test_without_a_thread_to_look_a_name_up_the_request_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    error = failure("https://api.mondoo.invalid/query")
    assert (error.code, error.transient, error.outcome_unknown) == ("ConnectionFailed", *PASSING)


def test_the_addresses_of_a_name_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of them does not answer, which leaves time for the second."""
    real = socket.getaddrinfo
    with contextlib.ExitStack() as stack:
        silent = stack.enter_context(_full_queue())
        server = stack.enter_context(RawServer(slowly(b"", HEAD + LENGTH + BODY)))
        ports = (silent, int(server.url.split(":")[2].split("/")[0]))
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda *_a, **_o: [real("127.0.0.1", port, type=socket.SOCK_STREAM)[0] for port in ports],
        )
        answer = transport("http://localhost/query", timeout=2).post(API_TOKENS.plain, {}, "apiTokens")
    assert answer.http_status == 200


@contextlib.contextmanager
def _full_queue() -> Iterator[int]:
    """The port of a listener to which no connection can be made, and which refuses none."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening, contextlib.ExitStack() as waiting:
        for _turn in range(4):
            filler = waiting.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listening.getsockname())
        yield int(listening.getsockname()[1])


def test_a_request_that_nobody_reads() -> None:
    def wait(_connection: socket.socket, ended: threading.Event) -> None:
        ended.wait(10)

    with RawServer(wait, handshake=False) as server, pytest.raises(MondooError) as caught:
        text = "x" * 20_000_000  # more than the buffers of a connection take
        transport(server.url, timeout=TIMEOUT).post(API_TOKENS.plain, {"scopeMrn": text}, "apiTokens")
    assert (caught.value.code, caught.value.transient, caught.value.outcome_unknown) == ("TimedOut", *LATER)


def test_each_request_has_the_whole_time() -> None:
    with RawServer(slowly(BODY, HEAD + b"Connection: close\r\n" + LENGTH, seconds=0.01)) as server:
        client = transport(server.url, timeout=2)
        for _turn in range(5):
            assert client.post(API_TOKENS.plain, {}, "apiTokens").http_status == 200


# Floods, each in a process of its own, of which the memory is measured. urllib3 2.8 bounds some of what older ones do not.

_BOMB = gzip.compress(b" " * (10 * 1024 * 1024), mtime=0)
FLOODS = {
    "a body without an end": (again_and_again(b" " * 1_000_000, HEAD + b"\r\n"), "AnswerTooLarge"),
    "chunks without an end": (again_and_again(b"100000\r\n" + b" " * 0x100000 + b"\r\n", CHUNKED), "AnswerTooLarge"),
    "a chunk size without an end": (again_and_again(b"1" * 1_000_000, CHUNKED), "AnswerTooLarge or ConnectionFailed"),
    "trailers without an end": (
        again_and_again(b"x" * 1_000_000, CHUNKED + b"0\r\n"),
        "AnswerTooLarge or ConnectionFailed",
    ),
    "100 Continue without an end": (
        again_and_again(b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000),
        "AnswerTooLarge or TimedOut",
    ),
    "interim answers without an end": (
        again_and_again(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" * 1_000),
        "AnswerTooLarge or TimedOut",
    ),
    "headers without an end": (again_and_again(b"X: " + b"x" * 60_000 + b"\r\n", HEAD), "ConnectionFailed"),
    "gzip of 1.2 GB": (
        again_and_again(
            b"%x\r\n" % len(_BOMB) + _BOMB + b"\r\n", HEAD + b"Content-Encoding: gzip\r\n" + CHUNKED[len(HEAD) :]
        ),
        "AnswerTooLarge",
    ),
    "small values": (
        slowly(b"", HEAD + b"\r\n" + b'{"data": {"x": [' + b"[]," * 22_000_000 + b"[]]}}"),
        "AnswerTooLarge",
    ),
}
_LARGEST = 320  # MiB: some times the 64 MiB that are read, and far from what the floods would come to
_CHILD = """
import re, sys
from ansible_collections.mondoo.platform.plugins.module_utils._api.documents import API_TOKENS
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.http_client import transport

def peak():
    with open("/proc/self/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1]) // 1024

client = transport(sys.argv[1], timeout=20)
before = peak()
try:
    client.post(API_TOKENS.plain, {}, "apiTokens")
except MondooError as error:
    print(error.code, error.outcome_unknown, before, peak())
"""


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood(kind: str) -> None:
    speak, codes = FLOODS[kind]
    with RawServer(speak) as server:
        command = [sys.executable, "-c", _CHILD, server.url]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    code, unknown, before, peak = done.stdout.split()
    print(f"{kind}: {before} MiB before, {peak} MiB at most")
    assert code in codes
    assert unknown == "True"
    assert int(peak) < _LARGEST


def test_an_error_of_a_flood_says_what_to_do() -> None:
    with RawServer(again_and_again(b" " * 1_000_000, HEAD + b"\r\n")) as server:
        error = failure(server.url, timeout=20)
    assert error.reason == f"the answer of {server.url} is too large to be read"
    assert (error.transient, error.outcome_unknown) == OPEN
    assert "check endpoint and proxy, and report it" in str(error)
