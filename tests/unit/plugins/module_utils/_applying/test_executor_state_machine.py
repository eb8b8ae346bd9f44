# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random histories of one declared token: declarations change, time passes, requests and files fail."""

from __future__ import annotations

from datetime import timedelta

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.builders import DAY, HOUR, roles, spec, token
from ansible_collections.mondoo.platform.tests.unit.support.model import Fault
from ansible_collections.mondoo.platform.tests.unit.support.strategies import role_sets
from ansible_collections.mondoo.platform.tests.unit.support.world import World
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

_KILLS = (Fault.KILL_BEFORE, Fault.KILL_AFTER)
_FAULTS = st.sampled_from([fault for fault in Fault if fault not in _KILLS])


class Histories(RuleBasedStateMachine):
    """The world checks each run; here is what happens between and around them."""

    @initialize(to_file=st.booleans(), lag=st.integers(0, 2), payload_mrn=st.booleans())
    def begin(self, to_file: bool, lag: int, payload_mrn: bool) -> None:
        self.world = World(token("other"), to_file=to_file, lag=lag, payload_mrn=payload_mrn)
        self.declared = spec(
            roles=roles("agent"), rotate_after=DAY, token_path="/t" if to_file else None, lost_secret="rotate"
        )

    @rule(
        granted=role_sets(min_size=1),
        purge=st.booleans(),
        description=st.sampled_from([None, "", "Pipelines"]),
        rotate_after=st.sampled_from([HOUR, DAY, 90 * DAY]),
        overlap=st.sampled_from([None, timedelta(), HOUR, 2 * DAY]),
    )
    def declare(
        self,
        granted: frozenset[str],
        purge: bool,
        description: str | None,
        rotate_after: timedelta,
        overlap: timedelta | None,
    ) -> None:
        self.declared = spec(
            roles=granted,
            purge_permissions=purge,
            description=description,
            rotate_after=rotate_after,
            overlap=overlap,
            token_path=self.declared.token_path,
            lost_secret="rotate",
        )

    @rule(span=st.sampled_from([timedelta(microseconds=1), timedelta(seconds=1), HOUR, DAY, 3 * DAY]))
    def the_clock_moves(self, span: timedelta) -> None:
        self.world.clock.now += span

    @rule()
    def somebody_uses_the_token(self) -> None:
        for entry in self.world.model.named("ci"):
            if entry not in self.world.orphans:
                entry.last_used_at = self.world.clock.now

    @rule()
    def somebody_deletes_the_token(self) -> None:
        for entry in self.world.model.named("ci"):
            del self.world.model.entries[entry.mrn]

    @rule()
    def somebody_deletes_the_file(self) -> None:
        if self.world.file:
            self.world.file.remove()

    @rule(faults=st.dictionaries(st.integers(0, 12), _FAULTS, max_size=4), breaks_file=st.booleans())
    def run_with_faults(self, faults: dict[int, Fault], breaks_file: bool) -> None:
        try:
            self.world.run(self.declared, faults, breaks_file=breaks_file)
        except MondooError:
            assert faults, "refused without a fault"
        self.world.follow_advice()

    @precondition(lambda self: self.world.file and (self.world.model.named("ci") or self.world.file.content is None))
    @rule(at=st.integers(0, 4), fault=st.sampled_from(_KILLS))
    def run_and_be_killed(self, at: int, fault: Fault) -> None:
        """Only with a file: what was to be returned is lost with the process, and a stale file hides a killed creation."""
        self.world.run(self.declared, {at: fault})

    @rule()
    def run_without_faults(self) -> None:
        self.world.converge(self.declared)

    @rule()
    def declare_absent(self) -> None:
        self.world.converge(spec(present=False))

    @invariant()
    def other_tokens_are_untouched(self) -> None:
        if hasattr(self, "world"):
            (other,) = self.world.model.named("other")
            assert (other.description, other.roles) == (token("other").description, token("other").roles)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.converge(self.declared)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=200, stateful_step_count=30)
