# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What arrived at the service, in order, for tests to look at."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from starlette.requests import Request

from . import times

# Nothing of the kind belongs in a request's variables; if it gets there, it must not get into the log of a test.
_SECRET = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+|opaque-[0-9a-f]{32}|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*")


@dataclass
class Entry:
    """One request. number: from 1. fields, keys: root fields in order, and their aliases. connection: the client's
    address and port. in_flight: requests being answered when this one arrived, itself included. executed: it was
    authenticated and valid. committed: it changed something that stays changed. fault: kind of the rule that hit it.
    status: HTTP status of the answer, None if there was none.
    """

    number: int
    time: str
    method: str
    path: str
    user_agent: str | None
    authorized: bool
    connection: str
    in_flight: int
    kind: str | None = None
    fields: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    variables: Any = None
    executed: bool = False
    committed: bool = False
    fault: str | None = None
    status: int | None = None


class RequestLog:
    """The requests since the start, or since it was cleared."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(self, request: Request, in_flight: int) -> Entry:
        entry = Entry(
            number=len(self._entries) + 1,
            time=times.now(),
            method=request.method,
            path=request.url.path,
            user_agent=request.headers.get("user-agent"),
            authorized="authorization" in request.headers,
            connection=":".join(str(part) for part in request.client or ()),
            in_flight=in_flight,
        )
        self._entries.append(entry)
        return entry

    def clear(self) -> None:
        self._entries.clear()

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self._entries]

    def counters(self) -> dict[str, dict[str, int]]:
        """How often each root field was asked for, by kind."""
        counters: dict[str, Counter[str]] = {"query": Counter(), "mutation": Counter()}
        for entry in self._entries:
            counters.setdefault(entry.kind or "none", Counter()).update(entry.fields)
        return {kind: dict(counter) for kind, counter in counters.items()}


def without_secrets(value: Any) -> Any:
    """A JSON value with everything masked that looks like a credential."""
    if isinstance(value, dict):
        return {key: without_secrets(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_secrets(inner) for inner in value]
    return _SECRET.sub("(a secret)", value) if isinstance(value, str) else value
