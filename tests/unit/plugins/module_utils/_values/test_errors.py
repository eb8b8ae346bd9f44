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
    ],
)
def test_every_code_that_a_person_can_act_on_has_advice(code: str, words: str) -> None:
    assert words in str(MondooError(code, "it broke"))


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
        ("request permission unauthenticated", None, "request permission unauthenticated"),
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
