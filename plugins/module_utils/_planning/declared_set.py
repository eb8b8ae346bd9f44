# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for a declared set: each token by the rules for one, and the deletion of undeclared tokens. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Protocol, TypeAlias

from .._values import errors
from .._values.errors import MondooError, invalid_option
from .._values.mrn import Scope, token_scope
from .._values.times import count_of
from .._values.token import Token
from .._values.token_names import Stage, TokenName, fold_name, parse_name
from .declaration import Context, Declaration, StoredSecret
from .plan import Delete, Plan, SetRoles
from .planner import plan_token

_SHOWN = 5  # names in an error

Listings: TypeAlias = "Mapping[Scope, Sequence[Token] | MondooError]"


class Declared(Protocol):
    """One entry of a set. place: its name in errors. error: why it cannot be planned, if already known."""

    @property
    def declaration(self) -> Declaration: ...
    @property
    def stored(self) -> StoredSecret | None: ...
    @property
    def place(self) -> str: ...
    @property
    def error(self) -> MondooError | None: ...


@dataclass(frozen=True)
class Prune:
    """Which undeclared tokens may be deleted. keep: names and shell patterns of names. limit: maximum number of tokens."""

    keep: tuple[str, ...] = ()
    limit: int = 25

    def keeps(self, name: str) -> bool:
        """Whether a name is kept, literally or by a pattern."""
        return any(_fits(pattern, name) for pattern in self.keep)


@dataclass(frozen=True)
class Deletion:
    """An undeclared token. needs: numbers of the entries that must succeed before it may be deleted."""

    token: Token
    needs: frozenset[int] = frozenset()

    @property
    def plan(self) -> Plan:
        return Plan(before=self.token, after=None, steps=(Delete(self.token),))


