# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of offboarding: which existing tokens to delete. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.ages import match_ages
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError, invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import count_of, duration_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import parse_name

from ._declaration_text import history, printable
from ._text_values import typed_values

# The options; they match the documentation of the filter.
CRITERIA: dict[str, dict[str, Any]] = {
    "created_by": {"type": "list", "elements": "str"},
    "unused_for": {"type": "str"},
    "older_than": {"type": "str"},
    "names": {"type": "list", "elements": "str"},
}
_LIMIT: dict[str, dict[str, Any]] = {"limit": {"type": "int", "default": 25}}
_SHOWN = 5  # names in an error


@dataclass(frozen=True)
class Criteria:
    """Criteria that a token must all match; None matches everything.

    created_by: e-mail addresses or MRNs, and patterns of them, ignoring case. names: names, and patterns of them.
    unused_for: since the last use, or since the creation of a token that was never used.
    """

    created_by: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    unused_for: timedelta | None = None
    older_than: timedelta | None = None

    def match(self, token: Token, now: datetime) -> bool:
        """Whether the token matches. Raises MondooError if that depends on a time that the service does not report."""
        # An unknown creator is nobody in particular.
        if self.created_by is not None and not (
            token.created_by
            and _fits_any([pattern.casefold() for pattern in self.created_by], token.created_by.casefold())
        ):
            return False
        # Leftovers of a rotation are included with their name.
        if self.names is not None and not any(
            _fits_any(self.names, name) for name in (token.name, parse_name(token.name).base)
        ):
            return False
        return match_ages(
            token, self.older_than, self.unused_for, now, lambda option, what: _unknown(token, option, what)
        )


@dataclass(frozen=True)
class Offboarding:
    """doomed: tokens to delete. own: matching, but kept as the credential in use. listed: how many there were."""

    doomed: tuple[Token, ...] = ()
    own: tuple[Token, ...] = ()
    listed: int = 0

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Entries for the module api_tokens that delete them."""
        return [{"mrn": token.mrn, token.scope.kind: token.scope.id, "state": "absent"} for token in self.doomed]

    def lines(self, *, own_is_known: bool) -> list[str]:
        """A readable line for every token. own_is_known: whether the credential in use can be recognised."""
        fit = "fits" if len(self.doomed) == 1 else "fit"
        lines = [f"{len(self.doomed)} of {count_of(self.listed, 'API token')} {fit}{':' if self.doomed else '.'}"]
        lines += [_describe(token) for token in self.doomed]
        lines += [f"{_describe(token)} It is kept, since this run logs in with it." for token in self.own]
        if self.doomed and not own_is_known:
            lines.append("Whether this run logs in with one of them cannot be determined.")
        return lines


def read_criteria(options: Mapping[str, Any]) -> tuple[Criteria, int]:
    """The criteria, and how many tokens may match. An omitted option is None; each may be given as text.

    Raises MondooError if there is no criterion, or an empty one: what it was meant to exclude would be deleted.
    """
    typed = typed_values({**CRITERIA, **_LIMIT}, options)
    for option in CRITERIA:
        if options.get(option) is None:
            continue
        if not typed[option]:
            raise invalid_option(f"{option} is empty; omit it if it does not matter")
        if isinstance(typed[option], list) and not all(
            isinstance(each, str) and each.strip() for each in typed[option]
        ):
            raise invalid_option(f"{option} has an empty entry: it would match what it was not meant to")
    if all(typed[option] is None for option in CRITERIA):
        raise invalid_option(f"one of {', '.join(CRITERIA)} is required: otherwise all listed tokens would be deleted")
    if typed["limit"] < 0:
        raise invalid_option(f"limit: {typed['limit']} is out of range: 0 or more")
    return Criteria(
        created_by=_patterns(typed["created_by"]),
        names=_patterns(typed["names"]),
        unused_for=_duration("unused_for", typed["unused_for"]),
        older_than=_duration("older_than", typed["older_than"]),
    ), typed["limit"]


def _patterns(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _duration(option: str, value: str | None) -> timedelta | None:
    return None if value is None else duration_from(option, value)


def choose(tokens: Iterable[Token], criteria: Criteria, limit: int, own: Collection[str], now: datetime) -> Offboarding:
    """The tokens that match all criteria, sorted by scope and name. own: MRNs of the credentials in use.

    Raises MondooError if there are more than `limit`.
    """
    listed = list(tokens)
    fitting = sorted(
        (token for token in listed if criteria.match(token, now)),
        key=lambda token: (token.scope.mrn, token.name, str(token.mrn)),
    )
    doomed = tuple(token for token in fitting if token.mrn not in own)
    if len(doomed) > limit:
        raise _too_many(doomed, limit)
    return Offboarding(doomed, tuple(token for token in fitting if token.mrn in own), len(listed))


def _too_many(doomed: Sequence[Token], limit: int) -> MondooError:
    shown = ", ".join(f'"{printable(token.name)}" of {token.scope}' for token in doomed[:_SHOWN])
    more = ", …" if len(doomed) > _SHOWN else ""
    return invalid_option(
        f"{count_of(len(doomed), 'API token')} would be deleted, and limit is {limit}: {shown}{more}. Nothing was changed"
    )


def _describe(token: Token) -> str:
    return printable(f'"{token.name}" of {token.scope} ({token.mrn}). {history(token)}')


def _fits_any(patterns: Iterable[str], text: str) -> bool:
    return any(text == pattern or fnmatchcase(text, pattern) for pattern in patterns)


def _unknown(token: Token, option: str, what: str) -> MondooError:
    return invalid_option(
        f'{option}: the service does not report when "{printable(token.name)}" of {token.scope} ({token.mrn}) {what}. Nothing'
        " was changed"
    )
