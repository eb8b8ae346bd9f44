# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps and what they leave, and boundaries that mutation testing asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.fleet import Declared, Prune, plan_fleet
from ansible_collections.mondoo.platform.plugins.module_utils._planning.plan import (
    Delete,
    Generate,
    SetRoles,
    Update,
    left_by,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.planner import plan_token
from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import Facts
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token, retired_name
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    MEMBER,
    NOW,
    SECOND,
    SPACE,
    facts,
    roles,
    spec,
    token,
)

CI = token("ci", description="Scans")
OTHER = token("other")


@pytest.mark.parametrize(
    ("step", "name", "description"),
    [
        (Update(CI, name="new"), "new", "Scans"),
        (Update(CI, description="New"), "ci", "New"),
        (Update(CI, description=""), "ci", ""),
        (Update(CI, name="new", description="New"), "new", "New"),
    ],
)
def test_an_update_leaves_what_it_does_not_name(step: Update, name: str, description: str) -> None:
    after = replace(CI, name=name, description=description)
    assert step.after == after
    assert left_by(step, CI) == after
    assert step.reached(after)
    # Roles are another step's.
    assert step.reached(replace(after, roles=roles("owner")))
    assert not step.reached(CI)
    assert not step.reached(replace(after, name="else"))
    assert not step.reached(replace(after, description="else"))
    assert not step.reached(None)


def test_roles_are_set_but_for_memberships() -> None:
    step = SetRoles(CI, roles("agent", "editor"))
    after = replace(CI, roles=roles("agent", "editor") | MEMBER)
    assert left_by(step, CI) == after
    assert step.reached(after)
    assert step.reached(replace(after, roles=roles("agent", "editor")))
    assert not step.reached(CI)
    assert not step.reached(None)


def test_a_deletion_leaves_nothing() -> None:
    assert left_by(Delete(CI), CI) is None
    assert Delete(CI).reached(None)
    assert not Delete(CI).reached(CI)


@pytest.mark.parametrize("step", [SetRoles(OTHER, roles("agent")), Delete(OTHER)], ids=["roles", "deletion"])
def test_steps_of_others_leave_the_token_alone(step: SetRoles | Delete) -> None:
    assert left_by(step, CI) == CI
    assert left_by(step, None) is None


@pytest.mark.parametrize(
    ("lost_secret", "token_path", "expected"),
    [("rotate", "/f", True), ("rotate", None, False), ("warn", "/f", False), ("fail", "/f", False)],
)
def test_a_lost_secret_is_about_rotation_where_there_is_a_file(
    lost_secret: str, token_path: str | None, expected: bool
) -> None:
    assert spec(lost_secret=lost_secret, token_path=token_path).rotates is expected


def test_a_task_owns_no_token_unless_told() -> None:
    assert not Facts(NOW).is_own(CI)


def test_roles_that_are_there_already_are_no_change() -> None:
    """The token that the task logs in with may be declared as it is."""
    assert plan_token(spec(roles=roles("viewer")), (CI,), facts(own=CI)).steps == ()
    with pytest.raises(MondooError, match="take permissions from"):
        plan_token(spec(roles=roles("agent")), (CI,), facts(own=CI))
    # More rights than before are no danger to the task.
    (step,) = plan_token(spec(roles=roles("viewer", "editor")), (CI,), facts(own=CI)).steps
    assert isinstance(step, SetRoles)


@pytest.fixture
def two_predecessors() -> tuple[Token, Token]:
    """The newer and the older."""
    newer, older = (token(retired_name("ci", NOW - age), key=f"{age}") for age in (DAY, 5 * DAY))
    return newer, older


def test_the_latest_predecessor_gets_the_name_back(two_predecessors: tuple[Token, Token]) -> None:
    newer, older = two_predecessors
    wanted = spec(roles=roles("viewer"), rotate_after=90 * DAY, overlap=30 * DAY, token_path="/f")
    for listing in ((newer, older), (older, newer)):
        # The file is missing, or older than both.
        for written in (False, NOW - 6 * DAY):
            (step,) = plan_token(wanted, listing, facts(file=written)).steps
            assert isinstance(step, Generate)
            assert step.replaces == newer
        # Written after the older one's retirement and before the newer one's: it is the newer one's secret.
        (step,) = plan_token(wanted, listing, facts(file=NOW - 2 * DAY)).steps
        assert isinstance(step, Generate)
        assert step.replaces == newer


def test_a_successor_that_was_not_delivered_is_told_by_the_latest_predecessor(
    two_predecessors: tuple[Token, Token],
) -> None:
    newer, older = two_predecessors
    current = token("ci", key="current", created_at=NOW - DAY)
    wanted = spec(rotate_after=90 * DAY, overlap=30 * DAY, token_path="/f")
    plan = plan_token(wanted, (older, current, newer), facts(file=NOW - 2 * DAY))
    assert plan.operations == ["deleteAPIToken", "generateAPIToken"]
    (generate,) = (step for step in plan.steps if isinstance(step, Generate))
    assert generate.replaces == newer
    assert plan_token(wanted, (older, current, newer), facts(file=NOW - DAY + SECOND)).steps == ()


def test_a_use_at_the_moment_of_retirement_is_no_late_use() -> None:
    at = NOW - DAY
    current = token("ci", key="current", created_at=at, last_used_at=NOW)
    for used, warnings in ((at, 0), (at + SECOND, 1)):
        predecessor = token(retired_name("ci", at), key="old", last_used_at=used)
        plan = plan_token(spec(overlap=7 * DAY), (current, predecessor), facts())
        assert (plan.steps, len(plan.warnings)) == ((), warnings)


@pytest.mark.parametrize(("count", "more"), [(5, False), (6, True)])
def test_a_prune_that_is_refused_names_five(count: int, more: bool) -> None:
    listing = [CI, *(token(f"undeclared-{number}") for number in range(count))]
    with pytest.raises(MondooError) as caught:
        plan_fleet([Declared(spec("ci"), facts(), "entry 1")], {SPACE: listing}, Prune(limit=1))
    assert str(caught.value).count('"undeclared-') == 5
    assert ("…" in str(caught.value)) is more


def test_twenty_five_are_pruned_and_no_more() -> None:
    declared = [Declared(spec("ci"), facts(), "entry 1")]
    listing = [CI, *(token(f"undeclared-{number}") for number in range(26))]
    assert len(plan_fleet(declared, {SPACE: listing[:-1]}, Prune()).pruned) == 25
    with pytest.raises(MondooError, match="26 API tokens are not declared"):
        plan_fleet(declared, {SPACE: listing}, Prune())


def test_an_overlap_ends_to_the_second() -> None:
    declared = [Declared(spec("ci", overlap=7 * DAY), facts(), "entry 1")]
    for age, count in ((7 * DAY - SECOND, 0), (7 * DAY, 1)):
        predecessor = token(retired_name("ci", NOW - age), key="old")
        plan = plan_fleet(declared, {SPACE: [CI, predecessor]}, Prune())
        # Whoever deletes it, it goes once.
        assert sum(step.operation == "deleteAPIToken" for made in plan.plans for step in made.steps) == count
