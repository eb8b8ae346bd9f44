# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How dangerous a token is if its secret leaks, from 0 to 100 points, with an explanation of each part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.mondoo.platform.plugins.module_utils._values.permissions import KNOWN_ROLES
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import whole_days

from .rules import span_text
from .tokens import AuditedToken

# The strongest permission counts.
_PERMISSIONS: Mapping[str, int] = {"owner": 40, "editor": 30, "agent": 10, "viewer": 5}
_OTHER_ROLE = 20  # manages a part of the platform
_UNKNOWN_ROLE = 25
_ORGANIZATION = 20  # reaches all of its spaces
# Minimum days; the first match counts.
_AGES = ((365, 20), (180, 12), (90, 6))
_UNKNOWN_AGE = 10
_IDLE = ((180, 15), (90, 10), (30, 5))
_NEVER_USED = 20
_UNKNOWN_USE = 10
# A token need not be used within its first days.
_FIRST_USE = timedelta(days=7)


@dataclass(frozen=True)
class Part:
    """Points and the reason."""

    points: int
    reason: str


def score_parts(token: AuditedToken, now: datetime) -> tuple[Part, ...]:
    """The parts of the score of a token; parts without points are left out."""
    parts = (_permissions(token), _scope(token), _age(token, now), _use(token, now))
    return tuple(part for part in parts if part.points)


def score_scale() -> list[dict[str, str | int]]:
    """The scale of points in readable form."""
    permissions = [*(_PERMISSIONS.items()), ("another role", _OTHER_ROLE), ("a role unknown here", _UNKNOWN_ROLE)]
    rows = [("permissions", name, points) for name, points in sorted(permissions, key=lambda pair: -pair[1])]
    rows.append(("scope", "a whole organization", _ORGANIZATION))
    rows += [("age", f"{days} days and more", points) for days, points in _AGES]
    rows.append(("age", "unknown", _UNKNOWN_AGE))
    rows.append(("use", f"never, {_FIRST_USE.days} days after its creation", _NEVER_USED))
    rows += [("use", f"none for {days} days and more", points) for days, points in _IDLE]
    rows.append(("use", "unknown", _UNKNOWN_USE))
    return [{"part": part, "what": what, "points": points} for part, what, points in rows]


def _permissions(token: AuditedToken) -> Part:
    points = [(_points(name), name) for name in token.permissions]
    if not points:
        return Part(0, "no permissions")
    most, name = max(points)
    return Part(most, name)


def _points(name: str) -> int:
    return _PERMISSIONS.get(name, _OTHER_ROLE if name in KNOWN_ROLES else _UNKNOWN_ROLE)


def _scope(token: AuditedToken) -> Part:
    return Part(_ORGANIZATION if token.scope.kind == "organization" else 0, "a whole organization")


def _age(token: AuditedToken, now: datetime) -> Part:
    if token.created_at is None:
        return Part(_UNKNOWN_AGE, "age unknown")
    age = now - token.created_at
    return Part(_step(age, _AGES), f"{span_text(age)} old")


def _use(token: AuditedToken, now: datetime) -> Part:
    if not token.last_use_known:
        return Part(_UNKNOWN_USE, "last use unknown")
    if token.last_used_at is None:
        is_young = token.created_at is not None and now - token.created_at < _FIRST_USE
        return Part(0 if is_young else _NEVER_USED, "never used")
    idle = now - token.last_used_at
    return Part(_step(idle, _IDLE), f"not used for {span_text(idle)}")


def _step(span: timedelta, steps: Sequence[tuple[int, int]]) -> int:
    days = whole_days(span)
    return next((points for start, points in steps if days >= start), 0)
