# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for a declared set: what the entries are about together, and what is pruned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.fleet import (
    Declared,
    FleetPlan,
    Prune,
    plan_fleet,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.plan import Plan
from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token, retired_name
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    HOUR,
    NOW,
    ORGANIZATION,
    SPACE,
    facts,
    roles,
    spec,
    token,
    token_mrn,
)

CI = token("ci")
OTHER = token("other")
ELSEWHERE = token("ci", key="elsewhere", scope=ORGANIZATION)
PRUNE = Prune()


def retired(age: timedelta, name: str = "ci", **changes: object) -> Token:
    """What a rotation has left so long ago."""
    return token(retired_name(name, NOW - age), key=f"{name} {age}", **changes)


def plan(
    specs: Sequence[TokenSpec],
    listing: Sequence[Token] | MondooError = (),
    prune: Prune | None = None,
    *,
    others: Mapping[Scope, Sequence[Token] | MondooError] | None = None,
    refusals: Mapping[int, MondooError] | None = None,
    own: Token | None = None,
) -> FleetPlan:
    """listing: of the space; others: of further scopes. refusals: why entries cannot be planned, by number from 0."""
    declared = [
        Declared(wanted, facts(own=own), f"entry {number}", (refusals or {}).get(number))
        for number, wanted in enumerate(specs)
    ]
    return plan_fleet(declared, {SPACE: listing, **(others or {})}, prune)


def pruned(made: FleetPlan) -> list[str]:
    """Names of the tokens that are pruned, each of them by one deletion."""
    for one in made.pruned:
        assert one.after is None
        assert one.operations == ["deleteAPIToken"]
        assert [step.token for step in one.steps] == [one.before]
    return sorted(one.before.name for one in made.pruned if one.before)


def codes(made: FleetPlan) -> list[str | None]:
    """For each entry why it is not planned."""
    return [entry.code if isinstance(entry, MondooError) else None for entry in made.entries]


# What is pruned


def test_nothing_is_pruned_unless_asked_for() -> None:
    assert pruned(plan([spec()], [CI, OTHER])) == []


@pytest.mark.parametrize(
    ("declared", "listing", "expected"),
    [
        ([spec()], [CI, OTHER], ["other"]),
        ([spec(roles=roles("viewer"))], [OTHER], ["other"]),
        ([spec(present=False)], [CI, OTHER], ["other"]),
        ([spec(None, mrn=CI.mrn)], [CI, OTHER], ["other"]),
        # The token of the MRN is declared, and no other of its name.
        ([spec("ci", mrn=CI.mrn)], [CI, token("ci", key="second")], ["ci"]),
        ([spec("build", mrn=CI.mrn)], [CI, OTHER], ["other"]),
        ([spec(), spec("other")], [CI, OTHER], []),
        # A declared name covers all that have it, as long as nobody can tell which is meant.
        ([spec()], [CI, token("ci", key="second"), OTHER], ["other"]),
        ([spec("CI", roles=roles("viewer"))], [CI], ["ci"]),
    ],
)
def test_what_is_declared_is_not_pruned(declared: list[TokenSpec], listing: list[Token], expected: list[str]) -> None:
    assert pruned(plan(declared, listing, PRUNE)) == expected


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        (("other",), ["other"]),
        (("terraform-*",), ["terraform-1", "terraform-2"]),
        (("Terraform-*",), []),
        (("terraform-?", "o*"), ["other", "terraform-1", "terraform-2"]),
        (("*",), ["other", "terraform-1", "terraform-2"]),
        (("terraform-[2-9]",), ["terraform-2"]),
        (("terraform",), []),
    ],
)
def test_names_to_keep(keep: tuple[str, ...], kept: list[str]) -> None:
    names = ["other", "terraform-1", "terraform-2"]
    made = plan([spec()], [CI, *map(token, names)], Prune(keep))
    assert pruned(made) == [name for name in names if name not in kept]


OVERLAPPING = spec(rotate_after=30 * DAY, overlap=2 * DAY)


def test_predecessors_within_their_overlap_are_kept() -> None:
    young, old = retired(DAY), retired(3 * DAY)
    made = plan([OVERLAPPING], [CI, young, old], PRUNE)
    # The old one goes by the rules of the entry, not as undeclared.
    assert pruned(made) == []
    (entry,) = made.entries
    assert isinstance(entry, Plan)
    assert [step.token.name for step in entry.steps] == [old.name]


@pytest.mark.parametrize("wanted", [spec(), spec(overlap=2 * DAY), spec(rotate_after=30 * DAY)])
def test_predecessors_without_an_overlap_go_one_way_or_the_other(wanted: TokenSpec) -> None:
    made = plan([wanted], [replace(CI, last_used_at=NOW - HOUR), retired(3 * DAY)], PRUNE)
    gone = pruned(made) + [step.token.name for entry in made.entries if isinstance(entry, Plan) for step in entry.steps]
    assert gone == [retired(3 * DAY).name]


