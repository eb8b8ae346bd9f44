# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-builder takes what the collection needs from its metadata. No image is built: that needs a container engine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from conftest import ROOT

_BUILDER = Path(sys.executable).parent / "ansible-builder"


@pytest.fixture
def collections(tmp_path: Path) -> Path:
    """A folder with the metadata of the collection, where ansible-builder looks for it in an image."""
    target = tmp_path / "ansible_collections" / "mondoo" / "platform"
    shutil.copytree(ROOT / "meta", target / "meta")
    shutil.copy2(ROOT / "galaxy.yml", target)
    return tmp_path


def test_the_requirements_are_found(collections: Path) -> None:
    command = [str(_BUILDER), "introspect", str(collections)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = yaml.safe_load(done.stdout)["python"]
    needed = [Requirement(line.partition("#")[0]) for line in found]
    assert {(each.name, *sorted(each.extras)) for each in needed} == {
        ("cryptography",),
        ("gql", "requests"),
        ("PyJWT",),
        ("requests",),
    }
    # ansible-core, with PyYAML, is the image's own, and an upper bound would keep others from a newer library.
    assert all({specifier.operator for specifier in each.specifier} <= {">="} for each in needed)


def test_a_definition_that_uses_it_is_accepted(tmp_path: Path) -> None:
    definition = {
        "version": 3,
        "images": {"base_image": {"name": "registry.example.invalid/base:latest"}},
        "dependencies": {
            "ansible_core": {"package_pip": "ansible-core>=2.16"},
            "ansible_runner": {"package_pip": "ansible-runner"},
            "galaxy": {"collections": [{"name": "mondoo.platform"}]},
        },
    }
    (tmp_path / "execution-environment.yml").write_text(yaml.safe_dump(definition), encoding="utf-8")
    command = [str(_BUILDER), "create", "--output-filename", "Containerfile"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mondoo.platform" in (tmp_path / "context" / "_build" / "requirements.yml").read_text(encoding="utf-8")
    assert (tmp_path / "context" / "Containerfile").exists()
