# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads and checks `deliver` of an entry. Pure: the state of the controller is passed in as `Surroundings`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from keyword import iskeyword
from typing import Any

from ansible.module_utils.common.validation import check_type_dict
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError, invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.text_lists import split_list
from ansible_collections.mondoo.platform.plugins.plugin_utils._text_values import typed_values

from .._modes import mode_from
from .places import LOCALHOST, FilePlace, Place, TasksPlace, VaultPlace, fill_all, filled_variable, has_placeholder
from .sealing import seal
from .stores import STORES, store_problems

_FILE_KEYS = ("path", "owner", "group", "mode", "directory_mode")
_KEYS = frozenset({"hosts", *_FILE_KEYS, "vault", "tasks", "store", "vars"})
_PLACES = ("hosts", "vault", "tasks", "store")
_GIVEN_TO_TASKS = frozenset({"api_token", "api_token_secret"})


@dataclass(frozen=True)
class Surroundings:
    """What a declaration is checked against.

    hosts, groups: of the inventory. directory: the working directory. has_vault: whether there is an encrypted file, and its
    password. task_problems: sentences about a task file, by its absolute path. store_file: path of the tasks of a store.
    """

    hosts: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    directory: str = "/"
    has_vault: bool = False
    task_problems: Callable[[str], Sequence[str]] = lambda _path: ()
    store_file: Callable[[str], str] = lambda name: f"/stores/{name}.yml"


@dataclass(frozen=True)
class Space:
    """The space of an entry; its name is known only for entries that apply to several."""

    id: str
    name: str | None = None


# Stands for the spaces of an organization until they are known.
_SAMPLE = Space("a-space", "a space")


