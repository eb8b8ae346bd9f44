# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the fields of the schema do. Bound only where the schema that is served has them."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import times
from .connections import Listing
from .database import Database, NewToken
from .errors import ServiceError, invalid_argument, not_found
from .identity import Principal, require_manager, require_reader
from .issuing import new_secret
from .names import KNOWN_ROLES, ROLE_PREFIX, id_of, membership_of, new_token_mrn
from .settings import Settings

if TYPE_CHECKING:
    from graphql import GraphQLResolveInfo

    Info = GraphQLResolveInfo["Context"]

_ORDERS = {"NAME": "name", "LAST_USED": "coalesce(last_used_at, '')", "CREATED_AT": "created_at"}
_OLDEST_FIRST = {"field": "CREATED_AT", "direction": "ASC"}


@dataclass(frozen=True)
class Refusal:
    """Lets root fields fail whose arguments have a text in them, and no others. error: how."""

    mentioning: str
    error: ServiceError


@dataclass(frozen=True)
class Context:
    """What a request is executed with. stuck: every page of a listing is its first one. refusal: of some root fields."""

    database: Database
    principal: Principal
    settings: Settings
    stuck: bool = False
    refusal: Refusal | None = None

    def page(self, listing: Listing, first: int | None, after: str | None) -> dict[str, Any]:
        return listing.page(self.database, first, None if self.stuck else after)


# -- queries -----------------------------------------------------------------------------------------------------------


def _api_tokens(
    _root: object,
    info: Info,
    scopeMrn: str | None = None,  # noqa: N803  (here and below: argument names are the schema's)
    first: int | None = None,
    after: str | None = None,
    query: str | None = None,
    queryTerms: Sequence[str] | None = None,  # noqa: N803
    orderBy: Mapping[str, str] | None = None,  # noqa: N803
) -> dict[str, Any]:
    """The scope's own tokens: an organization's listing has none of its spaces'."""
    context = info.context
    if not scopeMrn:
        raise invalid_argument("scopeMrn is required")
    require_reader(context.database, context.principal, scopeMrn)
    terms = [*([query] if query else []), *(queryTerms or [])]
    order = orderBy or _OLDEST_FIRST
    listing = Listing(
        table="tokens",
        where="scope = ? AND hidden_for = 0" + " AND contains(name || char(10) || description, ?)" * len(terms),
        values=[scopeMrn, *terms],
        key=_ORDERS[order["field"]],
        node=functools.partial(_token_node, settings=context.settings),
        descending=order["direction"] == "DESC",
    )
    page = context.page(listing, first, after)
    if after is None:
        context.database.execute(
            "UPDATE tokens SET hidden_for = hidden_for - 1 WHERE scope = ? AND hidden_for > 0", scopeMrn
        )
    return page


