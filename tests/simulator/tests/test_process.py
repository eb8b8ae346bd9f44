# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process: start, ready file, restart, stop, parent, TLS, schema variants; and its command line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from simulator.process import Simulator
from simulator.server import SCHEMA

from .api import (
    ACME,
    ALPHA,
    GENERATE,
    LIST,
    Api,
    listed,
)

TESTS = Path(__file__).resolve().parents[2]
_PATIENCE = 30  # seconds
# Starts a simulator, says where it listens, and waits to be killed.
ORPHANAGE = """
import sys, time, pathlib
from simulator.process import Simulator
simulator = Simulator(pathlib.Path(sys.argv[1]))
print(simulator.url, flush=True)
time.sleep(600)
"""


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "simulator", *map(str, arguments)]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(TESTS)}


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*arguments), env=_environment(), capture_output=True, text=True, timeout=60, check=False
    )


def _wait(condition: Any) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _listens(url: str) -> bool:
    host, port = url.split("://")[1].rsplit(":", 1)
    with contextlib.suppress(OSError):
        socket.create_connection((host, int(port)), timeout=5).close()
        return True
    return False


@contextlib.contextmanager
def _started(folder: Path, *arguments: object) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A simulator by its command, with what its ready file says."""
    ready = folder / "ready.json"
    command = _command("start", "--database", folder / "db", "--ready-file", ready, *arguments)
    process = subprocess.Popen(
        command,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            assert _wait(lambda: ready.exists() or process.poll() is not None)
            yield process, json.loads(ready.read_text(encoding="utf-8"))
        finally:
            process.kill()


# -- life --------------------------------------------------------------------------------------------------------------


def test_start_and_stop_by_command(tmp_path: Path) -> None:
    with _started(tmp_path, "--credentials", tmp_path / "keys") as (process, ready):
        assert ready == {"pid": process.pid, "port": int(ready["url"].rsplit(":", 1)[1]), "url": ready["url"]}
        keys = tmp_path / "keys"
        assert stat.S_IMODE(keys.stat().st_mode) == 0o600
        credentials = json.loads(keys.read_text(encoding="utf-8"))
        assert credentials["service_account"]["api_endpoint"] == ready["url"]
        assert Api(ready["url"], credentials["automation"]).names(ACME) == ["automation"]
        command_line = Path(f"/proc/{process.pid}/cmdline")
        arguments = command_line.read_text(encoding="utf-8") if command_line.exists() else ""

        stopped = _run("stop", "--ready-file", tmp_path / "ready.json")
        assert (stopped.returncode, stopped.stdout, stopped.stderr) == (0, "", "")
        assert process.wait(_PATIENCE) == 0
        assert process.stdout is not None
        output = process.stdout.read()
    assert output == ""
    assert credentials["automation"] not in arguments
    assert not (tmp_path / "ready.json").exists()
    assert not _listens(ready["url"])


def test_the_database_is_private(tmp_path: Path) -> None:
    with Simulator.run(tmp_path) as simulator:
        Api(simulator.url, simulator.admin_token).generate()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("service.sqlite*")}
    assert modes
    assert set(modes.values()) == {0o600}


def test_stopping_what_does_not_run_fails(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stale = {"pid": os.getpid(), "port": port, "url": f"http://127.0.0.1:{port}"}
    (tmp_path / "ready.json").write_text(json.dumps(stale), encoding="utf-8")
    # The process ID is another's by now: this test's own, which goes on.
    assert "ConnectionRefusedError" in _run("stop", "--ready-file", tmp_path / "ready.json").stderr


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_cleanly(end: signal.Signals, tmp_path: Path) -> None:
    with _started(tmp_path) as (process, _ready):
        process.send_signal(end)
        assert process.wait(_PATIENCE) == 0


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    with Simulator.run(tmp_path, payload_mrn=False, listing_lag=1) as simulator:
        api = Api(simulator.url, simulator.admin_token)
        api.ask(GENERATE, input={"name": "ci", "scopeMrn": ALPHA})
        before = {**simulator.state(), "faults": []}
        secrets, credentials, url = simulator.secrets(), simulator.credentials, simulator.url
        simulator.fault("status_500")
        simulator.settings(never_used="zero")

        simulator.restart()
        assert simulator.url == url
        assert simulator.state() == before
        assert (simulator.secrets(), simulator.credentials) == (secrets, credentials)
        assert simulator.requests() == []
        again = Api(simulator.url, credentials["automation"])
        assert again.names() == []
        assert again.names() == ["ci"]


def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    with Simulator.run(tmp_path) as simulator:
        secret = simulator.admin_token
        mrns = [Api(simulator.url, secret).generate(f"t{number}")["mrn"] for number in range(5)]
        assert simulator.pid is not None
        os.kill(simulator.pid, signal.SIGKILL)
        simulator.restart()
        assert [node["mrn"] for node in Api(simulator.url, secret).nodes()] == mrns


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHANAGE, str(tmp_path)], env=_environment(), stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        ready = json.loads((tmp_path / "ready.json").read_text(encoding="utf-8"))
        assert _listens(url)
        parent.kill()
    ended = _wait(lambda: not _listens(url))
    if not ended:
        os.kill(ready["pid"], signal.SIGKILL)
    assert ended
    assert _wait(lambda: not (tmp_path / "ready.json").exists())


def test_it_ends_with_a_process_that_is_not_its_parent(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with other:
        try:
            with _started(tmp_path, "--parent-pid", other.pid) as (process, _ready):
                assert process.poll() is None
                other.kill()
                other.wait()
                assert process.wait(_PATIENCE) == 0
        finally:
            other.kill()


def test_a_start_that_fails_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="did not start"), Simulator.run(tmp_path, schema=tmp_path / "none.graphql"):
        pytest.fail("it has no schema to serve")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.invalid"])  # noqa: S104  (refused)
def test_it_listens_on_loopback_only(host: str, tmp_path: Path) -> None:
    done = _run("start", "--database", tmp_path / "db", "--host", host)
    assert done.returncode == 2
    assert "--host" in done.stderr
    assert not (tmp_path / "db").exists()


# -- options -----------------------------------------------------------------------------------------------------------


def test_settings_are_options(tmp_path: Path) -> None:
    options = (
        "--latency",
        10,
        "--no-payload-mrn",
        "--listing-lag",
        2,
        "--never-used",
        "zero",
        "--opaque-tokens",
        "--clock-shift=-90",
    )
    with _started(tmp_path, *options, "--credentials", tmp_path / "keys") as (_process, ready):
        settings = requests.get(f"{ready['url']}/_simulator/state", timeout=20).json()["settings"]
        assert (settings["latency"], settings["clock_shift"]) == (10, -90)
        assert (settings["payload_mrn"], settings["listing_lag"], settings["never_used"]) == (False, 2, "zero")
        secret = json.loads((tmp_path / "keys").read_text(encoding="utf-8"))["automation"]
        assert secret.startswith("opaque-")
        assert len(Api(ready["url"], secret).names(ACME)) == 1
    assert "unauthenticated-status" in _run("start", "--database", "db", "--unauthenticated-status", "500").stderr


def test_seeds_from_files(tmp_path: Path) -> None:
    wanted = """
    organizations: {acme: [alpha]}
    tokens:
      - {scope: //captain.api.mondoo.app/organizations/acme, name: admin, permissions: [owner], key: admin}
      - scope: //captain.api.mondoo.app/spaces/alpha
        name: t{}
        permissions: []
        count: 2
        created_at: 2020-01-01T00:00:00Z
    """
    (tmp_path / "first.yml").write_text(wanted, encoding="utf-8")
    more = {"tokens": [{"scope": ALPHA, "name": "more", "permissions": [], "key": "more"}]}
    (tmp_path / "more.json").write_text(json.dumps(more), encoding="utf-8")
    (tmp_path / "bad.yml").write_text(yaml.safe_dump({"tokens": [{"name": "x"}]}), encoding="utf-8")
    keys, more_keys = tmp_path / "keys", tmp_path / "more-keys"
    more_keys.touch(mode=0o644)
    with _started(tmp_path, "--seed", tmp_path / "first.yml", "--credentials", keys) as (_process, ready):
        admin = Api(ready["url"], json.loads(keys.read_text(encoding="utf-8"))["admin"])
        assert [(n["name"], n["createdAt"]) for n in admin.nodes()] == [
            (f"t{i}", "2020-01-01T00:00:00Z") for i in (0, 1)
        ]

        done = _run("seed", "--url", ready["url"], "--credentials", more_keys, tmp_path / "more.json")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert stat.S_IMODE(more_keys.stat().st_mode) == 0o600
        more_key = json.loads(more_keys.read_text(encoding="utf-8"))["more"]
        assert Api(ready["url"], more_key).refused(LIST, **listed(ALPHA)) == "PermissionDenied"
        assert admin.names() == ["t0", "t1", "more"]

        bad = _run("seed", "--url", ready["url"], tmp_path / "bad.yml")
        assert bad.returncode == 1
        assert "scope" in bad.stderr
        assert "Traceback" not in bad.stderr


def test_a_seed_of_ones_own_is_what_a_reset_returns_to(tmp_path: Path) -> None:
    own = {
        "organizations": {"mine": ["one"]},
        "tokens": [
            {"scope": "//captain.api.mondoo.app/organizations/mine", "name": "x", "permissions": [], "key": "x"}
        ],
    }
    with Simulator.run(tmp_path, seed=own) as simulator:
        before = simulator.credentials
        simulator.reset()
        assert [space["name"] for space in simulator.state()["spaces"]] == ["One"]
        assert simulator.credentials.keys() == before.keys() == {"x"}
        assert simulator.credentials != before


# -- TLS ---------------------------------------------------------------------------------------------------------------


def test_tls(tmp_path: Path) -> None:
    with Simulator.run(tmp_path, tls=tmp_path / "ca") as simulator:
        assert simulator.url.startswith("https://127.0.0.1:")
        assert stat.S_IMODE((tmp_path / "ca" / "server.key").stat().st_mode) == 0o600
        port = simulator.url.rsplit(":", 1)[1]
        for url in (simulator.url, f"https://localhost:{port}"):
            assert Api(url, simulator.admin_token, simulator.ca_path).names() == []
        with pytest.raises(requests.exceptions.SSLError):
            Api(simulator.url, simulator.admin_token).names()
        simulator.restart()
        assert Api(simulator.url, simulator.admin_token, simulator.ca_path).names() == []


def test_tls_with_a_wrong_name(tmp_path: Path) -> None:
    with Simulator.run(tmp_path, tls=tmp_path / "ca", tls_name="other.invalid") as simulator:
        api = Api(simulator.url, "x", simulator.ca_path)
        with pytest.raises(requests.exceptions.SSLError, match=r"mismatch|not valid for"):
            api.names()
        assert simulator.requests() == []


# -- variants of the schema --------------------------------------------------------------------------------------------


def _variant(folder: Path, *changes: tuple[str, str]) -> Path:
    """The schema without its descriptions, and changed."""
    text = "\n".join(
        line for line in SCHEMA.read_text(encoding="utf-8").splitlines() if not line.strip().startswith('"')
    )
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "variant.graphql").write_text(text, encoding="utf-8")
    return folder / "variant.graphql"


def test_a_schema_with_less_is_as_strict(tmp_path: Path) -> None:
    variant = _variant(
        tmp_path,
        ("  lastUsed: Time\n", ""),
        ("  createdBy: String\n", ""),
        ("  deleteAPIToken(\n    input: DeleteAPITokenInput!\n  ): DeleteAPITokenPayload\n", ""),
    )
    with Simulator.run(tmp_path, schema=variant) as simulator:
        api = Api(simulator.url, simulator.admin_token)
        for document, words in {
            LIST: 'Cannot query field "lastUsed" on type "APIToken".',
            GENERATE: 'Cannot query field "createdBy" on type "GenerateAPITokenPayload".',
            'mutation { deleteAPIToken(input: {mrn: "x"}) { ok } }': 'Cannot query field "deleteAPIToken" on type',
        }.items():
            answer = api.send(document, **listed(ALPHA), input={"name": "ci", "scopeMrn": ALPHA})
            assert answer.status_code == 422
            assert words in " ".join(error["message"] for error in answer.json()["errors"])
        token = api.ask(GENERATE.replace(" createdBy", ""), input={"name": "ci", "scopeMrn": ALPHA})
        assert token["createdAt"]
        assert [node["name"] for node in simulator.tokens(ALPHA)] == ["ci"]


def test_a_schema_that_promises_more(tmp_path: Path) -> None:
    """A payload that must not be null takes the whole answer with it."""
    variant = _variant(tmp_path, ("): GenerateAPITokenPayload", "): GenerateAPITokenPayload!"))
    with Simulator.run(tmp_path, schema=variant) as simulator:
        answer = Api(simulator.url, simulator.admin_token).send(GENERATE, input={"name": "", "scopeMrn": ALPHA})
        assert answer.json()["data"] is None
        assert answer.json()["errors"][0]["message"].startswith("rpc error: code = InvalidArgument")
