# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tries the installed modules on a space of the real service: makes one token, does with it all that there is to do, deletes it.

Run by `make live`, and by nothing else but the test of it, which lets it talk to the simulator. MONDOO_LIVE_SPACE names the space,
the credentials come from the variables that the modules know. Ends with 0 if all worked, with 1 if not, with 2 if it was not
tried, with 130 if it was interrupted. Whatever happens, the tokens that it made are deleted at the end.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_MODULES = "ansible_collections.mondoo.platform.plugins.modules"
_SPACE = "MONDOO_LIVE_SPACE"
CREDENTIALS = ("MONDOO_CONFIG_BASE64", "MONDOO_CONFIG_PATH", "MONDOO_API_TOKEN")
_MODULE_TIMEOUT = 900  # seconds; a module gives up by itself before
_CLEANING = 3  # how often it is tried
_PAUSE = 2  # seconds between these


class SmokeError(Exception):
    """Something did not work as it should. The message is for people, and without a secret."""


class InterruptedRunError(Exception):
    """Somebody has asked for the end."""


class Space:
    """The space, by way of the modules. warnings: what they have said of the service, each once."""

    def __init__(self, space: str) -> None:
        self._space = space
        self._interrupted = False
        self.warnings: list[str] = []

    def interrupt(self, *_signal: object) -> None:
        """Ends the run when the module that is running is done: nobody else knows what it has made so far."""
        self._interrupted = True
        print("Interrupted: ends after the request that is under way, and cleans up.", flush=True)

    def run(self, module: str, **options: Any) -> dict[str, Any]:
        """The result of a module; raises SmokeError if it fails, InterruptedRunError if the run is to end."""
        if self._interrupted:
            raise InterruptedRunError
        return self._run(module, **options)

    def clean_up(self, name: str) -> None:
        """Deletes all tokens whose names begin so, those set aside by a rotation included; raises SmokeError if one is left."""
        trouble = "it is still listed"
        left: list[str] = []
        for attempt in range(_CLEANING):
            time.sleep(_PAUSE if attempt else 0)
            try:
                left = self._named(name)
                for mrn in left:
                    self._run("api_token", mrn=mrn, state="absent")
                left = self._named(name) if left else left
            except SmokeError as error:
                trouble = str(error)
            else:
                if not left:
                    return
        raise SmokeError(
            f'Could not clean up ({trouble}). Delete in the console what begins with "{name}": {", ".join(left) or "all"}.'
        )

    def _named(self, name: str) -> list[str]:
        listed = self._run("api_token_info", query=name)["api_tokens"]
        return [token["mrn"] for token in listed if token["name"].startswith(name)]

    def _run(self, module: str, **options: Any) -> dict[str, Any]:
        given = {"ANSIBLE_MODULE_ARGS": {"space": self._space, **options}}
        done = subprocess.run(
            [sys.executable, "-m", f"{_MODULES}.{module}"],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=_MODULE_TIMEOUT,
            check=False,
            # An interrupt from the keyboard is for this process alone.
            start_new_session=True,
        )
        try:
            result: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise SmokeError(f"{module} ended without a result, with status {done.returncode}") from None
        for warning in result.get("warnings", ()):
            # Plain texts, or events since ansible-core 2.19.
            text = warning["event"]["msg"] if isinstance(warning, dict) else warning
            if text not in self.warnings:
                self.warnings.append(text)
        if result.get("failed"):
            raise SmokeError(str(result.get("msg")))
        return result


