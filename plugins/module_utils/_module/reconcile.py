# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of the modules that change tokens, in phases over a list of entries: look, plan, apply. One token is a set of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ansible.module_utils.basic import AnsibleModule

from .._api.pool import TokenApiPool
from .._api.tokens import Listing
from .._applying.entry import Entry
from .._applying.listing import list_scopes
from .._planning.declaration import Context, Mode
from .._planning.declared_set import (
    Deletion,
    Prune,
    count_operations,
    index_listings,
    missing_deliveries,
    plan_prune,
    plan_set,
)
from .._planning.planner import needs_proof
from .._values.errors import INVALID_CREDENTIALS, SCHEMA_MISMATCH, MondooError, internal_error
from .._values.mrn import Scope
from .session import Session
from .turns import take_turn

if TYPE_CHECKING:
    from .secret_file import SecretFile


def _silent(_work: str) -> Callable[[int, int], None]:
    return lambda _done, _of: None


@dataclass
class Reconciliation:
    """One run. entries: the declared tokens with their outcomes. pruned: likewise for undeclared tokens.

    operations: how many mutations were, or in check mode would be, sent, by GraphQL name.
    progress: for a kind of work, the function that is called with how much of it is done, and of how much.
    """

    module: AnsibleModule
    session: Session
    entries: list[Entry]
    mode: Mode = Mode.DIRECT
    delivered: frozenset[str] = frozenset()
    prune: Prune | None = None
    concurrency: int = 1
    progress: Callable[[str], Callable[[int, int], None]] = _silent
    pruned: list[Entry] = field(default_factory=list)
    operations: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._pool: TokenApiPool = self.session.pool(self.concurrency)
        self._files: dict[int, SecretFile] = {}
        self._deletions: list[Deletion] = []
        self._known: frozenset[str | None] = frozenset()

    def run(self) -> None:
        """Applies the declaration, or in check mode predicts the changes.

        Raises MondooError if nothing was changed; later failures are in the entries.
        """
        self._expand()
        for entry in self.entries:
            self._open_file(entry)
        scopes = list(dict.fromkeys(entry.declaration.scope for entry in self.entries if entry.each_space is None))
        with take_turn(self.module, self.session.url, scopes, sleep=self.session.api.policy.sleep):
            listings = self._list(scopes)
            self._prove_stored_secrets(listings)
            self._plan(listings)
            if self.module.check_mode:
                self._predict()
            else:
                self._apply()
            for entry in self.entries:
                self._repair_file(entry)

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self._pool.requests + self.session.requests_as_others

    # -- look ---------------------------------------------------------------------------------------------------------

    def _expand(self) -> None:
        """Replaces entries for several spaces by one for each space."""
        organizations = dict.fromkeys(entry.declaration.scope for entry in self.entries if entry.each_space is not None)
        if not organizations:
            return
        from .entries import expand_entries  # as in _apply_steps

        self.entries, warnings = expand_entries(self.entries, self._pool.list_spaces(list(organizations)))
        self.warnings += warnings
        failed = [entry for entry in self.entries if entry.each_space is not None]
        if failed and self.prune is not None:
            # Their declared tokens and scopes are unknown.
            self.prune = None
            self.warnings.append(
                f"Nothing was pruned: the spaces of {failed[0].declaration.scope} could not be listed."
            )
        if failed and len(failed) == len(self.entries) and failed[0].error is not None:
            raise failed[0].error

    def _open_file(self, entry: Entry) -> None:
        declaration = entry.declaration
        if entry.error is not None or not declaration.present or declaration.token_path is None:
            return
        from .secret_file import SecretFile  # as in _apply_steps

        try:
            file = SecretFile(self.module, declaration.token_path, entry.file_options)
            self._files[id(entry)] = file
            entry.sink = file
        except MondooError as error:
            entry.error = error

    def _list(self, scopes: Sequence[Scope]) -> Mapping[Scope, Listing | MondooError]:
        patience = float(self.module.params["timeout"])
        listings = list_scopes(self._pool, scopes, self.delivered, patience, self.progress("list"))
        errors = [listing for listing in listings.values() if isinstance(listing, MondooError)]
        if (
            errors
            and len(errors) == len(listings)
            and (len(listings) == 1 or not any(e.concerns_one_scope for e in errors))
        ):
            raise errors[0]
        self._known = frozenset(token.mrn for listing in listings.values() for token in _tokens(listing))
        if len(listings) == 1:
            return listings
        from .._planning.ownership import assign_once  # as in _apply_steps

        declared: dict[Scope, set[str]] = defaultdict(set)
        for entry in self.entries:
            declaration = entry.declaration
            declared[declaration.scope] |= {text for text in (declaration.name, declaration.mrn) if text is not None}
        return assign_once(listings, declared)

    def _prove_stored_secrets(self, listings: Mapping[Scope, Listing | MondooError]) -> None:
        """Reads the secrets in the files, and tests them against the service if the plan depends on that."""
        indexes = index_listings(listings)
        to_prove: list[Entry] = []
        for entry in self.entries:
            file = self._files.get(id(entry))
            if file is None or entry.error is not None:
                continue
            try:
                # Only now: the run that held the lock before may have written a new file.
                entry.stored = file.stored()
            except MondooError as error:
                entry.error = error
                continue
            index = indexes.get(entry.declaration.scope)
            if index and needs_proof(entry.declaration, index.relevant(entry.declaration), entry.stored):
                to_prove.append(entry)
        for entry, outcome in zip(
            to_prove, self._pool.map(lambda _api, each: self._prove(each), to_prove), strict=True
        ):
            if isinstance(outcome, MondooError):
                entry.error = outcome
            elif isinstance(outcome, Exception):
                entry.error = internal_error(outcome)

    def _prove(self, entry: Entry) -> None:
        secret = self._files[id(entry)].read()
        try:
            with self.session.connect_as(secret) as api:
                accepted: bool | None = api.accepts(entry.declaration.scope)
        except MondooError as error:
            if error.code not in (SCHEMA_MISMATCH, INVALID_CREDENTIALS):
                raise error.during(f"verify the secret in {entry.declaration.token_path}") from None
            # Text that cannot be sent as a credential is not one.
            accepted = False if error.code == INVALID_CREDENTIALS else None
            if accepted is None:
                entry.warnings.append(
                    f"The secret in {entry.declaration.token_path} could not be verified: {error.reason}."
                )
        if entry.stored is not None:
            entry.stored = replace(entry.stored, accepted=accepted)

    # -- plan ---------------------------------------------------------------------------------------------------------

    def _plan(self, listings: Mapping[Scope, Listing | MondooError]) -> None:
        indexes = index_listings(listings)
        context = Context(
            now=self.session.api.now(),
            mode=self.mode,
            delivered=self.delivered,
            is_own=self.session.is_own,
            identity_known=self.session.identity_known,
        )
        self.warnings += missing_deliveries(listings, context)
        plans = plan_set(self.entries, listings, indexes, context)
        for entry, plan in zip(self.entries, plans, strict=True):
            entry.known = self._known
            entry.take_plan(plan)
            self._check_file(entry)
        if self.prune is not None:
            outcomes = [entry.error or entry.plan for entry in self.entries]
            self._deletions, warnings = plan_prune(self.entries, outcomes, indexes, self.prune, context)
            self.warnings += warnings
        self.pruned = [_prune_entry(deletion, self.entries) for deletion in self._deletions]

    def _check_file(self, entry: Entry) -> None:
        file = self._files.get(id(entry))
        if file is None or entry.error is not None or not entry.plan.generates:
            return
        try:
            file.check()
        except MondooError as error:
            entry.error = error

    # -- apply --------------------------------------------------------------------------------------------------------

    def _predict(self) -> None:
        for entry in (*self.entries, *self.pruned):
            if entry.error is None:
                entry.predict()
        self.operations = count_operations(entry.plan for entry in (*self.entries, *self.pruned) if entry.error is None)

    def _apply(self) -> None:
        if any(entry.steps for entry in (*self.entries, *self.pruned)):
            self._apply_steps()
        self.operations = self._pool.operations

    def _apply_steps(self) -> None:
        # Every run compiles all that it imports, as Ansible sends it: a run that changes nothing does without these.
        from .._applying.generation import Surroundings
        from .._applying.rounds import apply_entries

        surroundings = Surroundings(self.session.connect_as, float(self.module.params["timeout"]))
        apply_entries(self.entries, self._pool, surroundings, self.progress("change"))
        due: list[Entry] = []
        for entry, deletion in zip(self.pruned, self._deletions, strict=True):
            failed = next((self.entries[number] for number in deletion.needs if self.entries[number].error), None)
            if failed is None:
                due.append(entry)
            else:
                self.warnings.append(
                    f"{entry.declaration} was not pruned: {failed.place}, which replaces it or means the same, has failed."
                )
        self.pruned = due
        apply_entries(self.pruned, self._pool, surroundings, self.progress("prune"))

    def _repair_file(self, entry: Entry) -> None:
        file = self._files.get(id(entry))
        if file is None or entry.error is not None:
            return
        try:
            entry.file_changed = file.repair()
        except MondooError as error:
            entry.error = error
        except Exception as error:  # noqa: BLE001  (the secrets of the others have yet to be returned)
            entry.error = internal_error(error)


def _tokens(listing: Listing | MondooError) -> Listing:
    return () if isinstance(listing, MondooError) else listing


def _prune_entry(deletion: Deletion, entries: Sequence[Entry]) -> Entry:
    token = deletion.token
    declaration = replace(entries[0].declaration, scope=token.scope, name=token.name, mrn=token.mrn, present=False)
    entry = Entry("prune", declaration, known=frozenset({token.mrn}))
    entry.take_plan(deletion.plan)
    return entry
