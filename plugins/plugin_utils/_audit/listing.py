# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From results of the module api_token_info to the inventory of an audit: tokens, scopes, and the identities that read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope

from .declared import KnownScope
from .tokens import AuditedToken, cached_scope, plain_text, tokens_from


@dataclass(frozen=True)
class Connection:
    """Where and as whom tokens were read; None for what is not known.

    name: of an entry of `connections`. endpoint: without anything that could be a secret. kind: `api_token` or `service_account`.
    """

    name: str | None = None
    endpoint: str | None = None
    kind: str | None = None
    mrn: str | None = None

    def result(self) -> dict[str, Any]:
        return {"name": self.name, "endpoint": self.endpoint, "kind": self.kind, "mrn": self.mrn}


@dataclass(frozen=True)
class Read:
    """One listing to request. scope: with include_spaces, an organization with its spaces. options: of the connection."""

    scope: Scope
    include_spaces: bool = False
    connection: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the module api_token_info."""
        extra = {"include_spaces": True} if self.include_spaces else {}
        return {**self.options, self.scope.kind: self.scope.mrn, **extra}


@dataclass(frozen=True)
class CoveredScope(KnownScope):
    """A scope of the audit. reason: why it could not be read; None if it was."""

    reason: str | None = None

    @property
    def is_read(self) -> bool:
        return self.reason is None


@dataclass(frozen=True)
class Inventory:
    """All that was read. scopes: by MRN, sorted. whole: MRNs of organizations that were read with all of their spaces."""

    tokens: list[AuditedToken]
    scopes: dict[str, CoveredScope]
    connections: list[Connection]
    whole: frozenset[str]

    @property
    def unread(self) -> list[CoveredScope]:
        """Scopes that could not be read."""
        return [scope for scope in self.scopes.values() if not scope.is_read]


def inventory_from(listings: Iterable[tuple[Read, Mapping[str, Any]]]) -> Inventory:
    """Combines listings; raises MondooError if none of them succeeded, since there is nothing to report then."""
    entries: list[Any] = []
    scopes: dict[str, CoveredScope] = {}
    connections: dict[Connection, None] = {}
    reasons: list[str] = []
    whole: set[str] = set()
    for read, result in listings:
        if "api_tokens" not in result:
            reasons.append(plain_text(result.get("msg") or "The module api_token_info has not run."))
            _add(scopes, _covered(read.scope, reason=reasons[-1]))
            continue
        connections[_connection(read, result)] = None
        if read.include_spaces:
            whole.add(read.scope.mrn)
        entries += result["api_tokens"]
        for scope in _scopes(read, result):
            _add(scopes, scope)
    if reasons and not connections:
        raise MondooError("NothingRead", " ".join(dict.fromkeys(reasons)))
    tokens = tokens_from(entries)
    for token in tokens:
        _add(scopes, _covered(token.scope))
    order = sorted(scopes.values(), key=lambda scope: scope.mrn)
    return Inventory(tokens, {scope.mrn: scope for scope in order}, list(connections), frozenset(whole))


def known_scopes(scopes: Iterable[Mapping[str, Any]]) -> list[KnownScope]:
    """Reads `scopes` of the module api_token_info."""
    return [_told(entry, None) for entry in scopes]


def _scopes(read: Read, result: Mapping[str, Any]) -> Iterable[CoveredScope]:
    organization = read.scope.mrn if read.include_spaces else None
    yield _covered(read.scope)
    for entry in result.get("scopes") or ():
        yield _told(entry, organization)
    if organization:
        for entry in result["api_tokens"]:
            yield _covered(cached_scope(plain_text(entry["scope_mrn"])), organization=organization)
    for entry in result.get("unreadable") or ():
        scope = cached_scope(plain_text(entry["scope_mrn"]))
        name = plain_text(entry["name"]) if entry.get("name") else None
        yield _covered(scope, name, organization, plain_text(entry.get("reason") or "unknown"))


def _told(entry: Mapping[str, Any], organization: str | None) -> CoveredScope:
    name = plain_text(entry["name"]) if entry.get("name") else None
    return _covered(cached_scope(plain_text(entry["mrn"])), name, organization)


def _covered(
    scope: Scope, name: str | None = None, organization: str | None = None, reason: str | None = None
) -> CoveredScope:
    owner = organization if scope.kind == "space" else None
    return CoveredScope(scope.mrn, scope.kind, scope.mrn.rsplit("/", 1)[-1], name, owner, reason)


def _add(scopes: dict[str, CoveredScope], scope: CoveredScope) -> None:
    """Adds a scope; keeps what is known about it from other listings, and prefers a listing that could read it."""
    known = scopes.get(scope.mrn)
    if known is not None:
        reason = known.reason if scope.reason and known.reason else None
        scope = replace(
            scope,
            name=scope.name or known.name,
            organization=scope.organization or known.organization,
            reason=reason,
        )
    scopes[scope.mrn] = scope


def _connection(read: Read, result: Mapping[str, Any]) -> Connection:
    identity = result.get("identity") or {}
    return Connection(
        name=read.connection,
        endpoint=_endpoint(read, result),
        kind=_text(identity.get("kind")),
        mrn=_text(identity.get("mrn")),
    )


def _endpoint(read: Read, result: Mapping[str, Any]) -> str | None:
    """The endpoint as the module reports it, else from its options. Without either, the environment of its host decides."""
    if result.get("endpoint"):
        return shown_address(str(result["endpoint"]))
    if read.options.get("endpoint"):
        return shown_address(str(read.options["endpoint"]))
    return f"region {plain_text(read.options['region'])}" if read.options.get("region") else None


def shown_address(address: str) -> str | None:
    """Scheme, host and port of an address, without anything that could be a secret; None if it is not an address."""
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not parts.scheme or not host or not re.fullmatch(r"[\w.:-]+", host):
        return None
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{'' if port is None else f':{port}'}"


def _text(value: object) -> str | None:
    return plain_text(value) if value else None
