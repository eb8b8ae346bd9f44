# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning of one token: creation, changes, names, deletion, and the token that the task logs in with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import Declaration, Mode
from ansible_collections.mondoo.platform.plugins.module_utils._values import errors
from ansible_collections.mondoo.platform.tests.unit.support.builders import (
    DAY,
    HOUR,
    MEMBER,
    NO_FILE,
    NOTHING,
    NOW,
    declare,
    pending,
    retired,
    roles,
    stored,
    token,
)
from ansible_collections.mondoo.platform.tests.unit.support.plans import Case

VIEWER = roles("viewer")
CI = token(description="Pipelines", last_used_at=NOW - DAY)
OTHER = token("other")
TWIN = token(key="twin", created_at=None, created_by=None, last_use_known=False)
# One role, as it is declared and as the service writes it.
DECLARED_ROLE = "//iam.api.mondoo.app/roles/my-role"
LISTED_ROLE = "//iam.eu.api.mondoo.com/roles/My-Role"
CUSTOM = replace(CI, roles=frozenset({LISTED_ROLE}) | MEMBER)
GONE = "//agents.api.mondoo.app/spaces/space-1/serviceaccounts/gone"


def by_mrn(name: str | None = None, **options: Any) -> Declaration:
    """A declaration of the token CI by its MRN."""
    return declare(name, mrn=CI.mrn, **options)


CREATION = {
    "a token that is not there": Case(declare(roles=VIEWER), [OTHER], ["generate ci"]),
    "with a file": Case(declare(roles=VIEWER), file=NO_FILE, steps=["generate ci"]),
    "into a file that holds the secret of a deleted token": Case(
        declare(roles=VIEWER), file=stored(DAY, OTHER), steps=["generate ci"]
    ),
    "staged, it gets a pending name": Case(
        declare(roles=VIEWER), mode=Mode.STAGED, steps=["generate ci (pending 2026-11-23T18:00:00Z)"]
    ),
    "staged, but this run writes the file itself": Case(
        declare(roles=VIEWER), mode=Mode.STAGED, file=NO_FILE, steps=["generate ci"]
    ),
    "its secret was not delivered": Case(declare(roles=VIEWER), mode=Mode.FINISH, steps=[]),
    "without permissions": Case(declare(), error=errors.INVALID_OPTION, words=["permissions is required"]),
    "with an empty list of permissions": Case(declare(roles=roles()), error=errors.INVALID_OPTION),
    "with membership only": Case(declare(roles=MEMBER), error=errors.INVALID_OPTION),
    "while generate is false": Case(
        declare(roles=VIEWER, generate=False),
        error=errors.GENERATION_NOT_ALLOWED,
        words=["the token does not exist", "Nothing was changed"],
    ),
}

