# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools notice what they are there to notice."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import coverage_floors
import docs_site
import examples
import interpreters
import mutation
import pytest

from conftest import ROOT


@pytest.mark.parametrize(("lines", "branches", "status"), [(95, 90, 0), (94, 100, 1), (100, 89, 1)])
def test_lines_and_branches_have_a_floor_each(lines: int, branches: int, status: int, tmp_path: Path) -> None:
    totals = {"covered_lines": lines, "num_statements": 100, "covered_branches": branches, "num_branches": 100}
    report = tmp_path / "coverage.json"
    report.write_text(json.dumps({"totals": totals}), encoding="utf-8")
    assert coverage_floors.main(str(report)) == status


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.html").write_text('<h1 id="there">B</h1><a href="../a.html">A</a>', encoding="utf-8")
    (tmp_path / "a.html").write_text(
        '<a href="sub/b.html#there">1</a> <a href="sub/b.html#gone">2</a> <a href="c.html">3</a> <a href="#x">4</a>'
        '<img src="d.png"> <a href="https://example.invalid/">5</a>',
        encoding="utf-8",
    )
    assert list(docs_site.broken_links(tmp_path)) == [
        "a.html: #x",
        "a.html: c.html",
        "a.html: d.png",
        "a.html: sub/b.html#gone",
    ]


def test_what_no_test_could_notice_is_not_mutated() -> None:
    source = "x: int | None = 1 | 2\n@data(frozen=True)\ndef f(a: str | None) -> bool | None: ...\n"
    expected = [((1, 3), (1, 13)), ((2, 13), (2, 17)), ((3, 9), (3, 19)), ((3, 24), (3, 35))]
    assert sorted(mutation.idle_spans(source)) == expected


def test_examples_are_found() -> None:
    found = {example.source: example for example in examples.examples(ROOT)}
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    roles = {f"role_{path.name}" for path in (ROOT / "roles").iterdir()}
    assert modules | roles <= found.keys()
    assert found["readme_1"].folder == "tasks"
    assert found["guide_getting_started_1"].folder == "playbooks"
    blocks = sum(path.read_text(encoding="utf-8").count("code-block:: yaml") for path in ROOT.glob("docs/**/*.rst"))
    assert sum(source.startswith("guide_") for source in found) == blocks


def test_unknown_options_are_found() -> None:
    task = {"mondoo.platform.api_token": {"name": "ci", "nane": "ci"}}
    plays: list[dict[str, Any]] = [{"hosts": "x", "tasks": [{"block": [{"name": "x", **task}]}]}]
    options = {"mondoo.platform.api_token": {"name"}}
    assert examples.unknown_options(plays, options) == ["mondoo.platform.api_token: nane"]
    assert examples.unknown_options([{"mondoo.platform.api_tokn": {"name": "ci"}}], options) == [
        "mondoo.platform.api_tokn: name"
    ]


def test_every_core_is_paired_with_its_oldest_python_and_the_newest_with_the_newest() -> None:
    here = Path("python")
    found = interpreters.pairs({"3.10": here, "3.11": here, "3.12": here, "3.13": here})
    assert [f"{core}/{python}" for core, python in found] == [
        "2.16/3.10",
        "2.17/3.10",
        "2.18/3.11",
        "2.19/3.11",
        "2.20/3.12",
        "2.21/3.13",
    ]
    assert [f"{core}/{python}" for core, python in interpreters.pairs({"3.11": here})][-1] == "2.19/3.11"


def test_secrets_are_hidden_without_no_log_up_to_the_newest_core_that_is_tested() -> None:
    source = (ROOT / "plugins" / "plugin_utils" / "_token_action.py").read_text(encoding="utf-8")
    (major, minor) = re.findall(r"^NEWEST_TESTED = \((\d+), (\d+)\)$", source, flags=re.MULTILINE)[0]
    newest = list(interpreters.CORES)[-1]
    assert f"{major}.{minor}" == newest
    for name in ("api_token", "api_tokens"):
        documentation = (ROOT / "plugins" / "modules" / f"{name}.py").read_text(encoding="utf-8")
        assert f"With an ansible-core newer than {newest}, " in documentation


def test_what_is_not_covered_is_said() -> None:
    pythons = {"3.11": Path("python")}
    lines = interpreters.report(interpreters.pairs(pythons)[:1], pythons)
    assert "covered: ansible-core 2.16 on Python 3.11" in lines
    assert "NOT covered: ansible-core 2.17 (see make matrix)" in lines
    assert "NOT covered: ansible-core 2.21 (no Python for it)" in lines
    assert "NOT covered: Python 3.14 (not found)" in lines
