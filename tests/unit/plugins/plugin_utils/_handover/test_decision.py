# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done for each token, and in which order."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import StoredSecret
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.decision import (
    Decision,
    Look,
    Round,
    decide,
    plan_rounds,
    stored_secret,
)
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.declaration import read_declaration
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.delivery import Surroundings
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.places import FilePlace, TasksPlace, VaultPlace
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.settings import Settings
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.tokens import (
    DeclaredToken,
    expand,
    select,
    token_from,
)

MRN = "//agents.api.mondoo.app/spaces/s/serviceaccounts/1"
OTHER = "//agents.api.mondoo.app/spaces/s/serviceaccounts/2"
SCOPE = "//captain.api.mondoo.app/spaces/s"
FILE, VARIABLE, TASKS = FilePlace("h1", "/x"), VaultPlace("v"), TasksPlace("/own.yml")
CREATED = "2026-01-01T00:00:00Z"
_AFTER = datetime(2026, 1, 2, tzinfo=timezone.utc)
_BEFORE = datetime(2025, 1, 2, tzinfo=timezone.utc)

HOLDS = Look(StoredSecret(_AFTER, token_mrn=MRN))
HOLDS_OPAQUE = Look(StoredSecret(_AFTER))
MISSING = Look(StoredSecret(exists=False))
EMPTY = Look(StoredSecret())
HOLDS_OTHER = Look(StoredSecret(_AFTER, token_mrn=OTHER))
OLD = Look(StoredSecret(_BEFORE))
UNSEEN = Look(problems=("the host could not be reached",))
BLOCKED = Look(StoredSecret(exists=False), ("the folder / is not writable",))


def _token(*places: Any, operations: tuple[str, ...] = (), **more: Any) -> DeclaredToken:
    known = {"mrn": MRN, "name": "ci", "scope_mrn": SCOPE, "created_at": CREATED}
    predicted = {
        "name": "ci",
        "scope_mrn": SCOPE,
        "api_token": known,
        "operations": operations,
        "changed": bool(operations),
    }
    return DeclaredToken("0", 'entry 1 ("ci")', {"name": "ci"}, places, predicted=predicted, **more)


NEW = ("generateAPIToken",)
LEFT = ("deleteAPIToken",)


@pytest.mark.parametrize(
    ("looks", "policy", "needs_secret", "words"),
    [
        ({FILE: HOLDS, VARIABLE: HOLDS}, "rotate", False, ""),
        ({FILE: HOLDS_OPAQUE, VARIABLE: HOLDS}, "rotate", False, ""),
        *[({FILE: look, VARIABLE: HOLDS}, "rotate", True, "") for look in (MISSING, EMPTY, HOLDS_OTHER, OLD)],
        ({FILE: MISSING, VARIABLE: HOLDS}, "warn", False, "/x on h1 does not exist"),
        ({FILE: HOLDS, VARIABLE: HOLDS_OTHER}, "warn", False, "the variable v holds the secret of another token"),
        ({FILE: MISSING, VARIABLE: HOLDS}, "fail", False, "a secret cannot be read again"),
        ({FILE: UNSEEN, VARIABLE: HOLDS}, "rotate", False, "could not be determined (the host could not be reached)"),
        ({FILE: UNSEEN, VARIABLE: MISSING}, "rotate", False, "the host could not be reached"),
        ({FILE: BLOCKED, VARIABLE: HOLDS}, "rotate", False, "the folder / is not writable"),
        ({}, "rotate", False, "it was not inspected"),
    ],
)
def test_lost_secrets(looks: dict[Any, Look], policy: str, needs_secret: bool, words: str) -> None:
    decision = decide(_token(FILE, VARIABLE), looks, policy)
    assert decision.needs_secret is needs_secret
    assert bool(decision.token.forced) is needs_secret
    assert words in " ".join([decision.failed, *decision.warnings])


def test_an_entry_has_its_own_policy() -> None:
    token = _token(FILE)
    token.options["lost_secret"] = "rotate"
    assert decide(token, {FILE: MISSING}, "warn").needs_secret


