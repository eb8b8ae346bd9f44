# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of audits start from: tokens as results show them, and reports on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.times import timestamp_text
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.listing import inventory_from
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.report import report_from
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.settings import Settings, settings_from

from .builders import DAY, MEMBER, NOW, ORGANIZATION, SPACE, roles

SCOPE = SPACE.mrn
# Names that a report must show and never obey: markup, formulas, what ends an element or a string, what XML cannot hold, what
# changes the order of a line, and half a character.
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "\"'`{{ 7 * 7 }}{% raw %}&amp;<!--",
    '=HYPERLINK("https://example.invalid";"x")',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\t=1+1",
    "x;=1+1",
    "\uff1d1+1",
    "a\x01b\x00c",
    "line\nbreak\r\n]]>",
    "a\u202egnp.exe\u2066",
    "\ud800half",
    "\u200b",
    " ",
    "\u2028\u2029",
    "emoji 👩‍💻 and ü",
)


def ago(days: float) -> str | None:
    """A moment that many days ago, as results show it."""
    return timestamp_text(NOW - days * DAY)


def entry(name: str = "ci", **changes: Any) -> dict[str, Any]:
    """A token, as a result shows it, that breaks no rule: ten days old, used two days ago, described."""
    ordinary = {
        "id": name,
        "mrn": f"//agents.api.mondoo.app/{name}",
        "name": name,
        "description": "what it is for",
        "permissions": ["viewer"],
        "roles": sorted(roles("viewer") | MEMBER),
        "scope_mrn": SCOPE,
        "created_at": ago(10),
        "last_used_at": ago(2),
        "created_by": "someone@example.com",
        "age_days": 10,
        "unused_days": 2,
    }
    return {**ordinary, **changes}


def with_roles(*names: str, **changes: Any) -> dict[str, Any]:
    """The same with other permissions."""
    return entry(permissions=sorted(names), roles=sorted(roles(*names) | MEMBER), **changes)


def settings(**options: Any) -> Settings:
    """Settings of an audit of an organization, at the moment that all tests are about."""
    given = {"organizations": [ORGANIZATION.mrn], "directory": "/nowhere", "now": timestamp_text(NOW), **options}
    return settings_from(given, ("auth_token", "service_account", "service_account_file", "region", "endpoint"))


def listing(*tokens: Mapping[str, Any], **result: Any) -> dict[str, Any]:
    """A result of the module api_token_info."""
    return {"api_tokens": list(tokens), "count": len(tokens), "unreadable": [], **result}


def report(
    *tokens: Mapping[str, Any],
    result: Mapping[str, Any] | None = None,
    previous: Mapping[str, Any] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """A report on these tokens. result: more of the listing. options: of the audit."""
    checked = settings(**options)
    (read,) = checked.reads
    return report_from(checked, inventory_from([(read, listing(*tokens, **(result or {})))]), previous)
