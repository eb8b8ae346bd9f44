# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random histories of a declared token: declarations change, time passes, others interfere, requests and files fail, runs are
killed. And for every declaration and listing, that check mode predicts what a run does.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import Declaration, Mode
from ansible_collections.mondoo.platform.plugins.module_utils._values import errors
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token, token_result
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOTHING,
    SECOND,
    declare,
    roles,
    token,
)
from ansible_collections.mondoo.platform.tests.unit.support.model import Fault
from ansible_collections.mondoo.platform.tests.unit.support.plans import PATH
from ansible_collections.mondoo.platform.tests.unit.support.strategies import declarations, listings, role_sets
from ansible_collections.mondoo.platform.tests.unit.support.world import World
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

_KILLS = (Fault.KILL_BEFORE, Fault.KILL_AFTER)
_FAULTS = st.dictionaries(st.integers(0, 12), st.sampled_from([f for f in Fault if f not in _KILLS]), max_size=4)


class Histories(RuleBasedStateMachine):
    """The world checks each run; here is what happens between and around them.

    is_lost: whether a secret was lost in a way that nothing outside of a run can say: its process was killed before it returned
    it, or somebody deleted the token.
    """

    @initialize(
        to_file=st.booleans(),
        lag=st.integers(0, 2),
        payload_mrn=st.booleans(),
        payload_name=st.booleans(),
        jwt=st.booleans(),
        ahead=st.integers(-1, 1),
    )
    def begin(self, to_file: bool, ahead: int, **options: Any) -> None:
        # Clocks that differ by more than the tolerance of five minutes make a secret look lost.
        self.world = World([token("other")], options, host_ahead=ahead * 4 * MINUTE)
        self.declared = declare(
            roles=roles("agent"), rotate_after=DAY, token_path=PATH if to_file else None, lost_secret="rotate"
        )
        self.is_lost = True

    @property
    def _alone(self) -> Declaration:
        """The declaration of a run beside which there is no other."""
        return replace(self.declared, pending_grace=NOTHING)

    @rule(
        granted=role_sets(min_size=1),
        purge=st.booleans(),
        description=st.sampled_from([None, "", "Pipelines"]),
        rotate_after=st.sampled_from([HOUR, DAY, 90 * DAY]),
        overlap=st.sampled_from([None, NOTHING, HOUR, 2 * DAY]),
    )
    def declare(self, granted: frozenset[str], purge: bool, description: str | None, **times: timedelta) -> None:
        changed: dict[str, Any] = {"roles": granted, "purge_permissions": purge, "description": description, **times}
        self.declared = replace(self.declared, **changed)

    @rule(span=st.sampled_from([timedelta(microseconds=1), SECOND, HOUR, DAY, 3 * DAY]))
    def the_clock_moves(self, span: timedelta) -> None:
        self.world.clock.now += span

    @rule()
    def somebody_uses_the_token(self) -> None:
        for entry in self.world.in_use(self.declared):
            entry.last_used_at = self.world.clock.now

    @rule()
    def somebody_deletes_the_token(self) -> None:
        for entry in self.world.in_use(self.declared):
            del self.world.model.entries[entry.mrn]
        self._outdate_file()

    @rule()
    def somebody_deletes_the_file(self) -> None:
        self.is_lost = True
        self.world.file(PATH).remove()

    @rule(faults=_FAULTS, breaks=st.sampled_from([None, "reserve", "commit"]), staged=st.booleans())
    def run_with_faults(self, faults: dict[int, Fault], breaks: str | None, staged: bool) -> None:
        worked = self._works()
        self._pause()
        self.world.file(PATH).broken = breaks
        run = self.world.run(self.declared, faults=faults, mode=Mode.STAGED if staged else Mode.DIRECT)
        self.world.file(PATH).broken = None
        assert run is not None
        self._check(worked)
        for entry in self.world.orphans:
            # What an error asks to delete.
            if entry.name == "ci":
                del self.world.model.entries[entry.mrn]

    @rule(delivered=st.booleans(), faults=_FAULTS)
    def run_staged(self, delivered: bool, faults: dict[int, Fault]) -> None:
        if self.declared.token_path is not None:
            return
        worked = self._works()
        self._pause()
        staged = self.world.run(self._alone, faults={}, mode=Mode.STAGED)
        assert staged is not None
        mrns = list(staged.secrets) if delivered else []
        finish = self.world.run(self._alone, faults=faults, mode=Mode.FINISH, delivered=mrns)
        assert finish is not None
        self._check(worked)

    @rule(number=st.integers(0, 5), kill=st.sampled_from(_KILLS), staged=st.booleans())
    def run_and_be_killed(self, number: int, kill: Fault, staged: bool) -> None:
        worked = self._works()
        self._pause()
        self.world.run(self.declared, faults={number: kill}, mode=Mode.STAGED if staged else Mode.DIRECT)
        if self.declared.token_path is None:
            self.is_lost = True
        self._check(worked)

    @precondition(lambda self: self.declared.token_path is not None)
    @rule()
    def be_killed_with_the_secret_in_the_file(self) -> None:
        worked = self._works()
        self._pause()
        self.world.file(PATH).broken = "end"
        self.world.run(self.declared, faults={})
        self.world.file(PATH).broken = None
        self._check(worked)

    @rule()
    def run_without_faults(self) -> None:
        self._converge(self._alone)

    @rule()
    def declare_absent(self) -> None:
        self._converge(declare(present=False))
        self._outdate_file()

    def _outdate_file(self) -> None:
        """The file holds the secret of a deleted token: a later run can see that by its time, once clocks cannot differ so much."""
        self.is_lost = True
        self.world.clock.now += 10 * MINUTE

    def _pause(self) -> None:
        """Between two runs: no two of them generate a token at the same moment, and every listing shows what is there."""
        self.world.clock.now += SECOND
        self.world.reveal()

    def _works(self) -> bool:
        return bool(self.world.working(self.declared))

    def _check(self, worked: bool) -> None:
        """A secret that worked works, or its successor does."""
        if worked and not self.is_lost:
            assert self._works(), self.world.names

    def _converge(self, declared: Declaration) -> None:
        """Runs without faults lead to what is declared, and then have nothing left to do."""
        # A token that was put to use may be due for rotation by now.
        for number in range(3):
            self._pause()
            run = self.world.run(declared, faults={})
            assert run is not None
            assert run.errors == [], run.words
            assert run.operations == run.predicted
            if not run.operations:
                break
            assert number < 2, "there is always something left to do"
        assert len(self.world.in_use(declared)) == int(declared.present)
        assert self.world.pending() == []
        if declared.present and declared.token_path is not None:
            assert self._works()
            self.is_lost = False
        elif self._works():
            self.is_lost = False

    @invariant()
    def no_two_tokens_have_the_name(self) -> None:
        if hasattr(self, "world"):
            assert len(self.world.in_use(self.declared)) <= 1

    @invariant()
    def other_tokens_are_untouched(self) -> None:
        if hasattr(self, "world"):
            (other,) = self.world.model.named("other")
            assert (other.description, other.roles) == (token("other").description, token("other").roles)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self._converge(self._alone)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=150, stateful_step_count=25)


@given(declarations(), listings(), st.sampled_from(Mode), st.booleans())
def test_check_mode_predicts_what_a_run_does(declared: Declaration, there: list[Token], mode: Mode, jwt: bool) -> None:
    world = World(there, {"jwt": jwt})
    run = world.run(declared, mode=mode)
    assert run is not None
    if run.errors:
        assert [error.code for error in run.errors] == [errors.PENDING_ELSEWHERE]
        return
    assert run.operations == run.predicted
    assert run.entry.operations == run.entry.plan.operations
    predicted, real = token_result(run.entry.plan.after), token_result(run.entry.token)
    if predicted and real and run.entry.plan.generates:
        # Known only once it is there.
        unknown = dict.fromkeys(("id", "mrn", "created_at", "created_by"))
        assert predicted.items() >= unknown.items()
        real |= unknown
    assert predicted == real
    assert run.entry.changed is run.entry.plan.changed
