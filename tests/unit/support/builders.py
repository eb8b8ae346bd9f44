# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Short ways to the values that many tests start from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import (
    Context,
    Declaration,
    Mode,
    StoredSecret,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope, scope_path
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import pending_name, retired_name

SPACE = Scope("space", "//captain.api.mondoo.app/spaces/space-1")
ORGANIZATION = Scope("organization", "//captain.api.mondoo.app/organizations/org-1")
NOW = datetime(2026, 11, 23, 18, 0, 0, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
NOTHING = timedelta()

_ROLES = "//iam.api.mondoo.app/roles/"


def roles(*names: str) -> frozenset[str]:
    """Role MRNs from short names."""
    return frozenset(_ROLES + name for name in names)


MEMBER = roles("space-member")


def token_mrn(key: str, scope: Scope = SPACE) -> str:
    """The MRN of a token of the scope, as the service makes it; `key` ends it."""
    return f"//agents.api.mondoo.app/{scope_path(scope.mrn)}/serviceaccounts/{key}"


def token(name: str = "ci", *, key: str | None = None, **changes: Any) -> Token:
    """A token of the space, with viewer and its membership, ten days old and never used; `key` ends its MRN."""
    ordinary = Token(
        mrn=token_mrn(key or name, changes.get("scope", SPACE)),
        name=name,
        scope=SPACE,
        roles=roles("viewer") | MEMBER,
        created_at=NOW - 10 * DAY,
        created_by="someone@example.com",
    )
    return replace(ordinary, **changes)


def pending(age: timedelta = HOUR, name: str = "ci", *, key: str | None = None, **changes: Any) -> Token:
    """A token that was generated so long ago, and whose secret is not known to have been handed over."""
    about = {"created_at": NOW - age, **changes}
    return token(pending_name(name, NOW - age), key=key or f"{name}-pending-{age.total_seconds():.0f}", **about)


def retired(age: timedelta = HOUR, name: str = "ci", *, key: str | None = None, **changes: Any) -> Token:
    """A token that was replaced so long ago."""
    return token(retired_name(name, NOW - age), key=key or f"{name}-retired-{age.total_seconds():.0f}", **changes)


def declare(name: str | None = "ci", **options: Any) -> Declaration:
    """A declaration that leaves everything but the name out."""
    return replace(Declaration(scope=SPACE, name=name), **options)


def context(*, mode: Mode = Mode.DIRECT, delivered: Iterable[Token] = (), own: Token | None = None) -> Context:
    """delivered: whose secrets were handed over by other tasks. own: what the task logs in with."""
    mrns = frozenset(str(token.mrn) for token in delivered)
    return Context(NOW, mode, mrns, lambda token: own is not None and token.mrn == own.mrn)


def stored(age: timedelta = NOTHING, secret_of: Token | None = None, *, accepted: bool | None = None) -> StoredSecret:
    """A file that was written so long ago. secret_of: the token that the secret names; None where secrets name none."""
    return StoredSecret(NOW - age, token_mrn=secret_of.mrn if secret_of else None, accepted=accepted)


NO_FILE = StoredSecret(exists=False)
BLANK_FILE = StoredSecret()
