# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that the forge and pre-commit read."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import interpreters
import pytest
import yaml

from conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")
CHECKED = [
    *((path, "vendor.github-workflows") for path in WORKFLOWS),
    *((path, "vendor.github-issue-forms") for path in FORMS),
    (ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml", "vendor.github-issue-config"),
    (ROOT / ".github" / "dependabot.yml", "vendor.dependabot"),
]


def _steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
        yield from job["steps"]


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))


@pytest.mark.parametrize(("path", "schema"), CHECKED, ids=lambda value: getattr(value, "name", value))
def test_it_follows_its_schema(path: Path, schema: str) -> None:
    """The schemas come with the tool: nothing is downloaded."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflows_call_targets_that_there_are() -> None:
    called = {
        found
        for path in WORKFLOWS
        for step in _steps(path)
        for found in re.findall(r"^make ([a-z-]+)", step.get("run", ""), flags=re.MULTILINE)
    }
    assert {"test", "matrix", "release-check"} <= called <= _targets()


def test_the_parts_of_the_matrix_are_all_of_it() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    parts = " ".join(workflow["jobs"]["matrix"]["strategy"]["matrix"]["part"]).split()
    (whole,) = re.findall(r"^PART := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(set(parts)) == len(parts)
    assert {part for part in parts if not part.startswith("matrices-")} | {"matrices-*"} == set(whole.split())
    cores = {f"matrices-{core}" for core in interpreters.CORES}
    assert {part for part in parts if part.startswith("matrices-")} == cores


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_are_modest(path: Path) -> None:
    """Rights are granted by name, jobs end, actions have a major version, checkouts keep no credentials, secrets have names."""
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 90 for job in workflow["jobs"].values())
    used = [step for step in _steps(path) if "uses" in step]
    assert used
    for step in used:
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])
        if step["uses"].startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
    # What others can choose, such as the name of a branch, is no part of a script.
    assert not any("${{" in step.get("run", "") for step in _steps(path))
    assert not re.search(r"(?i)(token|password|secret)\w*: *['\"]?(?!\$\{\{)\w", text)


def test_the_hooks_call_sessions_that_there_are() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    (local,) = hooks
    assert local["repo"] == "local"
    sessions = {word for hook in local["hooks"] for word in hook["entry"].partition(" -s ")[2].split()}
    assert all(hook["language"] == "system" for hook in local["hooks"])
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    # Those that antsibull-nox brings are named in the list of default sessions.
    assert sessions
    assert [name for name in sessions if f'"{name}"' not in noxfile] == []
