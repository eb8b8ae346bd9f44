# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How failures read, for people and for programs."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values import errors
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import (
    MondooError,
    invalid_option,
    missing_library,
    split_rpc_message,
)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "it broke."),
        ({"reason": "it broke. \n"}, "it broke."),
        ({"attempted": 'delete the API token "ci"'}, 'Could not delete the API token "ci": it broke.'),
        ({"advice": "Mend it."}, "it broke. Mend it."),
        ({"attempted": "do", "advice": "Mend it."}, "Could not do: it broke. Mend it."),
        ({"code": errors.TIMED_OUT, "advice": ""}, "it broke."),
    ],
)
def test_text(arguments: dict[str, Any], text: str) -> None:
    error = MondooError(**{"code": "Other", "reason": "it broke", **arguments})
    assert str(error) == text


def test_notes_stand_between_reason_and_advice_in_their_order() -> None:
    error = MondooError("Other", "it broke", advice="Mend it.").note("One.").note("Two.")
    assert str(error) == "it broke. One. Two. Mend it."


def test_the_place_nearest_to_the_failure_names_what_was_attempted() -> None:
    error = MondooError("Other", "it broke").during("read").during("run")
    assert str(error) == "Could not read: it broke."


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errors.UNAUTHENTICATED, "region or endpoint"),
        (errors.PERMISSION_DENIED, "Editor or Owner"),
        (errors.NOT_FOUND, "Check the ID or MRN"),
        (errors.RESOURCE_EXHAUSTED, "limits the rate"),
        (errors.UNAVAILABLE, "raise retries"),
        (errors.CONNECTION_FAILED, "proxy and the network"),
        (errors.TIMED_OUT, "raise timeout"),
        (errors.TLS_FAILED, "ca_path"),
        (errors.PROXY_FAILED, "MONDOO_API_PROXY"),
        (errors.REDIRECTED, "correct endpoint"),
        (errors.NOT_GRAPHQL, "login page"),
        (errors.GARBLED_ANSWER, "Run again"),
        (errors.SCHEMA_MISMATCH, "newer version of the collection"),
        (errors.INCOMPLETE_LISTING, "Nothing was changed"),
        (errors.REFUSED, "did not make the change"),
        (errors.STORED_OTHERWISE, "in which the service stores it"),
        (errors.INVALID_ARGUMENT, "name, description, permissions and scope"),
        (errors.ALREADY_EXISTS, "declare another name"),
        (errors.FAILED_PRECONDITION, "in the Mondoo console"),
        (errors.UNKNOWN, "Mondoo's support"),
    ],
)
def test_every_code_that_a_person_can_act_on_has_advice(code: str, words: str) -> None:
    assert words in str(MondooError(code, "it broke"))


def test_another_code_of_the_service_has_advice_as_well() -> None:
    assert "Mondoo's support" in str(MondooError("DataLoss", "it broke", http_status=200))
    assert str(MondooError("DataLoss", "it broke", http_status=200, advice="")) == "it broke."
    assert str(MondooError("Other", "it broke")) == "it broke."


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ("generateAPIToken", "an Editor cannot grant more permissions than it has"),
        ("setRoles", "an Editor cannot grant more permissions than it has"),
        ("apiTokens", "does not publish which permission lists API tokens"),
        ("deleteAPIToken", "needs the Editor or Owner permission on the scope"),
        (None, "needs the Editor or Owner permission on the scope"),
    ],
)
def test_what_to_do_about_a_missing_permission_depends_on_the_operation(operation: str | None, words: str) -> None:
    text = str(MondooError(errors.PERMISSION_DENIED, "no", operation=operation))
    assert words in text
    assert "Viewer" not in text
    assert "Mend it." in str(MondooError(errors.PERMISSION_DENIED, "no", operation=operation, advice="Mend it."))


