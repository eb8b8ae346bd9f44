# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fault matrix of one token once more, behind proxies, where a lost answer looks like a request that was never sent.

The service is reached through a proxy that passes requests on, and, with TLS, through the tunnel of another.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from proxy import Proxy
from simulator.process import Simulator

from conftest import Playbooks
from fault_cases import FAULTS, HITS, SERVICES, Scene
from module_runner import ModuleRunner
from tasks import SPACE_MRN, api_token
from test_fault_matrix import FLOWS

WAYS = ("forward", "tunnel")


@dataclass(frozen=True)
class Way:
    """A way to a service through a proxy."""

    simulator: Simulator
    proxy: Proxy
    runner: ModuleRunner


@pytest.fixture(scope="session")
def _secure_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    folder = tmp_path_factory.mktemp("secure")
    with Simulator.run(folder / "service", tls=folder / "certificates") as running:
        yield running


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, collections: Path) -> Iterator[Way]:
    service: Simulator = request.getfixturevalue("_secure_server" if request.param == "tunnel" else "_server")
    with Proxy.run() as proxy:

        def connection() -> dict[str, Any]:
            return {
                "endpoint": service.url,
                "auth_token": service.admin_token,
                "proxy": proxy.url,
                "ca_path": str(service.ca_path) if service.ca_path else None,
            }

        yield Way(service, proxy, ModuleRunner(collections, connection))
        verb = "CONNECT" if request.param == "tunnel" else "POST"
        assert {line.split()[0] for line in proxy.requests} == {verb}


class ProxyFault(NamedTuple):
    """A fault of the proxy itself, at the first tunnel or request that follows. after: of the service, one that ends a connection."""

    kind: str
    status: int = 502
    after: str | None = None


# What a proxy refuses for good ends the run: nothing may have changed by then.
PROXY_FAULTS = {
    "forward": [
        *(ProxyFault("status", status) for status in (407, 403, 502, 503)),
        *(ProxyFault("status_after", status) for status in (502, 504)),
        *(ProxyFault(kind) for kind in ("hang_up", "hang_up_after", "reset", "reset_after", "garbage")),
    ],
    "tunnel": [
        *(ProxyFault("status", status) for status in (407, 403, 502, 503)),
        *(ProxyFault(kind) for kind in ("hang_up", "hang_up_after", "reset", "reset_after", "garbage")),
        *(ProxyFault("status", status, after="reset_after") for status in (502, 503)),
        *(ProxyFault(kind, after="reset_after") for kind in ("hang_up", "hang_up_after", "reset", "garbage")),
    ],
}


def _requests(scene: Scene, way: Way) -> int:
    """How many requests the flow makes without a fault."""
    scene.prepare(SERVICES["as documented"])
    assert not scene.run_declared().get("failed")
    return len(way.simulator.requests())


@pytest.mark.parametrize("name", FLOWS)
def test_fault_matrix_behind_a_proxy(
    name: str, way: Way, folder: Path, record_property: Callable[[str, object], None]
) -> None:
    flow = FLOWS[name]
    requests = _requests(Scene(flow, way.simulator, way.runner, folder), way)
    cases = list(itertools.product(range(1, requests + 1), FAULTS, HITS))
    violations: list[str] = []
    for request, fault, hits in cases:
        scene = Scene(flow, way.simulator, way.runner, folder)
        scene.prepare(SERVICES["as documented"])
        result = scene.run_with_fault(fault, request, HITS[hits])
        broken = [*scene.violations(result), *scene.aftermath()]
        violations += [f"request {request}, {fault}, {hits}: {text}" for text in broken]
    record_property("fault cases", len(cases))
    record_property("violations", len(violations))
    assert violations == []


@pytest.mark.parametrize("name", FLOWS)
def test_fault_matrix_of_a_proxy(
    name: str,
    way: Way,
    request: pytest.FixtureRequest,
    folder: Path,
    record_property: Callable[[str, object], None],
) -> None:
    flow = FLOWS[name]
    kind = str(request.node.callspec.params["way"])
    requests = _requests(Scene(flow, way.simulator, way.runner, folder), way)
    cases = list(itertools.product(range(1, requests + 1), PROXY_FAULTS[kind]))
    violations: list[str] = []
    for nth, fault in cases:
        # No request has more than two mutations.
        scene = Scene(flow, way.simulator, way.runner, folder, unseen=2)
        scene.prepare(SERVICES["as documented"])
        if fault.after:
            way.simulator.fault(fault.after, match="any", nth=nth)
        # A tunnel stays open for all requests, until something ends it: the first is that of the first request.
        number = nth if kind == "forward" else (2 if fault.after else 1)
        way.proxy.fault(fault.kind, nth=number, status=fault.status)
        result = scene.run_declared()
        way.proxy.clear_faults()
        way.simulator.clear_faults()
        final = fault.status in (403, 407) and (nth == 1 or kind == "tunnel")
        ended = result.get("failed") and not way.simulator.mutations()
        broken = [*scene.violations(result), *scene.aftermath()]
        if final and not ended:
            broken.append("a refusal for good did not end the run before anything changed")
        violations += [f"request {nth}, {fault}: {text}" for text in broken]
    record_property("fault cases", len(cases))
    record_property("violations", len(violations))
    assert violations == []


def test_every_answer_of_a_creation_is_lost(way: Way, tmp_path: Path) -> None:
    """Nobody knows of a single one whether it was executed: at most one token may be left."""
    way.simulator.reset()
    for lost in ("reset_after", "bad_gateway_after"):
        way.simulator.fault(lost, match="generateAPIToken", times=50)
        result = way.runner.run("api_token", space="alpha", name=lost, permissions=["viewer"])
        way.simulator.clear_faults()
        assert result["failed"]
        named = [token for token in way.simulator.tokens(SPACE_MRN) if token["name"].startswith(lost)]
        assert named == []


def test_a_wrong_password_of_a_proxy_is_tried_once(playbooks: Playbooks, simulator: Simulator) -> None:
    with Proxy.run(login="bob:right") as proxy:
        wrong = proxy.url.replace("://", "://bob:hunter2-hunter2@")
        run = playbooks.run(
            api_token(name="ci", permissions=["viewer"], proxy=wrong),
            api_token(name="ci", permissions=["viewer"], endpoint="https://127.0.0.1:9", proxy=wrong),
            arguments=("-vvvv",),
        )
        for result in run.results:
            assert result["error"]["code"] == "ProxyFailed"
            assert "HTTP 407" in result["msg"]
        assert proxy.requests == [f"POST {simulator.url}/query", "CONNECT 127.0.0.1:9"]
