# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of a declared set against the model, in the order in which the module does it, and what must hold after them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._api.pool import TokenApiPool
from ansible_collections.mondoo.platform.plugins.module_utils._applying.executor import Outcome
from ansible_collections.mondoo.platform.plugins.module_utils._applying.fleet import Job, apply_fleet
from ansible_collections.mondoo.platform.plugins.module_utils._planning.fleet import (
    Declared,
    FleetPlan,
    Prune,
    plan_fleet,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.plan import Plan
from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.permissions import declarable
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token, retirement_of

from .model import Clock, Entry, Fault, Killed, Model
from .runs import MemoryFile, facts_of, list_tokens, service_of
from .world import CONFESSIONS

# After these, nothing is in doubt.
_CERTAIN = frozenset({Fault.BUSY, Fault.DENIED})


def crew_of(model: Model, size: int = 1, retries: int = 2) -> TokenApiPool:
    first = service_of(model, retries)
    return TokenApiPool(first, lambda: first.connect(model), size)


@dataclass(frozen=True)
class FleetRun:
    """What a run planned and came to. entries: of each declaration, in order; pruned: of what nobody declared."""

    plan: FleetPlan
    entries: list[Outcome]
    pruned: list[Outcome]
    operations: dict[str, int]
    requests: int

    @property
    def errors(self) -> list[MondooError]:
        return [outcome.error for outcome in (*self.entries, *self.pruned) if outcome.error]


class FleetWorld:
    """A service, files by their paths, and who holds which secret. options: as for `Model`."""

    def __init__(self, *tokens: Token, **options: Any) -> None:
        self.clock = Clock()
        self.model = Model(self.clock, **options).add(*tokens)
        self.files: dict[str, MemoryFile] = {}
        self.returned: set[str] = set()

    @property
    def orphans(self) -> list[Entry]:
        """Tokens generated in a run whose secret has reached neither a file nor a result."""
        held = self.returned.union(*(file.delivered for file in self.files.values()))
        return [
            entry
            for entry in self.model.entries.values()
            if entry.secret.startswith("new-secret-") and entry.secret not in held
        ]

    def file(self, spec: TokenSpec) -> MemoryFile | None:
        if spec.token_path is None or not spec.present:
            return None
        return self.files.setdefault(spec.token_path, MemoryFile(self.clock))

    def run(
        self,
        specs: Sequence[TokenSpec],
        faults: Mapping[int, Fault] | None = None,
        *,
        prune: Prune | None = None,
        size: int = 1,
        retries: int = 2,
    ) -> FleetRun | None:
        """One run, whose report must be true; None if it was killed."""
        for entry in self.model.entries.values():
            entry.hidden_for = 0
        before = {entry.mrn for entry in self.orphans}
        arrived = len(self.model.asked)
        self.model.fail(faults or {})
        try:
            done = self._run(specs, prune, crew_of(self.model, size, retries))
        except Killed:
            return None
        finally:
            self.model.faults = {}
        self.returned |= {outcome.secret for outcome in done.entries if outcome.secret}
        assert not any(file.reserved for file in self.files.values()), "a reserved file was not discarded"
        words = " ".join(
            [*map(str, done.errors), *(text for outcome in done.entries for text in outcome.warnings)],
        )
        left = {entry.mrn for entry in self.orphans} - before
        assert not left or any(confession in words for confession in CONFESSIONS), words
        self._check_operations(done, Counter(name for name, given in self.model.asked[arrived:] if "input" in given))
        self._check_tokens(done, certain=_CERTAIN.issuperset((faults or {}).values()))
        return done

    def _run(self, specs: Sequence[TokenSpec], prune: Prune | None, crew: TokenApiPool) -> FleetRun:
        listings = crew.list_tokens(list(dict.fromkeys(spec.scope for spec in specs)))
        declared = [
            Declared(spec, facts_of(self.model, self.file(spec)), f"entry {number}")
            for number, spec in enumerate(specs)
        ]
        plan = plan_fleet(declared, listings, prune)
        sound = [entry for entry in plan.entries if isinstance(entry, Plan)]
        jobs = [
            Job(entry, listing, self.file(spec))
            for spec, entry in zip(specs, plan.entries, strict=True)
            if isinstance(entry, Plan) and not isinstance(listing := listings[spec.scope], MondooError)
        ]
        for one in plan.pruned:
            assert one.before is not None
            listing = listings[one.before.scope]
            assert not isinstance(listing, MondooError)
            jobs.append(Job(one, listing))
        applied = apply_fleet(jobs, crew)
        rest = iter(applied)
        entries = [next(rest) if isinstance(entry, Plan) else Outcome(None, error=entry) for entry in plan.entries]
        assert len(applied) == len(sound) + len(plan.pruned)
        return FleetRun(plan, entries, list(rest), crew.operations, crew.requests)

    def _check_operations(self, done: FleetRun, arrived: Counter[str]) -> None:
        """What is reported as sent was sent: in all, and to whom."""
        # What was certainly not executed and was sent again counts once.
        # What the service has certainly refused has not changed anything.
        assert set(done.operations) <= set(arrived)
        assert all(count <= arrived[name] for name, count in done.operations.items())
        told = Counter(name for outcome in (*done.entries, *done.pruned) for name in outcome.operations)
        # One change of permissions may be several tokens'.
        told.pop("setRoles", 0)
        # Those of which nobody knows what became of them are counted, and are nobody's change.
        assert all(count <= done.operations[name] for name, count in told.items())

    def _check_tokens(self, done: FleetRun, *, certain: bool) -> None:
        """certain: also of what failed it must be known how it is."""
        plans = [entry if isinstance(entry, Plan) else None for entry in (*done.plan.entries, *done.plan.pruned)]
        for plan, outcome in zip(plans, (*done.entries, *done.pruned), strict=True):
            if plan is None or (outcome.error and not certain):
                continue
            token = outcome.token
            if token is None:
                assert plan.before is None or plan.before.mrn not in self.model.entries, "it is still there"
            elif token.mrn is None:
                assert outcome.warnings, "a token without an MRN"
            else:
                entry = self.model.entries[token.mrn]
                assert (entry.name, entry.description) == (token.name, token.description)
                assert declarable(entry.roles) == declarable(token.roles)

    def converge(self, specs: Sequence[TokenSpec], prune: Prune | None = None, *, size: int = 1) -> None:
        """A run without faults, which must lead to what is declared, and a second one with nothing left to do."""
        first = self.run(specs, prune=prune, size=size)
        assert first is not None
        assert first.errors == []
        assert first.plan.operations == first.operations
        second = self.run(specs, prune=prune, size=size)
        assert second is not None
        assert (second.errors, second.operations) == ([], {})
        self.check(specs, pruned=prune is not None)

    def check(self, specs: Sequence[TokenSpec], *, pruned: bool) -> None:
        """What must hold after a run without faults; the specs are by name."""
        for scope in {spec.scope for spec in specs}:
            listing = list_tokens(self.model, scope)
            declared = {spec.name: spec for spec in specs if spec.scope == scope}
            for name, spec in declared.items():
                assert name is not None
                live = [token for token in listing if token.name == name]
                assert len(live) == int(spec.present)
                for token in listing:
                    at = retirement_of(token, name)
                    assert at is None or (spec.overlap and at + spec.overlap > self.clock.now), f"{token.name} lingers"
                if not live:
                    continue
                entry = self.model.entries[str(live[0].mrn)]
                assert entry not in self.orphans
                file = self.file(spec)
                if file and file.content is not None:
                    assert file.content == entry.secret
                assert spec.description in (None, entry.description)
                assert spec.roles is None or declarable(entry.roles) >= spec.roles
            if pruned:
                assert {token.name for token in listing if not token.name.endswith("Z)")} <= set(declared)

    def follow_advice(self) -> None:
        """Deletes what an error asked to delete."""
        for entry in self.orphans:
            del self.model.entries[entry.mrn]