CHANGES = {
    "nothing is declared but the name": Case(declare(), [CI, OTHER]),
    "everything is as declared": Case(declare(description="Pipelines", roles=VIEWER), [CI]),
    "generate false matters only where a secret is needed": Case(declare(roles=VIEWER, generate=False), [CI]),
    "description": Case(declare(description="Nightly"), [CI], ["describe ci as 'Nightly'"]),
    "description removed": Case(declare(description=""), [CI], ["describe ci as ''"]),
    "description that a service has trimmed": Case(declare(description=" Pipelines \r\n"), [CI]),
    "description whose white space within lines differs": Case(
        declare(description="Pipe lines"), [CI], ["describe ci as 'Pipe lines'"]
    ),
    "lines that end otherwise": Case(declare(description="a \nb\n"), [replace(CI, description="a\r\nb")]),
    "permissions replaced": Case(declare(roles=roles("agent")), [CI], ["permit ci: agent"]),
    "permissions added": Case(declare(roles=roles("viewer", "agent")), [CI], ["permit ci: agent, viewer"]),
    "permissions emptied": Case(declare(roles=roles()), [CI], ["permit ci: "]),
    "permissions that must be among others": Case(
        declare(roles=roles("agent"), purge_permissions=False), [CI], ["permit ci: agent, viewer"]
    ),
    "permissions that are among others": Case(
        declare(roles=VIEWER, purge_permissions=False), [replace(CI, roles=roles("viewer", "owner") | MEMBER)]
    ),
    "a custom role that is written otherwise": Case(declare(roles=frozenset({DECLARED_ROLE})), [CUSTOM]),
    "a custom role that is written otherwise, among others": Case(
        declare(roles=frozenset({DECLARED_ROLE}), purge_permissions=False), [CUSTOM]
    ),
    "a custom role that is kept as the service writes it": Case(
        declare(roles=roles("agent") | {DECLARED_ROLE}), [CUSTOM], [f"permit ci: {LISTED_ROLE}, agent"]
    ),
    "a custom role that only the successor has": Case(
        declare(roles=frozenset({DECLARED_ROLE})),
        [CI, pending(roles=CUSTOM.roles)],
        ["delete ci", f"rename {pending().name} to ci and describe {pending().name} as 'Pipelines'"],
        mode=Mode.FINISH,
        delivered=[pending()],
    ),
    "a custom role that the token does not have": Case(
        declare(roles=frozenset({DECLARED_ROLE})), [CI], [f"permit ci: {DECLARED_ROLE}"]
    ),
    "description and permissions": Case(
        declare(description="Nightly", roles=roles("agent")), [CI], ["describe ci as 'Nightly'", "permit ci: agent"]
    ),
    "a file that holds the secret": Case(declare(roles=VIEWER), [CI], file=stored(DAY)),
    "staged": Case(declare(roles=roles("agent")), [CI], ["permit ci: agent"], mode=Mode.STAGED),
    "after a delivery": Case(declare(roles=roles("agent")), [CI], ["permit ci: agent"], mode=Mode.FINISH),
}

NAMES = {
    "renamed by its MRN": Case(by_mrn("ci2"), [CI, OTHER], ["rename ci to ci2"]),
    "renamed, described and permitted at once": Case(
        by_mrn("ci2", description="Nightly", roles=roles("agent")),
        [CI],
        ["rename ci to ci2 and describe ci as 'Nightly'", "permit ci2: agent"],
    ),
    "by its MRN alone": Case(by_mrn(description="Nightly"), [CI, TWIN], ["describe ci as 'Nightly'"]),
    "by its MRN, under the name that it has, beside a namesake": Case(by_mrn("ci"), [CI, TWIN]),
    "an MRN that is not there": Case(declare(mrn=GONE), [CI], error=errors.NOT_FOUND, words=[GONE, "new MRN"]),
    "a name that another token has": Case(
        by_mrn("other"), [CI, OTHER], error=errors.NAME_TAKEN, words=[str(OTHER.mrn), "Nothing was changed"]
    ),
    "a name that two tokens have": Case(
        declare(),
        [CI, TWIN],
        error=errors.AMBIGUOUS_NAME,
        words=[
            f"{CI.mrn} (created 2026-11-13T18:00:00Z by someone@example.com, last used 2026-11-22T18:00:00Z)",
            f"{TWIN.mrn} (created at an unknown time by unknown, last use unknown)",
            "Set mrn",
        ],
    ),
    "a name that two tokens have, and the file the secret of one": Case(
        declare(),
        [CI, replace(TWIN, last_use_known=True)],
        file=stored(DAY, CI),
        error=errors.AMBIGUOUS_NAME,
        words=["last used 2026-11-22T18:00:00Z, its secret is in /etc/ci.token)", "never used)"],
    ),
    "a pending name": Case(
        declare(pending().name, roles=VIEWER), error=errors.INVALID_OPTION, words=["only a rotation"]
    ),
    "a retired name for another token": Case(by_mrn(retired().name), [CI], error=errors.INVALID_OPTION),
    "a retired name of the token with that MRN": Case(
        declare(retired().name, mrn=retired().mrn, description="kept"),
        [CI, retired()],
        [f"describe {retired().name} as 'kept'"],
    ),
    "a pending token by its MRN alone": Case(declare(None, mrn=pending().mrn, rotate_after=NOTHING), [CI, pending()]),
    "a pending token gets a name of its own": Case(
        declare("mine", mrn=pending().mrn), [CI, pending()], [f"rename {pending().name} to mine"]
    ),
}

