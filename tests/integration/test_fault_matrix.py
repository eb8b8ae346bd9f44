# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every fault, at every request of every flow for one token: nothing is lost, nothing is left over, and the next run converges.

The cases are generated: each flow is run once without a fault to learn its requests.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulator.process import Simulator

from fault_cases import FAULTS, HITS, SERVICES, Flow, Reading, Scene
from module_runner import ModuleRunner

_CI: dict[str, Any] = {"space": "alpha", "name": "ci", "permissions": ["viewer"], "description": "one"}
_ROTATION = Flow(({**_CI, "rotate_after": "90d"},), before=(_CI,), aged=True, one=True)
_OVERLAP = replace(_ROTATION, declared=({**_CI, "rotate_after": "90d", "overlap": "7d"},), keeps_retired=True)
FLOWS = {
    "create": Flow((_CI,), one=True),
    "create to a file": Flow((_CI,), Reading.FILE, one=True),
    "describe": Flow(({**_CI, "description": "two"},), before=(_CI,), one=True),
    "change permissions": Flow(({**_CI, "permissions": ["editor"]},), before=(_CI,), one=True),
    "rotate to a file": replace(_ROTATION, reading=Reading.FILE),
    "rotate": _ROTATION,
    "rotate with overlap to a file": replace(_OVERLAP, reading=Reading.FILE),
    "rotate with overlap": _OVERLAP,
    "delete": Flow(({"space": "alpha", "name": "ci", "state": "absent"},), before=(_CI,), one=True),
    "lost secret": Flow(({**_CI, "lost_secret": "rotate"},), Reading.FILE, before=(_CI,), loses_files=True, one=True),
    "create, staged": Flow((_CI,), Reading.STAGED),
    "rotate, staged": replace(_ROTATION, reading=Reading.STAGED, one=False),
    "rotate with overlap, staged": replace(_OVERLAP, reading=Reading.STAGED, one=False),
}
ROTATIONS = [name for name in FLOWS if name.startswith(("rotate", "lost"))]


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


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("name", FLOWS)
def test_fault_matrix(
    name: str,
    service: str,
    runner: ModuleRunner,
    simulator: Simulator,
    folder: Path,
    record_property: Callable[[str, object], None],
) -> None:
    def prepare() -> Scene:
        scene = Scene(FLOWS[name], simulator, runner, folder)
        scene.prepare(SERVICES[service])
        return scene

    scene = prepare()
    result = scene.run_declared()
    assert not result.get("failed"), result
    assert list(scene.violations(result)) == []
    requests = len(simulator.requests())
    # A time-out takes a second each time, and is the same to the module whatever the service's variant.
    faults = [kind for kind in FAULTS if kind != "timeout_after" or service == "as documented"]
    cases = list(itertools.product(range(1, requests + 1), faults, HITS))
    violations: list[str] = []
    for request, fault, hits in cases:
        scene = prepare()
        simulator.fault(fault, match="any", nth=request, times=HITS[hits], **FAULTS[fault])
        result = scene.run_declared()
        simulator.clear_faults()
        broken = [*scene.violations(result), *scene.aftermath()]
        violations += [f"request {request}, {fault}, {hits}: {text}" for text in broken]
    record_property("fault cases", len(cases))
    record_property("violations", len(violations))
    assert violations == []
