# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generating a token and handing its secret over: files, verification, lost answers, and what the service answers."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values import errors
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    HOUR,
    NOTHING,
    NOW,
    declare,
    roles,
    token,
)
from ansible_collections.mondoo.platform.tests.unit.support.model import Fault
from ansible_collections.mondoo.platform.tests.unit.support.world import Run, World

CI = token(last_used_at=NOW - DAY)
CREATE = declare(roles=roles("viewer"))
ROTATE = declare(rotate_after=DAY, overlap=HOUR)
PATH = "/etc/ci.token"
PENDING_NOW = "ci (pending 2026-11-23T18:00:00Z)"
RETIRED_NOW = "ci (retired 2026-11-23T18:00:00Z)"
UNTOUCHED = ["ci"]


def run(world: World, declaration: Any, **options: Any) -> Run:
    done = world.run(declaration, **options)
    assert done is not None
    return done


def rotating(**options: Any) -> World:
    """The token CI, whose secret is in the file too."""
    world = World([CI], **options)
    world.file(PATH).put(next(iter(world.known)), NOW - 10 * DAY)
    return world


def to_file(declaration: Any) -> Any:
    return declare(
        roles=declaration.roles, rotate_after=declaration.rotate_after, overlap=declaration.overlap, token_path=PATH
    )


# The secret


def test_a_creation_takes_one_query_and_one_mutation() -> None:
    world = World()
    done = run(world, CREATE)
    assert world.requests == ["apiTokens", "generateAPIToken"]
    assert (done.entry.secret, done.entry.changed, done.entry.operations) == (
        "new-secret-1",
        True,
        ["generateAPIToken"],
    )
    assert done.entry.token is not None
    assert (done.entry.token.created_at, done.entry.token.created_by) == (NOW, "someone@example.com")


def test_a_rotation_takes_two_queries_and_its_mutations() -> None:
    world = World([CI])
    done = run(world, declare(rotate_after=DAY))
    assert world.requests == ["apiTokens", "generateAPIToken", "space", "deleteAPIToken", "updateAPIToken"]
    assert done.entry.operations == ["generateAPIToken", "deleteAPIToken", "updateAPIToken"]
    assert world.names == ["ci"]


def test_the_renames_of_a_rotation_share_a_request() -> None:
    world = World([CI])
    done = run(world, ROTATE)
    assert world.requests == ["apiTokens", "generateAPIToken", "space", "updateAPIToken"]
    assert done.entry.operations == ["generateAPIToken", "updateAPIToken", "updateAPIToken"]
    assert world.names == ["ci", RETIRED_NOW]


def test_a_secret_for_a_file_is_not_returned() -> None:
    world = World()
    done = run(world, to_file(CREATE))
    assert (done.entry.secret, world.file(PATH).content) == (None, "new-secret-1")


def test_nothing_is_generated_where_the_file_cannot_be_written() -> None:
    world = rotating()
    world.file(PATH).broken = "reserve"
    done = run(world, to_file(ROTATE))
    assert done.error.code == errors.FILE_FAILED
    assert (world.requests, done.entry.operations, done.entry.changed) == (["apiTokens"], [], False)


@pytest.mark.parametrize("declaration", [CREATE, ROTATE], ids=["create", "rotate"])
def test_a_token_whose_secret_cannot_be_written_is_deleted_again(declaration: Any) -> None:
    world = rotating() if declaration is ROTATE else World()
    before = world.file(PATH).content
    world.file(PATH).broken = "commit"
    done = run(world, to_file(declaration))
    assert done.error.code == errors.FILE_FAILED
    assert "The new token was deleted again." in str(done.error)
    assert done.entry.operations == ["generateAPIToken", "deleteAPIToken"]
    assert (done.entry.changed, done.entry.secret) == (False, None)
    assert world.names == ([] if declaration is CREATE else UNTOUCHED)
    assert world.file(PATH).content == before


def test_a_token_that_no_listing_shows_yet_is_not_taken_for_deleted() -> None:
    world = World(options={"lag": 99})
    world.file(PATH).broken = "commit"
    run(world, to_file(CREATE), faults={2: Fault.LOST_BEFORE})
    assert world.names == []


