# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tokens that the pages are about."""

from __future__ import annotations

from typing import Any

SPACES = "//captain.api.mondoo.app/spaces/"
NOW = "2026-11-24T12:00:00Z"
BAD_NAME = "<script>alert(1)</script>"


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
]
