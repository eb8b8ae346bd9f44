# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`each_space`: an entry for every space of an organization, or for those that match a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from .errors import invalid_option
from .mrn import Scope
from .text_lists import split_list

# The words that Ansible reads as a boolean.
_TRUE = frozenset({"true", "yes", "on", "y", "t", "1"})
_FALSE = frozenset({"false", "no", "off", "n", "f", "0"})
_PLACEHOLDER = re.compile(r"\{(space|space_name)\}")


class Space(NamedTuple):
    """A space in the listing of its organization."""

    scope: Scope
    name: str

    @property
    def id(self) -> str:
        return self.scope.id


@dataclass(frozen=True)
class EachSpace:
    """The spaces that an entry applies to. patterns: IDs, names, and shell patterns of both; None for every space."""

    patterns: tuple[str, ...] | None = None

    def select(self, spaces: Iterable[Space]) -> list[Space]:
        """The matching spaces, in order."""
        if self.patterns is None:
            return list(spaces)
        return [space for space in spaces if any(_fits(pattern, space) for pattern in self.patterns)]

    def unmatched(self, spaces: Sequence[Space]) -> list[str]:
        """The patterns that match none of the spaces."""
        return [pattern for pattern in self.patterns or () if not any(_fits(pattern, space) for space in spaces)]


def _fits(pattern: str, space: Space) -> bool:
    return any(text == pattern or fnmatchcase(text, pattern) for text in (space.id, space.name))


def each_space_from(value: object) -> EachSpace | None:
    """Reads the option `each_space`: true, false, or a list of patterns, each also as text; None for false.

    Raises MondooError for anything else.
    """
    if value is None or isinstance(value, bool):
        return EachSpace() if value else None
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _TRUE or word in _FALSE:
            return EachSpace() if word in _TRUE else None
        value = split_list(value, keep_empty=True)
    if not isinstance(value, (list, tuple)):
        raise invalid_option(f"each_space: {value} is neither a boolean nor a list of patterns of spaces")
    for pattern in value:
        if not isinstance(pattern, str):
            raise invalid_option(f"each_space: {pattern} is not text; quote it")
        if not pattern.strip():
            raise invalid_option("each_space: a pattern must not be empty")
    return EachSpace(tuple(pattern.strip() for pattern in value))


def check_placeholders(option: str, text: str | None) -> None:
    """Raises MondooError if the text has a brace outside a placeholder."""
    rest = _PLACEHOLDER.sub("", text or "")
    if "{" in rest or "}" in rest:
        raise invalid_option(
            f'{option}: "{text}" has braces other than those of {{space}} and {{space_name}}, which an entry with each_space'
            " cannot have"
        )


def has_placeholder(text: str) -> bool:
    """Whether the text differs between spaces."""
    return _PLACEHOLDER.search(text) is not None


def fill_placeholders(text: str, space: Space) -> str:
    """The text with `{space}` replaced by the ID of the space, and `{space_name}` by its name."""
    values = {"space": space.id, "space_name": space.name}
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)
