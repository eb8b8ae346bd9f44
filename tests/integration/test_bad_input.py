# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes and misfortunes: a clear error each, no traceback, no mutation."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from simulator.process import Simulator

from conftest import ModuleTasks, Playbooks, Run
from tasks import ORGANIZATION_MRN, api_token, api_token_info

CREATE = {"name": "ci", "permissions": ["viewer"]}

# What is declared, the code, and words that the message must have.
REFUSED: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
    "misspelt permission": (
        {**CREATE, "permissions": ["vewer"]},
        "InvalidOption",
        ('"vewer"', 'Did you mean "viewer"?'),
    ),
    "membership": ({**CREATE, "permissions": ["space-member"]}, "InvalidOption", ("platform itself",)),
    "no permission to create with": ({"name": "ci"}, "InvalidOption", ("permissions is required", '"ci"')),
    "an organization as space": (
        {**CREATE, "space": ORGANIZATION_MRN},
        "InvalidOption",
        ("MRN of an organization", "option organization"),
    ),
    "neither ID nor MRN": ({**CREATE, "space": "my space"}, "InvalidOption", ("my space", "an MRN looks like")),
    "empty name": ({**CREATE, "name": " "}, "InvalidOption", ("name must not be empty",)),
    "unknown duration": ({**CREATE, "rotate_after": "90 days"}, "InvalidOption", ("rotate_after", "90 days", "90d")),
    "no MRN": ({"mrn": "ci"}, "InvalidOption", ("mrn", "starts with //")),
    "unknown MRN": ({"mrn": "//nowhere/1", "name": "ci"}, "NotFound", ("//nowhere/1", 'space "alpha"')),
    "negative retries": ({**CREATE, "retries": -1}, "InvalidOption", ("retries", "-1")),
    "no time": ({**CREATE, "timeout": 0}, "InvalidOption", ("timeout", "at least 1 second")),
    "no endpoint": ({**CREATE, "endpoint": "us.api.mondoo.com"}, "InvalidOption", ("endpoint", "is not a URL")),
    "unencrypted": ({**CREATE, "endpoint": "http://api.invalid"}, "InvalidOption", ("unencrypted", "https://")),
    "no CA bundle": ({**CREATE, "ca_path": "/nowhere.pem"}, "InvalidOption", ("ca_path", "/nowhere.pem")),
    "no such directory": ({**CREATE, "token_path": "/nowhere/secret"}, "FileFailed", ("/nowhere", "does not exist")),
    "a directory": ({**CREATE, "token_path": "/"}, "FileFailed", ("is a directory",)),
    "unknown scope": (
        {**CREATE, "space": "nowhere"},
        "NotFound",
        ("list the API tokens", 'space "nowhere"', "ID or MRN"),
    ),
    "a scope of others": ({**CREATE, "space": "outside"}, "PermissionDenied", ('space "outside"', "Editor or Owner")),
    "no such host": (
        {**CREATE, "endpoint": "https://api.invalid", "retries": 0},
        "ConnectionFailed",
        ("https://api.invalid/query", "endpoint"),
    ),
}


def test_refusals(modules: ModuleTasks, simulator: Simulator) -> None:
    run = modules.run(*(api_token(**declared) for declared, _code, _words in REFUSED.values()))
    assert len(run.results) == len(REFUSED)
    for (case, (_declared, code, words)), result in zip(REFUSED.items(), run.results, strict=True):
        _assert_clear(result, code, *words, case=case)
    _assert_calm(run)
    assert simulator.mutations() == []


def test_options_that_exclude_each_other(playbooks: Playbooks, simulator: Simulator) -> None:
    run = playbooks.run(
        api_token(**CREATE, space="alpha", organization="acme"),
        {"mondoo.platform.api_token": CREATE},
        api_token(permissions=["viewer"]),
        api_token(**CREATE, service_account_file="/nowhere.json"),
        api_token_info(include_spaces=True),
        api_token(**CREATE, permision="viewer"),
    )
    expected = (
        "space|organization",
        "space, organization",
        "name, mrn",
        "auth_token|service_account|service_account_file",
        "organization",
        "permision",
    )
    for words, result in zip(expected, run.results, strict=True):
        assert result["failed"]
        assert words in result["msg"]
    _assert_calm(run)
    assert simulator.requests() == []


