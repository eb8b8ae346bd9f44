# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From results of the module api_token_info to the inventory of an audit: tokens, scopes, and the identities that read them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.mondoo.platform.plugins.module_utils._transport.endpoint import (
    REGIONS,
    choose_endpoint,
    service_of,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope

from .._reading import list_from, read_entry, required_text
from .declared import KnownScope
from .tokens import AuditedToken, cached_scope, plain_text, tokens_from

# The address of the API and the MRN of a scope: regions may have scopes with the same MRN.
Place = tuple[str, str]
_PORTS = {"https": 443, "http": 80}


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
    """A scope of the audit.

    reason: why it could not be read; None if it was. address: of the API. endpoint: its address as reports show it, if they have
    a scope with this MRN from another one too.
    """

    reason: str | None = None
    address: str = ""
    endpoint: str | None = None

    @property
    def place(self) -> Place:
        return self.address, self.mrn

    @property
    def text(self) -> str:
        """In readable form."""
        return f'{self.kind} "{self.id}"' + (f" at {self.endpoint}" if self.endpoint else "")

    @property
    def is_read(self) -> bool:
        return self.reason is None


@dataclass(frozen=True)
class Inventory:
    """All that was read.

    scopes: by the address of the API and MRN, sorted. whole: MRNs of organizations that were read with all of their spaces.
    """

    tokens: list[AuditedToken]
    scopes: dict[Place, CoveredScope]
    connections: list[Connection]
    whole: frozenset[str]

    @property
    def unread(self) -> list[CoveredScope]:
        """Scopes that could not be read."""
        return [scope for scope in self.scopes.values() if not scope.is_read]

    @property
    def read(self) -> dict[str, bool]:
        """Whether the scopes with an MRN could be read, all of them."""
        unread = {scope.mrn for scope in self.unread}
        return {scope.mrn: scope.mrn not in unread for scope in self.scopes.values()}


def inventory_from(listings: Iterable[tuple[Read, Mapping[str, Any]]]) -> Inventory:
    """Combines listings; raises MondooError if none of them succeeded, since there is nothing to report then."""
    tokens: dict[tuple[str, ...], AuditedToken] = {}
    scopes: dict[Place, CoveredScope] = {}
    connections: dict[Connection, None] = {}
    reasons: list[str] = []
    whole: set[str] = set()
    for read, result in listings:
        address = _address(read, result)
        if "api_tokens" not in result:
            reasons.append(plain_text(result.get("msg") or "The module api_token_info has not run."))
            _add(scopes, _covered(read.scope, address, reason=reasons[-1]))
            continue
        connections[_connection(read, result, address)] = None
        if read.include_spaces:
            whole.add(read.scope.mrn)
        for token in tokens_from(result["api_tokens"], address):
            tokens[token.key if token.mrn else (str(len(tokens)),)] = token
            organization = read.scope.mrn if read.include_spaces else None
            _add(scopes, _covered(token.scope, address, organization=organization))
        for scope in _scopes(read, result, address):
            _add(scopes, scope)
    if reasons and not connections:
        raise MondooError("NothingRead", " ".join(dict.fromkeys(reasons)))
    return Inventory([*tokens.values()], _ordered(scopes), list(connections), frozenset(whole))


def _ordered(scopes: Mapping[Place, CoveredScope]) -> dict[Place, CoveredScope]:
    """The scopes by MRN; those of one MRN get their endpoint."""
    counts = Counter(scope.mrn for scope in scopes.values())
    return {
        place: scope
        if counts[scope.mrn] == 1
        else replace(scope, endpoint=shown_address(scope.address) or "an unknown endpoint")
        for place, scope in sorted(scopes.items(), key=lambda item: (item[1].mrn, item[0]))
    }


def known_scopes(scopes: object) -> list[KnownScope]:
    """Reads `scopes` of the module api_token_info; raises MondooError for anything else."""
    entries = enumerate(list_from("scopes", scopes), start=1)
    return [read_entry(number, "scopes", entry, lambda told: _told(told, "", None)) for number, entry in entries]


def _scopes(read: Read, result: Mapping[str, Any], address: str) -> Iterable[CoveredScope]:
    organization = read.scope.mrn if read.include_spaces else None
    yield _covered(read.scope, address)
    for entry in result.get("scopes") or ():
        yield _told(entry, address, organization)
    for entry in result.get("unreadable") or ():
        scope = cached_scope(plain_text(entry["scope_mrn"]))
        name = plain_text(entry["name"]) if entry.get("name") else None
        yield _covered(scope, address, name, organization, plain_text(entry.get("reason") or "unknown"))


def _told(entry: Mapping[str, Any], address: str, organization: str | None) -> CoveredScope:
    name = plain_text(entry["name"]) if entry.get("name") else None
    return _covered(cached_scope(plain_text(required_text(entry, "mrn"))), address, name, organization)


def _covered(
    scope: Scope, address: str, name: str | None = None, organization: str | None = None, reason: str | None = None
) -> CoveredScope:
    owner = organization if scope.kind == "space" else None
    return CoveredScope(scope.mrn, scope.kind, scope.mrn.rsplit("/", 1)[-1], name, owner, reason, address)


def _add(scopes: dict[Place, CoveredScope], scope: CoveredScope) -> None:
    """Adds a scope; keeps what is known about it from other listings, and prefers a listing that could read it."""
    known = scopes.get(scope.place)
    if known is not None:
        reason = known.reason if scope.reason and known.reason else None
        scope = replace(
            scope,
            name=scope.name or known.name,
            organization=scope.organization or known.organization,
            reason=reason,
        )
    scopes[scope.place] = scope


def _connection(read: Read, result: Mapping[str, Any], address: str) -> Connection:
    identity = result.get("identity") or {}
    return Connection(
        name=read.connection,
        endpoint=shown_address(address),
        kind=_text(identity.get("kind")),
        mrn=_text(identity.get("mrn")),
    )


def _address(read: Read, result: Mapping[str, Any]) -> str:
    """Where the API is, as the module reports it, else by the options; empty if the environment of its host decides."""
    address = str(result.get("endpoint") or "")
    endpoint, region = (str(read.options.get(option) or "") for option in ("endpoint", "region"))
    if not address and (endpoint or region in REGIONS):
        try:
            address = choose_endpoint(endpoint=endpoint, region=region, environment=None, account=None)
        except MondooError:
            return ""
    return f"{shown_address(service_of(address))}{urlsplit(address).path}" if address else ""


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
    return f"{parts.scheme}://{shown}{'' if port in (None, _PORTS.get(parts.scheme)) else f':{port}'}"


def _text(value: object) -> str | None:
    return plain_text(value) if value else None