def _steps(space: Space, name: str, secret: Path) -> Iterator[str]:
    """Does one thing after the other; yields what has worked. Raises SmokeError."""
    declared: dict[str, Any] = {"name": name, "permissions": ["viewer"], "token_path": str(secret)}

    def listed() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = space.run("api_token_info", name=name)["api_tokens"]
        return found

    def apply(what: str, *operations: str, **changes: Any) -> dict[str, Any]:
        declared.update(changes)
        result = space.run("api_token", **declared)
        _expect(result["operations"] == list(operations), f"{what}: sent {result['operations']}")
        return result

    created = apply("create", "generateAPIToken")
    first = secret.read_text(encoding="utf-8")
    _expect(bool(first.strip()), "create: there is no secret")
    yield "created, and its secret written to a file"
    _expect([token["mrn"] for token in listed()] == [created["api_token"]["mrn"]], "read: it is not what is listed")
    _expect(listed()[0]["permissions"] == ["viewer"], f"read: its permissions are {listed()[0]['permissions']}")
    yield "listed, with the permissions that it was given"
    apply("the same again")
    yield "found as declared: nothing to do the second time"
    apply("other permissions", "setRoles", permissions=["agent"])
    _expect(listed()[0]["permissions"] == ["agent"], f"other permissions: they are {listed()[0]['permissions']}")
    yield "its permissions changed"
    apply("a description", "updateAPIToken", description="Made by a test, may be deleted.")
    _expect(listed()[0]["description"] == "Made by a test, may be deleted.", "a description: it is not listed")
    yield "its description changed"
    rotation = ("generateAPIToken", "deleteAPIToken", "updateAPIToken")
    rotated = space.run("api_token", **declared, rotate_after="0")
    _expect(rotated["operations"] == list(rotation), f"rotate: sent {rotated['operations']}")
    _expect([token["mrn"] for token in listed()] == [rotated["api_token"]["mrn"]], "rotate: the new one is not listed")
    _expect(rotated["api_token"]["mrn"] != created["api_token"]["mrn"], "rotate: it is the same token")
    _expect(secret.read_text(encoding="utf-8") != first, "rotate: the secret is the same")
    yield "replaced by a new one, with a new secret"
    deleted = space.run("api_token", name=name, state="absent")
    _expect(deleted["operations"] == ["deleteAPIToken"], f"delete: sent {deleted['operations']}")
    _expect(listed() == [], "delete: it is still listed")
    yield "deleted"


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SmokeError(otherwise)


def _attempt(work: Callable[[], None]) -> str:
    """What went wrong, in words; empty if nothing did."""
    try:
        work()
    except (SmokeError, OSError, subprocess.SubprocessError) as error:
        return str(error)
    return ""


def main() -> int:
    """Runs it; returns the exit status."""
    missing = [] if os.environ.get(_SPACE) else [f"{_SPACE} (ID or MRN of a space where a token may be made)"]
    if not any(os.environ.get(name) for name in CREDENTIALS):
        missing.append(f"one of {', '.join(CREDENTIALS)} (Editor or Owner of that space)")
    if missing:
        print(f"Not tried: set {' and '.join(missing)}.", file=sys.stderr)
        return 2
    space = Space(os.environ[_SPACE])
    name = f"ansible-live-test-{uuid.uuid4().hex}"
    where = os.environ.get("MONDOO_API_ENDPOINT") or "the endpoint of the service account, or of the region us"
    print(f'In the space "{os.environ[_SPACE]}", at {where}:')
    print(f'makes an API token "{name}", changes, rotates and deletes it. No other token is touched.', flush=True)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, space.interrupt)

    def work() -> None:
        with tempfile.TemporaryDirectory(prefix="mondoo-live-") as folder:
            for step in _steps(space, name, Path(folder) / "token"):
                print(f"ok: {step}", flush=True)

    status = 0
    try:
        failure = _attempt(work)
    except InterruptedRunError:
        failure, status = "", 130
    finally:
        # Also after a mistake in this very file.
        leftover = _attempt(lambda: space.clean_up(name))
        for text in (*(f"WARNING: {warning}" for warning in space.warnings), leftover):
            if text:
                print(text)
    if failure:
        print(f"FAILED: {failure}")
    if not leftover:
        print("Nothing is left over.")
    return 1 if failure or leftover else status


if __name__ == "__main__":
    sys.exit(main())
