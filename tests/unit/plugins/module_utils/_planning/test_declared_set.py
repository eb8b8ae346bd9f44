# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for a declared set: entries that are about the same token, what is pruned, and what all of it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import Context, Declaration, Mode
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declared_set import (
    Deletion,
    Prune,
    count_operations,
    index_listings,
    missing_deliveries,
    plan_prune,
    plan_set,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.plan import Plan
from ansible_collections.mondoo.platform.plugins.module_utils._values import errors
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    NOW,
    ORGANIZATION,
    SECOND,
    SPACE,
    context,
    declare,
    pending,
    retired,
    roles,
    token,
    token_mrn,
)
from ansible_collections.mondoo.platform.tests.unit.support.plans import Line

VIEWER = roles("viewer")
CI = token()
OTHER = token("other")
TWIN = token(key="twin")
ELSEWHERE = token(scope=ORGANIZATION)
UNREADABLE = MondooError(errors.PERMISSION_DENIED, "no")
NO_DIRECTORY = MondooError(errors.FILE_FAILED, "the directory does not exist")
ELSE: dict[str, Any] = {"scope": ORGANIZATION}


@dataclass(frozen=True)
class Set:
    """Declared entries, what there is, and what there is to prune.

    unreadable: a scope that cannot be listed. broken: numbers of entries that cannot be planned. pruned: the names of what is
    deleted, each with the numbers of the entries that must have succeeded before.
    """

    declared: Sequence[Declaration]
    there: Sequence[Token] = ()
    pruned: Mapping[str, set[int]] = field(default_factory=dict)
    prune: Prune = field(default_factory=Prune)
    around: Context = field(default_factory=context)
    unreadable: Scope | None = None
    broken: Sequence[int] = ()
    warnings: Sequence[str] = ()

    def plans(self) -> list[Plan | MondooError]:
        return plan_set(self._lines, self._listings, index_listings(self._listings), self.around)

    def deletions(self) -> tuple[list[Deletion], list[str]]:
        return plan_prune(self._lines, self.plans(), index_listings(self._listings), self.prune, self.around)

    @property
    def codes(self) -> list[str | None]:
        """For each entry why it is not planned."""
        return [plan.code if isinstance(plan, MondooError) else None for plan in self.plans()]

    @property
    def _lines(self) -> list[Line]:
        return [
            Line(declaration, f"entry {number}", NO_DIRECTORY if number in self.broken else None)
            for number, declaration in enumerate(self.declared)
        ]

    @property
    def _listings(self) -> dict[Scope, tuple[Token, ...] | MondooError]:
        scopes = {declaration.scope for declaration in self.declared}
        return {
            scope: UNREADABLE if scope == self.unreadable else tuple(t for t in self.there if t.scope == scope)
            for scope in scopes
        }


OVERLAP = declare(rotate_after=90 * DAY, overlap=2 * DAY)
NEW = declare(roles=VIEWER)

