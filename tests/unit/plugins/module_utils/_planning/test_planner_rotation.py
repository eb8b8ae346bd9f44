# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning of rotation: when it is due, lost secrets, pending tokens, staged hand-over, what becomes of retired tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import (
    Declaration,
    Mode,
    StoredSecret,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.planner import needs_proof
from ansible_collections.mondoo.platform.plugins.module_utils._values import errors
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    BLANK_FILE,
    DAY,
    HOUR,
    MINUTE,
    NO_FILE,
    NOTHING,
    NOW,
    SECOND,
    declare,
    pending,
    retired,
    roles,
    stored,
    token,
)
from ansible_collections.mondoo.platform.tests.unit.support.plans import Case, in_words

VIEWER = roles("viewer")
CI = token(last_used_at=NOW - DAY)  # ten days old
OTHER = token("other")
PENDING_NOW = "ci (pending 2026-11-23T18:00:00Z)"
RETIRED_NOW = "ci (retired 2026-11-23T18:00:00Z)"
GENERATE = f"generate {PENDING_NOW} and verify it"
FINISH = f"rename {PENDING_NOW} to ci"
ROTATION = [GENERATE, "delete ci", FINISH]
TEN_DAYS = "10 days old, rotate_after 9d"


def rotate(**options: Any) -> Declaration:
    """A declaration by which the token CI is due."""
    return declare(rotate_after=9 * DAY, **options)


def kept(**options: Any) -> Declaration:
    """A declaration that rotates tokens, by which CI is not due yet."""
    return declare(rotate_after=90 * DAY, **options)


ROTATIONS = {
    "old enough": Case(declare(rotate_after=10 * DAY), [CI], ROTATION, reason="10 days old, rotate_after 10d"),
    "a second too young": Case(declare(rotate_after=10 * DAY + SECOND), [CI]),
    "in every run": Case(declare(rotate_after=NOTHING), [CI], ROTATION, reason="rotate_after 0"),
    "in every run, whatever the clock": Case(
        declare(rotate_after=NOTHING), [replace(CI, created_at=NOW + HOUR)], ROTATION, reason="rotate_after 0"
    ),
    "younger than a day": Case(
        declare(rotate_after=HOUR),
        [replace(CI, created_at=NOW - 90 * MINUTE)],
        ROTATION,
        reason="90m old, rotate_after 1h",
    ),
    "made by a clock that is ahead": Case(declare(rotate_after=HOUR), [replace(CI, created_at=NOW + DAY)]),
    "of unknown age": Case(
        rotate(), [replace(CI, created_at=None)], error=errors.SCHEMA_MISMATCH, words=["compared with rotate_after"]
    ),
    "with overlap": Case(rotate(overlap=DAY), [CI], [GENERATE, f"rename ci to {RETIRED_NOW}", FINISH]),
    "an overlap of 0 is none": Case(rotate(overlap=NOTHING), [CI], ROTATION),
    "not verified": Case(rotate(verify_secret="never"), [CI], [f"generate {PENDING_NOW}", "delete ci", FINISH]),
    "with other permissions": Case(rotate(roles=roles("agent")), [CI], ROTATION),
    "renamed at once": Case(
        rotate(mrn=CI.mrn, name="ci2", overlap=DAY),
        [CI],
        [
            "generate ci2 (pending 2026-11-23T18:00:00Z) and verify it",
            "rename ci to ci2 (retired 2026-11-23T18:00:00Z)",
            "rename ci2 (pending 2026-11-23T18:00:00Z) to ci2",
        ],
    ),
    "while generate is false": Case(
        rotate(generate=False), [CI], error=errors.GENERATION_NOT_ALLOWED, words=[TEN_DAYS, "generate is false"]
    ),
    "with a file, later than that was written": Case(
        rotate(),
        [CI],
        [
            "generate ci (pending 2026-11-23T18:00:08Z) and verify it",
            "delete ci",
            "rename ci (pending 2026-11-23T18:00:08Z) to ci",
        ],
        file=stored(-7.5 * SECOND),
    ),
}

