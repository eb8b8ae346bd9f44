# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the executor sends to generate and deliver a token after each failure, and what it says about it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._applying.executor import apply_plan
from ansible_collections.mondoo.platform.plugins.module_utils._planning.planner import plan_token
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    NOW,
    SPACE,
    roles,
    spec,
    token,
    token_mrn,
)
from ansible_collections.mondoo.platform.tests.unit.support.model import Fault, Model
from ansible_collections.mondoo.platform.tests.unit.support.runs import (
    MemoryFile,
    denied,
    facts_of,
    read_listing,
    run,
    run_with,
    service_of,
)

L, G, U, S, D = "apiTokens", "generateAPIToken", "updateAPIToken", "setRoles", "deleteAPIToken"
BEFORE, AFTER = Fault.LOST_BEFORE, Fault.LOST_AFTER
OLD = token("ci", description="Pipelines", last_used_at=NOW - DAY)
CREATE = spec(roles=roles("agent", "viewer"), description="x")
ROTATE = spec(rotate_after=DAY)


def test_creation() -> None:
    model = Model()
    done = run_with(model, CREATE, {})
    assert model.operations == [L, G]
    assert model.sent[1][1] == {
        "input": {
            "name": "ci",
            "scopeMrn": SPACE.mrn,
            "roles": [{"mrn": role} for role in sorted(roles("agent", "viewer"))],
            "description": "x",
        }
    }
    assert done.outcome.secret == "new-secret-1"
    assert done.outcome.token is not None
    assert done.outcome.token.mrn == token_mrn("made-1")
    assert (done.outcome.warnings, done.outcome.error) == ([], None)


@pytest.mark.parametrize(
    ("model", "faults", "requests"),
    [
        pytest.param(Model(), {1: AFTER}, [L, G, L, D, G, L], id="executed, seen at once, deleted"),
        pytest.param(Model(), {1: BEFORE}, [L, G, L, L, L, G, L], id="not executed, three looks"),
        pytest.param(Model(lag=1), {1: AFTER}, [L, G, L, L, D, G, L], id="seen at the second look"),
        pytest.param(Model(lag=3), {1: AFTER}, [L, G, L, L, L, G, L, D], id="seen only after the second try"),
        pytest.param(Model(), {1: AFTER, 4: AFTER}, [L, G, L, D, G, L, D, G, L], id="lost twice"),
        pytest.param(Model(), {1: AFTER, 3: AFTER}, [L, G, L, D, L, D, G, L], id="its deletion is lost too"),
        pytest.param(Model(), {1: AFTER, 3: Fault.DENIED}, [L, G, L, D, D, G, L], id="its deletion fails once"),
        pytest.param(Model(), {1: AFTER, 2: AFTER}, [L, G, L, L, D, G, L], id="the look is lost"),
        pytest.param(Model(), {1: Fault.BUSY}, [L, G, G], id="certainly not executed"),
    ],
)
def test_a_creation_whose_answer_is_lost_leaves_one_token(
    model: Model, faults: dict[int, Fault], requests: list[str]
) -> None:
    done = run_with(model, CREATE, faults)
    assert model.operations == requests
    assert done.outcome.error is None
    (entry,) = model.named("ci")
    assert done.outcome.secret == entry.secret
    assert done.outcome.token is not None
    assert done.outcome.token.mrn == entry.mrn


def test_every_mutation_sent_is_told() -> None:
    assert run_with(Model(), CREATE, {1: AFTER}).mutations == [G, D, G]
    assert run_with(Model(), CREATE, {1: Fault.BUSY}).mutations == [G]


def test_the_looks_are_spread_over_time() -> None:
    model = Model()
    run_with(model, CREATE, {1: BEFORE})
    assert model.clock.pauses == [0.5, 1.0, 0.5]


