# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The declaration: the module options of each entry, and where its secret goes. All problems are reported, with the entry."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import SCOPE_OPTIONS, set_arguments
from ansible_collections.mondoo.platform.plugins.module_utils._module.declaration import read_scope
from ansible_collections.mondoo.platform.plugins.module_utils._module.entries import read_entries
from ansible_collections.mondoo.platform.plugins.module_utils._values.each_space import each_space_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope

from .._modes import mode_from
from .delivery import Delivery, Space, Surroundings, deliver_from, read_delivery, unsafe_name
from .places import FilePlace, Place, VaultPlace, fill_all, place_key
from .settings import PREFIX, Settings

DECLARED = f"{PREFIX}declared"
# Options of the file at `token_path`.
_FILE_OPTIONS = (
    "mode",
    "owner",
    "group",
    "seuser",
    "serole",
    "setype",
    "selevel",
    "attributes",
    "attr",
    "unsafe_writes",
)


@dataclass(frozen=True)
class Entry:
    """One entry of the declaration. number: from 1. options: as for the module. deliver: None if it has none.

    scope: None if it is invalid. controller_file: `token_path` together with `deliver`, which the role then writes.
    """

    number: int
    label: str
    options: dict[str, Any]
    deliver: dict[str, Any] | None = None
    scope: Scope | None = None
    controller_file: FilePlace | None = None

    @property
    def present(self) -> bool:
        return str(self.options.get("state") or "present") != "absent"

    @property
    def is_template(self) -> bool:
        """Whether it applies to several spaces. The module's own check reports an invalid `each_space`."""
        try:
            return each_space_from(self.options.get("each_space")) is not None
        except MondooError:
            return True

    @property
    def hands_over_itself(self) -> bool:
        """Whether the module writes the secret to `token_path`."""
        return self.options.get("token_path") is not None

    @property
    def module_options(self) -> dict[str, Any]:
        """The entry as passed to the module: without a place it must not generate."""
        is_taken = self.deliver is not None or self.hands_over_itself
        return self.options if is_taken else {**self.options, "generate": False}

    def places(self, surroundings: Surroundings, space: Space | None) -> Delivery:
        """Where the secret goes, besides `token_path`."""
        if not self.present or self.deliver is None:
            return Delivery()
        delivery = read_delivery(self.deliver, surroundings, space, is_template=self.is_template and space is None)
        if self.controller_file is not None:
            path = self.controller_file.path
            delivery.problems += [f"token_path: {each}" for each in unsafe_name(path, space)]
            filled = fill_all(path, space.id, space.name or "") if space else path
            delivery.places.append(replace(self.controller_file, path=filled))
        return delivery


@dataclass
class Declaration:
    """The entries, the variables of the encrypted file that they name, and sentences about what is wrong."""

    entries: list[Entry] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_declaration(settings: Settings, surroundings: Surroundings) -> Declaration:
    """Reads and checks `api_tokens_declared`, as far as possible before the spaces of organizations are known."""
    declaration = Declaration()
    seen: dict[tuple[str, ...], str] = {}
    for number, declared in enumerate(settings.declared, start=1):
        if not isinstance(declared, Mapping):
            continue  # the module's own check reports it
        problems: list[str] = []
        entry = _read_entry(number, declared, settings, surroundings, problems)
        declaration.entries.append(entry)
        delivery = entry.places(surroundings, space_of(entry))
        problems += delivery.problems
        declaration.variables += [place.variable for place in delivery.places if isinstance(place, VaultPlace)]
        if not entry.is_template:
            problems += repeated_places(entry.label, all_places(entry, entry.options, delivery.places), seen)
        declaration.problems += [f"{entry.label}: {problem}" for problem in dict.fromkeys(problems)]
    declaration.problems += _module_problems(declaration.entries, settings)
    return declaration


def space_of(entry: Entry) -> Space | None:
    """The space that the entry itself names."""
    if entry.scope is None or entry.scope.kind != "space":
        return None
    return Space(entry.scope.mrn.rsplit("/", 1)[-1])


