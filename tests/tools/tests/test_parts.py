# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `make test` runs of the tests that take long: a name that is misspelt there would leave them out silently."""

from __future__ import annotations

import ast
import subprocess
import sys

from conftest import ROOT

_TESTS = ROOT / "tests" / "integration"


def _collected(part: str) -> list[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", f"--part={part}"]
    done = subprocess.run([*command, str(_TESTS)], cwd=ROOT, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if "::" in line]


def _slow() -> dict[str, tuple[str, ...]]:
    for node in ast.parse((_TESTS / "conftest.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "_SLOW" and node.value:
            # Tuples of tuples are written with stars, which no literal has.
            found: dict[str, tuple[str, ...]] = eval(compile(ast.Expression(node.value), "conftest", "eval"))  # noqa: S307
            return found
    raise AssertionError("conftest.py has no _SLOW")


def test_every_name_selects_something() -> None:
    tests = _collected("all")
    for key, words in _slow().items():
        concerned = [name for name in tests if f"/{key}.py::" in name or f"::{key}[" in name or name.endswith(key)]
        assert concerned, key
        for word in words:
            assert any(word in name.partition("::")[2] for name in concerned), (key, word)


def test_every_file_has_tests_in_make_test_unless_it_is_left_out_as_a_whole() -> None:
    everywhere = {name.partition("::")[0] for name in _collected("all")}
    part = {name.partition("::")[0] for name in _collected("some")}
    left_out = {f"tests/integration/{key}.py" for key, words in _slow().items() if not words}
    assert everywhere - part == left_out
