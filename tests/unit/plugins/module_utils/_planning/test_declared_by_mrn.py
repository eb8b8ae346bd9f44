# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens that are declared by their MRNs: each is about that token alone, whoever else has its name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import (
    Context,
    Declaration,
    StoredSecret,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declared_set import index_listings, plan_set
from ansible_collections.mondoo.platform.plugins.module_utils._planning.plan import Delete, Plan
from ansible_collections.mondoo.platform.plugins.module_utils._planning.planner import plan_token
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import INVALID_OPTION, MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import pending_name, retired_name

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=timezone.utc)
ALPHA = scope_from("space", "alpha")
OLD = NOW - timedelta(days=2)


def token(name: str, key: str) -> Token:
    return Token(f"//t/{key}", name, ALPHA, roles=frozenset({"//iam.api.mondoo.app/roles/viewer"}), created_at=OLD)


CI = token("ci", "1")
NAMESAKE = token("ci", "2")
PENDING = token(pending_name("ci", OLD), "3")


@dataclass
class Entry:
    """One entry of a set."""

    declaration: Declaration
    place: str
    stored: StoredSecret | None = None
    error: MondooError | None = None


def plan(*declarations: Declaration, listing: tuple[Token, ...]) -> list[Plan | MondooError]:
    entries = [Entry(declaration, f"entry {number}") for number, declaration in enumerate(declarations, start=1)]
    listings = {ALPHA: listing}
    return plan_set(entries, listings, index_listings(listings), Context(NOW))


@pytest.mark.parametrize(
    ("declaration", "deleted"),
    [
        (Declaration(ALPHA, "ci"), [PENDING]),
        (Declaration(ALPHA, None, mrn="//t/1"), []),
        (Declaration(ALPHA, "ci", mrn="//t/1"), []),
        # It is about rotation: what a rotation has left is its business.
        (Declaration(ALPHA, "ci", mrn="//t/1", rotate_after=timedelta(days=90)), [PENDING]),
    ],
)
def test_leftovers_are_tidied_up_by_name_or_by_rotation(declaration: Declaration, deleted: list[Token]) -> None:
    steps = plan_token(declaration, [CI, PENDING], Context(NOW)).steps
    assert [step.token for step in steps if isinstance(step, Delete)] == deleted
    assert len(steps) == len(deleted)


def test_namesakes_are_left_as_they_are() -> None:
    plans = plan(
        Declaration(ALPHA, "ci", mrn="//t/1"), Declaration(ALPHA, "ci", mrn="//t/2"), listing=(CI, NAMESAKE, PENDING)
    )
    assert [each.steps for each in plans if isinstance(each, Plan)] == [(), ()]


@pytest.mark.parametrize(
    "changes", [{}, {"description": "x"}, {"roles": frozenset({"//iam.api.mondoo.app/roles/editor"})}]
)
def test_two_tokens_cannot_be_given_one_name(changes: dict[str, Any]) -> None:
    one, other = Declaration(ALPHA, "new", mrn="//t/1"), Declaration(ALPHA, "new", mrn="//t/2")
    for refused in plan(replace(one, **changes), other, listing=(CI, NAMESAKE)):
        assert str(refused) == (
            'entry 1 and entry 2 would give the name "new" of space "alpha" to 2 API tokens: nothing was done for it.'
        )


def test_one_of_them_can() -> None:
    renamed, kept = plan(
        Declaration(ALPHA, "new", mrn="//t/1"), Declaration(ALPHA, "ci", mrn="//t/2"), listing=(CI, NAMESAKE)
    )
    assert isinstance(renamed, Plan) and renamed.operations == ["updateAPIToken"]
    assert isinstance(kept, Plan) and kept.steps == ()


@pytest.mark.parametrize("name", ["", "  ", " new", "new\n", "a\tb", pending_name("new", OLD)])
def test_no_token_is_given_a_name_that_cannot_be_declared(name: str) -> None:
    with pytest.raises(MondooError, match="^name") as caught:
        plan_token(Declaration(ALPHA, name, mrn="//t/1"), [CI], Context(NOW))
    assert caught.value.code == INVALID_OPTION


@pytest.mark.parametrize("name", [" ci", "a\tb", pending_name("ci", OLD), retired_name("ci", OLD)])
def test_a_token_may_keep_such_a_name(name: str) -> None:
    assert plan_token(Declaration(ALPHA, name, mrn="//t/9"), [token(name, "9")], Context(NOW)).steps == ()


@pytest.mark.parametrize(
    ("options", "warned"), [({}, 0), ({"rotate_after": timedelta(days=90)}, 1), ({"overlap": timedelta(days=2)}, 1)]
)
def test_a_token_that_was_replaced_is_not_rotated_in_place_of_its_successor(
    options: dict[str, Any], warned: int
) -> None:
    replaced = token(retired_name("ci", OLD), "9")
    made = plan_token(Declaration(ALPHA, None, mrn="//t/9", **options), [replaced, CI], Context(NOW))
    assert made.steps == ()
    assert len(made.warnings) == warned
    assert all("was replaced" in warning and "declare its successor" in warning for warning in made.warnings)
