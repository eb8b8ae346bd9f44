# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of an audit are read, and mistakes told, before anything is asked of the service."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
import yaml
from ansible_collections.mondoo.platform.plugins.doc_fragments.audit_policy import ModuleDocFragment as PolicyFragment
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.modules import api_token_report as module
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.settings import ARGUMENTS, settings_from
from ansible_collections.mondoo.platform.tests.unit.support.audits import settings
from ansible_collections.mondoo.platform.tests.unit.support.builders import NOW

CONNECTION = ("auth_token", "service_account", "service_account_file", "region", "endpoint", "timeout")
SPACES = "//captain.api.mondoo.app/spaces/"
ORGANIZATIONS = "//captain.api.mondoo.app/organizations/"


def reads(**options: Any) -> list[tuple[str | None, dict[str, Any]]]:
    """What would be listed: the name of the connection, and the arguments of the module."""
    checked = settings_from({"directory": "/x", **options}, CONNECTION)
    return [(read.connection, read.arguments) for read in checked.reads]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"spaces": ["a", SPACES + "b"]}, [{"space": SPACES + "a"}, {"space": SPACES + "b"}]),
        ({"spaces": "a, b"}, [{"space": SPACES + "a"}, {"space": SPACES + "b"}]),
        ({"spaces": ["a", SPACES + "a"]}, [{"space": SPACES + "a"}]),
        ({"organizations": "o"}, [{"organization": ORGANIZATIONS + "o", "include_spaces": True}]),
        ({"organizations": "o", "include_spaces": "no"}, [{"organization": ORGANIZATIONS + "o"}]),
        (
            {"organizations": ["o"], "spaces": ["a"], "region": "eu", "auth_token": "T"},
            [
                {"space": SPACES + "a", "region": "eu", "auth_token": "T"},
                {"organization": ORGANIZATIONS + "o", "include_spaces": True, "region": "eu", "auth_token": "T"},
            ],
        ),
    ],
)
def test_what_is_listed(options: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    assert [arguments for _name, arguments in reads(**options)] == expected


@pytest.mark.parametrize(
    ("of_the_task", "of_the_entry", "expected"),
    [
        ({}, {"region": "eu"}, {"region": "eu"}),
        ({"auth_token": "T", "timeout": 5}, {}, {"auth_token": "T", "timeout": 5}),
        ({"auth_token": "T", "timeout": 5}, {"timeout": 9}, {"auth_token": "T", "timeout": 9}),
        # Two credentials would contradict each other, and so would two addresses.
        ({"auth_token": "T", "timeout": 5}, {"service_account_file": "f"}, {"service_account_file": "f", "timeout": 5}),
        ({"endpoint": "https://e"}, {"region": "eu"}, {"region": "eu"}),
        ({"region": "us"}, {"endpoint": "https://e"}, {"endpoint": "https://e"}),
        ({"region": "us"}, {"region": None}, {"region": "us"}),
    ],
)
def test_a_connection_of_its_own(
    of_the_task: dict[str, Any], of_the_entry: dict[str, Any], expected: dict[str, Any]
) -> None:
    entry = {"name": "Europe", "spaces": "a", **of_the_entry}
    assert reads(connections=[entry], **of_the_task) == [("Europe", {"space": SPACES + "a", **expected})]


def test_connections_come_after_what_the_task_names_itself() -> None:
    entries = [{"organizations": ["o"], "include_spaces": "false"}, {"spaces": ["b"]}]
    assert [arguments for _name, arguments in reads(spaces=["a"], connections=entries)] == [
        {"space": SPACES + "a"},
        {"organization": ORGANIZATIONS + "o"},
        {"space": SPACES + "b"},
    ]


@pytest.mark.parametrize(
    ("value", "mode"), [("0640", 0o640), ("600", 0o600), ("0o644", 0o644), (0o640, 0o640), (None, 0o640), ("", 0o640)]
)
def test_modes(value: Any, mode: int) -> None:
    assert settings(mode=value).mode == mode


def test_now() -> None:
    assert settings().now == NOW
    assert abs((settings(now=None).now - datetime.now(timezone.utc)).total_seconds()) < 60


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "there is nothing to audit"),
        ({"spaces": []}, "api_token_audit_spaces or api_token_audit_organizations"),
        ({"spaces": "a b"}, 'space: "a b" is neither an ID nor an MRN'),
        ({"spaces": [True]}, "spaces: True is a boolean in YAML, and not the text that was written; quote it"),
        ({"organizations": [123]}, "organizations: 123 is a number in YAML"),
        ({"connections": [{"spaces": [1.10]}]}, "entry 1 of connections: spaces: 1.1 is a number in YAML"),
        (
            {"spaces": "a", "declared": [{"name": 1.10, "space": "a"}]},
            'entry 1 of declared ("1.1"): name: 1.1 is a number',
        ),
        ({"spaces": "a", "accepted": [{"rule": "too_old", "name": True, "reason": "x"}]}, "name: True is a boolean"),
        ({"spaces": "a", "max_agee": "9d"}, "unknown option max_agee; known: accepted,"),
        ({"spaces": "a", "max_age": "old"}, 'max_age: "old" is not a duration'),
        ({"spaces": "a", "allowed_permissions": "vewer"}, 'allowed_permissions: "vewer" is not known'),
        ({"spaces": "a", "severities": {"too_old": "fatal"}}, 'severities: "fatal" for too_old is not one of'),
        ({"spaces": "a", "accepted": [{"rule": "x"}]}, "entry 1 of accepted: reason is required"),
        ({"spaces": "a", "declared": [{}]}, "entry 1 of declared: one of name and mrn is required"),
        (
            {"spaces": "a", "fail_on": "always"},
            "value of fail_on must be one of: never, low, medium, high, got: always",
        ),
        ({"spaces": "a", "formats": "pdf"}, "value of formats must be one or more of: html, json, csv, junit"),
        ({"spaces": "a", "mode": "u=rw"}, 'mode: "u=rw" is not a mode: write it as in "0640".'),
        ({"spaces": "a", "mode": "0689"}, 'mode: "0689" is not a mode'),
        ({"spaces": "a", "mode": 640}, "mode: 640 is a number in YAML, and not the mode that was written; quote it"),
        ({"spaces": "a", "mode": -1}, "mode: -1 is a number in YAML"),
        ({"spaces": "a", "mode": True}, "mode: True is not a mode"),
        ({"spaces": "a", "mode": "7777"}, 'mode: "7777" is not a sensible mode for a file'),
        ({"spaces": "a", "mode": "416"}, "if the mode was written without quotes, quote it"),
        ({"spaces": "a", "now": "noon"}, 'now: "noon" is not a time'),
        ({"spaces": "a", "drift": {"changed": True}}, "drift must be the result of the module api_tokens"),
        ({"spaces": "a", "drift": {"results": None}}, "results in drift must be a list, and not nothing"),
        ({"spaces": "a", "drift": {"results": ["x"]}}, "entry 1 of results in drift must be a dictionary"),
        (
            {"spaces": "a", "drift": {"results": [{}, {"name": "ci", "operations": 5}]}},
            'entry 2 of results in drift ("ci"): operations must be a list',
        ),
        ({"spaces": "a", "drift": {"results": [], "pruned": "x"}}, "pruned in drift must be a list"),
        ({"spaces": "a", "drift": {"results": [], "pruned": [{"mrn": "//x"}]}}, "name is required"),
        ({"connections": [{"name": "x"}]}, 'entry 1 of connections ("x"): one of spaces and organizations is required'),
        (
            {"connections": [{"spaces": "a", "regoin": "eu"}]},
            "entry 1 of connections: unknown option regoin; known:",
        ),
        ({"connections": [{"spaces": "a/b"}]}, 'entry 1 of connections: space: "a/b" is neither an ID nor an MRN'),
    ],
)
def test_refusals(options: dict[str, Any], words: str) -> None:
    with pytest.raises(MondooError) as caught:
        reads(**options)
    assert words in str(caught.value)


def test_no_credential_is_in_a_refusal() -> None:
    entry = {"spaces": "a/b", "auth_token": "S3CRET", "regoin": "eu"}
    with pytest.raises(MondooError) as caught:
        reads(connections=[entry], auth_token="S3CRET")
    assert "S3CRET" not in str(caught.value)


def test_the_documentation_has_the_same_options() -> None:
    documented = {
        **yaml.safe_load(module.DOCUMENTATION)["options"],
        **yaml.safe_load(PolicyFragment.DOCUMENTATION)["options"],
    }
    assert documented.keys() == ARGUMENTS.keys()
    for name, about in ARGUMENTS.items():
        for key in ("type", "elements", "choices", "default", "required"):
            assert documented[name].get(key) == about.get(key), f"{key} of {name}"
