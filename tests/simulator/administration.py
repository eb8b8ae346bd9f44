# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator's own interface below `/_simulator/`: tests look at its state with it, and change it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import times
from .app import Service
from .execution import Execution
from .faults import Rule
from .names import id_of, role_mrns
from .seed import credentials, seed


class Administration:
    """initial: what the database holds after a reset."""

    def __init__(self, service: Service, initial: dict[str, Any]) -> None:
        self._service = service
        self._settings = service.settings
        self._execution = service.execution
        self._initial = initial

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/requests", self._requests, methods=["GET", "DELETE"]),
                Route("/counters", self._counters),
                Route("/state", self._state),
                Route("/tokens", self._tokens, methods=["PATCH"]),
                Route("/secrets", self._secrets),
                Route("/credentials", self._credentials),
                Route("/seed", self._seed, methods=["POST"]),
                Route("/settings", self._change_settings, methods=["PUT"]),
                Route("/schema", self._serve, methods=["PUT"]),
                Route("/faults", self._faults, methods=["POST", "DELETE"]),
                Route("/reset", self._reset, methods=["POST"]),
            ],
            exception_handlers=dict.fromkeys((ValueError, KeyError, TypeError, GraphQLError), _refuse),
        )

    async def _requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._service.log.clear()
        return JSONResponse(self._service.log.as_json())

    async def _counters(self, _request: Request) -> Response:
        return JSONResponse(self._service.log.counters())

    async def _state(self, _request: Request) -> Response:
        database = self._service.database
        return JSONResponse(
            {
                "organizations": database.rows("SELECT mrn, name FROM organizations"),
                "spaces": database.rows("SELECT mrn, name, organization FROM spaces ORDER BY number"),
                "service_accounts": database.rows("SELECT mrn, name, scope, roles FROM accounts"),
                "tokens": [_token(row) for row in database.rows("SELECT * FROM tokens ORDER BY number")],
                "settings": asdict(self._service.settings),
                "faults": [asdict(rule) for rule in self._service.rules],
            }
        )

    async def _tokens(self, request: Request) -> Response:
        """Changes a token as if time had passed, or somebody else had been there."""
        change = await request.json()
        database = self._service.database
        token = database.token(change.pop("mrn"))
        if token is None:
            raise ValueError("no such token")
        for name, value in change.items():
            if name in ("created_at", "last_used_at"):
                token[name] = None if value is None else times.kept(value)
            elif name in ("created_raw", "last_used_raw"):
                token[name] = None if value is None else json.dumps(value)
            elif name in ("name", "description"):
                token[name] = str(value)
            elif name == "permissions":
                token["roles"] = json.dumps(sorted(role_mrns(value, token["scope"])))
            else:
                raise ValueError(f"a token has no {name} to change")
        columns = ("name", "description", "roles", "created_at", "last_used_at", "created_raw", "last_used_raw")
        assignments = ", ".join(f"{column} = ?" for column in columns)
        database.execute(
            f"UPDATE tokens SET {assignments} WHERE mrn = ?",  # noqa: S608  (names from the line above)
            *(token[column] for column in columns),
            token["mrn"],
        )
        return JSONResponse(_token(token))

    async def _secrets(self, _request: Request) -> Response:
        rows = self._service.database.rows(
            """
            SELECT issued.name, issued.mrn, issued.secret, tokens.mrn IS NOT NULL AS live
            FROM issued_secrets AS issued LEFT JOIN tokens USING (mrn) ORDER BY issued.rowid
            """
        )
        return JSONResponse([{**row, "live": bool(row["live"])} for row in rows])

    async def _credentials(self, request: Request) -> Response:
        return JSONResponse(credentials(self._service.database, f"{request.url.scheme}://{request.url.netloc}"))

    async def _seed(self, request: Request) -> Response:
        seed(self._service.database, await request.json(), self._service.settings)
        return await self._credentials(request)

    async def _change_settings(self, request: Request) -> Response:
        settings = self._service.settings = self._service.settings.changed(await request.json())
        # A shorter lag is one for the tokens that there are, too.
        self._service.database.execute(
            "UPDATE tokens SET hidden_for = min(hidden_for, ?), hidden_until = min(hidden_until, ?)",
            *(settings.listing_lag, times.timestamp() + settings.listing_lag_seconds),
        )
        return JSONResponse(asdict(settings))

    async def _serve(self, request: Request) -> Response:
        self._service.execution = Execution(await request.json())
        return JSONResponse({})

    async def _faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._service.rules.clear()
            return JSONResponse({})
        parameters = await request.json()
        known = {name: parameters.pop(name) for name in ("kind", "match", "nth", "times") if name in parameters}
        self._service.rules.append(Rule(**known, parameters=parameters))
        return JSONResponse({})

    async def _reset(self, request: Request) -> Response:
        """Everything as after the first start, with new credentials."""
        self._service.rules.clear()
        self._service.log.clear()
        self._service.settings = self._settings
        self._service.execution = self._execution
        self._service.database.clear()
        seed(self._service.database, self._initial, self._settings)
        return await self._credentials(request)


def _token(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "id": id_of(row["mrn"]),
        "roles": json.loads(row["roles"]),
        "creator": json.loads(row["creator"]),
        "created_at": times.shown(row["created_at"]),
        "last_used_at": times.shown(row["last_used_at"]) if row["last_used_at"] else None,
        **{name: json.loads(row[name]) if row[name] else None for name in ("created_raw", "last_used_raw")},
    }


async def _refuse(_request: Request, error: Exception) -> Response:
    return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
