# Copyright: (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the fields of the schema do. Bound only where the schema that is served has them."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLResolveInfo

from .database import Database
from .errors import ServiceError, invalid_argument, not_found
from .identity import (
    KNOWN_ROLES,
    ROLE_PREFIX,
    Principal,
    membership_of,
    new_secret,
    require_manager,
    require_reader,
)
from .settings import Settings

_PAGE = 100
_ZERO_TIME = "0001-01-01T00:00:00Z"
_ORDERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "NAME": lambda token: token["name"],
    "LAST_USED": lambda token: token["last_used_at"] or "",
    "CREATED_AT": lambda token: token["created_at"],
}


@dataclass(frozen=True)
class Context:
    """What a request is executed with."""

    database: Database
    principal: Principal
    settings: Settings


def _context(info: GraphQLResolveInfo) -> Context:
    context: Context = info.context
    return context


def _page(entries: Sequence[dict[str, Any]], key: str, first: int | None, after: str | None) -> dict[str, Any]:
    """One page of a connection; cursors are opaque."""
    if first is not None and not 1 <= first <= _PAGE:
        raise invalid_argument(f"first must be between 1 and {_PAGE}")
    start = 0
    if after is not None:
        try:
            last = base64.b64decode(after, validate=True).decode()
            start = [entry[key] for entry in entries].index(last) + 1
        except (binascii.Error, ValueError):
            raise invalid_argument("invalid cursor") from None
    chosen = entries[start : start + (first or _PAGE)]
    edges = [{"cursor": base64.b64encode(entry[key].encode()).decode(), "node": entry} for entry in chosen]
    return {
        "totalCount": len(entries),
        "edges": edges,
        "pageInfo": {
            "hasNextPage": start + len(chosen) < len(entries),
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _api_tokens(
    _root: object,
    info: GraphQLResolveInfo,
    scopeMrn: str | None = None,  # noqa: N803  (argument names are the schema's)
    first: int | None = None,
    after: str | None = None,
    query: str | None = None,
    queryTerms: list[str] | None = None,  # noqa: N803
    orderBy: Mapping[str, str] | None = None,  # noqa: N803
) -> dict[str, Any]:
    context = _context(info)
    if not scopeMrn:
        raise invalid_argument("scopeMrn is required")
    if not context.database.scope_exists(scopeMrn):
        raise not_found(f"scope {scopeMrn}")
    require_reader(context.database, context.principal, scopeMrn)
    found = context.database.rows("SELECT * FROM tokens WHERE scope = ? ORDER BY number", scopeMrn)
    visible = [token for token in found if token["hidden_for"] <= 0]
    if after is None and len(visible) < len(found):
        context.database.execute("UPDATE tokens SET hidden_for = hidden_for - 1 WHERE scope = ? AND hidden_for > 0", scopeMrn)
    for term in [*([query] if query else []), *(queryTerms or [])]:
        visible = [token for token in visible if term.lower() in f"{token['name']}\n{token['description']}".lower()]
    if orderBy:
        visible.sort(key=_ORDERS[orderBy["field"]], reverse=orderBy["direction"] == "DESC")
    return _page([_token_node(token, context.settings) for token in visible], "mrn", first, after)


def _token_node(token: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    return {
        "id": token["mrn"].rsplit("/", 1)[-1],
        "mrn": token["mrn"],
        "name": token["name"],
        "description": token["description"] or None,
        "roles": [{"mrn": role, "title": role.removeprefix(ROLE_PREFIX).title()} for role in json.loads(token["roles"])],
        "createdAt": token["created_at"],
        "lastUsed": token["last_used_at"] or (_ZERO_TIME if settings.never_used == "zero" else None),
        "creator": json.loads(token["creator"]),
    }


def _organization(_root: object, info: GraphQLResolveInfo, mrn: str) -> dict[str, Any]:
    context = _context(info)
    found = context.database.row("SELECT * FROM organizations WHERE mrn = ?", mrn)
    if not found:
        raise not_found(f"organization {mrn}")
    require_reader(context.database, context.principal, mrn)
    return {"id": mrn.rsplit("/", 1)[-1], "mrn": mrn, "name": found["name"]}


def _spaces_list(
    organization: Mapping[str, Any], info: GraphQLResolveInfo, first: int | None = None, after: str | None = None
) -> dict[str, Any]:
    found = _context(info).database.rows("SELECT * FROM spaces WHERE organization = ? ORDER BY rowid", organization["mrn"])
    return _page([_space_node(space) for space in found], "mrn", first, after)


def _space_node(space: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": space["mrn"].rsplit("/", 1)[-1], "mrn": space["mrn"], "name": space["name"]}


def _space(_root: object, info: GraphQLResolveInfo, mrn: str) -> dict[str, Any]:
    context = _context(info)
    found = context.database.row("SELECT * FROM spaces WHERE mrn = ?", mrn)
    if not found:
        raise not_found(f"space {mrn}")
    require_reader(context.database, context.principal, mrn)
    return _space_node(found)


def _get_roles(_root: object, info: GraphQLResolveInfo, identity: str, scopeMrn: str) -> dict[str, Any]:  # noqa: N803
    context = _context(info)
    token = _managed_token(context, identity)
    return {"identity_mrn": identity, "identity_email": None, "scope_mrn": scopeMrn, "roles": json.loads(token["roles"])}


def _declared_roles(given: Sequence[Mapping[str, str]]) -> list[str]:
    names = [role["mrn"].removeprefix(ROLE_PREFIX) for role in given]
    for name in names:
        if name not in KNOWN_ROLES:
            raise invalid_argument(f"unknown role {name}")
    return [ROLE_PREFIX + name for name in names]


def _generate(_root: object, info: GraphQLResolveInfo, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    context = _context(info)
    scope = input.get("scopeMrn") or input.get("spaceMrn")
    if not scope:
        raise invalid_argument("scopeMrn is required")
    if not context.database.scope_exists(scope):
        raise not_found(f"scope {scope}")
    require_manager(context.database, context.principal, scope)
    if not input["name"].strip():
        raise invalid_argument("name must not be empty")
    roles = _declared_roles(input.get("roles") or [])
    mrn = new_token_mrn(scope)
    secret = new_secret(context.database, mrn, opaque=context.settings.opaque_tokens)
    context.database.add_token(
        secret,
        mrn,
        scope,
        input["name"],
        description=input.get("description") or "",
        roles=[*roles, membership_of(scope)],
        creator=context.principal.creator,
        hidden_for=context.settings.listing_lag,
    )
    return {"token": secret, "mrn": mrn if context.settings.payload_mrn else None}


def new_token_mrn(scope: str) -> str:
    """Opaque to clients."""
    return f"//agents.api.mondoo.app{scope.removeprefix('//captain.api.mondoo.app')}/apitokens/{uuid.uuid4().hex[:16]}"


def _managed_token(context: Context, mrn: str) -> dict[str, Any]:
    token = context.database.row("SELECT * FROM tokens WHERE mrn = ?", mrn)
    if not token:
        raise not_found(f"API token {mrn}")
    require_manager(context.database, context.principal, token["scope"])
    return token


def _update(_root: object, info: GraphQLResolveInfo, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    context = _context(info)
    token = _managed_token(context, input["mrn"])
    name = input.get("name")
    if name is not None and not name.strip():
        raise invalid_argument("name must not be empty")
    changed = {**token, **{key: input[key] for key in ("name", "description") if input.get(key) is not None}}
    context.database.execute(
        "UPDATE tokens SET name = ?, description = ? WHERE mrn = ?", changed["name"], changed["description"], token["mrn"]
    )
    return _token_node(changed, context.settings)


def _delete(_root: object, info: GraphQLResolveInfo, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    context = _context(info)
    token = _managed_token(context, input["mrn"])
    context.database.execute("DELETE FROM tokens WHERE mrn = ?", token["mrn"])
    return {"mrn": token["mrn"]}


def _set_roles(_root: object, info: GraphQLResolveInfo, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Replaces the whole list of each entity; all or nothing. The membership stays by itself."""
    context = _context(info)
    scope = input.get("scopeMrn") or input.get("spaceMrn")
    if not scope:
        raise invalid_argument("scopeMrn is required")
    require_manager(context.database, context.principal, scope)
    changes: dict[str, list[str]] = {}
    for update in input.get("updates") or []:
        token = _managed_token(context, update["entityMrn"])
        if token["scope"] != scope:
            raise invalid_argument(f"{token['mrn']} does not belong to {scope}")
        changes[token["mrn"]] = sorted({*_declared_roles(update["roles"]), membership_of(scope)})
    for mrn, roles in changes.items():
        context.database.execute("UPDATE tokens SET roles = ? WHERE mrn = ?", json.dumps(roles), mrn)
    return {"mrns": list(changes)}


RESOLVERS: dict[str, dict[str, Callable[..., Any]]] = {
    "Query": {"apiTokens": _api_tokens, "organization": _organization, "space": _space, "getRoles": _get_roles},
    "Organization": {"spacesList": _spaces_list},
    "Mutation": {
        "generateAPIToken": _generate,
        "updateAPIToken": _update,
        "deleteAPIToken": _delete,
        "setRoles": _set_roles,
    },
}

__all__ = ["RESOLVERS", "Context", "ServiceError", "new_token_mrn"]
