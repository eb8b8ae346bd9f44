# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract check, as somebody runs it who has installed the collection and nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from simulator.process import Simulator
from simulator.variants import BROKEN, CONTRACT, VARIANTS, Variant, changed, run

from conftest import ROOT, Playbooks

_OK = "ok"
_RESULTS = (
    _OK,
    "changed, still works",
    "left out, works without it",
    "works with one request for each token",
    "works for spaces only",
    "BROKEN",
)
_REPORT = "To report this, paste the following; there is no secret, no ID and no host name in it:"
_COMMAND = [sys.executable, "-m", "ansible_collections.mondoo.platform.plugins.plugin_utils._contract"]


def _check(collections: Path, environment: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    kept = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": environment.get("HOME", "/nowhere")}
    return subprocess.run(
        [*_COMMAND, *options],
        env={**kept, "PYTHONPATH": str(collections), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _results(output: str) -> dict[str, str]:
    """By element, what the tables say of it."""
    rows = [line for line in output.partition(_REPORT)[0].splitlines() if line.startswith("  ")]
    return {row.split()[0]: result for row in rows for result in _RESULTS if re.search(rf"\s{{2}}{result}\s{{2}}", row)}


def test_without_an_account(collections: Path) -> None:
    """What `make contract` runs then: it says that it asks the simulator, of which every element is as expected."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "live" / "contract.py")],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/nowhere", "PYTHONPATH": str(collections)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This asks the simulator" in done.stdout.splitlines()[1]
    assert done.stdout.endswith(" 0 not as expected, 0 broken.\n")
    assert set(_results(done.stdout).values()) == {_OK}


@pytest.mark.parametrize("kind", ["token", "service account", "base64", "file of the CLI"])
def test_no_surprise(kind: str, collections: Path, simulator: Simulator, playbooks: Playbooks) -> None:
    account = playbooks.home / "account.json"
    account.write_text(json.dumps(simulator.credentials["service_account"]), encoding="utf-8")
    of_the_cli = playbooks.home / ".config" / "mondoo" / "mondoo.yml"
    of_the_cli.parent.mkdir(parents=True)
    of_the_cli.write_text(account.read_text(encoding="utf-8"), encoding="utf-8")
    login = {
        "file of the CLI": {"HOME": str(playbooks.home)},
        "token": {"MONDOO_API_TOKEN": simulator.admin_token},
        "service account": {"MONDOO_CONFIG_PATH": str(account)},
        "base64": {"MONDOO_CONFIG_BASE64": account.read_text(encoding="utf-8")},
    }[kind]
    done = _check(collections, {"MONDOO_API_ENDPOINT": simulator.url, **login})
    assert done.returncode == 0, done.stderr
    assert " 0 not as expected, 0 broken." in done.stdout
    # The plain query, without deprecated parts of inputs.
    assert len(simulator.requests()) == 1
    assert simulator.mutations() == []
    assert not any(entry["secret"] in done.stdout + done.stderr for entry in simulator.secrets())
    key = simulator.credentials["service_account"]["private_key"]
    assert not any(line in done.stdout + done.stderr for line in key.splitlines() if "KEY" not in line)


_PAYLOADS = ("generateAPIToken", "updateAPIToken", "setRoles", "deleteAPIToken")
# By what differs: the schema, and the result for each element that is not as expected.
_DIFFERENCES: dict[str, tuple[str, dict[str, str]]] = {
    "a field is missing": (BROKEN["no roles of a token"].schema, {"APIToken.roles": "BROKEN"}),
    "a root field is renamed": (
        BROKEN["another name for a mutation"].schema,
        {"Mutation.deleteAPIToken": "BROKEN"},
    ),
    "fields are never null": (
        VARIANTS["payloads never null"].schema,
        dict.fromkeys(
            (
                *(f"Mutation.{name}" for name in _PAYLOADS),
                *("SetRolesPayload.mrns", "SetRolesPayload.errors", "DeleteAPITokenPayload.ok"),
            ),
            "changed, still works",
        ),
    ),
    "times are text": (
        VARIANTS["times as String"].schema,
        dict.fromkeys(
            ("APIToken.createdAt", "APIToken.lastUsed", "GenerateAPITokenPayload.createdAt"), "changed, still works"
        ),
    ),
    "values of an enumeration are gone": (changed(("  LAST_USED\n", "")), {}),
    "an argument must be given": (
        BROKEN["another required argument"].schema,
        {"Query.apiTokens(queryTerms)": "BROKEN"},
    ),
    "an input field has another type": (
        BROKEN["another type of an input"].schema,
        {"SetRoleInput.entityMrn": "BROKEN"},
    ),
    "roles are set one by one": (
        VARIANTS["setRoles without updates"].schema,
        {"SetRolesInput.updates": "works with one request for each token"},
    ),
    "spaces only": (
        VARIANTS["scopeMrn unknown"].schema,
        {
            **dict.fromkeys(
                ("Query.apiTokens(scopeMrn)", "GenerateAPITokenInput.scopeMrn", "SetRolesInput.scopeMrn"),
                "works for spaces only",
            ),
            "APIToken.scopeMrn": "left out, works without it",
        },
    ),
    "a token tells no more than the job needs": (
        VARIANTS["tokens without optional fields"].schema,
        dict.fromkeys(
            ("APIToken.scopeMrn", "APIToken.createdAt", "APIToken.lastUsed", "APIToken.creator"),
            "left out, works without it",
        ),
    ),
}


@pytest.mark.parametrize("case", _DIFFERENCES)
def test_what_differs_is_named_and_nothing_else(case: str, collections: Path, tmp_path: Path) -> None:
    text, expected = _DIFFERENCES[case]
    assert text != CONTRACT
    with run(Variant(text), tmp_path / "simulator") as simulator:
        done = _check(collections, simulator.login)
        assert {entry["kind"] for entry in simulator.requests()} == {"query"}
        assert simulator.admin_token not in done.stdout + done.stderr
    results = _results(done.stdout)
    assert {element: result for element, result in results.items() if result != _OK} == expected
    assert done.returncode == ("BROKEN" in expected.values())
    broken = sum(result == "BROKEN" for result in expected.values())
    assert done.stdout.count(f" {len(expected)} not as expected, {broken} broken.") == 2
    report = done.stdout.partition(_REPORT)[2]
    assert report.count("\n- ") == len(expected)
    assert all(f": {element}, expected " in report for element in expected)


def test_a_renamed_root_field_is_named_with_the_near_name(collections: Path, tmp_path: Path) -> None:
    with run(BROKEN["another name for a mutation"], tmp_path / "simulator") as simulator:
        done = _check(collections, simulator.login)
    assert done.returncode == 1
    assert "\nBroken (1):\n" in done.stdout
    assert "Mutation.deleteAPIToken is not there; there is removeAPIToken\n" in done.stdout


def test_the_report_has_no_name_of_anything(collections: Path, simulator: Simulator) -> None:
    simulator.serve(BROKEN["another name for a mutation"].schema)
    done = _check(collections, simulator.login, "--report")
    assert done.returncode == 1
    first, second = done.stdout.splitlines()
    assert first.startswith("mondoo.platform ")
    assert "contract check of a local endpoint" in first
    assert second.startswith(
        "- BROKEN: Mutation.deleteAPIToken, expected DeleteAPITokenPayload [C], not there; there is"
    )
    for hidden in ("127.0.0.1", "acme", "alpha", "//", simulator.admin_token):
        assert hidden not in done.stdout


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "No credentials"),
        ({"MONDOO_API_TOKEN": "x", "MONDOO_API_ENDPOINT": "https://api.invalid"}, "https://api.invalid/query"),
        ({"MONDOO_API_TOKEN": "x", "MONDOO_API_ENDPOINT": "api.invalid"}, "is not a URL"),
    ],
)
def test_why_it_could_not_be_made(environment: dict[str, str], words: str, collections: Path) -> None:
    done = _check(collections, environment)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_wrong_token(collections: Path, simulator: Simulator) -> None:
    done = _check(collections, {"MONDOO_API_ENDPOINT": simulator.url, "MONDOO_API_TOKEN": "wrong"})
    assert done.returncode == 2
    assert "unauthenticated" in done.stderr
