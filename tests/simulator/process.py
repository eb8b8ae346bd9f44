# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator in a process of its own, as tests, the demo and the benchmark use it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

_TESTS = Path(__file__).resolve().parents[1]
_PATIENCE = 30  # seconds it may take to start or to end
_SEEDING = 120  # seconds that an administrative request may take
_MOMENT = 0.02  # seconds between two looks


class _Named(HTTPAdapter):
    """Expects another name in the certificate than that in the URL."""

    def __init__(self, name: str) -> None:
        self._name = name
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, assert_hostname=self._name)


class Simulator:
    """A running simulator. url: base of its API, without `/query`. folder: for its database and other files.

    tls, tls_name, schema, seed, settings: as the options of `start`; the seed as a dictionary, and the settings by
    their names. `simulator.variants` has schemas and settings that belong together.
    """

    def __init__(
        self,
        folder: Path,
        *,
        tls: Path | None = None,
        tls_name: str | None = None,
        schema: Path | None = None,
        seed: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._ready = folder / "ready.json"
        self._arguments = ["--database", str(folder / "service.sqlite"), "--ready-file", str(self._ready)]
        if seed is not None:
            (folder / "seed.json").write_text(json.dumps(seed), encoding="utf-8")
            self._arguments += ["--seed", str(folder / "seed.json")]
        for option, value in {"--tls": tls, "--tls-name": tls_name, "--schema": schema}.items():
            if value is not None:
                self._arguments += [option, str(value)]
        for name, value in settings.items():
            flag = name.replace("_", "-")
            if isinstance(value, bool):
                self._arguments.append(f"--{flag}" if value else f"--no-{flag}")
            else:
                self._arguments.append(f"--{flag}={value}")
        self._tls = tls
        self._http = requests.Session()
        # What the environment says about proxies and certificates is not about loopback.
        self._http.trust_env = False
        if tls_name is not None:
            self._http.mount("https://", _Named(tls_name))
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.start()

    @classmethod
    @contextlib.contextmanager
    def run(cls, folder: Path, **options: Any) -> Iterator[Simulator]:
        """A simulator that ends with the block."""
        simulator = cls(folder, **options)
        try:
            yield simulator
        finally:
            simulator.stop()

    # -- the process -----------------------------------------------------------------------------------------------

    def start(self, port: int = 0) -> None:
        """Starts the process and waits until it listens."""
        self._ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "simulator", "start", *self._arguments, "--port", str(port)]
        self._process = subprocess.Popen(
            [*command, "--parent-pid", str(os.getpid())],
            env={**os.environ, "PYTHONPATH": str(_TESTS)},
            stdin=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _PATIENCE
        while not self._ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("the simulator did not start")
            time.sleep(_MOMENT)
        self.url = json.loads(self._ready.read_text(encoding="utf-8"))["url"]

    def stop(self) -> int | None:
        """Ends the process; returns its exit code, None if there was none."""
        process, self._process = self._process, None
        # The server waits a moment for connections that are open.
        self._http.close()
        if process is None:
            return None
        process.terminate()
        try:
            return process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def restart(self) -> None:
        """Ends the process and starts another with the same database on the same port. Faults, the log and what
        `settings` changed are gone.
        """
        port = int(self.url.rpartition(":")[2])
        self.stop()
        self.start(port)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    # -- what it knows ---------------------------------------------------------------------------------------------

    @property
    def credentials(self) -> dict[str, Any]:
        """`automation`: secret of an owner token of acme; `service_account`: document of an owner; and what was
        seeded with a key.
        """
        credentials: dict[str, Any] = self._admin("GET", "credentials")
        return credentials

    @property
    def admin_token(self) -> str:
        return str(self.credentials["automation"])

    @property
    def login(self) -> dict[str, str]:
        """Environment variables that the modules take the endpoint and that token from."""
        return {"MONDOO_API_ENDPOINT": self.url, "MONDOO_API_TOKEN": self.admin_token}

    @property
    def ca_path(self) -> Path | None:
        """The bundle that its clients must trust, None for plain HTTP."""
        return self._tls / "ca.pem" if self._tls else None

    def requests(self) -> list[dict[str, Any]]:
        """What arrived, in order, as `simulator.requestlog.Entry` describes it."""
        entries: list[dict[str, Any]] = self._admin("GET", "requests")
        return entries

    def clear_requests(self) -> None:
        self._admin("DELETE", "requests")

    def mutations(self) -> list[str]:
        """The root fields of all mutations that arrived, in order."""
        return [field for entry in self.requests() if entry["kind"] == "mutation" for field in entry["fields"]]

    def counters(self) -> dict[str, dict[str, int]]:
        """How often each root field was asked for: below `query` and `mutation`."""
        counters: dict[str, dict[str, int]] = self._admin("GET", "counters")
        return counters

    def wait_for_requests(self, count: int) -> None:
        """Waits until so many have arrived; raises TimeoutError."""
        deadline = time.monotonic() + _PATIENCE
        while len(self.requests()) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.requests())} of {count} requests arrived")
            time.sleep(_MOMENT)

    def state(self) -> dict[str, Any]:
        """Everything: organizations, spaces, tokens, service_accounts, settings, faults."""
        state: dict[str, Any] = self._admin("GET", "state")
        return state

    def tokens(self, scope: str | None = None) -> list[dict[str, Any]]:
        """The tokens that there are, of one scope (MRN) or of all."""
        return [token for token in self.state()["tokens"] if scope in (None, token["scope"])]

    def secrets(self) -> list[dict[str, Any]]:
        """Every secret ever issued: name, mrn, secret, and whether its token is live."""
        secrets: list[dict[str, Any]] = self._admin("GET", "secrets")
        return secrets

    # -- what it is told -------------------------------------------------------------------------------------------

    def seed(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Adds what `simulator.seed` describes; returns all credentials."""
        credentials: dict[str, Any] = self._admin("POST", "seed", wanted)
        return credentials

    def patch_token(self, mrn: str, **changes: Any) -> None:
        """Changes a token behind everybody's back: name, description, permissions, created_at, last_used_at (RFC 3339);
        created_raw, last_used_raw: any JSON value in place of that time, None for the time again.
        """
        self._admin("PATCH", "tokens", {"mrn": mrn, **changes})

    def settings(self, **changes: Any) -> None:
        """Makes it another variant of the service: `simulator.settings` says which there are."""
        self._admin("PUT", "settings", changes)

    def serve(self, schema: str) -> None:
        """Serves another schema, in SDL, until it is reset."""
        self._admin("PUT", "schema", schema)

    def fault(
        self,
        kind: str,
        *,
        match: str = "any",
        nth: int | list[int] = 1,
        times: int | None = None,
        **parameters: Any,
    ) -> None:
        """Makes requests fail: `simulator.faults` says how."""
        self._admin("POST", "faults", {"kind": kind, "match": match, "nth": nth, "times": times, **parameters})

    def clear_faults(self) -> None:
        self._admin("DELETE", "faults")

    def reset(self) -> None:
        """Everything as after the first start, with new credentials."""
        self._admin("POST", "reset")

    def _admin(self, method: str, path: str, body: object = None) -> Any:
        verify = str(self.ca_path) if self.ca_path else True
        url = f"{self.url}/_simulator/{path}"
        answer = self._http.request(method, url, json=body, timeout=_SEEDING, verify=verify)
        if not answer.ok:
            raise ValueError(f"{method} {path}: {answer.text}")
        return answer.json()
