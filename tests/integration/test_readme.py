# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every command of README.md, in its order, as somebody runs it in a fresh clone; its links, and what it says is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from simulator.process import Simulator

from conftest import ROOT, Playbooks

README = (ROOT / "README.md").read_text(encoding="utf-8")
_SCREEN = 40  # lines of a terminal
BLOCKS = re.findall(r"^```shell\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def _tracked() -> list[str]:
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the repository, without what a desk has added to them."""
    target = tmp_path_factory.mktemp("clone")
    for name in _tracked():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    return target


def _commands() -> Iterator[str]:
    for block in BLOCKS:
        yield from block.splitlines()


def test_commands(clone: Path, playbooks: Playbooks, simulator: Simulator) -> None:
    """In one shell, from top to bottom. What `make` starts, and what pip would download, is looked at in other tests."""
    commands = [line for line in _commands() if line.split()[0] not in ("make", "pip")]
    assert len(commands) > 5
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", "\n".join(commands)],
        cwd=clone,
        env={
            **{key: value for key, value in playbooks.environment.items() if key != "ANSIBLE_COLLECTIONS_PATH"},
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            **simulator.login,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    fleet = yaml.safe_load((ROOT / "docs" / "examples" / "fleet.yml").read_text(encoding="utf-8"))
    declared = {token["name"] for token in fleet["api_tokens_declared"]}
    assert declared <= {token["name"] for token in simulator.tokens()}
    assert {path.stem for path in (clone / "tokens").iterdir()} == declared
    assert (clone / "api-token-audit" / "api-tokens.html").is_file()
    assert " 0 broken." in done.stdout
    assert not any(entry["secret"] in done.stdout + done.stderr for entry in simulator.secrets())


def test_targets_of_make() -> None:
    targets = [line.split()[1] for line in _commands() if line.startswith("make ")]
    assert targets
    known = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert set(targets) <= set(known)


def test_demo(tmp_path: Path) -> None:
    """What `make demo` runs."""
    command = [sys.executable, "tests/demo/demo.py", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed=1" not in done.stdout
    steps = re.split(r"^=+\n(?=\d)", done.stdout, flags=re.MULTILINE)[1:]
    assert [step.partition(".")[0] for step in steps] == [str(number) for number in range(1, len(steps) + 1)]
    # What a person sees at once.
    assert max(step.count("\n") for step in steps) <= _SCREEN
    report = Path(done.stdout.splitlines()[-1].strip())
    assert report.parent == tmp_path
    assert "scanner" in report.read_text(encoding="utf-8")


def test_requirements_of_pip_are_what_the_tests_have() -> None:
    (line,) = [line for line in _commands() if line.startswith("pip install ")]
    requirements = [Requirement(word.strip("'")) for word in line.split()[2:]]
    assert {requirement.name for requirement in requirements} == {"gql", "requests"}
    for requirement in requirements:
        assert requirement.specifier.contains(version(requirement.name), prereleases=True)


def test_links_lead_to_files_of_the_repository() -> None:
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", README) if not target.startswith("https://")]
    assert len(targets) > 10
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_address_of_the_forge_stands_in_one_place() -> None:
    """Nobody has created that repository yet: a link to it would lead nowhere."""
    address = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
    paths = [ROOT / name for name in _tracked() if not name.endswith((".png", ".woff2"))]
    assert [path.name for path in paths if address in path.read_text(encoding="utf-8", errors="replace")] == [
        "galaxy.yml"
    ]


def test_it_names_everything_that_is_there() -> None:
    plugins = [path.stem for kind in ("modules", "filter", "lookup") for path in (ROOT / "plugins" / kind).glob("*.py")]
    roles = [path.parent.parent.name for path in ROOT.glob("roles/*/meta/argument_specs.yml")]
    playbooks = [path.stem for path in ROOT.glob("playbooks/*.yml")]
    assert "api_token" in plugins
    named = set(re.findall(r"^\| `mondoo\.platform\.(\w+)` \|", README, flags=re.MULTILINE))
    assert named == {name for name in (*plugins, *roles, *playbooks) if not name.startswith("_")}