# A fault of the service or of what stands before it, the code, and words that the message must have.
MISFORTUNES: dict[str, tuple[str, dict[str, Any], str, tuple[str, ...]]] = {
    "a web page": ("html", {}, "NotGraphQL", ("web page instead of JSON", "proxy")),
    "a redirect": (
        "redirect",
        {"location": "https://login.invalid/?secret=1", "status": 302},
        "Redirected",
        ("HTTP 302", "a redirect to https://login.invalid.", "not followed"),
    ),
    "no rights": (
        "graphql_error",
        {"code": "PermissionDenied", "message": "request permission denied"},
        "PermissionDenied",
        ('"request permission denied"', "Editor or Owner"),
    ),
    "an unusable answer": ("garbled_after", {}, "GarbledAnswer", ("JSON",)),
    "too many requests": ("too_many", {"retry_after": 3600}, "ResourceExhausted", ("3600 seconds", "120 seconds")),
    "not available": ("status_503", {}, "Unavailable", ("HTTP 503", "tried 2 times")),
    "a cursor that repeats": ("repeat_cursor", {}, "IncompleteListing", ("the same cursor came twice",)),
}


@pytest.mark.parametrize("case", MISFORTUNES)
def test_misfortunes(case: str, modules: ModuleTasks, simulator: Simulator) -> None:
    kind, parameters, code, words = MISFORTUNES[case]
    simulator.fault(kind, match="apiTokens", times=100, **parameters)
    run = modules.run(api_token(**CREATE, retries=1))
    _assert_clear(run.result, code, *words, "list the API tokens", case=case)
    assert "rpc error" not in run.output
    _assert_calm(run)
    assert simulator.mutations() == []


def test_nothing_listens(modules: ModuleTasks) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run = modules.run(api_token(**CREATE, endpoint=f"http://127.0.0.1:{port}", retries=1))
    _assert_clear(run.result, "ConnectionFailed", "refused", f"127.0.0.1:{port}", "tried 2 times")
    _assert_calm(run)


def test_no_answer_in_time(modules: ModuleTasks, simulator: Simulator) -> None:
    simulator.fault("timeout_before", match="apiTokens", times=2, seconds=3)
    run = modules.run(api_token(**CREATE, timeout=1, retries=0))
    _assert_clear(run.result, "TimedOut", "no complete answer", "within 1 second.")
    _assert_calm(run)


def test_libraries_that_are_not_there(playbooks: Playbooks, simulator: Simulator) -> None:
    for library, options in (("gql", {}), ("jwt", {"service_account": simulator.credentials["service_account"]})):
        folder = playbooks.home / f"without-{library}"
        (folder / library).mkdir(parents=True)
        (folder / library / "__init__.py").write_text("raise ImportError('hidden by the test')\n", encoding="utf-8")
        defaults = {"endpoint": simulator.url, **(options or {"auth_token": simulator.admin_token})}
        run = playbooks.run(api_token(**CREATE), defaults=defaults, environment={"PYTHONPATH": str(folder)})
        _assert_clear(run.result, "MissingLibrary", "Failed to import the required Python library", library[:3].lower())
        _assert_calm(run)


def _assert_clear(result: dict[str, Any], code: str, *words: str, case: str = "") -> None:
    assert result["failed"], case
    assert result["error"]["code"] == code, (case, result["msg"])
    for word in words:
        assert word.lower() in result["msg"].lower(), case


def _assert_calm(run: Run) -> None:
    assert "Traceback" not in run.output
    assert "MODULE FAILURE" not in run.output
