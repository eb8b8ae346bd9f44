# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning of rotation: when it is due, what becomes of predecessors, how an interrupted one is taken up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.plan import Delete, Generate, Plan, Update
from ansible_collections.mondoo.platform.plugins.module_utils._planning.planner import plan_token
from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token, retired_name
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    HOUR,
    NOW,
    SECOND,
    facts,
    roles,
    spec,
    token,
)

OLD = token("ci", description="Pipelines", created_at=NOW - 10 * DAY, last_used_at=NOW - DAY)
ZERO = timedelta()
AT_NOW = "ci (retired 2026-11-23T18:00:00Z)"


def retired(at: datetime, **changes: Any) -> Token:
    return token(retired_name("ci", at), key=f"retired-{at:%d%H%M%S}", **changes)


def plan(declared: TokenSpec, *listing: Token, **around: Any) -> Plan:
    return plan_token(declared, listing, facts(**around))


def successor_of(predecessor: Token, **changes: Any) -> Token:
    new = replace(predecessor, name="ci", mrn=None, created_at=None, last_used_at=None, created_by=None)
    return replace(new, **changes)


# Due or not


@pytest.mark.parametrize(
    ("age", "rotate_after", "due"),
    [
        (10 * DAY, 10 * DAY, True),
        (10 * DAY, 10 * DAY + SECOND, False),
        (10 * DAY, 9 * DAY, True),
        (ZERO, ZERO, True),
        (-HOUR, HOUR, False),  # the service's clock is ahead
    ],
)
def test_due_by_age(age: timedelta, rotate_after: timedelta, due: bool) -> None:
    current = replace(OLD, created_at=NOW - age)
    assert plan(spec(rotate_after=rotate_after), current).changed is due


def test_rotation_makes_before_it_breaks() -> None:
    made = plan(spec(rotate_after=DAY), OLD, token("other"))
    aside = replace(OLD, name=AT_NOW)
    new = successor_of(OLD)
    assert made.steps == (Update(OLD, name=AT_NOW), Generate(new, replaces=aside), Delete(aside))
    assert (made.before, made.after) == (OLD, new)


def test_with_overlap_the_predecessor_stays() -> None:
    made = plan(spec(rotate_after=DAY, overlap=HOUR), OLD)
    assert made.operations == ["updateAPIToken", "generateAPIToken"]


def test_an_overlap_of_zero_is_no_overlap() -> None:
    assert plan(spec(rotate_after=DAY, overlap=ZERO), OLD).operations[-1] == "deleteAPIToken"


def test_a_rotation_takes_the_declared_changes_along_without_further_requests() -> None:
    made = plan(spec(rotate_after=DAY, description="New", roles=roles("agent")), OLD)
    assert made.operations == ["updateAPIToken", "generateAPIToken", "deleteAPIToken"]
    assert made.after is not None
    assert (made.after.description, made.diff["after"]["permissions"]) == ("New", ["agent"])


def test_a_rotation_by_mrn_with_a_new_name() -> None:
    made = plan(spec("build", mrn=OLD.mrn, rotate_after=DAY), OLD)
    aside = replace(OLD, name="build (retired 2026-11-23T18:00:00Z)")
    assert made.steps[0] == Update(OLD, name=aside.name)
    assert made.steps[1] == Generate(successor_of(OLD, name="build"), replaces=aside)


def test_an_unknown_age_is_an_error_unless_age_does_not_matter() -> None:
    unknown = replace(OLD, created_at=None)
    with pytest.raises(MondooError, match="does not tell when it was created") as caught:
        plan(spec(rotate_after=DAY), unknown)
    assert caught.value.code == "SchemaMismatch"
    assert plan(spec(rotate_after=ZERO), unknown).generates


@pytest.mark.parametrize("rotate_after", [ZERO, DAY])
def test_the_own_credential_is_not_rotated(rotate_after: timedelta) -> None:
    with pytest.raises(MondooError, match="rotate the API token") as caught:
        plan(spec(rotate_after=rotate_after), OLD, own=OLD)
    assert caught.value.code == "OwnCredential"


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (None, AT_NOW),
        (NOW - DAY, AT_NOW),
        (NOW, "ci (retired 2026-11-23T18:00:01Z)"),
        (NOW + 5 * SECOND, "ci (retired 2026-11-23T18:00:06Z)"),
        (NOW + timedelta(microseconds=999999), "ci (retired 2026-11-23T18:00:01Z)"),
    ],
)
def test_the_retirement_is_later_than_the_present_secret(file: datetime | None, expected: str) -> None:
    step = plan(spec(rotate_after=DAY, token_path="/t"), OLD, file=file).steps[0]
    assert isinstance(step, Update)
    assert step.name == expected