@pytest.mark.parametrize(
    ("token", "looks", "needs_secret", "failed"),
    [
        (_token(FILE, operations=NEW), {FILE: MISSING}, True, ""),
        (
            _token(FILE, operations=NEW),
            {FILE: BLOCKED},
            False,
            "since it cannot be handed over: /x on h1: the folder /",
        ),
        (_token(FILE, operations=NEW), {FILE: UNSEEN}, False, "the host could not be reached"),
        (_token(TASKS, operations=NEW), {}, True, ""),
        (_token(TASKS), {}, False, ""),
        (_token(TASKS, operations=LEFT, left_behind=True), {}, True, ""),
        (_token(FILE, operations=LEFT, left_behind=True), {FILE: HOLDS}, True, ""),
        # The service has nothing of that run, or the run was about another service.
        (_token(TASKS, left_behind=True), {}, False, ""),
        (_token(TASKS, operations=LEFT), {}, False, ""),
        (_token(FILE, forced="rotate_now"), {FILE: HOLDS}, True, ""),
        (_token(FILE, forced="rotate_now"), {FILE: UNSEEN}, False, "the host could not be reached"),
        (_token(operations=NEW, writes_itself=True), {}, True, ""),
        (_token(FILE, present=False), {}, False, ""),
        (_token(), {}, False, ""),
    ],
)
def test_new_secrets(token: DeclaredToken, looks: dict[Any, Look], needs_secret: bool, failed: str) -> None:
    """Nothing is generated for a place that cannot take it."""
    decision = decide(token, looks, "warn")
    assert decision.needs_secret is needs_secret
    assert failed in decision.failed
    assert bool(decision.failed) is bool(failed)


@pytest.mark.parametrize(
    ("looks", "delivered"),
    [
        ({FILE: HOLDS_OTHER, VARIABLE: HOLDS_OTHER}, OTHER),
        ({FILE: HOLDS_OTHER, VARIABLE: HOLDS}, ""),
        ({FILE: HOLDS, VARIABLE: HOLDS}, ""),
        ({FILE: HOLDS_OTHER, VARIABLE: MISSING}, ""),
        ({FILE: HOLDS_OTHER, VARIABLE: UNSEEN}, ""),
        ({FILE: HOLDS_OPAQUE, VARIABLE: HOLDS_OPAQUE}, ""),
    ],
)
def test_what_an_earlier_run_has_handed_over(looks: dict[Any, Look], delivered: str) -> None:
    """Where all places hold the secret of one other token, that one may only have to be put to use."""
    token = _token(FILE, VARIABLE)
    assert decide(token, looks, "rotate").token.delivered == delivered
    token.predicted.update(failed=True, msg="no", error={"code": "PendingElsewhere"})
    decision = decide(token, looks, "warn")
    assert decision.needs_secret is bool(delivered)
    assert bool(decision.failed) is not bool(delivered)


@pytest.mark.parametrize(
    ("operations", "delivered"),
    [
        (("generateAPIToken", "deleteAPIToken", "updateAPIToken"), ""),
        (("generateAPIToken", "updateAPIToken", "updateAPIToken"), ""),
        (("deleteAPIToken", "generateAPIToken"), MRN),
        (NEW, MRN),
    ],
)
def test_a_rotation_is_not_taken_for_one_that_was_handed_over(operations: tuple[str, ...], delivered: str) -> None:
    """What the module predicts has no MRN yet, whereas the places hold the secret of the token in use."""
    token = _token(FILE, VARIABLE, operations=operations)
    token.predicted["api_token"] = {**token.predicted["api_token"], "mrn": None}
    decision = decide(token, {FILE: HOLDS, VARIABLE: HOLDS}, "warn")
    assert (decision.needs_secret, decision.token.delivered) == (True, delivered)


def test_a_token_without_a_place_that_would_need_a_secret() -> None:
    token = _token()
    token.predicted.update(
        failed=True,
        msg="Could not: a new secret would be needed, and generate is false.",
        error={"code": "GenerationNotAllowed"},
    )
    assert "it has no destination: give the entry token_path or deliver" in decide(token, {}, "warn").failed


@pytest.mark.parametrize(
    ("content", "exists", "lost"), [("", False, True), (" \n", True, True), ("opaque", True, False)]
)
def test_what_a_place_holds(content: str, exists: bool, lost: bool) -> None:
    assert (stored_secret(content, None, None, exists=exists).modified_at is None) is lost


def _decision(key: str, *places: Any, needs: bool = True, failed: str = "", changed: bool = False) -> Decision:
    token = DeclaredToken(key, key, {}, places, predicted={"changed": changed})
    return Decision(token, needs_secret=needs, failed=failed)


@pytest.mark.parametrize(
    ("decisions", "rounds"),
    [
        ([], []),
        ([_decision("0", FILE, needs=False)], []),
        ([_decision("0", FILE, needs=False, changed=True)], [Round(("0",))]),
        ([_decision("0", FILE), _decision("1", VARIABLE)], [Round(("0", "1"))]),
        ([_decision("0", FILE), _decision("1", FILE, failed="no")], [Round(("0",))]),
        (
            [_decision("0", TASKS), _decision("1", FILE), _decision("2", FILE, TASKS)],
            [Round(("1",)), Round(("0",), everyone=False), Round(("2",), everyone=False)],
        ),
        ([_decision("0", TASKS, needs=False), _decision("1", FILE)], [Round(("0", "1"))]),
    ],
)
def test_rounds(decisions: list[Decision], rounds: list[Round]) -> None:
    """Each token with tasks of a user is handed over by itself, after all the others."""
    assert plan_rounds(decisions) == rounds


