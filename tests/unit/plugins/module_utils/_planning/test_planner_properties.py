# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every declaration and every listing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from random import Random

from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import (
    Declaration,
    Mode,
    StoredSecret,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declared_set import (
    Prune,
    index_listings,
    plan_prune,
    plan_set,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.plan import Plan
from ansible_collections.mondoo.platform.plugins.module_utils._planning.planner import plan_token
from ansible_collections.mondoo.platform.plugins.module_utils._values import errors
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.permissions import declarable
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import Stage, parse_name
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    NOTHING,
    ORGANIZATION,
    SPACE,
    context,
    stored,
    token_mrn,
)
from ansible_collections.mondoo.platform.tests.unit.support.plans import Line, check_outcome, play
from ansible_collections.mondoo.platform.tests.unit.support.strategies import declarations, files, listings, sets
from hypothesis import assume, given
from hypothesis import strategies as st

NEW = token_mrn("new")


@dataclass(frozen=True)
class Situation:
    """A declaration, what there is, and what is in its file."""

    declared: Declaration
    tokens: list[Token]
    file: StoredSecret | None

    def plan(self, *, mode: Mode = Mode.DIRECT, delivered: list[Token] | None = None, own: Token | None = None) -> Plan:
        """Refused only for reasons that a test is not about."""
        around = context(mode=mode, delivered=delivered or (), own=own)
        return plan_token(self.declared, self.tokens, around, self.file)

    def after(self, plan: Plan) -> Situation:
        tokens = [self.tokens, *play(plan.steps, self.tokens)][-1]
        new = next((each for each in tokens if each.mrn == NEW), None)
        if self.file is None or new is None:
            return replace(self, tokens=tokens)
        return replace(self, tokens=tokens, file=stored(secret_of=new))


@st.composite
def situations(draw: st.DrawFn, *, present: bool | None = None, file: bool | None = None) -> Situation:
    tokens = draw(listings())
    declared = draw(declarations(present=present, file=file))
    return Situation(declared, tokens, draw(files(tokens)) if declared.token_path and declared.present else None)


def _plan_or_discard(situation: Situation, mode: Mode = Mode.DIRECT) -> Plan:
    """A plan; without one where a run elsewhere creates the token."""
    try:
        return situation.plan(mode=mode)
    except MondooError as error:
        assert error.code == errors.PENDING_ELSEWHERE
        assume(False)
        raise


@given(situations())
def test_after_a_plan_there_is_nothing_left_to_do(situation: Situation) -> None:
    plan = _plan_or_discard(situation)
    check_outcome(plan, situation.tokens)
    after = situation.after(plan)
    assert after.plan().steps == ()
    named = [each for each in after.tokens if each.name == "ci"]
    assert len(named) == int(situation.declared.present)


@given(situations(present=True, file=False), st.booleans())
def test_after_a_staged_hand_over_there_is_nothing_left_to_do(situation: Situation, delivered: bool) -> None:
    # What may belong to a run elsewhere would keep this one from its work.
    situation = replace(situation, declared=replace(situation.declared, pending_grace=NOTHING))
    plan = _plan_or_discard(situation, Mode.STAGED)
    staged = situation.after(plan)
    new = [each for each in staged.tokens if each.mrn == NEW]
    # Until then, what is in use is in use.
    assert plan.before is None or plan.before.mrn in {each.mrn for each in staged.tokens}
    finish = staged.plan(mode=Mode.FINISH, delivered=new if delivered else [])
    finished = staged.after(finish)
    assert finished.plan(mode=Mode.FINISH, delivered=new).steps == ()
    assert not any(parse_name(each.name).stage is Stage.PENDING for each in finished.tokens)
    if delivered:
        assert finished.plan().steps == ()
        in_use = new or ([plan.before] if plan.before else [])
        assert [each.mrn for each in finished.tokens if each.name == "ci"] == [each.mrn for each in in_use]


@given(situations(), st.sampled_from(Mode))
def test_a_token_works_at_every_moment_and_no_two_have_the_name(situation: Situation, mode: Mode) -> None:
    """However far a run gets."""
    plan = _plan_or_discard(situation, mode)
    before = {plan.before.mrn} if plan.before else set()
    working = before | ({plan.finished.mrn} if plan.finished else {NEW} if plan.generates else set())
    for tokens in play(plan.steps, situation.tokens):
        assert sum(each.name == "ci" for each in tokens) <= 1
        assert not before or not situation.declared.present or working & {each.mrn for each in tokens}
    names = [type(step).__name__ for step in plan.steps]
    if plan.generates and plan.before:
        old = [number for number, step in enumerate(plan.steps) if step.token.mrn == plan.before.mrn]
        assert all(number > names.index("Generate") for number in old)


@given(situations(), st.sampled_from(Mode))
def test_tokens_of_other_names_are_never_touched(situation: Situation, mode: Mode) -> None:
    plan = _plan_or_discard(situation, mode)
    for step in plan.steps:
        assert step.token.mrn is None or parse_name(step.token.name).base == "ci"


@given(situations(), st.sampled_from(Mode), st.data())
def test_the_own_token_stays_with_its_name_and_rights(situation: Situation, mode: Mode, data: st.DataObject) -> None:
    assume(situation.tokens)
    own = data.draw(st.sampled_from(situation.tokens))
    try:
        plan = situation.plan(mode=mode, own=own)
    except MondooError as error:
        assert error.code in (errors.OWN_CREDENTIAL, errors.PENDING_ELSEWHERE)
        return
    for tokens in play(plan.steps, situation.tokens):
        (kept,) = [each for each in tokens if each.mrn == own.mrn]
        assert kept.roles >= own.roles
        # Unless it is the one that is put to use.
        assert kept.name == (own.name if own != plan.finished else kept.name)
        assert parse_name(kept.name).stage is not Stage.RETIRED or kept.name == own.name


@given(situations(present=True), st.randoms(use_true_random=False), st.sampled_from(Mode))
def test_the_order_of_a_listing_never_matters(situation: Situation, random: Random, mode: Mode) -> None:
    # Of two that were retired, or generated, in the same second, either may be the one.
    assume(len({each.name for each in situation.tokens}) == len(situation.tokens))
    plan = _plan_or_discard(situation, mode)
    shuffled = list(situation.tokens)
    random.shuffle(shuffled)
    assert replace(situation, tokens=shuffled).plan(mode=mode) == plan


@given(situations(present=True, file=False))
def test_a_change_takes_at_most_one_request_of_each_kind(situation: Situation) -> None:
    declared = replace(situation.declared, rotate_after=None, overlap=None)
    plan = plan_token(declared, [each for each in situation.tokens if each.name == "ci"], context())
    assert max(Counter(plan.operations).values(), default=0) <= 1
    assert ("generateAPIToken" in plan.operations) == (plan.before is None)
    assert plan.after is not None
    assert declared.roles is not None
    granted = declarable(plan.after.roles)
    assert granted == declared.roles if declared.purge_permissions else granted >= declared.roles
    assert declared.description in (None, plan.after.description)


# Sets


@given(sets(), st.sampled_from(Mode), st.data())
def test_no_token_is_the_business_of_two(
    declared_and_tokens: tuple[list[Declaration], list[Token]], mode: Mode, data: st.DataObject
) -> None:
    """Neither of two entries, nor of an entry and of prune; and prune spares what it has to."""
    declared, tokens = declared_and_tokens
    own = data.draw(st.none() | st.sampled_from(tokens)) if tokens else None
    around = context(mode=mode, own=own)
    lines = [Line(each) for each in declared]
    per_scope = {scope: tuple(t for t in tokens if t.scope == scope) for scope in (SPACE, ORGANIZATION)}
    listings = {each.scope: per_scope[each.scope] for each in declared}
    indexes = index_listings(listings)
    plans = plan_set(lines, listings, indexes, around)
    deletions, _warnings = plan_prune(lines, plans, indexes, Prune(("other",), limit=99), around)
    touched = Counter(each.token.mrn for each in deletions)
    for plan in plans:
        if isinstance(plan, Plan):
            touched.update({step.token.mrn for step in plan.steps} - {None})
    assert max(touched.values(), default=0) <= 1
    for deletion in deletions:
        doomed = deletion.token
        assert doomed != own
        assert doomed.name != "other"
        by_name = {(each.scope, each.name): number for number, each in enumerate(declared) if each.mrn is None}
        assert (doomed.scope, doomed.name) not in by_name
        successor = by_name.get((doomed.scope, parse_name(doomed.name).base))
        assert successor is None or successor in deletion.needs
        assert not any(isinstance(plans[number], MondooError) for number in deletion.needs)
