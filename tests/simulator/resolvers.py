# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the fields of the schema do. Bound only where the schema that is served has them."""

from __future__ import annotations

import functools
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import times
from .connections import Listing
from .database import Database, NewToken
from .errors import ServiceError, invalid_argument, not_found
from .identity import Principal, require_lister, require_manager, require_reader, require_right_to_grant
from .issuing import new_secret
from .names import KNOWN_ROLES, ROLE_PREFIX, id_of, is_space, membership_of, new_account_mrn
from .settings import Settings

if TYPE_CHECKING:
    from graphql import GraphQLResolveInfo

    Info = GraphQLResolveInfo["Context"]

_ORDERS = {"NAME": "name", "LAST_USED": "coalesce(last_used_at, '')", "CREATED_AT": "created_at"}
_NEVER = {"null": None, "empty": "", "zero": times.ZERO, "epoch": times.EPOCH}
_STORED: dict[str, Callable[[str], str]] = {
    "unchanged": str,
    "trimmed": str.strip,
    "lower": str.lower,
    "nfc": functools.partial(unicodedata.normalize, "NFC"),
}
_ROLES = [ROLE_PREFIX + name for name in KNOWN_ROLES]
_OLDEST_FIRST = {"field": "CREATED_AT", "direction": "ASC"}


@dataclass(frozen=True)
class Refusal:
    """Refuses what has a text in its arguments and, unless None, is about a token of that name. in_answer: with a
    message in the payload, where that can tell a refusal; else with an error, for the whole root field.
    """

    mentioning: str
    named: str | None
    in_answer: bool
    error: ServiceError
    message: str

    def concerns(self, database: Database, arguments: object) -> bool:
        if self.mentioning not in json.dumps(arguments, ensure_ascii=False):
            return False
        return self.named is None or self.named in _names_in(database, arguments)


def _names_in(database: Database, arguments: object) -> Iterator[str]:
    """The names in the arguments of a mutation, and those of the tokens whose MRNs are in them."""
    if isinstance(arguments, Mapping):
        for key, value in arguments.items():
            if key == "name":
                yield value
            token = database.token(value) if key in ("mrn", "entityMrn", "identity") else None
            if token is not None:
                yield token["name"]
            yield from _names_in(database, value)
    elif isinstance(arguments, list):
        for value in arguments:
            yield from _names_in(database, value)


@dataclass(frozen=True)
class Context:
    """What a request is executed with. stuck: every page of a listing is its first one. refusal: of some of what it
    asks for. committed: the root fields that have changed something, in order.
    """

    database: Database
    principal: Principal
    settings: Settings
    stuck: bool = False
    refusal: Refusal | None = None
    committed: list[str] = field(default_factory=list)

    def now(self) -> str:
        return times.now(self.settings.clock_shift)

    def refuses_in_answer(self, arguments: object) -> bool:
        """Whether a rule refuses what has these arguments, in the answer."""
        refusal = self.refusal
        return refusal is not None and refusal.in_answer and refusal.concerns(self.database, arguments)

    def page(self, listing: Listing, first: int | None, after: str | None) -> dict[str, Any]:
        return listing.page(self.database, first, None if self.stuck else after)


# -- queries -----------------------------------------------------------------------------------------------------------


def _api_tokens(
    _root: object,
    info: Info,
    spaceMrn: str | None = None,  # noqa: N803  (here and below: argument names are the schema's)
    scopeMrn: str | None = None,  # noqa: N803
    first: int | None = None,
    after: str | None = None,
    queryTerms: Sequence[str] | None = None,  # noqa: N803
    orderBy: Mapping[str, str] | None = None,  # noqa: N803
) -> dict[str, Any]:
    context = info.context
    scope = _scope_of({"scopeMrn": scopeMrn, "spaceMrn": spaceMrn})
    viewers = context.settings.listing_role == "viewer"
    require_lister(context.database, context.principal, scope, viewers=viewers)
    if spaceMrn is not None:
        _check_space_mrn(context, spaceMrn, scope)
    scopes, scope_values = "scope = ?", [scope]
    if context.settings.organization_lists_spaces:
        scopes = "(scope = ? OR scope IN (SELECT mrn FROM spaces WHERE organization = ?))"
        scope_values = [scope, scope]
    terms = queryTerms or []
    order = orderBy or _OLDEST_FIRST
    where = f"{scopes} AND hidden_for = 0 AND hidden_until <= ?"
    listing = Listing(
        table="tokens",
        where=where + " AND contains(name || char(10) || description, ?)" * len(terms),
        values=[*scope_values, times.timestamp(), *terms],
        key=_ORDERS[order["field"]],
        node=functools.partial(_token_node, settings=context.settings),
        descending=order["direction"] == "DESC",
    )
    page = context.page(listing, first, after)
    if after is None:
        context.database.execute(
            f"UPDATE tokens SET hidden_for = hidden_for - 1 WHERE {scopes} AND hidden_for > 0",  # noqa: S608
            *scope_values,
        )
    return page


