# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for a declared set: each token by the rules for one, and what is to go because nobody declared it. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase

from .._values import errors
from .._values.errors import MondooError, invalid_option
from .._values.mrn import Scope
from .._values.token import Token, retirement_of, successor_name_of
from .plan import Delete, Plan, SetRoles
from .planner import plan_token
from .spec import Facts, TokenSpec

_SHOWN = 5  # names in an error


@dataclass(frozen=True)
class Declared:
    """One entry of the set. place: how errors name it. refusal: why it cannot be planned, where that is known before."""

    spec: TokenSpec
    facts: Facts
    place: str
    refusal: MondooError | None = None


@dataclass(frozen=True)
class Prune:
    """What may be deleted because nobody declared it. keep: shell patterns of names. limit: how many tokens at most."""

    keep: tuple[str, ...] = ()
    limit: int = 25


@dataclass(frozen=True)
class FleetPlan:
    """entries: for each declared token its plan, or why there is none. pruned: the deletion of each undeclared token."""

    entries: tuple[Plan | MondooError, ...]
    pruned: tuple[Plan, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def plans(self) -> list[Plan]:
        """All that is to be applied."""
        return [plan for plan in (*self.entries, *self.pruned) if isinstance(plan, Plan)]

    @property
    def operations(self) -> dict[str, int]:
        """How many mutations that takes, by GraphQL name: the permissions of one scope are set by one."""
        counts = Counter(step.operation for plan in self.plans for step in plan.steps)
        scopes = {step.token.scope for plan in self.plans for step in plan.steps if isinstance(step, SetRoles)}
        if scopes:
            counts[SetRoles.operation] = len(scopes)
        return dict(sorted(counts.items()))


def plan_fleet(
    declared: Sequence[Declared],
    listings: Mapping[Scope, Sequence[Token] | MondooError],
    prune: Prune | None = None,
) -> FleetPlan:
    """listings: for each scope that is declared for all of its tokens, or why they could not be listed.

    Raises MondooError where nothing of the set may be applied.
    """
    directories = {
        scope: _Directory(listing) for scope, listing in listings.items() if not isinstance(listing, MondooError)
    }
    plans = [_plan(entry, listings, directories) for entry in declared]
    entries = _without_conflicts(declared, plans)
    if prune is None:
        return FleetPlan(entries)
    claims = {entry.spec.scope: _Claims() for entry in declared if entry.spec.scope in directories}
    for entry, plan, outcome in zip(declared, plans, entries, strict=True):
        if entry.spec.scope in claims:
            current = directories[entry.spec.scope].with_mrn(entry.spec.mrn)
            claims[entry.spec.scope].add(entry, plan, current, failed=isinstance(outcome, MondooError))
    pruned, warnings = _pruned(directories, claims, prune)
    return FleetPlan(entries, tuple(pruned), tuple(warnings))


class _Directory:
    """The tokens of a scope by what a declaration can name them by, so that no plan looks at all of them."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self.tokens = tuple(tokens)
        self._by_mrn = {token.mrn: token for token in self.tokens}
        self._by_name: dict[str, list[Token]] = defaultdict(list)
        for token in self.tokens:
            self._by_name[token.name].append(token)
            successor = successor_name_of(token.name)
            if successor is not None:
                self._by_name[successor].append(token)

    def with_mrn(self, mrn: str | None) -> Token | None:
        return self._by_mrn.get(mrn) if mrn is not None else None

    def relevant(self, spec: TokenSpec) -> tuple[Token, ...]:
        """All that the plan for the declaration depends on: who has the MRN, the name, or had the name before."""
        current = self.with_mrn(spec.mrn)
        name = spec.name or (current.name if current else None)
        named = self._by_name.get(name, []) if name is not None else []
        return tuple({token.mrn: token for token in (*([current] if current else []), *named)}.values())


def _plan(
    entry: Declared,
    listings: Mapping[Scope, Sequence[Token] | MondooError],
    directories: Mapping[Scope, _Directory],
) -> Plan | MondooError:
    if entry.refusal:
        return entry.refusal
    listing = listings[entry.spec.scope]
    if isinstance(listing, MondooError):
        return listing.copy()
    try:
        return plan_token(entry.spec, directories[entry.spec.scope].relevant(entry.spec), entry.facts)
    except MondooError as error:
        return error


def _touched(plan: Plan | MondooError) -> set[str | None]:
    """MRNs of the tokens that a plan is about."""
    if isinstance(plan, MondooError):
        return set()
    found = {step.token.mrn for step in plan.steps} | {plan.before.mrn if plan.before else None}
    return found - {None}


def _without_conflicts(
    declared: Sequence[Declared], plans: Sequence[Plan | MondooError]
) -> tuple[Plan | MondooError, ...]:
    """Refuses entries that turn out to be about the same token, as by its name and by its MRN."""
    claims: dict[str | None, list[int]] = defaultdict(list)
    for number, plan in enumerate(plans):
        for mrn in _touched(plan):
            claims[mrn].append(number)
    checked = list(plans)
    for mrn, numbers in claims.items():
        if len(numbers) > 1:
            places = " and ".join(declared[number].place for number in numbers)
            for number in numbers:
                checked[number] = invalid_option(
                    f"{places} are about the same API token, {mrn}: nothing was done for it"
                )
    return tuple(checked)


class _Claims:
    """Which tokens of a scope the declared set is about. unclear: one of them is there, and nobody can tell which."""

    def __init__(self) -> None:
        self.unclear = False
        self._facts: Facts | None = None
        self._mrns: set[str | None] = set()
        self._names: set[str] = set()
        # By the name that they had: how long predecessors may be used.
        self._overlaps: dict[str, timedelta] = {}

    def add(self, entry: Declared, plan: Plan | MondooError, current: Token | None, *, failed: bool) -> None:
        """Takes an entry with the plan that was made for it; failed: it is not going to be applied.

        current: the token that has the entry's MRN.
        """
        spec = entry.spec
        self._facts = entry.facts
        self._mrns |= {spec.mrn, *_touched(plan)}
        # A token that is to be renamed keeps its name when that fails.
        names = [spec.name] if spec.name is not None else []
        if current and (failed or spec.name is None):
            names.append(current.name)
        for name in names:
            overlap = timedelta.max if failed else (spec.overlap or timedelta())
            self._overlaps[name] = max(overlap, self._overlaps.get(name, overlap))
            # A declaration by MRN is about that token alone, whoever else has its name.
            if spec.mrn is None or failed:
                self._names.add(name)
        if isinstance(plan, MondooError) and plan.code == errors.NOT_FOUND and spec.mrn is not None:
            self.unclear = True

    def covers(self, token: Token) -> bool:
        """Whether the token is declared, the predecessor of a declared one that may still be used, or the task's own."""
        if token.mrn in self._mrns or token.name in self._names or (self._facts and self._facts.is_own(token)):
            return True
        successor = successor_name_of(token.name)
        at = retirement_of(token, successor) if successor is not None else None
        if successor not in self._overlaps or at is None or self._facts is None:
            return False
        return self._facts.now - at < self._overlaps[successor]


def _pruned(
    directories: Mapping[Scope, _Directory], claims: Mapping[Scope, _Claims], prune: Prune
) -> tuple[list[Plan], list[str]]:
    """The deletions of what is not declared, and warnings."""
    doomed: list[Token] = []
    warnings: list[str] = []
    for scope, claimed in claims.items():
        if claimed.unclear:
            warnings.append(
                f"Nothing was pruned in {scope}: a token that is declared by its MRN is not there, and the one that has"
                " replaced it cannot be told from an undeclared one."
            )
            continue
        doomed += [
            token
            for token in directories[scope].tokens
            if not claimed.covers(token) and not any(fnmatchcase(token.name, pattern) for pattern in prune.keep)
        ]
    if len(doomed) > prune.limit:
        shown = ", ".join(f'"{token.name}" of {token.scope}' for token in doomed[:_SHOWN])
        raise MondooError(
            errors.PRUNE_LIMIT,
            f"{len(doomed)} API tokens are not declared, and prune_limit is {prune.limit}: {shown}"
            f"{', …' if len(doomed) > _SHOWN else ''}",
            attempted="prune",
            advice="Nothing was changed. Declare them, name them in prune_keep, or raise prune_limit if they are to go.",
        )
    return [Plan(before=token, after=None, steps=(Delete(token),)) for token in doomed], warnings
