# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is new, what is fixed, and what stays since the last report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.previous import read_report
from ansible_collections.mondoo.platform.tests.unit.support.audits import SCOPE, ago, entry, report
from ansible_collections.mondoo.platform.tests.unit.support.builders import ORGANIZATION

OLD = entry("old", created_at=ago(100))
ANOTHER = entry("another", created_at=ago(100))
ACCEPTED = [{"rule": "too_old", "name": "old", "reason": "x"}]
UNREADABLE = {"unreadable": [{"scope_mrn": SCOPE, "name": "x", "reason": "no"}]}


def changes(made: dict[str, Any]) -> tuple[list[str], list[str], int]:
    """Names of what is new and of what is fixed, and how many stay; the figures say the same."""
    new = [finding["name"] for finding in made["findings"] if finding["new"]]
    fixed = [finding["name"] for finding in made["since"]["fixed"]]
    figures = made["figures"]
    assert (figures["new"], figures["fixed"]) == (len(new), len(fixed))
    assert figures["new"] + figures["unchanged"] == figures["findings"] == len(made["findings"])
    return new, fixed, figures["unchanged"]


def audit(*tokens: dict[str, Any], **more: Any) -> dict[str, Any]:
    return report(*tokens, max_age="90d", **more)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([OLD], [OLD], ([], [], 1)),
        ([], [OLD], (["old"], [], 0)),
        ([OLD], [], ([], ["old"], 0)),
        ([OLD], [ANOTHER], (["another"], ["old"], 0)),
        # The same token under another name, and another one under the same name.
        ([OLD], [{**OLD, "name": "renamed"}], ([], [], 1)),
        ([OLD], [{**OLD, "mrn": "//x"}], (["old"], ["old"], 0)),
    ],
)
def test_changes(
    before: list[dict[str, Any]], after: list[dict[str, Any]], expected: tuple[list[str], list[str], int]
) -> None:
    assert changes(audit(*after, previous=audit(*before))) == expected


def test_without_a_last_report_nothing_is_said() -> None:
    made = audit(OLD)
    assert made["since"] is None
    assert [made["figures"][key] for key in ("new", "fixed", "unchanged")] == [None] * 3
    assert [finding["new"] for finding in made["findings"]] == [None]


def test_what_is_accepted_now_is_neither_new_nor_fixed() -> None:
    assert changes(audit(OLD, accepted=ACCEPTED, previous=audit(OLD))) == ([], [], 0)


def test_what_was_accepted_then_is_not_new_once_that_is_over() -> None:
    assert changes(audit(OLD, previous=audit(OLD, accepted=ACCEPTED))) == ([], [], 1)


def test_what_was_not_read_is_not_fixed() -> None:
    made = audit(result=UNREADABLE, previous=audit(OLD))
    assert changes(made) == ([], [], 0)
    assert made["since"]["unread"] == 1


@pytest.mark.parametrize(("include_spaces", "fixed", "unread"), [(True, ["old"], 0), (False, [], 1)])
def test_a_space_that_is_gone_is_fixed_where_its_organization_was_read(
    include_spaces: bool, fixed: list[str], unread: int
) -> None:
    made = audit(previous=audit(OLD), include_spaces=include_spaces)
    assert changes(made) == ([], fixed, 0)
    assert made["since"]["unread"] == unread


@pytest.mark.parametrize(
    ("options", "is_changed"),
    [
        ({}, False),
        ({"max_age": "1d"}, True),
        ({"max_unused": "1d"}, True),
        ({"allowed_permissions": ["owner", "viewer"]}, True),
        ({"severities": {"unused": "low"}}, True),
        ({"declared": []}, True),
        ({"fail_on": "high"}, False),
        ({"accepted": ACCEPTED}, False),
    ],
)
def test_another_policy_is_said(options: dict[str, Any], is_changed: bool) -> None:
    made = report(OLD, **{"max_age": "90d", **options}, previous=audit(OLD))
    assert made["since"]["policy_changed"] is is_changed


def test_the_first_version_of_the_format_is_read(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    finding = {"rule": "too_old", "severity": "medium", "name": "gone", "mrn": "//gone", "scope_mrn": ORGANIZATION.mrn}
    first = {"version": 1, "generated_at": "2026-01-01T00:00:00Z", "policy": {"max_age": "90d"}, "findings": [finding]}
    path.write_text(json.dumps(first), encoding="utf-8")
    made = audit(OLD, previous=read_report(str(path)))
    assert changes(made) == (["old"], ["gone"], 0)
    assert made["since"]["fixed"][0]["message"] is None


def test_a_report_that_is_not_there_yet_is_none(tmp_path: Path) -> None:
    assert read_report(str(tmp_path / "none.json")) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "is not a JSON report of an audit"),
        (b"[]", "is not a JSON report of an audit"),
        (b"[" * 200_000, "is not a JSON report of an audit"),
        (b"{}", "is not a JSON report of an audit"),
        (b"\xff", "it is not UTF-8"),
        (b'{"version": 3, "generated_at": "x"}', "has format version 3; versions up to 2 are supported"),
        (b'{"generated_at": "x"}', "has format version None"),
        (b'{"version": 2, "generated_at": "x", "findings": [{}]}', "has findings without rule or name"),
        (b'{"version": 2, "generated_at": "x", "findings": ["x"]}', "has findings without rule or name"),
        (
            b'{"version": 2, "generated_at": "x", "findings": [{"rule": "r", "name": "n", "mrn": {}}]}',
            "has findings without rule or name",
        ),
    ],
)
def test_what_is_no_report(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    with pytest.raises(MondooError) as caught:
        read_report(str(path))
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["", "\0"])
def test_a_report_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(MondooError, match="Could not read the last report"):
        read_report(str(tmp_path / name))


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": [{"mrn": SCOPE, "organization_mrn": [ORGANIZATION.mrn]}, {"mrn": []}, 5]},
        {"scopes": 5},
        {"policy": {"allowed_permissions": [1, "viewer", None]}},
        {"policy": []},
        {"accepted": {}},
    ],
)
def test_what_is_garbled_beside_the_findings_is_unknown(changes: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps({**audit(OLD), **changes}), encoding="utf-8")
    assert audit(previous=read_report(str(path)))["since"]["policy_changed"] is ("policy" in changes)