def _check_space_mrn(context: Context, space_mrn: str, scope: str) -> None:
    """Of a space, both are its MRN. For an organization, the service may take an empty text or the organization's."""
    expected = {scope: "accepted"}
    if context.database.organization(scope):
        settings = context.settings
        expected = {"": settings.empty_space_mrn, scope: settings.organization_space_mrn}
    verdict = expected.get(space_mrn, "InvalidArgument")
    if verdict != "accepted":
        raise ServiceError(verdict, f'invalid spaceMrn "{space_mrn}"')


def _token_node(token: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    used = times.shown(token["last_used_at"]) if token["last_used_at"] else _NEVER[settings.never_used]
    return {
        "mrn": token["mrn"],
        **_scope_mrns(token["scope"]),
        "name": token["name"],
        "description": token["description"] or None,
        "roles": [
            {"mrn": _shown_role(role, settings), "title": id_of(role).title()} for role in json.loads(token["roles"])
        ],
        "createdAt": json.loads(token["created_raw"]) if token["created_raw"] else times.shown(token["created_at"]),
        "lastUsed": json.loads(token["last_used_raw"]) if token["last_used_raw"] else used,
        "creator": json.loads(token["creator"]),
    }


def _scope_mrns(scope: str) -> dict[str, str]:
    return {"spaceMrn": scope if is_space(scope) else "", "scopeMrn": scope}


def _shown_role(mrn: str, settings: Settings) -> str:
    name = id_of(mrn)
    return f"//{settings.role_host}/roles/{name.title() if settings.role_case == 'title' else name}"


def _organization(_root: object, info: Info, mrn: str) -> dict[str, Any]:
    context = info.context
    row = context.database.organization(mrn)
    if row is None:
        raise not_found(f"organization {mrn}")
    require_reader(context.database, context.principal, mrn)
    return _named_node(row)


def _spaces_list(
    organization: Mapping[str, Any], info: Info, first: int | None = None, after: str | None = None
) -> dict[str, Any]:
    listing = Listing("spaces", "organization = ?", [organization["mrn"]], "number", _named_node)
    return info.context.page(listing, first, after)


def _space(_root: object, info: Info, mrn: str) -> dict[str, Any]:
    context = info.context
    row = context.database.space(mrn)
    if row is None:
        raise not_found(f"space {mrn}")
    require_reader(context.database, context.principal, mrn)
    return _named_node(row)


def _named_node(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": id_of(row["mrn"]), "mrn": row["mrn"], "name": row["name"]}


def _refusable(resolver: Callable[..., Any]) -> Callable[..., Any]:
    """A root field that fails where the context says so."""

    @functools.wraps(resolver)
    def run(root: object, info: Info, **arguments: Any) -> Any:
        refusal = info.context.refusal
        if refusal is not None and not refusal.in_answer and refusal.concerns(info.context.database, arguments):
            raise refusal.error
        return resolver(root, info, **arguments)

    return run


# -- mutations ---------------------------------------------------------------------------------------------------------


def _atomic(resolver: Callable[..., Any]) -> Callable[..., Any]:
    """All that a mutation does, or nothing of it."""

    @functools.wraps(resolver)
    def run(root: object, info: Info, **arguments: Any) -> Any:
        database = info.context.database
        before = database.changes
        with database.transaction():
            payload = resolver(root, info, **arguments)
        if database.changes > before:
            info.context.committed.append(info.field_name)
        return payload

    return run


@_atomic
def _generate(_root: object, info: Info, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Names need not be unique: nothing that is published says so."""
    context = info.context
    scope = _scope_of(input)
    settings = context.settings
    require_manager(context.database, context.principal, scope)
    roles = _granted_roles(context, [role["mrn"] for role in input.get("roles") or []])
    mrn = new_account_mrn(scope)
    secret = new_secret(context.database, mrn, settings)
    token = NewToken(
        mrn,
        scope,
        _stored_name(input["name"], settings),
        roles=[*roles, membership_of(scope)],
        creator=context.principal.creator,
        created_at=context.now(),
        description=_stored_description(input.get("description") or "", settings),
        hidden_for=settings.listing_lag,
        hidden_until=times.timestamp() + settings.listing_lag_seconds,
    )
    context.database.add_token(token, secret)
    if not settings.payload_values:
        return {"token": secret}
    return {
        "token": secret,
        "mrn": mrn if settings.payload_mrn else None,
        "name": token.name,
        "description": token.description or None,
        **_scope_mrns(scope),
        "createdBy": context.principal.mrn,
        "createdAt": times.shown(token.created_at),
    }


@_atomic
def _update(_root: object, info: Info, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    context = info.context
    token = _managed_token(context, input["mrn"])
    if context.refuses_in_answer(input):
        return _token_node(token, context.settings)
    changed = dict(token)
    if input.get("name") is not None:
        changed["name"] = _stored_name(input["name"], context.settings)
    if input.get("description") is not None:
        changed["description"] = _stored_description(input["description"], context.settings)
    context.database.execute(
        "UPDATE tokens SET name = ?, description = ? WHERE mrn = ?",
        *(changed["name"], changed["description"], changed["mrn"]),
    )
    return _token_node(changed, context.settings)


@_atomic
def _delete(_root: object, info: Info, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    context = info.context
    if context.refuses_in_answer(input):
        return {"ok": False}
    try:
        token = _managed_token(context, input["mrn"])
    except ServiceError:
        if context.settings.refusals == "errors":
            raise
        return {"ok": False}
    context.database.execute("DELETE FROM tokens WHERE mrn = ?", token["mrn"])
    return {"ok": True if context.settings.payload_values else None}


@_atomic
def _set_roles(_root: object, info: Info, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Replaces the whole list of each entity. The membership stays by itself. Refusals that are errors are for all
    entities; those in the answer are for each.
    """
    context = info.context
    scope = _scope_of(input)
    require_manager(context.database, context.principal, scope)
    changes = list(_role_changes(input))
    if not changes:
        raise invalid_argument("updates must not be empty")
    if len({mrn for mrn, _roles in changes}) < len(changes):
        raise invalid_argument("an entity is there more than once")
    errors: dict[str, str] = {}
    for mrn, roles in changes:
        if context.refusal is not None and context.refuses_in_answer({"entityMrn": mrn, "roles": roles}):
            errors[mrn] = context.refusal.message
            continue
        try:
            _set_roles_of(context, mrn, roles, scope)
        except ServiceError as error:
            if context.settings.refusals == "errors":
                raise
            errors[mrn] = error.message
    if not context.settings.payload_values:
        return {"errors": errors or None}
    return {"mrns": [mrn for mrn, _roles in changes if mrn not in errors], "errors": errors}


def _set_roles_of(context: Context, mrn: str, roles: Sequence[str], scope: str) -> None:
    table = _table_of(context, mrn, scope)
    kept = json.dumps(sorted({*_granted_roles(context, roles), membership_of(scope)}))
    context.database.execute(f"UPDATE {table} SET roles = ? WHERE mrn = ?", kept, mrn)  # noqa: S608


def _role_changes(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str]]]:
    """The entities with their new roles: several in `updates`, or a single one in `identity` and `roles`."""
    for update in arguments.get("updates") or []:
        yield update["entityMrn"], [role["mrn"] for role in update["roles"]]
    if arguments.get("identity"):
        yield arguments["identity"], arguments.get("roles") or []


def _granted_roles(context: Context, mrns: Sequence[str]) -> list[str]:
    """Roles as they are kept, by the MRNs of the contract or those in this service's answers."""
    # Without the memberships: those are the platform's to give.
    kept = {form: mrn for mrn in _ROLES for form in (mrn, _shown_role(mrn, context.settings))}
    unknown = [mrn for mrn in mrns if mrn not in kept]
    if unknown:
        raise invalid_argument(f"invalid role {unknown[0]}")
    roles = [kept[mrn] for mrn in mrns]
    require_right_to_grant(context.principal, roles)
    return roles


def _scope_of(arguments: Mapping[str, Any]) -> str:
    """By scopeMrn, or by its predecessor spaceMrn, which names no organization."""
    scope, space = arguments.get("scopeMrn"), arguments.get("spaceMrn")
    if not scope and not (space and is_space(space)):
        raise invalid_argument("scopeMrn is required")
    return str(scope or space)


def _stored_name(name: str, settings: Settings) -> str:
    if not name.strip():
        raise invalid_argument("name must not be empty")
    return _STORED[settings.stored_names](name)


def _stored_description(description: str, settings: Settings) -> str:
    return _STORED[settings.stored_descriptions](description)


def _managed_token(context: Context, mrn: str) -> dict[str, Any]:
    token = context.database.token(mrn)
    if token is None:
        raise not_found(f"API token {mrn}")
    require_manager(context.database, context.principal, token["scope"])
    return token


def _table_of(context: Context, mrn: str, scope: str) -> str:
    """The table of the API token or service account, which must belong to the scope itself."""
    for table in ("tokens", "accounts"):
        row = context.database.row(f"SELECT * FROM {table} WHERE mrn = ?", mrn)  # noqa: S608
        if row is not None:
            if row["scope"] != scope:
                raise invalid_argument(f"{mrn} does not belong to {scope}")
            return table
    raise not_found(mrn)


def _all_refusable(resolvers: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    return {name: _refusable(resolver) for name, resolver in resolvers.items()}


RESOLVERS: dict[str, dict[str, Callable[..., Any]]] = {
    "Query": _all_refusable({"apiTokens": _api_tokens, "organization": _organization, "space": _space}),
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