def test_the_retirement_is_in_utc() -> None:
    local = NOW.astimezone(timezone(timedelta(hours=9)))
    step = plan(spec(rotate_after=DAY), OLD, now=local).steps[0]
    assert isinstance(step, Update)
    assert step.name == AT_NOW


# Lost secrets


@pytest.mark.parametrize(
    ("lost_secret", "file", "operations", "warns"),
    [
        ("warn", False, [], True),
        ("warn", NOW, [], False),
        ("fail", NOW, [], False),
        ("rotate", NOW, [], False),
        ("rotate", False, ["updateAPIToken", "generateAPIToken", "deleteAPIToken"], False),
        ("rotate", None, [], False),
    ],
)
def test_lost_secret(lost_secret: str, file: datetime | bool | None, operations: list[str], warns: bool) -> None:
    path = None if file is None else "/t"
    made = plan(spec(lost_secret=lost_secret, token_path=path), OLD, file=file)
    assert made.operations == operations
    assert bool(made.warnings) is warns


def test_the_warning_about_a_lost_secret_tells_the_way_out() -> None:
    (warning,) = plan(spec(token_path="/etc/ci"), OLD, file=False).warnings
    assert warning.startswith('The API token "ci" of space "space-1" exists, but /etc/ci does not')
    assert "lost_secret to rotate" in warning


def test_a_lost_secret_can_fail() -> None:
    with pytest.raises(MondooError, match="exists, but /etc/ci does not") as caught:
        plan(spec(token_path="/etc/ci", lost_secret="fail"), OLD, file=False)
    assert caught.value.code == "LostSecret"


def test_a_lost_secret_does_not_matter_where_rotation_is_due_anyway() -> None:
    made = plan(spec(token_path="/etc/ci", lost_secret="fail", rotate_after=DAY), OLD, file=False)
    assert made.generates
    assert not made.warnings


# Predecessors


@pytest.mark.parametrize(
    ("changes", "retired_for", "used_after", "deleted", "warns"),
    [
        pytest.param({"rotate_after": 90 * DAY}, HOUR, False, True, False, id="no overlap"),
        pytest.param({"rotate_after": 90 * DAY, "overlap": 2 * HOUR}, HOUR, False, False, False, id="within"),
        pytest.param({"rotate_after": 90 * DAY, "overlap": HOUR}, HOUR, False, True, False, id="at its end"),
        pytest.param({"overlap": HOUR}, DAY, False, True, False, id="overlap alone is enough"),
        pytest.param({"overlap": 2 * DAY}, DAY, True, False, True, id="still used within"),
        pytest.param({"overlap": HOUR}, DAY, True, True, True, id="still used after"),
        pytest.param({}, DAY, True, False, False, id="no business of a declaration without rotation"),
        pytest.param({"lost_secret": "rotate"}, DAY, False, False, False, id="lost_secret without a file"),
        pytest.param({"overlap": HOUR}, -HOUR, False, False, False, id="retired in the future"),
    ],
)
def test_leftovers(
    changes: dict[str, Any], retired_for: timedelta, used_after: bool, deleted: bool, warns: bool
) -> None:
    at = NOW - retired_for
    left = retired(at, last_used_at=at + SECOND if used_after else at - SECOND)
    made = plan(spec(**changes), OLD, left)
    assert made.steps == ((Delete(left),) if deleted else ())
    assert bool(made.warnings) is warns
    assert all(left.name in warning and str(left.mrn) in warning for warning in made.warnings)


def test_a_rotation_with_overlap_keeps_the_newest_and_deletes_the_outdated() -> None:
    outdated = retired(NOW - 2 * DAY)
    made = plan(spec(rotate_after=DAY, overlap=DAY), OLD, outdated)
    assert made.operations == ["updateAPIToken", "generateAPIToken", "deleteAPIToken"]
    assert made.steps[-1] == Delete(outdated)


