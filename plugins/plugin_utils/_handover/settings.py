# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the variables of the role. Each of them may be given as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import yaml
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import shared_token_arguments
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.plugin_utils._text_values import typed_values

from .delivery import deliver_from

PREFIX = "api_tokens_"
# Variables that are module options of the same names.
_SHARED: dict[str, dict[str, Any]] = {
    option: about for option, about in shared_token_arguments().items() if option not in ("generate",)
}
_SCOPES: dict[str, dict[str, Any]] = {option: {"type": "str"} for option in ("space", "organization", "scope_mrn")}
_PRUNING: dict[str, dict[str, Any]] = {
    "prune": {"type": "bool", "default": False},
    "prune_keep": {"type": "list", "elements": "str", "default": []},
    "prune_limit": {"type": "int", "default": 25},
    "concurrency": {"type": "int", "default": 8},
}
_FILES: dict[str, dict[str, Any]] = {"vault_file": {"type": "path"}, "report": {"type": "path"}}
TYPES: dict[str, dict[str, Any]] = {**_SHARED, **_SCOPES, **_PRUNING, **_FILES}
VARIABLES = frozenset({*TYPES, "declared", "deliver", "rotate_now", "vault_password"})
# Prefixes of variables that look like this role's but are not.
_OTHERS = ("api_tokens__", "api_tokens_result", "api_tokens_adopt_", "api_tokens_offboard_")


@dataclass(frozen=True)
class Settings:
    """declared: the list as given. common: module options shared by all entries, if set.

    rotate_now: names, MRNs, patterns, or dictionaries with `name` and a scope. vault_file, report: paths, empty if not set.
    """

    declared: list[Any] = field(default_factory=list)
    deliver: dict[str, Any] = field(default_factory=dict)
    rotate_now: list[Any] = field(default_factory=list)
    common: dict[str, Any] = field(default_factory=dict)
    prune: bool = False
    prune_keep: list[str] = field(default_factory=list)
    prune_limit: int = 25
    concurrency: int = 8
    vault_file: str = ""
    vault_password: str = field(default="", repr=False)
    report: str = ""


def read_settings(values: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """The settings in `values`, by the names of the variables without their prefix, and sentences about what is wrong."""
    problems: list[str] = []
    typed: dict[str, Any] = {}
    for name, about in TYPES.items():
        try:
            typed |= typed_values({PREFIX + name: about}, {PREFIX + name: values.get(name)})
        except MondooError as error:
            problems.append(error.reason)
            typed[PREFIX + name] = about.get("default")
    options = {name.removeprefix(PREFIX): value for name, value in typed.items()}
    description = values.get("description")
    if isinstance(description, str):
        # Empty text is a description too: it clears the current one.
        options["description"] = description
    deliver: dict[str, Any] = {}
    given = values.get("deliver")
    if given and not (isinstance(given, str) and not given.strip()):
        try:
            deliver = deliver_from(given, f"{PREFIX}deliver")
        except MondooError as error:
            problems.append(error.reason)
    declared, problem = _declared(values.get("declared"))
    problems += problem
    return Settings(
        declared=declared,
        deliver=deliver,
        rotate_now=_rotate_now(values.get("rotate_now"), problems),
        common={name: options[name] for name in (*_SHARED, *_SCOPES) if options[name] is not None},
        prune=options["prune"],
        prune_keep=options["prune_keep"],
        prune_limit=options["prune_limit"],
        concurrency=options["concurrency"],
        vault_file=options["vault_file"] or "",
        vault_password=str(values.get("vault_password") or ""),
        report=options["report"] or "",
    ), problems


def misspelt_variables(names: Iterable[str]) -> list[str]:
    """Sentences about unknown variables that look like those of this role."""
    warnings = []
    for name in sorted(names):
        if not name.startswith(PREFIX) or name.startswith(_OTHERS) or name.removeprefix(PREFIX) in VARIABLES:
            continue
        close = get_close_matches(name.removeprefix(PREFIX), VARIABLES, n=1, cutoff=0.75)
        if close:
            warnings.append(f"{name} is not a variable of the role api_tokens: did you mean {PREFIX}{close[0]}?")
    return warnings


def _declared(value: Any) -> tuple[list[Any], list[str]]:
    name = f"{PREFIX}declared"
    if value is None or value == "":
        return [], [f"{name} is missing: it lists the tokens that should exist"]
    if isinstance(value, str):
        value = _from_text(value)
    if not isinstance(value, list):
        return [], [f"{name} is not a list of tokens"]
    return value, []


def _rotate_now(value: Any, problems: list[str]) -> list[Any]:
    if isinstance(value, str) and value.lstrip().startswith(("[", "{", "-")):
        value = _from_text(value)
    if isinstance(value, Mapping):
        value = [value]
    name = f"{PREFIX}rotate_now"
    try:
        selectors: list[Any] = typed_values({name: {"type": "list"}}, {name: value})[name] or []
    except MondooError as error:
        problems.append(error.reason)
        return []
    for selector in selectors:
        if isinstance(selector, Mapping):
            unknown = sorted(str(key) for key in selector if key not in ("name", *_SCOPES))
            if unknown or "name" not in selector or len(selector) > 2:
                problems.append(f"{PREFIX}rotate_now: {dict(selector)} is not of the form {{name: …, space: …}}")
            problems += [
                f"{PREFIX}rotate_now: {key} is {value!r}, and not text; quote it"
                for key, value in selector.items()
                if not isinstance(value, str) or not value.strip()
            ]
        elif not isinstance(selector, str) or not selector:
            problems.append(f"{PREFIX}rotate_now: {selector!r} is not the name of a token; quote it")
    return selectors


def _from_text(text: str) -> Any:
    """A value in YAML or JSON; the text itself if it is neither."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text
