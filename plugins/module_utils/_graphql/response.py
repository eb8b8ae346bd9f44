# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a GraphQL response: the data of its root fields, or the errors in its `errors` list and HTTP status."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from .._transport.http import Answer
from .._values import errors
from .._values.errors import MondooError, code_from, split_rpc_message
from .._values.shape import JsonObject, clean_text
from .schema_errors import read_schema_error

T = TypeVar("T")
R = TypeVar("R")

# With these codes, the service has certainly not executed the failed operation.
_NOT_EXECUTED = frozenset(
    {
        errors.UNAUTHENTICATED,
        errors.PERMISSION_DENIED,
        errors.NOT_FOUND,
        errors.INVALID_ARGUMENT,
        errors.ALREADY_EXISTS,
        errors.RESOURCE_EXHAUSTED,
        errors.SCHEMA_MISMATCH,
        errors.FAILED_PRECONDITION,
        "OutOfRange",
        "Unimplemented",
    }
)
# These concern a request as a whole.
_BEFORE_EXECUTION = frozenset({errors.UNAUTHENTICATED, errors.SCHEMA_MISMATCH})
_TRANSIENT = frozenset({errors.UNAVAILABLE, errors.RESOURCE_EXHAUSTED})
_BY_STATUS = {
    401: errors.UNAUTHENTICATED,
    403: errors.PERMISSION_DENIED,
    404: errors.NOT_FOUND,
    429: errors.RESOURCE_EXHAUSTED,
}


class Verdict(Enum):
    """The outcome of a mutation: executed as requested; certainly not executed, or not as requested; unknown."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Response(Generic[T]):
    """What is known about one mutation.

    value: the parsed response. error: why, for REFUSED and UNKNOWN; for DONE, why nothing had to be done.
    """

    verdict: Verdict
    value: T | None = None
    error: MondooError | None = None

    @classmethod
    def from_error(cls, error: MondooError) -> Response[T]:
        """The response for a failure."""
        return cls(Verdict.UNKNOWN if error.outcome_unknown else Verdict.REFUSED, error=error)

    def judge(self, judge: Callable[[T], Response[R]]) -> Response[R]:
        """The result of `judge` for the value. A response with an error or without a value keeps its verdict; one whose value
        cannot be read is UNKNOWN.
        """
        if self.error is not None or self.value is None:
            return Response(self.verdict, error=self.error)
        try:
            return judge(self.value)
        except MondooError as error:
            # The mutation was sent, but its response is unusable.
            error.outcome_unknown = True
            return Response.from_error(error)


def read_root(answer: Answer, operation: str, *, shown_once: str | None = None) -> Mapping[str, Any]:
    """The value of the document's root field, which has the operation's name.

    An `errors` list is a failure, whatever the HTTP status; if there is a value too, a mutation may have been executed.
    shown_once: the field of a value that counts in spite of errors, since the service never shows it again.
    """
    value = answer.data.get(operation) if isinstance(answer.data, Mapping) else None
    is_irretrievable = isinstance(value, Mapping) and shown_once is not None and value.get(shown_once) is not None
    if answer.errors and not is_irretrievable:
        raise _read_error(answer, operation, answer.errors[0], has_value=value is not None)
    if value is None:
        raise _empty_answer(answer, operation)
    return _check_root(value, operation)


def read_roots(answer: Answer, operation: str, keys: Sequence[str]) -> list[Mapping[str, Any] | MondooError | None]:
    """For each key (alias of the root field in a batch), its value or its error.

    None: unknown, because the failure of another key has made all of `data` null, or because an error does not name its
    key. Raises MondooError if the response has no information on any key.
    """
    data = answer.data if isinstance(answer.data, Mapping) else {}
    errors_by_key: dict[str, MondooError] = {}
    has_stray_error = False
    for entry in answer.errors:
        path = entry.get("path") if isinstance(entry, Mapping) else None
        if isinstance(path, list) and path and path[0] in keys:
            has_value = data.get(path[0]) is not None
            errors_by_key.setdefault(path[0], _read_error(answer, operation, entry, has_value=has_value))
        else:
            has_stray_error = True
    roots: list[Mapping[str, Any] | MondooError | None] = []
    for key in keys:
        value = data.get(key)
        if value is None or key in errors_by_key or has_stray_error:
            roots.append(errors_by_key.get(key))
            continue
        try:
            roots.append(_check_root(value, operation))
        except MondooError as error:
            roots.append(error)
    if all(root is None for root in roots):
        raise _whole_batch_failed(answer, operation, has_value=any(data.get(key) is not None for key in keys))
    return roots


def _check_root(value: object, operation: str) -> Mapping[str, Any]:
    try:
        return JsonObject(value, operation).value
    except MondooError as error:
        error.outcome_unknown = True
        raise error.in_operation(operation) from None


def _whole_batch_failed(answer: Answer, operation: str, *, has_value: bool) -> MondooError:
    if not answer.errors:
        return _empty_answer(answer, operation)
    error = _read_error(answer, operation, answer.errors[0], has_value=has_value)
    if answer.http_status < 400 and error.code not in _BEFORE_EXECUTION:
        # The error may concern only one of them, and the others were executed.
        error.outcome_unknown = True
    return error


def _empty_answer(answer: Answer, operation: str) -> MondooError:
    return MondooError(
        errors.GARBLED_ANSWER,
        f"the service answered HTTP {answer.http_status} with neither a result nor an error",
        operation=operation,
        http_status=answer.http_status,
        transient=True,
        outcome_unknown=True,
    )


def _read_error(answer: Answer, operation: str, entry: object, *, has_value: bool = False) -> MondooError:
    """The error in an entry of `errors`. has_value: whether `data` contradicts it, with a value for what has failed."""
    message = entry.get("message") if isinstance(entry, Mapping) else entry
    extensions = entry.get("extensions") if isinstance(entry, Mapping) else None
    code, words = split_rpc_message(clean_text(str(message or "no message")))
    if code is None or code == errors.UNKNOWN:
        code = _find_code(extensions, answer.http_status, is_schema_error=read_schema_error(entry) is not None)
    return MondooError(
        code,
        f'the service answered {code}: "{words}"',
        operation=operation,
        http_status=answer.http_status,
        transient=code in _TRANSIENT or answer.http_status == 429 or answer.http_status >= 500,
        outcome_unknown=has_value or code not in _NOT_EXECUTED,
        retry_after=answer.retry_after,
        advice=answer.sign_in_advice if code == errors.UNAUTHENTICATED else None,
    )


def _find_code(extensions: object, http_status: int, *, is_schema_error: bool) -> str:
    """The code of an error whose message has none, or `Unknown`."""
    code = extensions.get("code") if isinstance(extensions, Mapping) else None
    named = code_from(clean_text(code)) if isinstance(code, str) else ""
    if named not in ("", errors.UNKNOWN):
        return named
    if is_schema_error:
        return errors.SCHEMA_MISMATCH
    if http_status >= 500:
        return errors.UNAVAILABLE
    return _BY_STATUS.get(http_status, errors.UNKNOWN)
