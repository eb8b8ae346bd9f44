# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sent for a change, and what became of it by the transport, by GraphQL errors, and by the payload of the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._api.tokens import (
    Generated,
    RoleChange,
    TokenApi,
    TokenUpdate,
)
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.response import Response, Verdict
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.tests.unit.support.builders import NOW, ORGANIZATION, SPACE, roles, token
from ansible_collections.mondoo.platform.tests.unit.support.model import Clock, Fault, Model
from ansible_collections.mondoo.platform.tests.unit.support.runs import read_listing, service_of

from .script import Script, lost, refused, unfit

DONE, REFUSED, UNKNOWN = Verdict.DONE, Verdict.REFUSED, Verdict.UNKNOWN
CI = token("ci")
_AGENT, _VIEWER = sorted(roles("agent", "viewer"))


def generate(api: TokenApi, description: str = "") -> Response[Generated]:
    return api.generate_token(SPACE, "ci", description, roles("viewer", "agent"), api.policy.budget())


def update(api: TokenApi, *changes: TokenUpdate) -> list[Response[Any]]:
    return api.update_tokens(changes, api.policy.budget())


def set_roles(api: TokenApi, *changes: RoleChange) -> list[Response[None]]:
    return api.set_roles(SPACE, changes, api.policy.budget())


def delete(api: TokenApi, *names: str) -> list[Response[None]]:
    return api.delete_tokens([token(name) for name in names], api.policy.budget())


def codes(responses: list[Response[Any]]) -> list[Any]:
    """For each DONE, or its verdict and the code of its error."""
    return [(one.verdict, one.error.code) if one.error else one.verdict for one in responses]


# What is sent


@pytest.mark.parametrize(
    ("call", "operation", "fields"),
    [
        (
            lambda api: generate(api, "x"),
            "generateAPIToken",
            {"name": "ci", "scopeMrn": SPACE.mrn, "description": "x", "roles": [{"mrn": _AGENT}, {"mrn": _VIEWER}]},
        ),
        (
            generate,
            "generateAPIToken",
            {"name": "ci", "scopeMrn": SPACE.mrn, "roles": [{"mrn": _AGENT}, {"mrn": _VIEWER}]},
        ),
        (lambda api: update(api, TokenUpdate(CI, name="new")), "updateAPIToken", {"mrn": CI.mrn, "name": "new"}),
        (
            lambda api: update(api, TokenUpdate(CI, description="")),
            "updateAPIToken",
            {"mrn": CI.mrn, "description": ""},
        ),
        (
            lambda api: set_roles(api, RoleChange(CI, roles("agent"))),
            "setRoles",
            {"scopeMrn": SPACE.mrn, "updates": [{"entityMrn": CI.mrn, "roles": [{"mrn": _AGENT}]}]},
        ),
        (lambda api: delete(api, "ci"), "deleteAPIToken", {"mrn": CI.mrn}),
    ],
)
def test_a_change_is_one_request_with_nothing_more_than_it_needs(
    call: Callable[[TokenApi], Any], operation: str, fields: dict[str, Any]
) -> None:
    script = Script({"token": "secret"})
    call(script.api)
    assert script.sent == [(operation, {"input": fields})]
    assert (script.api.requests, script.api.mutations) == (1, [operation])


def test_several_changes_are_one_request() -> None:
    tokens = [token(name) for name in ("a", "b", "c")]
    model = Model().add(*tokens)
    api = service_of(model)
    assert codes(update(api, *(TokenUpdate(one, name=f"new {one.name}") for one in tokens))) == [DONE] * 3
    assert codes(set_roles(api, *(RoleChange(one, roles("owner")) for one in tokens))) == [DONE] * 3
    assert codes(delete(api, "a", "b", "c")) == [DONE] * 3
    assert model.operations == ["updateAPIToken", "setRoles", "deleteAPIToken"]
    assert model.entries == {}
    # Permissions that are set together are one change.
    assert api.mutations == [*["updateAPIToken"] * 3, "setRoles", *["deleteAPIToken"] * 3]


def test_no_changes_are_no_request() -> None:
    api = Script().api
    assert (update(api), set_roles(api), delete(api)) == ([], [], [])


