# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random histories of a declared set: declarations change, time passes, requests fail, the service refuses some of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ansible_collections.mondoo.platform.plugins.module_utils._planning.fleet import Prune
from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.tests.unit.support.builders import DAY, HOUR, ORGANIZATION, SPACE, roles, token
from ansible_collections.mondoo.platform.tests.unit.support.fleets import FleetWorld
from ansible_collections.mondoo.platform.tests.unit.support.model import Entry, Fault
from ansible_collections.mondoo.platform.tests.unit.support.strategies import role_sets
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

_PLACES = [(SPACE, "a"), (SPACE, "b"), (SPACE, "c"), (ORGANIZATION, "a")]
_places = st.sampled_from(_PLACES)
_KILLS = (Fault.KILL_BEFORE, Fault.KILL_AFTER)
_FAULTS = st.sampled_from([fault for fault in Fault if fault not in _KILLS])
_NOBODYS = token("a", key="n", scope=Scope("space", "//captain.api.mondoo.app/spaces/not-declared"))


class Histories(RuleBasedStateMachine):
    """The world checks each run; here is what happens between and around them."""

    @initialize(
        to_files=st.booleans(),
        lag=st.integers(0, 1),
        payload_mrn=st.booleans(),
        non_null=st.booleans(),
        stops_at_failure=st.booleans(),
        pathless=st.booleans(),
    )
    def begin(self, to_files: bool, **service: bool) -> None:
        self.world = FleetWorld(_NOBODYS, **service)
        self.to_files = to_files
        self.prune: Prune | None = None
        self.strangers = 0
        self.declared = {place: self._spec(*place) for place in _PLACES}

    def _spec(self, scope: Scope, name: str) -> TokenSpec:
        path = f"/{scope.kind}/{name}" if self.to_files else None
        return TokenSpec(
            scope, name, roles=roles("agent"), rotate_after=30 * DAY, token_path=path, lost_secret="rotate"
        )

    @property
    def specs(self) -> list[TokenSpec]:
        return list(self.declared.values())

    def _entries(self, place: tuple[Scope, str]) -> list[Entry]:
        return [entry for entry in self.world.model.named(place[1]) if entry.scope_mrn == place[0].mrn]

    @rule(
        place=_places,
        present=st.booleans(),
        granted=role_sets(min_size=1),
        purge=st.booleans(),
        description=st.sampled_from([None, "", "Pipelines"]),
        rotate_after=st.sampled_from([HOUR, DAY, 90 * DAY]),
        overlap=st.sampled_from([None, timedelta(), HOUR, 2 * DAY]),
    )
    def declare(
        self,
        place: tuple[Scope, str],
        present: bool,
        granted: frozenset[str],
        purge: bool,
        description: str | None,
        rotate_after: timedelta,
        overlap: timedelta | None,
    ) -> None:
        self.declared[place] = replace(
            self._spec(*place),
            present=present,
            roles=granted,
            purge_permissions=purge,
            description=description,
            rotate_after=rotate_after,
            overlap=overlap,
        )

    @rule(prune=st.sampled_from([None, Prune()]))
    def decide_on_pruning(self, prune: Prune | None) -> None:
        self.prune = prune

    @rule()
    def somebody_makes_a_token(self) -> None:
        if not self.world.model.named("stranger"):
            self.world.model.add(token("stranger"))
            self.strangers = 1

    @rule(span=st.sampled_from([timedelta(microseconds=1), timedelta(seconds=1), HOUR, DAY, 3 * DAY]))
    def the_clock_moves(self, span: timedelta) -> None:
        self.world.clock.now += span

    @rule(place=_places)
    def somebody_uses_a_token(self, place: tuple[Scope, str]) -> None:
        for entry in self._entries(place):
            if entry not in self.world.orphans:
                entry.last_used_at = self.world.clock.now

    @rule(place=_places)
    def somebody_deletes_a_token(self, place: tuple[Scope, str]) -> None:
        for entry in self._entries(place):
            del self.world.model.entries[entry.mrn]

    @rule(place=_places)
    def somebody_deletes_a_file(self, place: tuple[Scope, str]) -> None:
        file = self.world.file(replace(self.declared[place], present=True))
        if file:
            file.remove()

    @rule(
        faults=st.dictionaries(st.integers(0, 20), _FAULTS, max_size=4),
        refused=st.none() | st.sampled_from(["'a'", "'b'", "serviceaccounts/made-1'", "serviceaccounts/made-3'"]),
        code=st.sampled_from(["PermissionDenied", "Unknown"]),
        retries=st.sampled_from([0, 2]),
    )
    def run_with_faults(self, faults: dict[int, Fault], refused: str | None, code: str, retries: int) -> None:
        self.world.model.refusing = {refused: code} if refused else {}
        # What is refused with an unknown outcome is in doubt.
        doubt = {10_000: Fault.LOST_BEFORE} if refused else {}
        self.world.run(self.specs, {**faults, **doubt}, prune=self.prune, retries=retries)
        self.world.model.refusing = {}
        self.world.follow_advice()

    @precondition(lambda self: self.to_files and all(self._undivided(place) for place in _PLACES))
    @rule(at=st.integers(0, 12), fault=st.sampled_from(_KILLS))
    def run_and_be_killed(self, at: int, fault: Fault) -> None:
        """Only with files: what was to be returned is lost with the process, and a stale file hides a killed creation."""
        self.world.run(self.specs, {at: fault}, prune=self.prune)

    def _undivided(self, place: tuple[Scope, str]) -> bool:
        file = self.world.file(replace(self.declared[place], present=True))
        return bool(self._entries(place)) or file is None or file.content is None

    @rule(size=st.sampled_from([1, 3]))
    def run_without_faults(self, size: int) -> None:
        self.world.converge(self.specs, self.prune, size=size)

    @invariant()
    def what_is_not_declared_is_untouched(self) -> None:
        if hasattr(self, "world"):
            found = self.world.model.entries[str(_NOBODYS.mrn)]
            assert (found.name, found.description, found.roles) == ("a", "", _NOBODYS.roles)
            # Nobody deletes it but a prune.
            assert self.prune or len(self.world.model.named("stranger")) == self.strangers
            self.strangers = len(self.world.model.named("stranger"))

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.converge(self.specs, self.prune)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=100, stateful_step_count=25)
