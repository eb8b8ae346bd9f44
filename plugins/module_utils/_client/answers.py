# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a GraphQL answer: its data, or the error that its `errors` list and HTTP status stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._transport.http import Answer
from .._values import errors
from .._values.errors import MondooError, split_rpc_message
from .refusals import refusal_in

# After these the service has certainly not executed the request.
_REFUSALS = frozenset(
    {
        errors.UNAUTHENTICATED,
        errors.PERMISSION_DENIED,
        errors.NOT_FOUND,
        errors.INVALID_ARGUMENT,
        errors.ALREADY_EXISTS,
        errors.RESOURCE_EXHAUSTED,
        errors.SCHEMA_MISMATCH,
        "FailedPrecondition",
        "OutOfRange",
        "Unimplemented",
    }
)
_TRANSIENT = frozenset({errors.UNAVAILABLE, errors.RESOURCE_EXHAUSTED})
_BY_EXTENSION = {
    "GRAPHQL_VALIDATION_FAILED": errors.SCHEMA_MISMATCH,
    "GRAPHQL_PARSE_FAILED": errors.SCHEMA_MISMATCH,
    "BAD_USER_INPUT": errors.INVALID_ARGUMENT,
    "FORBIDDEN": errors.PERMISSION_DENIED,
    "TOO_MANY_REQUESTS": errors.RESOURCE_EXHAUSTED,
    "RATE_LIMITED": errors.RESOURCE_EXHAUSTED,
}
_BY_STATUS = {
    401: errors.UNAUTHENTICATED,
    403: errors.PERMISSION_DENIED,
    404: errors.NOT_FOUND,
    429: errors.RESOURCE_EXHAUSTED,
}


def root_of(answer: Answer, operation: str, *, mutation: bool) -> Any:
    """The value of the document's root field, which has the operation's name.

    An `errors` list is a failure, whatever the HTTP status. The one exception: a mutation whose root field has a value
    was executed, and what failed lies below it; its answer may hold a secret that is shown only now.
    """
    value = answer.data.get(operation) if isinstance(answer.data, Mapping) else None
    if answer.errors and not (mutation and value is not None):
        raise _error_from(answer, operation, answer.errors[0])
    if value is None:
        raise _nothing_told(answer, operation)
    return value


def roots_of(
    answer: Answer, operation: str, keys: Sequence[str], *, mutation: bool
) -> list[Mapping[str, Any] | MondooError | None]:
    """For each key, by which a document asked for the same root field once, its value or its error.

    None: the answer does not tell, because the failure of another has made all of `data` null, or because an error does not
    say what it belongs to. Raises MondooError if the answer tells nothing of any key.
    """
    data = answer.data if isinstance(answer.data, Mapping) else {}
    own: dict[str, MondooError] = {}
    stray = False
    for entry in answer.errors:
        path = entry.get("path") if isinstance(entry, Mapping) else None
        if isinstance(path, list) and path and path[0] in keys:
            own.setdefault(path[0], _error_from(answer, operation, entry))
        else:
            stray = True
    found: list[Mapping[str, Any] | MondooError | None] = []
    for key in keys:
        value = data.get(key)
        # As for a single root field: a mutation that has a value was executed.
        if isinstance(value, Mapping) and (mutation or not (key in own or stray)):
            found.append(value)
        else:
            found.append(own.get(key))
    if all(entry is None for entry in found):
        if answer.errors:
            raise _error_from(answer, operation, answer.errors[0])
        raise _nothing_told(answer, operation)
    return found


def _nothing_told(answer: Answer, operation: str) -> MondooError:
    return MondooError(
        errors.GARBLED_ANSWER,
        f"the service answered HTTP {answer.http_status} with neither a result nor an error",
        operation=operation,
        http_status=answer.http_status,
        transient=True,
        outcome_unknown=True,
    )


def _error_from(answer: Answer, operation: str, entry: object) -> MondooError:
    message = entry.get("message") if isinstance(entry, Mapping) else entry
    extensions = entry.get("extensions") if isinstance(entry, Mapping) else None
    code, words = split_rpc_message(str(message or "no message"))
    if code is None:
        code = _code_from(extensions, answer.http_status, is_refusal=refusal_in(entry) is not None)
    return MondooError(
        code,
        f'the service answered {code}: "{words}"',
        operation=operation,
        http_status=answer.http_status,
        transient=code in _TRANSIENT or answer.http_status == 429 or answer.http_status >= 500,
        outcome_unknown=code not in _REFUSALS,
        retry_after=answer.retry_after,
    )


def _code_from(extensions: object, http_status: int, *, is_refusal: bool) -> str:
    """The code of an error whose message carries none. is_refusal: it says that the request does not fit the schema."""
    given = extensions.get("code") if isinstance(extensions, Mapping) else None
    if isinstance(given, str) and given:
        # PERMISSION_DENIED and PermissionDenied are two spellings of one code.
        camel = "".join(part.capitalize() for part in given.split("_")) if given.isupper() else given
        return _BY_EXTENSION.get(given, camel)
    if is_refusal:
        return errors.SCHEMA_MISMATCH
    if http_status >= 500:
        return errors.UNAVAILABLE
    return _BY_STATUS.get(http_status, errors.UNKNOWN)