# What became of it, by transport and GraphQL errors: the same for all changes


def beside_error(value: object) -> Answer:
    """A refusal in an answer that has a value too, whatever the operation."""
    operations = ("generateAPIToken", "updateAPIToken", "setRoles", "deleteAPIToken")
    return refused("PermissionDenied")._replace(data=dict.fromkeys(operations, value))


_CHANGES: dict[str, tuple[Callable[[TokenApi], Any], str]] = {
    "generate": (lambda api: [generate(api)], 'generate the API token "ci" in space "space-1"'),
    "update": (lambda api: update(api, TokenUpdate(CI, name="new")), f'update the API token "ci" ({CI.mrn}) of space'),
    "set roles": (
        lambda api: set_roles(api, RoleChange(CI, roles("agent"))),
        f'set the permissions of the API token "ci" ({CI.mrn}) of space',
    ),
    "delete": (lambda api: delete(api, "ci"), f'delete the API token "ci" ({CI.mrn}) of space'),
}


@pytest.mark.parametrize("change", _CHANGES)
@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (lost(), UNKNOWN),
        (Answer(None, [], 200, None), UNKNOWN),
        *((beside_error(value), UNKNOWN) for value in ({}, {"ok": None}, {"ok": True}, {"token": None, "mrn": CI.mrn})),
        (refused("Unknown"), UNKNOWN),
        (refused("Unavailable"), UNKNOWN),
        ("text", UNKNOWN),
        (refused("PermissionDenied"), REFUSED),
        (refused("InvalidArgument"), REFUSED),
        (MondooError("TLSFailed", "no trusted connection"), REFUSED),
    ],
)
def test_a_change_that_failed(change: str, answer: Any, verdict: Verdict) -> None:
    call, attempted = _CHANGES[change]
    script = Script(answer)
    (response,) = call(script.api)
    assert response.verdict is verdict
    assert str(response.error).startswith(f"Could not {attempted}")
    # What was certainly not done does not count.
    assert len(script.api.mutations) == (verdict is UNKNOWN)
    assert script.api.requests == 1


@pytest.mark.parametrize("change", _CHANGES)
def test_a_change_that_is_refused_for_the_moment_is_sent_again(change: str) -> None:
    busy = MondooError("ResourceExhausted", "slow down", transient=True, retry_after=9.0)
    script = Script(busy, busy, {"token": "secret"})
    (response,) = _CHANGES[change][0](script.api)
    assert response.verdict is DONE
    assert (script.api.requests, len(script.api.mutations), script.pauses) == (3, 1, [9.0, 9.0])


@pytest.mark.parametrize("change", ["generate", "set roles"])
def test_an_editor_that_grants_too_much_is_told_so(change: str) -> None:
    (response,) = _CHANGES[change][0](Script(refused("PermissionDenied")).api)
    assert "an Editor cannot grant more permissions than it has itself" in str(response.error)


# Generating

_ASKED = {"token": "secret", "mrn": CI.mrn, "name": "ci"}


@pytest.mark.parametrize(
    ("payload", "differences"),
    [
        ({"token": "secret"}, {}),
        ({"token": "secret", "mrn": None, "name": None, "createdAt": None, "createdBy": None}, {}),
        ({"token": "secret", "mrn": ""}, {}),
        ({"token": "secret", "mrn": "//m"}, {"mrn": "//m"}),
        ({"token": "secret", "mrn": "//m", "name": ""}, {"mrn": "//m"}),
        (
            {**_ASKED, "createdBy": "someone@example.com", "createdAt": "2026-11-23T18:00:00Z"},
            {"mrn": CI.mrn, "created_by": "someone@example.com", "created_at": NOW},
        ),
        # As the service has stored it.
        ({**_ASKED, "name": "CI", "description": "x"}, {"mrn": CI.mrn, "name": "CI", "description": "x"}),
    ],
)
def test_a_generated_token(payload: dict[str, Any], differences: dict[str, Any]) -> None:
    asked = token("ci", mrn=None, roles=roles("viewer", "agent"), created_at=None, created_by=None)
    response = generate(Script(payload).api)
    generated = Generated("secret", replace(asked, **differences), named=bool(payload.get("name")))
    assert response == Response(DONE, generated)


