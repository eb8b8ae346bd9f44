# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `make live` runs against the real service, run against the simulator: it works, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from simulator.process import Simulator
from simulator.variants import VARIANTS, run

from conftest import ROOT
from tasks import SPACE_MRN

_SMOKE = ROOT / "tests" / "live" / "smoke.py"
_TIMEOUT = 120  # seconds for one run
_MOMENT = 0.05  # seconds between two looks
_OTHERS = ["automation", "somebody else's"]


@pytest.fixture
def environment(collections: Path, tmp_path: Path, simulator: Simulator) -> dict[str, str]:
    """What a run needs. The space has a token of somebody else."""
    simulator.seed({"tokens": [{"scope": SPACE_MRN, "name": "somebody else's", "permissions": ["viewer"]}]})
    return {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "PYTHONPATH": str(collections),
        **simulator.login,
        "MONDOO_LIVE_SPACE": "alpha",
    }


def _run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(_SMOKE)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )


def _assert_nothing_is_left(simulator: Simulator, tmp_path: Path, output: str) -> None:
    assert [token["name"] for token in simulator.tokens()] == _OTHERS
    assert not list(tmp_path.glob("mondoo-live-*"))
    assert not any(entry["secret"] in output for entry in simulator.secrets())


def test_all_that_there_is_to_do(environment: dict[str, str], simulator: Simulator, tmp_path: Path) -> None:
    done = _run(environment)
    assert done.returncode == 0, done.stdout
    assert [line[:3] for line in done.stdout.splitlines()[2:]] == ["ok:"] * 7 + ["Not"]
    # Said before anything is done.
    assert done.stdout.startswith(f'In the space "alpha", at {simulator.url}:\nmakes an API token "ansible-live-test-')
    assert simulator.mutations() == [
        *("generateAPIToken", "setRoles", "updateAPIToken"),
        *("generateAPIToken", "deleteAPIToken", "updateAPIToken"),
        "deleteAPIToken",
    ]
    _assert_nothing_is_left(simulator, tmp_path, done.stdout)


@pytest.mark.parametrize(
    ("match", "nth", "seen"),
    [("setRoles", 1, 3), ("generateAPIToken", 2, 5), ("deleteAPIToken", 2, 6)],
)
def test_a_failure_in_the_middle(
    match: str, nth: int, seen: int, environment: dict[str, str], simulator: Simulator, tmp_path: Path
) -> None:
    simulator.fault("graphql_error", match=match, nth=nth, code="PermissionDenied", message="not now")
    done = _run(environment)
    assert done.returncode == 1
    assert done.stdout.count("ok: ") == seen
    assert "FAILED: " in done.stdout
    assert "not now" in done.stdout
    assert done.stdout.endswith("Nothing is left over.\n")
    _assert_nothing_is_left(simulator, tmp_path, done.stdout)


def _wait_for_generation(simulator: Simulator, count: int) -> None:
    for _look in range(int(_TIMEOUT / _MOMENT)):
        if simulator.mutations().count("generateAPIToken") == count:
            return
        time.sleep(_MOMENT)
    raise TimeoutError("it has not come as far")


@pytest.mark.parametrize(("nth", "number"), [(1, signal.SIGTERM), (2, signal.SIGINT)])
def test_an_interrupt_in_the_middle(
    nth: int, number: signal.Signals, environment: dict[str, str], simulator: Simulator, tmp_path: Path
) -> None:
    """Ctrl-C reaches all processes of a terminal, while a token is being generated."""
    simulator.fault("latency", match="generateAPIToken", nth=nth, seconds=1)
    process = subprocess.Popen(
        [sys.executable, str(_SMOKE)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        _wait_for_generation(simulator, nth)
        os.killpg(process.pid, number)
        output, _nothing = process.communicate(timeout=_TIMEOUT)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, output
    assert "FAILED" not in output
    assert "Nothing is left over." in output
    _assert_nothing_is_left(simulator, tmp_path, output)


def test_what_could_not_be_cleaned_up_is_named(environment: dict[str, str], simulator: Simulator) -> None:
    simulator.fault("graphql_error", match="deleteAPIToken", times=100, code="PermissionDenied", message="never")
    simulator.fault("graphql_error", match="setRoles", code="PermissionDenied", message="not now")
    done = _run(environment)
    assert done.returncode == 1
    (left,) = [token for token in simulator.tokens() if token["name"] not in _OTHERS]
    assert f'Delete in the console what begins with "{left["name"]}": {left["mrn"]}.' in done.stdout
    assert "never" in done.stdout
    assert "Nothing is left over" not in done.stdout


def test_what_the_service_lacks_is_told(collections: Path, environment: dict[str, str], tmp_path: Path) -> None:
    with run(VARIANTS["tokens without lastUsed"], tmp_path / "variant") as simulator:
        done = _run({**environment, **simulator.login})
        assert done.returncode == 0, done.stdout
        assert done.stdout.count("WARNING: The API has no APIToken.lastUsed") == 1
        assert [token["name"] for token in simulator.tokens()] == ["automation"]


@pytest.mark.parametrize("missing", ["MONDOO_LIVE_SPACE", "MONDOO_API_TOKEN"])
def test_it_is_not_tried_by_accident(missing: str, environment: dict[str, str], simulator: Simulator) -> None:
    given: dict[str, Any] = {name: value for name, value in environment.items() if name != missing}
    done = _run(given)
    assert done.returncode == 2
    assert done.stdout.startswith("Not tried: set ")
    assert missing in done.stdout
    assert simulator.requests() == []


def test_no_test_run_finds_it() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", str(_SMOKE.parent)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
