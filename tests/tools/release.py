# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepares a release, and says whether what is committed is one. Publishes nothing.

python release.py prepare VERSION    write the version and the changelog; a person looks at it and commits
python release.py check [--tag TAG]  refuse what is not a release; build the artifact into build/
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from packaging.version import Version

_GALAXY = "galaxy.yml"
_VERSION = "plugins/module_utils/_version.py"
_CHANGELOG = "changelogs/changelog.yaml"
_FRAGMENTS = "changelogs/fragments"
_SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


class RefusalError(Exception):
    """Why there is no release; one reason per argument."""


def versions(root: Path) -> dict[str, str]:
    """The version, by the file that states it."""
    code = re.search(r'^VERSION = "(.*)"$', (root / _VERSION).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {_GALAXY: str(_yaml(root / _GALAXY)["version"]), _VERSION: code[1] if code else "none"}


def released(root: Path) -> dict[str, Any]:
    """The entries of the changelog, by version."""
    found: dict[str, Any] = _yaml(root / _CHANGELOG)["releases"]
    return found


def fragments(root: Path) -> list[str]:
    """Names of the fragments that no release has taken up yet."""
    return sorted(path.name for path in (root / _FRAGMENTS).glob("*.y*ml"))


def uncommitted(root: Path) -> list[str]:
    """Files that git knows to differ from HEAD, and those it does not know."""
    return _git(root, "status", "--porcelain").splitlines()


def reasons_against_preparing(root: Path, version: str) -> Iterator[str]:
    """Why `version` cannot be prepared here."""
    if not _SEMANTIC.fullmatch(version):
        yield f'"{version}" is not a version such as 1.0.0'
        return
    yield from _common_reasons(root)
    known = [Version(each) for each in released(root)]
    if known and Version(version) <= max(known):
        yield f"{version} is not later than {max(known)}, which the changelog has"
    summaries = [name for name in fragments(root) if "release_summary" in _yaml(root / _FRAGMENTS / name)]
    if not summaries:
        yield f"no fragment has a release_summary: write {_FRAGMENTS}/{version}.yml"


def reasons_against_releasing(root: Path, tag: str | None) -> Iterator[str]:
    """Why what is committed is no release."""
    yield from _common_reasons(root)
    version = versions(root)[_GALAXY]
    if tag is not None and tag != version:
        yield f"the tag is {tag}, the version is {version}"
    if version not in released(root):
        yield f"the changelog has no entry for {version}: make release VERSION={version}"
    yield from (f"{_FRAGMENTS}/{name} is in no release" for name in fragments(root))
    if f"## v{version}".replace(".", r"\.") not in (root / "CHANGELOG.md").read_text(encoding="utf-8"):
        yield f"CHANGELOG.md has no section for {version}"


def _common_reasons(root: Path) -> Iterator[str]:
    yield from (f"not committed: {line}" for line in uncommitted(root))
    found = versions(root)
    if len(set(found.values())) > 1:
        yield "the versions differ: " + ", ".join(f"{name} has {version}" for name, version in found.items())


def prepare(root: Path, version: str) -> None:
    """Writes version and changelog; raises RefusalError before it has changed anything."""
    _refuse(reasons_against_preparing(root, version))
    for name, line in ((_GALAXY, f"version: {version}"), (_VERSION, f'VERSION = "{version}"')):
        path = root / name
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(rf"^{line.split()[0]}.*$", line, text, count=1, flags=re.MULTILINE), encoding="utf-8")
    subprocess.run(["antsibull-changelog", "release", "--version", version], cwd=root, check=True)


def build(root: Path) -> Path:
    """Builds the artifact of HEAD, whatever else lies around, into build/; returns its path."""
    target = root / "build"
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "head.tar"
        _git(root, "archive", "--output", str(archive), "HEAD")
        with tarfile.open(archive) as packed:
            # The early releases of Python 3.11 have no filters.
            options: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            packed.extractall(Path(folder) / "head", **options)  # noqa: S202  (git has packed what is committed here)
        command = ["ansible-galaxy", "collection", "build", f"{folder}/head", "--output-path", str(target), "--force"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return target / f"mondoo-platform-{versions(root)[_GALAXY]}.tar.gz"


def _refuse(reasons: Iterator[str]) -> None:
    found = list(reasons)
    if found:
        raise RefusalError(*found)


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare").add_argument("version")
    commands.add_parser("check").add_argument("--tag")
    given = parser.parse_args()
    root = Path.cwd()
    try:
        if given.command == "prepare":
            prepare(root, given.version)
            print(
                f"{given.version} is prepared. Look at `git diff`, commit it, and run `make release-check`; then tag it."
            )
        else:
            _refuse(reasons_against_releasing(root, given.tag))
            print(f"built {build(root)}")
    except RefusalError as refusal:
        sys.exit("\n".join(["Refused:", *refusal.args]))


if __name__ == "__main__":
    main()
