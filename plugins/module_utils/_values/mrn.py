# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mondoo Resource Names of scopes and tokens: writing, reading and distinguishing them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import invalid_option

_SCOPE_PREFIX = "//captain.api.mondoo.app/"
_COLLECTIONS = {"space": "spaces", "organization": "organizations"}
_WITH_ARTICLE = {"space": "a space", "organization": "an organization"}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")
_TOKEN = re.compile(
    r"//agents\.api\.mondoo\.app/(?P<collection>spaces|organizations)/(?P<id>[^/]+)/serviceaccounts/[^/]+"
)


@dataclass(frozen=True)
class Scope:
    """The scope of a token. kind: `space` or `organization`."""

    kind: str
    mrn: str

    @property
    def id(self) -> str:
        """The last part of the MRN."""
        return self.mrn.rsplit("/", 1)[-1]

    def __str__(self) -> str:
        return f'{self.kind} "{self.id}"'


def scope_from(kind: str, value: str) -> Scope:
    """Reads the value of the option `kind` (`space` or `organization`): an ID or an MRN of that kind."""
    text = value.strip()
    if not text:
        raise invalid_option(f"{kind} must not be empty: give its ID or MRN")
    if not text.startswith("//"):
        if not _ID.fullmatch(text):
            raise invalid_option(f'{kind}: "{value}" is neither an ID nor an MRN ({_example(kind)})')
        return Scope(kind, f"{_SCOPE_PREFIX}{_COLLECTIONS[kind]}/{text}")
    scope = _scope_with_mrn(text)
    if scope is None:
        raise invalid_option(f'{kind}: "{value}" is not the MRN of {_WITH_ARTICLE[kind]} ({_example(kind)})')
    if scope.kind != kind:
        raise invalid_option(
            f'{kind}: "{value}" is the MRN of {_WITH_ARTICLE[scope.kind]}; use the option {scope.kind} for it'
        )
    return scope


def scope_of_mrn(mrn: str) -> Scope:
    """The scope with that MRN, as in the option `scope_mrn` and in results."""
    scope = _scope_with_mrn(mrn.strip())
    if scope is None:
        raise invalid_option(
            f'scope_mrn: "{mrn}" is the MRN of neither a space nor an organization ({_example("space")})'
        )
    return scope


def _scope_with_mrn(text: str) -> Scope | None:
    for kind, collection in _COLLECTIONS.items():
        head = f"{_SCOPE_PREFIX}{collection}/"
        if text.startswith(head) and _ID.fullmatch(text[len(head) :]):
            return Scope(kind, text)
    return None


def scope_path(mrn: str) -> str:
    """Kind and ID of the scope with that MRN, such as `spaces/ID`, which identify it whatever the host and the end."""
    return "/".join(mrn.strip().rstrip("/").split("/")[-2:])


def token_scope(mrn: str) -> Scope | None:
    """The scope that the MRN of a token names; None if the MRN has an unknown form. A hint, not a proof."""
    match = _TOKEN.fullmatch(mrn)
    if match is None or not _ID.fullmatch(match["id"]):
        return None
    kind = next(kind for kind, collection in _COLLECTIONS.items() if collection == match["collection"])
    return Scope(kind, f"{_SCOPE_PREFIX}{match['collection']}/{match['id']}")


def token_id(mrn: str) -> str:
    """The ID of a token: the last part of its MRN."""
    return mrn.rstrip("/").rpartition("/")[2]


def _example(kind: str) -> str:
    return f"an MRN looks like {_SCOPE_PREFIX}{_COLLECTIONS[kind]}/ID"


def token_mrn_from(value: str) -> str:
    """Reads the option `mrn`; the service's token MRNs are opaque strings that start with `//`."""
    text = value.strip()
    if not text.startswith("//") or len(text) < 3:
        raise invalid_option(f'mrn: "{value}" is not the MRN of an API token: it starts with //')
    return text
