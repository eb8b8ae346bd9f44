# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a GraphQL answer stands for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.response import (
    Response,
    Verdict,
    read_root,
    read_roots,
)
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError

_OPERATION = "books"
# Whether an error may pass, and whether the request may have been executed.
REFUSED, PASSING, LATER, OPEN = (False, False), (True, False), (True, True), (False, True)


def answer(data: Any, *errors: Any, status: int = 200, retry_after: float | None = None) -> Answer:
    return Answer(data, list(errors), status, retry_after)


def failure(given: Answer, *, shown_once: str | None = None) -> MondooError:
    with pytest.raises(MondooError) as caught:
        read_root(given, _OPERATION, shown_once=shown_once)
    assert caught.value.operation == _OPERATION
    return caught.value


def failing(message: Any = "no", status: int = 200, **more: Any) -> MondooError:
    return failure(answer(None, {"message": message, **more}, status=status))


def error_at(code: str = "PermissionDenied", *path: Any) -> dict[str, Any]:
    return {"message": f"rpc error: code = {code} desc = no", **({"path": list(path)} if path else {})}


# One root field


@pytest.mark.parametrize("value", [{"edges": []}, {}])
def test_the_root_is_returned(value: object) -> None:
    assert read_root(answer({_OPERATION: value, "other": 1}), _OPERATION) == value


@pytest.mark.parametrize("data", [None, {}, {_OPERATION: None}, {"other": {}}, ["x"], "x"])
@pytest.mark.parametrize("shown_once", [None, "token"])
def test_neither_result_nor_error(data: Any, shown_once: str | None) -> None:
    error = failure(answer(data, status=201), shown_once=shown_once)
    assert (error.code, error.transient, error.outcome_unknown) == ("GarbledAnswer", True, True)
    assert error.http_status == 201


@pytest.mark.parametrize(("value", "kind"), [([], "a list"), ("x", "text"), (7, "a number"), (False, "true or false")])
def test_a_root_of_another_shape(value: Any, kind: str) -> None:
    error = failure(answer({_OPERATION: value}))
    assert (error.code, error.transient, error.outcome_unknown) == ("GarbledAnswer", False, True)
    assert f"has {kind} in books, where an object was expected" in error.reason


@pytest.mark.parametrize("status", [200, 403])
@pytest.mark.parametrize("value", [{}, {"token": None}, {"ok": None}, {"ok": True}, "x"])
@pytest.mark.parametrize("code", ["PermissionDenied", "ResourceExhausted", "Unauthenticated"])
def test_an_error_beside_a_value_does_not_show_whether_it_was_executed(code: str, value: Any, status: int) -> None:
    both = answer({_OPERATION: value}, error_at(code), status=status)
    for shown_once in (None, "token"):
        error = failure(both, shown_once=shown_once)
        assert (error.code, error.outcome_unknown) == (code, True)
    nothing = answer({_OPERATION: None}, error_at(code), status=status)
    assert not failure(nothing, shown_once="token").outcome_unknown


def test_what_is_shown_only_once_counts_beside_an_error() -> None:
    both = answer({_OPERATION: {"token": "s", "mrn": None}}, {"message": "cannot resolve mrn"})
    assert read_root(both, _OPERATION, shown_once="token") == {"token": "s", "mrn": None}
    assert "cannot resolve mrn" in str(failure(both))


# Errors


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("Unauthenticated", REFUSED),
        ("PermissionDenied", REFUSED),
        ("NotFound", REFUSED),
        ("InvalidArgument", REFUSED),
        ("AlreadyExists", REFUSED),
        ("FailedPrecondition", REFUSED),
        ("OutOfRange", REFUSED),
        ("Unimplemented", REFUSED),
        ("ResourceExhausted", PASSING),
        ("Unavailable", LATER),
        ("Unknown", OPEN),
        ("Internal", OPEN),
        ("DeadlineExceeded", OPEN),
        ("Brandnew", OPEN),
    ],
)
def test_rpc_codes(code: str, meaning: tuple[bool, bool]) -> None:
    error = failing(f"rpc error: code = {code} desc = its own words")
    assert error.code == code
    assert (error.transient, error.outcome_unknown) == meaning
    assert error.reason == f'the service answered {code}: "its own words"'


