# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes that share requests, those that are refused or whose answer got lost, what is taken back then, and how long it takes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._api.tokens import TokenApi
from ansible_collections.mondoo.platform.plugins.module_utils._applying import rounds
from ansible_collections.mondoo.platform.plugins.module_utils._applying.entry import Entry
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import Declaration, Mode
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declared_set import Prune
from ansible_collections.mondoo.platform.plugins.module_utils._values import errors
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    HOUR,
    NOTHING,
    NOW,
    declare,
    pending,
    retired,
    roles,
    token,
)
from ansible_collections.mondoo.platform.tests.unit.support.model import Fault
from ansible_collections.mondoo.platform.tests.unit.support.world import Run, World

CI = token(last_used_at=NOW - DAY)
HALF_DONE = pending(HOUR)
PATH = "/etc/ci.token"
PENDING_NOW = "ci (pending 2026-11-23T18:00:00Z)"
RETIRED_NOW = "ci (retired 2026-11-23T18:00:00Z)"
# Parts of the inputs of mutations, by which the service refuses them.
RETIRE, NAME_NEW = "(retired", "'name': 'ci'"
DELETE_OLD, DELETE_NEW = f"{{'mrn': '{CI.mrn}'}}", "serviceaccounts/made-1'}"


def run(world: World, *declarations: Declaration, **options: Any) -> Run:
    done = world.run(*declarations, **options)
    assert done is not None
    return done


def rotating(*, file: bool, overlap: timedelta | None = None) -> tuple[World, Declaration]:
    """The token CI, and a declaration by which it is due."""
    world = World([CI])
    if file:
        world.file(PATH).put(next(iter(world.known)), NOW - 10 * DAY)
    declaration = declare(roles=roles("viewer"), rotate_after=DAY, overlap=overlap, pending_grace=NOTHING)
    return world, replace(declaration, token_path=PATH if file else None)


# A step that is refused: what was done before it is taken back as far as nobody can use the new secret.

REFUSALS = {
    # overlap, file: what is refused, the names then, and whether the secret is returned
    ("delete", "result"): ([DELETE_OLD], ["ci"], False),
    ("delete", "file"): ([DELETE_OLD], ["ci", PENDING_NOW], False),
    ("name after deletion", "result"): ([NAME_NEW], [PENDING_NOW], True),
    ("name after deletion", "file"): ([NAME_NEW], [PENDING_NOW], False),
    ("delete, and then the new one", "result"): ([DELETE_OLD, DELETE_NEW], ["ci", PENDING_NOW], True),
    ("retire", "result"): ([RETIRE], ["ci"], False),
    ("retire", "file"): ([RETIRE], ["ci", PENDING_NOW], False),
    ("name", "result"): ([f"made-1', {NAME_NEW}"], ["ci"], False),
    ("name", "file"): ([f"made-1', {NAME_NEW}"], [PENDING_NOW, RETIRED_NOW], False),
    ("both", "result"): ([RETIRE, NAME_NEW], ["ci"], False),
    ("both", "file"): ([RETIRE, NAME_NEW], ["ci", PENDING_NOW], False),
    ("name, and then the old name", "result"): ([NAME_NEW], [PENDING_NOW, RETIRED_NOW], True),
}


@pytest.mark.parametrize("how", ["refusing", "declining"])
@pytest.mark.parametrize("code", ["PermissionDenied", "Internal"])
@pytest.mark.parametrize(("case", "expected"), REFUSALS.items(), ids=[", ".join(case) for case in REFUSALS])
def test_a_refused_step_of_a_rotation(
    case: tuple[str, str], expected: tuple[Sequence[str], list[str], bool], code: str, how: str
) -> None:
    """By an error or by what the answer says; and after the second code nobody knows whether it was executed."""
    what, place = case
    refused, names, is_returned = expected
    world, declaration = rotating(file=place == "file", overlap=None if "delet" in what else HOUR)
    setattr(world.model, how, dict.fromkeys(refused, code))
    done = run(world, declaration)
    assert len(done.errors) == 1
    if (how, code) == ("refusing", "PermissionDenied"):
        assert (world.names, bool(done.entry.secret)) == (names, is_returned)
    assert len(world.in_use(declaration)) <= 1
    assert world.working(declaration)
    setattr(world.model, how, {})
    assert run(world, declaration).errors == []
    assert (len(world.in_use(declaration)), world.pending()) == (1, [])
    assert run(world, declaration).operations == {}