def test_a_token_that_cannot_be_deleted_again_is_named() -> None:
    world = World()
    world.file(PATH).broken = "commit"
    world.model.refusing = {"made-1": "PermissionDenied"}
    done = run(world, to_file(CREATE))
    assert "could not be deleted again" in str(done.error)
    assert "its secret is lost" in str(done.error)
    assert "/serviceaccounts/made-1" in str(done.error)
    assert done.entry.changed


@pytest.mark.parametrize("ahead", [-DAY, NOTHING, DAY], ids=["behind", "right", "ahead"])
@pytest.mark.parametrize("lost", [{}, {1: Fault.LOST_AFTER}, {1: Fault.LOST_BEFORE}], ids=["", "stray", "lost"])
def test_the_time_of_the_file_says_whose_secret_it_holds(lost: dict[int, Fault], ahead: timedelta) -> None:
    """Whatever the clock of this host, and under whatever pending name the token was generated in the end."""
    world = rotating(host_ahead=ahead)
    world.file(PATH).broken = "end"
    assert world.run(to_file(ROTATE), faults=lost) is None
    secret = world.file(PATH).content
    assert secret in {entry.secret for entry in world.model.entries.values() if entry.name in world.pending()}
    run(world, to_file(ROTATE), faults={})
    assert [entry.secret for entry in world.model.named("ci")] == [secret]
    assert (world.pending(), len(world.names)) == ([], 2)


# Verification


def test_a_secret_that_is_refused_changes_nothing() -> None:
    world = rotating(accepted_after=DAY)
    done = run(world, to_file(ROTATE))
    assert done.error.code == errors.SECRET_REFUSED
    assert "The new token was deleted again." in str(done.error)
    assert "verify_secret" in str(done.error)
    assert (world.names, world.file(PATH).content) == (UNTOUCHED, f"old-secret-of-{CI.mrn}")
    assert sum(world.clock.pauses) == pytest.approx(10)
    assert world.requests.count("space") <= 10


@pytest.mark.parametrize("seconds", [0, 1, 5, 10])
@pytest.mark.parametrize("retries", [0, 4])
def test_a_secret_may_take_a_moment_to_be_accepted(retries: int, seconds: int) -> None:
    world = rotating(accepted_after=timedelta(seconds=seconds))
    assert run(world, to_file(ROTATE), retries=retries).errors == []
    assert world.names == ["ci", RETIRED_NOW]
    assert sum(world.clock.pauses) <= 10


def test_a_service_that_does_not_answer_is_no_proof() -> None:
    world = rotating(login_answer=MondooError(errors.UNAVAILABLE, "down", transient=True))
    done = run(world, ROTATE)
    assert done.error.code == errors.UNAVAILABLE
    assert "verify the secret of" in str(done.error)
    assert world.names == UNTOUCHED


def test_a_permission_that_is_lacking_is_proof_enough() -> None:
    denied = {"message": "rpc error: code = PermissionDenied desc = no"}
    assert run(rotating(login_answer=Answer(None, [denied], 403, None)), ROTATE).errors == []


def test_a_service_that_cannot_be_asked_is_a_warning() -> None:
    unknown = {"message": 'Cannot query field "space" on type "Query".'}
    world = rotating(login_answer=Answer(None, [unknown], 422, None))
    done = run(world, ROTATE)
    assert done.errors == []
    assert "could not be verified" in done.words
    assert world.names == ["ci", RETIRED_NOW]


def test_a_first_secret_is_not_verified() -> None:
    assert run(World(accepted_after=DAY), CREATE).errors == []


# What the service stores, and answers