def test_predecessors_of_one_that_is_declared_by_its_mrn_are_kept_within_its_overlap() -> None:
    by_mrn = spec(name=None, mrn=CI.mrn, overlap=2 * DAY)
    assert pruned(plan([by_mrn], [CI, retired(DAY)], PRUNE)) == []


def test_predecessors_of_what_is_not_declared_are_pruned() -> None:
    left = retired(HOUR, "gone")
    assert pruned(plan([OVERLAPPING], [CI, left], PRUNE)) == [left.name]


def test_what_only_looks_retired_is_pruned() -> None:
    odd = token("ci (retired 2026-99-99T00:00:00Z)")
    assert pruned(plan([OVERLAPPING], [CI, odd], PRUNE)) == [odd.name]


def test_the_own_token_is_kept() -> None:
    assert pruned(plan([spec()], [CI, OTHER, token("own")], PRUNE, own=token("own"))) == ["other"]


REFUSAL = MondooError("FileFailed", "it is a directory")


@pytest.mark.parametrize(
    "wanted",
    [
        OVERLAPPING,
        replace(OVERLAPPING, mrn=CI.mrn),
        # Its name is only in the listing.
        replace(OVERLAPPING, name=None, mrn=CI.mrn),
        replace(OVERLAPPING, name="build", mrn=CI.mrn),
        replace(OVERLAPPING, name="build", mrn=CI.mrn, present=False),
        spec(None, mrn=CI.mrn),
    ],
)
@pytest.mark.parametrize("reason", ["refused before", "own token", "conflict"])
def test_what_an_entry_is_about_is_kept_when_it_cannot_be_planned(wanted: TokenSpec, reason: str) -> None:
    """The token, all that have its name, and all predecessors of that name."""
    listing = [CI, token("ci", key="second"), retired(HOUR), retired(9 * DAY), OTHER]
    if reason == "conflict":
        # Without the second of the name, which would be refused as ambiguous.
        made = plan([wanted, spec(None, mrn=CI.mrn)], [CI, *listing[2:]], PRUNE)
    elif reason == "own token":
        wanted = replace(wanted, present=False)
        made = plan([wanted], listing, PRUNE, own=CI)
    else:
        made = plan([wanted], listing, PRUNE, refusals={0: REFUSAL})
    assert None not in codes(made)
    assert pruned(made) == ["other"]


@pytest.mark.parametrize("failing", [0, 1])
def test_predecessors_of_two_of_one_name_are_kept_for_the_one_that_failed(failing: int) -> None:
    second = token("ci", key="second")
    declared = [spec(None, mrn=CI.mrn), spec(None, mrn=second.mrn)]
    assert pruned(plan(declared, [CI, second, retired(HOUR)], PRUNE, refusals={failing: REFUSAL})) == []


def test_a_scope_with_an_mrn_that_is_not_there_is_not_pruned() -> None:
    """Its successor could not be told from what is undeclared."""
    others = {ORGANIZATION: [ELSEWHERE, token("old", key="old", scope=ORGANIZATION)]}
    gone = spec(None, mrn=token_mrn("gone"))
    made = plan([gone, replace(spec(), scope=ORGANIZATION)], [CI, OTHER], PRUNE, others=others)
    assert codes(made) == ["NotFound", None]
    assert pruned(made) == ["old"]
    assert len(made.warnings) == 1
    assert str(SPACE) in made.warnings[0]


def test_an_absent_token_that_is_not_there_hides_nothing() -> None:
    made = plan([spec(None, mrn=token_mrn("gone"), present=False)], [OTHER], PRUNE)
    assert (codes(made), pruned(made), made.warnings) == ([None], ["other"], ())


def test_a_scope_that_could_not_be_listed_is_not_pruned() -> None:
    unread = MondooError("IncompleteListing", "the same cursor twice")
    made = plan([spec(), replace(spec(), scope=ORGANIZATION)], unread, PRUNE, others={ORGANIZATION: [ELSEWHERE]})
    assert codes(made) == ["IncompleteListing", None]
    assert pruned(made) == []


def test_names_are_declared_for_their_scope() -> None:
    declared = [spec(), replace(spec("dashboard", roles=roles("viewer")), scope=ORGANIZATION)]
    made = plan(declared, [CI, token("dashboard")], PRUNE, others={ORGANIZATION: [ELSEWHERE]})
    assert {(one.before.name, one.before.scope) for one in made.pruned if one.before} == {
        ("dashboard", SPACE),
        ("ci", ORGANIZATION),
    }


