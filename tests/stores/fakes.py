# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As much of the APIs of HashiCorp Vault, Kubernetes and GitHub as it takes to store a secret. They keep what they get."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from nacl.public import PrivateKey, SealedBox

_VAULT = "/v1/secret/data/"
_RESOURCE = {
    "name": "secrets",
    "singularName": "",
    "namespaced": True,
    "kind": "Secret",
    "verbs": ["get", "create", "patch"],
}
_DISCOVERY: dict[str, Any] = {
    "/version": {"major": "1", "minor": "31", "gitVersion": "v1.31.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "groups": []},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [_RESOURCE]},
    "/v1/auth/token/lookup-self": {"data": {"id": "root", "policies": ["root"]}},
}


class Fakes:
    """url: of all three. vault: by path; kubernetes: secrets by namespace and name; github: by name. requests: how many arrived."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.vault: dict[str, dict[str, str]] = {}
        self.kubernetes: dict[tuple[str, str], dict[str, Any]] = {}
        self.github: dict[str, str] = {}
        self.key = PrivateKey.generate()
        self.requests = 0


@contextmanager
def running_fakes() -> Iterator[Fakes]:
    """The fakes, on a port of loopback, for as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    _Handler.fakes = Fakes(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield _Handler.fakes
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    fakes: ClassVar[Fakes]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name is that of the standard library)
        """Nothing: a secret could be in it."""

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self._answer(self._body())

    def do_PUT(self) -> None:
        self._answer(self._body())

    def do_PATCH(self) -> None:
        self._answer(self._body())

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def _answer(self, body: Any) -> None:
        self.fakes.requests += 1
        status, answer = self._result(self.path.partition("?")[0], body)
        data = b"" if status == 204 else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _result(self, path: str, body: Any) -> tuple[int, Any]:
        if path in _DISCOVERY:
            return 200, _DISCOVERY[path]
        if path.startswith(_VAULT):
            return self._vault(path.removeprefix(_VAULT), body)
        if path.startswith("/api/v1/namespaces/"):
            return self._kubernetes(path.split("/")[4:], body)
        if "/actions/secrets/" in path:
            return self._github(path.rpartition("/")[2], body)
        return 200, {"login": "acme"}

    def _vault(self, name: str, body: Any) -> tuple[int, Any]:
        if self.command != "GET":
            self.fakes.vault[name] = body["data"]
            return 200, {"data": {"version": 1}}
        if name not in self.fakes.vault:
            return 404, {"errors": []}
        return 200, {
            "data": {
                "data": self.fakes.vault[name],
                "metadata": {"version": 1, "deletion_time": "", "destroyed": False},
            }
        }

    def _kubernetes(self, parts: list[str], body: Any) -> tuple[int, Any]:
        namespace, name = parts[0], parts[2] if len(parts) > 2 else body["metadata"]["name"]
        held = self.fakes.kubernetes.get((namespace, name))
        if self.command == "GET":
            return (
                (200, held)
                if held
                else (404, {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404})
            )
        new = {**body, "data": {**(held or {}).get("data", {}), **body["data"]}} if held else body
        self.fakes.kubernetes[namespace, name] = new
        return 200 if held else 201, new

    def _github(self, name: str, body: Any) -> tuple[int, Any]:
        if name == "public-key":
            return 200, {"key_id": "1", "key": base64.b64encode(bytes(self.fakes.key.public_key)).decode()}
        is_there = name in self.fakes.github
        if self.command == "GET":
            return (200, {"name": name}) if is_there else (404, {"message": "Not Found"})
        secret = SealedBox(self.fakes.key).decrypt(base64.b64decode(body["encrypted_value"]))
        self.fakes.github[name] = secret.decode()
        return (204, None) if is_there else (201, {})
