# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules in processes of their own: many at once, with few file descriptors, interrupted, and killed."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from simulator.process import Simulator

from conftest import Playbooks
from module_runner import ModuleRunner, Process
from tasks import SPACE_MRN, api_token

CI: dict[str, Any] = {"space": "alpha", "name": "ci", "permissions": ["viewer"]}
OLD = "2020-01-01T00:00:00Z"


@pytest.fixture
def runner(collections: Path, simulator: Simulator, tmp_path: Path) -> ModuleRunner:
    login = {"endpoint": simulator.url, "auth_token": simulator.admin_token}
    return ModuleRunner(collections, lambda: login, tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """For the files with secrets, and nothing else."""
    path = tmp_path / "secrets"
    path.mkdir()
    return path


def _live(simulator: Simulator) -> dict[str, str]:
    """The secrets that work, with the MRNs of their tokens."""
    return {entry["secret"]: entry["mrn"] for entry in simulator.secrets() if entry["live"]}


def _names(simulator: Simulator) -> list[str]:
    return sorted(token["name"] for token in simulator.tokens(SPACE_MRN))


def _at_once(
    runner: ModuleRunner, folder: Path, count: int, module: str, *options: dict[str, Any]
) -> list[dict[str, Any]]:
    """The results of so many processes, which take the options in turn."""
    with ExitStack() as stack:
        processes = [
            stack.enter_context(runner.start(module, folder, **options[number % len(options)]))
            for number in range(count)
        ]
        return [process.result() for process in processes]


# Turns


def test_sixteen_processes_that_declare_one_new_token(
    runner: ModuleRunner, simulator: Simulator, tmp_path: Path
) -> None:
    results = _at_once(runner, tmp_path, 16, "api_token", CI)
    assert [result.get("msg") for result in results if result.get("failed")] == []
    assert _names(simulator) == ["ci"]
    (secret,) = [result["token"] for result in results if "token" in result]
    assert secret in _live(simulator)
    assert sorted(result["changed"] for result in results) == [False] * 15 + [True]


def test_sixteen_processes_that_write_one_file(
    runner: ModuleRunner, simulator: Simulator, tmp_path: Path, folder: Path
) -> None:
    path = folder / "ci"
    results = _at_once(runner, tmp_path, 16, "api_token", {**CI, "token_path": str(path), "lost_secret": "fail"})
    assert [result.get("msg") for result in results if result.get("failed")] == []
    assert _names(simulator) == ["ci"]
    assert path.read_text(encoding="utf-8") in _live(simulator)
    assert sorted(result["changed"] for result in results) == [False] * 15 + [True]
    assert [entry.name for entry in folder.iterdir()] == ["ci"]


def test_sixteen_processes_that_rotate_one_token(
    runner: ModuleRunner, simulator: Simulator, tmp_path: Path, folder: Path
) -> None:
    path = folder / "ci"
    declared = {**CI, "token_path": str(path), "rotate_after": "90d"}
    simulator.patch_token(runner.run("api_token", **declared)["api_token"]["mrn"], created_at=OLD)
    results = _at_once(runner, tmp_path, 16, "api_token", declared)
    assert [result.get("msg") for result in results if result.get("failed")] == []
    assert sorted(result["changed"] for result in results) == [False] * 15 + [True]
    assert _names(simulator) == ["ci"]
    assert path.read_text(encoding="utf-8") in _live(simulator)


def test_two_sets_with_tokens_in_common(
    runner: ModuleRunner, simulator: Simulator, tmp_path: Path, folder: Path
) -> None:
    """Each declares some of the other's tokens, and would take them for its own; both in the order of their own."""

    def entry(name: str, space: str) -> dict[str, Any]:
        return {"name": name, "space": space, "token_path": str(folder / f"{space}-{name}")}

    spaces = ("alpha", "beta", "gamma")
    first = [entry(f"t{number}", space) for space in spaces for number in range(6)]
    second = [entry(f"t{number}", space) for space in reversed(spaces) for number in range(3, 9)]
    common = {"permissions": ["viewer"], "lost_secret": "fail"}
    results = _at_once(runner, tmp_path, 4, "api_tokens", {"tokens": first, **common}, {"tokens": second, **common})
    assert [result["msg"] for result in results if result.get("failed")] == []
    live = _live(simulator)
    tokens = {token["mrn"]: token for token in simulator.tokens() if token["name"] != "automation"}
    assert len(tokens) == len({(token["scope"], token["name"]) for token in tokens.values()}) == 27
    contents = {path.name: tokens[live[path.read_text(encoding="utf-8")]] for path in folder.iterdir()}
    assert contents.keys() == {f"{token['scope'].rpartition('/')[2]}-{token['name']}" for token in tokens.values()}
    assert all(name.endswith(f"-{token['name']}") for name, token in contents.items())
    assert sum(len(result["operations"]) and result["operations"]["generateAPIToken"] for result in results) == 27


def test_hosts_of_a_play_that_declare_one_token(playbooks: Playbooks, simulator: Simulator, tmp_path: Path) -> None:
    """Without `run_once`, every host of a play runs the task."""
    hosts = [f"web{number}" for number in range(6)]
    play = {
        "hosts": "all",
        "gather_facts": False,
        "connection": "local",
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "module_defaults": {"group/mondoo.platform.mondoo": playbooks.connection()},
        "tasks": [{**api_token(**CI), "register": "ci"}, {**api_token(**CI), "register": "again"}],
    }
    book = tmp_path / "play.json"
    book.write_text(json.dumps([play]), encoding="utf-8")
    done = playbooks.command("ansible-playbook", "-i", ",".join(hosts), str(book))
    assert done.returncode == 0, done.stdout
    assert _names(simulator) == ["ci"]
    assert simulator.mutations() == ["generateAPIToken"]


# Processes that are stopped in the middle


@pytest.fixture
def paused(runner: ModuleRunner, simulator: Simulator, tmp_path: Path) -> Iterator[Any]:
    """Starts api_token, and waits until the service has executed its request of that number, whose answer takes seconds."""
    with ExitStack() as stack:

        def start(request: int, seconds: float = 2.0, **options: Any) -> Process:
            simulator.clear_requests()
            simulator.fault("latency", match="any", nth=request, seconds=seconds)
            process = stack.enter_context(runner.start("api_token", tmp_path, **options))
            stack.callback(process.kill)
            simulator.wait_for_requests(request)
            return process

        yield start


def test_a_run_waits_for_another_one_and_check_mode_does_not(
    paused: Any, runner: ModuleRunner, simulator: Simulator
) -> None:
    process = paused(1, seconds=30, **CI)
    assert runner.run("api_token", check=True, **CI)["operations"] == ["generateAPIToken"]
    # Waiting takes no time here.
    result = runner.run("api_token", **CI)
    assert result["error"]["code"] == "Locked"
    assert f"process ID {process.pid} on this host" in result["msg"]
    assert "token" in runner.run("api_token", **{**CI, "space": "beta"})
    # The kernel frees the lock, however the process ends.
    process.kill()
    process.wait()
    assert "token" in runner.run("api_token", **CI)


def test_without_a_lock_file_a_run_warns_and_goes_on(runner: ModuleRunner) -> None:
    result = runner.elsewhere(Path("/dev/null")).run("api_token", **CI)
    assert "token" in result
    assert "Runs on this host cannot take turns" in result["warnings"][0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_new_secret_is_in_its_file_when_a_signal_has_ended_the_run(
    number: signal.Signals, paused: Any, runner: ModuleRunner, simulator: Simulator, folder: Path
) -> None:
    """It comes while the answer with the secret is under way; no other request is begun."""
    path = folder / "ci"
    declared = {**CI, "token_path": str(path)}
    process = paused(2, **declared)
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert len(simulator.requests()) == 2
    assert path.read_text(encoding="utf-8") in _live(simulator)
    assert [entry.name for entry in folder.iterdir()] == ["ci"]
    # All was done by then.
    assert (process.returncode, errors) == (0, "")
    assert '"changed": true' in output
    assert not runner.run("api_token", **declared)["changed"]


@pytest.mark.parametrize(
    "request_number",
    [1, 2, 3, 4],
    ids=["the listing", "the new token", "the proof", "the deletion"],
)
def test_a_rotation_that_a_signal_has_ended_is_finished_by_the_next_run(
    request_number: int, paused: Any, runner: ModuleRunner, simulator: Simulator, folder: Path
) -> None:
    path = folder / "ci"
    declared = {**CI, "token_path": str(path), "rotate_after": "90d"}
    simulator.patch_token(runner.run("api_token", **declared)["api_token"]["mrn"], created_at=OLD)
    process = paused(request_number, **declared)
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=60)
    # Nothing is printed, and nobody else has read the secret.
    assert (process.returncode, output, errors) == (128 + signal.SIGTERM, "", "")
    assert len(simulator.requests()) == request_number
    assert [entry.name for entry in folder.iterdir()] == ["ci"]
    assert path.read_text(encoding="utf-8") in _live(simulator)
    assert any("pending" in name for name in _names(simulator)) is (request_number > 1)
    simulator.clear_faults()
    assert runner.run("api_token", **declared)["changed"]
    assert _names(simulator) == ["ci"]
    assert path.read_text(encoding="utf-8") in _live(simulator)
    assert not runner.run("api_token", **declared)["changed"]


@pytest.mark.parametrize("fault", [{"kind": "too_many", "retry_after": 60}, {"kind": "status_503"}])
def test_a_run_that_waits_for_the_service_ends_at_once(
    fault: dict[str, Any], runner: ModuleRunner, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.fault(match="any", times=1000, **fault)
    with runner.start("api_token", tmp_path, **CI) as process:
        simulator.wait_for_requests(1)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 128 + signal.SIGTERM


def test_a_run_that_waits_for_its_turn_ends_at_once(
    paused: Any, runner: ModuleRunner, simulator: Simulator, tmp_path: Path
) -> None:
    paused(1, seconds=30, **CI)
    with runner.start("api_token", tmp_path, **CI) as process:
        _wait_until_it_catches_signals(process)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 128 + signal.SIGTERM
    assert len(simulator.requests()) == 1


def _wait_until_it_catches_signals(process: Process) -> None:
    caught = 1 << (signal.SIGTERM - 1)
    for _look in range(600):
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        if int(next(line for line in status.splitlines() if line.startswith("SigCgt")).split()[1], 16) & caught:
            return
        time.sleep(0.05)
    raise TimeoutError("the module does not catch SIGTERM")


def test_what_a_killed_run_has_left_in_the_folder_is_removed(
    paused: Any, runner: ModuleRunner, simulator: Simulator, folder: Path
) -> None:
    path = folder / "ci"
    declared = {**CI, "token_path": str(path), "lost_secret": "rotate"}
    process = paused(2, seconds=30, **declared)
    (leftover,) = folder.iterdir()
    process.kill()
    process.wait()
    assert leftover.exists()
    simulator.clear_faults()
    assert runner.run("api_token", **declared)["changed"]
    assert [entry.name for entry in folder.iterdir()] == ["ci"]
    assert path.read_text(encoding="utf-8") in _live(simulator)


# Few file descriptors

_WITH_64_DESCRIPTORS = ("/bin/sh", "-c", 'ulimit -n 64; exec "$@"', "sh")


@pytest.mark.parametrize("to_files", [False, True])
def test_every_secret_is_handed_over_where_file_descriptors_run_out(
    to_files: bool, runner: ModuleRunner, simulator: Simulator, tmp_path: Path, folder: Path
) -> None:
    """120 new tokens; then a rotation of all of them, which takes a second connection for each proof."""
    tokens = [
        {"name": f"t{number}", **({"token_path": str(folder / str(number))} if to_files else {})}
        for number in range(120)
    ]
    declared = {"space": "alpha", "permissions": ["viewer"], "tokens": tokens, "concurrency": 64}
    for options in ({}, {"rotate_after": "0"}):
        with runner.start("api_tokens", tmp_path, program=_WITH_64_DESCRIPTORS, **declared, **options) as process:
            result = process.result()
        assert not result.get("failed"), result["msg"]
        live = _live(simulator)
        secrets = [
            (folder / str(number)).read_text(encoding="utf-8") if to_files else line["token"]
            for number, line in enumerate(result["results"])
        ]
        assert [live.get(secret) for secret in secrets] == [line["api_token"]["mrn"] for line in result["results"]]
        assert len(_names(simulator)) == 120
