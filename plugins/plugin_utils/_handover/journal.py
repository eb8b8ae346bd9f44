# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unfinished hand-overs of this controller: names and MRNs of tokens, and never a secret.

Only an aid: it distinguishes a pending token left behind by a run on this controller from one of a run elsewhere.
Without it, the role waits until the pending token is `pending_grace` old.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

_FOLDER = "~/.ansible/mondoo.platform/handing-over"


class TokenKey(NamedTuple):
    """A token by its declared name."""

    scope_mrn: str
    name: str


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


class Journal:
    """process: ID of this run. endpoint: of the service, since tokens of another one may have the same names.

    If it cannot be read or written, there is no journal.
    """

    def __init__(
        self,
        process: int,
        endpoint: str,
        folder: Path | None = None,
        host: str | None = None,
        is_running: Callable[[int], bool] = _is_running,
    ) -> None:
        self._process = process
        self._endpoint = endpoint
        self._folder = folder or Path(os.path.expanduser(_FOLDER))
        self._host = host or socket.gethostname()
        self._is_running = is_running

    def begin(self, keys: Iterable[TokenKey]) -> None:
        """Records that secrets of these tokens are about to exist."""
        self._note(dict.fromkeys(keys, ""))

    def deliver(self, mrns: Mapping[TokenKey, str]) -> None:
        """Records that the secrets of new tokens are in all of their places. mrns: of the new tokens."""
        self._note(mrns)

    def _note(self, mrns: Mapping[TokenKey, str]) -> None:
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for key, mrn in mrns.items():
                about = {"endpoint": self._endpoint, "host": self._host, "process": self._process, "delivered": mrn}
                content = {**key._asdict(), **about}
                self._path(key).write_text(json.dumps(content), encoding="utf-8")

    def end(self, keys: Iterable[TokenKey]) -> None:
        """Removes the records of these tokens."""
        for key in keys:
            with contextlib.suppress(OSError):
                self._path(key).unlink(missing_ok=True)

    def cut_short(self) -> dict[TokenKey, str]:
        """The tokens with an interrupted hand-over: their run has ended, or it is this one, which has just started.

        For each, the MRN of the new token if its secret is in all of its places; else empty text.
        """
        found: dict[TokenKey, str] = {}
        for path in self._paths():
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                content = json.loads(path.read_text(encoding="utf-8"))
                process = int(content["process"])
                is_over = process == self._process or not self._is_running(process)
                if (content["endpoint"], content["host"]) == (self._endpoint, self._host) and is_over:
                    found[TokenKey(str(content["scope_mrn"]), str(content["name"]))] = str(content["delivered"])
        return found

    def _paths(self) -> list[Path]:
        try:
            return sorted(self._folder.glob("*.json"))
        except OSError:
            return []

    def _path(self, key: TokenKey) -> Path:
        text = json.dumps([self._endpoint, *key])
        return self._folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
