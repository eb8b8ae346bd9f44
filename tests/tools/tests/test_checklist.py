# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/checklist.md names checks that there are; and the rules that nothing else checks."""

from __future__ import annotations

import ast
import re

import yaml

from conftest import ROOT

CHECKLIST = (ROOT / "docs" / "checklist.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
HEADINGS = (
    *("Requirements", "Installation", "Use", "What is in it", "Versions", "Contributing", "Communication"),
    *("Security", "Support", "Licence"),
)


def test_the_files_are_there() -> None:
    named = re.findall(r"`((?:tests|meta)/[\w/.-]+)`", CHECKLIST)
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_targets_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z-]+)`", CHECKLIST))
    assert {"test", "matrix", "release-check"} <= named
    assert named <= set(re.findall(r"^([a-z-]+):.*## ", makefile, flags=re.MULTILINE))


def test_the_sessions_are_run_by_default() -> None:
    # Each list of sessions begins with the word, so that `galaxy.yml` is not taken for one.
    lists = re.findall(r"sessions? ((?:`[\w.-]+`(?:, )?)+)", CHECKLIST)
    named = {name for each in lists for name in re.findall(r"`([\w.-]+)`", each)}
    assert len(named) > 10
    (default,) = re.findall(
        r"^nox\.options\.sessions = \[\n(.*?)^\]", (ROOT / "noxfile.py").read_text(encoding="utf-8"), re.M | re.S
    )
    listed = set(re.findall(r'"([a-z-]+)(?:-\{NEWEST\.core\})?"', default))
    assert {re.sub(r"-2\.\d+$", "", name) for name in named} <= listed


def test_no_sanity_test_is_ignored() -> None:
    assert list(ROOT.glob("tests/sanity/ignore*")) == []


def test_no_module_has_a_state_to_read_something() -> None:
    for path in (ROOT / "plugins" / "modules").glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
                options = yaml.safe_load(ast.literal_eval(node.value))["options"]
                assert set(options.get("state", {}).get("choices", [])) <= {"present", "absent"}


def test_the_readme_has_what_registries_ask_for() -> None:
    found = re.findall(r"^## (.*)$", README, flags=re.MULTILINE)
    assert [heading for heading in found if heading in HEADINGS] == list(HEADINGS)
    for words in ("semantic versioning", "code of conduct", "changelog", "is private", "ansible-core 2.16 or later"):
        assert words in README
    # ansible-core is a requirement, not something to install along with a collection.
    assert not re.search(r"pip3? install.*\bansible\b", README)