PRUNED = {
    "what nobody declares": Set([declare()], [CI, OTHER], {"other": set()}),
    "not what is declared": Set([declare(), declare("other")], [CI, OTHER]),
    "not what is declared absent, which its entry deletes": Set([declare(present=False)], [CI, retired()]),
    "the namesake of a token that is declared by its MRN": Set([declare(mrn=CI.mrn)], [CI, TWIN], {"ci": set()}),
    "not the token that an MRN alone declares": Set([declare(None, mrn=CI.mrn)], [CI, OTHER], {"other": set()}),
    "not two tokens of a declared name, of which either may be meant": Set([declare()], [CI, TWIN]),
    "a name in other letters, once it is clear that the service tells them apart": Set(
        [declare("CI", roles=VIEWER)], [CI], {"ci": {0}}
    ),
    "the predecessor of a name in other letters": Set(
        [declare("CI", roles=VIEWER)], [retired()], {retired().name: {0}}
    ),
    "not a name in other letters than one whose entry has no plan": Set([declare(" Ci")], [CI], broken=[0]),
    "not a name in other letters than one whose secret is under way": Set(
        [declare("CI", roles=VIEWER)], [CI], around=context(mode=Mode.STAGED)
    ),
    "not the successor of a token that is declared by its MRN": Set(
        [declare(None, mrn=retired().mrn)], [CI, retired()]
    ),
    "the successor of a token that is declared absent": Set(
        [declare(None, mrn=retired().mrn, present=False)], [CI, retired()], {"ci": set()}
    ),
    "a name that is declared elsewhere": Set(
        [declare(), declare("build", roles=VIEWER, **ELSE)],
        [CI, token("build"), ELSEWHERE],
        {"build": set(), "ci": set()},
    ),
    "not the token that the task logs in with": Set([declare()], [CI, OTHER], around=context(own=OTHER)),
    "where nobody can tell which one that is, with a warning": Set(
        [declare()],
        [CI, OTHER],
        {"other": set()},
        around=Context(NOW, identity_known=False),
        warnings=["cannot determine whether this task logs in with one of these tokens"],
    ),
    "nothing, and no warning of it": Set([declare()], [CI], around=Context(NOW, identity_known=False)),
    # Of other scopes
    "not a token whose MRN names another scope": Set([declare()], [CI, replace(ELSEWHERE, name="x", scope=SPACE)]),
    "a token whose MRN says nothing": Set([declare()], [CI, token("x", mrn="//x")], {"x": set()}),
    "not a token that another entry declares under another scope": Set(
        [declare(), declare(None, mrn="//x", **ELSE)],
        [CI, token("x", mrn="//x")],
        warnings=['Nothing was pruned in organization "org-1"'],
    ),
    "nothing in a scope that cannot be read": Set(
        [declare(**ELSE), declare()], [ELSEWHERE, CI, OTHER], {"other": set()}, unreadable=ORGANIZATION
    ),
    # What the entry's own plan is about
    "not pending tokens of a declared name": Set([declare()], [CI, pending(SECOND), pending(DAY)]),
    "pending tokens of no declared name": Set([declare()], [CI, pending(name="x")], {pending(name="x").name: set()}),
    # Predecessors
    "a predecessor, after its successor's entry": Set([declare()], [CI, retired()], {retired().name: {0}}),
    "a predecessor of a token that is yet to be created": Set([NEW], [retired()], {retired().name: {0}}),
    "a predecessor, after both entries that may be its successor's": Set(
        [declare(mrn=CI.mrn), declare(None, mrn=TWIN.mrn)], [CI, TWIN, retired()], {retired().name: {0, 1}}
    ),
    "not a predecessor whose overlap is not over": Set(
        [declare(overlap=2 * DAY), declare("new", roles=VIEWER)], [CI, retired(2 * DAY - SECOND)]
    ),
    "not a predecessor of a token that is renamed, whose overlap is not over": Set(
        [declare("ci2", mrn=CI.mrn, overlap=2 * DAY)], [CI, retired()]
    ),
    "a predecessor of a token that is renamed": Set(
        [declare("ci2", mrn=CI.mrn)], [CI, retired()], {retired().name: {0}}
    ),
    "not a predecessor whose successor's entry has no plan": Set(
        [declare()], [CI, retired(), OTHER], {"other": set()}, broken=[0]
    ),
    "not a predecessor whose successor's entry has no plan, found by its MRN": Set(
        [declare("ci2", mrn=CI.mrn)], [CI, TWIN, retired()], broken=[0]
    ),
    "not a predecessor while a staged secret is under way": Set([NEW], [retired()], around=context(mode=Mode.STAGED)),
    "not a predecessor where no secret was delivered": Set([NEW], [retired()], around=context(mode=Mode.FINISH)),
    "a predecessor where the entry does not rotate, in a staged run": Set(
        [declare()], [CI, retired()], {retired().name: {0}}, around=context(mode=Mode.STAGED)
    ),
    "what only looks like a predecessor": Set(
        [OVERLAP], [CI, token("ci (retired 2026-99-99T00:00:00Z)")], {"ci (retired 2026-99-99T00:00:00Z)": set()}
    ),
    # An MRN that is not there: a successor of that token cannot be told from what nobody declares.
    "nothing where a declared MRN is not there": Set(
        [declare(None, mrn=token_mrn("gone")), declare(**ELSE)],
        [CI, OTHER, ELSEWHERE, token("x", scope=ORGANIZATION)],
        {"x": set()},
        warnings=['Nothing was pruned in space "space-1"'],
    ),
    "nothing where a declared MRN is not there, whatever else fails": Set(
        [declare(None, mrn=token_mrn("gone"))], [CI], broken=[0], warnings=["Nothing was pruned"]
    ),
    "what nobody declares beside an MRN that is gone, as declared": Set(
        [declare(None, mrn=token_mrn("gone"), present=False)], [CI], {"ci": set()}
    ),
    # Names to keep
    "not a name to keep": Set([declare()], [CI, OTHER], prune=Prune(("other",))),
    "not names that fit a pattern": Set(
        [declare()], [CI, OTHER, token("tf-1"), token("tf-2")], {"other": set()}, Prune(("tf-?",))
    ),
    "names in other letters than the pattern": Set(
        [declare()], [CI, OTHER], {"other": set()}, Prune(("O*",)), warnings=['"O*" matches no API token']
    ),
    "not a name that is a pattern by accident": Set(
        [declare()], [CI, token("[ops] deploy")], prune=Prune(("[ops] deploy",))
    ),
    "a pattern that fits only what is declared is not warned of": Set([declare()], [CI], prune=Prune(("c*",))),
    "a pattern that fits nothing is warned of": Set(
        [declare()], [CI], prune=Prune(("x", "c?")), warnings=['prune_keep: "x" matches no API token']
    ),
    "a retired name to keep": Set([declare()], [CI, retired()], prune=Prune(("* (retired *)",))),
}