ABSENT = {
    "what is not there": Case(declare(present=False), [OTHER]),
    "an MRN that is not there": Case(declare(None, mrn=GONE, present=False), [CI]),
    "the token": Case(declare(present=False), [CI, OTHER], ["delete ci"]),
    "all of its stages": Case(
        declare(present=False),
        [retired(), CI, pending(), pending(name="other")],
        ["delete ci", f"delete {pending().name}", f"delete {retired().name}"],
    ),
    "what is left of it": Case(declare(present=False), [retired()], [f"delete {retired().name}"]),
    "by its MRN, that one alone": Case(
        declare(None, mrn=retired().mrn, present=False), [CI, retired(), pending()], [f"delete {retired().name}"]
    ),
    "two of the name": Case(declare(present=False), [CI, TWIN], error=errors.AMBIGUOUS_NAME),
    "one of two by its MRN": Case(by_mrn("ci", present=False), [CI, TWIN], ["delete ci"]),
    "whatever the mode": Case(declare(present=False), [CI], ["delete ci"], mode=Mode.FINISH),
}

_REFUSED: dict[str, Any] = {
    "error": errors.OWN_CREDENTIAL,
    "words": ["this task logs in with it", "Nothing was changed"],
}
OWN = {
    "is not deleted": Case(declare(present=False), [CI], own=CI, **_REFUSED),
    "is not deleted as a retired one": Case(declare(present=False), [CI, retired()], own=retired(), **_REFUSED),
    "is not rotated": Case(declare(rotate_after=DAY), [CI], own=CI, **_REFUSED),
    "is not replaced by one whose secret was delivered": Case(
        declare(), [CI, pending()], mode=Mode.FINISH, delivered=[pending()], own=CI, **_REFUSED
    ),
    "loses no permission": Case(declare(roles=roles("agent")), [CI], own=CI, **_REFUSED),
    "loses no permission when it gets its name": Case(
        declare(roles=roles("agent")), [pending()], mode=Mode.FINISH, delivered=[pending()], own=pending(), **_REFUSED
    ),
    "may get more": Case(declare(roles=roles("viewer", "agent")), [CI], ["permit ci: agent, viewer"], own=CI),
    "may get a description and a name": Case(by_mrn("ci2"), [CI], ["rename ci to ci2"], own=CI),
    "is kept where another pending token is cleaned up": Case(
        declare(pending_grace=NOTHING),
        [CI, pending(), pending(2 * HOUR)],
        [f"delete {pending(2 * HOUR).name}"],
        own=pending(),
        warnings=["is kept: this task logs in with it"],
    ),
}

_TABLES = {"creation": CREATION, "change": CHANGES, "name": NAMES, "absent": ABSENT, "own token": OWN}
CASES = {f"{table}: {name}": case for table, cases in _TABLES.items() for name, case in cases.items()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_plan(case: Case) -> None:
    case.check()


def test_a_successor_of_a_retired_token_takes_after_it() -> None:
    """A predecessor without a successor, as a crash between the two leaves it."""
    left = retired(HOUR, description="Pipelines", roles=roles("agent") | MEMBER)
    plan = Case(declare(rotate_after=90 * DAY, overlap=DAY), [retired(DAY), left]).plan()
    assert plan.before is None
    assert plan.after is not None
    assert (plan.after.description, plan.after.roles) == ("Pipelines", roles("agent") | MEMBER)
    assert (plan.after.mrn, plan.after.created_at, plan.after.last_used_at, plan.after.created_by) == (None,) * 4


def test_a_new_token_has_nothing_of_a_retired_one_without_rotation() -> None:
    left = retired(HOUR, description="Pipelines")
    plan = Case(declare(roles=VIEWER), [left]).plan()
    assert plan.after is not None
    assert (plan.after.description, plan.after.roles) == ("", VIEWER)
