# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads untrusted JSON: checks its shape and makes its text safe.

Every reader raises `MondooError` (`GarbledAnswer`) with the place, what was found and what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .errors import GARBLED_ANSWER, MondooError

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MISSING = object()


def clean_text(text: str) -> str:
    """The text as valid UTF-8: JSON can contain a lone surrogate, which cannot be printed or written to a file."""
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


class JsonObject:
    """One object of a response. where: its place in the response, such as `apiTokens`; parts extend it."""

    __slots__ = ("_key", "_parent", "value")

    def __init__(self, value: object, where: str, parent: JsonObject | None = None) -> None:
        self._key = where
        self._parent = parent
        if not isinstance(value, dict):
            raise _garbled(self.where, value, "an object")
        self.value: Mapping[str, Any] = value

    @property
    def where(self) -> str:
        return f"{self._parent.where}.{self._key}" if self._parent else self._key

    def __contains__(self, key: str) -> bool:
        return key in self.value

    def require(self, *keys: str) -> None:
        """Raises MondooError if one of the members is missing; null is not."""
        for key in keys:
            if key not in self:
                raise self.garbled(key, "a value or null")

    def text(self, key: str) -> str:
        """Required text; it may be empty."""
        value = self.value.get(key, _MISSING)
        if not isinstance(value, str):
            raise self.garbled(key, "text")
        return clean_text(value)

    def identifier(self, key: str) -> str:
        """Required text that must not be blank."""
        text = self.text(key)
        if not text.strip():
            raise self.garbled(key, "text that is not blank")
        return text

    def optional_text(self, key: str) -> str | None:
        """Text; None if null or missing."""
        return None if self.value.get(key) is None else self.text(key)

    def optional_boolean(self, key: str) -> bool | None:
        """True or false; None if null or missing."""
        value = self.value.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.garbled(key, "true or false")
        return value

    def optional_object(self, key: str) -> JsonObject | None:
        """An object; None if null or missing."""
        value = self.value.get(key)
        return None if value is None else JsonObject(value, key, self)

    def optional_list(self, key: str) -> list[Any] | None:
        """A list of anything; None if null or missing."""
        value = self.value.get(key)
        if value is not None and not isinstance(value, list):
            raise self.garbled(key, "a list")
        return value

    def objects(self, key: str) -> Iterator[JsonObject]:
        """The objects of a list; none if the list is null or missing."""
        for number, item in enumerate(self.optional_list(key) or ()):
            yield JsonObject(item, f"{key}[{number}]", self)

    def optional_texts(self, key: str) -> list[str] | None:
        """A list of texts; None if null or missing."""
        values = self.optional_list(key)
        for number, value in enumerate(values or ()):
            if not isinstance(value, str):
                raise _garbled(f"{self.where}.{key}[{number}]", value, "text")
        return None if values is None else [clean_text(value) for value in values]

    def garbled(self, key: str, expected: str) -> MondooError:
        """The error for a member that is not what was expected."""
        return _garbled(f"{self.where}.{key}", self.value.get(key, _MISSING), expected)


def _garbled(where: str, value: object, expected: str) -> MondooError:
    return MondooError(
        GARBLED_ANSWER, f"the service's answer has {_kind(value)} in {where}, where {expected} was expected"
    )


def _kind(value: object) -> str:
    """The JSON type of a value; the value itself may be a secret."""
    if value is _MISSING:
        return "nothing"
    if value is None:
        return "null"
    for kind, words in ((bool, "true or false"), (str, "text"), (list, "a list"), (dict, "an object")):
        if isinstance(value, kind):
            return "blank text" if isinstance(value, str) and not value.strip() else words
    return "a number"
