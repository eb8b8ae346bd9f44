# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every fault, at every request of every flow of a set: nothing is lost or left over, the report is true, the next run converges.

One worker sends the requests in a fixed order; with several of them, which request is hit is up to the machine.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from simulator.process import Simulator
from simulator.variants import VARIANTS, run

from fault_cases import FAULTS, HITS, OLD, RETIRED
from module_runner import ModuleRunner

_SPACES = "//captain.api.mondoo.app/spaces/"
_VIEWER: dict[str, Any] = {"space": "alpha", "permissions": ["viewer"]}


@dataclass(frozen=True)
class Flow:
    """before: entries of the run that sets the scene. aged: make those tokens old. declared: the entries of the run.
    files: whose secrets go to files, by space and name. task: other options of the run.
    """

    declared: tuple[dict[str, Any], ...]
    before: tuple[dict[str, Any], ...] = ()
    aged: bool = False
    files: frozenset[tuple[str, str]] = frozenset()
    task: dict[str, Any] = field(default_factory=dict)
    keeps_retired: bool = False


def _entries(*names: str, **options: Any) -> tuple[dict[str, Any], ...]:
    return tuple({"name": name, **_VIEWER, **options} for name in names)


_CI = (*_entries("ci"), *_entries("ci", space="beta"))
_CI_FILES = frozenset({("alpha", "ci"), ("beta", "ci")})
FLOWS = {
    "create": Flow((*_entries("one", "two"), *_entries("one", space="beta")), files=frozenset({("alpha", "two")})),
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
    "rotate": Flow(_CI, before=_CI, aged=True, files=_CI_FILES, task={"rotate_after": "90d"}),
    "rotate with overlap": Flow(
        _CI, before=_CI, aged=True, files=_CI_FILES, task={"rotate_after": "90d", "overlap": "7d"}, keeps_retired=True
    ),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "as documented": {},
    "no MRN in the payload": {"payload_mrn": False},
    "payloads never null": {},
}


@dataclass
class Scene:
    """One case: a flow in a fresh simulator, and what its user holds."""

    flow: Flow
    simulator: Simulator
    runner: ModuleRunner
    folder: Path
    concurrency: int = 1
    held: set[str] = field(default_factory=set)

    def prepare(self, settings: dict[str, Any]) -> None:
        self.simulator.reset()
        for path in self.folder.iterdir():
            path.unlink()
        if self.flow.before:
            result = self.run(self.flow.before)
            assert not result.get("failed"), result
            if self.flow.aged:
                for line in result["results"]:
                    self.simulator.patch_token(line["api_token"]["mrn"], created_at=OLD)
        self.simulator.settings(**settings)
        self.simulator.clear_requests()

    def path(self, entry: dict[str, Any]) -> Path:
        return self.folder / f"{entry['space']}-{entry['name']}"

    def run(self, entries: tuple[dict[str, Any], ...], **task: Any) -> dict[str, Any]:
        tokens = [
            {**entry, "token_path": str(self.path(entry))} if self._has_file(entry) else entry for entry in entries
        ]
        result = self.runner.run("api_tokens", tokens=tokens, timeout=1, concurrency=self.concurrency, **task)
        self.held |= {line["token"] for line in result.get("results", ()) if line.get("token")}
        return result

    def run_declared(self) -> dict[str, Any]:
        return self.run(self.flow.declared, **self.flow.task)

    def _has_file(self, entry: dict[str, Any]) -> bool:
        return (entry["space"], entry["name"]) in self.flow.files

    def violations(self, result: dict[str, Any]) -> Iterator[str]:
        """What must never be, whether the run succeeded or failed."""
        if "Traceback" in str(result) or "An error in the collection itself" in str(result):
            yield f"no clear error: {result.get('msg')}"
        failed = any(line["failed"] for line in result.get("results", [{"failed": True}]))
        # A deletion of the prune is nobody's entry.
        if bool(result.get("failed")) is not failed and "prune: " not in result["msg"]:
            yield "the task and its entries do not agree"
        yield from self._secrets()
        yield from self._report(result)

    def _secrets(self) -> Iterator[str]:
        contents = {path: path.read_text(encoding="utf-8") for path in self.folder.iterdir()}
        holders = {entry["mrn"]: entry["secret"] for entry in self.simulator.secrets() if entry["live"]}
        current: dict[tuple[str, str], list[str]] = {}
        for token in self._tokens():
            retired = RETIRED.fullmatch(token["name"])
            secret = holders[token["mrn"]]
            if (
                secret not in self.held
                and secret not in contents.values()
                and not (retired and self.flow.keeps_retired)
            ):
                yield f"nobody holds the secret of {token['name']}"
            if retired and not self.flow.keeps_retired:
                yield f"left over: {token['name']}"
            current.setdefault((token["scope"].removeprefix(_SPACES), token["name"]), []).append(secret)
        for place, secrets in current.items():
            if len(secrets) > 1:
                yield f"two tokens of one name: {place}"
        for path, content in contents.items():
            space, _hyphen, name = path.name.partition("-")
            if content not in current.get((space, name), []):
                yield f"the file {path.name} holds no live secret"

    def _report(self, result: dict[str, Any]) -> Iterator[str]:
        """Whether what the result tells is so."""
        if "results" not in result:
            return
        arrived, told = Counter(self.simulator.mutations()), Counter(result["operations"])
        if set(arrived) != set(told) or any(told[name] > arrived[name] for name in told):
            yield f"operations: {dict(told)} told, {dict(arrived)} sent"
        of_entries = Counter(name for line in result["results"] for name in line["operations"] if name != "setRoles")
        if any(of_entries[name] > told[name] for name in of_entries):
            yield f"operations of entries: {dict(of_entries)} of {dict(told)}"
        tokens = {token["mrn"]: token for token in self._tokens()}
        for entry, line in zip(self.flow.declared, result["results"], strict=True):
            if line["changed"] is not bool(line["operations"]):
                yield f"{line['name']} was changed by {line['operations']}"
            if line["failed"]:
                continue
            token = line["api_token"]
            if token is None:
                if entry.get("state") != "absent":
                    yield f"{line['name']} is told to be absent"
                continue
            found = tokens.get(token["mrn"])
            if found is None or (found["name"], found["description"] or "") != (token["name"], token["description"]):
                yield f"{line['name']} is not as told: {found}"
            elif _declarable(found["roles"]) != _declarable(token["roles"]):
                yield f"{line['name']} has {found['roles']}, not {token['roles']}"
        for gone in result["pruned"]:
            if gone["mrn"] in tokens:
                yield f"{gone['name']} is told to be pruned"

    def _tokens(self) -> list[dict[str, Any]]:
        return [token for space in ("alpha", "beta") for token in self.simulator.tokens(_SPACES + space)]

    def aftermath(self) -> Iterator[str]:
        """What must be after a run without faults, and after one more."""
        self.simulator.clear_requests()
        second = self.run_declared()
        if second.get("failed"):
            yield f"the next run fails: {second['msg']}"
        yield from self.violations(second)
        third = self.run_declared()
        if third.get("failed") or third["changed"]:
            yield f"the run after it changes something: {third.get('operations')} {third.get('msg')}"
        names = Counter(
            (token["scope"].removeprefix(_SPACES), token["name"])
            for token in self._tokens()
            if not RETIRED.fullmatch(token["name"])
        )
        wanted = [entry for entry in self.flow.declared if entry.get("state") != "absent"]
        if names != Counter((entry["space"], entry["name"]) for entry in wanted):
            yield f"not converged: {names}"


