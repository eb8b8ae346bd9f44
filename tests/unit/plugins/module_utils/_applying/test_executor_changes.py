# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the executor sends to rotate, change and delete a token after each failure, and what it says about it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import retired_name
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    NOW,
    roles,
    spec,
    token,
    token_mrn,
)
from ansible_collections.mondoo.platform.tests.unit.support.model import Clock, Fault, Model
from ansible_collections.mondoo.platform.tests.unit.support.runs import (
    MemoryFile,
    denied,
    run,
    run_with,
)

L, G, U, S, D = "apiTokens", "generateAPIToken", "updateAPIToken", "setRoles", "deleteAPIToken"
BEFORE, AFTER = Fault.LOST_BEFORE, Fault.LOST_AFTER
OLD = token("ci", description="Pipelines", last_used_at=NOW - DAY)
ROTATE = spec(rotate_after=DAY)


# Rotation


def test_rotation() -> None:
    model = Model().add(OLD)
    done = run_with(model, ROTATE, {})
    assert model.operations == [L, U, G, D]
    assert model.sent[1][1] == {"input": {"mrn": OLD.mrn, "name": retired_name("ci", NOW)}}
    assert model.sent[2][1]["input"]["description"] == "Pipelines"
    assert model.sent[3][1] == {"input": {"mrn": OLD.mrn}}
    assert [entry.secret for entry in model.entries.values()] == [done.outcome.secret]


@pytest.mark.parametrize(
    ("faults", "requests"),
    [
        ({1: AFTER}, [L, U, L, G, D]),
        ({1: BEFORE}, [L, U, L, U, G, D]),
        ({1: AFTER, 2: Fault.DENIED}, [L, U, L, L, G, D]),
        (denied(2, 3, 4) | {1: AFTER}, [L, U, L, L, L, U, G, D]),
        ({1: Fault.WEB_PAGE_AFTER}, [L, U, L, G, D]),
        ({3: AFTER}, [L, U, G, D, L]),
        ({3: BEFORE}, [L, U, G, D, L, D]),
        ({3: Fault.DENIED}, [L, U, G, D, D]),
        ({3: Fault.BUSY}, [L, U, G, D, D]),
    ],
)
def test_a_rotation_comes_through(faults: dict[int, Fault], requests: list[str]) -> None:
    model = Model().add(OLD)
    done = run_with(model, ROTATE, faults)
    assert done.outcome.error is None
    assert model.operations == requests
    assert [entry.secret for entry in model.entries.values()] == [done.outcome.secret]


def test_a_rotation_that_cannot_rename_changes_nothing() -> None:
    model = Model().add(OLD)
    error = run_with(model, ROTATE, {1: Fault.DENIED}).error
    assert model.operations == [L, U]
    assert error.operation == U
    assert list(model.entries) == [OLD.mrn]
    assert model.named("ci")


@pytest.mark.parametrize("faults", [denied(2), denied(2, 3, 4), denied(2) | {3: AFTER}])
def test_a_rotation_that_cannot_generate_gives_the_name_back(faults: dict[int, Fault]) -> None:
    model = Model().add(OLD)
    done = run_with(model, ROTATE, faults)
    assert [(entry.mrn, entry.name) for entry in model.entries.values()] == [(OLD.mrn, "ci")]
    assert "The token that it was to replace is unchanged." in str(done.error)
    assert done.error.operation == G
    assert done.outcome.token is not None
    assert (done.outcome.token.mrn, done.outcome.token.name) == (OLD.mrn, "ci")
    assert done.outcome.secret is None


def test_a_token_is_not_taken_for_a_stray_because_the_listing_still_shows_its_old_name() -> None:
    class Stale(Model):
        """Its listing does not show changes of names."""

        def post(self, document: Any, variables: Any, operation: str) -> Any:
            names = {mrn: entry.name for mrn, entry in self.entries.items()}
            if operation == L and U in self.operations:
                self.entries[str(OLD.mrn)].name = "ci"
            try:
                return super().post(document, variables, operation)
            finally:
                for mrn, name in names.items():
                    if mrn in self.entries and operation == L:
                        self.entries[mrn].name = name

    model = Stale(Clock()).add(OLD)
    done = run_with(model, spec(rotate_after=DAY, overlap=DAY), {2: BEFORE})
    assert model.operations == [L, U, G, L, L, L, G, L]
    assert done.outcome.error is None
    assert str(OLD.mrn) in model.entries


