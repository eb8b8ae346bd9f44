# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state when a run begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .._api.pool import TokenApiPool
from .._api.tokens import Listing
from .._values.errors import MondooError
from .._values.mrn import Scope


def list_scopes(
    pool: TokenApiPool,
    scopes: Sequence[Scope],
    delivered: frozenset[str],
    patience: float,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Mapping[Scope, Listing | MondooError]:
    """The tokens of each scope, or why they could not be listed.

    delivered: MRNs of tokens that exist, since their secrets were handed over. A listing that does not show them yet is
    repeated, for so many seconds. progress: called with how many scopes have been read, and of how many.
    """
    listings: Mapping[Scope, Listing | MondooError] = {}
    for _attempt in pool.clients[0].policy.budget(patience).attempts():
        listings = pool.list_tokens(scopes, progress)
        if not _lacks(listings, delivered):
            break
    return listings


def _lacks(listings: Mapping[Scope, Listing | MondooError], mrns: frozenset[str]) -> bool:
    """Whether tokens are missing that cannot be in another listing."""
    shown: set[str | None] = set()
    for listing in listings.values():
        if isinstance(listing, MondooError):
            return False
        shown |= {token.mrn for token in listing}
    return not mrns <= shown