LOST = {
    # what the file is like, and how a sentence about it ends
    "missing": (NO_FILE, "does not exist"),
    "blank": (BLANK_FILE, "holds no secret"),
    "another token's": (stored(NOTHING, OTHER), "holds the secret of another token"),
    "too old": (stored(10 * DAY + 5 * MINUTE + SECOND), "was last written before the token was created"),
    "refused": (stored(NOTHING, accepted=False), "holds a secret that the service refuses"),
}
HELD = {
    "named by the secret": stored(99 * DAY, CI),
    "as old as clocks may differ": stored(10 * DAY + 5 * MINUTE),
    "accepted by the service": stored(NOTHING, accepted=True),
}

PENDING = {
    # With a file: runs on one host take turns, so a pending token is in the file, or nobody's.
    "named by the secret in the file": Case(
        kept(), [CI, pending()], ["delete ci", f"rename {pending().name} to ci"], file=stored(DAY, pending())
    ),
    "older than the file": Case(
        kept(overlap=DAY),
        [CI, pending()],
        [f"rename ci to {RETIRED_NOW}", f"rename {pending().name} to ci"],
        file=stored(HOUR),
    ),
    "younger than the file": Case(kept(), [CI, pending()], [f"delete {pending().name}"], file=stored(HOUR + SECOND)),
    "younger than the file, and the token in use is due": Case(
        rotate(), [CI, pending()], [f"delete {pending().name}", *ROTATION], file=stored(DAY)
    ),
    "older than the token in use, which the file holds": Case(
        kept(), [replace(CI, created_at=NOW - MINUTE), pending()], [f"delete {pending().name}"], file=stored()
    ),
    "of an unknown age, older than the file": Case(
        kept(), [CI, pending(created_at=None)], ["delete ci", f"rename {pending().name} to ci"], file=stored()
    ),
    "one of several": Case(
        kept(),
        [pending(3 * HOUR), CI, pending(HOUR), pending(2 * HOUR)],
        [
            f"delete {pending(HOUR).name}",
            f"delete {pending(3 * HOUR).name}",
            "delete ci",
            f"rename {pending(2 * HOUR).name} to ci",
        ],
        file=stored(2 * HOUR),
    ),
    "refused by the service": Case(
        kept(),
        [CI, pending()],
        [f"delete {pending().name}"],
        file=stored(DAY, pending(), accepted=False),
        warnings=["holds a secret that the service refuses"],
    ),
    "and there is none in use": Case(
        kept(roles=VIEWER), [pending()], [f"rename {pending().name} to ci"], file=stored(DAY, pending())
    ),
    "and it is changed by the way": Case(
        kept(roles=roles("agent"), description="Nightly"),
        [CI, pending(description="Pipelines")],
        ["delete ci", f"rename {pending().name} to ci and describe {pending().name} as 'Nightly'", "permit ci: agent"],
        file=stored(DAY, pending()),
    ),
    "what is not declared is as it is with the token in use": Case(
        kept(),
        [replace(CI, description="Pipelines", roles=roles("owner")), pending(roles=VIEWER)],
        [
            "delete ci",
            f"rename {pending().name} to ci and describe {pending().name} as 'Pipelines'",
            "permit ci: owner",
        ],
        file=stored(DAY, pending()),
    ),
    "nobody's, before a creation": Case(
        declare(roles=VIEWER), [pending()], [f"delete {pending().name}", "generate ci"], file=NO_FILE
    ),
    # Without one, it may belong to a run elsewhere.
    "young": Case(rotate(), [CI, pending(9 * MINUTE)], warnings=["perhaps by a run elsewhere"]),
    "young, by the clock of the service": Case(
        rotate(), [CI, pending(HOUR, created_at=NOW - 9 * MINUTE)], warnings=["generated at 2026-11-23T17:51:00Z"]
    ),
    "young, and none is in use": Case(
        declare(roles=VIEWER), [pending(MINUTE)], error=errors.PENDING_ELSEWHERE, words=["set pending_grace to 0"]
    ),
    "old enough": Case(rotate(), [CI, pending(10 * MINUTE)], [f"delete {pending(10 * MINUTE).name}", *ROTATION]),
    "old enough, and nothing is due": Case(kept(), [CI, pending(10 * MINUTE)], [f"delete {pending(10 * MINUTE).name}"]),
    "young and old": Case(
        rotate(),
        [CI, pending(MINUTE), pending(2 * MINUTE), pending(HOUR)],
        [f"delete {pending(HOUR).name}"],
        warnings=[pending(MINUTE).name],
    ),
    "young, while there is no run elsewhere": Case(
        rotate(pending_grace=NOTHING), [CI, pending(-SECOND)], [f"delete {pending(-SECOND).name}", *ROTATION]
    ),
    "young, for a staged run": Case(
        rotate(), [CI, pending(MINUTE)], mode=Mode.STAGED, warnings=["perhaps by a run elsewhere"]
    ),
    "of another name": Case(kept(), [CI, pending(DAY, "ci2"), pending(DAY, "ci (pending)")]),
}

