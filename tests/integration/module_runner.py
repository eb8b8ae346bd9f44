# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the installed modules in this process or in one of their own, without ansible-playbook around them.

Thousands of runs, as the fault matrix needs, would take hours through playbooks.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import itertools
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ansible.module_utils import basic
from ansible.module_utils.common import warnings

_PLUGINS = "ansible_collections.mondoo.platform.plugins"
_TIMEOUT = 60  # seconds for one module in a process of its own


@contextlib.contextmanager
def _arguments(options: dict[str, Any]) -> Iterator[None]:
    """Hands a module its options, as each version of ansible-core wants it."""
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:
        previous = basic._ANSIBLE_ARGS
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode()
        try:
            yield
        finally:
            basic._ANSIBLE_ARGS = previous
    else:
        with patch_module_args(options):
            yield


@contextlib.contextmanager
def _no_waiting(before_request: Callable[[int], None] | None) -> Iterator[None]:
    """Waiting takes no time. before_request: is called before each request, with its number, from 1."""
    interruption: Any = importlib.import_module(f"{_PLUGINS}.module_utils._module.interruption")
    transport = interruption.InterruptibleTransport
    sleep, post = interruption.Interruption.sleep, transport.post
    numbers = itertools.count(1)

    def observed_post(connection: Any, *request: Any) -> Any:
        # What is run meanwhile is another module, and nobody's to observe.
        transport.post = post
        try:
            if before_request is not None:
                before_request(next(numbers))
        finally:
            transport.post = observed_post
        return post(connection, *request)

    interruption.Interruption.sleep = lambda _interruption, _seconds: None
    transport.post = post if before_request is None else observed_post
    try:
        yield
    finally:
        interruption.Interruption.sleep, transport.post = sleep, post


class ModuleRunner:
    """The modules of the collection installed below `collections`; `connection` gives the options for each run.

    home: of the user who runs them, where their lock files are; one of the tests' own by default.
    """

    def __init__(self, collections: Path, connection: Callable[[], dict[str, Any]], home: Path | None = None) -> None:
        self._collections = collections
        self._connection = connection
        self._home = home or collections.with_name("home-of-modules")
        if str(collections) not in sys.path:
            sys.path.insert(0, str(collections))

    def elsewhere(self, home: Path) -> ModuleRunner:
        """The same modules, as on another host: it shares no lock files with this one."""
        return ModuleRunner(self._collections, self._connection, home)

    def run(
        self,
        module: str,
        *,
        check: bool = False,
        before_request: Callable[[int], None] | None = None,
        defaults: dict[str, Any] | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Runs a module in this process and returns the result that it prints; waiting takes no time.

        before_request: as for a module that sends its requests one after the other. defaults: in place of `connection`.
        """
        output = io.StringIO()
        home, known = os.environ.get("HOME"), warnings._global_warnings
        os.environ["HOME"] = str(self._home)
        # A module's warnings outlive it, which is no matter where every module has a process of its own.
        warnings._global_warnings = type(known)()
        try:
            with (
                _no_waiting(before_request),
                _arguments(self._options(check, options, defaults)),
                contextlib.redirect_stdout(output),
                contextlib.suppress(SystemExit),
            ):
                importlib.import_module(f"{_PLUGINS}.modules.{module}").main()
        finally:
            warnings._global_warnings = known
            if home is None:
                del os.environ["HOME"]
            else:
                os.environ["HOME"] = home
        return _read(output.getvalue())

    def start(self, module: str, folder: Path, *, program: tuple[str, ...] = (), **options: Any) -> Process:
        """Starts a module in a process of its own. program: what starts it, as a shell that sets limits."""
        arguments = folder / f"arguments-{uuid.uuid4().hex}.json"
        arguments.touch(mode=0o600)
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": self._options(False, options)}), encoding="utf-8")
        return Process(
            [*program, sys.executable, "-m", f"{_PLUGINS}.modules.{module}", str(arguments)],
            env={**os.environ, "PYTHONPATH": str(self._collections), "HOME": str(self._home)},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _options(self, check: bool, options: dict[str, Any], defaults: dict[str, Any] | None = None) -> dict[str, Any]:
        internal = {
            "_ansible_check_mode": check,
            "_ansible_diff": True,
            "_ansible_remote_tmp": os.environ.get("TMPDIR", "/tmp"),
        }
        return {**(self._connection() if defaults is None else defaults), **internal, **options}


class Process(subprocess.Popen[str]):
    """A module in a process of its own; whoever starts it ends it."""

    def result(self) -> dict[str, Any]:
        """What it prints when it is done."""
        output, _errors = self.communicate(timeout=_TIMEOUT)
        return _read(output)


def _read(output: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(output)
    # Plain texts, or events since ansible-core 2.19.
    texts = [entry["event"]["msg"] if isinstance(entry, dict) else entry for entry in result.get("warnings", ())]
    return {**result, "warnings": texts}
