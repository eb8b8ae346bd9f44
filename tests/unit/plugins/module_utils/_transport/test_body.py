# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of forty kinds that are no answers: each is named, none is believed, and none is an error of the collection itself."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import NamedTuple

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._transport import body
from ansible_collections.mondoo.platform.plugins.module_utils._transport.body import (
    GarbledError,
    TooLargeError,
    decoded,
    json_object,
)
from ansible_collections.mondoo.platform.tests.unit.support.http_client import LATER, OPEN, failure, post
from ansible_collections.mondoo.platform.tests.unit.support.server import RawServer, Reply, Server, at_once

GOOD = b'{"data": {"x": 1}}'
SECRET = b"hunter2"  # in each body, which must not be quoted


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


class Case(NamedTuple):
    """body: after a status of 200. words: of the error. coding: of the content."""

    body: bytes
    words: str
    code: str = "GarbledAnswer"
    coding: str = ""


GARBAGE = {
    "nothing": Case(b"", "with an empty body"),
    "white space": Case(b" \r\n\t ", "with an empty body"),
    "a byte order mark alone": Case(b"\xef\xbb\xbf", "with a body that is not JSON"),
    "a word": Case(b"hunter2", "with a body that is not JSON"),
    "an unfinished object": Case(b'{"data": {"token": "hunter2', "with a body that is not JSON"),
    "an unfinished escape": Case(b'{"data": {"token": "hunter2\\u12"}}', "with a body that is not JSON"),
    "two objects": Case(GOOD + GOOD + SECRET, "with a body that is not JSON"),
    "an object and a word": Case(GOOD + SECRET, "with a body that is not JSON"),
    "single quotes": Case(b"{'data': {'x': 'hunter2'}}", "with a body that is not JSON"),
    "a trailing comma": Case(b'{"data": {"x": "hunter2",}}', "with a body that is not JSON"),
    "a comment": Case(b'{"data": null /* hunter2 */}', "with a body that is not JSON"),
    "a callback": Case(b'hunter2({"data": null});', "with a body that is not JSON"),
    "a prefix against hijacking": Case(b")]}'\n" + GOOD + SECRET, "with a body that is not JSON"),
    "a NUL": Case(b'{"data": {"x": "hunter2\0"}}', "with a body that is not JSON"),
    "a line break in a text": Case(b'{"data": {"x": "hunter2\n"}}', "with a body that is not JSON"),
    "NULs in front": Case(b"\0\0\0\0" + GOOD + SECRET, "with a body that is not JSON"),
    "events": Case(b'data: {"data": {"x": "hunter2"}}\n\n', "with a body that is not JSON"),
    "YAML": Case(b"data:\n  x: hunter2\n", "with a body that is not JSON"),
    "protocol buffers": Case(b"\x0a\x07hunter2\x10\x01", "with a body that is not JSON"),
    "a list": Case(b'["hunter2"]', "with JSON that is not an object"),
    "a batch": Case(b"[" + GOOD + b', "hunter2"]', "with JSON that is not an object"),
    "a text": Case(b'"hunter2"', "with JSON that is not an object"),
    "null": Case(b"null", "with JSON that is not an object"),
    "a number": Case(b"7", "with JSON that is not an object"),
    "neither data nor errors": Case(b'{"token": "hunter2"}', "with JSON that has neither data nor errors"),
    "data as a list": Case(b'{"data": ["hunter2"]}', "with data that is not an object"),
    "data as a text": Case(b'{"data": "hunter2"}', "with data that is not an object"),
    "errors as a number": Case(b'{"data": null, "errors": 7, "x": "hunter2"}', "with errors that are not a list"),
    "errors that are true": Case(b'{"data": null, "errors": true}', "with errors that are not a list"),
    "NaN": Case(b'{"data": {"x": NaN, "y": "hunter2"}}', "with JSON that contains NaN"),
    "infinity": Case(b'{"data": {"x": -Infinity}}', "with JSON that contains -Infinity"),
    "a number out of range": Case(b'{"data": {"x": 1e999}}', "with JSON with a number that is out of range"),
    "a very long number": Case(
        b'{"data": {"x": ' + b"9" * 1_000_000 + b"}}", "with JSON with a number of more than 100 digits"
    ),
    "one key twice": Case(
        b'{"data": {"token": "hunter2", "token": "other"}}', "with JSON with the same key twice in one object"
    ),
    "data twice": Case(b'{"data": {"x": 1}, "data": null}', "with JSON with the same key twice in one object"),
    "deep lists": Case(b'{"data": {"x": ' + b"[" * 200_000, "with JSON that is nested too deeply"),
    "deep objects": Case(b'{"data": ' + b'{"x": ' * 200_000, "with JSON that is nested too deeply"),
    "very many values": Case(
        b'{"data": {"x": [' + b"[]," * 3_000_000 + b"[]]}}", "is too large to be read", "AnswerTooLarge"
    ),
    "Latin-1": Case(
        '{"data": {"name": "caf\xe9 hunter2"}}'.encode("latin-1"), "with a body that is not UTF-8 (at byte 22)"
    ),
    "UTF-16": Case('{"data": {"x": "hunter2"}}'.encode("utf-16"), "with a body that is not UTF-8 (at byte 0)"),
    "half a character": Case(b'{"data": {"x": "hunter2\xed\xa0\x80"}}', "with a body that is not UTF-8"),
    "an overlong character": Case(b'{"data": {"x": "hunter2\xc0\xaf"}}', "with a body that is not UTF-8"),
    "an image": Case(b"\x89PNG\r\n\x1a\nhunter2", "with a body that is not UTF-8 (at byte 0)"),
    "gzip that does not say so": Case(gzipped(GOOD), "with a body that is not UTF-8"),
    "gzip that is none": Case(GOOD + SECRET, "with a body that is not valid gzip", coding="gzip"),
    "truncated gzip": Case(gzipped(GOOD)[:-9], "with truncated gzip", coding="gzip"),
    "gzip with a wrong sum": Case(gzipped(GOOD)[:-8] + b"\0" * 8, "with a body that is not valid gzip", coding="gzip"),
    "gzip and more": Case(gzipped(GOOD) + SECRET, "with a body that is not valid gzip", coding="gzip"),
    "gzip twice": Case(
        gzipped(gzipped(GOOD)), "with an unknown content encoding, which was not requested", coding="gzip, gzip"
    ),
    "deflate": Case(
        zlib.compress(GOOD), 'with the content encoding "deflate", which was not requested', coding="deflate"
    ),
    "brotli": Case(b"\x0b\x08\x80hunter2\x03", 'with the content encoding "br", which was not requested', coding="br"),
    "zstd": Case(
        b"\x28\xb5\x2f\xfdhunter2", 'with the content encoding "zstd", which was not requested', coding="zstd"
    ),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_named_and_not_quoted(kind: str) -> None:
    case = GARBAGE[kind]
    headers = {"Content-Type": "application/json", **({"Content-Encoding": case.coding} if case.coding else {})}
    with Server(Reply(200, case.body, headers)) as server:
        error = failure(server.url)
    assert case.words in error.reason
    assert (error.code, error.http_status) == (case.code, 200 if case.code == "GarbledAnswer" else None)
    # Whether it was executed, nobody knows; a flood would be the same the next time.
    assert (error.transient, error.outcome_unknown) == (LATER if case.code == "GarbledAnswer" else OPEN)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
NO_HTTP = {
    "nothing": (b"", "the connection was closed without an answer"),
    "another protocol": (b"SSH-2.0-hunter2\r\n", "the response is not HTTP"),
    "another version": (b"HTTP/9.9 hunter2 hunter2\r\n\r\n", "the response is not HTTP"),
    "a status that is no number": (b"HTTP/1.1 hunter2\r\n\r\n", "the response is not HTTP"),
    "a TLS record": (b"\x15\x03\x01\x00\x02\x02\x46", "the response is not HTTP"),
    "too many headers": (HEAD + b"X: hunter2\r\n" * 300, "the response is not HTTP"),
    "a very long header": (HEAD + b"X: " + b"hunter2" * 20_000, "the response is not HTTP"),
    "headers that break off": (HEAD[:-5], "the answer broke off"),
    "a body that breaks off": (HEAD + b"Content-Length: 99\r\n\r\n" + GOOD, "the answer broke off"),
    "chunks that break off": (CHUNKED + b"12\r\n" + GOOD, "the answer broke off"),
    "chunks without a size": (CHUNKED + b"hunter2\r\n" + GOOD, "the response is not HTTP"),
    "a chunk of less than nothing": (CHUNKED + b"-5\r\n" + GOOD, "the response is not HTTP"),
}


@pytest.mark.parametrize("kind", NO_HTTP)
def test_what_is_no_http_is_named_and_not_quoted(kind: str) -> None:
    data, words = NO_HTTP[kind]
    with RawServer(at_once(data)) as server:
        error = failure(server.url)
    if kind == "headers that break off":
        # http.client takes the end of a connection for the end of the headers: what is missing then is the body.
        assert (error.code, error.http_status) == ("GarbledAnswer", 200)
        assert error.reason.endswith("with an empty body")
    else:
        assert (error.code, error.reason) == ("ConnectionFailed", f"no answer from {server.url}: {words}")
    assert (error.transient, error.outcome_unknown) == LATER


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'\xef\xbb\xbf{"data": {"x": 1}}', 1),
        (b'\n {"data": {"x": 1}} \n', 1),
        ('{"data": {"x": "Übung ✓ 😀"}}'.encode(), "Übung ✓ 😀"),
        (b'{"data": {"x": "\\ud83d\\ude00"}}', "😀"),
        # Half of a character could be written nowhere.
        (b'{"data": {"x": "a\\ud83dz"}}', "a\N{REPLACEMENT CHARACTER}z"),
        (
            b'{"data": {"x": ["\\uDE00", {"\\ud800": 1}]}}',
            ["\N{REPLACEMENT CHARACTER}", {"\N{REPLACEMENT CHARACTER}": 1}],
        ),
        (b'{"data": {"x": "\\u0000\\u202e"}}', "\0\u202e"),
        (b'{"data": {"x": 12345678901234567890}}', 12345678901234567890),
        (b'{"data": {"x": [1.5, -0, true, null]}}', [1.5, 0, True, None]),
    ],
)
@pytest.mark.parametrize(
    "coding", ["", "identity", "none", "gzip", "X-GZIP", "gzip, identity", "identity,GZIP", "none, identity"]
)
def test_what_is_right_is_read(content: bytes, value: object, coding: str) -> None:
    packed = gzipped(content) if "gzip" in coding.lower() else content
    with Server(Reply(200, packed, {"Content-Encoding": coding} if coding else {})) as server:
        assert post(server.url).data == {"x": value}
        assert server.received[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_gzip_arrives_in_pieces_and_in_parts(size: int) -> None:
    content = json.dumps({"data": {"x": list(range(5000))}}).encode()
    packed = gzipped(content[:100]) + gzipped(b"") + gzipped(content[100:])
    pieces = [packed[start : start + size] for start in range(0, len(packed), size)]
    assert decoded(pieces, "gzip") == content


def test_the_largest_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "LARGEST_BODY", 1000)
    assert len(decoded([b" " * 999, b" "], "")) == 1000
    assert len(decoded([gzipped(b" " * 1000)], "gzip")) == 1000
    for chunks, coding in (([b" " * 999, b"  "], ""), ([gzipped(b" " * 1001)], "gzip")):
        with pytest.raises(TooLargeError):
            decoded(chunks, coding)


def test_a_repeated_key_is_found_at_any_depth() -> None:
    with pytest.raises(GarbledError, match="the same key twice"):
        json_object(b'{"data": {"edges": [{"node": {"mrn": "//1", "name": "a", "mrn": "//2"}}]}}')
