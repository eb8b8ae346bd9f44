# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run tells in the end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.outcome import (
    Outcome,
    failures,
    report_text,
    status,
    sum_operations,
    summary,
)
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.places import FilePlace
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.tokens import DeclaredToken

_SPACE = "//captain.api.mondoo.app/spaces/alpha"


def _outcome(*operations: str, failed: str = "", known: bool = False, present: bool = True) -> Outcome:
    predicted = {"api_token": {"mrn": "//1"}} if known else {}
    token = DeclaredToken("0", "ci", {}, (FilePlace("h1", "/x"),), present=present, predicted=predicted)
    result = {"name": "ci", "scope_mrn": _SPACE, "operations": list(operations), "changed": bool(operations)}
    return Outcome(token, result, failed)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (_outcome(), "unchanged"),
        (_outcome("setRoles"), "changed"),
        (_outcome("deleteAPIToken", present=False), "deleted"),
        (_outcome("generateAPIToken"), "created"),
        (_outcome("deleteAPIToken", "generateAPIToken", "updateAPIToken"), "created"),
        (_outcome("generateAPIToken", "deleteAPIToken", "updateAPIToken"), "replaced"),
        (_outcome("generateAPIToken", "updateAPIToken", "updateAPIToken", known=True), "replaced"),
        (_outcome("generateAPIToken", failed="no"), "failed"),
    ],
)
def test_kinds(outcome: Outcome, kind: str) -> None:
    assert outcome.kind == kind


def test_summary() -> None:
    outcomes = [_outcome(), _outcome("generateAPIToken"), _outcome(failed="no")]
    done = summary(outcomes, [], check_mode=False)
    assert done.startswith("3 API tokens declared: ")
    assert all(words in done for words in ("1 created", "1 unchanged", "1 failed", "ci"))
    pruned = [{"name": name, "scope_mrn": _SPACE} for name in ("old", "older")]
    assert "2 would be pruned" in summary(outcomes[:1], pruned, check_mode=True)
    assert summary([], [], check_mode=False).startswith("0 API tokens declared")


def test_failures() -> None:
    assert failures([_outcome()]) == ""
    told = failures([_outcome(failed=f"reason {number}") for number in range(7)])
    assert told == "reason 0. reason 1. reason 2. reason 3. reason 4. And 2 more, see the results."


@pytest.mark.parametrize(
    ("about", "word"),
    [
        ({"failed": True, "changed": True, "check_mode": True}, "failed"),
        ({"failed": False, "changed": False, "check_mode": True}, "unchanged"),
        ({"failed": False, "changed": True, "check_mode": True}, "drift"),
        ({"failed": False, "changed": True, "check_mode": False}, "changed"),
    ],
)
def test_status(about: dict[str, Any], word: str) -> None:
    assert status(**about) == word


def test_the_report_has_no_secret() -> None:
    outcome = _outcome("generateAPIToken")
    outcome.result["token"] = "hunter2"
    data = outcome.data()
    text = report_text("changed", "done", {"results": [data], "pruned": [{"name": "old"}]}, check_mode=False)
    assert "hunter2" not in text + json.dumps(data)
    report = json.loads(text)
    assert (report["status"], report["pruned"]) == ("changed", ["old"])
    assert report["tokens"][0]["places"] == ["/x on h1"]


def test_counts_add_up() -> None:
    assert sum_operations([{"a": 1}, {"b": 1, "a": 2}, {}]) == {"a": 3, "b": 1}