@pytest.mark.parametrize(
    ("message", "extensions", "status", "code"),
    [
        ("x", {"code": "GRAPHQL_VALIDATION_FAILED"}, 200, "SchemaMismatch"),
        ("x", {"code": "GRAPHQL_PARSE_FAILED"}, 422, "SchemaMismatch"),
        ("x", {"code": "BAD_USER_INPUT"}, 200, "InvalidArgument"),
        ("x", {"code": "FORBIDDEN"}, 200, "PermissionDenied"),
        ("x", {"code": "UNAUTHENTICATED"}, 200, "Unauthenticated"),
        ("x", {"code": "PERMISSION_DENIED"}, 200, "PermissionDenied"),
        ("x", {"code": "NOT_FOUND"}, 200, "NotFound"),
        ("x", {"code": "RATE_LIMITED"}, 200, "ResourceExhausted"),
        ("x", {"code": "TOO_MANY_REQUESTS"}, 200, "ResourceExhausted"),
        ("x", {"code": "NotFound"}, 200, "NotFound"),
        ("x", {"code": "unauthenticated"}, 200, "Unauthenticated"),
        ("x", {"code": "permission_denied"}, 200, "PermissionDenied"),
        ("x", {"code": "not-found"}, 200, "NotFound"),
        ("x", {"code": "UNAUTHORIZED"}, 200, "Unauthenticated"),
        ("x", {"code": "Unauthorized"}, 200, "Unauthenticated"),
        ("x", {"code": "INTERNAL_SERVER_ERROR"}, 200, "InternalServerError"),
        ("x", {"code": "UNKNOWN"}, 403, "PermissionDenied"),
        ("rpc error: code = PERMISSION_DENIED desc = x", None, 200, "PermissionDenied"),
        ("rpc error: code = Unknown desc = token expired", None, 401, "Unauthenticated"),
        ("rpc error: code = Unknown desc = x", {"code": "NOT_FOUND"}, 200, "NotFound"),
        ("rpc error: code = Unknown desc = x", None, 200, "Unknown"),
        ("x", {"code": ""}, 404, "NotFound"),
        ("x", {"code": 7}, 403, "PermissionDenied"),
        ("x", "no mapping", 401, "Unauthenticated"),
        ("x", None, 429, "ResourceExhausted"),
        ("x", None, 500, "Unavailable"),
        ("x", None, 503, "Unavailable"),
        ("x", None, 200, "Unknown"),
        ("x", None, 422, "Unknown"),
        ('Cannot query field "x" on type "Y".', None, 422, "SchemaMismatch"),
        ('Cannot query field "x" on type "Y".', None, 200, "SchemaMismatch"),
        ('Unknown argument "orderBy" on field "Query.books".', None, 200, "SchemaMismatch"),
        ('Unknown type "SetRolesInput".', None, 200, "SchemaMismatch"),
        ('Field "roles" is not defined by type "AddBookInput".', None, 200, "SchemaMismatch"),
        ('Variable "$input" got invalid value 7; Expected type "X".', None, 200, "SchemaMismatch"),
        ("rpc error: code = NotFound desc = x", {"code": "FORBIDDEN"}, 500, "NotFound"),
        *(("request permission unauthenticated", None, status, "Unauthenticated") for status in (200, 401, 403, 422)),
    ],
)
def test_codes_of_other_errors(message: str, extensions: object, status: int, code: str) -> None:
    error = failing(message, status, extensions=extensions)
    assert error.code == code
    assert error.http_status == status


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ('Variable "$input" got invalid value {}; Field "x" is not defined by type "Y".', None),
        ('Variable "$x" of type "Int" used in position expecting type "String".', []),
        ("unknown field", ["variable", "input", "x"]),
    ],
)
def test_a_request_that_does_not_fit_was_not_executed(message: str, path: list[str] | None) -> None:
    error = failing(message, path=path)
    assert (error.code, error.outcome_unknown) == ("SchemaMismatch", False)