def test_a_secret_beside_an_error_is_not_lost() -> None:
    answer = Answer({"generateAPIToken": {"token": "secret", "mrn": None}}, [{"message": "no mrn"}], 200, None)
    response = generate(Script(answer).api)
    assert response.value is not None
    assert response.value.secret == "secret"


@pytest.mark.parametrize("secret", [None, "", " ", 7, ["secret"], "se\ud800cret", "se\ncret", "sécret"])
def test_a_token_without_a_usable_secret_is_there_and_its_mrn_is_known(secret: Any) -> None:
    """Whoever calls can delete it."""
    script = Script({**_ASKED, "token": secret})
    response = generate(script.api)
    assert response.verdict is UNKNOWN
    assert response.error is not None
    assert (response.error.code, response.error.outcome_unknown) == ("GarbledAnswer", True)
    assert response.value is not None
    assert (response.value.secret, response.value.token.mrn) == ("", CI.mrn)
    assert script.api.mutations == ["generateAPIToken"]


@pytest.mark.parametrize("part", [{"mrn": 7}, {"name": ["ci"]}, {"createdBy": {}}])
def test_an_answer_to_a_creation_of_another_shape(part: dict[str, Any]) -> None:
    response = generate(Script({**_ASKED, **part}).api)
    assert (response.verdict, response.value) == (UNKNOWN, None)
    assert f"generateAPIToken.{next(iter(part))}" in str(response.error)


def test_a_time_of_creation_that_cannot_be_read_is_a_warning() -> None:
    script = Script({**_ASKED, "createdAt": "today"})
    response = generate(script.api)
    assert response.value is not None
    assert response.value.token.created_at is None
    (warning,) = script.api.warnings
    assert "createdAt 'today'" in warning


def test_a_creation_that_did_not_fit_is_sent_once_more_and_counts_once() -> None:
    script = Script(unfit('Cannot query field "mrn" on type "GenerateAPITokenPayload".'), {"token": "secret"})
    assert generate(script.api).verdict is DONE
    assert (script.api.requests, script.api.mutations) == (2, ["generateAPIToken"])


# Updating

_LONG = "A line \r\nand another\n"


@pytest.mark.parametrize(
    ("asked", "payload", "code", "stored"),
    [
        ({"name": "new"}, {"name": "new", "description": "x"}, None, {"name": "new", "description": "x"}),
        ({"description": "x"}, {"name": "ci", "description": "x"}, None, {"description": "x"}),
        # A service that trims descriptions; what it has stored is told.
        (
            {"description": _LONG},
            {"name": "ci", "description": "A line\nand another"},
            None,
            {"description": "A line\nand another"},
        ),
        ({"description": ""}, {"name": "ci", "description": None}, None, {"description": ""}),
        # The answer shows the whole token.
        ({"name": "new"}, {"name": "new", "description": ""}, None, {"name": "new", "description": ""}),
        ({"name": "new"}, {"name": "new", "description": None}, None, {"name": "new", "description": ""}),
        # An answer that tells less, or nothing.
        ({"name": "new"}, {}, None, {"name": "new"}),
        (
            {"name": "new", "description": "x"},
            {"name": None, "description": None},
            None,
            {"name": "new", "description": "x"},
        ),
        ({"description": "x"}, {"name": "ci"}, None, {"description": "x"}),
        # Another value than was asked.
        ({"name": "New "}, {"name": "New", "description": None}, "StoredOtherwise", None),
        ({"name": "New"}, {"name": "new", "description": None}, "StoredOtherwise", None),
        ({"name": "new"}, {"name": "ci", "description": None}, "StoredOtherwise", None),
        ({"description": "x"}, {"name": "ci", "description": "y"}, "StoredOtherwise", None),
        ({"description": "x"}, {"name": "ci", "description": None}, "StoredOtherwise", None),
        ({"description": ""}, {"name": "ci", "description": "old"}, "StoredOtherwise", None),
        # Another shape.
        ({"name": "new"}, {"name": 7}, "GarbledAnswer", None),
        ({"name": "new"}, {"name": "new", "description": []}, "GarbledAnswer", None),
    ],
)
def test_an_update_is_what_its_answer_shows(
    asked: dict[str, Any], payload: dict[str, Any], code: str | None, stored: dict[str, Any] | None
) -> None:
    script = Script(payload)
    before = replace(CI, description="before")
    (response,) = update(script.api, TokenUpdate(before, **asked))
    if stored is not None:
        assert response == Response(DONE, replace(before, **stored))
        return
    assert response.verdict is (UNKNOWN if code == "GarbledAnswer" else REFUSED)
    assert response.error is not None
    assert response.error.code == code
    # Nothing was changed as it was asked.
    assert script.api.mutations == (["updateAPIToken"] if response.verdict is UNKNOWN else [])


