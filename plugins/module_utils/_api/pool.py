# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several concurrent connections to the token API."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from .._graphql.pool import ConnectionPool
from .._values.each_space import Space
from .._values.errors import MondooError
from .._values.mrn import Scope
from .tokens import SCOPES_PER_REQUEST, Listing, TokenApi


class TokenApiPool(ConnectionPool[TokenApi]):
    """Concurrent connections, with the totals of all of them."""

    def __init__(self, first: TokenApi, connect: Callable[[], TokenApi], size: int) -> None:
        super().__init__(first, connect, size)

    @property
    def requests(self) -> int:
        """How many requests all of them have sent."""
        return sum(api.requests for api in self.clients)

    @property
    def operations(self) -> dict[str, int]:
        """How many mutations the service has executed or may have executed for all of them, by GraphQL name."""
        return dict(sorted(Counter(name for api in self.clients for name in api.mutations).items()))

    @property
    def warnings(self) -> list[str]:
        """Sentences about oddities of the service, each once."""
        return self.clients[0].warnings

    def list_tokens(
        self, scopes: Sequence[Scope], progress: Callable[[int, int], None] = lambda _done, _of: None
    ) -> dict[Scope, Listing | MondooError]:
        """As `TokenApi.list_tokens`, with concurrent requests.

        progress: called with how many scopes have been read, and of how many; one call at a time, from any thread.
        """
        shares = [scopes[start : start + SCOPES_PER_REQUEST] for start in range(0, len(scopes), SCOPES_PER_REQUEST)]
        lock = threading.Lock()
        done = 0

        def read(api: TokenApi, share: Sequence[Scope]) -> dict[Scope, Listing | MondooError]:
            nonlocal done
            result = api.list_tokens(share)
            with lock:
                done += len(share)
                progress(done, len(scopes))
            return result

        listings: dict[Scope, Listing | MondooError] = {}
        for result in self.map(read, shares):
            if isinstance(result, Exception):
                raise result
            listings.update(result)
        return listings

    def list_spaces(self, organizations: Sequence[Scope]) -> dict[Scope, tuple[Space, ...] | MondooError]:
        """For each organization its spaces, or why they could not be listed."""
        spaces: dict[Scope, tuple[Space, ...] | MondooError] = {}
        results = self.map(lambda api, organization: api.list_spaces(organization), organizations)
        for organization, result in zip(organizations, results, strict=True):
            if isinstance(result, Exception) and not isinstance(result, MondooError):
                raise result
            spaces[organization] = result
        return spaces