def test_tokens_that_were_there_or_look_different_are_never_taken_for_strays() -> None:
    model = Model().add(token("other", description="x", roles=roles("agent", "viewer")))
    near = token("ci", key="near", description="not x", roles=roles("agent", "viewer"))

    service = service_of(model)
    listing = read_listing(service, SPACE)
    plan = plan_token(CREATE, listing, facts_of(model))
    model.add(near)  # somebody else's, at this moment
    model.fail({0: AFTER})
    outcome = apply_plan(plan, service, listing)
    assert outcome.error is None
    assert {entry.mrn for entry in model.named("ci")} == {near.mrn, token_mrn("made-2")}
    assert model.named("other")


@pytest.mark.parametrize("declared", [CREATE, ROTATE])
def test_what_is_certainly_not_executed_is_tried_as_often_as_a_query(declared: Any) -> None:
    model = Model().add(*([OLD] if declared is ROTATE else []))
    done = run_with(model, declared, dict.fromkeys(range(1, 99), Fault.BUSY))
    assert model.operations == [L, *[done.error.operation] * 3]
    assert "It was tried 3 times" in str(done.error)


@pytest.mark.parametrize(
    ("faults", "requests", "words"),
    [
        pytest.param({1: Fault.DENIED}, [L, G], "PermissionDenied", id="refused: nothing to look for"),
        pytest.param({1: Fault.UNKNOWN_BEFORE}, [L, G, L, L, L], "Unknown", id="unknown: looked for, not repeated"),
        pytest.param({1: Fault.WEB_PAGE_AFTER}, [L, G, L, D], "a web page", id="replaced answer: deleted"),
        pytest.param(
            {1: BEFORE, 5: BEFORE, 9: BEFORE}, [L, *[G, L, L, L] * 3], "It was tried 3 times", id="no more retries"
        ),
    ],
)
def test_a_creation_that_fails_leaves_no_token(faults: dict[int, Fault], requests: list[str], words: str) -> None:
    model = Model()
    error = run_with(model, CREATE, faults).error
    assert model.operations == requests
    assert not model.entries
    assert str(error).startswith('Could not generate the API token "ci" in space "space-1": ')
    assert words in str(error)
    assert "nobody has its secret" not in str(error)
    assert error.operation == G


@pytest.mark.parametrize(
    ("faults", "requests"),
    [
        pytest.param(denied(2, 3, 4) | {1: AFTER}, [L, G, L, L, L], id="the listing is refused"),
        pytest.param(denied(3, 4, 5) | {1: AFTER}, [L, G, L, D, D, D], id="the deletion is refused"),
    ],
)
def test_what_could_not_be_found_out_is_told_and_not_repeated(faults: dict[int, Fault], requests: list[str]) -> None:
    model = Model()
    error = run_with(model, CREATE, faults).error
    assert model.operations == requests
    assert len(model.named("ci")) == 1
    assert "could not be found out" in str(error)
    assert 'if space "space-1" now has an API token "ci"' in str(error)
    assert "nobody has its secret; delete it" in str(error)


def test_without_retries_a_lost_answer_is_still_cleaned_up() -> None:
    model = Model()
    error = run_with(model, CREATE, {1: AFTER}, retries=0).error
    assert model.operations == [L, G, L, D]
    assert not model.entries
    assert "tried" not in str(error)


def test_a_late_second_token_that_cannot_be_found_out_is_a_warning_beside_the_secret() -> None:
    model = Model(lag=3)
    done = run_with(model, CREATE, denied(6, 7, 8) | {1: AFTER})
    assert done.outcome.error is None
    assert done.outcome.secret == "new-secret-2"
    (warning,) = done.outcome.warnings
    assert f"the one to keep is {token_mrn('made-2')}" in warning


# Where the answer to a creation does not tell the MRN


@pytest.mark.parametrize(
    ("lag", "requests"), [(0, [L, G, L]), (1, [L, G, L, L]), (2, [L, G, L, L, L])], ids=["at once", "second", "third"]
)
def test_the_mrn_is_found_in_the_listing(lag: int, requests: list[str]) -> None:
    model = Model(lag=lag, payload_mrn=False)
    done = run_with(model, CREATE, {})
    assert model.operations == requests
    assert done.outcome.token is not None
    assert done.outcome.token.mrn == token_mrn("made-1")
    assert done.outcome.warnings == []


