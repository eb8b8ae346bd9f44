# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role and the playbook of audits, as installed: what they report, when they fail, and that they change nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml

from simulator.process import Simulator

from conftest import ROOT, Playbooks
from tasks import SPACE_MRN

ROLE = ROOT / "roles" / "api_token_audit"
BETA = "//captain.api.mondoo.app/spaces/beta"
NOW = "2026-11-24T12:00:00Z"
BAD_NAME = '<script>alert(1)</script> & "\x01"'
FLEET = [
    {
        "scope": SPACE_MRN,
        "name": "fine",
        "permissions": ["agent"],
        "description": "x",
        "created_at": "2026-11-01T00:00:00Z",
    },
    {"scope": SPACE_MRN, "name": "old", "permissions": ["viewer", "owner"], "created_at": "2020-01-01T00:00:00Z"},
    {
        "scope": BETA,
        "name": BAD_NAME,
        "permissions": ["viewer"],
        "description": "x",
        "created_at": "2026-11-01T00:00:00Z",
    },
]
USED = "2026-11-24T00:00:00Z"


@dataclass(frozen=True)
class Audit:
    """A run of the playbook. report: what the JSON report has; None if there is none."""

    done: subprocess.CompletedProcess[str]
    folder: Path

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "api-tokens.json").read_text(encoding="utf-8"))
        return found

    @property
    def rules(self) -> list[tuple[str, str]]:
        return [(finding["name"], finding["rule"]) for finding in self.report["findings"]]

    @property
    def cases(self) -> list[ElementTree.Element]:
        return list(self.junit.iter("testcase"))

    @property
    def junit(self) -> ElementTree.Element:
        return ElementTree.parse(self.folder / "api-tokens.junit.xml").getroot()  # noqa: S314  (we have written it)


@pytest.fixture
def service(simulator: Simulator) -> Simulator:
    simulator.seed({"tokens": [{**token, "last_used_at": USED} for token in FLEET]})
    simulator.clear_requests()
    return simulator


class Auditor:
    """Runs `mondoo.platform.audit`, and holds it against its promise to change nothing at the service."""

    def __init__(self, playbooks: Playbooks, service: Simulator, folder: Path) -> None:
        self._playbooks = playbooks
        self._service = service
        self._folder = folder

    def run(self, *arguments: str, playbook: str = "mondoo.platform.audit", **variables: Any) -> Audit:
        folder = self._folder / "reports"
        given = {"directory": str(folder), "now": NOW, **variables}
        text = json.dumps({f"api_token_audit_{name}": value for name, value in given.items()})
        done = self._playbooks.command(
            *("ansible-playbook", playbook, "-e", text, *arguments),
            environment=self._service.login,
        )
        assert self._service.mutations() == []
        assert re.search(r"changed=[1-9]", done.stdout) is None, done.stdout
        return Audit(done, folder)


@pytest.fixture
def auditor(playbooks: Playbooks, service: Simulator, tmp_path: Path) -> Auditor:
    return Auditor(playbooks, service, tmp_path)