@pytest.mark.parametrize(
    ("declared", "storing", "advice"),
    [("CI", str.lower, '"ci"'), ("cafe\u0301", partial(unicodedata.normalize, "NFC"), '"café"')],
)
@pytest.mark.parametrize("lag", [0, 1])
@pytest.mark.parametrize(("payload_mrn", "payload_name"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_name_that_is_stored_in_another_form_is_taken_back(
    declared: str, storing: Any, advice: str, payload_mrn: bool, payload_name: bool, lag: int
) -> None:
    """Whether the answer shows it, or only a listing."""
    options = {"storing": storing, "payload_mrn": payload_mrn, "payload_name": payload_name, "lag": lag}
    world = World(options=options)
    done = run(world, declare(declared, roles=roles("viewer")))
    assert done.error.code == errors.STORED_OTHERWISE
    assert f"Declare the name as the service stores it: {advice}" in str(done.error)
    assert (world.names, done.entry.changed) == ([], False)


def test_a_name_that_is_stored_as_another_one_is_taken_back() -> None:
    for payload_name in (True, False):
        world = World(options={"storing": lambda name: name[:1], "payload_name": payload_name})
        done = run(world, CREATE)
        assert done.error.code == errors.STORED_OTHERWISE
        assert 'Declare the name as the service stores it: "c"' in str(done.error)
        assert world.names == []


@pytest.mark.parametrize("payload_name", [True, False])
def test_a_rotation_whose_names_are_stored_in_another_form_is_taken_back(payload_name: bool) -> None:
    world = World([CI], {"storing": str.lower, "payload_name": payload_name})
    done = run(world, ROTATE)
    assert done.error.code == errors.STORED_OTHERWISE
    assert "alters the names that a rotation gives" in str(done.error)
    assert world.names == UNTOUCHED


@pytest.mark.parametrize("payload_name", [True, False])
@pytest.mark.parametrize("kept", [3, 0])
def test_a_description_that_is_stored_in_another_form_is_taken_back(kept: int, payload_name: bool) -> None:
    world = World(options={"describing": lambda text: text[:kept], "payload_name": payload_name})
    done = run(world, declare(description="Pipelines", roles=roles("viewer")))
    assert done.error.code == errors.STORED_OTHERWISE
    assert f"the description 'Pipelines' as {'Pip'[:kept]!r}" in str(done.error)
    assert world.names == []


@pytest.mark.parametrize("payload_name", [True, False])
def test_white_space_around_a_description_may_be_trimmed(payload_name: bool) -> None:
    world = World(options={"describing": str.strip, "payload_name": payload_name})
    done = run(world, declare(description="Pipelines\n", roles=roles("viewer")))
    assert done.errors == []
    assert done.entry.token is not None
    assert done.entry.token.description == "Pipelines"


@pytest.mark.parametrize("lag", [0, 1, 2])
@pytest.mark.parametrize("declaration", [CREATE, ROTATE], ids=["create", "rotate"])
def test_a_token_whose_mrn_is_not_answered_is_found_in_the_listing(declaration: Any, lag: int) -> None:
    world = World([CI] if declaration is ROTATE else [], {"payload_mrn": False, "lag": lag})
    done = run(world, declaration)
    assert done.errors == []
    assert done.entry.token is not None
    assert done.entry.token.mrn == world.model.named("ci")[0].mrn


@pytest.mark.parametrize("payload_mrn", [True, False])
@pytest.mark.parametrize("declaration", [CREATE, ROTATE], ids=["create", "rotate"])
def test_a_name_that_is_not_answered_costs_one_query(declaration: Any, payload_mrn: bool) -> None:
    options = {"payload_mrn": payload_mrn, "payload_name": False}
    world = World([CI] if declaration is ROTATE else [], options)
    done = run(world, declaration)
    assert done.errors == []
    assert world.requests[:3] == ["apiTokens", "generateAPIToken", "apiTokens"]
    assert world.requests.count("apiTokens") == 2
    assert done.entry.token is not None
    assert (done.entry.token.created_at, done.entry.token.created_by) == (NOW, "someone@example.com")


@pytest.mark.parametrize("declaration", [CREATE, ROTATE], ids=["create", "rotate"])
def test_a_name_that_is_neither_answered_nor_listed_is_taken_for_the_one_that_was_asked_for(declaration: Any) -> None:
    done = run(World([CI] if declaration is ROTATE else [], {"payload_name": False, "lag": 9}), declaration)
    assert done.errors == []
    assert "did not return the name of the new API token" in done.words


def test_a_new_token_without_an_mrn_is_handed_over() -> None:
    """It has its name already; nothing is left to do with it."""
    done = run(World(options={"payload_mrn": False, "lag": 9}), CREATE)
    assert done.errors == []
    assert done.entry.secret == "new-secret-1"
    assert "did not return the MRN" in done.words


def test_a_successor_without_an_mrn_is_none() -> None:
    """Nobody could give it its name."""
    world = World([CI], {"payload_mrn": False, "lag": 5})
    done = run(world, ROTATE)
    assert done.error.code == errors.SCHEMA_MISMATCH
    assert world.names == UNTOUCHED


# Lost answers


@pytest.mark.parametrize("lag", range(5))
@pytest.mark.parametrize("declaration", [CREATE, ROTATE], ids=["create", "rotate"])
def test_what_a_lost_answer_has_left_is_deleted(declaration: Any, lag: int) -> None:
    world = World([CI] if declaration is ROTATE else [], {"lag": lag})
    done = run(world, declaration, faults={1: Fault.LOST_AFTER})
    assert done.errors == []
    assert (world.orphans, len(world.model.named("ci"))) == ([], 1) or declaration is ROTATE
    assert done.entry.operations.count("generateAPIToken") == 2
    world.reveal()
    again = run(world, CREATE)
    assert again.entry.operations == []


def test_a_stray_that_shows_up_after_the_run_was_warned_of() -> None:
    world = World(options={"lag": 99})
    done = run(world, CREATE, faults={1: Fault.LOST_AFTER})
    assert done.entry.token is not None
    assert sum(world.clock.pauses) == pytest.approx(30, abs=5)
    assert "No listing showed a token of that request within 30 seconds" in done.words
    assert f"whose MRN is not {done.entry.token.mrn}, its secret is lost" in done.words
    world.reveal()
    assert world.names == ["ci", "ci"]
    (stray,) = world.orphans
    assert stray.mrn in str(run(world, CREATE).error)


def test_a_stray_of_a_rotation_that_shows_up_after_the_run_is_deleted_by_the_next() -> None:
    """Its name says that it was never in use, and the file is not mistaken for its."""
    world = rotating(options={"lag": 99})
    assert run(world, to_file(ROTATE), faults={1: Fault.LOST_AFTER}).errors == []
    secret = world.file(PATH).content
    world.reveal()
    assert world.names == ["ci", PENDING_NOW, RETIRED_NOW]
    done = run(world, to_file(ROTATE))
    assert (done.errors, done.entry.operations) == ([], ["deleteAPIToken"])
    assert [entry.secret for entry in world.model.named("ci")] == [secret]


def test_more_tokens_of_the_name_than_this_run_can_have_made_are_left_alone() -> None:
    """Another run creates the same token while an answer of this one gets lost."""
    world = World()
    world.interruptions[2] = lambda: world.model.add(token(created_at=NOW))
    world.known.add(f"old-secret-of-{token().mrn}")
    done = run(world, CREATE, faults={1: Fault.LOST_AFTER})
    assert done.error.code == errors.AMBIGUOUS_NAME
    assert "2 new API tokens" in str(done.error)
    assert "The new token was deleted again." in str(done.error)
    assert world.names == ["ci", "ci"]


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
def test_a_token_that_was_there_before_is_no_stray(fault: Fault) -> None:
    """Not even one whose name may be another form of this one's."""
    world = World([token("CI"), token("ci ")])
    assert run(world, CREATE, faults={1: fault}).errors == []
    assert world.names == ["CI", "ci", "ci "]


def test_where_nobody_can_look_nothing_is_left_half_done() -> None:
    """The answer got lost, and then the service lists nothing any more."""
    world = World()
    world.interruptions[2] = lambda: world.model.forbidden.update({CI.scope.mrn: "PermissionDenied"})
    done = run(world, CREATE, faults={1: Fault.LOST_AFTER})
    assert done.error.code == errors.PERMISSION_DENIED
    assert "whether the service has a second one could not be determined" in done.words
    assert world.names == ["ci"]
    assert done.entry.secret is None


def test_a_lost_answer_is_reported_where_trying_again_is_of_no_use() -> None:
    world = World(options={"lag": 99})
    done = run(world, CREATE, faults={1: Fault.WEB_PAGE_AFTER})
    assert done.error.code == errors.NOT_GRAPHQL
    assert 'if space "space-1" has an API token "ci" that did not exist before, its secret is lost' in str(done.error)
    assert done.entry.changed
    assert world.requests.count("generateAPIToken") == 1


def test_a_refused_creation_is_final() -> None:
    world = World()
    done = run(world, CREATE, faults={1: Fault.DENIED})
    assert done.error.code == errors.PERMISSION_DENIED
    assert (done.entry.changed, done.entry.operations, len(world.requests)) == (False, [], 2)


def test_the_pending_names_of_several_tries_differ() -> None:
    world = World([CI], {"lag": 99})
    faults = dict.fromkeys((1, 3), Fault.LOST_AFTER)
    run(world, ROTATE, faults=faults)
    pending = world.pending()
    assert len(pending) == len(set(pending)) == 2
    assert pending[0] == PENDING_NOW
