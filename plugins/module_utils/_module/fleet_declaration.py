# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a declared set; whatever can be refused without asking the service is refused here, and says which entry it is."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._planning.fleet import Prune
from .._planning.spec import TokenSpec
from .._values.errors import MondooError, invalid_option
from .._values.mrn import Scope
from .arguments import entry_arguments, shared_token_arguments
from .declaration import optional_duration, roles_from, scope_of, spec_from

MAX_CONCURRENCY = 64
_SHOWN = 10  # wrong entries in one error


@dataclass(frozen=True)
class Entry:
    """One declared token. options: those of `entry_arguments`, the task's own filled in. place: how errors name it."""

    spec: TokenSpec
    options: Mapping[str, Any]
    place: str


def entries_from(options: Mapping[str, Any]) -> list[Entry]:
    """The declared tokens, in order; `options` are those of `set_arguments` and `scope_arguments`."""
    # A mistake in what all have in common is one mistake.
    roles_from(options)
    for option in ("rotate_after", "overlap"):
        optional_duration(options, option)
    default_scope = None if options["space"] is None and options["organization"] is None else scope_of(options)

    validator = ArgumentSpecValidator(entry_arguments(), mutually_exclusive=[("space", "organization")])
    entries: list[Entry] = []
    refusals: list[str] = []
    for number, given in enumerate(options["tokens"], start=1):
        place = _place(number, given)
        try:
            entries.append(_entry(given, place, options, default_scope, validator))
        except MondooError as error:
            refusals.append(f"{place}: {error.reason}")
    refusals += _repetitions(entries)
    if refusals:
        more = f"; and {len(refusals) - _SHOWN} more" if len(refusals) > _SHOWN else ""
        raise invalid_option("; ".join(refusals[:_SHOWN]) + more)
    return entries


def prune_from(options: Mapping[str, Any]) -> Prune | None:
    """What may be pruned, None if nothing is to be; `options` are those of `set_arguments`."""
    if options["prune_limit"] < 0:
        raise invalid_option(f"prune_limit: {options['prune_limit']} is out of range: 0 or more")
    if not options["prune"]:
        return None
    if not options["tokens"]:
        raise invalid_option("prune needs at least one entry in tokens: it would delete, and does not know where")
    return Prune(tuple(options["prune_keep"]), options["prune_limit"])


def concurrency_from(options: Mapping[str, Any]) -> int:
    """How many requests may be sent at the same time."""
    concurrency: int = options["concurrency"]
    if not 1 <= concurrency <= MAX_CONCURRENCY:
        raise invalid_option(f"concurrency: {concurrency} is out of range: 1 to {MAX_CONCURRENCY}")
    return concurrency


def _place(number: int, given: Mapping[str, Any]) -> str:
    name = given.get("name") or given.get("mrn")
    return f"entry {number} of tokens" + (f' ("{name}")' if name else "")


def _entry(
    given: Mapping[str, Any],
    place: str,
    common: Mapping[str, Any],
    default_scope: Scope | None,
    validator: ArgumentSpecValidator,
) -> Entry:
    _refuse_unknown(given, validator.argument_spec)
    # What has no value is left out, as in entries that are put together from variables.
    result = validator.validate({option: value for option, value in given.items() if value is not None})
    if result.error_messages:
        raise invalid_option("; ".join(result.error_messages))
    options = dict(result.validated_parameters)
    for option in shared_token_arguments():
        if options[option] is None:
            options[option] = common[option]
    if options["space"] is not None or options["organization"] is not None:
        scope = scope_of(options)
    elif default_scope is not None:
        scope = default_scope
    else:
        raise invalid_option("one of space and organization is required, here or for the whole task")
    return Entry(spec_from(options, scope), options, place)


def _refuse_unknown(given: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> None:
    names = {*known, *(alias for about in known.values() for alias in about.get("aliases", ()))}
    unknown = sorted(str(option) for option in given if option not in names)
    if unknown:
        from difflib import get_close_matches

        close = get_close_matches(unknown[0], names, n=1)
        hint = f'did you mean "{close[0]}"' if close else f"known are {', '.join(sorted(names))}"
        raise invalid_option(f"unknown {', '.join(unknown)} ({hint})")


def _repetitions(entries: Sequence[Entry]) -> Iterator[str]:
    """Sentences on entries that are about the same token, or write to the same file."""
    seen: dict[Hashable, Entry] = {}
    for entry in entries:
        spec = entry.spec
        about: dict[Hashable, str] = {}
        if spec.name is not None:
            about[spec.scope, spec.name] = f"declares {spec} again"
        if spec.mrn is not None:
            about[spec.mrn] = f"declares the API token {spec.mrn} again"
        if spec.present and spec.token_path is not None:
            about["file", os.path.realpath(spec.token_path)] = f"writes to {spec.token_path} too"
        for key, what in about.items():
            first = seen.setdefault(key, entry)
            if first is not entry:
                yield f"{entry.place} {what}, as {first.place} does"
