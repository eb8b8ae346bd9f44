# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several requests at the same time, each on a connection of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from .._values.errors import MondooError
from .._values.mrn import Scope
from .service import Listing, TokenService

# Scopes whose pages share a request: at a hundred tokens to a page, an answer of about a megabyte.
_SCOPES_PER_REQUEST = 25

T = TypeVar("T")
R = TypeVar("R")


class Crew:
    """Services that work side by side.

    first: the service that there is. connect: makes another one like it. size: how many there are at most.
    """

    def __init__(self, first: TokenService, connect: Callable[[], TokenService], size: int) -> None:
        self._connect = connect
        self._size = size
        self._services = [first]

    @property
    def requests(self) -> int:
        """How many requests all of them have sent."""
        return sum(service.requests for service in self._services)

    @property
    def operations(self) -> dict[str, int]:
        """How many mutations all of them have sent, by GraphQL name."""
        return dict(sorted(Counter(name for service in self._services for name in service.mutations).items()))

    @property
    def warnings(self) -> list[str]:
        """What there is to know about the service."""
        return self._services[0].documents.warnings

    def map(self, work: Callable[[TokenService, T], R], items: Sequence[T]) -> list[R]:
        """The result of `work` for each item, in their order. After a failure no more are begun, and it is raised in the end."""
        count = min(self._size, len(items))
        if count < 2:
            return [work(self._services[0], item) for item in items]
        while len(self._services) < count:
            self._services.append(self._connect())
        idle: SimpleQueue[TokenService] = SimpleQueue()
        for service in self._services[:count]:
            idle.put(service)

        def run(item: T) -> R:
            service = idle.get()
            try:
                return work(service, item)
            finally:
                idle.put(service)

        with ThreadPoolExecutor(count) as threads:
            return list(threads.map(run, items))

    def tokens(self, scopes: Sequence[Scope]) -> dict[Scope, Listing | MondooError]:
        """The tokens of each scope, or why they could not be listed."""
        shares = [scopes[start : start + _SCOPES_PER_REQUEST] for start in range(0, len(scopes), _SCOPES_PER_REQUEST)]
        found: dict[Scope, Listing | MondooError] = {}
        for part in self.map(lambda service, share: service.tokens_together(share), shares):
            found.update(part)
        return found
