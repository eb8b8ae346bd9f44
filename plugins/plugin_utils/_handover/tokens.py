# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tokens of a declaration: one for each entry, or for each space that an entry applies to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import SCOPE_OPTIONS
from ansible_collections.mondoo.platform.plugins.module_utils._module.declaration import read_scope
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import parse_name

from .declaration import Entry, all_places, repeated_places, space_of
from .delivery import Space, Surroundings
from .journal import TokenKey
from .places import FilePlace, Place, TasksPlace, VaultPlace, fill_all, place_data, place_from

GENERATE = "generateAPIToken"


@dataclass(frozen=True)
class DeclaredToken:
    """One token. key: identifies it in this run. options: as for the module, with one scope.

    writes_itself: whether the module writes the secret to `token_path`. predicted: the module's result in check mode.
    forced: why it gets a new secret although the module would not generate one; empty if it does not.
    left_behind: whether a run on this controller began to hand over a secret of it and did not finish.
    delivered: MRN of a new token whose secret an earlier run has put into all of its places; empty if there is none.
    """

    key: str
    label: str
    options: dict[str, Any]
    places: tuple[Place, ...] = ()
    present: bool = True
    writes_itself: bool = False
    predicted: dict[str, Any] = field(default_factory=dict)
    forced: str = ""
    left_behind: bool = False
    delivered: str = ""

    @property
    def journal_key(self) -> TokenKey:
        return TokenKey(str(self.predicted.get("scope_mrn")), str(self.predicted.get("name")))

    @property
    def generates(self) -> bool:
        """Whether the module would generate a secret."""
        return GENERATE in self.predicted.get("operations", ())

    @property
    def discards(self) -> bool:
        """Whether the module would delete a token of that name, such as a pending one that was left behind."""
        return "deleteAPIToken" in self.predicted.get("operations", ())

    @property
    def rotates(self) -> bool:
        """Whether the module would replace the token in use, and not create one."""
        operations = list(self.predicted.get("operations", ()))
        return self.generates and "updateAPIToken" in operations[operations.index(GENERATE) :]

    @property
    def files(self) -> tuple[FilePlace, ...]:
        return tuple(place for place in self.places if isinstance(place, FilePlace))

    @property
    def variables(self) -> tuple[VaultPlace, ...]:
        return tuple(place for place in self.places if isinstance(place, VaultPlace))

    @property
    def tasks(self) -> tuple[TasksPlace, ...]:
        return tuple(place for place in self.places if isinstance(place, TasksPlace))

    def module_options(self, **changes: Any) -> dict[str, Any]:
        """The entry for the module: without a place it must not generate, and leftovers belong to no other run."""
        options = {name: value for name, value in self.options.items() if value is not None}
        if not self.writes_itself and not self.places:
            options["generate"] = False
        if self.left_behind:
            options["pending_grace"] = "0"
        return {**options, **changes}

    def data(self) -> dict[str, Any]:
        """The token as data for a variable."""
        return {**vars(self), "places": [place_data(place) for place in self.places]}


def token_from(data: Mapping[str, Any]) -> DeclaredToken:
    """The token from such data."""
    return DeclaredToken(**{**data, "places": tuple(place_from(place) for place in data["places"])})


def expand(
    entries: Sequence[Entry], results: Sequence[Mapping[str, Any]], surroundings: Surroundings
) -> tuple[list[DeclaredToken], list[str]]:
    """The tokens of the entries, from the module's results, and sentences about what is wrong with their places."""
    tokens: list[DeclaredToken] = []
    problems: list[str] = []
    seen: dict[tuple[str, ...], str] = {}
    by_number = {entry.number: entry for entry in entries}
    for index, result in enumerate(results):
        entry = by_number[int(result.get("entry") or index + 1)]
        space = Space(str(result["space"]), str(result.get("space_name") or "")) if result.get("space") else None
        label = f'{entry.label} in space "{space.id}"' if space else entry.label
        is_unknown = entry.is_template and space is None
        options = _options_in(entry, space, result) if space else entry.options
        delivery = entry.places(surroundings, space or space_of(entry))
        if not is_unknown:
            wrong = [*delivery.problems, *repeated_places(label, all_places(entry, options, delivery.places), seen)]
            problems += [f"{label}: {problem}" for problem in dict.fromkeys(wrong)]
        tokens.append(
            DeclaredToken(
                key=str(index),
                label=label,
                options=options,
                places=() if is_unknown else tuple(delivery.places),
                present=entry.present,
                writes_itself=entry.hands_over_itself,
                predicted=dict(result),
            )
        )
    return tokens, problems


def _options_in(entry: Entry, space: Space, result: Mapping[str, Any]) -> dict[str, Any]:
    """The options of an entry with several spaces, for one of them."""
    dropped = {"each_space", *SCOPE_OPTIONS}
    options = {name: value for name, value in entry.options.items() if name not in dropped}
    return {**fill_all(options, space.id, space.name or ""), "name": result["name"], "space": space.id}


def select(tokens: Sequence[DeclaredToken], selectors: Iterable[Any]) -> tuple[list[DeclaredToken], list[str]]:
    """The tokens selected by name, MRN, pattern, or `{name, space}`, and the selectors that match none."""
    chosen: dict[str, DeclaredToken] = {}
    unmatched: list[str] = []
    present = [token for token in tokens if token.present]
    for selector in selectors:
        matching = [token for token in present if _matches(token, selector)]
        chosen |= {token.key: token for token in matching}
        if not matching:
            unmatched.append(str(selector))
    return [token for token in tokens if token.key in chosen], unmatched


def _matches(token: DeclaredToken, selector: Any) -> bool:
    name = str(token.predicted.get("name") or token.options.get("name") or "")
    if isinstance(selector, Mapping):
        scope = _selected_scope(selector)
        return _fits(str(selector["name"]), name) and (scope is None or scope.mrn == token.predicted.get("scope_mrn"))
    text = str(selector)
    if text.startswith("//"):
        known = token.predicted.get("api_token") or {}
        return text in (token.options.get("mrn"), known.get("mrn"))
    return _fits(text, name)


def _fits(pattern: str, name: str) -> bool:
    return pattern == name or fnmatchcase(name, pattern)


def _selected_scope(selector: Mapping[str, Any]) -> Scope | None:
    try:
        return read_scope({option: selector.get(option) for option in (*SCOPE_OPTIONS, "mrn")})
    except MondooError:
        return Scope("space", "")  # belongs to no token


def with_predictions(tokens: Sequence[DeclaredToken], results: Sequence[Mapping[str, Any]]) -> list[DeclaredToken]:
    """The tokens with the module's result for each, in their order."""
    return [replace(token, predicted=dict(result)) for token, result in zip(tokens, results, strict=True)]


def declared_name(text: str) -> str:
    """The declared name of a token in any stage."""
    return parse_name(text).base