def test_what_a_refused_rotation_says() -> None:
    def words(*, file: bool, refused: str) -> str:
        world, declaration = rotating(file=file)
        world.model.refusing = {refused: "PermissionDenied"}
        return str(run(world, declaration).error)

    taken_back = "The new token was deleted again, and the token in use is as it was."
    assert taken_back in words(file=False, refused=DELETE_OLD)
    in_file = f"is valid, and its secret is in {PATH}. The next run finishes the rotation."
    assert in_file in words(file=True, refused=DELETE_OLD)
    text = words(file=False, refused=NAME_NEW)
    assert f'Could not update the API token "{PENDING_NOW}"' in text
    assert 'its secret is in this result. Give it the name "ci", or the next run replaces it.' in text


def test_what_was_cleaned_up_before_stays_a_change() -> None:
    world = World([CI, HALF_DONE])
    world.model.refusing = {DELETE_OLD: "PermissionDenied"}
    done = run(world, declare(rotate_after=DAY))
    assert (world.names, done.entry.changed) == (["ci"], True)
    assert done.entry.operations == ["deleteAPIToken", "generateAPIToken", "deleteAPIToken"]


@pytest.mark.parametrize("delivered", [True, False], ids=["delivered", "in the file"])
@pytest.mark.parametrize(
    ("refused", "names"),
    [
        (RETIRE, ["ci", HALF_DONE.name]),
        (f"{HALF_DONE.mrn}', {NAME_NEW}", [HALF_DONE.name, RETIRED_NOW]),
        (NAME_NEW, [HALF_DONE.name, RETIRED_NOW]),
    ],
)
def test_a_refused_step_that_finishes_a_rotation(refused: str, names: list[str], delivered: bool) -> None:
    """Its secret may be in use: it is kept, and never has the name beside the old one."""
    world = World([CI, HALF_DONE])
    declaration = declare(rotate_after=DAY, overlap=HOUR, token_path=None if delivered else PATH)
    if not delivered:
        world.file(PATH).put(world.model.entries[str(HALF_DONE.mrn)].secret, NOW)
    how: dict[str, Any] = {"mode": Mode.FINISH, "delivered": [str(HALF_DONE.mrn)]} if delivered else {}
    world.model.refusing = {refused: "PermissionDenied"}
    done = run(world, declaration, **how)
    assert world.names == names
    assert "is valid, and its secret was already handed over. The next run finishes the rotation." in str(done.error)
    world.model.refusing = {}
    assert run(world, declaration, **how).errors == []
    assert [entry.mrn for entry in world.in_use(declaration)] == [HALF_DONE.mrn]


def test_permissions_that_are_refused_at_the_end_leave_a_finished_rotation() -> None:
    world = World([CI, HALF_DONE])
    world.model.refusing = {"updates": "PermissionDenied"}
    declaration = declare(roles=roles("owner"))
    done = run(world, declaration, mode=Mode.FINISH, delivered=[str(HALF_DONE.mrn)])
    assert "set the permissions of" in str(done.error)
    assert [entry.mrn for entry in world.in_use(declaration)] == [HALF_DONE.mrn]
    assert world.names == ["ci"]


# A lost answer


