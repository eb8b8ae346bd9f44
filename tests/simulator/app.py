# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP side of the service: one GraphQL endpoint, strict about what it takes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from email.utils import formatdate
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from . import times
from .database import Database
from .errors import ServiceError
from .execution import Execution, Operation, UnreadableError, codes, operation_from
from .failing import Answer, Cut, NoAnswer, fail
from .faults import Rule, first_hit
from .identity import authenticate
from .requestlog import Entry, RequestLog, without_secrets
from .resolvers import Context, Refusal
from .settings import Settings


class Service:
    """What is behind the endpoint, with the rules by which it fails."""

    def __init__(self, database: Database, execution: Execution, settings: Settings, cut: Cut) -> None:
        self.database = database
        self.settings = settings
        self.rules: list[Rule] = []
        self.log = RequestLog()
        self.execution = execution
        self._cut = cut
        self._in_flight = 0

    def application(self, administration: Starlette) -> Starlette:
        application = Starlette(
            routes=[Route("/query", self._query, methods=["POST"]), Mount("/_simulator", app=administration)],
            exception_handlers={HTTPException: self._no_such_page},
        )
        application.router.redirect_slashes = False
        return application

    async def _no_such_page(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        self.log.add(request, self._in_flight + 1).status = status
        headers = error.headers if isinstance(error, HTTPException) else None
        return self._dated(HTMLResponse(f"<html><body>{status}</body></html>", status, headers=headers))

    def _dated(self, response: Response) -> Response:
        """With the time by the service's clock."""
        response.headers["Date"] = formatdate(times.timestamp(self.settings.clock_shift), usegmt=True)
        return response

    async def _query(self, request: Request) -> Response:
        self._in_flight += 1
        entry = self.log.add(request, self._in_flight)
        try:
            response = await self._answer(request, entry)
        finally:
            self._in_flight -= 1
        entry.status = None if isinstance(response, NoAnswer) else response.status_code
        return self._dated(response)

    async def _answer(self, request: Request, entry: Entry) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return JSONResponse({"errors": [{"message": "transport not supported"}], "data": None}, 400)
        try:
            body = json.loads(await request.body())
        except ValueError:
            return JSONResponse({"errors": [{"message": "json request body could not be decoded"}], "data": None}, 400)
        try:
            operation = operation_from(body)
        except UnreadableError as error:
            return JSONResponse(error.answer, 422)
        entry.kind, entry.fields, entry.keys = operation.kind, operation.fields, operation.keys
        entry.variables = without_secrets(operation.variables)
        rule = first_hit(self.rules, operation.kind, operation.fields)
        if rule is not None:
            rule = self._with_quotations(rule, request)
        entry.fault = rule.kind if rule else None

        async def execute() -> Answer:
            answer = self._execute(request.headers.get("authorization", ""), operation, entry, rule)
            await asyncio.sleep(self.settings.latency / 1000)
            return answer

        if rule is not None:
            return await fail(rule, request, execute, self._cut, self.settings)
        return JSONResponse(*await execute())

    def _with_quotations(self, rule: Rule, request: Request) -> Rule:
        """The rule with the secrets that its message quotes."""
        message = rule.parameters.get("message")
        if message is None:
            return rule
        newest = self.database.row("SELECT secret FROM issued_secrets ORDER BY rowid DESC LIMIT 1") or {"secret": ""}
        message = str(message).replace("{newest_secret}", newest["secret"])
        message = message.replace("{authorization}", request.headers.get("authorization", ""))
        return replace(rule, parameters={**rule.parameters, "message": message})

    def _execute(self, authorization: str, operation: Operation, entry: Entry, rule: Rule | None) -> Answer:
        try:
            principal = authenticate(self.database, authorization, self.settings.clock_shift)
        except ServiceError as error:
            answer: dict[str, Any] = {"errors": [{"message": error.message}], "data": None}
            return answer, self.settings.unauthenticated_status
        invalid = self.execution.validation_errors(operation, self.settings)
        if invalid:
            return {"errors": invalid}, self.settings.validation_status
        stuck = entry.fault == "repeat_cursor"
        context = Context(self.database, principal, self.settings, stuck, _refusal_by(rule))
        answer = self.execution.run(operation, context)
        if "data" not in answer:
            return answer, self.settings.validation_status
        entry.executed = True
        entry.committed = bool(context.committed)
        something = any(value is not None for value in (answer["data"] or {}).values())
        refused = not something and "PermissionDenied" in codes(answer)
        return answer, self.settings.permission_denied_status if refused else 200


def _refusal_by(rule: Rule | None) -> Refusal | None:
    if rule is None or rule.kind not in ("field_error", "answer_refusal"):
        return None
    parameters = rule.parameters
    message = str(parameters.get("message", "it failed"))
    return Refusal(
        mentioning=str(parameters.get("mentioning", "")),
        named=parameters.get("named"),
        in_answer=rule.kind == "answer_refusal",
        error=ServiceError(str(parameters.get("code", "PermissionDenied")), message),
        message=message,
    )
