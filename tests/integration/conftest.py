# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real playbooks, run by ansible-playbook with the built and installed collection, against the simulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from simulator.process import Simulator  # noqa: E402  (found through the line above)

if TYPE_CHECKING:
    from fleet import Fleet
    from module_runner import ModuleRunner

BIN = Path(sys.executable).parent
_ACTION_PLUGINS = ROOT / "tests" / "integration" / "action_plugins"
_TIMEOUT = 300  # seconds for one playbook


# What takes long, by its file or its function: many generated cases, or many plays. `--part=some` runs those whose name has one of
# these words, `--part=none` none of them, and `make matrix` all.
_SLOW: dict[str, tuple[str, ...]] = {
    # Generated cases
    "test_every_flow_on_every_variant": ("[contract: ",),
    "test_a_refused_change_is_never_changed": ("[contract: ",),
    "test_fault_matrix": ("[rotate to a file-as documented]",),
    "test_fault_matrix_set": (),
    "test_fault_matrix_of_killed_runs": ("[create, staged]",),
    "test_fault_matrix_of_interleaved_runs": ("[rotate]",),
    "test_fault_matrix_behind_a_proxy": ("[tunnel-create]",),
    "test_fault_matrix_of_a_proxy": ("[forward-create]",),
    # Plays
    "test_adoption": ("test_nothing_changes",),
    "test_audit": ("test_from_which_severity", "test_the_same_figures", "test_text_means_what_it_says"),
    "test_credentials": ("test_options", "test_tls_is_verified"),
    "test_handover": (
        "test_a_killed_play_costs_nothing[handed over-rotation]",
        "test_a_secret_for_a_host_that_is_down",
    ),
    "test_leaks": (
        *("test_nothing_leaks[token-forgotten]", "test_nothing_leaks_under_a_redirected_name"),
        "test_a_new_secret_that_the_service_quotes_is_masked[rename]",
    ),
    "test_leaks_of_credentials": (
        "test_a_new_secret_is_returned_whole[eyJhb]",
        "test_odd_credentials_do_not_show[tokens]",
    ),
    "test_live": ("test_all_that_there_is_to_do",),
    "test_offboarding": ("test_check_and_do",),
    "test_onboarding": (
        *("test_check_onboard_and_repeat", "test_the_encrypted_file_keeps_everything_else", "test_all_mistakes"),
        *(
            "test_every_variable_as_text[command line]",
            "test_six_hosts",
            "test_no_secret_is_anywhere_but_in_its_place[True]",
        ),
    ),
    "test_progress": ("[linear]", "[default]"),
    "test_unclaimed_secrets": (
        "[one token, explicitly-run]",
        "[a set-check mode]",
        "newer",
        "somebody",
        "ad_hoc",
        "yaml",
    ),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--part", choices=["all", "some", "none"], default="all", help="of what takes long (default: all)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselects what is not asked for; pytest says how many tests that are."""
    part = config.getoption("part")
    if part == "all":
        return

    def is_asked_for(item: pytest.Item) -> bool:
        keys = {item.path.stem, getattr(item, "originalname", item.name)}
        slices = [words for key, words in _SLOW.items() if key in keys]
        return all(part == "some" and any(word in item.name for word in words) for words in slices)

    config.hook.pytest_deselected(items=[item for item in items if not is_asked_for(item)])
    items[:] = [item for item in items if is_asked_for(item)]


@dataclass(frozen=True)
class Run:
    """What a playbook came to. results: of its tasks, in order, as `register` has them. output: both streams."""

    returncode: int
    output: str
    results: list[dict[str, Any]]

    @property
    def result(self) -> dict[str, Any]:
        """The result of the only task."""
        (only,) = self.results
        return only


class Playbooks:
    """Runs tasks in a play of their own. Every task is registered, and none ends the play."""

    def __init__(self, collections: Path, folder: Path, temporary: Path, simulator: Simulator) -> None:
        self._folder = folder
        self.temporary = temporary
        self._simulator = simulator
        self.home = folder / "home"
        self.home.mkdir()
        self.environment = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "TMPDIR": str(temporary),
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_LOCAL_TEMP": str(temporary),
            "ANSIBLE_REMOTE_TMP": str(temporary),
            "ANSIBLE_ACTION_PLUGINS": str(_ACTION_PLUGINS),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_DEPRECATION_WARNINGS": "true",
        }
        self._count = 0

    def run(
        self,
        *tasks: dict[str, Any],
        arguments: tuple[str, ...] = ("--diff",),
        defaults: dict[str, Any] | None = None,
        environment: dict[str, str] | None = None,
    ) -> Run:
        """Runs the tasks; `defaults` replace the connection options that all modules get."""
        self._count += 1
        target = self._folder / f"results-{self._count}.json"
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", "ansible_connection": "local"},
            "module_defaults": {"group/mondoo.platform.mondoo": self.connection() if defaults is None else defaults},
            "ignore_errors": True,
            "tasks": [{**task, "register": f"result_{index}"} for index, task in enumerate(tasks)]
            + [
                {
                    "write_text": {
                        "content": "{{ ["
                        + ", ".join(f"result_{index}" for index in range(len(tasks)))
                        + "] | to_json }}",
                        "dest": str(target),
                    },
                    "check_mode": False,
                    "no_log": True,
                    "diff": False,
                }
            ],
        }
        book = self._folder / f"play-{self._count}.yml"
        book.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
        done = self.command("ansible-playbook", "-i", "localhost,", str(book), *arguments, environment=environment)
        results = json.loads(target.read_text(encoding="utf-8")) if target.exists() else []
        return Run(done.returncode, done.stdout, results)

    def check(self, *tasks: dict[str, Any], **options: Any) -> Run:
        """Runs the tasks in check mode."""
        return self.run(*tasks, arguments=("--check", "--diff"), **options)

    @staticmethod
    def ansible_command(name: str, *arguments: str) -> list[str]:
        """One of Ansible's commands, as it can be started."""
        return [str(BIN / name), *arguments]

    def command(
        self, name: str, *arguments: str, environment: dict[str, str] | None = None, folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs one of Ansible's commands in an environment of its own; folder: the working directory."""
        return subprocess.run(
            self.ansible_command(name, *arguments),
            env={**self.environment, **(environment or {})},
            cwd=folder or self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )

    def connection(self) -> dict[str, Any]:
        """Connection options for the simulator."""
        return {"endpoint": self._simulator.url, "auth_token": self._simulator.admin_token}


class ModuleTasks:
    """Runs tasks as `Playbooks` does, in this process: for tests that are about a module, and not about the play around it."""

    def __init__(self, runner: ModuleRunner, home: Path) -> None:
        self._runner = runner
        self.home = home

    def run(self, *tasks: dict[str, Any], defaults: dict[str, Any] | None = None, check: bool = False) -> Run:
        """Runs the tasks, each of which has nothing but a module; `defaults` as there."""
        results = []
        for task in tasks:
            ((module, options),) = task.items()
            name = module.removeprefix("mondoo.platform.")
            results.append(self._runner.run(name, check=check, defaults=defaults, **options))
        failed = any(result.get("failed") for result in results)
        return Run(2 if failed else 0, json.dumps(results), results)

    def check(self, *tasks: dict[str, Any], **options: Any) -> Run:
        """Runs the tasks in check mode."""
        return self.run(*tasks, check=True, **options)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Adds up what tests of many cases have counted, in whichever process they ran."""
    counts = dict.fromkeys(("fault cases", "violations", "variant cases", "refusal cases"), 0)
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if report.when == "call" and name in counts:
                    counts[name] += value
    if counts["fault cases"]:
        terminalreporter.write_line(f"fault matrix: {counts['fault cases']} cases, {counts['violations']} violations")
    for name in ("variant cases", "refusal cases"):
        if counts[name]:
            terminalreporter.write_line(f"{name}: {counts[name]}")


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the collection installed from its built artifact."""
    built = tmp_path_factory.mktemp("built")
    installed = tmp_path_factory.mktemp("collections")
    home = tmp_path_factory.mktemp("home")
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}

    def galaxy(*arguments: str) -> None:
        command = [str(BIN / "ansible-galaxy"), "collection", *arguments]
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True)

    galaxy("build", str(ROOT), "--output-path", str(built))
    (artifact,) = built.glob("*.tar.gz")
    galaxy("install", str(artifact), "-p", str(installed), "--offline")
    return installed


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator.run(tmp_path_factory.mktemp("simulator")) as running:
        yield running