def test_an_update_that_was_stored_otherwise_names_both_values() -> None:
    (response,) = update(Script({"name": "ci"}).api, TokenUpdate(CI, name="CI "))
    assert "was asked for the name 'CI ' and stored 'ci'" in str(response.error)
    assert "Declare the value in the form in which the service stores it." in str(response.error)


# Setting roles

A, B, C = (token(name) for name in "abc")
_MRNS = {"a": str(A.mrn), "b": str(B.mrn), "c": str(C.mrn)}
_NO = (REFUSED, "Refused")
_DENIED = (REFUSED, "PermissionDenied")
_OPEN = (UNKNOWN, "GarbledAnswer")
_MAYBE = (UNKNOWN, "Refused")


def _payload(mrns: str | None = None, errors: Any = None, **extra: Any) -> dict[str, Any]:
    """mrns: the names of the tokens, None where the answer has no such list. errors: by names of tokens."""
    told: dict[str, Any] = {} if mrns is None else {"mrns": [_MRNS[name] for name in mrns]}
    if isinstance(errors, dict):
        errors = {_MRNS.get(name, name): words for name, words in errors.items()}
    return {**told, "errors": errors, **extra}


@pytest.mark.parametrize(
    ("payload", "one", "several"),
    [
        (_payload("abc", {}), DONE, [DONE, DONE, DONE]),
        (_payload("abc", None), DONE, [DONE, DONE, DONE]),
        ({"mrns": list(_MRNS.values())}, DONE, [DONE, DONE, DONE]),
        # The errors name exactly the refused ones.
        (_payload("bc", {"a": "no"}), _NO, [_NO, DONE, DONE]),
        (_payload("ac", {"b": "no"}), _NO, [DONE, _NO, DONE]),
        (_payload("", {"a": "no", "b": "no", "c": "no"}), _NO, [_NO, _NO, _NO]),
        (_payload("", {"a": "rpc error: code = PermissionDenied desc = no"}), _DENIED, [_DENIED, _OPEN, _OPEN]),
        # Refused is refused, whatever else the answer says.
        (_payload("abc", {"a": "no"}), _NO, [_NO, DONE, DONE]),
        (_payload(None, {"a": "no"}), _NO, [_NO, _OPEN, _OPEN]),
        # Neither changed nor refused.
        (_payload("bc", {}), _OPEN, [_OPEN, DONE, DONE]),
        (_payload("", {}), _OPEN, [_OPEN, _OPEN, _OPEN]),
        # The answer does not say what was changed, and nothing speaks against it.
        ({}, DONE, [DONE, DONE, DONE]),
        ({"errors": {}}, DONE, [DONE, DONE, DONE]),
        ({"mrns": None, "errors": None}, DONE, [DONE, DONE, DONE]),
        # Errors that do not say whose they are: of one token, they are its own; of several, they may be any one's.
        (_payload("", {"elsewhere": "no"}), _NO, [_MAYBE, _MAYBE, _MAYBE]),
        (_payload(None, {"elsewhere": "no"}), _NO, [_MAYBE, _MAYBE, _MAYBE]),
        (_payload("", ["no"]), _NO, [_MAYBE, _MAYBE, _MAYBE]),
        (_payload(None, "no"), _NO, [_MAYBE, _MAYBE, _MAYBE]),
        (_payload("a", {"elsewhere": "no"}), _NO, [_MAYBE, _MAYBE, _MAYBE]),
        (_payload("abc", {"elsewhere": "no"}), _NO, [_MAYBE, _MAYBE, _MAYBE]),
        (_payload("abc", ["no"]), _NO, [_MAYBE, _MAYBE, _MAYBE]),
        (_payload("abc", {"a": "no", "elsewhere": "nor this"}), _NO, [_NO, _MAYBE, _MAYBE]),
        # Another shape.
        ({"mrns": "//x"}, _OPEN, [_OPEN, _OPEN, _OPEN]),
        ({"mrns": [None]}, _OPEN, [_OPEN, _OPEN, _OPEN]),
    ],
)
def test_roles_are_what_the_answer_says(payload: dict[str, Any], one: Any, several: list[Any]) -> None:
    assert codes(set_roles(Script(payload).api, RoleChange(A, roles("owner")))) == [one]
    script = Script(payload)
    assert codes(set_roles(script.api, *(RoleChange(each, roles("owner")) for each in (A, B, C)))) == several
    assert script.api.mutations == (["setRoles"] if {DONE, _OPEN, _MAYBE}.intersection(several) else [])


