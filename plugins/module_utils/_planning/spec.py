# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What planning starts from: the declared token, and the facts around it that are not the service's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .._values.mrn import Scope
from .._values.token import Token


@dataclass(frozen=True)
class TokenSpec:
    """One declared token. None means that the user left the option out, and leaves the thing as it is.

    roles: role MRNs. purge_permissions: whether `roles` is the exact set or only what must be there.
    token_path: where the secret goes; None to return it.
    """

    scope: Scope
    name: str | None
    mrn: str | None = None
    present: bool = True
    description: str | None = None
    roles: frozenset[str] | None = None
    purge_permissions: bool = True
    rotate_after: timedelta | None = None
    overlap: timedelta | None = None
    lost_secret: str = "warn"
    token_path: str | None = None

    @property
    def rotates(self) -> bool:
        """Whether this declaration is about rotation: only then are retired tokens its business."""
        lost_secret_rotates = self.lost_secret == "rotate" and self.token_path is not None
        return self.rotate_after is not None or self.overlap is not None or lost_secret_rotates

    def __str__(self) -> str:
        return f'the API token "{self.name or self.mrn}" of {self.scope}'


@dataclass(frozen=True)
class FileFacts:
    """The file for the secret as it is now. modified_at: in UTC, None if there is no such file."""

    modified_at: datetime | None

    @property
    def exists(self) -> bool:
        return self.modified_at is not None


@dataclass(frozen=True)
class Facts:
    """now: in UTC. file: None without `token_path`. is_own: whether a token is the one that the task logs in with."""

    now: datetime
    file: FileFacts | None = None
    is_own: Callable[[Token], bool] = lambda _token: False