@pytest.mark.parametrize(
    ("declaration", "operation"),
    [
        (declare(description="x"), "updateAPIToken"),
        (declare(roles=roles("agent")), "setRoles"),
        (declare(present=False), "deleteAPIToken"),
    ],
    ids=["describe", "permit", "delete"],
)
@pytest.mark.parametrize("retries", [0, 2])
def test_a_change_whose_answer_got_lost_is_looked_up(declaration: Declaration, operation: str, retries: int) -> None:
    world = World([CI])
    done = run(world, declaration, faults={1: Fault.LOST_AFTER}, retries=retries)
    assert (done.errors, done.entry.changed, done.entry.operations) == ([], True, [operation])
    assert world.requests == ["apiTokens", operation, "apiTokens"]


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.WEB_PAGE_BEFORE, Fault.UNKNOWN_BEFORE])
def test_a_change_that_was_not_executed_is_sent_again(fault: Fault) -> None:
    world = World([CI])
    done = run(world, declare(description="x"), faults={1: fault})
    assert (done.errors, world.requests) == ([], ["apiTokens", "updateAPIToken", "apiTokens", "updateAPIToken"])
    world = World([CI])
    done = run(world, declare(description="x"), faults={1: fault}, retries=0)
    # The listing shows that.
    assert not done.entry.changed
    assert done.entry.error is not None
    # Where nobody can look, it may have been.
    world = World([CI])
    world.interruptions[2] = lambda: world.model.forbidden.update({CI.scope.mrn: "PermissionDenied"})
    done = run(world, declare(description="x"), faults={1: fault}, retries=0)
    assert done.entry.changed


@pytest.mark.parametrize(
    "faults",
    [
        {1: Fault.LOST_AFTER, 2: Fault.DENIED, 3: Fault.DENIED},
        {1: Fault.LOST_BEFORE, 3: Fault.LOST_AFTER, 4: Fault.DENIED, 5: Fault.DENIED},
    ],
    ids=["the first try", "the second try"],
)
def test_a_refusal_does_not_prove_that_an_earlier_try_was_not_executed(faults: Mapping[int, Fault]) -> None:
    """The answer of a change that was executed is lost, it cannot be looked up, and the next try is refused."""
    world = World([CI])
    done = run(world, declare(description="x"), faults=faults)
    assert done.error.code == errors.PERMISSION_DENIED
    assert [entry.description for entry in world.model.entries.values()] == ["x"]
    assert done.entry.changed


def test_a_refusal_after_a_listing_that_shows_the_old_state_is_no_change() -> None:
    world = World([CI])
    done = run(world, declare(description="x"), faults={1: Fault.LOST_BEFORE, 3: Fault.DENIED})
    assert done.error.code == errors.PERMISSION_DENIED
    assert not done.entry.changed


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.UNKNOWN_BEFORE])
def test_a_deletion_that_may_yet_be_executed_keeps_the_successor(fault: Fault) -> None:
    """The listing that shows the old token may have come before the service got to its deletion."""
    world = World([CI])
    done = run(world, declare(rotate_after=DAY), faults={3: fault}, retries=0)
    assert world.names == ["ci", PENDING_NOW]
    assert done.entry.secret
    assert "its secret is in this result" in str(done.error)


def test_a_name_is_not_given_while_the_old_token_may_have_it() -> None:
    """The answer to both renames is lost, and then the old token's is refused."""
    world = World([CI])
    declaration = declare(rotate_after=DAY, overlap=HOUR)
    world.interruptions[4] = lambda: world.model.refusing.update({RETIRE: "PermissionDenied"})
    done = run(world, declaration, faults={3: Fault.LOST_BEFORE})
    assert done.error.code == errors.PERMISSION_DENIED
    assert (world.names, done.entry.secret) == (["ci"], None)
    # After the listing, which showed that neither was executed.
    after = world.model.asked[[name for name, _given in world.model.asked].index("apiTokens", 2) :]
    assert not [given for name, given in after if name == "updateAPIToken" and NAME_NEW in str(given)]


# Roles that the service writes otherwise

MY_ROLE = frozenset({"//iam.api.mondoo.app/roles/my-role"})


def _elsewhere(role: str) -> str:
    return role.replace("iam.api.mondoo.app", "iam.eu.api.mondoo.com").title()


@pytest.mark.parametrize("faults", [{}, {1: Fault.LOST_AFTER}])
@pytest.mark.parametrize(
    "declaration",
    [
        declare(roles=MY_ROLE),
        declare(roles=MY_ROLE, purge_permissions=False),
        declare(roles=MY_ROLE, rotate_after=DAY),
        declare(roles=MY_ROLE | roles("agent"), rotate_after=DAY, overlap=HOUR),
        declare("new", roles=MY_ROLE),
    ],
)
def test_a_role_that_the_service_writes_otherwise_is_the_same(declaration: Declaration, faults: Any) -> None:
    world = World([CI], {"granting": _elsewhere, "jwt": True})
    assert run(world, declaration, faults=faults).errors == []
    assert run(world, declaration).operations == {}