@pytest.fixture
def simulator(_server: Simulator) -> Simulator:
    """The simulator as it is after its start."""
    _server.reset()
    return _server


@pytest.fixture
def runner(collections: Path, simulator: Simulator, tmp_path: Path) -> ModuleRunner:
    """The modules without ansible-playbook around them."""
    from module_runner import ModuleRunner

    # After a reset, the service has new credentials.
    return ModuleRunner(
        collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token}, tmp_path / "home"
    )


@pytest.fixture
def modules(runner: ModuleRunner, tmp_path: Path) -> ModuleTasks:
    """Tasks of modules without a playbook."""
    home = tmp_path / "home"
    home.mkdir()
    return ModuleTasks(runner, home)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """For files with secrets, and nothing else."""
    path = tmp_path / "secrets"
    path.mkdir()
    return path


@pytest.fixture
def playbooks(collections: Path, tmp_path: Path, simulator: Simulator) -> Iterator[Playbooks]:
    # A short path: ansible-core puts a Unix socket there, and the path of one has hardly more than 100 characters.
    with tempfile.TemporaryDirectory(prefix="mondoo-") as temporary:
        yield Playbooks(collections, tmp_path, Path(temporary), simulator)


@pytest.fixture
def fleet(playbooks: Playbooks, simulator: Simulator, tmp_path: Path) -> Fleet:
    """Hosts for the role api_tokens."""
    from fleet import Fleet

    folder = tmp_path / "fleet"
    folder.mkdir()
    return Fleet(playbooks, simulator, folder)