def test_the_own_credential_among_the_predecessors_is_kept() -> None:
    left = retired(NOW - DAY)
    made = plan(spec(overlap=HOUR), OLD, left, own=left)
    assert not made.changed
    (warning,) = made.warnings
    assert "is kept: this task logs in with it" in warning


def test_predecessors_of_other_names_are_left_alone() -> None:
    others = token(retired_name("other", NOW - DAY), key="o"), token("ci (retired yesterday)", key="y")
    assert not plan(spec(rotate_after=90 * DAY), OLD, *others).changed


# Interrupted rotations


def test_a_rotation_that_ended_after_the_renaming_goes_on() -> None:
    left = retired(NOW - HOUR, description="Pipelines")
    made = plan(spec(rotate_after=DAY), left)
    new = successor_of(left)
    assert made.steps == (Generate(new, replaces=left), Delete(left))


def test_what_is_declared_wins_over_the_predecessor() -> None:
    left = retired(NOW - HOUR, description="Pipelines")
    made = plan(spec(rotate_after=DAY, description="", roles=roles("agent")), left)
    assert made.after is not None
    assert made.diff["after"] == {"name": "ci", "description": "", "permissions": ["agent"]}


def test_the_newest_predecessor_is_the_model_for_a_successor() -> None:
    older = retired(NOW - 3 * HOUR, description="older")
    newer = retired(NOW - HOUR, description="newer")
    made = plan(spec(rotate_after=DAY, overlap=2 * HOUR), older, newer)
    assert made.after is not None
    assert made.after.description == "newer"
    assert made.steps == (Generate(made.after, replaces=newer), Delete(older))


def test_a_predecessor_gets_its_name_back_only_if_its_secret_is_the_one_in_the_file() -> None:
    """Somebody has deleted the successor, whose secret is in the file."""
    left = retired(NOW - HOUR)
    declared = spec(rotate_after=DAY, overlap=DAY, token_path="/t")
    for file, replaces in ((NOW - 2 * HOUR, left), (NOW - HOUR, None), (NOW, None), (False, left)):
        assert plan(declared, left, file=file).steps == (Generate(successor_of(left), replaces=replaces),)


FRESH = token("ci", created_at=NOW - HOUR, last_used_at=None)


@pytest.mark.parametrize(
    ("changes", "file", "current", "replaced"),
    [
        pytest.param({}, None, FRESH, True, id="a predecessor that should be gone"),
        pytest.param({}, None, replace(FRESH, last_used_at=NOW), False, id="its secret is in use"),
        pytest.param({}, None, replace(FRESH, last_use_known=False), False, id="its secret may be in use"),
        pytest.param({"overlap": DAY}, None, FRESH, False, id="the predecessor may be there"),
        pytest.param({"token_path": "/t"}, NOW - 2 * HOUR, FRESH, True, id="the file is older than the retirement"),
        pytest.param({"token_path": "/t"}, NOW, FRESH, False, id="the file is newer"),
        pytest.param({"token_path": "/t"}, NOW - HOUR, FRESH, False, id="the file is of the very moment"),
        pytest.param({"token_path": "/t", "overlap": DAY}, NOW - 2 * HOUR, FRESH, True, id="older, with overlap"),
        pytest.param({"token_path": "/t", "overlap": DAY}, NOW, FRESH, False, id="newer, with overlap"),
        pytest.param({"token_path": "/t"}, False, FRESH, True, id="no file and no overlap"),
    ],
)
def test_a_successor_that_was_never_delivered_is_replaced(
    changes: dict[str, Any], file: datetime | bool | None, current: Token, replaced: bool
) -> None:
    left = retired(NOW - HOUR)
    made = plan(spec(rotate_after=90 * DAY, **changes), current, left, file=file)
    assert made.generates is replaced
    assert any("cut short" in warning for warning in made.warnings) is replaced
    if replaced:
        assert made.steps[:2] == (Delete(current), Generate(successor_of(current), replaces=left))
    assert (Delete(left) in made.steps) is ("overlap" not in changes)


def test_the_own_credential_is_not_replaced_as_undelivered() -> None:
    with pytest.raises(MondooError, match="replace the API token"):
        plan(spec(rotate_after=90 * DAY), FRESH, retired(NOW - HOUR), own=FRESH)


def test_a_declaration_without_rotation_takes_nothing_for_undelivered() -> None:
    assert not plan(spec(), FRESH, retired(NOW - HOUR)).changed