@pytest.mark.parametrize("case", PRUNED.values(), ids=PRUNED)
def test_prune_deletes(case: Set) -> None:
    deletions, warnings = case.deletions()
    assert {each.token.name: set(each.needs) for each in deletions} == case.pruned
    assert len(warnings) == len(case.warnings), warnings
    assert all(part in warning for part, warning in zip(case.warnings, warnings, strict=True))
    for each in deletions:
        assert (each.plan.before, each.plan.after, each.plan.operations) == (each.token, None, ["deleteAPIToken"])


def test_a_predecessor_whose_overlap_is_over_is_deleted_once() -> None:
    """By the rules of its entry, and not as undeclared too."""
    case = Set([OVERLAP], [CI, retired(2 * DAY)])
    (plan,) = case.plans()
    assert isinstance(plan, Plan)
    assert plan.operations == ["deleteAPIToken"]
    assert case.deletions() == ([], [])


@pytest.mark.parametrize(("limit", "refused"), [(3, False), (2, True), (0, True)])
def test_too_many_are_refused_before_anything_is_deleted(limit: int, refused: bool) -> None:
    there = [CI, ELSEWHERE, OTHER, token("old"), token("x", scope=ORGANIZATION), token("kept")]
    case = Set([declare(), declare(**ELSE)], there, prune=Prune(("kept",), limit))
    if not refused:
        assert len(case.deletions()[0]) == 3
        return
    with pytest.raises(MondooError) as caught:
        case.deletions()
    assert caught.value.code == errors.PRUNE_LIMIT
    for part in ("3 API tokens", f"prune_limit is {limit}", '"x" of organization "org-1"', "Nothing was changed"):
        assert part in str(caught.value)


@pytest.mark.parametrize(("count", "more"), [(5, False), (6, True)])
def test_a_prune_that_is_refused_names_five(count: int, more: bool) -> None:
    case = Set([declare()], [token(f"undeclared-{number}") for number in range(count)], prune=Prune(limit=1))
    with pytest.raises(MondooError) as caught:
        case.deletions()
    assert str(caught.value).count('"undeclared-') == 5
    assert ("…" in str(caught.value)) is more


def test_by_default_twenty_five_are_pruned_at_most() -> None:
    there = [token(f"undeclared-{number}") for number in range(26)]
    assert len(Set([declare(present=False)], there[:25]).deletions()[0]) == 25
    with pytest.raises(MondooError, match="26 API tokens are not declared"):
        Set([declare(present=False)], there).deletions()