@dataclass
class Delivery:
    """The places that were read, and sentences about what is wrong."""

    places: list[Place] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def deliver_from(value: object, option: str = "deliver") -> dict[str, Any]:
    """The dictionary; text is read like `type: dict` of Ansible. Raises MondooError."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str) and value.strip():
        try:
            return dict(check_type_dict(value))
        except TypeError:
            pass
    raise invalid_option(f"{option} is {_kind(value)}, and not a dictionary with hosts, vault, tasks or store")


def read_delivery(
    deliver: Mapping[str, Any], surroundings: Surroundings, space: Space | None, *, is_template: bool = False
) -> Delivery:
    """The places that a secret goes to. is_template: the entry applies to spaces that are not known yet."""
    delivery = Delivery()
    problems = delivery.problems
    problems += _unknown_keys(deliver)
    nothing = [key for key in (*_PLACES, "path") if key in deliver and _is_nothing(key, deliver[key])]
    problems += [f"deliver.{key} is empty: omit it, or set where the secret goes" for key in nothing]
    if not any(key in deliver for key in _PLACES):
        problems.append("deliver names no place: it needs hosts, vault, tasks or store")
    if not is_template:
        problems += _placeholders_without_value(deliver, space)
    elif space is None:
        space = _SAMPLE
    problems += [f"deliver.{key}: {each}" for key in ("path", "tasks") for each in unsafe_name(deliver.get(key), space)]
    filled = {key: _filled(key, value, space, is_template=is_template) for key, value in deliver.items()}
    given = {key: value for key, value in filled.items() if key not in nothing and value is not None}
    if "hosts" not in nothing:
        _read_files(given, surroundings, delivery)
    _read_vault(given, surroundings, delivery)
    _read_tasks(given, surroundings, delivery, check_files=not (is_template and has_placeholder(deliver.get("tasks"))))
    return delivery


def unsafe_name(path: object, space: Space | None) -> Iterator[str]:
    """A sentence about a name of a space that would change the directory of a secret."""
    name = (space.name or "") if space is not None else ""
    if isinstance(path, str) and "{space_name}" in path and ("/" in name or "\0" in name or name in (".", "..")):
        yield f'the name of the space, "{name}", cannot be part of a path; use {{space}} in its place'


def _is_nothing(key: str, value: object) -> bool:
    """Whether nothing is set: also text without anything but spaces, and a list given as text that is empty."""
    if isinstance(value, str):
        return not (split_list(value) if key == "hosts" else value.strip())
    return value in (None, [], {})


def _filled(key: str, value: Any, space: Space | None, *, is_template: bool) -> Any:
    """The value with its placeholders filled in; but names of hosts can only be compared with those of a space that is known."""
    if space is None or (key == "hosts" and is_template):
        return value
    if key == "vault" and isinstance(value, str):
        return filled_variable(value, space.id, space.name or "")
    return fill_all(value, space.id, space.name or "")


def _unknown_keys(deliver: Mapping[str, Any]) -> Iterator[str]:
    unknown = sorted(str(key) for key in deliver if key not in _KEYS)
    if unknown:
        close = get_close_matches(unknown[0], _KEYS, n=1)
        hint = f'did you mean "{close[0]}"' if close else f"known: {', '.join(sorted(_KEYS))}"
        yield f"deliver: unknown {', '.join(unknown)} ({hint})"


def _placeholders_without_value(deliver: Mapping[str, Any], space: Space | None) -> Iterator[str]:
    if space is None and has_placeholder(deliver):
        yield "deliver: {space} has no meaning for a token of an organization"
    elif space is not None and space.name is None and "{space_name}" in json.dumps(dict(deliver), default=str):
        yield "deliver: {space_name} is known only to entries with each_space"


def _read_files(deliver: Mapping[str, Any], surroundings: Surroundings, delivery: Delivery) -> None:
    if "hosts" not in deliver:
        stray = [key for key in _FILE_KEYS if key in deliver]
        if stray:
            delivery.problems.append(f"deliver: {', '.join(stray)} needs hosts")
        return
    hosts = _hosts(deliver["hosts"], surroundings, delivery.problems)
    path = deliver.get("path")
    if path is None:
        delivery.problems.append("deliver: hosts needs path")
    elif not isinstance(path, str) or not path.startswith("/") or path.endswith("/") or not path.isprintable():
        delivery.problems.append(f"deliver.path: {path!r} is not the absolute path of a file")
    options: dict[str, str] = {}
    for key, of_directory in (("mode", False), ("directory_mode", True)):
        if key in deliver:
            try:
                options[key] = mode_from(f"deliver.{key}", deliver[key], of_directory=of_directory)
            except MondooError as error:
                delivery.problems.append(error.reason)
    for key in ("owner", "group"):
        if key in deliver:
            name = deliver[key]
            text = str(name) if isinstance(name, (str, int)) and not isinstance(name, bool) else ""
            if not text or ":" in text or not text.isprintable() or any(part.isspace() for part in text):
                delivery.problems.append(f"deliver.{key}: {name!r} is not the name of a {_OWNERS[key]}")
            options[key] = text
    if isinstance(path, str):
        delivery.places += [FilePlace(host, os.path.normpath(path), **options) for host in hosts]


_OWNERS = {"owner": "user", "group": "group"}


def _hosts(value: object, surroundings: Surroundings, problems: list[str]) -> list[str]:
    try:
        hosts = typed_values({"hosts": {"type": "list"}}, {"hosts": value})["hosts"] or []
    except MondooError:
        problems.append(f"deliver.hosts is {_kind(value)}, and not a list of hosts")
        return []
    wrong = [host for host in hosts if not isinstance(host, str) or not host.strip()]
    if wrong:
        problems.append(f"deliver.hosts: {wrong[0]!r} is not the name of a host")
    names = [host.strip() for host in hosts if host not in wrong]
    repeated = sorted({host for host in names if names.count(host) > 1})
    if repeated:
        problems.append(f"deliver.hosts names {', '.join(repeated)} twice")
    for host in dict.fromkeys(names):
        if host in surroundings.hosts or host in LOCALHOST or has_placeholder(host):
            continue
        if host in surroundings.groups:
            problems.append(f"deliver.hosts: {host} is a group: write {{{{ groups.{host} }}}} for its hosts")
            continue
        close = get_close_matches(host, surroundings.hosts, n=1)
        problems.append(
            f"deliver.hosts: {host} is not in the inventory" + (f' (did you mean "{close[0]}")' if close else "")
        )
    return list(dict.fromkeys(names))


def _read_vault(deliver: Mapping[str, Any], surroundings: Surroundings, delivery: Delivery) -> None:
    if "vault" not in deliver:
        return
    name = deliver["vault"]
    if not is_variable_name(name):
        delivery.problems.append(
            f"deliver.vault: {name!r} is not the name of a variable: letters, digits and underscores, no digit first"
        )
        return
    if not surroundings.has_vault:
        delivery.problems.append("deliver.vault needs api_tokens_vault_file and api_tokens_vault_password")
    delivery.places.append(VaultPlace(name))


def _read_tasks(
    deliver: Mapping[str, Any], surroundings: Surroundings, delivery: Delivery, *, check_files: bool
) -> None:
    variables = deliver.get("vars", {})
    if not isinstance(variables, Mapping):
        delivery.problems.append(f"deliver.vars is {_kind(variables)}, and not a dictionary")
        variables = {}
    if variables and "tasks" not in deliver and "store" not in deliver:
        delivery.problems.append("deliver: vars needs tasks or store")
    for name in variables:
        if not is_variable_name(name):
            delivery.problems.append(f"deliver.vars: {name!r} is not the name of a variable")
        elif name in _GIVEN_TO_TASKS:
            delivery.problems.append(f"deliver.vars: {name} is what the tasks find the token in; choose another name")
    names = tuple(sorted(str(name) for name in variables))
    sealed = seal(json.dumps(dict(variables), default=str)) if variables else ""
    if "store" in deliver:
        store = deliver["store"]
        delivery.problems += store_problems(store, variables)
        if isinstance(store, str) and store in STORES:
            path = surroundings.store_file(store)
            delivery.problems += [
                f"deliver.store: {store} needs the collection {STORES[store].collection}: {problem}"
                for problem in surroundings.task_problems(path)
            ]
            delivery.places.append(TasksPlace(path, store, names, sealed))
    if "tasks" in deliver:
        path = deliver["tasks"]
        if not isinstance(path, str):
            delivery.problems.append(f"deliver.tasks is {_kind(path)}, and not the path of a file")
            return
        path = os.path.normpath(os.path.join(surroundings.directory, os.path.expanduser(path)))
        if check_files:
            delivery.problems += [f"deliver.tasks: {problem}" for problem in surroundings.task_problems(path)]
        delivery.places.append(TasksPlace(path, None, names, sealed))


def is_variable_name(name: object) -> bool:
    """Whether Ansible accepts it as the name of a variable."""
    return isinstance(name, str) and name.isascii() and name.isidentifier() and not iskeyword(name)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list", dict: "a dictionary"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), f"a {type(value).__name__}")
