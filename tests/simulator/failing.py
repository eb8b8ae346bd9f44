# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a request fails that a rule hits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from .errors import ServiceError, unauthenticated
from .faults import KINDS, Rule
from .settings import Settings

# An answer with its HTTP status.
Answer = tuple[dict[str, Any], int]
# Ends the connection of a client (address and port); with a TCP reset, if the second argument says so.
Cut = Callable[[tuple[str, int], bool], None]

_LOGIN_PAGE = "<!doctype html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
_MOMENT = 0.02  # seconds between two looks at a client that may have gone
_LONG = 30.0  # seconds: longer than a client waits, if the rule does not say how long


class NoAnswer(Response):
    """The connection is cut instead."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        return None


async def fail(
    rule: Rule, request: Request, execute: Callable[[], Awaitable[Answer]], cut: Cut, settings: Settings
) -> Response:
    """What the client of a request gets that the rule hits."""
    answer: dict[str, Any] = {"data": None}
    status = 200
    if KINDS[rule.kind].executed:
        answer, status = await execute()
    if rule.kind in ("timeout_before", "timeout_after", "latency"):
        await _until_gone(request, float(rule.parameters.get("seconds", _LONG)))
    if rule.kind == "latency":
        return JSONResponse(answer, status)
    if rule.kind.startswith(("reset_", "timeout_")):
        if request.client:
            cut((request.client.host, request.client.port), rule.kind.startswith("reset_"))
        await _until_gone(request, _LONG)
        return NoAnswer()
    return _RESPONSES[rule.kind.removesuffix("_after")](rule, answer, settings)


async def _until_gone(request: Request, seconds: float) -> None:
    """Waits, but not for longer than the client does."""
    for _moment in range(round(seconds / _MOMENT)):
        if await request.is_disconnected():
            return
        await asyncio.sleep(_MOMENT)


def refusal(error: ServiceError, status: int) -> Response:
    """An error in the service's words."""
    return JSONResponse({"errors": [{"message": error.message}], "data": None}, status)


def _too_many(rule: Rule, _answer: dict[str, Any], _settings: Settings) -> Response:
    wait = rule.parameters.get("retry_after")
    headers = {} if wait is None else {"Retry-After": str(wait)}
    return Response("too many requests", 429, headers=headers, media_type="text/plain")


def _redirect(rule: Rule, _answer: dict[str, Any], _settings: Settings) -> Response:
    location = str(rule.parameters.get("location", "https://login.invalid/"))
    return Response(b"", int(rule.parameters.get("status", 302)), headers={"Location": location})


def _graphql_error(rule: Rule, _answer: dict[str, Any], _settings: Settings) -> Response:
    parameters = rule.parameters
    error = ServiceError(str(parameters.get("code", "Unknown")), str(parameters.get("message", "it failed")))
    return refusal(error, int(parameters.get("status", 200)))


def _garbled(_rule: Rule, answer: dict[str, Any], _settings: Settings) -> Response:
    text = json.dumps(answer)
    return Response(text[: len(text) * 2 // 3], media_type="application/json")


def _repeat_cursor(_rule: Rule, answer: dict[str, Any], _settings: Settings) -> Response:
    """A first page, with the same cursor each time and always another page to come."""
    for connection in _connections(answer):
        connection["pageInfo"].update(hasNextPage=True, endCursor="c2FtZQ==")
    return JSONResponse(answer)


def _connections(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, dict):
        return []
    own = [value] if isinstance(value.get("pageInfo"), dict) else []
    return own + [connection for inner in value.values() for connection in _connections(inner)]


_RESPONSES: dict[str, Callable[[Rule, dict[str, Any], Settings], Response]] = {
    "status_500": lambda *_: Response("internal error", 500, media_type="text/plain"),
    "bad_gateway": lambda *_: HTMLResponse("<html><body>502 Bad Gateway</body></html>", 502),
    "status_503": lambda *_: HTMLResponse("<html><body>503 Service Unavailable</body></html>", 503),
    "too_many": _too_many,
    "redirect": _redirect,
    "garbled": _garbled,
    "empty": lambda *_: Response(b"", media_type="application/json"),
    "html": lambda *_: HTMLResponse(_LOGIN_PAGE),
    "data_null": lambda *_: JSONResponse({"data": None}),
    "unavailable": lambda *_: refusal(ServiceError("Unavailable", "the service is being moved"), 200),
    "unauthenticated": lambda _rule, _answer, settings: refusal(unauthenticated(), settings.unauthenticated_status),
    "graphql_error": _graphql_error,
    # What is to be refused was refused while it was executed.
    "field_error": lambda _rule, answer, _settings: JSONResponse(answer),
    "answer_refusal": lambda _rule, answer, _settings: JSONResponse(answer),
    "repeat_cursor": _repeat_cursor,
}
