# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every fault, at every request of every flow: nothing is lost, nothing is left over, and the next run converges.

The cases are generated: each flow is run once without a fault to learn its requests.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from simulator.process import Simulator

from fault_cases import FAULTS, HITS, OLD, RETIRED
from module_runner import ModuleRunner
from tasks import SPACE_MRN


@dataclass(frozen=True)
class Flow:
    """before: options of the run that sets the scene, None for none. aged: make that token old. declared: the run."""

    declared: dict[str, Any]
    before: dict[str, Any] | None = None
    aged: bool = False
    file: bool = False
    lose_file: bool = False
    keeps_retired: bool = False


_CI = {"name": "ci", "permissions": ["viewer"], "description": "one"}
FLOWS = {
    "create": Flow(_CI),
    "create to a file": Flow(_CI, file=True),
    "describe": Flow({**_CI, "description": "two"}, before=_CI),
    "change permissions": Flow({**_CI, "permissions": ["editor"]}, before=_CI),
    "rotate": Flow({**_CI, "rotate_after": "90d"}, before=_CI, aged=True, file=True),
    "rotate without a file": Flow({**_CI, "rotate_after": "90d"}, before=_CI, aged=True),
    "rotate with overlap": Flow(
        {**_CI, "rotate_after": "90d", "overlap": "7d"}, before=_CI, aged=True, file=True, keeps_retired=True
    ),
    "delete": Flow({"name": "ci", "state": "absent"}, before=_CI),
    "lost secret": Flow({**_CI, "lost_secret": "rotate"}, before=_CI, file=True, lose_file=True),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "as documented": {},
    "no MRN in the payload": {"payload_mrn": False},
    "a listing that lags": {"listing_lag": 1},
}


@dataclass
class Scene:
    """One case: a flow in a fresh simulator, and what its user holds."""

    flow: Flow
    simulator: Simulator
    runner: ModuleRunner
    folder: Path
    held: set[str] = field(default_factory=set)

    @property
    def path(self) -> Path:
        return self.folder / "secret"

    def prepare(self, settings: dict[str, Any]) -> None:
        self.simulator.reset()
        self.path.unlink(missing_ok=True)
        if self.flow.before is not None:
            result = self.run(self.flow.before)
            assert not result.get("failed"), result
            if self.flow.aged:
                self.simulator.patch_token(result["api_token"]["mrn"], created_at=OLD)
            if self.flow.lose_file:
                self.path.unlink()
        self.simulator.settings(**settings)
        self.simulator.clear_requests()

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        managed = self.flow.file and options.get("state") != "absent"
        file: dict[str, Any] = {"token_path": str(self.path)} if managed else {}
        result = self.runner.run("api_token", space="alpha", timeout=1, **options, **file)
        if result.get("token"):
            self.held.add(result["token"])
        return result

    def violations(self, result: dict[str, Any]) -> Iterator[str]:
        """What must never be, whether the run succeeded or failed."""
        if "Traceback" in str(result) or "An error in the collection itself" in str(result):
            yield f"no clear error: {result.get('msg')}"
        content = self.path.read_text(encoding="utf-8") if self.path.exists() else None
        holders = {entry["mrn"]: entry["secret"] for entry in self.simulator.secrets() if entry["live"]}
        tokens = self.simulator.tokens(SPACE_MRN)
        for token in tokens:
            secret = holders[token["mrn"]]
            lost_before = self.flow.lose_file and token["name"] == "ci" and result.get("failed")
            meant_to_go = RETIRED.fullmatch(token["name"]) and self.flow.keeps_retired
            if secret not in self.held and secret != content and not (lost_before or meant_to_go):
                yield f"nobody holds the secret of {token['name']}"
            if RETIRED.fullmatch(token["name"]) and not self.flow.keeps_retired:
                yield f"left over: {token['name']}"
        current = [holders[token["mrn"]] for token in tokens if token["name"] == "ci"]
        if len(current) > 1:
            yield "two tokens with the name"
        if content is not None and content not in current:
            yield "the file holds no live secret"

    def aftermath(self) -> Iterator[str]:
        """What must be after a run without faults, and after one more, once the listing has caught up."""
        self.simulator.settings(listing_lag=0)
        self.runner.run("api_token_info", space="alpha")
        second, third = self.run(self.flow.declared), self.run(self.flow.declared)
        if second.get("failed"):
            yield f"the next run fails: {second['msg']}"
        yield from self.violations(second)
        if third.get("failed") or third["changed"]:
            yield f"the run after it changes something: {third.get('operations')} {third.get('msg')}"
        names = [token["name"] for token in self.simulator.tokens(SPACE_MRN) if not RETIRED.fullmatch(token["name"])]
        if names != ([] if self.flow.declared.get("state") == "absent" else ["ci"]):
            yield f"not converged: {names}"


@pytest.fixture
def runner(collections: Path, simulator: Simulator) -> ModuleRunner:
    # Each case has a fresh service, with new credentials.
    return ModuleRunner(collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token})


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("name", FLOWS)
def test_fault_matrix(
    name: str,
    settings: str,
    runner: ModuleRunner,
    simulator: Simulator,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    flow = FLOWS[name]
    scene = Scene(flow, simulator, runner, tmp_path)
    scene.prepare(SETTINGS[settings])
    assert not scene.run(flow.declared).get("failed")
    requests = len(simulator.requests())
    # A time-out takes a second each time, and is the same to the module whatever the service's variant.
    faults = {kind: given for kind, given in FAULTS.items() if kind != "timeout_after" or not SETTINGS[settings]}
    cases = list(itertools.product(range(1, requests + 1), faults, HITS))
    violations: list[str] = []
    for request, fault, hits in cases:
        scene = Scene(flow, simulator, runner, tmp_path)
        scene.prepare(SETTINGS[settings])
        simulator.fault(fault, match="any", nth=request, times=HITS[hits], **faults[fault])
        result = scene.run(flow.declared)
        simulator.clear_faults()
        found = [*scene.violations(result), *scene.aftermath()]
        violations += [f"request {request}, {fault}, {hits}: {text}" for text in found]
    record_property("fault cases", len(cases))
    record_property("violations", len(violations))
    assert violations == []


@pytest.mark.parametrize("flow", [name for name, flow in FLOWS.items() if name.startswith("rotate")])
def test_killed_at_each_request(flow: str, runner: ModuleRunner, simulator: Simulator, tmp_path: Path) -> None:
    """SIGKILL before and after the service has executed each request of a rotation."""
    scene = Scene(FLOWS[flow], simulator, runner, tmp_path)
    scene.prepare({})
    assert not scene.run(FLOWS[flow].declared).get("failed")
    requests = len(simulator.requests())
    for request, moment in itertools.product(range(1, requests + 1), ("timeout_before", "timeout_after")):
        scene = Scene(FLOWS[flow], simulator, runner, tmp_path)
        scene.prepare({})
        simulator.fault(moment, match="any", nth=request, seconds=30)
        file = {"token_path": str(scene.path)} if scene.flow.file else {}
        process = runner.start("api_token", tmp_path, space="alpha", timeout=30, **scene.flow.declared, **file)
        try:
            simulator.wait_for_requests(request)
        finally:
            process.kill()
            process.wait()
        simulator.clear_faults()
        # Without a file, the secret reaches somebody only when the process ends by itself: nothing can be told from a
        # retired token that is within its overlap, or deleted already.
        all_done = scene.flow.keeps_retired or (request, moment) == (requests, "timeout_after")
        if scene.flow.file or not all_done:
            assert list(scene.aftermath()) == [], (request, moment)