STAGES = {
    "staged": Case(rotate(overlap=DAY), [CI], [GENERATE], mode=Mode.STAGED),
    "staged, but this run writes the file itself": Case(rotate(), [CI], ROTATION, mode=Mode.STAGED, file=stored(DAY)),
    "delivered": Case(
        rotate(),
        [CI, pending(SECOND)],
        ["delete ci", f"rename {pending(SECOND).name} to ci"],
        mode=Mode.FINISH,
        delivered=[pending(SECOND), OTHER],
    ),
    "delivered, with overlap": Case(
        rotate(overlap=DAY),
        [CI, pending(SECOND)],
        [f"rename ci to {RETIRED_NOW}", f"rename {pending(SECOND).name} to ci"],
        mode=Mode.FINISH,
        delivered=[pending(SECOND)],
    ),
    "delivered, and none is in use": Case(
        declare(roles=VIEWER),
        [pending(SECOND)],
        [f"rename {pending(SECOND).name} to ci"],
        mode=Mode.FINISH,
        delivered=[pending(SECOND)],
    ),
    "delivered before": Case(rotate(), [token(created_at=NOW)], mode=Mode.FINISH, delivered=[token()]),
    "not delivered": Case(rotate(), [CI, pending(SECOND)], [f"delete {pending(SECOND).name}"], mode=Mode.FINISH),
    "not delivered, and none is in use": Case(
        declare(roles=VIEWER), [pending(SECOND)], [f"delete {pending(SECOND).name}"], mode=Mode.FINISH
    ),
    "another one was delivered": Case(
        rotate(),
        [CI, pending(SECOND), pending(MINUTE)],
        [f"delete {pending(SECOND).name}", "delete ci", f"rename {pending(MINUTE).name} to ci"],
        mode=Mode.FINISH,
        delivered=[pending(MINUTE)],
    ),
    "two were delivered": Case(
        rotate(),
        [CI, pending(SECOND), pending(MINUTE)],
        mode=Mode.FINISH,
        delivered=[pending(SECOND), pending(MINUTE)],
        error=errors.INVALID_OPTION,
        words=["delivered names 2 pending tokens", str(pending(MINUTE).mrn), "Nothing was changed"],
    ),
    "finished, and the run before wrote the file itself": Case(rotate(), [CI], mode=Mode.FINISH, file=stored(DAY)),
    "finished, and created by this run, which writes the file itself": Case(
        rotate(roles=VIEWER), [], ["generate ci"], mode=Mode.FINISH, file=NO_FILE
    ),
}

