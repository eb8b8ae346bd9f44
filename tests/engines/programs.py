# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks GraphQL engines what they think of requests, each in a program of its own language."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from .cases import Case

_HERE = Path(__file__).resolve().parent
# Where Debian's golang-github-vektah-gqlparser-dev has its sources.
_GO_SOURCES = Path("/usr/share/gocode")
_TIMEOUT = 300  # seconds; Go compiles the engine first

Errors = list[dict[str, Any]]


class NotInstalledError(Exception):
    """An engine cannot be asked here; says what is needed."""


class Opinion(NamedTuple):
    """The version of an engine, and its errors for each case."""

    version: str
    errors: list[Errors]


def ask(engine: str, cases: Sequence[Case]) -> Opinion:
    """What an engine (a key of ENGINES) says; raises NotInstalledError."""
    requests = [{"schema": case.schema, "document": case.document, "variables": case.variables} for case in cases]
    return ENGINES[engine](json.dumps(requests))


def _gqlparser(requests: str) -> Opinion:
    go = shutil.which("go")
    if go is None or not (_GO_SOURCES / "src/github.com/vektah/gqlparser").is_dir():
        raise NotInstalledError("gqlparser: install the packages golang-go and golang-github-vektah-gqlparser-dev")
    package = ["dpkg-query", "-W", "-f", "${Version}", "golang-github-vektah-gqlparser-dev"]
    installed = subprocess.run(package, capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        # Go finds versioned packages in a GOPATH only from within a module that is in one, too.
        module = Path(folder) / "src" / "engine"
        module.mkdir(parents=True)
        (module / "go.mod").write_text("module engine\n\ngo 1.16\n", encoding="utf-8")
        shutil.copy(_HERE / "gqlparser.go", module / "main.go")
        settings = {"GO111MODULE": "off", "GOFLAGS": "", "GOPATH": f"{folder}{os.pathsep}{_GO_SOURCES}"}
        return Opinion(installed.partition("-")[0], _run([go, "run", "."], requests, settings, module))


def _graphql_js(requests: str) -> Opinion:
    node = shutil.which("node")
    asked = [str(node), "-p", 'require("graphql").version']
    done = subprocess.run(asked, cwd=_HERE, capture_output=True, text=True, check=False) if node else None
    if done is None or done.returncode:
        raise NotInstalledError(
            "graphql-js: install Node.js and the npm package graphql, and set NODE_PATH to its folder"
        )
    return Opinion(done.stdout.strip(), _run([str(node), str(_HERE / "graphql_js.js")], requests))


def _graphql_core(requests: str) -> Opinion:
    return Opinion(version("graphql-core"), _run([sys.executable, str(_HERE / "graphql_core.py")], requests))


def _run(
    command: list[str], requests: str, environment: Mapping[str, str] | None = None, folder: Path = _HERE
) -> list[Errors]:
    done = subprocess.run(
        command,
        input=requests,
        env={**os.environ, **(environment or {})},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")
    answers: list[Errors] = json.loads(done.stdout)
    return answers


ENGINES: dict[str, Callable[[str], Opinion]] = {
    "gqlparser": _gqlparser,
    "graphql-js": _graphql_js,
    "graphql-core": _graphql_core,
}
