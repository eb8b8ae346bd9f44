# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every fault, at every request of every flow for a set: nothing is lost or left over, the report is true, the next run converges.

One worker sends the requests in a fixed order; with several of them, which request is hit is up to the machine.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulator.process import Simulator

from fault_cases import FAULTS, HITS, SERVICES_FOR_SETS, Flow, Reading, Scene
from module_runner import ModuleRunner

_VIEWER: dict[str, Any] = {"space": "alpha", "permissions": ["viewer"]}


def _entries(*names: str, **options: Any) -> tuple[dict[str, Any], ...]:
    return tuple({"name": name, **_VIEWER, **options} for name in names)


_CI = (*_entries("ci"), *_entries("ci", space="beta"))
_CREATION = Flow((*_entries("one", "two"), *_entries("one", space="beta")), files=frozenset({("alpha", "two")}))
_ROTATION = Flow(_CI, Reading.FILE, before=_CI, aged=True, task={"rotate_after": "90d"})
_OVERLAP = replace(_ROTATION, task={"rotate_after": "90d", "overlap": "7d"}, keeps_retired=True)
FLOWS = {
    "create": _CREATION,
    "create, staged": replace(_CREATION, reading=Reading.STAGED),
    "mixed": Flow(
        (
            *_entries("new"),
            *_entries("one", description="x"),
            *_entries("two", permissions=["editor"]),
            *_entries("three", description="x", permissions=["agent", "owner"]),
            *_entries("four", state="absent"),
            *_entries("one", space="beta", permissions=["agent"]),
        ),
        before=(*_entries("one", "two", "three", "four", "old"), *_entries("one", "old", space="beta")),
        task={"prune": True},
    ),
    "rotate to files": _ROTATION,
    "rotate": replace(_ROTATION, reading=Reading.RETURNED, files=frozenset({("alpha", "ci")})),
    "rotate, staged": replace(_ROTATION, reading=Reading.STAGED),
    "rotate with overlap to files": _OVERLAP,
    "rotate with overlap, staged": replace(_OVERLAP, reading=Reading.STAGED),
}


@pytest.fixture
def runner(collections: Path, simulator: Simulator, tmp_path: Path) -> ModuleRunner:
    # Each case has a fresh service, with new credentials.
    return ModuleRunner(
        collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token}, tmp_path / "home"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """For the files with secrets, and nothing else."""
    path = tmp_path / "secrets"
    path.mkdir()
    return path


def _matrix(
    name: str, service: str, simulator: Simulator, runner: ModuleRunner, folder: Path, concurrency: int
) -> tuple[int, list[str]]:
    """How many cases there are, and what was violated in which."""

    def prepare() -> Scene:
        scene = Scene(FLOWS[name], simulator, runner, folder, concurrency)
        scene.prepare(SERVICES_FOR_SETS[service])
        return scene

    scene = prepare()
    result = scene.run_declared()
    assert not result.get("failed"), result
    assert list(scene.violations(result)) == []
    requests = len(simulator.requests())
    # A time-out takes a second each time, and is the same to the module whatever the service's variant.
    quick = [kind for kind in FAULTS if kind != "timeout_after"]
    cases = list(itertools.product(range(1, requests + 1), quick, HITS))
    if service == "as documented" and concurrency == 1:
        cases += [(number, "timeout_after", "first request") for number in range(1, requests + 1)]
    if concurrency > 1:
        cases = [case for case in cases if case[2] == "first request"]
    violations: list[str] = []
    for request, fault, hits in cases:
        scene = prepare()
        simulator.fault(fault, match="any", nth=request, times=HITS[hits], **FAULTS[fault])
        result = scene.run_declared()
        simulator.clear_faults()
        broken = [*scene.violations(result), *scene.aftermath()]
        violations += [f"request {request}, {fault}, {hits}: {text}" for text in broken]
    return len(cases), violations


@pytest.mark.parametrize("service", SERVICES_FOR_SETS)
@pytest.mark.parametrize("name", FLOWS)
def test_fault_matrix(
    name: str,
    service: str,
    simulator: Simulator,
    runner: ModuleRunner,
    folder: Path,
    record_property: Callable[[str, object], None],
) -> None:
    cases, violations = _matrix(name, service, simulator, runner, folder, concurrency=1)
    record_property("fault cases", cases)
    record_property("violations", len(violations))
    assert violations == []


@pytest.mark.parametrize("name", ["create", "rotate to files"])
def test_fault_matrix_side_by_side(
    name: str,
    simulator: Simulator,
    runner: ModuleRunner,
    folder: Path,
    record_property: Callable[[str, object], None],
) -> None:
    cases, violations = _matrix(name, "as documented", simulator, runner, folder, concurrency=4)
    record_property("fault cases", cases)
    record_property("violations", len(violations))
    assert violations == []
