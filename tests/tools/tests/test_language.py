# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words that CONTRIBUTING.md asks not to use are not used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import ROOT

_TABLE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Words")[2].partition("\n## ")[0]
_ROWS = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", _TABLE, flags=re.MULTILINE)[1:]
PHRASES = [phrase.strip() for row in _ROWS if not set(row) <= {"-", " "} for phrase in row.split(",")]
_FOLDERS = ("plugins", "roles", "playbooks", "docs")
FILES = sorted(
    path
    for folder in _FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".yml", ".md", ".rst", ".j2", ".graphql", ".js") and "__pycache__" not in path.parts
)


def _places(phrase: str) -> list[str]:
    """Where the phrase is used, also across the end of a line."""
    words = re.compile(r"\b" + r"[\s#*]+".join(map(re.escape, phrase.split())) + r"\b", re.IGNORECASE)
    readme = ROOT / "README.md"
    return [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in [*FILES, readme]
        for match in words.finditer(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_is_not_used(phrase: str) -> None:
    assert _places(phrase) == []


def test_the_list_and_the_files_are_read() -> None:
    assert "came to be" in PHRASES
    assert Path("plugins/modules/api_token.py") in {path.relative_to(ROOT) for path in FILES}
    assert _places("As declared") != []
