# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which scope owns a token that the listings of several scopes show, if it does not name its scope. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from .._values.errors import MondooError
from .._values.mrn import Scope, token_scope
from .._values.token import Token
from .._values.token_names import parse_name


def assign_once(
    listings: Mapping[Scope, Sequence[Token] | MondooError], declared: Mapping[Scope, Collection[str]] | None = None
) -> dict[Scope, tuple[Token, ...] | MondooError]:
    """The listings with each token in only one of them.

    declared: for each scope the names and MRNs that are declared there. A token belongs to the scope in its MRN; if that is
    not listed, to the scope in which it is declared; else to the space, since an organization's listing may show the tokens
    of its spaces.
    """
    declared = declared or {}
    rivals: dict[str | None, list[Token]] = defaultdict(list)
    for listing in listings.values():
        for token in () if isinstance(listing, MondooError) else listing:
            rivals[token.mrn].append(token)
    owners = {
        mrn: max(tokens, key=lambda token: _claim(token, declared.get(token.scope, ()))).scope
        for mrn, tokens in rivals.items()
    }
    return {
        scope: listing
        if isinstance(listing, MondooError)
        else tuple(token for token in listing if owners[token.mrn] == scope)
        for scope, listing in listings.items()
    }


def _claim(token: Token, declared: Collection[str]) -> tuple[bool, bool, bool]:
    """How much speaks for the scope of the token, the weightiest first."""
    named = token_scope(token.mrn) if token.mrn is not None else None
    known_as = (token.mrn, token.name, parse_name(token.name).base)
    return named == token.scope, any(each in declared for each in known_as), token.scope.kind == "space"
