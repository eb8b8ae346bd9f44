# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release is refused, prepared and built in a repository that is like this one."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
import release
from packaging.version import Version

from conftest import ROOT

_NEXT = "99.0.0"


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"]
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy with one commit, ready to be prepared."""
    for name in _git(ROOT, "ls-files", "-co", "--exclude-standard").splitlines():
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    fragments = tmp_path / "changelogs" / "fragments"
    fragments.mkdir(exist_ok=True)  # git has no such folder after a release
    (fragments / f"{_NEXT}.yml").write_text("---\nrelease_summary: The next one.\n", encoding="utf-8")
    _git(tmp_path, "init", "-q")
    _commit(tmp_path)
    return tmp_path


def _commit(repository: Path) -> None:
    _git(repository, "add", "-A")
    _git(repository, "commit", "-q", "-m", "Everything")


def test_a_release_is_prepared_checked_and_built(repository: Path) -> None:
    assert list(release.reasons_against_preparing(repository, _NEXT)) == []
    release.prepare(repository, _NEXT)
    assert set(release.versions(repository).values()) == {_NEXT}
    assert release.fragments(repository) == []
    assert release.released(repository)[_NEXT]["changes"]["release_summary"] == "The next one."
    changed = {line[3:] for line in _git(repository, "status", "--porcelain", "--no-renames").splitlines()}
    (stated, code) = release.versions(repository)
    assert {stated, code, "CHANGELOG.md", "changelogs/changelog.yaml"} <= changed
    _commit(repository)
    assert list(release.reasons_against_releasing(repository, _NEXT)) == []
    (repository / "not-committed.txt").write_text("", encoding="utf-8")
    artifact = release.build(repository)
    assert artifact == repository / "build" / f"mondoo-platform-{_NEXT}.tar.gz"
    with tarfile.open(artifact) as packed:
        names = packed.getnames()
    assert "plugins/modules/api_token.py" in names
    assert "not-committed.txt" not in names


def test_a_dirty_tree_is_refused(repository: Path) -> None:
    (repository / "README.md").write_text("", encoding="utf-8")
    (repository / "new.txt").write_text("", encoding="utf-8")
    for reasons in (
        release.reasons_against_preparing(repository, _NEXT),
        release.reasons_against_releasing(repository, None),
    ):
        assert {"not committed:  M README.md", "not committed: ?? new.txt"} <= set(reasons)


def test_what_is_refused_changes_nothing(repository: Path) -> None:
    (repository / "new.txt").write_text("", encoding="utf-8")
    before = _git(repository, "status", "--porcelain")
    with pytest.raises(release.RefusalError, match="not committed"):
        release.prepare(repository, _NEXT)
    assert _git(repository, "status", "--porcelain") == before


def test_versions_that_differ_are_refused(repository: Path) -> None:
    path = repository / "galaxy.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("\nversion: ", "\nversion: 8"), encoding="utf-8")
    _commit(repository)
    assert any(
        reason.startswith("the versions differ: galaxy.yml has 8")
        for reason in release.reasons_against_releasing(repository, None)
    )
    assert any(
        reason.startswith("the versions differ") for reason in release.reasons_against_preparing(repository, _NEXT)
    )


def test_what_is_in_no_release_is_refused(repository: Path) -> None:
    reasons = list(release.reasons_against_releasing(repository, "0.0.1"))
    assert f"changelogs/fragments/{_NEXT}.yml is in no release" in reasons
    assert any(reason.startswith("the tag is 0.0.1, the version is ") for reason in reasons)


def test_a_version_without_an_entry_is_refused(repository: Path) -> None:
    for name, version in release.versions(repository).items():
        path = repository / name
        path.write_text(path.read_text(encoding="utf-8").replace(version, _NEXT), encoding="utf-8")
    _commit(repository)
    reasons = list(release.reasons_against_releasing(repository, _NEXT))
    assert f"the changelog has no entry for {_NEXT}: make release VERSION={_NEXT}" in reasons
    assert f"CHANGELOG.md has no section for {_NEXT}" in reasons


@pytest.mark.parametrize("version", ["", "1", "1.0", "v1.0.0", "1.0.0-rc1", "01.0.0"])
def test_only_three_numbers_are_a_version(version: str, repository: Path) -> None:
    assert list(release.reasons_against_preparing(repository, version)) == [
        f'"{version}" is not a version such as 1.0.0'
    ]


def test_a_version_goes_up(repository: Path) -> None:
    latest = max(release.released(repository), key=Version)
    assert f"{latest} is not later than {latest}, which the changelog has" in release.reasons_against_preparing(
        repository, latest
    )


def test_a_release_has_a_summary(repository: Path) -> None:
    (repository / "changelogs" / "fragments" / f"{_NEXT}.yml").unlink()
    _commit(repository)
    assert list(release.reasons_against_preparing(repository, _NEXT)) == [
        f"no fragment has a release_summary: write changelogs/fragments/{_NEXT}.yml"
    ]
