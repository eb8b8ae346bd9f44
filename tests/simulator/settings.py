# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variants of the service that are possible by what is known of it; changeable while it runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple


class Setting(NamedTuple):
    """What a setting is about, and the values that it can have; none if every value of its type can be."""

    about: str
    choices: tuple[Any, ...] = ()


SETTINGS = {
    "payload_mrn": Setting("whether generateAPIToken tells the MRN"),
    "listing_lag": Setting("how many listings of its scope a new token is missing from"),
    "never_used": Setting(
        "what lastUsed is for a token that was never used",
        (
            "null",
            "zero",
        ),
    ),
    "opaque_tokens": Setting("secrets that are no JWTs"),
    "latency": Setting("milliseconds that each answer takes longer"),
    "unauthenticated_status": Setting(
        "HTTP status of Unauthenticated",
        (
            200,
            401,
            403,
            422,
        ),
    ),
    "permission_denied_status": Setting(
        "HTTP status of PermissionDenied",
        (
            200,
            401,
            403,
            422,
        ),
    ),
    "validation_status": Setting(
        "HTTP status for a document that does not fit the schema",
        (
            200,
            422,
        ),
    ),
    "validation_quotes": Setting(
        "quotes in validation messages",
        (
            "double",
            "single",
        ),
    ),
    "validation_code": Setting("whether a validation error has a code in its extensions"),
}


@dataclass(frozen=True)
class Settings:
    """Each is also an option of the command `start`."""

    payload_mrn: bool = True
    listing_lag: int = 0
    never_used: str = "null"
    opaque_tokens: bool = False
    latency: float = 0.0
    unauthenticated_status: int = 200
    permission_denied_status: int = 200
    validation_status: int = 422
    validation_quotes: str = "double"
    validation_code: bool = True

    def changed(self, changes: dict[str, Any]) -> Settings:
        """The settings with some of them replaced; raises ValueError for a wrong name or value."""
        for name, value in changes.items():
            if name not in SETTINGS:
                raise ValueError(f"unknown setting {name}")
            wanted, choices = getattr(Settings, name).__class__, SETTINGS[name].choices
            numeric = wanted is float and value.__class__ is int
            if not (numeric or value.__class__ is wanted) or (choices and value not in choices):
                raise ValueError(f"{name} cannot be {value!r}")
        return replace(self, **changes)