OLD = retired(2 * DAY)
RETIRED = {
    "whose overlap is over": Case(kept(overlap=2 * DAY), [CI, OLD], [f"delete {OLD.name}"]),
    "whose overlap is not over": Case(kept(overlap=2 * DAY + SECOND), [CI, OLD]),
    "without overlap": Case(kept(), [CI, OLD], [f"delete {OLD.name}"]),
    "with an overlap alone": Case(declare(overlap=DAY), [CI, OLD], [f"delete {OLD.name}"]),
    "where lost secrets rotate": Case(
        declare(lost_secret="rotate"), [CI, OLD], [f"delete {OLD.name}"], file=stored(DAY, CI)
    ),
    "where lost secrets would rotate, but there is no file": Case(declare(lost_secret="rotate"), [CI, OLD]),
    "of a declaration that does not rotate": Case(declare(), [CI, OLD]),
    "of another name": Case(kept(), [CI, retired(name="other")]),
    "several": Case(
        kept(overlap=3 * DAY),
        [CI, OLD, retired(4 * DAY), retired(5 * DAY)],
        [f"delete {retired(4 * DAY).name}", f"delete {retired(5 * DAY).name}"],
    ),
    "still used, and deleted": Case(
        kept(),
        [CI, replace(OLD, last_used_at=NOW - DAY)],
        [f"delete {OLD.name}"],
        warnings=["was still used at 2026-11-22T18:00:00Z, after its retirement, and its overlap is over"],
    ),
    "still used, and deleted later": Case(
        kept(overlap=9 * DAY),
        [CI, replace(OLD, last_used_at=NOW - DAY)],
        warnings=["after its retirement; it is deleted after 2026-11-30T18:00:00Z"],
    ),
    "last used when it was retired": Case(kept(overlap=9 * DAY), [CI, replace(OLD, last_used_at=NOW - 2 * DAY)]),
    "retired in the future": Case(
        kept(overlap=DAY),
        [CI, retired(-HOUR)],
        warnings=["a clock was wrong: it is not deleted before 2026-11-24T19:00:00Z"],
    ),
    "retired in the future, of a declaration that does not rotate": Case(
        declare(), [CI, retired(-HOUR)], warnings=["a retirement in the future"]
    ),
    "retired at the end of time": Case(
        kept(overlap=DAY),
        [CI, token("ci (retired 9999-12-31T23:59:59Z)")],
        warnings=["it is not deleted before 9999-12-31T23:59:59Z"],
    ),
    "with an overlap for ever": Case(kept(overlap=timedelta.max), [CI, OLD]),
    "retired by a clock that is a little ahead": Case(kept(overlap=DAY), [CI, retired(-5 * MINUTE)]),
    "retired in the future, without overlap": Case(kept(), [CI, retired(-HOUR)], [f"delete {retired(-HOUR).name}"]),
    "that the task logs in with": Case(kept(), [CI, OLD], own=OLD, warnings=["is kept: this task logs in with it"]),
    "after a rotation": Case(
        rotate(overlap=DAY), [CI, OLD], [GENERATE, f"rename ci to {RETIRED_NOW}", FINISH, f"delete {OLD.name}"]
    ),
    "after a finished rotation": Case(
        kept(overlap=DAY),
        [CI, OLD, pending()],
        [f"rename ci to {RETIRED_NOW}", f"rename {pending().name} to ci", f"delete {OLD.name}"],
        file=stored(DAY, pending()),
    ),
    "after a creation": Case(kept(), [OLD], ["generate ci", f"delete {OLD.name}"]),
    "not before a staged secret is in use": Case(kept(), [OLD], [f"generate {PENDING_NOW}"], mode=Mode.STAGED),
    "not where nothing was delivered": Case(
        kept(roles=VIEWER), [OLD, pending()], [f"delete {pending().name}"], mode=Mode.FINISH
    ),
    "in a staged run, while another is in use": Case(
        rotate(), [CI, OLD], [GENERATE, f"delete {OLD.name}"], mode=Mode.STAGED
    ),
    "in the last run of a hand-over that failed": Case(rotate(), [CI, OLD], [f"delete {OLD.name}"], mode=Mode.FINISH),
    "not while a run elsewhere is at work": Case(
        kept(), [CI, replace(OLD, last_used_at=NOW), pending(SECOND)], warnings=["perhaps by a run elsewhere"]
    ),
}

