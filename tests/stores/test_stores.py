# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ready tasks of the role api_tokens for secret stores, with the real collections of these stores.

AWS Secrets Manager is simulated by moto; of the other stores there are small fakes. All of it is on loopback. Needs the packages in
requirements.txt, among them `ansible`, which brings the collections: `make stores`.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from simulator.process import Simulator  # noqa: E402  (found through the line above)

from fakes import Fakes, running_fakes  # noqa: E402

_BIN = Path(sys.executable).parent
_AWS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
_KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "users": [{"name": "user", "user": {"token": "token"}}],
    "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
    "current-context": "context",
}


class Stores:
    """The stores, and the tokens that go into them, one into each."""

    def __init__(self, folder: Path, service: Simulator, fakes: Fakes, aws: str) -> None:
        self._folder = folder
        self._service = service
        self._fakes = fakes
        self._aws = aws
        config = {**_KUBECONFIG, "clusters": [{"name": "cluster", "cluster": {"server": fakes.url}}]}
        (folder / "kubeconfig").write_text(json.dumps(config), encoding="utf-8")
        variables: dict[str, dict[str, str]] = {
            "hashicorp_vault": {"hashicorp_vault_path": "mondoo/{space}", "hashicorp_vault_url": fakes.url},
            "aws_secrets_manager": {
                "aws_secret_name": "mondoo/{space}",
                "aws_endpoint_url": aws,
                "aws_region": "us-east-1",
            },
            "kubernetes": {
                "kubernetes_namespace": "ns",
                "kubernetes_secret_name": "mondoo",
                "kubernetes_kubeconfig": str(folder / "kubeconfig"),
            },
            "github": {
                "github_owner": "acme",
                "github_repository": "app",
                "github_secret_name": "MONDOO",
                "github_api_url": fakes.url,
            },
        }
        declared = [{"name": name, "deliver": {"store": name, "vars": values}} for name, values in variables.items()]
        given = {"api_tokens_space": "alpha", "api_tokens_permissions": ["agent"], "api_tokens_declared": declared}
        (folder / "fleet.json").write_text(json.dumps(given), encoding="utf-8")

    def run(self, *arguments: str) -> str:
        """Runs the playbook onboard; no secret may be in what it prints."""
        environment = {
            "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self._folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(self._folder / "collections"),
            "VAULT_TOKEN": "root",
            "AWS_ACCESS_KEY_ID": _AWS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": _AWS["aws_secret_access_key"],
            "GITHUB_TOKEN": "token",
            **self._service.login,
        }
        command = [
            str(_BIN / "ansible-playbook"),
            "mondoo.platform.onboard",
            "-vvv",
            "-e",
            f"@{self._folder / 'fleet.json'}",
        ]
        done = subprocess.run(
            [*command, *arguments],
            env=environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert [entry["name"] for entry in self._service.secrets() if entry["secret"] in done.stdout] == []
        return done.stdout

    def held(self) -> dict[str, str]:
        """What is in the stores."""
        aws = boto3.client("secretsmanager", endpoint_url=self._aws, **_AWS)
        encoded = self._fakes.kubernetes["ns", "mondoo"]["data"]["token"]
        return {
            "hashicorp_vault": self._fakes.vault["mondoo/alpha"]["token"],
            "aws_secrets_manager": aws.get_secret_value(SecretId="mondoo/alpha")["SecretString"],
            "kubernetes": base64.b64decode(encoded).decode(),
            "github": self._fakes.github["MONDOO"],
        }

    def live(self) -> dict[str, str]:
        """The secrets of the tokens in use."""
        names = {token["mrn"]: token["name"] for token in self._service.tokens()}
        live = {names.get(each["mrn"]): each["secret"] for each in self._service.secrets() if each["live"]}
        return {name: live[name] for name in ("hashicorp_vault", "aws_secrets_manager", "kubernetes", "github")}


def _install(folder: Path) -> None:
    galaxy: list[Any] = [_BIN / "ansible-galaxy", "collection"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    build, install = ["build", ROOT, "--output-path", folder], ["-p", folder / "collections", "--offline"]
    subprocess.run([*galaxy, *build], env=environment, check=True, capture_output=True)
    (artifact,) = folder.glob("*.tar.gz")
    subprocess.run([*galaxy, "install", artifact, *install], env=environment, check=True, capture_output=True)


def test_new_and_rotated_secrets_get_into_the_stores(tmp_path: Path) -> None:
    _install(tmp_path)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    try:
        _host, port = moto.get_host_and_port()
        with Simulator.run(tmp_path / "simulator") as service, running_fakes() as fakes:
            stores = Stores(tmp_path, service, fakes, f"http://127.0.0.1:{port}")
            stores.run()
            first = stores.held()
            assert first == stores.live()
            fakes.kubernetes["ns", "mondoo"]["data"]["other"] = "eA=="
            stores.run("-e", "api_tokens_rotate_after=0")
            second = stores.held()
            assert second == stores.live()
            assert [name for name in first if first[name] == second[name]] == []
            assert "other" in fakes.kubernetes["ns", "mondoo"]["data"]
            fakes.requests = 0
            assert "changed=0" in stores.run()
            assert fakes.requests == 0
    finally:
        moto.stop()
