# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every declared set and every listing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from random import Random

from ansible_collections.mondoo.platform.plugins.module_utils._planning.fleet import (
    Declared,
    FleetPlan,
    Prune,
    plan_fleet,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.plan import Plan, SetRoles
from ansible_collections.mondoo.platform.plugins.module_utils._planning.planner import plan_token
from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token, successor_name_of
from ansible_collections.mondoo.platform.tests.unit.support.builders import NOW, ORGANIZATION, SPACE, facts
from ansible_collections.mondoo.platform.tests.unit.support.strategies import fleet_listings, fleet_specs
from hypothesis import assume, given
from hypothesis import strategies as st

_UNLIMITED = Prune(limit=1000)
_KEPT = Prune(("o*",), limit=1000)


def _of(scope: Scope, tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if token.scope == scope]


def _plan(
    specs: Sequence[TokenSpec], tokens: Sequence[Token], prune: Prune | None = None, own: Token | None = None
) -> FleetPlan:
    declared = [Declared(wanted, facts(own=own), f"entry {number}") for number, wanted in enumerate(specs)]
    return plan_fleet(declared, {scope: _of(scope, tokens) for scope in (SPACE, ORGANIZATION)}, prune)


def _comparable(found: Plan | MondooError) -> object:
    return (found.code, found.reason) if isinstance(found, MondooError) else found


def _alone(wanted: TokenSpec, tokens: Sequence[Token]) -> Plan | MondooError:
    try:
        return plan_token(wanted, _of(wanted.scope, tokens), facts())
    except MondooError as error:
        return error


def _distinct_retirements(tokens: Sequence[Token]) -> bool:
    """Of two predecessors retired in the same second, either may be the model."""
    return len({(token.scope, token.name) for token in tokens if successor_name_of(token.name)}) == sum(
        successor_name_of(token.name) is not None for token in tokens
    )


@given(fleet_specs(), fleet_listings())
def test_each_entry_is_planned_as_if_it_were_alone(specs: list[TokenSpec], tokens: list[Token]) -> None:
    """Unless it is refused together with another: that the planner sees only a part of the listing changes nothing."""
    assume(_distinct_retirements(tokens))
    conflicts = 0
    for wanted, entry in zip(specs, _plan(specs, tokens).entries, strict=True):
        if isinstance(entry, MondooError) and "are about the same API token" in entry.reason:
            conflicts += 1
        else:
            assert _comparable(entry) == _comparable(_alone(wanted, tokens))
    assert conflicts != 1


@given(fleet_specs(), fleet_listings(), st.randoms(use_true_random=False))
def test_order_never_matters(specs: list[TokenSpec], tokens: list[Token], random: Random) -> None:
    assume(_distinct_retirements(tokens))
    order = list(range(len(specs)))
    random.shuffle(order)
    shuffled = list(tokens)
    random.shuffle(shuffled)
    straight, mixed = _plan(specs, tokens, _UNLIMITED), _plan([specs[number] for number in order], shuffled, _UNLIMITED)
    assert {one.before for one in mixed.pruned} == {one.before for one in straight.pruned}
    assert mixed.operations == straight.operations
    assert sorted(mixed.warnings) == sorted(straight.warnings)
    for place, number in enumerate(order):
        ours, theirs = mixed.entries[place], straight.entries[number]
        if isinstance(theirs, MondooError) and "are about the same API token" in theirs.reason:
            # The message names the entries in their order.
            assert isinstance(ours, MondooError)
            assert ours.code == theirs.code
        else:
            assert _comparable(ours) == _comparable(theirs)


@given(fleet_specs(), fleet_listings(), st.sampled_from([_UNLIMITED, _KEPT]), st.data())
def test_what_must_not_be_pruned_is_not(
    specs: list[TokenSpec], tokens: list[Token], prune: Prune, data: st.DataObject
) -> None:
    own = data.draw(st.sampled_from(tokens)) if tokens else None
    made = _plan(specs, tokens, prune, own)
    scopes = {wanted.scope for wanted in specs}
    by_mrn = {token.mrn: token for token in tokens}
    pruned = [one.before for one in made.pruned]
    assert len(pruned) == len(set(pruned))
    for token in pruned:
        assert token is not None
        assert token in tokens
        assert token != own
        assert token.scope in scopes
        assert not any(fnmatchcase(token.name, pattern) for pattern in prune.keep)
        for wanted, entry in zip(specs, made.entries, strict=True):
            if wanted.scope != token.scope:
                continue
            assert wanted.mrn != token.mrn
            missing = wanted.present and wanted.mrn is not None and wanted.mrn not in by_mrn
            assert not missing, "nobody knows what the MRN stood for"
            current = by_mrn.get(wanted.mrn) if wanted.mrn is not None else None
            names = {wanted.name} if wanted.name is not None else {current.name if current else None}
            if wanted.mrn is None:
                assert token.name not in names
            if isinstance(entry, MondooError):
                assert token.name not in names
                assert successor_name_of(token.name) not in names
            else:
                assert token.mrn not in {step.token.mrn for step in entry.steps}
                if successor_name_of(token.name) in names and wanted.overlap:
                    retired_at = token.name.removesuffix("Z)")[-19:]
                    assert retired_at <= (NOW - wanted.overlap).strftime("%Y-%m-%dT%H:%M:%S")


@given(fleet_specs(), fleet_listings())
def test_whatever_nobody_declares_is_pruned(specs: list[TokenSpec], tokens: list[Token]) -> None:
    made = _plan(specs, tokens, _UNLIMITED)
    undecided = {
        wanted.scope for wanted, entry in zip(specs, made.entries, strict=True) if isinstance(entry, MondooError)
    }
    scopes = {wanted.scope for wanted in specs} - undecided
    involved = {
        *(wanted.mrn for wanted in specs),
        *(entry.before.mrn for entry in made.entries if isinstance(entry, Plan) and entry.before),
        *(step.token.mrn for entry in made.entries if isinstance(entry, Plan) for step in entry.steps),
        *(one.before.mrn for one in made.pruned if one.before),
    }
    rotated = {(wanted.scope, wanted.name) for wanted in specs if wanted.overlap}
    rotated |= {
        (wanted.scope, token.name) for wanted in specs for token in tokens if wanted.overlap and token.mrn == wanted.mrn
    }
    for token in tokens:
        if token.scope in scopes and token.mrn not in involved:
            assert (token.scope, successor_name_of(token.name)) in rotated, f"{token.name} is left"


@given(fleet_specs(), fleet_listings(), st.integers(0, 6))
def test_the_limit_is_exact(specs: list[TokenSpec], tokens: list[Token], limit: int) -> None:
    count = len(_plan(specs, tokens, _UNLIMITED).pruned)
    try:
        made = _plan(specs, tokens, Prune(limit=limit))
    except MondooError as error:
        assert error.code == "PruneLimit"
        assert count > limit
    else:
        assert len(made.pruned) == count <= limit


@given(fleet_specs(), fleet_listings())
def test_no_token_is_touched_twice_or_by_two(specs: list[TokenSpec], tokens: list[Token]) -> None:
    made = _plan(specs, tokens, _UNLIMITED)
    by_token: Counter[str] = Counter()
    for one in made.plans:
        by_token.update({str(step.token.mrn) for step in one.steps if step.token.mrn})
    assert set(by_token.values()) <= {1}


@given(fleet_specs(), fleet_listings())
def test_the_operations_are_those_of_the_steps(specs: list[TokenSpec], tokens: list[Token]) -> None:
    made = _plan(specs, tokens, _UNLIMITED)
    steps = [step for one in made.plans for step in one.steps]
    counts = Counter(step.operation for step in steps if not isinstance(step, SetRoles))
    scopes = {step.token.scope for step in steps if isinstance(step, SetRoles)}
    assert made.operations == {**counts, **({"setRoles": len(scopes)} if scopes else {})}
