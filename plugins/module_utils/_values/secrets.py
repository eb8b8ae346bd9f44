# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes the secrets of a run from what the service says.

Ansible masks the values that a module registers in everything that the module returns, also in the one place where a new
secret must stay whole. So new secrets are removed from responses as they arrive, before messages are made of them or
anything is cut short.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

# Characters. A shorter text is removed from nothing, since it may be a part of unrelated words; and from values, such as a
# name or an MRN that is needed as it is, only one that can be nothing else is removed.
_SHORTEST = 8
_SHORTEST_IN_VALUES = 20
_MASK = "********"  # as Ansible masks a part of a text


class Secrets:
    """The secrets that a run has generated, or logged in with. For any number of threads."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._known: tuple[str, ...] = ()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """From now on, the secret is removed."""
        text = secret.strip()
        if len(text) < _SHORTEST:
            return
        with self._lock:
            # One of them may be the beginning of another.
            self._known = tuple(sorted({*self._known, text}, key=len, reverse=True))

    def removed_from_words(self, words: Any) -> Any:
        """JSON of messages without the secrets."""
        return _without(self._known, words) if self._known else words

    def removed_from_values(self, values: Any, keep: str | None = None) -> Any:
        """JSON without the long secrets, except for the values with the key `keep`."""
        secrets = [secret for secret in self._known if len(secret) >= _SHORTEST_IN_VALUES]
        return _without(secrets, values, keep) if secrets else values


def _without(secrets: Iterable[str], value: Any, keep: str | None = None) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, _MASK)
        return value
    if isinstance(value, dict):
        return {
            _without(secrets, key): inner if key == keep else _without(secrets, inner, keep)
            for key, inner in value.items()
        }
    return [_without(secrets, inner, keep) for inner in value] if isinstance(value, list) else value
