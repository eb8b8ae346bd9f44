# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A short summary of what a run for a declared set did or would do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from .mrn import Scope
from .times import count_of

FAILED = "failed"
UNCHANGED = "unchanged"
PRUNED = "pruned"
# In the order of the summary.
_CHANGES = ("created", "generated", "replaced", "changed", "corrected in its file", "deleted", "discarded", PRUNED)
_MOST_NAMES = 25
_MOST_SCOPES = 10


class Outcome(NamedTuple):
    """The outcome for one token. what: a past participle such as `created`, or `FAILED` or `UNCHANGED`."""

    what: str
    name: str
    scope: Scope


def summarize(outcomes: Sequence[Outcome], *, check_mode: bool) -> str:
    """Counts, and the names of all changed tokens; if there are very many, only their number in each scope.

    outcomes: of the entries and of pruned tokens. No full stop at the end.
    """
    declared = [outcome for outcome in outcomes if outcome.what != PRUNED]
    counts = Counter(outcome.what for outcome in outcomes)
    parts = [
        f"{counts[what]} {_participle(what, check_mode)}" for what in (*_CHANGES, UNCHANGED, FAILED) if counts[what]
    ]
    head = f"{count_of(len(declared), 'API token')} declared: {', '.join(parts) or 'nothing to do'}"
    sentences = [
        _capitalized(f"{_participle(what, check_mode)}{_tell(outcomes, what)}") for what in _CHANGES if counts[what]
    ]
    return ". ".join([head, *sentences])


def _participle(what: str, check_mode: bool) -> str:
    return f"would be {what}" if check_mode and what not in (FAILED, UNCHANGED) else what


def _tell(outcomes: Sequence[Outcome], what: str) -> str:
    """` in space "alpha": "ci", "dashboard"; in space "beta": "ci"`, or `: 30 in space "alpha", 12 in space "beta"`."""
    by_scope: dict[Scope, list[str]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.what == what:
            by_scope[outcome.scope].append(f'"{outcome.name}"')
    if sum(len(names) for names in by_scope.values()) <= _MOST_NAMES:
        return " " + "; ".join(f"in {scope}: {', '.join(names)}" for scope, names in by_scope.items())
    largest = sorted(by_scope.items(), key=lambda each: (-len(each[1]), each[0].mrn))
    shown = [f"{len(names)} in {scope}" for scope, names in largest[:_MOST_SCOPES]]
    rest = [len(names) for _scope, names in largest[_MOST_SCOPES:]]
    more = [f"{sum(rest)} in {count_of(len(rest), 'more scope')}"] if rest else []
    return ": " + ", ".join([*shown, *more])


def _capitalized(text: str) -> str:
    return text[0].upper() + text[1:]
