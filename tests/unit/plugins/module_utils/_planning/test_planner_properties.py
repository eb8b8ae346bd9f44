# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every declaration and every listing, held against the model of the service."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

from ansible_collections.mondoo.platform.plugins.module_utils._planning.planner import plan_token
from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.permissions import declarable, role_mrns_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import (
    Token,
    retirement_of,
    token_result,
)
from ansible_collections.mondoo.platform.tests.unit.support.builders import HOUR, SPACE, facts
from ansible_collections.mondoo.platform.tests.unit.support.model import Clock, Model
from ansible_collections.mondoo.platform.tests.unit.support.runs import MemoryFile, Run, list_tokens, run
from ansible_collections.mondoo.platform.tests.unit.support.strategies import listings, specs
from hypothesis import assume, given
from hypothesis import strategies as st


def _unambiguous(listing: list[Token]) -> bool:
    return sum(token.name == "ci" for token in listing) <= 1


def _applied(spec: TokenSpec, listing: list[Token], file_age: timedelta | None) -> tuple[Run, Model, MemoryFile | None]:
    """A run without faults. file_age: since the secret was written, None where the file is missing."""
    assume(_unambiguous(listing))
    model = Model(Clock()).add(*listing)
    file = MemoryFile(model.clock) if spec.token_path and spec.present else None
    if file and file_age is not None:
        file.put("before", model.clock.now - file_age)
    return run(spec, model, file), model, file


file_ages = st.none() | st.sampled_from([timedelta(), HOUR / 2, 3 * HOUR])


@given(specs(), listings(), file_ages)
def test_applying_a_plan_makes_the_declaration_true(
    spec: TokenSpec, listing: list[Token], file_age: timedelta | None
) -> None:
    first, model, file = _applied(spec, listing, file_age)
    assert first.outcome.error is None
    named = model.named("ci")
    assert len(named) == int(spec.present)
    if named:
        assert spec.roles is not None
        has = declarable(named[0].roles)
        assert has == spec.roles if spec.purge_permissions and first.plan.changed else has >= spec.roles
        assert spec.description in (None, named[0].description)

    second = run(spec, model, file)
    assert second.plan.steps == ()
    assert (second.requests, second.mutations) == (1, [])


@given(specs(), listings(), file_ages)
def test_the_prediction_is_the_outcome(spec: TokenSpec, listing: list[Token], file_age: timedelta | None) -> None:
    done, model, _file = _applied(spec, listing, file_age)
    assert done.plan.operations == done.mutations == model.operations[1:]
    predicted, real = token_result(done.plan.after), token_result(done.outcome.token)
    if predicted and real and done.plan.generates:
        assert predicted["mrn"] is None
        assert real["mrn"] == model.named("ci")[0].mrn
        predicted |= {"mrn": real["mrn"], "id": real["id"]}
    assert predicted == real
    if real:
        (now,) = [token for token in list_tokens(model, SPACE) if token.name == "ci"]
        listed = token_result(now) or {}
        assert {key: listed[key] for key in ("mrn", "name", "description", "permissions")} == {
            key: real[key] for key in ("mrn", "name", "description", "permissions")
        }


@given(specs(), listings(), file_ages)
def test_tokens_of_other_names_are_never_touched(
    spec: TokenSpec, listing: list[Token], file_age: timedelta | None
) -> None:
    done, model, _file = _applied(spec, listing, file_age)
    ours = {token.mrn for token in listing if token.name == "ci" or retirement_of(token, "ci")}
    for step in done.plan.steps:
        assert step.token.mrn is None or step.token.mrn in ours
    left = list_tokens(model, SPACE)
    for token in done.listing:
        assert token.mrn in ours or token in left


@given(specs(present=True, file=False), listings())
def test_a_change_costs_at_most_one_request_of_each_kind(spec: TokenSpec, listing: list[Token]) -> None:
    spec = replace(spec, rotate_after=None, overlap=None)
    assume(_unambiguous(listing))
    made = plan_token(spec, listing, facts())
    assert max(Counter(made.operations).values(), default=0) <= 1
    current = next((token for token in listing if token.name == "ci"), None)
    if current is None:
        assert made.operations == ["generateAPIToken"]
        return
    assert spec.roles is not None
    held = declarable(current.roles)
    roles_fit = held == spec.roles if spec.purge_permissions else held >= spec.roles
    text_fits = spec.description in (None, current.description)
    assert made.operations == [*([] if text_fits else ["updateAPIToken"]), *([] if roles_fit else ["setRoles"])]


@given(specs(), listings(), st.randoms(use_true_random=False))
def test_the_order_of_a_listing_never_matters(spec: TokenSpec, listing: list[Token], random: Random) -> None:
    assume(_unambiguous(listing))
    shuffled = list(listing)
    random.shuffle(shuffled)
    # Of two predecessors retired in the same second, either may be the model.
    assume(len({token.name for token in listing if retirement_of(token, "ci")}) == _retired(listing))
    assert plan_token(spec, shuffled, facts()) == plan_token(spec, listing, facts())


def _retired(listing: list[Token]) -> int:
    return sum(retirement_of(token, "ci") is not None for token in listing)


@given(specs(present=True, file=False), listings(), st.data())
def test_order_case_and_repetition_of_permissions_never_matter(
    spec: TokenSpec, listing: list[Token], data: st.DataObject
) -> None:
    assume(_unambiguous(listing))
    assert spec.roles is not None
    written = data.draw(st.permutations([*spec.roles, *spec.roles]))
    spoken = [data.draw(st.sampled_from([str.upper, str.title, str.lower]))(role) for role in written]
    short = [role.rpartition("/")[2] for role in spoken]
    for given_roles in (spoken, short):
        again = replace(spec, roles=role_mrns_from(given_roles))
        assert plan_token(again, listing, facts()) == plan_token(spec, listing, facts())


@given(specs(), listings(), st.data())
def test_the_own_credential_is_still_there_with_its_name_and_rights(
    spec: TokenSpec, listing: list[Token], data: st.DataObject
) -> None:
    assume(listing and _unambiguous(listing))
    own = data.draw(st.sampled_from(listing))
    model = Model(Clock()).add(*listing)
    file = MemoryFile(model.clock) if spec.token_path and spec.present else None
    try:
        run(spec, model, file, own=own.mrn)
    except MondooError as error:
        assert error.code == "OwnCredential"
        assert model.operations == ["apiTokens"]
    kept = model.entries[str(own.mrn)]
    assert kept.name == own.name
    assert kept.roles >= own.roles