def _named(key: str, name: str, space: str, mrn: str, **more: Any) -> DeclaredToken:
    scope = f"//captain.api.mondoo.app/spaces/{space}"
    predicted = {"name": name, "scope_mrn": scope, "api_token": {"mrn": mrn}}
    return DeclaredToken(key, key, {"name": name}, predicted=predicted, **more)


TOKENS = [
    _named("0", "ci", "alpha", "//1"),
    _named("1", "ci", "beta", "//2"),
    _named("2", "cd [ops]", "alpha", "//3"),
    _named("3", "gone", "alpha", "//4", present=False),
]


@pytest.mark.parametrize(
    ("selectors", "keys", "unmatched"),
    [
        (["ci"], ["0", "1"], []),
        (["c*"], ["0", "1", "2"], []),
        (["cd [ops]"], ["2"], []),
        (["//2"], ["1"], []),
        ([{"name": "ci", "space": "beta"}], ["1"], []),
        ([{"name": "ci", "space": "//captain.api.mondoo.app/spaces/beta"}], ["1"], []),
        ([{"name": "c*", "space": "alpha"}], ["0", "2"], []),
        ([{"name": "ci", "organization": "acme"}], [], ["{'name': 'ci', 'organization': 'acme'}"]),
        (["ci", "no"], ["0", "1"], ["no"]),
        (["gone"], [], ["gone"]),
        (["CI"], [], ["CI"]),
    ],
)
def test_selection(selectors: list[Any], keys: list[str], unmatched: list[str]) -> None:
    chosen, left = select(TOKENS, selectors)
    assert ([token.key for token in chosen], left) == (keys, unmatched)


def test_an_entry_for_several_spaces() -> None:
    around = Surroundings(hosts=frozenset({"h1"}))
    entry = {
        "name": "agent-{space}",
        "organization": "acme",
        "each_space": True,
        "deliver": {"hosts": "h1", "path": "/{space}"},
    }
    declaration = read_declaration(Settings(declared=[{"name": "x", "space": "s"}, entry]), around)
    results: list[dict[str, Any]] = [
        {"entry": 1, "name": "x", "scope_mrn": SCOPE},
        *[{"entry": 2, "space": each, "space_name": each.title(), "name": f"agent-{each}"} for each in ("a", "b")],
    ]
    tokens, problems = expand(declaration.entries, results, around)
    assert problems == []
    assert [token.places for token in tokens] == [(), (FilePlace("h1", "/a"),), (FilePlace("h1", "/b"),)]
    assert tokens[1].options == {"name": "agent-a", "space": "a"}
    assert [token_from(token.data()) for token in tokens] == tokens


def test_two_spaces_with_one_place() -> None:
    around = Surroundings(hosts=frozenset({"h1"}))
    entry = {"name": "agent", "organization": "acme", "each_space": True, "deliver": {"hosts": "h1", "path": "/x"}}
    declaration = read_declaration(Settings(declared=[entry]), around)
    results = [{"entry": 1, "space": each, "space_name": each, "name": "agent"} for each in ("a", "b")]
    _tokens, problems = expand(declaration.entries, results, around)
    assert ["is where the secret of" in problem for problem in problems] == [True]


def test_a_file_of_the_module_for_each_space() -> None:
    entry = {"name": "agent", "organization": "acme", "each_space": True, "token_path": "/t/{space}"}
    declaration = read_declaration(Settings(declared=[entry]), Surroundings())
    results = [{"entry": 1, "space": each, "space_name": each, "name": "agent"} for each in ("a", "b")]
    tokens, problems = expand(declaration.entries, results, Surroundings())
    assert ([token.options["token_path"] for token in tokens], problems) == (["/t/a", "/t/b"], [])


@pytest.mark.parametrize("is_first", [False, True])
@pytest.mark.parametrize("place", [{"hosts": "h1", "path": "/t/{space}"}, {"vault": "tok_{space}"}])
def test_an_entry_and_one_for_each_space_with_one_place(place: dict[str, Any], is_first: bool) -> None:
    """Neither secret may replace the other, in whichever order they are declared."""
    around = Surroundings(hosts=frozenset({"h1"}), has_vault=True)
    each = {"name": "x", "organization": "acme", "each_space": ["alpha"], "deliver": place}
    plain = {"name": "y", "space": "alpha", "deliver": place}
    declared = [plain, each] if is_first else [each, plain]
    declaration = read_declaration(Settings(declared=declared), around)
    assert declaration.problems == []
    results = [
        {"entry": number, "name": entry["name"], **({"space": "alpha", "space_name": "A"} if entry is each else {})}
        for number, entry in enumerate(declared, start=1)
    ]
    _tokens, problems = expand(declaration.entries, results, around)
    assert ["is where the secret of" in problem for problem in problems] == [True]