@pytest.mark.parametrize(("lag", "faults"), [(9, {}), (0, denied(2, 3, 4))], ids=["not shown", "not readable"])
def test_an_mrn_that_is_not_found_is_a_warning(lag: int, faults: dict[int, Fault]) -> None:
    done = run_with(Model(lag=lag, payload_mrn=False), CREATE, faults)
    assert done.outcome.error is None
    assert done.outcome.secret == "new-secret-1"
    assert done.outcome.token is not None
    assert done.outcome.token.mrn is None
    (warning,) = done.outcome.warnings
    assert 'did not tell the MRN of the new API token "ci" of space "space-1"' in warning


def test_of_two_candidates_for_the_mrn_the_newest_is_taken_and_the_other_deleted() -> None:
    class CatchingUp(Model):
        """Its listing lags behind the first creation only."""

        def post(self, document: Any, variables: Any, operation: str) -> Any:
            self.lag = 0 if G in self.operations else 3
            return super().post(document, variables, operation)

    model = CatchingUp(payload_mrn=False)
    done = run_with(model, CREATE, {1: AFTER})
    assert model.operations == [L, G, L, L, L, G, L, L, D]
    (entry,) = model.named("ci")
    assert entry.secret == done.outcome.secret
    assert done.outcome.token is not None
    assert done.outcome.token.mrn == entry.mrn
    # Which one it is cannot be known for sure.
    (warning,) = done.outcome.warnings
    assert 'check that space "space-1" has one token of the name and not two' in warning


# Delivery


def test_nothing_is_sent_before_the_file_is_reserved() -> None:
    model = Model().add(OLD)
    file = MemoryFile(model.clock)
    file.refuses_to_reserve = True
    for declared in (CREATE, ROTATE):
        model.sent.clear()
        error = run(declared if declared is ROTATE else spec("new", roles=roles("agent")), model, file).error
        assert error.code == "FileFailed"
        assert model.operations == [L]


def test_a_file_is_not_reserved_where_no_secret_comes() -> None:
    model = Model().add(OLD)
    file = MemoryFile(model.clock)
    file.refuses_to_reserve = True
    done = run(spec(description="New"), model, file)
    assert done.outcome.error is None
    assert file.content is None


def test_a_delivered_secret_is_not_returned() -> None:
    model = Model()
    file = MemoryFile(model.clock)
    done = run(CREATE, model, file)
    assert (file.content, done.outcome.secret) == ("new-secret-1", None)
    assert not file.reserved


@pytest.mark.parametrize(
    ("faults", "left", "words"),
    [
        ({}, 0, "The new token was deleted again."),
        ({2: Fault.DENIED}, 0, "The new token was deleted again."),
        ({2: AFTER}, 0, "The new token was deleted again."),
        (denied(2, 3), 0, "The new token was deleted again."),
        (denied(2, 3, 4), 1, "could not be deleted again"),
    ],
)
def test_a_token_that_cannot_be_delivered_is_deleted(faults: dict[int, Fault], left: int, words: str) -> None:
    model = Model()
    file = MemoryFile(model.clock)
    file.refuses_to_commit = True
    done = run_with(model, CREATE, faults, file)
    assert len(model.entries) == left
    assert words in str(done.error)
    assert ("nobody has its secret" in str(done.error)) == bool(left)
    assert "new-secret" not in str(done.error)
    assert done.outcome.secret is None
    assert not file.reserved


@pytest.mark.parametrize(
    ("lag", "left", "words"), [(2, 0, "was deleted again"), (4, 0, "was deleted again"), (9, 1, "does not show it")]
)
def test_an_undelivered_token_without_mrn_is_looked_for(lag: int, left: int, words: str) -> None:
    model = Model(lag=lag, payload_mrn=False)
    file = MemoryFile(model.clock)
    file.refuses_to_commit = True
    done = run_with(model, CREATE, {}, file)
    assert len(model.entries) == left
    assert words in str(done.error)
    assert ("nobody has its secret" in str(done.error)) == bool(left)
    assert all(variables["input"]["mrn"] for operation, variables in model.sent if operation == D)