def test_an_organization_with_its_spaces(auditor: Auditor) -> None:
    audit = auditor.run(organizations=["acme"], max_age="90d", allowed_permissions=["viewer", "agent"])
    assert audit.done.returncode == 0, audit.done.stdout
    assert audit.rules == [
        ("automation", "excess_permission"),
        ("old", "excess_permission"),
        ("old", "too_old"),
        ("automation", "no_description"),
        ("old", "no_description"),
        ("old", "redundant_permission"),
    ]
    report = audit.report
    schema = json.loads((ROLE / "files" / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(report, schema, cls=jsonschema.Draft202012Validator)
    assert (report["generated_at"], report["version"]) == (NOW, 1)
    figures = report["figures"]
    assert (figures["tokens"], figures["scopes"], figures["clean"], figures["unreadable"]) == (4, 3, 2, 0)
    assert figures["findings"] == len(report["findings"]) == figures["high"] + figures["medium"] + figures["low"]
    assert sum(step["count"] for step in report["ages"]) == sum(step["count"] for step in report["uses"]) == 4
    assert [path.stat().st_mode & 0o777 for path in sorted(audit.folder.iterdir())] == [0o640] * 3
    assert f"{audit.folder}/api-tokens.html" in audit.done.stdout


def test_spaces_alone_and_an_organization_alone(auditor: Auditor) -> None:
    by_space = auditor.run(spaces=["alpha", BETA], title="Two spaces").report
    assert [token["name"] for token in by_space["tokens"]] == ["fine", "old", BAD_NAME]
    assert by_space["title"] == "Two spaces"
    alone = auditor.run(organizations=["acme"], include_spaces=False).report
    assert [token["name"] for token in alone["tokens"]] == ["automation"]
    twice = auditor.run(spaces=["alpha"], organizations=["acme"])
    assert len(twice.report["tokens"]) == 4
    assert "duplicate_name" not in dict(twice.rules).values()


def test_check_mode_reports_all_the_same(auditor: Auditor) -> None:
    audit = auditor.run("--check", "--diff", spaces=["alpha"], formats=["json"])
    assert audit.done.returncode == 0
    assert [path.name for path in audit.folder.iterdir()] == ["api-tokens.json"]
    assert "+++" not in audit.done.stdout


@pytest.mark.parametrize(
    ("fail_on", "severities", "fails"),
    [
        ("never", {}, False),
        ("low", {}, True),
        ("medium", {}, True),
        ("high", {}, False),
        ("high", {"too_old": "high"}, True),
        ("medium", {"too_old": "low"}, False),
        ("low", {"too_old": "ignore", "no_description": "ignore", "redundant_permission": "ignore"}, False),
    ],
)
def test_from_which_severity_on_it_fails(
    fail_on: str, severities: dict[str, str], fails: bool, auditor: Auditor
) -> None:
    audit = auditor.run(spaces=["alpha"], max_age="90d", fail_on=fail_on, severities=severities, mode="0600")
    assert bool(audit.done.returncode) is fails, audit.done.stdout
    assert audit.report["figures"]["tokens"] == 2
    if fails:
        assert "2 API tokens in 1 scopes: " in audit.done.stdout
        assert "api-tokens.junit.xml" in audit.done.stdout


def test_what_cannot_be_read_is_reported(auditor: Auditor, service: Simulator) -> None:
    service.fault("field_error", match="apiTokens", mentioning="/spaces/beta", message="request permission denied")
    audit = auditor.run(organizations=["acme"], spaces=["outside"])
    assert audit.done.returncode == 0
    unreadable = {entry["scope_mrn"].rsplit("/", 1)[-1]: entry["reason"] for entry in audit.report["unreadable"]}
    assert unreadable.keys() == {"beta", "outside"}
    assert all("permission denied" in reason for reason in unreadable.values())
    errors = [case for case in audit.cases if case.find("error") is not None]
    assert {case.get("classname") for case in errors} == {'space "beta"', 'space "outside"'}
    assert auditor.run(organizations=["acme"], fail_on="high").done.returncode != 0


def test_nothing_to_read_is_no_report(auditor: Auditor) -> None:
    unknown = auditor.run(spaces=["nowhere"])
    assert unknown.done.returncode != 0
    assert "NotFound" in unknown.done.stdout
    assert not unknown.folder.exists()
    nothing = auditor.run()
    assert nothing.done.returncode != 0
    assert "api_token_audit_spaces or api_token_audit_organizations" in nothing.done.stdout
    typing_error = auditor.run(spaces=["alpha"], max_age="old")
    assert typing_error.done.returncode != 0
    assert "is not a duration" in typing_error.done.stdout


def test_junit_has_a_case_for_each_finding(auditor: Auditor) -> None:
    audit = auditor.run(spaces=["alpha", "beta"], max_age="90d")
    root = audit.junit
    failed = [case for case in audit.cases if case.find("failure") is not None]
    assert len(failed) == len(audit.rules) == int(root.get("failures", "-1"))
    assert int(root.get("tests", "-1")) == len(audit.cases)
    passed = {case.get("name") for case in audit.cases if len(case) == 0}
    # What XML cannot have is replaced, and nothing else.
    assert passed == {"fine", BAD_NAME.replace("\x01", "\ufffd")}
    (old,) = [case for case in failed if case.get("name") == "old: too_old"]
    failure = old.find("failure")
    assert failure is not None
    assert (failure.get("type"), old.get("classname")) == ("medium", 'space "alpha"')
    assert "at most 90 days" in str(failure.get("message"))


def test_declarations_and_drift(playbooks: Playbooks, service: Simulator, tmp_path: Path) -> None:
    declared = [
        {"name": "fine", "space": "alpha", "permissions": ["viewer"]},
        {"name": "new", "space": "beta", "permissions": ["viewer"]},
        {"name": "gone", "space": "outside", "permissions": ["viewer"]},
    ]
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {
                "mondoo.platform.api_tokens": {"tokens": declared, "prune": True},
                "check_mode": True,
                "register": "drift",
                "ignore_errors": True,
            },
            {
                "ansible.builtin.include_role": {"name": "mondoo.platform.api_token_audit"},
                "vars": {"api_token_audit_drift": "{{ drift }}"},
            },
            {"ansible.builtin.debug": {"msg": "figures {{ api_token_audit_result.figures.drift }}"}},
        ],
    }
    book = tmp_path / "drift.yml"
    book.write_text(yaml.safe_dump([play]), encoding="utf-8")
    variables = {
        "api_token_audit_directory": str(tmp_path / "reports"),
        "api_token_audit_spaces": ["alpha", "beta"],
        "api_token_audit_declared": declared,
    }
    done = playbooks.command(
        *("ansible-playbook", str(book), "-e", json.dumps(variables), "--diff"),
        environment=service.login,
    )
    assert done.returncode == 0, done.stdout
    audit = Audit(done, tmp_path / "reports")
    drift = audit.report["drift"]
    assert {entry["name"]: (entry["operations"], entry["failed"]) for entry in drift["changes"]} == {
        "fine": (["setRoles"], False),
        "new": (["generateAPIToken"], False),
        "gone": ([], True),
    }
    assert [token["name"] for token in drift["pruned"]] == ["old", BAD_NAME]
    assert audit.report["figures"]["drift"] == 5
    assert "figures 5" in done.stdout
    assert [rule for _name, rule in audit.rules].count("undeclared") == 2
    names = {case.get("name") for case in audit.cases}
    assert {"fine: drift", "new: drift", "gone: drift", "old: drift"} <= names