@pytest.mark.parametrize("errors", [{"a": "not for you"}, {"elsewhere": "not for you"}, "not for you"])
@pytest.mark.parametrize("others", [[], [B]])
def test_a_refusal_of_roles_is_told_in_the_services_words(errors: Any, others: list[Token]) -> None:
    changes = [RoleChange(each, roles("owner")) for each in (A, *others)]
    response, *_rest = set_roles(Script(_payload("ab", errors)).api, *changes)
    assert 'set the permissions of the API token "a"' in str(response.error)
    assert "the service refused it: not for you" in str(response.error)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        # It may be about one of them alone.
        (refused("PermissionDenied"), [(UNKNOWN, "PermissionDenied")] * 3),
        (refused("NotFound"), [(UNKNOWN, "NotFound")] * 3),
        # It is about all of them.
        (refused("Unauthenticated"), [(REFUSED, "Unauthenticated")] * 3),
        (lost(), [(UNKNOWN, "ConnectionFailed")] * 3),
    ],
)
def test_a_change_of_several_roles_that_failed_as_a_whole(answer: Any, expected: list[Any]) -> None:
    responses = set_roles(Script(answer).api, *(RoleChange(each, roles("owner")) for each in (A, B, C)))
    assert codes(responses) == expected
    assert ['"a"' in str(response.error) for response in responses] == [True, False, False]


_NO_UPDATES = [
    unfit('Variable "$input" got invalid value {}; Field "updates" is not defined by type "SetRolesInput".'),
    Answer(None, [{"message": "unknown field", "path": ["variable", "input", "updates"]}], 422, None),
    unfit('Variable "$input" got invalid value {}; Field "identity" of required type "String!" was not provided.'),
]


@pytest.mark.parametrize("refusal", _NO_UPDATES)
def test_a_service_without_updates_gets_the_newer_form_from_then_on(refusal: Answer) -> None:
    script = Script(refusal, {"mrns": [A.mrn]}, {"mrns": [], "errors": {_MRNS["b"]: "no"}}, {"mrns": [C.mrn]})
    responses = set_roles(script.api, RoleChange(A, roles("viewer", "agent")), RoleChange(B, roles("owner")))
    assert codes(responses) == [DONE, _NO]
    # All connections of the run know it.
    assert codes(set_roles(script.api.connect(script), RoleChange(C, roles("owner")))) == [DONE]
    assert [variables["input"] for _operation, variables in script.sent[1:]] == [
        {"scopeMrn": SPACE.mrn, "identity": A.mrn, "roles": [_AGENT, _VIEWER]},
        {"scopeMrn": SPACE.mrn, "identity": B.mrn, "roles": sorted(roles("owner"))},
        {"scopeMrn": SPACE.mrn, "identity": C.mrn, "roles": sorted(roles("owner"))},
    ]


def test_a_service_that_takes_roles_in_no_known_form() -> None:
    neither = unfit('Variable "$input" got invalid value {}; Field "identity" is not defined by type "SetRolesInput".')
    script = Script(_NO_UPDATES[0], neither, neither)
    responses = set_roles(script.api, RoleChange(A, roles("viewer")), RoleChange(B, roles("viewer")))
    assert codes(responses) == [(REFUSED, "SchemaMismatch")] * 2
    assert "no SetRolesInput.identity" in str(responses[0].error)
    assert script.api.mutations == []