# Several entries

SIX = [token(name) for name in "abcdef"]
ONES: Mapping[str, Any] = {
    "describe": lambda name: declare(name, description="x"),
    "rename": lambda name: declare(f"new {name}", mrn=token(name).mrn),
    "permit": lambda name: declare(name, roles=roles("editor")),
    "delete": lambda name: declare(name, present=False),
    "describe and permit": lambda name: declare(name, description="x", roles=roles("owner")),
}
SERVICES: Mapping[str, dict[str, Any]] = {
    "as documented": {},
    "non-null payloads": {"non_null": True},
    "nothing after a failure": {"non_null": True, "stops_at_failure": True},
    "errors without a path": {"pathless": True},
    "payloads beside errors": {"beside_errors": True},
    "payloads beside errors without a path": {"beside_errors": True, "pathless": True},
}


@pytest.mark.parametrize("code", ["PermissionDenied", "Internal"])
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("kind", ONES)
def test_one_that_is_refused_keeps_no_other_from_being_done(kind: str, service: str, code: str) -> None:
    declared = [ONES[kind](each.name) for each in SIX[:4]]
    for number, size in itertools.product(range(4), (1, 3)):
        world = World(SIX[:4], SERVICES[service])
        mrn = str(SIX[number].mrn)
        world.model.refusing = {mrn: code}
        done = run(world, *declared, size=size)
        assert [each.error.code if each.error else None for each in done.entries] == [
            code if each == number else None for each in range(4)
        ]
        assert mrn in done.words
        untouched = world.model.entries[mrn]
        assert (untouched.name, untouched.description) == (SIX[number].name, "")
        world.model.refusing = {}
        again = run(world, *declared, size=size)
        assert (again.errors, sum(bool(each.operations) for each in again.entries)) == ([], 1)
        assert run(world, *declared).operations == {}


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("nameless", [False, True])
def test_permissions_that_are_refused_in_the_answer_are_their_own_failure(nameless: bool, retries: int) -> None:
    """Also where the answer does not say whose they are: a listing shows it."""
    world = World(SIX, {"nameless": nameless})
    world.model.declining = {str(SIX[2].mrn): "not this one"}
    done = run(world, *(ONES["permit"](each.name) for each in SIX), retries=retries)
    assert [each.error.code if each.error else None for each in done.entries] == [
        *(None, None, errors.REFUSED, None, None, None)
    ]
    assert "the service refused it: ['not this one']" in done.words or not nameless
    assert [each.changed for each in done.entries] == [True, True, False, True, True, True]


def test_changes_share_requests() -> None:
    """One for up to twenty updates or deletions, and one for the permissions of a scope, whatever else its entries need."""
    there = [token(f"t{number:02}") for number in range(42)]
    world = World(there)
    declared = [declare(each.name, description="x", roles=roles("owner")) for each in there[:21]]
    declared += [declare(each.name, roles=roles("owner")) for each in there[21:]]
    done = run(world, *declared)
    assert (done.errors, done.operations) == ([], {"setRoles": 1, "updateAPIToken": 21})
    assert done.operations == done.predicted
    assert world.requests == ["apiTokens", "updateAPIToken", "updateAPIToken", "setRoles"]


def test_five_hundred_rotations_share_their_deletions_and_renames() -> None:
    there = [token(f"t{number:03}") for number in range(500)]
    world = World(there, {"page_size": 500})
    declared = [declare(each.name, rotate_after=DAY, verify_secret="never") for each in there]
    done = run(world, *declared, size=8)
    assert done.errors == []
    assert done.requests <= 620
    assert len(done.secrets) == len(world.names) == 500


