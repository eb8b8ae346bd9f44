# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variants of the service that are possible by what is known of it; changeable while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any


def _setting(default: Any, about: str, *choices: Any) -> Any:
    return field(default=default, metadata={"help": about, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """Each is also an option of the command `start`."""

    payload_mrn: bool = _setting(True, "whether generateAPIToken tells the MRN")
    listing_lag: int = _setting(0, "how many listings of its scope a new token is missing from")
    never_used: str = _setting("null", "what lastUsed is for a token that was never used", "null", "zero")
    opaque_tokens: bool = _setting(False, "secrets that are no JWTs")
    latency: float = _setting(0.0, "milliseconds that each answer takes longer")
    unauthenticated_status: int = _setting(200, "HTTP status of Unauthenticated", 200, 401, 403, 422)
    permission_denied_status: int = _setting(200, "HTTP status of PermissionDenied", 200, 401, 403, 422)
    validation_status: int = _setting(422, "HTTP status for a document that does not fit the schema", 200, 422)
    validation_quotes: str = _setting("double", "quotes in validation messages", "double", "single")
    validation_code: bool = _setting(True, "whether a validation error has a code in its extensions")

    def changed(self, changes: dict[str, Any]) -> Settings:
        """The settings with some of them replaced; raises ValueError for a wrong name or value."""
        known = {each.name: each for each in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"unknown setting {name}")
            wanted, choices = type(known[name].default), known[name].metadata["choices"]
            numeric = wanted is float and type(value) is int
            if (type(value) is not wanted and not numeric) or (choices and value not in choices):
                raise ValueError(f"{name} cannot be {value!r}")
        return replace(self, **changes)
