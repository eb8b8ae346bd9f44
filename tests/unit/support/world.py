# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service, the files of one host, and who holds which secret: runs, in the order of the modules, and what must hold after each."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import graphql
from ansible_collections.mondoo.platform.plugins.module_utils._api.pool import TokenApiPool
from ansible_collections.mondoo.platform.plugins.module_utils._api.tokens import ServiceProfile, TokenApi
from ansible_collections.mondoo.platform.plugins.module_utils._applying.entry import Entry
from ansible_collections.mondoo.platform.plugins.module_utils._applying.generation import Surroundings
from ansible_collections.mondoo.platform.plugins.module_utils._applying.listing import list_scopes
from ansible_collections.mondoo.platform.plugins.module_utils._applying.rounds import apply_entries
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.client import ServiceClock
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.retry import RetryPolicy
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import (
    Context,
    Declaration,
    Mode,
    StoredSecret,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declared_set import (
    Prune,
    TokenIndex,
    count_operations,
    index_listings,
    plan_prune,
    plan_set,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.planner import needs_proof
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import (
    FILE_FAILED,
    RESOURCE_EXHAUSTED,
    MondooError,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.jwt import token_mrn_of
from ansible_collections.mondoo.platform.plugins.module_utils._values.permissions import declarable, spelled_as
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token, same_description
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import Stage, parse_name

from .builders import NOTHING
from .model import Clock, Fault, Killed, Model
from .model import Entry as Stored

MISTAKE = "An error in the collection itself"
# Seconds for which a run looks for what a listing does not show yet.
PATIENCE = 30.0
# Every way in which a run says that there may be a token whose secret nobody holds.
CONFESSIONS = ("its secret is lost", "could not be determined")


class MemoryFile:
    """A file for a secret. broken: `reserve` or `commit`, where that fails; `end` where the process is killed after it was
    written; `bug` where there is a mistake in the code.
    """

    def __init__(self, host_time: Callable[[], datetime]) -> None:
        self._host_time = host_time
        self.content: str | None = None
        self.modified_at: datetime | None = None
        self.written: set[str] = set()
        self.is_reserved = False
        self.broken: str | None = None

    def put(self, secret: str, modified_at: datetime) -> None:
        self.content, self.modified_at = secret, modified_at
        self.written.add(secret)

    def remove(self) -> None:
        self.content = self.modified_at = None

    def stored(self) -> StoredSecret:
        if self.content is None:
            return StoredSecret(exists=False)
        return StoredSecret(self.modified_at, token_mrn=token_mrn_of(self.content))

    def reserve(self) -> None:
        self._break("reserve")
        self.is_reserved = True

    def commit(self, secret: str, not_before: datetime | None) -> None:
        assert self.is_reserved, "reserve comes first"
        self._break("commit")
        self.put(secret, max(self._host_time(), not_before or self._host_time()))
        if self.broken == "end":
            raise Killed

    def discard(self) -> None:
        self.is_reserved = False

    def _break(self, what: str) -> None:
        if self.broken == "bug":
            raise ValueError(self.content)
        if self.broken == what:
            raise MondooError(FILE_FAILED, "no space left", attempted="write the secret")


@dataclass(frozen=True)
class Run:
    """What a run has done. entries: of each declaration, in order; pruned: of what nobody declared.

    operations: the mutations that the service may have executed; predicted: those of the plans.
    """

    entries: list[Entry]
    pruned: list[Entry]
    operations: dict[str, int]
    predicted: dict[str, int]
    requests: int

    @property
    def entry(self) -> Entry:
        (entry,) = self.entries
        return entry

    @property
    def error(self) -> MondooError:
        assert self.entry.error is not None, "the run did not fail"
        return self.entry.error

    @property
    def errors(self) -> list[MondooError]:
        return [entry.error for entry in (*self.entries, *self.pruned) if entry.error]

    @property
    def words(self) -> str:
        """Everything that the run says."""
        return " ".join([*map(str, self.errors), *(text for entry in self.entries for text in entry.warnings)])

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets that the run returns, by the MRN of their token."""
        return {str(entry.token.mrn): entry.secret for entry in self.entries if entry.secret and entry.token}


@dataclass(frozen=True)
class _Connection:
    """A transport of this world. secret: what it logs in with; None for the task's own credential."""

    world: World
    secret: str | None = None

    def post(self, document: graphql.DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        self.world.begin_request(operation)
        if operation in self.world.limited:
            raise MondooError(
                RESOURCE_EXHAUSTED,
                "slow down",
                transient=True,
                http_status=429,
                retry_after=self.world.limited[operation],
            )
        answer = self.world.model.post(document, variables, operation)
        return answer if self.secret is None else self.world.login(self.secret, answer)


@dataclass
class World:
    """tokens: what is there at first. options: as for `Model`. host_ahead: by how much the clock of this host is ahead.

    accepted_after: how old a token is before its secret is accepted. login_answer: what logging in with one is answered with
    instead. limited: operations that are refused for the moment, with the seconds of `Retry-After`.
    interruptions: what else happens before a request, by its number from 0; requests of what happens there do not count.
    """

    tokens: Iterable[Token] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    host_ahead: timedelta = NOTHING
    accepted_after: timedelta = NOTHING
    login_answer: Answer | MondooError | None = None
    limited: dict[str, float] = field(default_factory=dict)
    interruptions: dict[int, Callable[[], object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.model = Model(self.clock, **self.options).add(*self.tokens)
        self.files: dict[str, MemoryFile] = {}
        # Secrets that somebody outside of a run has got.
        self.known = {entry.secret for entry in self.model.entries.values()}
        # The operations that the outermost run has sent.
        self.requests: list[str] = []
        self._is_interrupted = False

    # -- what a run needs ---------------------------------------------------------------------------------------------

    def host_time(self) -> datetime:
        return self.clock.now + self.host_ahead

    def file(self, path: str) -> MemoryFile:
        return self.files.setdefault(path, MemoryFile(self.host_time))

    def begin_request(self, operation: str) -> None:
        if self._is_interrupted:
            return
        happens = self.interruptions.pop(len(self.requests), None)
        self.requests.append(operation)
        if happens:
            self._is_interrupted = True
            happens()
            self._is_interrupted = False

    def login(self, secret: str, answer: Answer) -> Answer:
        """The answer to a request that logs in with the secret of a token."""
        if isinstance(self.login_answer, MondooError):
            raise self.login_answer
        if self.login_answer is not None:
            return self.login_answer
        accepted = (
            entry.secret == secret and self.clock.now >= entry.created_at + self.accepted_after
            for entry in self.model.entries.values()
        )
        if not any(accepted):
            return Answer(None, [{"message": "rpc error: code = Unauthenticated desc = no"}], 401, None, self.clock.now)
        return answer

    def reveal(self) -> None:
        """Every listing shows what is there."""
        for entry in self.model.entries.values():
            entry.hidden_for = 0

    @contextlib.contextmanager
    def _connect_as(self, api: TokenApi, secret: str) -> Iterator[TokenApi]:
        yield api.connect(_Connection(self, secret))

    # -- a run --------------------------------------------------------------------------------------------------------

    def run(
        self,
        *declarations: Declaration,
        mode: Mode = Mode.DIRECT,
        delivered: Iterable[str] = (),
        prune: Prune | None = None,
        faults: Mapping[int, Fault] | None = None,
        own: Token | None = None,
        size: int = 1,
        retries: int = 2,
        may_be_mistaken: bool = False,
    ) -> Run | None:
        """One run, of which everything that it says must be true; None if it was killed.

        faults: by number of the request, from 0. size: connections. own: the token that it logs in with.
        """
        before = {entry.mrn for entry in self.orphans}
        arrived = len(self.model.asked)
        if faults is not None:
            self.model.fail(faults)
        try:
            done = self._run(declarations, Mode(mode), frozenset(delivered), prune, own, size, retries)
        except Killed:
            return None
        finally:
            self.known |= {secret for file in self.files.values() for secret in file.written}
        self.known |= set(done.secrets.values())
        assert not any(file.is_reserved for file in self.files.values()), "a reserved file was not discarded"
        assert may_be_mistaken or MISTAKE not in done.words, done.words
        left = {entry.mrn for entry in self.orphans} - before
        assert not left or any(confession in done.words for confession in CONFESSIONS), done.words
        if not may_be_mistaken:
            self._check_operations(
                done, Counter(name for name, given in self.model.asked[arrived:] if "input" in given)
            )
        self._check_results(done)
        return done

    def _run(
        self,
        declarations: Sequence[Declaration],
        mode: Mode,
        delivered: frozenset[str],
        prune: Prune | None,
        own: Token | None,
        size: int,
        retries: int,
    ) -> Run:
        policy = RetryPolicy(retries, sleep=self.clock.sleep, jitter=lambda: 1.0)
        api = TokenApi(_Connection(self), policy, ServiceProfile(ServiceClock(self.host_time)))
        pool = TokenApiPool(api, lambda: api.connect(_Connection(self)), size)
        entries = [self._entry(number, declaration) for number, declaration in enumerate(declarations, start=1)]
        listings = list_scopes(pool, list(dict.fromkeys(each.scope for each in declarations)), delivered, PATIENCE)
        indexes = index_listings(listings)
        for entry in entries:
            self._prove(api, entry, indexes.get(entry.declaration.scope))
        around = Context(api.now(), mode, delivered, lambda token: own is not None and token.mrn == own.mrn)
        for entry, plan in zip(entries, plan_set(entries, listings, indexes, around), strict=True):
            index = indexes.get(entry.declaration.scope)
            entry.known = frozenset(token.mrn for token in index.tokens) if index else frozenset()
            entry.take_plan(plan)
        outcomes = [entry.error or entry.plan for entry in entries]
        deletions = plan_prune(entries, outcomes, indexes, prune, around)[0] if prune else []
        planned = [entry.plan for entry in entries if not entry.error]
        predicted = count_operations([*planned, *(deletion.plan for deletion in deletions)])
        surroundings = Surroundings(lambda secret: self._connect_as(api, secret), PATIENCE)
        progress: list[tuple[int, int]] = []
        steps = sum(len(entry.steps) for entry in entries if not entry.error)
        apply_entries(entries, pool, surroundings, lambda done, of: progress.append((done, of)))
        assert progress == sorted(progress)
        assert not steps or progress == [] or progress[-1] == (steps, steps)
        pruned = []
        for deletion in deletions:
            if not any(entries[number].error for number in deletion.needs):
                pruned.append(
                    Entry("prune", replace(entries[0].declaration, scope=deletion.token.scope, present=False))
                )
                pruned[-1].known = frozenset({deletion.token.mrn})
                pruned[-1].take_plan(deletion.plan)
        apply_entries(pruned, pool, surroundings)
        return Run(entries, pruned, pool.operations, predicted, pool.requests)

    def _entry(self, number: int, declaration: Declaration) -> Entry:
        path = declaration.token_path if declaration.present else None
        return Entry(f"entry {number}", declaration, sink=None if path is None else self.file(path))

    def _prove(self, api: TokenApi, entry: Entry, index: TokenIndex | None) -> None:
        if not isinstance(entry.sink, MemoryFile):
            return
        entry.stored = entry.sink.stored()
        if index and needs_proof(entry.declaration, index.relevant(entry.declaration), entry.stored):
            assert entry.sink.content is not None
            try:
                accepted = api.connect(_Connection(self, entry.sink.content)).accepts(entry.declaration.scope)
                entry.stored = replace(entry.stored, accepted=accepted)
            except MondooError as error:
                entry.error = error

    # -- what must hold after every run -------------------------------------------------------------------------------

    @property
    def orphans(self) -> list[Stored]:
        """Tokens whose secret nobody holds."""
        return [entry for entry in self.model.entries.values() if entry.secret not in self.known]

    @property
    def names(self) -> list[str]:
        return sorted(entry.name for entry in self.model.entries.values())

    def _check_operations(self, done: Run, arrived: Counter[str]) -> None:
        """What is reported as sent was sent: in all, and to whom."""
        # What was certainly not executed and was sent again counts once.
        assert set(done.operations) <= set(arrived)
        assert all(count <= arrived[name] for name, count in done.operations.items())
        told = Counter(name for entry in (*done.entries, *done.pruned) for name in entry.operations)
        # One change of permissions may be several tokens'.
        assert told.pop("setRoles", 0) >= done.operations.get("setRoles", 0)
        assert told == {name: count for name, count in done.operations.items() if name != "setRoles"}

    def _check_results(self, done: Run) -> None:
        for entry in (*done.entries, *done.pruned):
            if entry.error or entry.token is None or entry.token.mrn is None:
                continue
            there = self.model.entries[entry.token.mrn]
            assert there.name == entry.token.name
            assert same_description(there.description, entry.token.description)
            assert declarable(there.roles) == spelled_as(declarable(entry.token.roles), there.roles)

    def in_use(self, declaration: Declaration) -> list[Stored]:
        """The tokens that have the declared name."""
        return [
            entry
            for entry in self.model.entries.values()
            if (entry.scope_mrn, entry.name) == (declaration.scope.mrn, declaration.name)
        ]

    def working(self, declaration: Declaration) -> set[str]:
        """The secrets of the declared token, in whatever stage, that work and that somebody holds.

        With a file, what counts is the one in it.
        """
        family = {
            entry.secret
            for entry in self.model.entries.values()
            if (entry.scope_mrn, parse_name(entry.name).base) == (declaration.scope.mrn, declaration.name)
        }
        path = declaration.token_path
        return family & ({str(self.file(path).content)} if path is not None else self.known)

    def pending(self) -> list[str]:
        return [name for name in self.names if parse_name(name).stage is Stage.PENDING]