class TokenIndex:
    """The tokens of a scope, indexed by the names and MRNs of declarations, so that no plan iterates over all of them."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self.tokens = tuple(tokens)
        self._by_mrn = {token.mrn: token for token in self.tokens}
        self._by_name: dict[str, list[Token]] = defaultdict(list)
        for token in self.tokens:
            for name in dict.fromkeys((token.name, parse_name(token.name).base)):
                self._by_name[name].append(token)

    def with_mrn(self, mrn: str | None) -> Token | None:
        return self._by_mrn.get(mrn) if mrn is not None else None

    def relevant(self, declaration: Declaration) -> tuple[Token, ...]:
        """All tokens that the plan for the declaration depends on: with its MRN, or with its name in any stage."""
        current = self.with_mrn(declaration.mrn)
        name = declaration.name or (current.name if current else None)
        named = self._by_name.get(name, []) if name is not None else []
        return tuple({token.mrn: token for token in (*([current] if current else []), *named)}.values())


def index_listings(listings: Listings) -> dict[Scope, TokenIndex]:
    """An index for each scope that could be listed."""
    return {scope: TokenIndex(tokens) for scope, tokens in listings.items() if not isinstance(tokens, MondooError)}


def plan_set(
    entries: Sequence[Declared], listings: Listings, indexes: Mapping[Scope, TokenIndex], context: Context
) -> list[Plan | MondooError]:
    """For each entry its plan, or why there is none. listings: for each scope of the entries, all of its tokens or an error."""
    plans = [_plan(entry, listings, indexes, context) for entry in entries]
    return _without_conflicts(entries, plans)


def plan_prune(
    entries: Sequence[Declared],
    plans: Sequence[Plan | MondooError],
    indexes: Mapping[Scope, TokenIndex],
    prune: Prune,
    context: Context,
) -> tuple[list[Deletion], list[str]]:
    """The undeclared tokens to delete, and warnings.

    plans: of the entries. Raises MondooError if nothing of the set may be applied.
    """
    claims = _Claims(context)
    for number, (entry, plan) in enumerate(zip(entries, plans, strict=True)):
        index = indexes.get(entry.declaration.scope)
        claims.add(number, entry, plan, index.with_mrn(entry.declaration.mrn) if index else None)
    deletions: dict[str | None, Deletion] = {}
    warnings: list[str] = []
    for scope in dict.fromkeys(entry.declaration.scope for entry in entries if entry.declaration.scope in indexes):
        if scope in claims.unclear:
            warnings.append(
                f"Nothing was pruned in {scope}: a token declared by its MRN does not exist, and its replacement cannot"
                " be distinguished from an undeclared token."
            )
            continue
        for token in indexes[scope].tokens:
            if prune.keeps(token.name):
                continue
            needs = claims.needs_before_deletion(token)
            if needs is not None:
                deletions.setdefault(token.mrn, Deletion(token, needs))
    _refuse_too_many(list(deletions.values()), prune)
    names = [token.name for index in indexes.values() for token in index.tokens]
    warnings += [
        f'prune_keep: "{pattern}" matches no API token.'
        for pattern in prune.keep
        if not any(_fits(pattern, name) for name in names)
    ]
    if deletions and not context.identity_known:
        warnings.append(
            "prune cannot determine whether this task logs in with one of these tokens: name that one in prune_keep."
        )
    return list(deletions.values()), warnings


def missing_deliveries(listings: Listings, context: Context) -> list[str]:
    """A warning if secrets of tokens that no longer exist were handed over, as when another run has deleted them."""
    mrns: set[str | None] = set()
    for listing in listings.values():
        if isinstance(listing, MondooError):
            return []
        mrns |= {token.mrn for token in listing}
    missing = sorted(context.delivered - mrns)
    if not missing:
        return []
    shown = ", ".join(missing[:_SHOWN]) + (", …" if len(missing) > _SHOWN else "")
    useless = "Its secret does" if len(missing) == 1 else "Their secrets do"
    return [
        f"delivered names {count_of(len(missing), 'API token')} that the service does not have: {shown}. {useless} not work."
    ]


def count_operations(plans: Iterable[Plan]) -> dict[str, int]:
    """How many mutations the plans need, by GraphQL name: one sets all permissions of a scope."""
    steps = [step for plan in plans for step in plan.steps]
    counts = Counter(step.operation for step in steps)
    scopes = {step.token.scope for step in steps if isinstance(step, SetRoles)}
    if scopes:
        counts[SetRoles.operation] = len(scopes)
    return dict(sorted(counts.items()))


def _fits(pattern: str, name: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern)


def _plan(
    entry: Declared, listings: Listings, indexes: Mapping[Scope, TokenIndex], context: Context
) -> Plan | MondooError:
    if entry.error:
        return entry.error
    listing = listings[entry.declaration.scope]
    if isinstance(listing, MondooError):
        return listing.copy()
    try:
        relevant = indexes[entry.declaration.scope].relevant(entry.declaration)
        return plan_token(entry.declaration, relevant, context, entry.stored)
    except MondooError as error:
        return error


def _leaves_token_in_use(declaration: Declaration, plan: Plan | MondooError) -> bool:
    """Whether a token that is declared present has its name after the plan, with its secret handed over."""
    if not declaration.present or isinstance(plan, MondooError):
        return True
    return plan.before is not None or (plan.after is not None and not plan.staged)


def _touched(plan: Plan | MondooError) -> set[str]:
    """MRNs of the tokens that a plan affects."""
    if isinstance(plan, MondooError):
        return set()
    tokens = [step.token for step in plan.steps] + ([plan.before] if plan.before else [])
    return {token.mrn for token in tokens if token.mrn is not None}


def _without_conflicts(entries: Sequence[Declared], plans: Sequence[Plan | MondooError]) -> list[Plan | MondooError]:
    """Refuses entries that turn out to be for the same token, as by its name and by its MRN."""
    owners: dict[str, list[int]] = defaultdict(list)
    for number, plan in enumerate(plans):
        for mrn in _touched(plan):
            owners[mrn].append(number)
    checked = _without_shared_names(entries, plans)
    for mrn, numbers in owners.items():
        if len(numbers) > 1:
            places = " and ".join(entries[number].place for number in numbers)
            for number in numbers:
                checked[number] = invalid_option(
                    f"{places} refer to the same API token, {mrn}: nothing was done for it"
                )
    return checked


def _without_shared_names(entries: Sequence[Declared], plans: Sequence[Plan | MondooError]) -> list[Plan | MondooError]:
    """Refuses entries that would give the same name to several tokens with different names."""
    takers: dict[tuple[Scope, str], list[int]] = defaultdict(list)
    for number, plan in enumerate(plans):
        if isinstance(plan, Plan) and plan.before and plan.after and plan.before.name != plan.after.name:
            takers[plan.after.scope, plan.after.name].append(number)
    checked = list(plans)
    for (scope, name), numbers in takers.items():
        if len(numbers) > 1:
            places = " and ".join(entries[number].place for number in numbers)
            for number in numbers:
                checked[number] = invalid_option(
                    f'{places} would give the name "{name}" of {scope} to {len(numbers)} API tokens: nothing was done for it'
                )
    return checked


@dataclass
class _Name:
    """A declared name in one scope. entries: their numbers. failed: whether one of them has no plan.

    in_use: whether the plans leave a token in use there, if one is declared.
    """

    entries: set[int] = field(default_factory=set)
    overlap: timedelta = timedelta()
    failed: bool = False
    in_use: bool = True
    by_name: bool = False


class _Claims:
    """The tokens that the entries of the task affect, in any listed scope.

    unclear: scopes with a declared token that is missing and has no identifiable successor. _in_use: names of tokens that are
    not declared, but whose predecessor is, by its MRN. _similar: by a form of the name that a service may make of it.
    """

    def __init__(self, context: Context) -> None:
        self.unclear: set[Scope] = set()
        self._context = context
        self._mrns: set[str] = set()
        self._in_use: set[tuple[Scope, str]] = set()
        self._names: dict[tuple[Scope, str], _Name] = defaultdict(_Name)
        self._similar: dict[tuple[Scope, str], set[str]] = defaultdict(set)

    def add(self, number: int, entry: Declared, plan: Plan | MondooError, current: Token | None) -> None:
        """Adds an entry with its plan. current: the token with the entry's MRN."""
        declaration = entry.declaration
        failed = isinstance(plan, MondooError)
        self._mrns |= _touched(plan) | ({declaration.mrn} if declaration.mrn is not None else set())
        # If renaming fails, the token keeps its old name, which may have predecessors.
        names = [name for name in (declaration.name, current.name if current else None) if name is not None]
        for text in names:
            name = self._names[declaration.scope, text]
            name.entries.add(number)
            name.overlap = max(name.overlap, declaration.overlap or timedelta())
            name.failed = name.failed or failed
            name.in_use = name.in_use and _leaves_token_in_use(declaration, plan)
            # A declaration by MRN affects only that token, even if others have its name.
            name.by_name = name.by_name or declaration.mrn is None or failed
            self._similar[declaration.scope, fold_name(text)].add(text)
        parsed = parse_name(current.name) if current is not None else None
        if declaration.present and parsed is not None and parsed.stage is not Stage.CURRENT:
            self._in_use.add((declaration.scope, parsed.base))
        if declaration.mrn is not None and current is None and declaration.present:
            self.unclear.add(declaration.scope)

    def needs_before_deletion(self, token: Token) -> frozenset[int] | None:
        """Numbers of the entries that must succeed before the token may be deleted; None if it is kept."""
        if token.mrn in self._mrns or self._context.is_own(token) or self._belongs_elsewhere(token):
            return None
        exact = self._names.get((token.scope, token.name))
        if exact is not None and exact.by_name:
            return None
        parsed = parse_name(token.name)
        if parsed.stage is not Stage.CURRENT and (token.scope, parsed.base) in self._names:
            return self._needs_of_family(parsed, self._names[token.scope, parsed.base])
        if (token.scope, token.name) in self._in_use:
            return None
        # The service may store a declared name in this form: the entry shows whether it does.
        others = self._similar.get((token.scope, fold_name(parsed.base)), set()) - {parsed.base}
        similar = [self._names[token.scope, text] for text in others]
        if any(name.failed or not name.in_use for name in similar):
            return None
        return frozenset(number for name in similar for number in name.entries)

    def _needs_of_family(self, parsed: TokenName, family: _Name) -> frozenset[int] | None:
        # The plan of their entry decides about pending tokens.
        if parsed.stage is Stage.PENDING or parsed.at is None:
            return None
        # A predecessor may be the only token that works.
        if family.failed or not family.in_use:
            return None
        return None if self._context.now - parsed.at < family.overlap else frozenset(family.entries)

    @staticmethod
    def _belongs_elsewhere(token: Token) -> bool:
        told = token_scope(token.mrn) if token.mrn is not None else None
        return told is not None and told != token.scope


def _refuse_too_many(deletions: Sequence[Deletion], prune: Prune) -> None:
    if len(deletions) <= prune.limit:
        return
    shown = ", ".join(f'"{each.token.name}" of {each.token.scope}' for each in deletions[:_SHOWN])
    raise MondooError(
        errors.PRUNE_LIMIT,
        f"{count_of(len(deletions), 'API token')} {'is' if len(deletions) == 1 else 'are'} not declared, and prune_limit is"
        f" {prune.limit}: {shown}"
        f"{', …' if len(deletions) > _SHOWN else ''}",
        attempted="prune",
        advice="Nothing was changed. Declare what is to stay or name it in prune_keep, or raise prune_limit.",
    )