def test_onboarding_in_check_mode_and_an_audit_in_one_run(
    playbooks: Playbooks, service: Simulator, tmp_path: Path
) -> None:
    shared = {"space": "alpha", "overlap": "7d"}
    declared = [
        {"name": "fine", "permissions": ["viewer"], "token_path": str(tmp_path / "fine")},
        {"name": "new", "permissions": ["viewer"], "token_path": str(tmp_path / "new")},
    ]
    variables = {
        **{f"api_tokens_{name}": value for name, value in shared.items()},
        "api_tokens_declared": declared,
        "api_token_audit_directory": str(tmp_path / "reports"),
        "api_token_audit_organizations": ["acme"],
        "api_token_audit_declared": f"{{{{ [{json.dumps(shared)}] | product(api_tokens_declared) | map('combine') | list }}}}",
        "api_token_audit_drift": "{{ api_tokens_result }}",
    }
    done = playbooks.command(
        *("ansible-playbook", "mondoo.platform.onboard", "mondoo.platform.audit"),
        *("--check", "--diff", "-e", json.dumps(variables)),
        environment=service.login,
    )
    assert done.returncode == 0, done.stdout
    assert service.mutations() == []
    audit = Audit(done, tmp_path / "reports")
    operations = {entry["name"]: entry["operations"] for entry in audit.report["drift"]["changes"]}
    assert operations == {"fine": ["setRoles"], "new": ["generateAPIToken"]}
    assert {name for name, rule in audit.rules if rule == "undeclared"} == {"old", BAD_NAME, "automation"}


def test_the_page_allows_itself_and_nothing_else(auditor: Auditor) -> None:
    """The policy in its head names the style and the script by their hashes: what would be injected is not run."""
    page = (auditor.run(spaces=["beta"]).folder / "api-tokens.html").read_text(encoding="utf-8")
    for element, directive in (("style", "style-src"), ("script", "script-src")):
        (text,) = re.findall(rf"<{element}>(.*?)</{element}>", page, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in page
    assert "default-src 'none'" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert re.search(r"(?:src|href)=\"(?!#)", page) is None