def test_a_name_that_cannot_be_given_back_is_told() -> None:
    model = Model().add(OLD)
    done = run_with(model, ROTATE, denied(2, 3, 4, 5))
    aside = retired_name("ci", NOW)
    assert model.named(aside)
    assert f'is still valid and named "{aside}"' in str(done.error)
    assert "the next run goes on from there" in str(done.error)


def test_a_rotation_that_cannot_deliver_restores_the_old_token() -> None:
    model = Model().add(OLD)
    file = MemoryFile(model.clock).put("before", NOW - 5 * DAY)
    file.refuses_to_commit = True
    done = run_with(model, ROTATE, {}, file)
    assert model.operations == [L, U, G, D, U]
    assert [(entry.mrn, entry.name) for entry in model.entries.values()] == [(OLD.mrn, "ci")]
    assert file.content == "before"
    assert "The new token was deleted again. The token that it was to replace is unchanged." in str(done.error)


def test_a_predecessor_that_cannot_be_deleted_is_told_beside_the_secret() -> None:
    model = Model().add(OLD)
    done = run_with(model, ROTATE, denied(3, 4, 5))
    assert done.error.operation == D
    assert "The new token is in place; the one it replaced is still valid" in str(done.error)
    assert done.outcome.secret == "new-secret-1"
    assert done.outcome.token is not None
    assert done.outcome.token.mrn == token_mrn("made-1")


def test_the_name_is_not_given_back_beside_a_token_that_may_have_it() -> None:
    model = Model().add(OLD)
    error = run_with(model, ROTATE, denied(3, 4, 5) | {2: AFTER}).error
    assert len(model.named("ci")) == 1
    assert "nobody has its secret" in str(error)
    assert f'still valid and named "{retired_name("ci", NOW)}"' in str(error)
    model.clock.sleep(60)
    done = run(ROTATE, model)
    assert [entry.secret for entry in model.entries.values()] == [done.outcome.secret]


# Changes and deletions


@pytest.mark.parametrize(
    ("changes", "faults", "requests", "ends_well"),
    [
        ({"description": "New"}, {}, [L, U], True),
        ({"description": "New"}, {1: AFTER}, [L, U, L], True),
        ({"description": "New"}, {1: BEFORE}, [L, U, L, U], True),
        ({"description": "New"}, {1: Fault.UNKNOWN_BEFORE}, [L, U, L], False),
        ({"description": "New"}, {1: Fault.DENIED}, [L, U], False),
        ({"roles": roles("agent")}, {}, [L, S], True),
        ({"roles": roles("agent")}, {1: AFTER}, [L, S, L], True),
        ({"roles": roles("agent")}, {1: BEFORE}, [L, S, L, S], True),
        ({"roles": roles("agent")}, {1: BEFORE, 3: BEFORE, 5: BEFORE}, [L, S, L, S, L, S, L], False),
        ({"description": "New", "roles": roles("agent")}, {}, [L, U, S], True),
        ({"description": "New", "roles": roles("agent")}, {1: Fault.DENIED}, [L, U], False),
        ({"present": False}, {}, [L, D], True),
        ({"present": False}, {1: AFTER}, [L, D, L], True),
        ({"present": False}, {1: BEFORE}, [L, D, L, D], True),
        ({"present": False}, denied(2, 3, 4) | {1: AFTER}, [L, D, L, L, L, D], True),
        ({"present": False}, {1: Fault.WEB_PAGE_BEFORE}, [L, D, L], False),
    ],
)
def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(
    changes: dict[str, Any], faults: dict[int, Fault], requests: list[str], ends_well: bool
) -> None:
    model = Model().add(OLD)
    done = run_with(model, spec(**changes), faults)
    assert model.operations == requests
    assert (done.outcome.error is None) is ends_well
    if ends_well:
        assert run(spec(**changes), model).plan.steps == ()
    else:
        assert done.outcome.token == done.listing[0]


def test_what_was_done_before_a_failure_is_in_the_result() -> None:
    model = Model().add(OLD)
    done = run_with(model, spec(description="New", roles=roles("agent")), {2: Fault.DENIED})
    assert done.error.operation == S
    assert done.mutations == [U]
    assert done.outcome.token is not None
    assert (done.outcome.token.description, done.outcome.token.roles) == ("New", OLD.roles)


def test_a_token_that_somebody_else_deleted_meanwhile_is_deleted() -> None:
    class Racing(Model):
        def post(self, document: Any, variables: Any, operation: str) -> Any:
            if operation == D:
                self.entries.clear()
            return super().post(document, variables, operation)

    model = Racing(Clock()).add(OLD)
    assert run(spec(present=False), model).outcome.error is None
    assert model.operations == [L, D]
