# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The three names of a token in its lifecycle: they hold the whole state of a rotation.

`NAME` is the token in use. `NAME (pending TIME)` was generated, and its secret is not known to have been handed over.
`NAME (retired TIME)` was replaced, and stays valid until the end of its overlap. They correspond to the stages AWSCURRENT,
AWSPENDING and AWSPREVIOUS of AWS Secrets Manager.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from .errors import MondooError, invalid_option
from .times import timestamp_from, timestamp_text

_STAGED = re.compile(r"(?P<base>.+) \((?P<stage>pending|retired) (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\)", re.DOTALL)


class Stage(Enum):
    """The stage of a token in its lifecycle."""

    CURRENT = "current"
    PENDING = "pending"
    RETIRED = "retired"


@dataclass(frozen=True)
class TokenName:
    """A parsed name at the service. base: the declared name. at: in UTC, when the token got the name; None if current."""

    base: str
    stage: Stage = Stage.CURRENT
    at: datetime | None = None

    def __str__(self) -> str:
        return self.base if self.at is None else f"{self.base} ({self.stage.value} {timestamp_text(self.at)})"


def parse_name(text: str) -> TokenName:
    """Parses a name at the service; one that only looks staged, with an invalid time, is an ordinary name."""
    match = _STAGED.fullmatch(text)
    if match is None:
        return TokenName(text)
    try:
        at = timestamp_from(match["at"])
    except MondooError:
        at = None
    return TokenName(text) if at is None else TokenName(match["base"], Stage(match["stage"]), at)


def pending_name(base: str, at: datetime) -> str:
    """The name of a token that was generated at `at`, with its secret yet to be handed over."""
    return str(TokenName(base, Stage.PENDING, at))


def retired_name(base: str, at: datetime) -> str:
    """The name of a token that was replaced at `at`."""
    return str(TokenName(base, Stage.RETIRED, at))


def fold_name(name: str) -> str:
    """A form that two names have in common if a service may make one of the other: trimmed, normalized, in lower case."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def check_declared_name(name: str) -> None:
    """Raises MondooError for a name that cannot be given to a token. One that has it already may be declared by its `mrn`."""
    if not name.strip():
        raise invalid_option("name must not be empty")
    if name != name.strip():
        raise invalid_option(f'name: "{name}" has white space around it')
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise invalid_option(f"name: {name!r} has a control character in it")
    if parse_name(name).stage is not Stage.CURRENT:
        raise invalid_option(
            f'name: "{name}" ends like the name of a pending or retired token, which only a rotation gives; name such a token by'
            " its mrn"
        )
