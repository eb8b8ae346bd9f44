# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The places that a secret can be handed over to."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

LOCALHOST = frozenset({"localhost", "127.0.0.1", "::1"})
_NO_IDENTIFIER = re.compile(r"\W", re.ASCII)


@dataclass(frozen=True)
class FilePlace:
    """A file on a host of the inventory. owner, group: None to keep them, or to use the user's own for a new file.

    mode, directory_mode: as for chmod; directory_mode is None if the directory must exist.
    """

    host: str
    path: str
    owner: str | None = None
    group: str | None = None
    mode: str = "0600"
    directory_mode: str | None = None

    def __str__(self) -> str:
        return f"{self.path} on {self.host}"


@dataclass(frozen=True)
class VaultPlace:
    """A variable in the file that Ansible Vault encrypts."""

    variable: str

    def __str__(self) -> str:
        return f"the variable {self.variable}"


@dataclass(frozen=True)
class TasksPlace:
    """A task file; path is absolute. store: name of the bundled store that it implements; None for the user's own.

    variables: sealed JSON of the variables that the tasks get besides the token; names: of these variables.
    """

    path: str
    store: str | None = None
    names: tuple[str, ...] = ()
    variables: str = ""

    def __str__(self) -> str:
        return f"the store {self.store}" if self.store else f"the tasks of {self.path}"


Place: TypeAlias = "FilePlace | VaultPlace | TasksPlace"
_KINDS: dict[str, Any] = {"file": FilePlace, "vault": VaultPlace, "tasks": TasksPlace}


def place_data(place: Place) -> dict[str, Any]:
    """The place as data for a variable."""
    kind = next(name for name, kind in _KINDS.items() if isinstance(place, kind))
    return {"kind": kind, **asdict(place)}


def place_from(data: Mapping[str, Any]) -> Place:
    """The place from such data."""
    values = {name: tuple(value) if name == "names" else value for name, value in data.items() if name != "kind"}
    place: Place = _KINDS[data["kind"]](**values)
    return place


def place_key(place: Place) -> tuple[str, ...] | None:
    """A key that is equal for places that overwrite each other; None if that is unknown."""
    if isinstance(place, FilePlace):
        host = "localhost" if place.host in LOCALHOST else place.host
        return ("file", host, os.path.normpath(place.path))
    return ("vault", place.variable) if isinstance(place, VaultPlace) else None


def fill(text: str, space: str, space_name: str) -> str:
    """The text with its placeholders filled in: `{space}` by the ID of a space, `{space_name}` by its name."""
    return text.replace("{space}", space).replace("{space_name}", space_name)


def has_placeholder(value: object) -> bool:
    """Whether it contains a placeholder, at any depth."""
    if isinstance(value, str):
        return "{space}" in value or "{space_name}" in value
    if isinstance(value, Mapping):
        return any(has_placeholder(part) for part in value.values())
    return isinstance(value, (list, tuple)) and any(has_placeholder(part) for part in value)


def fill_all(value: Any, space: str, space_name: str) -> Any:
    """As `fill`, at any depth."""
    if isinstance(value, str):
        return fill(value, space, space_name)
    if isinstance(value, Mapping):
        return {key: fill_all(part, space, space_name) for key, part in value.items()}
    return [fill_all(part, space, space_name) for part in value] if isinstance(value, (list, tuple)) else value


def filled_variable(name: str, space: str, space_name: str) -> str:
    """As `fill`, for the name of a variable: what cannot be part of one, such as a hyphen, becomes an underscore."""
    return fill(name, _NO_IDENTIFIER.sub("_", space), _NO_IDENTIFIER.sub("_", space_name))