def test_a_prune_of_one_is_refused_in_the_singular() -> None:
    with pytest.raises(MondooError, match="1 API token is not declared, and prune_limit is 0"):
        Set([declare(present=False)], [OTHER], prune=Prune(limit=0)).deletions()


BY_MRN = {"mrn": CI.mrn}


@pytest.mark.parametrize(
    "second",
    [declare(None, **BY_MRN), declare("build", **BY_MRN), declare(None, present=False, **BY_MRN)],
    ids=["the same", "renamed", "deleted"],
)
def test_two_entries_that_are_about_one_token_are_refused(second: Declaration) -> None:
    case = Set([declare(description="x"), second, declare("other", description="y")], [CI, OTHER, retired()])
    assert case.codes == [errors.INVALID_OPTION, errors.INVALID_OPTION, None]
    for plan in case.plans()[:2]:
        assert f"entry 0 and entry 1 refer to the same API token, {CI.mrn}" in str(plan)
    assert case.deletions() == ([], [])


def test_two_entries_that_are_about_one_predecessor_are_refused() -> None:
    case = Set([declare(present=False), declare(None, mrn=retired().mrn, description="kept")], [CI, retired()])
    assert case.codes == [errors.INVALID_OPTION, errors.INVALID_OPTION]
    assert case.deletions() == ([], [])


def test_one_name_in_two_scopes_is_no_conflict() -> None:
    case = Set([declare(description="x"), declare(description="x", **ELSE)], [CI, ELSEWHERE])
    assert case.codes == [None, None]


def test_a_failure_of_one_entry_is_its_own() -> None:
    case = Set([declare(), declare("new"), declare("other"), declare("x")], [CI, OTHER], broken=[3])
    assert case.codes == [None, errors.INVALID_OPTION, None, errors.FILE_FAILED]


def test_each_entry_of_an_unreadable_scope_has_an_error_of_its_own() -> None:
    first, second = Set([declare(), declare("other")], unreadable=SPACE).plans()
    assert isinstance(first, MondooError)
    first.note("Only here.")
    assert "Only here." not in f"{second} {UNREADABLE}"


def test_what_a_set_takes() -> None:
    """The permissions of one scope are set by one mutation."""
    declared = [
        declare(roles=roles("editor"), description="x"),
        declare("other", roles=roles("editor")),
        declare(roles=roles("owner"), **ELSE),
        declare("new", roles=VIEWER),
        declare("old", rotate_after=DAY),
    ]
    plans = Set(declared, [CI, OTHER, ELSEWHERE, token("old")]).plans()
    counts = count_operations(plan for plan in plans if isinstance(plan, Plan))
    assert counts == {"deleteAPIToken": 1, "generateAPIToken": 2, "setRoles": 2, "updateAPIToken": 2}
    assert list(counts) == sorted(counts)
    assert count_operations([]) == {}


@pytest.mark.parametrize(
    ("there", "unreadable", "words"),
    [
        ([CI, pending()], None, None),
        ([CI], None, f"1 API token that the service does not have: {pending().mrn}. Its secret does not work."),
        (
            [],
            None,
            f"2 API tokens that the service does not have: {CI.mrn}, {pending().mrn}. Their secrets do not work.",
        ),
        ([], SPACE, None),
    ],
)
def test_a_delivery_whose_token_is_gone_is_warned_of(
    there: list[Token], unreadable: Scope | None, words: str | None
) -> None:
    listings: dict[Scope, tuple[Token, ...] | MondooError] = {SPACE: tuple(there)}
    if unreadable is not None:
        listings[unreadable] = UNREADABLE
    warnings = missing_deliveries(listings, context(mode=Mode.FINISH, delivered=[CI, pending()]))
    assert len(warnings) == (words is not None)
    assert words is None or words in warnings[0]


@pytest.mark.parametrize(("count", "more"), [(5, False), (6, True)])
def test_a_warning_names_five_deliveries(count: int, more: bool) -> None:
    gone = [pending(key=f"gone-{number}") for number in range(count)]
    (warning,) = missing_deliveries({SPACE: ()}, context(delivered=gone))
    assert warning.count("gone-") == 5
    assert ("…" in warning) is more