def test_the_renames_of_one_rotation_are_never_parted() -> None:
    there = [token(f"t{number:02}") for number in range(15)]
    world = World(there)
    declared = [declare(each.name, rotate_after=DAY, overlap=HOUR, verify_secret="never") for each in there]
    assert run(world, *declared).errors == []
    assert world.requests[-2:] == ["updateAPIToken", "updateAPIToken"]
    batches = [len(variables) for operation, variables in world.model.sent if operation == "updateAPIToken"]
    assert batches == [20, 10]


@pytest.mark.parametrize("size", [1, 4, 16])
def test_secrets_are_generated_side_by_side(size: int) -> None:
    world = World()
    done = run(world, *(declare(f"t{number}", roles=roles("viewer")) for number in range(20)), size=size)
    assert done.errors == []
    assert len(set(done.secrets.values())) == 20


def test_a_predecessor_is_pruned_only_after_its_successor_has_come() -> None:
    world = World([retired(), token("other")])
    world.file(PATH).broken = "commit"
    declaration = declare(roles=roles("viewer"), token_path=PATH)
    done = run(world, declaration, prune=Prune())
    assert (world.names, len(done.errors)) == ([retired().name], 1)
    world.file(PATH).broken = None
    assert run(world, declaration, prune=Prune()).errors == []
    assert world.names == ["ci"]


# How long it takes

LIMITED = {
    # operation: further ones that are limited by then
    "generateAPIToken": (),
    "space": (),
    "deleteAPIToken": (),
    "updateAPIToken": ("deleteAPIToken",),
    "setRoles": (),
}


@pytest.mark.parametrize("lost", [False, True], ids=["", "after a lost answer"])
@pytest.mark.parametrize("retries", [0, 4, 50])
@pytest.mark.parametrize("operation", LIMITED)
def test_one_step_waits_for_two_minutes_at_most(operation: str, retries: int, lost: bool) -> None:
    """However many loops wrap each other, and whatever has to be looked up and taken back. The steps before it do not wait."""
    number = {"generateAPIToken": 1, "space": 2}.get(operation, 3)
    world = World([CI, HALF_DONE] if operation == "setRoles" else [CI])
    limited = dict.fromkeys((operation, *LIMITED[operation]), 25.0)
    if lost:
        world.interruptions[number + 1] = lambda: world.limited.update({**limited, "apiTokens": 25.0})
        world.model.fail({number: Fault.LOST_BEFORE})
    else:
        world.limited = limited
    overlap = HOUR if operation == "updateAPIToken" else None
    declaration = declare(rotate_after=DAY, overlap=overlap, roles=roles("agent"))
    how: dict[str, Any] = {}
    if operation == "setRoles":
        how = {"mode": Mode.FINISH, "delivered": [str(HALF_DONE.mrn)]}
    done = run(world, declaration, retries=retries, **how)
    assert len(done.errors) == 1
    assert sum(world.clock.pauses) <= 120
    assert len(world.requests) <= 60


@pytest.mark.parametrize("operation", ["deleteAPIToken", "updateAPIToken", "setRoles"])
def test_the_changes_that_share_a_request_wait_together(operation: str) -> None:
    world = World(SIX)
    world.limited = {operation: 25.0}
    kind = {"deleteAPIToken": "delete", "updateAPIToken": "describe", "setRoles": "permit"}[operation]
    done = run(world, *(ONES[kind](each.name) for each in SIX), retries=9)
    assert len(done.errors) == 6
    assert 100 <= sum(world.clock.pauses) <= 120


@pytest.mark.parametrize("retries", [0, 4])
@pytest.mark.parametrize(
    ("how", "words"), [("refusing", "PermissionDenied"), ("declining", "rpc error: code = PermissionDenied desc = no")]
)
def test_permissions_that_are_refused_to_many_at_once_take_no_waiting(how: str, words: str, retries: int) -> None:
    """The service does not say whose refusal it is. The listing shows that none was executed; then each is tried alone, at once."""
    there = [token(f"t{number:03}") for number in range(400)]
    world = World(there, {"nameless": True})
    setattr(world.model, how, {"entityMrn": words})
    done = run(world, *(declare(each.name, roles=roles("owner")) for each in there), retries=retries)
    assert [error.code for error in done.errors] == ["PermissionDenied"] * 400
    assert not any(entry.changed for entry in done.entries)
    assert world.clock.pauses == []
    assert world.requests.count("setRoles") == 1 + (400 if retries else 0)


