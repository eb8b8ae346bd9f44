# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps, what they leave and how that is recognised; what is reported of a plan."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.plan import (
    Delete,
    Generate,
    Plan,
    SetRoles,
    Update,
)
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    MEMBER,
    NOW,
    declare,
    pending,
    retired,
    roles,
    token,
)
from ansible_collections.mondoo.platform.tests.unit.support.plans import Case

CI = token(description="Pipelines")


@pytest.mark.parametrize(
    ("step", "name", "description"),
    [
        (Update(CI, name="ci2"), "ci2", "Pipelines"),
        (Update(CI, description="Nightly"), "ci", "Nightly"),
        (Update(CI, description=""), "ci", ""),
        (Update(CI, name="ci2", description="Nightly"), "ci2", "Nightly"),
    ],
)
def test_an_update_leaves_what_it_does_not_name(step: Update, name: str, description: str) -> None:
    after = replace(CI, name=name, description=description)
    assert step.after == after
    assert step.is_done(after)
    assert step.is_done(replace(after, roles=roles("owner"), description=f"{description} \n"))
    assert not step.is_done(CI)
    assert not step.is_done(replace(after, name="else", description="else"))
    assert not step.is_done(None)


def test_permissions_are_set_beside_the_membership() -> None:
    step = SetRoles(CI, roles("agent"))
    assert step.after == replace(CI, roles=roles("agent") | MEMBER)
    assert step.is_done(step.after)
    assert step.is_done(replace(CI, roles=roles("agent")))
    assert not step.is_done(CI)
    assert not step.is_done(None)


def test_permissions_are_set_however_the_service_writes_them() -> None:
    step = SetRoles(CI, frozenset({"//iam.api.mondoo.app/roles/my-role"}))
    assert step.is_done(replace(CI, roles=frozenset({"//iam.eu.api.mondoo.com/roles/My-Role"}) | MEMBER))
    assert not step.is_done(replace(CI, roles=frozenset({"//iam.eu.api.mondoo.com/roles/My-Other"}) | MEMBER))


def test_a_deletion_is_done_when_the_token_is_not_there() -> None:
    assert Delete(CI).is_done(None)
    assert not Delete(CI).is_done(CI)


@pytest.mark.parametrize(
    ("plan", "changed", "generates", "hands_over"),
    [
        (Plan(CI, CI), False, False, False),
        (Plan(CI, None, (Delete(CI),)), True, False, False),
        (Plan(None, CI, (Generate(CI, NOW),)), True, True, True),
        (Plan(CI, CI, (Update(pending(), name="ci"),), finished=pending()), True, False, True),
    ],
)
def test_what_a_plan_is_about(plan: Plan, changed: bool, generates: bool, hands_over: bool) -> None:
    assert (plan.changed, plan.generates, plan.hands_over) == (changed, generates, hands_over)


def test_a_diff_shows_why_a_secret_is_replaced_and_nothing_of_it() -> None:
    before = {"name": "ci", "description": "Pipelines", "permissions": ["viewer"]}
    assert Case(declare(rotate_after=9 * DAY), [CI]).plan().diff == {
        "before": {**before, "secret": "in use"},
        "after": {**before, "secret": "replaced: 10 days old, rotate_after 9d"},
    }
    assert Plan(CI, CI, (Generate(CI, NOW),)).diff["after"]["secret"] == "replaced"


def test_a_diff_of_a_change_a_creation_and_a_deletion() -> None:
    change = Case(declare(description="Nightly"), [CI]).plan().diff
    assert (change["before"]["description"], change["after"]["description"]) == ("Pipelines", "Nightly")
    assert "secret" not in change["before"] | change["after"]
    creation = Case(declare(roles=roles("agent"))).plan().diff
    assert creation == {"before": {}, "after": {"name": "ci", "description": "", "permissions": ["agent"]}}
    assert Case(declare(present=False), [CI]).plan().diff["after"] == {}


def test_a_diff_names_the_leftovers_that_are_deleted() -> None:
    """Each is a credential that stops working."""
    old, new = retired(2 * DAY), pending()
    absent = Case(declare(present=False), [old, new]).plan().diff
    assert absent == {"before": {"leftovers": sorted([old.name, new.name])}, "after": {}}
    expired = Case(declare(overlap=DAY), [CI, old]).plan().diff
    assert (expired["before"].pop("leftovers"), expired["after"].pop("leftovers")) == ([old.name], [])
    assert expired["before"] == expired["after"]
