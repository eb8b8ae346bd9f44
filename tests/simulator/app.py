# Copyright: (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP side: the GraphQL endpoint with its faults, and an administration of its own for tests."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from .database import Database
from .errors import ServiceError, unauthenticated
from .execution import Execution, codes, operation_of
from .faults import Rule, first_hit
from .identity import ROLE_PREFIX, authenticate, membership_of
from .resolvers import Context
from .seed import DEFAULT, seed
from .settings import Settings

Abort = Callable[[tuple[str, int]], None]

_LOGIN_PAGE = "<!doctype html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
_MOMENT = 0.02  # seconds between two looks at a client that may have gone


class _Aborted(Response):
    """No answer at all: the connection is gone by now."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        return None


class Simulator:
    """The running service. abort: ends a client's connection at once."""

    def __init__(self, database: Database, execution: Execution, settings: Settings, abort: Abort) -> None:
        self.database = database
        self.execution = execution
        self.settings = settings
        self.initial = settings
        self.abort = abort
        self.rules: list[Rule] = []
        self.requests: list[dict[str, Any]] = []
        self.in_flight = 0
        self.credentials: dict[str, Any] = {}

    def application(self) -> Starlette:
        admin = [
            Route("/requests", self._admin_requests, methods=["GET", "DELETE"]),
            Route("/tokens", self._admin_tokens, methods=["GET", "PATCH"]),
            Route("/secrets", self._admin_secrets),
            Route("/credentials", self._admin_credentials),
            Route("/seed", self._admin_seed, methods=["POST"]),
            Route("/settings", self._admin_settings, methods=["PUT"]),
            Route("/faults", self._admin_faults, methods=["POST", "DELETE"]),
            Route("/reset", self._admin_reset, methods=["POST"]),
        ]
        return Starlette(
            routes=[Route("/query", self._query, methods=["POST"]), Mount("/_simulator", routes=admin)],
            exception_handlers={404: self._no_such_page},
        )

    async def _no_such_page(self, _request: Request, _error: Exception) -> Response:
        return HTMLResponse("<html><body>404 page not found</body></html>", 404)

    # -- the service ---------------------------------------------------------------------------------------------

    async def _query(self, request: Request) -> Response:
        self.in_flight += 1
        try:
            return await self._answer(request)
        finally:
            self.in_flight -= 1

    async def _answer(self, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            return JSONResponse({"errors": [{"message": "json body could not be decoded"}]}, 400)
        document = self.execution.parse(body)
        if isinstance(document, dict):
            return JSONResponse(document, 422)
        kind, fields = operation_of(document)
        entry: dict[str, Any] = {
            "number": len(self.requests) + 1,
            "kind": kind,
            "fields": fields,
            "variables": body.get("variables"),
            "user_agent": request.headers.get("user-agent"),
            "authorized": "authorization" in request.headers,
            "connection": ":".join(str(part) for part in request.client or ()),
            "in_flight": self.in_flight,
            "executed": False,
            "fault": None,
            "status": None,
        }
        self.requests.append(entry)
        rule = first_hit(self.rules, kind, fields)
        entry["fault"] = rule.kind if rule else None
        if rule and rule.kind == "repeat_cursor":
            # The first page again, whatever was asked for.
            body = {**body, "variables": {**(body.get("variables") or {}), "after": None}}

        async def execute() -> tuple[dict[str, Any], int]:
            answer, status = self._execute(request, document, body)
            entry["executed"] = True
            if self.settings.latency:
                await asyncio.sleep(self.settings.latency)
            return answer, status

        response = await (self._fail(rule, request, execute) if rule else self._succeed(execute))
        entry["status"] = None if isinstance(response, _Aborted) else response.status_code
        return response

    async def _succeed(self, execute: Callable[[], Awaitable[tuple[dict[str, Any], int]]]) -> Response:
        answer, status = await execute()
        return JSONResponse(answer, status)

    def _execute(self, request: Request, document: Any, body: dict[str, Any]) -> tuple[dict[str, Any], int]:
        try:
            principal = authenticate(self.database, request.headers.get("authorization", ""))
        except ServiceError as error:
            return {"errors": [{"message": error.message}], "data": None}, self.settings.unauthenticated_status
        invalid = self.execution.validation_errors(document, self.settings)
        if invalid:
            return {"errors": invalid}, self.settings.validation_status
        answer = self.execution.run(document, body, Context(self.database, principal, self.settings))
        denied = answer["data"] is None and "PermissionDenied" in codes(answer)
        return answer, self.settings.permission_denied_status if denied else 200

    async def _fail(
        self, rule: Rule, request: Request, execute: Callable[[], Awaitable[tuple[dict[str, Any], int]]]
    ) -> Response:
        kind, given = rule.kind, rule.parameters
        answer: dict[str, Any] = {}
        status = 200
        if kind.endswith("_after") or kind in ("repeat_cursor", "latency"):
            answer, status = await execute()
        plain = kind.removesuffix("_after").removesuffix("_before")
        if plain in ("timeout", "latency"):
            await _until_gone(request, float(given.get("seconds", 1)))
            if plain == "latency":
                return JSONResponse(answer, status)
        if plain in ("reset", "timeout"):
            if request.client:
                self.abort((request.client.host, request.client.port))
            return _Aborted()
        if plain == "repeat_cursor":
            for value in (answer.get("data") or {}).values():
                value["pageInfo"].update(hasNextPage=True, endCursor="c2FtZQ==")
            return JSONResponse(answer, status)
        if plain == "garbled":
            text = json.dumps(answer)
            return Response(text[: len(text) * 2 // 3], 200, media_type="application/json")
        if plain == "too_many":
            headers = {"Retry-After": str(given["retry_after"])} if "retry_after" in given else {}
            return Response("too many requests", 429, headers=headers, media_type="text/plain")
        if plain == "graphql_error":
            error = ServiceError(str(given.get("code", "Unknown")), str(given.get("message", "it failed")))
            return JSONResponse({"errors": [{"message": error.message}], "data": None}, int(given.get("status", 200)))
        if plain == "redirect":
            headers = {"Location": str(given.get("location", "https://login.invalid/"))}
            return Response(b"", int(given.get("status", 302)), headers=headers)
        simple: dict[str, Callable[[], Response]] = {
            "status_500": lambda: Response("internal error", 500, media_type="text/plain"),
            "bad_gateway": lambda: HTMLResponse("<html><body>502 Bad Gateway</body></html>", 502),
            "status_503": lambda: HTMLResponse("<html><body>503 Service Unavailable</body></html>", 503),
            "empty": lambda: Response(b"", 200, media_type="application/json"),
            "html": lambda: HTMLResponse(_LOGIN_PAGE),
            "data_null": lambda: JSONResponse({"data": None}),
            "unavailable": lambda: _graphql_failure(ServiceError("Unavailable", "the service is being moved")),
            "unauthenticated": lambda: _graphql_failure(unauthenticated(), self.settings.unauthenticated_status),
        }
        return simple[plain]()

    # -- its administration --------------------------------------------------------------------------------------

    async def _admin_requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.requests.clear()
        return JSONResponse(self.requests)

    async def _admin_tokens(self, request: Request) -> Response:
        if request.method == "PATCH":
            change = await request.json()
            token = self.database.row("SELECT scope FROM tokens WHERE mrn = ?", change["mrn"])
            if token is None:
                return JSONResponse({"error": "no such token"}, 404)
            for column in ("name", "description", "created_at", "last_used_at"):
                if column in change:
                    self.database.execute(f"UPDATE tokens SET {column} = ? WHERE mrn = ?", change[column], change["mrn"])  # noqa: S608  (names from the line above)
            if "permissions" in change:
                roles = sorted([*(ROLE_PREFIX + name for name in change["permissions"]), membership_of(token["scope"])])
                self.database.execute("UPDATE tokens SET roles = ? WHERE mrn = ?", json.dumps(roles), change["mrn"])
        found = self.database.rows("SELECT * FROM tokens ORDER BY number")
        for token in found:
            token["id"] = token["mrn"].rsplit("/", 1)[-1]
            token["roles"], token["creator"] = json.loads(token["roles"]), json.loads(token["creator"])
        return JSONResponse(found)

    async def _admin_secrets(self, _request: Request) -> Response:
        live = {token["mrn"] for token in self.database.rows("SELECT mrn FROM tokens")}
        issued = self.database.rows("SELECT name, mrn, secret FROM issued ORDER BY rowid")
        return JSONResponse([{**entry, "live": entry["mrn"] in live} for entry in issued])

    async def _admin_credentials(self, request: Request) -> Response:
        base = str(request.base_url).rstrip("/").removesuffix("/_simulator")
        return JSONResponse(
            {
                key: {**value, "api_endpoint": base} if isinstance(value, dict) else value
                for key, value in self.credentials.items()
            }
        )

    async def _admin_seed(self, request: Request) -> Response:
        self.credentials.update(seed(self.database, await request.json()))
        return await self._admin_credentials(request)

    async def _admin_settings(self, request: Request) -> Response:
        try:
            self.settings = self.settings.changed(await request.json())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({})

    async def _admin_faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.rules.clear()
            return JSONResponse({})
        given = await request.json()
        known = {key: given.pop(key) for key in ("kind", "match", "nth", "times") if key in given}
        try:
            self.rules.append(Rule(**known, parameters=given))
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({})

    async def _admin_reset(self, request: Request) -> Response:
        """Everything as after the first start, with new credentials."""
        self.rules.clear()
        self.requests.clear()
        self.settings = self.initial
        self.database.clear()
        self.credentials = seed(self.database, DEFAULT)
        return await self._admin_credentials(request)


def _graphql_failure(error: ServiceError, status: int = 200) -> Response:
    return JSONResponse({"errors": [{"message": error.message}], "data": None}, status)


async def _until_gone(request: Request, seconds: float) -> None:
    """Waits, but not for longer than the client does."""
    for _moment in range(round(seconds / _MOMENT)):
        if await request.is_disconnected():
            return
        await asyncio.sleep(_MOMENT)


def reset_on_close(connection: socket.socket) -> None:
    """Makes closing a connection send a reset instead of a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