def test_what_failed_in_the_execution_fitted_whatever_it_says() -> None:
    error = failing('Cannot query field "x" on type "Y".', path=[_OPERATION])
    assert (error.code, error.outcome_unknown) == ("Unknown", True)


@pytest.mark.parametrize(
    ("message", "status", "meaning"),
    [
        ("rpc error: code = Unknown desc = x", 429, PASSING),
        ("rpc error: code = Internal desc = x", 500, LATER),
        ("rpc error: code = NotFound desc = x", 503, PASSING),
        ("x", 200, OPEN),
        ("x", 429, PASSING),
        ("x", 502, LATER),
    ],
)
def test_the_status_tells_what_may_pass(message: str, status: int, meaning: tuple[bool, bool]) -> None:
    error = failing(message, status)
    assert (error.transient, error.outcome_unknown) == meaning


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        (["plain words"], "plain words"),
        ([{}], "no message"),
        ([{"message": None}], "no message"),
        ([None], "no message"),
        ([{"message": 7}], "7"),
        ([{"message": "first"}, {"message": "second"}], "first"),
        ([{"message": "odd \ud800"}], "odd \ufffd"),
    ],
)
def test_errors_of_odd_shapes(errors: list[Any], words: str) -> None:
    assert failure(answer(None, *errors)).reason == f'the service answered Unknown: "{words}"'


def test_the_wait_that_was_asked_for_is_kept() -> None:
    assert failure(answer(None, {"message": "x"}, status=429, retry_after=7.0)).retry_after == 7.0


@pytest.mark.parametrize(
    ("message", "is_advised"),
    [
        ("rpc error: code = Unauthenticated desc = request permission unauthenticated", True),
        ("request permission unauthenticated", True),
        ("rpc error: code = PermissionDenied desc = request permission denied", False),
        ("rpc error: code = NotFound desc = no", False),
    ],
)
@pytest.mark.parametrize("status", [200, 401, 403])
def test_the_advice_for_signing_in_is_given_where_that_failed(message: str, is_advised: bool, status: int) -> None:
    given = answer(None, {"message": message}, status=status)._replace(sign_in_advice="Set the clock.")
    with pytest.raises(MondooError) as batch:
        read_roots(given, _OPERATION, ["n0", "n1"])
    for error in (failure(given), batch.value):
        assert (error.advice == "Set the clock.") is is_advised


# Several root fields

KEYS = ["n0", "n1", "n2"]
ONE = {"mrn": "//1"}


def roots(data: Any, *errors: Any, status: int = 200) -> list[Any]:
    """For each key its value, the code of its error, or None."""
    read = read_roots(answer(data, *errors, status=status), "op", KEYS)
    return [one.code if isinstance(one, MondooError) else one for one in read]


@pytest.mark.parametrize(
    ("data", "errors", "expected"),
    [
        ({"n0": ONE, "n1": ONE, "n2": ONE}, [], [ONE, ONE, ONE]),
        ({"n0": ONE, "n1": None, "n2": ONE}, [error_at("NotFound", "n1")], [ONE, "NotFound", ONE]),
        # All is null because of one.
        (None, [error_at("NotFound", "n1")], [None, "NotFound", None]),
        (None, [error_at("NotFound", "n1"), error_at("Unknown", "n2")], [None, "NotFound", "Unknown"]),
        # An answer that lacks one tells nothing of it.
        ({"n0": ONE, "n2": ONE}, [], [ONE, None, ONE]),
        ({"n0": ONE, "n1": None, "n2": ONE}, [], [ONE, None, ONE]),
        # The first error of a field is its cause.
        (
            {"n0": ONE, "n1": None, "n2": ONE},
            [error_at("NotFound", "n1", "x"), error_at("Unknown", "n1")],
            [ONE, "NotFound", ONE],
        ),
        # Of another shape than an object.
        ({"n0": ONE, "n1": [ONE], "n2": "x"}, [], [ONE, "GarbledAnswer", "GarbledAnswer"]),
    ],
)
def test_each_field_has_its_own(data: Any, errors: list[Any], expected: list[Any]) -> None:
    assert roots(data, *errors) == expected


