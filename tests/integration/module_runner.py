# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the installed modules in this process or in one of their own, without ansible-playbook around them.

Thousands of runs, as the fault matrix needs, would take hours through playbooks.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ansible.module_utils import basic
from ansible.module_utils.common import warnings

_MODULES = "ansible_collections.mondoo.platform.plugins.modules"
_SESSION = "ansible_collections.mondoo.platform.plugins.module_utils._module.session"
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


class ModuleRunner:
    """The modules of the collection installed below `collections`; `connection` gives the options for each run."""

    def __init__(self, collections: Path, connection: Callable[[], dict[str, Any]]) -> None:
        self._collections = collections
        self._connection = connection
        if str(collections) not in sys.path:
            sys.path.insert(0, str(collections))

    def run(self, module: str, *, check: bool = False, **options: Any) -> dict[str, Any]:
        """Runs a module in this process and returns the result that it prints; waiting takes no time."""
        session: Any = importlib.import_module(_SESSION)
        patient = session.RetryPolicy
        session.RetryPolicy = functools.partial(patient, sleep=lambda _seconds: None)
        output = io.StringIO()
        try:
            with _arguments(self._options(check, options)), contextlib.redirect_stdout(output):
                importlib.import_module(f"{_MODULES}.{module}").main()
        except SystemExit:
            pass
        finally:
            session.RetryPolicy = patient
            # A module's warnings outlive it, which is no matter where every module has a process of its own.
            warnings._global_warnings.clear()
        result: dict[str, Any] = json.loads(output.getvalue())
        # Plain texts, or events since ansible-core 2.19.
        found = [entry["event"]["msg"] if isinstance(entry, dict) else entry for entry in result.get("warnings", ())]
        return {**result, "warnings": found}

    def start(self, module: str, folder: Path, **options: Any) -> subprocess.Popen[bytes]:
        """Starts a module in a process of its own; whoever starts it ends it."""
        arguments = folder / "arguments.json"
        arguments.touch(mode=0o600)
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": self._options(False, options)}), encoding="utf-8")
        return subprocess.Popen(
            [sys.executable, "-m", f"{_MODULES}.{module}", str(arguments)],
            env={**os.environ, "PYTHONPATH": str(self._collections)},
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _options(self, check: bool, options: dict[str, Any]) -> dict[str, Any]:
        internal = {
            "_ansible_check_mode": check,
            "_ansible_diff": True,
            "_ansible_remote_tmp": os.environ.get("TMPDIR", "/tmp"),
        }
        return {**self._connection(), **internal, **options}
