# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a declared set. Refuses everything that can be refused without the service; the error names the entry."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._applying.entry import Entry
from .._planning.declaration import Mode
from .._planning.declared_set import Prune
from .._planning.expansion import check_template, expand
from .._values.each_space import EachSpace, Space, each_space_from
from .._values.errors import MondooError, invalid_option
from .._values.mrn import Scope, token_mrn_from
from .._values.quoting import require_text
from .._values.times import duration_from
from .._values.token import RETURNED_ONLY
from .arguments import HIDDEN, SCOPE_OPTIONS, entry_arguments, shared_token_arguments
from .declaration import optional_duration, read_declaration, read_scope, roles_from

MAX_CONCURRENCY = 64
_SHOWN = 10  # wrong entries in one error


def hide_unknown_values(tokens: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The entries as the invocation may show them: an option that an entry does not have may be a credential."""
    known = _names(entry_arguments())
    return [{option: value if option in known else HIDDEN for option, value in entry.items()} for entry in tokens]


def read_entries(options: Mapping[str, Any]) -> list[Entry]:
    """The declared tokens, in order; `options` are those of `set_arguments` and `scope_arguments`.

    Raises MondooError that names every wrong entry, and every wrong shared option.
    """
    common, default_scope, problems = _read_common(options)
    validator = ArgumentSpecValidator(entry_arguments(), mutually_exclusive=[SCOPE_OPTIONS])
    entries: list[Entry] = []
    for number, declared in enumerate(options["tokens"], start=1):
        place = _place(number, declared)
        try:
            entry = _read_entry(declared, place, common, default_scope, validator)
            entry.number = number
            entries.append(entry)
        except MondooError as error:
            problems.append(f"{place}: {error.reason}")
    _refuse([*problems, *(each.text for each in _contradictions(entries))])
    return entries


def _read_common(options: Mapping[str, Any]) -> tuple[dict[str, Any], Scope | None, list[str]]:
    """The options shared by all entries, their scope, and sentences about what is wrong.

    A wrong one is replaced, so that it is reported once, and not for each entry too.
    """
    common = dict(options)
    problems: list[str] = []
    checks: dict[str, tuple[Callable[[], object], object]] = {
        "permissions": (lambda: roles_from(options), None),
        "rotate_after": (lambda: optional_duration(options, "rotate_after"), None),
        "overlap": (lambda: optional_duration(options, "overlap"), None),
        "pending_grace": (lambda: duration_from("pending_grace", options["pending_grace"]), "0"),
    }
    for option, (check, instead) in checks.items():
        try:
            check()
        except MondooError as error:
            problems.append(error.reason)
            common[option] = instead
    try:
        scope = read_scope(options)
    except MondooError as error:
        problems.append(error.reason)
        scope = Scope("space", "")
    return common, scope, problems


def expand_entries(
    entries: Sequence[Entry], spaces: Mapping[Scope, tuple[Space, ...] | MondooError]
) -> tuple[list[Entry], list[str]]:
    """The entries, with those for several spaces replaced by one for each space, and warnings.

    spaces: of each organization for whose spaces there is an entry; if they could not be listed, the entry fails.
    Raises MondooError if two entries turn out to contradict each other.
    """
    expanded: list[Entry] = []
    warnings: list[str] = []
    for entry in entries:
        organization = entry.declaration.scope
        listed = spaces.get(organization)
        if entry.each_space is None or listed is None:
            expanded.append(entry)
        elif isinstance(listed, MondooError):
            entry.error = listed.copy()
            expanded.append(entry)
        else:
            warnings += _missing_spaces(entry, entry.each_space, listed)
            expanded += [
                Entry(
                    f"{entry.place} in {expansion.declaration.scope}",
                    expansion.declaration,
                    entry.file_options,
                    error=expansion.error,
                    number=entry.number,
                    space=expansion.space,
                )
                for expansion in expand(entry.declaration, entry.each_space, listed)
            ]
    contradictions = list(_contradictions(expanded))
    _refuse([each.text for each in contradictions if not each.is_within_one])
    for each in contradictions:
        for entry in (each.first, each.second):
            # Such as two spaces of one name: those of other names are not affected.
            entry.error = entry.error or invalid_option(f"{each.text}: use {{space}}, which is unique")
    return expanded, warnings


def _missing_spaces(entry: Entry, each_space: EachSpace, spaces: Sequence[Space]) -> list[str]:
    organization = entry.declaration.scope
    if not spaces:
        return [f"{entry.place} applies to no space: {organization} has none."]
    return [
        f'{entry.place}: each_space: "{pattern}" matches no space of {organization}.'
        for pattern in each_space.unmatched(spaces)
    ] or ([] if each_space.select(spaces) else [f"{entry.place} applies to no space: each_space is empty."])


def _refuse(problems: Sequence[str]) -> None:
    """Raises MondooError if there are any."""
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise invalid_option("; ".join(problems[:_SHOWN]) + more)


def read_mode(options: Mapping[str, Any]) -> tuple[Mode, frozenset[str]]:
    """How secrets are handed over, and the MRNs of delivered tokens; `options` are those of `set_arguments`."""
    if options["delivered"] is not None:
        return Mode.FINISH, frozenset(token_mrn_from(mrn) for mrn in options["delivered"])
    return Mode.STAGED if options["stage"] else Mode.DIRECT, frozenset()


def read_prune(options: Mapping[str, Any]) -> Prune | None:
    """What may be pruned, None for nothing; `options` are those of `set_arguments`."""
    if options["prune_limit"] < 0:
        raise invalid_option(f"prune_limit: {options['prune_limit']} is out of range: 0 or more")
    if not options["prune"]:
        return None
    if not options["tokens"]:
        raise invalid_option("prune needs at least one entry in tokens: entries determine the scopes to prune")
    return Prune(tuple(options["prune_keep"]), options["prune_limit"])


def read_concurrency(options: Mapping[str, Any]) -> int:
    """The maximum number of concurrent requests."""
    concurrency: int = options["concurrency"]
    if not 1 <= concurrency <= MAX_CONCURRENCY:
        raise invalid_option(f"concurrency: {concurrency} is out of range: 1 to {MAX_CONCURRENCY}")
    return concurrency


def _place(number: int, declared: object) -> str:
    name = (declared.get("name") or declared.get("mrn")) if isinstance(declared, Mapping) else None
    return f"entry {number} of tokens" + (f' ("{name}")' if name else "")


def _read_entry(
    declared: object,
    place: str,
    common: Mapping[str, Any],
    default_scope: Scope | None,
    validator: ArgumentSpecValidator,
) -> Entry:
    if not isinstance(declared, Mapping):
        kind = "text" if isinstance(declared, str) else type(declared).__name__
        raise invalid_option(f"it is {kind}, and not a token with its options")
    _refuse_unknown(declared, validator.argument_spec)
    # Options without a value are left out, as in entries that are assembled from variables.
    present = {option: value for option, value in declared.items() if value is not None and option not in RETURNED_ONLY}
    for option, value in present.items():
        require_text(option, value)
    result = validator.validate(present)
    if result.error_messages:
        raise invalid_option("; ".join(result.error_messages))
    options = dict(result.validated_parameters)
    for option in shared_token_arguments():
        if options[option] is None:
            options[option] = common[option]
    scope = read_scope(options) or default_scope
    if scope is None:
        raise invalid_option("one of space, organization and scope_mrn is required, here or for the whole task")
    declaration = read_declaration(options, scope)
    each_space = each_space_from(options["each_space"])
    if each_space is not None:
        check_template(declaration)
    return Entry(place, declaration, file_options=options, each_space=each_space)


def _refuse_unknown(declared: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> None:
    names = _names(known)
    unknown = sorted(str(option) for option in declared if option not in names)
    if unknown:
        from difflib import get_close_matches

        close = get_close_matches(unknown[0], names - RETURNED_ONLY, n=1)
        hint = f'did you mean "{close[0]}"' if close else f"known: {', '.join(sorted(names - RETURNED_ONLY))}"
        raise invalid_option(f"unknown {', '.join(unknown)} ({hint})")


def _names(known: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """All that an entry can have: options, their aliases, and what results have besides."""
    return {*known, *(alias for about in known.values() for alias in about.get("aliases", ())), *RETURNED_ONLY}


class _Contradiction(NamedTuple):
    first: Entry
    second: Entry
    text: str

    @property
    def is_within_one(self) -> bool:
        """Whether it is between spaces of one entry of the task."""
        return self.first.number == self.second.number


def _contradictions(entries: Sequence[Entry]) -> Iterator[_Contradiction]:
    """The pairs of contradictory entries, with a sentence about each."""
    # The tokens of an entry that is yet to be expanded are not known.
    yield from _repetitions([entry for entry in entries if entry.each_space is None])
    yield from _spellings(entries)


def _repetitions(entries: Sequence[Entry]) -> Iterator[_Contradiction]:
    """Entries for the same token, or that write to the same file."""
    seen: dict[Hashable, Entry] = {}
    for entry in entries:
        declaration = entry.declaration
        about: dict[Hashable, str] = {}
        if declaration.name is not None:
            about[declaration.scope, declaration.name] = f"declares {declaration} again"
        if declaration.mrn is not None:
            about[declaration.mrn] = f"declares the API token {declaration.mrn} again"
        if declaration.present and declaration.token_path is not None:
            about["file", os.path.realpath(declaration.token_path)] = f"writes to {declaration.token_path} too"
        for key, what in about.items():
            first = seen.setdefault(key, entry)
            if first is not entry and not (
                key == (declaration.scope, declaration.name) and _are_namesakes(first, entry)
            ):
                yield _Contradiction(first, entry, f"{entry.place} {what}, as {first.place} does")


def _are_namesakes(one: Entry, other: Entry) -> bool:
    """Whether two entries identify different tokens that may have the same name."""
    return None not in (one.declaration.mrn, other.declaration.mrn)


def _spellings(entries: Sequence[Entry]) -> Iterator[_Contradiction]:
    """Scopes that differ only in letter case, unless the service lists both: it may treat them as one."""
    seen: dict[str, Entry] = {}
    for entry in entries:
        scope = entry.declaration.scope
        first = seen.setdefault(scope.mrn.casefold(), entry)
        if first.declaration.scope != scope and None in (first.space, entry.space):
            text = f"{entry.place} writes {first.declaration.scope} as {scope}: use one spelling, as {first.place} does"
            yield _Contradiction(first, entry, text)