def all_places(entry: Entry, options: Mapping[str, Any], places: Sequence[Place]) -> list[Place]:
    """The places, and the file that the module writes itself. options: those of the entry, filled in for a space."""
    path = options.get("token_path")
    if not isinstance(path, str) or not entry.present:
        return list(places)
    return [*places, FilePlace("localhost", os.path.realpath(os.path.expanduser(path)))]


def repeated_places(label: str, places: Sequence[Place], seen: dict[tuple[str, ...], str]) -> Iterator[str]:
    """Sentences about places that another entry uses too; `seen` has the labels of earlier entries, and is extended."""
    for place in places:
        key = place_key(place)
        if key is None:
            continue
        other = seen.setdefault(key, label)
        if other is not label:
            yield f"{place} is where the secret of {other} goes too"


def module_options(settings: Settings) -> dict[str, Any]:
    """The options of the module that do not depend on the entries."""
    return {**settings.common, "concurrency": settings.concurrency}


def _read_entry(
    number: int, declared: Mapping[str, Any], settings: Settings, surroundings: Surroundings, problems: list[str]
) -> Entry:
    options = {str(option): value for option, value in declared.items() if option != "deliver"}
    name = options.get("name") or options.get("mrn")
    label = f"entry {number} of {DECLARED}" + (f' ("{name}")' if name else "")
    if "token_path" in options and options["token_path"] in (None, ""):
        problems.append("token_path has no value: omit it, or name a file")
    deliver: dict[str, Any] | None = None
    if "deliver" in declared:
        try:
            deliver = deliver_from(declared["deliver"])
        except MondooError as error:
            problems.append(error.reason)
    elif settings.deliver and options.get("token_path") is None:
        deliver = settings.deliver
    controller_file = None
    if deliver is not None and isinstance(options.get("token_path"), str):
        controller_file = _controller_file(options, surroundings, problems)
        options = {option: value for option, value in options.items() if option not in ("token_path", *_FILE_OPTIONS)}
    return Entry(number, label, options, deliver, _scope(options, settings), controller_file)


def _controller_file(options: Mapping[str, Any], surroundings: Surroundings, problems: list[str]) -> FilePlace:
    """`token_path` together with `deliver`: one more place, which the role writes like the others."""
    unsupported = [option for option in _FILE_OPTIONS[3:] if options.get(option) is not None]
    if unsupported:
        problems.append(f"{', '.join(unsupported)} cannot be used with token_path together with deliver")
    mode = "0600"
    try:
        mode = mode_from("mode", options["mode"]) if options.get("mode") is not None else mode
    except MondooError as error:
        problems.append(error.reason)
    path = os.path.normpath(os.path.join(surroundings.directory, os.path.expanduser(options["token_path"])))
    owner, group = (str(options[key]) if options.get(key) is not None else None for key in ("owner", "group"))
    return FilePlace("localhost", path, owner, group, mode)


def _scope(options: Mapping[str, Any], settings: Settings) -> Scope | None:
    """The scope of an entry; the module's own check reports what is wrong with it."""
    for source in (options, settings.common):
        given = {option: source.get(option) for option in (*SCOPE_OPTIONS, "mrn")}
        try:
            scope = read_scope({key: value if isinstance(value, str) else None for key, value in given.items()})
        except MondooError:
            return None
        if scope is not None:
            return scope
    return None


def _module_problems(entries: Sequence[Entry], settings: Settings) -> list[str]:
    """What the module would refuse."""
    spec = {**set_arguments(), **{option: {"type": "str"} for option in SCOPE_OPTIONS}}
    spec["tokens"] = {"type": "list", "elements": "raw"}
    options = {entry.number: entry.options for entry in entries}
    tokens = [options.get(number, declared) for number, declared in enumerate(settings.declared, start=1)]
    given = {**module_options(settings), "tokens": tokens}
    result = ArgumentSpecValidator(spec, mutually_exclusive=[SCOPE_OPTIONS]).validate(given)
    if result.error_messages:
        return [message.replace("tokens", DECLARED) for message in result.error_messages]
    try:
        read_entries(result.validated_parameters)
    except MondooError as error:
        return [error.reason.replace("of tokens", f"of {DECLARED}")]
    return []