@pytest.mark.parametrize("path", [[], ["elsewhere"], [0], "n1", None])
def test_with_an_error_of_nobody_there_is_no_answer(path: Any) -> None:
    """It may be about any of them."""
    data = {"n0": ONE, "n1": None, "n2": ONE}
    stray = {**error_at(), "path": path}
    assert roots(data, stray, error_at("NotFound", "n1")) == [None, "NotFound", None]
    # Nothing is known of any, not even whether it was executed: one of them has a value.
    for code in ("PermissionDenied", "Unauthenticated"):
        with pytest.raises(MondooError) as caught:
            roots(data, {**error_at(code), "path": path}, status=403)
        assert (caught.value.code, caught.value.outcome_unknown) == (code, True)


def test_what_failed_below_its_field_is_no_answer() -> None:
    """A listing with a part missing must not pass for a whole one, and a change with an error not for one that was made."""
    data = {"n0": ONE, "n1": {"ok": None}, "n2": None}
    given = answer(data, error_at("PermissionDenied", "n1", "ok"), error_at("PermissionDenied", "n2"))
    first, *errors = read_roots(given, "op", KEYS)
    assert first == ONE
    assert [(error.code, error.outcome_unknown) for error in errors if isinstance(error, MondooError)] == [
        ("PermissionDenied", True),
        ("PermissionDenied", False),
    ]


@pytest.mark.parametrize(
    ("error", "status", "code", "meaning"),
    [
        # About the request as a whole: nothing of it was executed.
        (error_at("Unauthenticated"), 200, "Unauthenticated", REFUSED),
        (error_at("PermissionDenied"), 403, "PermissionDenied", REFUSED),
        ({"message": "slow down"}, 429, "ResourceExhausted", PASSING),
        ({"message": 'Unknown type "X".'}, 422, "SchemaMismatch", REFUSED),
        ({"message": 'Unknown type "X".'}, 200, "SchemaMismatch", REFUSED),
        # It may be about one of several, of which the others were executed.
        (error_at("PermissionDenied"), 200, "PermissionDenied", OPEN),
        (error_at("ResourceExhausted"), 200, "ResourceExhausted", LATER),
        (error_at("Unknown"), 200, "Unknown", OPEN),
        (None, 200, "GarbledAnswer", LATER),
    ],
)
def test_an_answer_that_tells_nothing_of_any(error: Any, status: int, code: str, meaning: tuple[bool, bool]) -> None:
    with pytest.raises(MondooError) as caught:
        roots(None, *([error] if error else []), status=status)
    assert (caught.value.code, caught.value.operation) == (code, "op")
    assert (caught.value.transient, caught.value.outcome_unknown) == meaning


# Verdicts


@pytest.mark.parametrize(("outcome_unknown", "verdict"), [(False, Verdict.REFUSED), (True, Verdict.UNKNOWN)])
def test_the_verdict_of_an_error(outcome_unknown: bool, verdict: Verdict) -> None:
    error = MondooError("Other", "no", outcome_unknown=outcome_unknown)
    response: Response[str] = Response.from_error(error)
    assert response == Response(verdict, error=error)


def test_the_value_of_an_executed_mutation_is_judged() -> None:
    def judge(value: str) -> Response[int]:
        if not value:
            raise MondooError("GarbledAnswer", "empty")
        return (
            Response(Verdict.DONE, len(value)) if value != "no" else Response.from_error(MondooError("Refused", "no"))
        )

    assert Response(Verdict.DONE, "abc").judge(judge) == Response(Verdict.DONE, 3)
    assert Response(Verdict.DONE, "no").judge(judge).verdict is Verdict.REFUSED
    # It was sent, and its answer is of no use.
    garbled = Response(Verdict.DONE, "").judge(judge)
    assert garbled.verdict is Verdict.UNKNOWN
    assert garbled.error is not None
    assert garbled.error.outcome_unknown
    # What was not executed has nothing to be judged.
    for outcome_unknown in (False, True):
        error = MondooError("Other", "no", outcome_unknown=outcome_unknown)
        before: Response[str] = Response.from_error(error)
        assert before.judge(judge) == Response(before.verdict, error=error)
