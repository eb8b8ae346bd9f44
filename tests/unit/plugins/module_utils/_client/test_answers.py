# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a GraphQL answer stands for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._client.answers import root_of
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError

_OPERATION = "apiTokens"


def _failure(answer: Answer, *, mutation: bool = False) -> MondooError:
    with pytest.raises(MondooError) as caught:
        root_of(answer, _OPERATION, mutation=mutation)
    assert caught.value.operation == _OPERATION
    return caught.value


def _failing(message: Any = "no", status: int = 200, **more: Any) -> MondooError:
    return _failure(Answer(None, [{"message": message, **more}], status, None))


@pytest.mark.parametrize("value", [{"edges": []}, {}, [], "", 0, False])
@pytest.mark.parametrize("mutation", [True, False])
def test_the_root_is_returned(value: object, mutation: bool) -> None:
    assert root_of(Answer({_OPERATION: value, "other": 1}, [], 200, None), _OPERATION, mutation=mutation) == value


@pytest.mark.parametrize("data", [None, {}, {_OPERATION: None}, {"other": {}}, ["x"], "x"])
@pytest.mark.parametrize("mutation", [True, False])
def test_neither_result_nor_error(data: Any, mutation: bool) -> None:
    error = _failure(Answer(data, [], 201, None), mutation=mutation)
    assert (error.code, error.transient, error.outcome_unknown) == ("GarbledAnswer", True, True)
    assert error.http_status == 201


def test_an_error_beside_data_fails_a_query_but_not_an_executed_mutation() -> None:
    answer = Answer({_OPERATION: {"token": "s"}}, [{"message": "cannot resolve mrn"}], 200, None)
    assert root_of(answer, _OPERATION, mutation=True) == {"token": "s"}
    assert "cannot resolve mrn" in str(_failure(answer))
    nothing = Answer({_OPERATION: None}, [{"message": "rpc error: code = NotFound desc = x"}], 200, None)
    assert _failure(nothing, mutation=True).code == "NotFound"


# code, transient, outcome_unknown
REFUSED, PASSING, LATER, OPEN = (False, False), (True, False), (True, True), (False, True)


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
    error = _failing(f"rpc error: code = {code} desc = its own words")
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
        ('Unknown argument "orderBy" on field "Query.apiTokens".', None, 200, "SchemaMismatch"),
        ('Unknown type "SetRolesInput".', None, 200, "SchemaMismatch"),
        ('Field "roles" is not defined by type "GenerateAPITokenInput".', None, 200, "SchemaMismatch"),
        ("rpc error: code = NotFound desc = x", {"code": "FORBIDDEN"}, 500, "NotFound"),
    ],
)
def test_codes_of_other_errors(message: str, extensions: object, status: int, code: str) -> None:
    error = _failing(message, status, extensions=extensions)
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
    error = _failing(message, path=path)
    assert (error.code, error.outcome_unknown) == ("SchemaMismatch", False)


def test_what_failed_in_the_execution_fitted_whatever_it_says() -> None:
    error = _failing('Cannot query field "x" on type "Y".', path=[_OPERATION])
    assert (error.code, error.outcome_unknown) == ("Unknown", True)


@pytest.mark.parametrize(
    ("message", "status", "transient", "outcome_unknown"),
    [
        ("rpc error: code = Unknown desc = x", 429, True, True),
        ("rpc error: code = Internal desc = x", 500, True, True),
        ("rpc error: code = NotFound desc = x", 503, True, False),
        ("x", 200, False, True),
        ("x", 429, True, False),
        ("x", 502, True, True),
    ],
)
def test_the_status_tells_what_may_pass(message: str, status: int, transient: bool, outcome_unknown: bool) -> None:
    error = _failing(message, status)
    assert (error.transient, error.outcome_unknown) == (transient, outcome_unknown)


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        (["plain words"], "plain words"),
        ([{}], "no message"),
        ([{"message": None}], "no message"),
        ([None], "no message"),
        ([{"message": 7}], "7"),
        ([{"message": "first"}, {"message": "second"}], "first"),
    ],
)
def test_errors_of_odd_shapes(errors: list[Any], words: str) -> None:
    assert _failure(Answer(None, errors, 200, None)).reason == f'the service answered Unknown: "{words}"'


def test_the_wait_that_was_asked_for_is_kept() -> None:
    answer = Answer(None, [{"message": "x"}], 429, 7.0)
    assert _failure(answer).retry_after == 7.0
