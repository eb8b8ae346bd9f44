# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drift: what applying a declaration would change, from the result of the module api_tokens in check mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import invalid_option

from .._reading import list_from, read_entry
from .tokens import optional_text, plain_text, scope_text


def drift_from(result: object) -> dict[str, Any] | None:
    """The part of a report about it; None without a result. Raises MondooError for anything but a result of that module."""
    if result is None:
        return None
    if not isinstance(result, Mapping) or "results" not in result:
        raise invalid_option("drift must be the result of the module api_tokens, with results in it")
    entries = [
        read_entry(number, "results in drift", entry, _change)
        for number, entry in enumerate(list_from("results in drift", result["results"]), start=1)
    ]
    pruned = list_from("pruned in drift", result.get("pruned") or ())
    return {
        "declared": len(entries),
        "changes": [change for change in entries if change is not None],
        "pruned": [
            read_entry(number, "pruned in drift", token, _token) for number, token in enumerate(pruned, start=1)
        ],
    }


def _change(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    operations = [plain_text(operation) for operation in list_from("operations", entry.get("operations") or ())]
    if not entry.get("changed") and not entry.get("failed"):
        return None
    return {
        "name": optional_text(entry.get("name")),
        **_scope(entry),
        "operations": operations,
        "failed": bool(entry.get("failed")),
        "message": plain_text(entry.get("msg") or ""),
    }


def _token(token: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(token.get("name"), str):
        raise invalid_option("name is required")
    return {"name": plain_text(token["name"]), "mrn": optional_text(token.get("mrn")), **_scope(token)}


def _scope(entry: Mapping[str, Any]) -> dict[str, Any]:
    mrn = optional_text(entry.get("scope_mrn"))
    return {"scope_mrn": mrn, "scope": scope_text(mrn)}