def test_a_budget_that_is_used_up_does_not_make_a_change_of_what_was_not_executed() -> None:
    """Every request for permissions gets lost on its way."""
    there = [token(f"t{number:03}") for number in range(100)]
    world = World(there)
    world.interruptions[1] = lambda: world.model.fail(
        {number: Fault.LOST_BEFORE for number in range(1000) if number % 2 == 0}
    )
    done = run(world, *(declare(each.name, roles=roles("owner")) for each in there), retries=4)
    assert sum(world.clock.pauses) <= 120
    assert len(done.errors) == 100
    assert not any(entry.changed for entry in done.entries)


@pytest.mark.parametrize(("code", "tried"), [("Unauthenticated", 5), ("PermissionDenied", 8)])
def test_what_is_hopeless_is_given_up(code: str, tried: int) -> None:
    """After five in a row that failed for a reason that concerns every scope."""
    world = World()
    world.model.refusing = {"name": code}
    done = run(world, *(declare(f"t{number}", roles=roles("viewer")) for number in range(8)))
    assert [error.code for error in done.errors] == [code] * 8
    assert world.requests.count("generateAPIToken") == tried
    assert done.words.count("5 others in a row had failed") == 8 - tried


def test_a_success_shows_that_it_is_not_hopeless() -> None:
    world = World()
    world.model.refusing = {f"'t{number}'": "Unauthenticated" for number in range(9) if number != 4}
    done = run(world, *(declare(f"t{number}", roles=roles("viewer")) for number in range(9)))
    assert (len(done.errors), world.requests.count("generateAPIToken")) == (8, 9)


# Mistakes in the collection: whatever they are, nobody loses a secret, and no text of theirs is shown.

CREATED = [declare(name, roles=roles("viewer")) for name in ("a", "c")]
WRONG = "hunter2"


def _check_others(done: Run) -> None:
    """Of three entries, the second one failed."""
    assert [each.error.code if each.error else None for each in done.entries] == [None, errors.INTERNAL, None]
    assert done.entries[0].secret
    assert done.entries[2].secret
    assert WRONG not in done.words


@pytest.mark.parametrize("size", [1, 3])
def test_a_mistake_in_handing_over_takes_the_token_back(size: int) -> None:
    world = World()
    world.file(PATH).put(WRONG, NOW)
    world.file(PATH).broken = "bug"
    b = declare("b", roles=roles("viewer"), token_path=PATH)
    done = run(world, CREATED[0], b, CREATED[1], size=size, may_be_mistaken=True)
    _check_others(done)
    assert world.names == ["a", "c"]


@pytest.mark.parametrize("what", ["generate", "recover"])
def test_a_mistake_in_one_entry_is_its_own(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = getattr(rounds, what)

    def wrong(api: object, entry: Entry, *rest: object) -> None:
        if entry.declaration.name == "b":
            raise ValueError(WRONG)
        real(api, entry, *rest)

    monkeypatch.setattr(rounds, what, wrong)
    world = World([token("b")])
    world.model.refusing = {str(token("b").mrn): "PermissionDenied"}
    done = run(world, CREATED[0], declare("b", rotate_after=DAY), CREATED[1], may_be_mistaken=True)
    _check_others(done)


def test_a_mistake_in_what_is_shared_returns_every_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_arguments: object) -> None:
        raise ValueError(WRONG)

    monkeypatch.setattr(rounds, "_batches", wrong)
    world = World([token("a"), token("b")])
    rotations = [declare(name, rotate_after=DAY) for name in ("a", "b")]
    done = run(world, *rotations, may_be_mistaken=True)
    assert {error.code for error in done.errors} == {errors.INTERNAL}
    monkeypatch.undo()

    monkeypatch.setattr(TokenApi, "delete_tokens", wrong)
    world = World([token("a"), token("b")])
    done = run(world, *rotations, may_be_mistaken=True)
    assert {error.code for error in done.errors} == {errors.INTERNAL}
    assert len(done.secrets) == 2
    assert WRONG not in done.words