def _declarable(roles: list[str]) -> set[str]:
    return {role for role in roles if not role.endswith("-member")}


@pytest.fixture
def variant(request: pytest.FixtureRequest, simulator: Simulator, tmp_path: Path) -> Iterator[Simulator]:
    """The simulator with the schema of that name, if it has one of its own."""
    if request.param not in VARIANTS:
        yield simulator
        return
    with run(VARIANTS[request.param], tmp_path / "simulator") as running:
        yield running


@pytest.fixture
def runner(collections: Path, variant: Simulator) -> ModuleRunner:
    # Each case has a fresh service, with new credentials.
    return ModuleRunner(collections, lambda: {"endpoint": variant.url, "auth_token": variant.admin_token})


def _matrix(
    name: str, settings: str, simulator: Simulator, runner: ModuleRunner, tmp_path: Path, concurrency: int
) -> tuple[int, list[str]]:
    """How many cases there are, and what was violated in which."""
    folder = tmp_path / "files"
    folder.mkdir()
    scene = Scene(FLOWS[name], simulator, runner, folder, concurrency)
    scene.prepare(SETTINGS[settings])
    result = scene.run_declared()
    assert not result.get("failed")
    assert list(scene.violations(result)) == []
    requests = len(simulator.requests())
    # A time-out takes a second each time, and is the same to the module whatever the service's variant.
    quick = [kind for kind in FAULTS if kind != "timeout_after"]
    cases = list(itertools.product(range(1, requests + 1), quick, HITS))
    if settings == "as documented" and concurrency == 1:
        cases += [(number, "timeout_after", "first request") for number in range(1, requests + 1)]
    if concurrency > 1:
        cases = [case for case in cases if case[2] == "first request"]
    violations: list[str] = []
    for request, fault, hits in cases:
        scene = Scene(FLOWS[name], simulator, runner, folder, concurrency)
        scene.prepare(SETTINGS[settings])
        simulator.fault(fault, match="any", nth=request, times=HITS[hits], **FAULTS[fault])
        result = scene.run_declared()
        simulator.clear_faults()
        found = [*scene.violations(result), *scene.aftermath()]
        violations += [f"request {request}, {fault}, {hits}: {text}" for text in found]
    return len(cases), violations


@pytest.mark.parametrize(
    ("settings", "variant"), [(name, name) for name in SETTINGS], ids=SETTINGS, indirect=["variant"]
)
@pytest.mark.parametrize("name", FLOWS)
def test_fault_matrix(
    name: str,
    settings: str,
    variant: Simulator,
    runner: ModuleRunner,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    cases, violations = _matrix(name, settings, variant, runner, tmp_path, concurrency=1)
    record_property("fault cases", cases)
    record_property("violations", len(violations))
    assert violations == []


@pytest.mark.parametrize("variant", ["as documented"], indirect=True)
@pytest.mark.parametrize("name", ["create", "rotate"])
def test_fault_matrix_side_by_side(
    name: str,
    variant: Simulator,
    runner: ModuleRunner,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    cases, violations = _matrix(name, "as documented", variant, runner, tmp_path, concurrency=4)
    record_property("fault cases", cases)
    record_property("violations", len(violations))
    assert violations == []