# Deleting


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"ok": True}, DONE),
        ({"ok": None}, DONE),
        ({}, DONE),
        (refused("NotFound"), (DONE, "NotFound")),
        ({"ok": False}, (REFUSED, "Refused")),
        ({"ok": "no"}, (UNKNOWN, "GarbledAnswer")),
        (beside_error({"ok": None}), (UNKNOWN, "PermissionDenied")),
    ],
)
def test_a_deletion_is_what_its_answer_says(answer: Any, expected: Any) -> None:
    script = Script(answer)
    responses = delete(script.api, "ci")
    assert codes(responses) == [expected]
    assert len(script.api.mutations) == (expected != (REFUSED, "Refused"))


@pytest.mark.parametrize("non_null", [False, True])
def test_of_several_deletions_each_has_its_own_verdict(non_null: bool) -> None:
    model = Model(Clock(), declining={_MRNS["b"]: "no"}, non_null=non_null).add(A, B)
    api = service_of(model)
    # Of which the last one is not there any more.
    responses = delete(api, "a", "b", "c")
    # Where its error makes all of `data` null, nothing is told of the others.
    expected = [(UNKNOWN, "GarbledAnswer")] * 2 if non_null else [DONE, (REFUSED, "Refused")]
    assert codes(responses) == [*expected, (DONE, "NotFound")]
    assert [entry.name for entry in model.entries.values()] == ["b"]


@pytest.mark.parametrize(
    ("fault", "verdict", "left"),
    [
        (Fault.LOST_BEFORE, UNKNOWN, 1),
        (Fault.LOST_AFTER, UNKNOWN, 0),
        (Fault.WEB_PAGE_AFTER, UNKNOWN, 0),
        (Fault.DENIED, REFUSED, 1),
        (Fault.BUSY, DONE, 0),
    ],
)
def test_faults_of_a_deletion(fault: Fault, verdict: Verdict, left: int) -> None:
    model = Model(Clock(), faults={0: fault}).add(CI)
    (response,) = delete(service_of(model), "ci")
    assert response.verdict is verdict
    assert len(model.entries) == left


# The model answers as the service does


def test_an_organization_is_a_scope_like_any_other() -> None:
    model = Model()
    api = service_of(model)
    generated = api.generate_token(ORGANIZATION, "wide", "", roles("viewer"), api.policy.budget())
    assert generated.value is not None
    made = generated.value.token
    assert (made.name, made.scope, made.created_at) == ("wide", ORGANIZATION, model.clock.now)
    (listed,) = read_listing(api, ORGANIZATION)
    assert (listed.mrn, listed.name) == (made.mrn, "wide")


@pytest.mark.parametrize("declined", ["a", "b", "c"])
def test_refusals_in_the_answers_are_told_from_changes(declined: str) -> None:
    model = Model(declining={_MRNS[declined]: "no"}).add(A, B, C)
    api = service_of(model)
    expected = [DONE if name != declined else (REFUSED, "Refused") for name in "abc"]
    assert codes(set_roles(api, *(RoleChange(each, roles("owner")) for each in (A, B, C)))) == expected
    renamed = update(api, *(TokenUpdate(each, description="x") for each in (A, B, C)))
    assert [response.verdict for response in renamed] == [REFUSED if name == declined else DONE for name in "abc"]
    assert codes(delete(api, "a", "b", "c")) == expected
    assert api.mutations == ["setRoles", *["updateAPIToken"] * 2, *["deleteAPIToken"] * 2]


def test_a_service_that_stores_names_in_another_form() -> None:
    model = Model(storing=str.lower)
    api = service_of(model)
    generated = api.generate_token(SPACE, "CI", "", roles("viewer"), api.policy.budget())
    assert generated.verdict is DONE
    assert generated.value is not None
    assert generated.value.token.name == "ci"
    (renamed,) = update(api, TokenUpdate(generated.value.token, name="NEW"))
    assert codes([renamed]) == [(REFUSED, "StoredOtherwise")]
