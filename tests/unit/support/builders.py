# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Short ways to the values that many tests start from."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import Facts, FileFacts, TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope, scope_path
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token

SPACE = Scope("space", "//captain.api.mondoo.app/spaces/space-1")
ORGANIZATION = Scope("organization", "//captain.api.mondoo.app/organizations/org-1")
NOW = datetime(2026, 11, 23, 18, 0, 0, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

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


def spec(name: str | None = "ci", **changes: Any) -> TokenSpec:
    """A declaration that leaves everything but the name out."""
    return replace(TokenSpec(scope=SPACE, name=name), **changes)


def facts(*, now: datetime = NOW, file: datetime | bool | None = None, own: Token | None = None) -> Facts:
    """file: when it was written, False where it is missing, None without `token_path`. own: what the task logs in with."""
    found = None if file is None else FileFacts(file if isinstance(file, datetime) else None)
    return Facts(now, found, lambda token: own is not None and token.mrn == own.mrn)
