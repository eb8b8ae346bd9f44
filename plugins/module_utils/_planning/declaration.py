# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The input of planning: one declared token, and local evidence that the service does not have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from .._values.mrn import Scope
from .._values.token import Token

# Maximum difference between the clock of the service and that of the host with the file.
CLOCK_TOLERANCE = timedelta(minutes=5)


class Mode(Enum):
    """How new secrets are handed over. DIRECT: by this run. STAGED: by later tasks. FINISH: these tasks have run."""

    DIRECT = "direct"
    STAGED = "staged"
    FINISH = "finish"


@dataclass(frozen=True)
class Declaration:
    """One declared token. None means that the user omitted the option, and that the value is not changed.

    roles: role MRNs. purge_permissions: whether `roles` is the exact set or only the required part.
    token_path: where the secret goes; None to return it. generate: whether this run may generate a secret.
    pending_grace: how long a pending token that may belong to a run elsewhere is left alone.
    verify_secret: `rotated`, `always` or `never`. lost_secret: `warn`, `fail` or `rotate`.
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
    generate: bool = True
    pending_grace: timedelta = timedelta(minutes=10)
    verify_secret: str = "rotated"

    @property
    def rotates(self) -> bool:
        """Whether this declaration rotates: only then does it delete tokens after their overlap."""
        lost_secret_rotates = self.lost_secret == "rotate" and self.token_path is not None
        return self.rotate_after is not None or self.overlap is not None or lost_secret_rotates

    def __str__(self) -> str:
        return f'the API token "{self.name or self.mrn}" of {self.scope}'


@dataclass(frozen=True)
class StoredSecret:
    """What is known about the content of `token_path`, without the secret itself.

    modified_at: in UTC; None without a file, or if it contains only white space. exists: whether there is a file.
    token_mrn: the token that the secret names, if it is a JWT. accepted: whether the service accepts it; None if untested.
    """

    modified_at: datetime | None = None
    exists: bool = True
    token_mrn: str | None = None
    accepted: bool | None = None

    def reason_lost(self, token: Token) -> str | None:
        """Why this cannot be the secret of the token, as the end of a sentence about the file; None if it may be."""
        if self.modified_at is None:
            return "holds no secret" if self.exists else "does not exist"
        if self.accepted is False:
            return "holds a secret that the service refuses"
        if self.token_mrn is not None:
            return None if self.token_mrn == token.mrn else "holds the secret of another token"
        if token.created_at is not None and self.modified_at < token.created_at - CLOCK_TOLERANCE:
            return "was last written before the token was created"
        return None


@dataclass(frozen=True)
class Context:
    """now: the service's time, in UTC. mode, delivered: of the run; delivered: MRNs of tokens whose secrets were handed over.

    is_own: whether a token is the one that the task logs in with. identity_known: whether that can be determined at all.
    """

    now: datetime
    mode: Mode = Mode.DIRECT
    delivered: frozenset[str] = frozenset()
    is_own: Callable[[Token], bool] = lambda _token: False
    identity_known: bool = True
