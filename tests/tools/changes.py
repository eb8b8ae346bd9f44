# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change touches: the files that differ from the main branch, and the layers whose generated tests it needs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

MAIN = "main"
_LAYERS = Path("plugins") / "module_utils"
_TESTS = Path("tests") / "unit" / "plugins" / "module_utils"


def changed_files(root: Path) -> list[str]:
    """Files that are new or differ, committed or not, since the branch left main; on main itself, since the commit before."""
    base = _git(root, "merge-base", MAIN, "HEAD") or _git(root, "rev-parse", "HEAD")
    if base == _git(root, "rev-parse", "HEAD"):
        base = _git(root, "rev-parse", "--verify", "--quiet", "HEAD~1") or base
    names = _git(root, "diff", "--name-only", "--diff-filter=d", base).splitlines()
    names += _git(root, "ls-files", "--others", "--exclude-standard").splitlines()
    return sorted({name for name in names if (root / name).is_file()})


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def touched_layers(names: Iterable[str]) -> list[str]:
    """Folders of tests for the layers of `module_utils` that the files are in; of those above `_values`, if that is touched."""
    layers = {path.parts[2] for path in map(Path, names) if path.is_relative_to(_LAYERS) and len(path.parts) > 3}
    layers |= {path.parts[4] for path in map(Path, names) if path.is_relative_to(_TESTS) and len(path.parts) > 5}
    if "_values" in layers or any(name.startswith("tests/unit/support/") for name in names):
        layers |= {"_planning", "_applying"}
    if "_planning" in layers:
        layers.add("_applying")
    return [str(_TESTS / layer) for layer in sorted(layers)]
