# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decodes the body of a response within limits. Errors describe the problem and never quote the body."""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

LARGEST_BODY = 64 * 1024 * 1024  # bytes, decoded
_LARGEST_STEP = 1024 * 1024  # bytes to decompress at a time
_MOST_VALUES = 2_000_000  # a small value takes thirty times as much memory as its JSON
_LONGEST_NUMBER = 100  # characters; Python needs minutes for a number with a million digits
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
WEB_PAGE = "a web page instead of JSON"
_ENCODING = re.compile(r"[a-z0-9_-]{1,20}")


class TooLargeError(Exception):
    """A response that is too large to be read."""


class GarbledError(Exception):
    """An unusable response. Its text is the end of "… answered HTTP 200 with"."""


def decoded(chunks: Iterable[bytes], coding: str) -> bytearray:
    """The decompressed body of a response; raises GarbledError or TooLargeError. coding: the header Content-Encoding.

    urllib3 before 2.6 would decompress each chunk as a whole, whatever its size.
    """
    body = bytearray()
    for part in _decoded_parts(chunks, coding.strip().lower()):
        body += part
        if len(body) > LARGEST_BODY:
            raise TooLargeError
    return body


def _decoded_parts(chunks: Iterable[bytes], coding: str) -> Iterator[bytes]:
    codings = [each.strip() for each in coding.split(",")]
    coding = ", ".join(each for each in codings if each not in ("", "identity", "none"))
    if not coding:
        yield from chunks
        return
    if coding not in ("gzip", "x-gzip"):
        shown = f'the content encoding "{coding}"' if _ENCODING.fullmatch(coding) else "an unknown content encoding"
        raise GarbledError(f"{shown}, which was not requested")
    decoder = None
    try:
        for chunk in chunks:
            while chunk:
                if decoder is None or decoder.eof:
                    # gzip may consist of several members.
                    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
                yield decoder.decompress(chunk, _LARGEST_STEP)
                chunk = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
        while decoder is not None and not decoder.eof:
            rest = decoder.decompress(b"", _LARGEST_STEP)
            if not rest:
                raise GarbledError("truncated gzip")
            yield rest
    except zlib.error:
        raise GarbledError("a body that is not valid gzip") from None


def json_object(body: bytes | bytearray) -> dict[str, Any]:
    """The JSON object in the body of a response; raises GarbledError or TooLargeError."""
    if not body.strip():
        raise GarbledError("an empty body")
    if _MARKUP.match(body):
        raise GarbledError(WEB_PAGE)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GarbledError(f"a body that is not UTF-8 (at byte {error.start})") from None
    if sum(body.count(sign) for sign in (b"{", b"[", b",")) > _MOST_VALUES:
        raise TooLargeError
    try:
        value = json.loads(
            text,
            parse_constant=_refused,
            parse_int=_integer,
            parse_float=_number,
            object_pairs_hook=_without_repetition,
        )
        # A lone surrogate cannot be written to a file or a terminal.
        value = _with_whole_characters(value) if _ESCAPED_SURROGATE.search(text) else value
    except RecursionError:
        raise GarbledError("JSON that is nested too deeply") from None
    except ValueError:
        raise GarbledError("a body that is not JSON") from None
    if not isinstance(value, dict):
        raise GarbledError("JSON that is not an object")
    return value


def _refused(name: str) -> Any:
    raise GarbledError(f"JSON that contains {name}, which is not valid JSON")


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise GarbledError("JSON with a number of more than 100 digits")
    return int(digits)


def _number(digits: str) -> float:
    if len(digits) > _LONGEST_NUMBER or math.isinf(float(digits)):
        raise GarbledError("JSON with a number that is out of range")
    return float(digits)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Parsers differ in which of two values they use.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise GarbledError("JSON with the same key twice in one object")
    return found


def _with_whole_characters(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_with_whole_characters(inner) for inner in value]
    if isinstance(value, dict):
        return {_with_whole_characters(key): _with_whole_characters(inner) for key, inner in value.items()}
    return value