def _token_node(token: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    never = times.ZERO if settings.never_used == "zero" else None
    return {
        "id": id_of(token["mrn"]),
        "mrn": token["mrn"],
        "name": token["name"],
        "description": token["description"] or None,
        "roles": [{"mrn": role, "title": id_of(role).title()} for role in json.loads(token["roles"])],
        "createdAt": times.shown(token["created_at"]),
        "lastUsed": times.shown(token["last_used_at"]) if token["last_used_at"] else never,
        "creator": json.loads(token["creator"]),
    }


def _organization(_root: object, info: Info, mrn: str) -> dict[str, Any]:
    context = info.context
    found = context.database.organization(mrn)
    if found is None:
        raise not_found(f"organization {mrn}")
    require_reader(context.database, context.principal, mrn)
    return _named_node(found)


def _spaces_list(
    organization: Mapping[str, Any], info: Info, first: int | None = None, after: str | None = None
) -> dict[str, Any]:
    listing = Listing("spaces", "organization = ?", [organization["mrn"]], "number", _named_node)
    return info.context.page(listing, first, after)


def _space(_root: object, info: Info, mrn: str) -> dict[str, Any]:
    context = info.context
    found = context.database.space(mrn)
    if found is None:
        raise not_found(f"space {mrn}")
    require_reader(context.database, context.principal, mrn)
    return _named_node(found)


def _named_node(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": id_of(row["mrn"]), "mrn": row["mrn"], "name": row["name"]}


def _get_roles(_root: object, info: Info, identity: str, scopeMrn: str) -> dict[str, Any]:  # noqa: N803
    context = info.context
    require_reader(context.database, context.principal, scopeMrn)
    _table, entity = _entity(context, identity, scopeMrn)
    return {"identity_mrn": identity, "scope_mrn": scopeMrn, "roles": json.loads(entity["roles"])}


def _refusable(resolver: Callable[..., Any]) -> Callable[..., Any]:
    """A root field that fails where the context says so."""

    @functools.wraps(resolver)
    def run(root: object, info: Info, **arguments: Any) -> Any:
        refusal = info.context.refusal
        if refusal is not None and refusal.mentioning in json.dumps(arguments):
            raise refusal.error
        return resolver(root, info, **arguments)

    return run


# -- mutations ---------------------------------------------------------------------------------------------------------


def _atomic(resolver: Callable[..., Any]) -> Callable[..., Any]:
    """All that a mutation does, or nothing of it."""

    @functools.wraps(resolver)
    def run(root: object, info: Info, **arguments: Any) -> Any:
        with info.context.database.transaction():
            return resolver(root, info, **arguments)

    return run


@_atomic
def _generate(_root: object, info: Info, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Names need not be unique: nothing that is published says so."""
    context = info.context
    scope = _scope_of(input)
    require_manager(context.database, context.principal, scope)
    _require_name(input["name"])
    mrn = new_token_mrn(scope)
    secret = new_secret(context.database, mrn, opaque=context.settings.opaque_tokens)
    token = NewToken(
        mrn,
        scope,
        input["name"],
        roles=[*_declared_roles([role["mrn"] for role in input.get("roles") or []]), membership_of(scope)],
        creator=context.principal.creator,
        created_at=times.now(),
        description=input.get("description") or "",
        hidden_for=context.settings.listing_lag,
    )
    context.database.add_token(token, secret)
    return {"token": secret, "mrn": mrn if context.settings.payload_mrn else None}


@_atomic
def _update(_root: object, info: Info, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    context = info.context
    token = _managed_token(context, input["mrn"])
    changes = {column: input[column] for column in ("name", "description") if input.get(column) is not None}
    if "name" in changes:
        _require_name(changes["name"])
    changed = {**token, **changes}
    context.database.execute(
        "UPDATE tokens SET name = ?, description = ? WHERE mrn = ?",
        *(changed["name"], changed["description"], changed["mrn"]),
    )
    return _token_node(changed, context.settings)


@_atomic
def _delete(_root: object, info: Info, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    context = info.context
    token = _managed_token(context, input["mrn"])
    context.database.execute("DELETE FROM tokens WHERE mrn = ?", token["mrn"])
    return {"mrn": token["mrn"]}


@_atomic
def _set_roles(_root: object, info: Info, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Replaces the whole list of each entity. The membership stays by itself."""
    context = info.context
    scope = _scope_of(input)
    require_manager(context.database, context.principal, scope)
    changed: list[str] = []
    for mrn, roles in _role_changes(input):
        if mrn in changed:
            raise invalid_argument(f"{mrn} is there more than once")
        table, _row = _entity(context, mrn, scope)
        kept = json.dumps(sorted({*_declared_roles(roles), membership_of(scope)}))
        context.database.execute(f"UPDATE {table} SET roles = ? WHERE mrn = ?", kept, mrn)  # noqa: S608
        changed.append(mrn)
    if not changed:
        raise invalid_argument("updates must not be empty")
    return {"mrns": changed}


def _role_changes(given: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str]]]:
    """The entities with their new roles: several in `updates`, or a single one in `identity` and `roles`."""
    for update in given.get("updates") or []:
        yield update["entityMrn"], [role["mrn"] for role in update["roles"]]
    if given.get("identity"):
        yield given["identity"], given.get("roles") or []


def _declared_roles(mrns: Sequence[str]) -> Sequence[str]:
    for mrn in mrns:
        # Also a membership: it is the platform's to give, and not among the known ones.
        if not mrn.startswith(ROLE_PREFIX) or mrn.removeprefix(ROLE_PREFIX) not in KNOWN_ROLES:
            raise invalid_argument(f"invalid role {mrn}")
    return mrns


def _scope_of(given: Mapping[str, Any]) -> str:
    scope = given.get("scopeMrn") or given.get("spaceMrn")
    if not scope:
        raise invalid_argument("scopeMrn is required")
    return str(scope)


def _require_name(name: str) -> None:
    if not name.strip():
        raise invalid_argument("name must not be empty")


def _managed_token(context: Context, mrn: str) -> dict[str, Any]:
    token = context.database.token(mrn)
    if token is None:
        raise not_found(f"API token {mrn}")
    require_manager(context.database, context.principal, token["scope"])
    return token


def _entity(context: Context, mrn: str, scope: str) -> tuple[str, dict[str, Any]]:
    """The API token or service account that belongs to the scope itself, with the name of its table."""
    for table in ("tokens", "accounts"):
        found = context.database.row(f"SELECT * FROM {table} WHERE mrn = ?", mrn)  # noqa: S608
        if found is not None:
            if found["scope"] != scope:
                raise invalid_argument(f"{mrn} does not belong to {scope}")
            return table, found
    raise not_found(mrn)


def _all_refusable(resolvers: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    return {name: _refusable(resolver) for name, resolver in resolvers.items()}


RESOLVERS: dict[str, dict[str, Callable[..., Any]]] = {
    "Query": _all_refusable(
        {"apiTokens": _api_tokens, "organization": _organization, "space": _space, "getRoles": _get_roles}
    ),
    "Organization": {"spacesList": _spaces_list},
    "Mutation": _all_refusable(
        {
            "generateAPIToken": _generate,
            "updateAPIToken": _update,
            "deleteAPIToken": _delete,
            "setRoles": _set_roles,
        }
    ),
}
