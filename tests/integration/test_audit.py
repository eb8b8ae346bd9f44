# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role and the playbook of audits, as installed: what they report, when they fail, and that they change nothing."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
import subprocess
from collections import Counter
from collections.abc import Mapping
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
EUROPE = "//captain.api.mondoo.app/spaces/europe"
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


FILES = ["api-tokens.csv", "api-tokens.html", "api-tokens.json", "api-tokens.junit.xml"]


@dataclass(frozen=True)
class Audit:
    """A run of the playbook, and the folder with its reports."""

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
    def rows(self) -> list[dict[str, str]]:
        with open(self.folder / "api-tokens.csv", encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

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
        self.folder = folder / "reports"

    def run(self, *arguments: str, playbook: str = "mondoo.platform.audit", **variables: Any) -> Audit:
        """Runs it with these variables of the role, without their prefix."""
        given = {"directory": str(self.folder), "now": NOW, **variables}
        return self.command("-e", json.dumps(prefixed(given)), *arguments, playbook=playbook)

    def command(self, *arguments: str, playbook: str = "mondoo.platform.audit") -> Audit:
        done = self._playbooks.command("ansible-playbook", playbook, *arguments, environment=self._service.login)
        assert self._service.mutations() == []
        assert re.search(r"changed=[1-9]", done.stdout) is None, done.stdout
        return Audit(done, self.folder)


def prefixed(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {f"api_token_audit_{name}": value for name, value in variables.items()}


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
    assert (report["generated_at"], report["version"]) == (NOW, 2)
    figures = report["figures"]
    assert (figures["tokens"], figures["clean"], figures["unreadable"]) == (4, 2, 0)
    assert {scope["id"]: scope["tokens"] for scope in report["scopes"]}.items() >= {
        "acme": 1,
        "alpha": 2,
        "beta": 1,
    }.items()
    assert figures["findings"] == len(report["findings"]) == figures["high"] + figures["medium"] + figures["low"]
    assert sum(step["count"] for step in report["ages"]) == sum(step["count"] for step in report["uses"]) == 4
    assert {path.name: path.stat().st_mode & 0o777 for path in audit.folder.iterdir()} == dict.fromkeys(FILES, 0o640)
    assert all(f"{audit.folder}/{name}" in audit.done.stdout for name in FILES)


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
        assert "2 API tokens in 1 scope: " in audit.done.stdout
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


def test_junit_fails_for_what_breaks_the_policy(auditor: Auditor) -> None:
    audit = auditor.run(spaces=["alpha", "beta"], max_age="90d", fail_on="medium")
    outcomes = {case.get("name"): next((child.tag for child in case), None) for case in audit.cases}
    assert outcomes == {
        "old: too_old": "failure",
        "old: no_description": "system-out",
        "old: redundant_permission": "system-out",
        "fine": None,
        # What XML cannot have is replaced, and nothing else.
        BAD_NAME.replace("\x01", "\ufffd"): None,
    }
    root = audit.junit
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "1", "0")
    (failure,) = root.iter("failure")
    assert failure.get("type") == "medium"
    assert "at most 90 days" in str(failure.get("message"))


def test_the_same_figures_in_every_format(auditor: Auditor) -> None:
    accepted = [{"rule": "redundant_permission", "name": "old", "reason": "OPS-12", "until": "2027-01-01"}]
    audit = auditor.run(spaces=["alpha", "beta", "outside"], max_age="90d", accepted=accepted, fail_on="low")
    figures = audit.report["figures"]
    records = Counter(row["record"] for row in audit.rows)
    tags = Counter(child.tag for case in audit.cases for child in case)
    page = (audit.folder / "api-tokens.html").read_text(encoding="utf-8")
    assert (figures["findings"], figures["accepted"], figures["unreadable"], figures["scopes"]) == (2, 1, 1, 2)
    assert (records["finding"], records["accepted"], records["unreadable"], records["scope"]) == (2, 1, 1, 2)
    assert (tags["failure"], tags["skipped"], tags["error"]) == (2, 1, 1)
    for number, label in (
        (figures["tokens"], "tokens in 2 scopes"),
        (1, "medium"),
        (1, "accepted"),
        (1, "unreadable scope"),
    ):
        assert f"<b>{number}</b> <span>{label}</span>" in page
    assert "OPS-12" in page
    assert "2027-01-01" in page


def test_what_has_changed_since_the_last_report(auditor: Auditor) -> None:
    path = str(auditor.folder / "api-tokens.json")
    first = auditor.run(spaces=["alpha"], max_age="90d", previous=path)
    assert first.done.returncode == 0, first.done.stdout
    assert first.report["since"] is None
    second = auditor.run(
        spaces=["alpha"], max_age="90d", previous=path, severities={"no_description": "ignore"}, declared=[]
    )
    assert second.report["since"]["generated_at"] == NOW
    new = {(finding["name"], finding["rule"]) for finding in second.report["findings"] if finding["new"]}
    assert new == {("fine", "undeclared"), ("old", "undeclared")}
    assert [(finding["name"], finding["rule"]) for finding in second.report["since"]["fixed"]] == [
        ("old", "no_description")
    ]
    assert f"2 new and 1 fixed since {NOW}" in second.done.stdout
    Path(path).write_text("no report", encoding="utf-8")
    third = auditor.run(spaces=["alpha"], previous=path)
    assert third.done.returncode != 0
    assert "is not a JSON report of an audit" in third.done.stdout
    assert "Traceback" not in third.done.stdout


def test_several_credentials_in_one_report(auditor: Auditor, service: Simulator, tmp_path: Path) -> None:
    seed = {
        "organizations": {"acme": ["europe"]},
        "tokens": [{"scope": EUROPE, "name": "eu", "permissions": ["agent"]}],
    }
    with Simulator.run(tmp_path / "europe") as europe:
        europe.seed(seed)
        connections = [
            {"name": "Europe", "spaces": "europe", "endpoint": europe.url, "auth_token": europe.admin_token},
            {"name": "Nobody", "spaces": ["beta"], "auth_token": "S3CRET", "retries": 0},
        ]
        audit = auditor.run("-vv", spaces=["alpha"], connections=connections)
        assert europe.mutations() == []
        secrets = ("S3CRET", europe.admin_token, service.admin_token)
    assert audit.done.returncode == 0, audit.done.stdout
    assert [token["name"] for token in audit.report["tokens"]] == ["fine", "old", "eu"]
    assert [scope["id"] for scope in audit.report["scopes"] if scope["reason"]] == ["beta"]
    told = {connection["name"]: connection["endpoint"] for connection in audit.report["connections"]}
    assert set(told) == {None, "Europe"}
    assert told["Europe"] == europe.url
    for secret in secrets:
        assert secret not in audit.done.stdout
        assert all(secret not in path.read_text(encoding="utf-8") for path in audit.folder.iterdir())


def test_a_space_of_one_id_in_two_regions(auditor: Auditor, tmp_path: Path) -> None:
    with Simulator.run(tmp_path / "europe") as europe:
        europe.seed({"tokens": [{**FLEET[0], "last_used_at": USED}]})
        europe.clear_requests()
        connections = [
            {
                "name": "Europe",
                "spaces": "alpha",
                "endpoint": europe.url,
                "auth_token": europe.admin_token,
                "retries": 0,
            }
        ]
        audit = auditor.run(spaces=["alpha"], connections=connections)
        assert audit.done.returncode == 0, audit.done.stdout
        places = {token["scope"] for token in audit.report["tokens"] if token["name"] == "fine"}
        assert len(places) == 2
        assert f'space "alpha" at {europe.url}' in places
        assert "duplicate_name" not in dict(audit.rules).values()
        europe.fault("field_error", match="apiTokens", message="request permission denied")
        audit = auditor.run(spaces=["alpha"], connections=connections)
    assert [scope["scope"] for scope in audit.report["unreadable"]] == [f'space "alpha" at {europe.url}']
    assert audit.report["figures"]["scopes"] == 1


def test_the_result_is_there_for_more_tasks(playbooks: Playbooks, service: Simulator, tmp_path: Path) -> None:
    """As a module of its own, with the connection as the defaults of the group."""
    options = {
        "spaces": ["alpha"],
        "max_age": "90d",
        "directory": str(tmp_path / "reports"),
        "formats": ["csv"],
        "now": NOW,
    }
    result = playbooks.run({"mondoo.platform.api_token_report": options}).result
    assert (result["changed"], result["broken"], result["complete"]) == (False, 0, True)
    assert result["figures"]["findings"] == len(result["findings"]) == 3
    assert [token["name"] for token in result["tokens"]] == ["fine", "old"]
    assert result["reports"] == {"csv": str(tmp_path / "reports" / "api-tokens.csv")}
    assert "invocation" not in result
    assert service.mutations() == []
    mistaken = playbooks.run({"mondoo.platform.api_token_report": {**options, "fromats": ["csv"]}}).result
    assert mistaken["failed"]
    assert "unknown option fromats" in mistaken["msg"]


def as_text(value: Any) -> str:
    """A value as people write it on a command line or in an INI inventory."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and not any(isinstance(entry, dict) for entry in value):
        return ", ".join(value)
    return json.dumps(value) if isinstance(value, (list, dict)) else str(value)


# A value that is not the default, for every variable of the role.
EVERY_VARIABLE: dict[str, Any] = {
    "spaces": ["alpha", "beta"],
    "organizations": ["acme"],
    "include_spaces": False,
    "connections": [{"name": "again", "spaces": "alpha"}],
    "declared": [{"name": "fine", "space": "alpha"}],
    "drift": {
        "results": [{"name": "new", "scope_mrn": SPACE_MRN, "changed": True, "operations": ["generateAPIToken"]}]
    },
    "max_age": "90d",
    "max_unused": "30d",
    "allowed_permissions": ["viewer", "agent"],
    "severities": {"too_old": "high"},
    "accepted": [{"rule": "undeclared", "name": "old", "reason": "known, for now"}],
    "previous": "nowhere.json",
    "fail_on": "high",
    "title": "Text",
    "formats": ["json", "csv"],
    "mode": "0600",
    "now": NOW,
}


@pytest.fixture
def every_variable(tmp_path: Path) -> dict[str, Any]:
    specification = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    values = {**EVERY_VARIABLE, "directory": str(tmp_path / "reports")}
    assert prefixed(values).keys() == specification["argument_specs"]["main"]["options"].keys()
    return prefixed(values)


@pytest.mark.parametrize("way", ["command line", "lists in JSON", "inventory"])
def test_text_means_what_it_says_in_every_variable(
    way: str, auditor: Auditor, every_variable: dict[str, Any], tmp_path: Path
) -> None:
    expected = auditor.command("-e", json.dumps(every_variable)).report
    texts = {name: as_text(value) for name, value in every_variable.items()}
    if way == "lists in JSON":
        texts |= {name: json.dumps(value) for name, value in every_variable.items() if isinstance(value, list)}
    if way != "inventory":
        audit = auditor.command(
            *(part for name, text in texts.items() for part in ("-e", f"{name}={json.dumps(text)}"))
        )
    else:
        inventory = tmp_path / "inventory.ini"
        head = [
            "localhost ansible_connection=local ansible_python_interpreter={{ansible_playbook_python}}",
            "[all:vars]",
        ]
        inventory.write_text("\n".join([*head, *(f"{name}={text}" for name, text in texts.items())]), encoding="utf-8")
        audit = auditor.command("-i", str(inventory))
    report = audit.report
    # The credential of the audit was used in between.
    assert [token["name"] for token in report.pop("tokens")] == [token["name"] for token in expected.pop("tokens")]
    assert report == expected, audit.done.stdout
    assert audit.done.returncode != 0, "high findings break the policy"
    modes = {path.name: path.stat().st_mode & 0o777 for path in audit.folder.iterdir()}
    assert modes == {"api-tokens.json": 0o600, "api-tokens.csv": 0o600}


def test_an_empty_variable_is_not_set(auditor: Auditor, every_variable: dict[str, Any]) -> None:
    """As an optional answer to a survey is."""
    empty = {**dict.fromkeys(every_variable, ""), **prefixed({"spaces": "alpha", "directory": str(auditor.folder)})}
    audit = auditor.command("-e", json.dumps(empty))
    assert audit.done.returncode == 0, audit.done.stdout
    assert sorted(path.name for path in audit.folder.iterdir()) == FILES
    defaults = auditor.command("-e", json.dumps(prefixed({"spaces": "alpha", "directory": str(auditor.folder)})))
    assert defaults.report["policy"] == audit.report["policy"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("formats", "json, pdf", "value of formats must be one or more of: html, json, csv, junit"),
        ("fail_on", "always", "value of fail_on must be one of: never, low, medium, high, got: always"),
        ("include_spaces", "maybe", "include_spaces"),
        ("spaces", [True], "spaces: True is a boolean in YAML, and not the text that was written; quote it"),
        ("organizations", [123], "organizations: 123 is a number in YAML"),
        ("drift", {"results": ["x"]}, "entry 1 of results in drift must be a dictionary"),
        ("mode", "7777", "is not a sensible mode for a file"),
    ],
)
def test_what_is_refused(name: str, value: Any, words: str, auditor: Auditor, service: Simulator) -> None:
    audit = auditor.run(**{"spaces": ["alpha"], name: value})
    assert audit.done.returncode != 0
    assert words in audit.done.stdout.replace("\n", " ")
    assert service.requests() == []


def test_a_date_without_quotes(auditor: Auditor, tmp_path: Path) -> None:
    """Before ansible-core 2.19, a template turns a list with a date in it into text."""
    variables = tmp_path / "variables.yml"
    variables.write_text(
        """
        api_token_audit_accepted: [{rule: no_description, name: old, reason: x, until: 2027-03-01}]
        api_token_audit_declared: "{{ declared }}"
        declared: [{name: old, space: alpha, purchased: 2025-03-01}]
        """,
        encoding="utf-8",
    )
    audit = auditor.run("-e", f"@{variables}", spaces=["alpha"])
    assert audit.done.returncode == 0, audit.done.stdout
    assert [(finding["name"], finding["until"]) for finding in audit.report["accepted"]] == [("old", "2027-03-01")]
    assert [name for name, rule in audit.rules if rule == "undeclared"] == ["fine"]


@pytest.mark.parametrize("pwd", ["", "/"])
def test_reports_are_in_the_working_directory(
    pwd: str, playbooks: Playbooks, service: Simulator, tmp_path: Path
) -> None:
    """Not in the one that the environment names, which may be another one's."""
    given = ("-e", "api_token_audit_spaces=alpha", "-e", "api_token_audit_formats=json")
    done = playbooks.command(
        *("ansible-playbook", "mondoo.platform.audit", *given),
        environment={**service.login, "PWD": pwd},
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "api-token-audit" / "api-tokens.json").is_file()


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
    # The token that the audit itself uses is none that pruning would delete.
    assert {name for name, rule in audit.rules if rule == "undeclared"} == {"old", BAD_NAME}
    assert [token["name"] for token in audit.report["tokens"] if token["own"]] == ["automation"]


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