# Its limit


@pytest.mark.parametrize(("limit", "refused"), [(3, False), (2, True), (0, True)])
def test_too_many_are_refused_before_anything(limit: int, refused: bool) -> None:
    listing = [CI, *(token(f"old-{number}") for number in range(2))]
    others = {ORGANIZATION: [token("old-2", key="o", scope=ORGANIZATION)]}
    declared = [spec(), replace(spec(roles=roles("viewer")), scope=ORGANIZATION)]
    if not refused:
        assert len(plan(declared, listing, Prune(limit=limit), others=others).pruned) == 3
        return
    with pytest.raises(MondooError) as caught:
        plan(declared, listing, Prune(limit=limit), others=others)
    assert caught.value.code == "PruneLimit"
    text = str(caught.value)
    assert "3 API tokens" in text
    assert f"prune_limit is {limit}" in text
    assert '"old-2" of organization "org-1"' in text
    assert "Nothing was changed" in text


def test_what_is_kept_does_not_count() -> None:
    assert pruned(plan([spec()], [CI, OTHER], Prune(("o*",), limit=0))) == []


# Entries that are about the same token


@pytest.mark.parametrize(
    "second",
    [
        spec(None, mrn=CI.mrn),
        spec("build", mrn=CI.mrn),
        spec(None, mrn=CI.mrn, present=False),
    ],
)
def test_one_token_by_name_and_by_mrn(second: TokenSpec) -> None:
    made = plan([spec(description="x"), second, spec("other", description="y")], [CI, OTHER])
    assert codes(made) == ["InvalidOption", "InvalidOption", None]
    for entry in made.entries[:2]:
        assert "entry 0 and entry 1 are about the same API token" in str(entry)
        assert str(CI.mrn) in str(entry)
    assert made.operations == {"updateAPIToken": 1}


def test_a_predecessor_that_is_declared_itself() -> None:
    left = retired(3 * DAY)
    made = plan([spec(present=False), spec(left.name, description="kept")], [CI, left], PRUNE)
    assert codes(made) == ["InvalidOption", "InvalidOption"]
    assert pruned(made) == []


@pytest.mark.parametrize("listing", [[], [retired(9 * DAY)]])
def test_a_retired_token_that_is_taken_back_is_not_deleted(listing: list[Token]) -> None:
    """As somebody does whose rotation was cut short."""
    left = retired(HOUR, last_used_at=NOW)
    (entry,) = plan([spec("ci", mrn=left.mrn, rotate_after=90 * DAY)], [left, *listing]).entries
    assert isinstance(entry, Plan)
    assert entry.operations == ["updateAPIToken", *["deleteAPIToken" for _old in listing]]
    assert [step.token for step in entry.steps[1:]] == listing


def test_tokens_of_one_name_in_two_scopes_are_no_conflict() -> None:
    declared = [spec(description="x"), replace(spec(description="x"), scope=ORGANIZATION)]
    made = plan(declared, [CI], others={ORGANIZATION: [ELSEWHERE]})
    assert codes(made) == [None, None]


# Failures of entries


def test_a_failure_of_one_entry_is_its_own() -> None:
    declared = [spec(), spec("new"), spec("other", description="x"), spec("third")]
    made = plan(declared, [CI, OTHER], refusals={3: REFUSAL})
    assert codes(made) == [None, "InvalidOption", None, "FileFailed"]
    assert made.operations == {"updateAPIToken": 1}


def test_each_entry_of_an_unread_scope_has_an_error_of_its_own() -> None:
    unread = MondooError("PermissionDenied", "no")
    first, second = plan([spec(), spec("other")], unread).entries
    assert isinstance(first, MondooError)
    assert isinstance(second, MondooError)
    assert first is not second
    first.note("Only here.")
    assert "Only here." not in str(second)
    assert "Only here." not in str(unread)


# What it takes


def test_the_permissions_of_a_scope_are_one_operation() -> None:
    declared = [
        spec(roles=roles("editor"), description="x"),
        spec("other", roles=roles("editor")),
        replace(spec(roles=roles("owner")), scope=ORGANIZATION),
        spec("new", roles=roles("viewer")),
    ]
    made = plan(declared, [CI, OTHER, token("old")], PRUNE, others={ORGANIZATION: [ELSEWHERE]})
    assert made.operations == {"deleteAPIToken": 1, "generateAPIToken": 1, "setRoles": 2, "updateAPIToken": 1}
    assert list(made.operations) == sorted(made.operations)


def test_nothing_to_do() -> None:
    made = plan([spec(), spec("gone", present=False)], [CI], PRUNE)
    assert (made.operations, made.pruned, made.warnings) == ({}, (), ())
