# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tokens that the pages are about."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import Any

CAPTAIN = "//captain.api.mondoo.app/"
SPACES = f"{CAPTAIN}spaces/"
ORGANIZATION = f"{CAPTAIN}organizations/acme"
NOW = "2026-11-24T12:00:00Z"
_NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
BAD_NAME = "<script>alert(1)</script>"
# Texts that must be shown and never obeyed, wherever they stand.
HOSTILE = (
    BAD_NAME,
    "</script><img src=x onerror=alert(2)>",
    "\"'><svg onload=alert(3)>",
    "javascript:alert(4)",
    "=cmd|'/c calc'!A1",
    "{{ 7 * 7 }}${7*7}",
    "__proto__",
    "constructor",
    "a\u202egnp.exe\u2066",
    "\u2028\u2029\u200b",
    "very-long-" * 30,
    "日本語 👩‍💻 ü",
)


def _token(
    space: str, name: str, *permissions: str, created: str, used: str | None = None, **more: Any
) -> dict[str, Any]:
    about = {"scope": SPACES + space, "name": name, "permissions": list(permissions), **more}
    return {**about, "created_at": f"{created}T08:00:00Z", **({"last_used_at": f"{used}T08:00:00Z"} if used else {})}


FLEET = [
    _token("payments", "ci", "agent", created="2026-10-02", used="2026-11-24", description="Scans in the pipelines"),
    _token("payments", "ci (retired 2026-10-02T08:00:00Z)", "agent", created="2026-05-11", used="2026-11-20"),
    _token("payments", "dashboard", "viewer", created="2026-07-29", used="2026-11-23", description="Grafana"),
    _token("payments", "bootstrap", "owner", "viewer", created="2023-02-14", used="2024-01-09"),
    _token("checkout", "ci", "agent", created="2026-10-02", used="2026-11-24", description="Scans in the pipelines"),
    _token("checkout", "audit export", "viewer", created="2026-11-20", description="Nightly export to the archive"),
    _token("checkout", "terraform", "editor", created="2025-12-01", used="2026-11-22", description="Infrastructure"),
    _token("checkout", "terraform", "editor", created="2026-11-02", used="2026-11-24", description="Infrastructure"),
    _token("search", BAD_NAME, "viewer", created="2026-11-01", description='A name & a "description" that want out'),
    _token("search", "ticketing", "ticket-manager", created="2026-09-13", used="2026-11-18", description="Jira"),
    _token("search", "laptop of j.doe", "owner", created="2025-04-30", used="2025-06-02"),
    _token("search", "scanner (pending 2026-11-23T22:10:00Z)", "agent", created="2026-11-23", description="Servers"),
]
POLICY: dict[str, Any] = {
    "title": "API tokens of Acme",
    "spaces": ["payments", "checkout", "search", "sandbox", "closed"],
    "max_age": "180d",
    "max_unused": "90d",
    "allowed_permissions": ["viewer", "agent", "editor", "ticket-manager"],
    "fail_on": "never",
    "accepted": [
        {
            "rule": "too_old",
            "name": "terraform",
            "scope": "checkout",
            "reason": "Its modules are being split, OPS-12",
            "until": "2027-03-01",
            "by": "anna.weber@example.com",
        }
    ],
}

_NAMES = (
    "ci",
    "dashboard",
    "terraform",
    "scanner",
    "export",
    "grafana",
    "nightly",
    "slack-bot",
    "backup",
    "k8s-operator",
)
_PURPOSES = ("", "Scans in the pipelines", "Reads for the dashboard", "Infrastructure as code", "Nightly export")
_PERMISSIONS = (*(["agent"],) * 5, *(["viewer"],) * 3, ["editor"], ["owner"], ["viewer", "editor"], ["ticket-manager"])
_PEOPLE = ("anna.weber@example.com", "li.chen@example.com", "j.doe@example.com", "onboarding")


def many(count: int, spaces: int = 8) -> list[dict[str, Any]]:
    """Tokens as results of the module show them: the same ones each time."""
    chance = random.Random(7)  # noqa: S311  (nothing secret)

    def ago(days: int) -> str:
        return (_NOW - timedelta(days=days, hours=chance.randrange(20))).strftime("%Y-%m-%dT%H:%M:%SZ")

    tokens = []
    for number in range(count):
        age = int(chance.expovariate(1 / 160))
        idle = None if chance.random() < 0.12 else min(age, chance.choice((0, 0, 0, 1, 2, 5, 20, 60, 200, 500)))
        scope = ORGANIZATION if chance.random() < 0.04 else f"{SPACES}space-{chance.randrange(spaces)}"
        tokens.append(
            {
                "mrn": f"{scope.replace('captain', 'agents')}/serviceaccounts/{chance.getrandbits(130):x}",
                "name": f"{chance.choice(_NAMES)}-{number}",
                "description": chance.choice(_PURPOSES),
                "permissions": chance.choice(_PERMISSIONS),
                "scope_mrn": scope,
                "created_at": ago(age),
                "last_used_at": None if idle is None else ago(idle),
                "created_by": chance.choice(_PEOPLE),
                "unused_days": 1,
            }
        )
    return tokens