def test_the_operation_is_named_once() -> None:
    error = MondooError(errors.PERMISSION_DENIED, "no").in_operation("setRoles").in_operation("apiTokens")
    assert error.details == {"code": "PermissionDenied", "operation": "setRoles"}
    assert "cannot grant" in str(error)


def test_a_copy_is_an_error_of_its_own() -> None:
    class SpecialError(MondooError):
        pass

    original = SpecialError("Other", "it broke", http_status=500, transient=True, advice="").note("One.")
    copy = original.copy()
    copy.during("read").note("Two.")
    assert isinstance(copy, SpecialError)
    assert (copy.http_status, copy.transient) == (500, True)
    assert str(original) == "it broke. One."
    assert str(copy) == "Could not read: it broke. One. Two."


@pytest.mark.parametrize(
    ("arguments", "details"),
    [
        ({}, {"code": "Other", "operation": ""}),
        ({"operation": "setRoles"}, {"code": "Other", "operation": "setRoles"}),
        ({"http_status": 403}, {"code": "Other", "operation": "", "http_status": 403}),
    ],
)
def test_details(arguments: dict[str, Any], details: dict[str, object]) -> None:
    assert MondooError("Other", "it broke", **arguments).details == details


@pytest.mark.parametrize(
    ("code", "one_scope"),
    [
        (errors.NOT_FOUND, True),
        (errors.PERMISSION_DENIED, True),
        (errors.UNAVAILABLE, True),
        (errors.INCOMPLETE_LISTING, True),
        (errors.UNAUTHENTICATED, False),
        (errors.CONNECTION_FAILED, False),
        (errors.TLS_FAILED, False),
        (errors.SCHEMA_MISMATCH, False),
    ],
)
def test_what_concerns_one_scope_only(code: str, one_scope: bool) -> None:
    assert MondooError(code, "it broke").concerns_one_scope is one_scope


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        ("rpc error: code = NotFound desc = no such space", "NotFound", "no such space"),
        ("RPC Error: Code = NotFound Desc = no such space", "NotFound", "no such space"),
        (
            "rpc error: code = Unknown desc = rpc error: code = PermissionDenied desc = not yours",
            "PermissionDenied",
            "not yours",
        ),
        (
            "failed: rpc error: code = Unknown desc = lookup: rpc error: code = Unavailable desc = down ",
            "Unavailable",
            "failed: lookup: down",
        ),
        ("request permission unauthenticated", "Unauthenticated", "request permission unauthenticated"),
        ("Unauthenticated.", "Unauthenticated", "Unauthenticated."),
        (
            "rpc error: code = Unknown desc = request permission unauthenticated",
            "Unauthenticated",
            "request permission unauthenticated",
        ),
        ("rpc error: code = NotFound desc = unauthenticated", "NotFound", "unauthenticated"),
        ('invalid name "unauthenticated"', None, 'invalid name "unauthenticated"'),
        ("rpc error: code = Code(17) desc = odd", "Code(17)", "odd"),
        ("rpc error: code = permission_denied desc = no", "PermissionDenied", "no"),
        (" spaces around ", None, "spaces around"),
        ("rpc error: code = NotFound desc = ", "NotFound", ""),
        ("", None, ""),
    ],
)
def test_rpc_noise_is_split_off(message: str, code: str | None, words: str) -> None:
    assert split_rpc_message(message) == (code, words)


def test_an_invalid_option_has_no_operation() -> None:
    error = invalid_option("timeout: 0 is out of range")
    assert (error.code, error.details["operation"]) == ("InvalidOption", "")
    assert str(error) == "timeout: 0 is out of range."


def test_a_missing_library_is_told_in_the_usual_words() -> None:
    error = missing_library("gql[requests]", "pip install gql")
    assert str(error).startswith("Failed to import the required Python library (gql[requests]) on ")
    assert f"Python {sys.executable}" in str(error)
    assert "'pip install gql'" in str(error)
    assert error.code == "MissingLibrary"