_TABLES = {"rotation": ROTATIONS, "pending": PENDING, "stages": STAGES, "retired": RETIRED}
CASES = {f"{table}: {name}": case for table, cases in _TABLES.items() for name, case in cases.items()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_plan(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(("file", "words"), LOST.values(), ids=LOST)
def test_a_lost_secret(file: StoredSecret, words: str) -> None:
    sentence = f'The API token "ci" of space "space-1" exists, but /etc/ci.token {words}; a secret cannot be read again'
    Case(declare(), [CI], file=file, warnings=[sentence]).check()
    Case(declare(lost_secret="fail"), [CI], file=file, error=errors.LOST_SECRET, words=[sentence]).check()
    plan = Case(declare(lost_secret="rotate"), [CI], file=file).plan()
    assert [step.operation for step in plan.steps] == ["generateAPIToken", "deleteAPIToken", "updateAPIToken"]
    assert (plan.reason, plan.warnings) == (f"/etc/ci.token {words}", ())


@pytest.mark.parametrize("lost_secret", ["warn", "fail", "rotate"])
@pytest.mark.parametrize("file", HELD.values(), ids=HELD)
def test_a_secret_that_is_there(file: StoredSecret, lost_secret: str) -> None:
    Case(declare(lost_secret=lost_secret), [CI], file=file).check()


def test_of_a_token_of_unknown_age_only_the_secret_itself_can_be_lost() -> None:
    Case(declare(lost_secret="fail"), [replace(CI, created_at=None)], file=stored(999 * DAY)).check()


def test_the_new_token_takes_after_the_old_one() -> None:
    old = replace(CI, description="Pipelines")
    plan = Case(rotate(roles=roles("agent")), [old]).plan()
    assert plan.before == old
    assert plan.after == replace(
        old, mrn=None, roles=old.roles - VIEWER | roles("agent"), created_at=None, last_used_at=None, created_by=None
    )


@pytest.mark.parametrize(
    ("mode", "file", "staged"),
    [(Mode.STAGED, None, True), (Mode.STAGED, NO_FILE, False), (Mode.DIRECT, None, False), (Mode.FINISH, None, False)],
)
def test_whether_the_secret_is_handed_over_by_other_tasks(mode: Mode, file: StoredSecret | None, staged: bool) -> None:
    assert Case(rotate(), [CI], mode=mode, file=file).plan().staged is staged


@pytest.mark.parametrize(
    ("declared", "there", "file", "proved"),
    [
        (kept(), [CI], stored(), False),
        (kept(verify_secret="always"), [CI], stored(), True),
        (kept(verify_secret="always"), [CI], stored(NOTHING, CI), True),
        (kept(verify_secret="always", name=None, mrn=CI.mrn), [OTHER, CI], stored(), True),
        (kept(verify_secret="always", name="ci2", mrn=CI.mrn), [CI], stored(), True),
        # what is lost anyway is not tried
        (kept(verify_secret="always"), [CI], stored(NOTHING, OTHER), False),
        (kept(verify_secret="always"), [CI], BLANK_FILE, False),
        (kept(verify_secret="always"), [CI], None, False),
        (kept(verify_secret="always"), [OTHER], stored(), False),
        (kept(verify_secret="always", present=False), [CI], stored(), False),
        # before an interrupted rotation is finished
        (kept(), [CI, pending()], stored(DAY, pending()), True),
        (kept(), [CI, pending()], stored(), True),
        (kept(), [pending()], stored(), True),
        (kept(), [CI, pending()], stored(DAY), False),
        (kept(verify_secret="never"), [CI, pending()], stored(), False),
    ],
)
def test_whether_the_stored_secret_is_tried_first(
    declared: Declaration, there: list[Token], file: StoredSecret | None, proved: bool
) -> None:
    assert needs_proof(declared, there, file) is proved


def test_the_order_of_steps_is_make_before_break() -> None:
    """What the specification promises for the lists of operations."""
    assert Case(rotate(), [CI]).plan().operations == ["generateAPIToken", "deleteAPIToken", "updateAPIToken"]
    with_overlap = Case(rotate(overlap=timedelta(days=7)), [CI]).plan()
    assert with_overlap.operations == ["generateAPIToken", "updateAPIToken", "updateAPIToken"]
    assert in_words(with_overlap)[1:] == [f"rename ci to {RETIRED_NOW}", FINISH]
