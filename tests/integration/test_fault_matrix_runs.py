# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that are killed, and runs that meet another one, at each boundary between two requests."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.process import Simulator

from fault_cases import SERVICES, Flow, Reading, Scene
from module_runner import ModuleRunner
from test_fault_matrix import FLOWS

_MOMENTS = {"before it is executed": "timeout_before", "after it was executed": "timeout_after"}


# SIGKILL


def _killed(scene: Scene, request: int, fault: str, tmp_path: Path) -> None:
    """Runs the declaration and kills it when so many requests have arrived."""
    scene.simulator.fault(fault, match="any", nth=request, seconds=30)
    entry = scene.options_of(scene.flow.declared[0])
    options = entry if scene.flow.one else {"tokens": [entry], "stage": True, **scene.flow.task}
    process = scene.runner.start("api_token" if scene.flow.one else "api_tokens", tmp_path, timeout=30, **options)
    with process:
        scene.simulator.wait_for_requests(request)
        process.kill()
    scene.simulator.clear_faults()


def _loses_the_secret(flow: Flow, operations: list[str]) -> bool:
    """Whether a secret that only the killed process had is that of the token in use, by what was executed.

    A secret that is to be returned is handed over when the process ends by itself. A new token to a file, too, has its name
    at once: the next run says that its secret is lost, or with `lost_secret: rotate` replaces it.
    """
    if flow.reading is Reading.STAGED:
        return False
    if not flow.before:
        return "generateAPIToken" in operations
    return flow.reading is Reading.RETURNED and bool({"deleteAPIToken", "updateAPIToken"} & set(operations))


@pytest.mark.parametrize("name", [name for name in FLOWS if name.startswith(("create", "rotate", "lost"))])
def test_fault_matrix_of_killed_runs(
    name: str,
    runner: ModuleRunner,
    simulator: Simulator,
    folder: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    flow = FLOWS[name]

    def prepare() -> Scene:
        scene = Scene(flow, simulator, runner, folder)
        scene.prepare(SERVICES["as documented"])
        return scene

    scene = prepare()
    # Of a staged flow, the run that generates.
    assert not scene.run_declared().get("failed")
    requests = [entry["fields"] for entry in simulator.requests()]
    if flow.reading is Reading.STAGED:
        requests = requests[: requests.index(["generateAPIToken"]) + 1]
    violations: list[str] = []
    cases = list(itertools.product(range(1, len(requests) + 1), _MOMENTS))
    for number, moment in cases:
        scene = prepare()
        _killed(scene, number, _MOMENTS[moment], tmp_path)
        executed = [field for fields in requests[: number - (moment != "after it was executed")] for field in fields]
        if _loses_the_secret(flow, executed):
            continue
        broken = [*scene.violations(None), *scene.aftermath()]
        # A temporary file of the killed run is gone after a run that writes the file.
        broken += [f"left over: {path.name}" for path in folder.iterdir() if path.name.startswith(".")]
        violations += [f"killed at request {number}, {moment}: {text}" for text in broken]
    record_property("fault cases", len(cases))
    record_property("violations", len(violations))
    assert violations == []


# Another run, elsewhere: it has a home directory of its own, and so no lock in common with this one


def _broken_together(scene: Scene, other: Scene, results: list[dict[str, Any]]) -> Iterator[str]:
    """What must not be after two runs: two tokens of the name, none, or a secret that was reported and does not work."""
    live = {entry["secret"]: entry["mrn"] for entry in scene.simulator.secrets() if entry["live"]}
    named = [token["mrn"] for token in scene.tokens() if token["name"] == "ci"]
    if len(named) != 1:
        yield f"{len(named)} tokens of the name"
    held = {secret for users in (scene, other) for secret in users.in_use.values()}
    if not {live[secret] for secret in held if secret in live} >= set(named):
        yield "nobody holds the secret of the token in use"
    for result in results:
        lines = result.get("results", [result])
        yield from (
            "a secret that was returned does not work" for each in lines if each.get("token", "") not in {"", *live}
        )
        if "Traceback" in str(result) or "An error in the collection itself" in str(result):
            yield f"no clear error: {result.get('msg')}"


@pytest.mark.parametrize("name", ["rotate", "rotate, staged", "rotate with overlap, staged"])
def test_fault_matrix_of_interleaved_runs(
    name: str,
    runner: ModuleRunner,
    simulator: Simulator,
    folder: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """The same run starts elsewhere, and is done, between any two requests of this one.

    A rotation with an overlap that is not staged is left out: no answer shows that the other run has retired the old token, so
    that two can have the name then. Both secrets work, and the next run says so (`AmbiguousName`).
    """
    elsewhere = runner.elsewhere(tmp_path / "another-home")

    def prepare() -> Scene:
        scene = Scene(FLOWS[name], simulator, runner, folder)
        scene.prepare(SERVICES["as documented"])
        return scene

    scene = prepare()
    assert not scene.run_declared().get("failed")
    boundaries = len(simulator.requests())
    violations: list[str] = []
    for boundary in range(1, boundaries + 1):
        scene = prepare()
        other = Scene(FLOWS[name], simulator, elsewhere, folder, in_use=dict(scene.in_use))
        requests = itertools.count(1)
        results: list[dict[str, Any]] = []

        def meet(  # pylint: disable=dangerous-default-value  # the list of this boundary is meant
            _number: int, at: int = boundary, other: Any = other, requests: Any = requests, results: Any = results
        ) -> None:
            if next(requests) == at:
                results.append(other.run_declared())

        results.append(scene.run_declared(before_request=meet))
        broken = list(_broken_together(scene, other, results))
        scene.in_use |= other.in_use if results[0].get("changed") else {}
        violations += [
            f"another run before request {boundary}: {text} {[r.get('msg') for r in results]}" for text in broken
        ]
    record_property("fault cases", boundaries)
    record_property("violations", len(violations))
    assert violations == []
