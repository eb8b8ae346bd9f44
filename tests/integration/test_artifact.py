# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artifact, built and installed: what it holds, what it must not hold, and that it documents itself."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import ROOT, Playbooks

# Everything for users; what is not listed here is for developers and stays out.
_TOP_LEVEL = {
    *("README.md", "CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSES", "changelogs"),
    *("docs", "meta", "playbooks", "plugins", "roles"),
}
_COMPLETE = ("LICENSES/", "docs/", "meta/", "playbooks/", "plugins/", "roles/")


@pytest.fixture
def installed(collections: Path) -> Path:
    return collections / "ansible_collections" / "mondoo" / "platform"


@pytest.fixture
def files(installed: Path) -> set[str]:
    """The files that the artifact lists, relative to the root of the collection."""
    listed = json.loads((installed / "FILES.json").read_text(encoding="utf-8"))["files"]
    return {entry["name"] for entry in listed if entry["ftype"] == "file"}


def _tracked() -> list[str]:
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


def test_what_users_need_is_in_it(files: set[str]) -> None:
    needed = {name for name in _tracked() if name.startswith(_COMPLETE)}
    needed |= {
        "README.md",
        "CHANGELOG.md",
        "CODE_OF_CONDUCT.md",
        "changelogs/changelog.yaml",
        "LICENSES/GPL-3.0-or-later.txt",
    }
    assert needed - files == set()


def test_nothing_else_is_in_it(files: set[str]) -> None:
    assert {name.partition("/")[0] for name in files} <= _TOP_LEVEL
    assert files <= set(_tracked())
    assert not any(part.startswith(".") for name in files for part in name.split("/"))


def test_it_is_small(installed: Path, files: set[str]) -> None:
    assert sum((installed / name).stat().st_size for name in files) < 2_000_000


def test_its_metadata(installed: Path) -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    manifest = json.loads((installed / "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]
    assert (manifest["namespace"], manifest["name"], manifest["version"]) == ("mondoo", "platform", galaxy["version"])
    assert manifest["license"] == ["GPL-3.0-or-later"]
    assert manifest["dependencies"] == {}
    assert {"security", "tools"} <= set(manifest["tags"])
    assert manifest["repository"].startswith("https://")


def _documentation(playbooks: Playbooks, collections: Path, *arguments: str) -> dict[str, Any]:
    # Options of its own: `command` mixes both streams.
    done = subprocess.run(
        [str(Path(playbooks.environment["PATH"].split(os.pathsep)[0]) / "ansible-doc"), "--json", *arguments],
        env={**playbooks.environment, "ANSIBLE_COLLECTIONS_PATH": str(collections)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _plugins(kind: str) -> Iterator[str]:
    folder = {"module": "modules"}.get(kind, kind)
    for path in sorted((ROOT / "plugins" / folder).glob("*")):
        if path.suffix in (".py", ".yml") and not path.name.startswith("_"):
            yield f"mondoo.platform.{path.stem}"


@pytest.mark.parametrize("kind", ["module", "filter"])
def test_every_plugin_documents_itself(kind: str, playbooks: Playbooks, collections: Path) -> None:
    wanted = list(_plugins(kind))
    listed = _documentation(playbooks, collections, "-t", kind, "--list", "mondoo.platform")
    assert sorted(listed) == wanted
    for name in wanted:
        about = _documentation(playbooks, collections, "-t", kind, name)[name]
        assert about["doc"]["short_description"]
        assert about["doc"]["version_added"]
        assert f"{name}:" in about["examples"] or name in about["examples"]
        assert about["return"]
        # Each value that comes back says what it is and when it comes.
        assert all(value["description"] and value["type"] for value in about["return"].values())


def test_every_role_documents_itself(playbooks: Playbooks, collections: Path) -> None:
    wanted = sorted(f"mondoo.platform.{path.name}" for path in (ROOT / "roles").glob("*") if (path / "tasks").is_dir())
    listed = _documentation(playbooks, collections, "-t", "role", "--list", "mondoo.platform")
    assert sorted(listed) == wanted
    for name in wanted:
        about = _documentation(playbooks, collections, "-t", "role", name)[name]
        main = about["entry_points"]["main"]
        assert f"role: {name}\n" in main["examples"]
        options = main["options"]
        assert options
        assert all(option["description"] for option in options.values())


def test_private_names_are_private(files: set[str]) -> None:
    """What others may import is nothing: each file of module_utils and plugin_utils has a name that says so."""
    shared = [
        name.split("/")[2] for name in files if name.startswith(("plugins/module_utils/", "plugins/plugin_utils/"))
    ]
    assert shared
    assert [name for name in shared if not name.startswith("_")] == []
