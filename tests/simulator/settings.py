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


_VERDICTS = ("accepted", "InvalidArgument", "NotFound")
SETTINGS = {
    "empty_space_mrn": Setting("what an empty spaceMrn gets in the listing of an organization", _VERDICTS),
    "organization_space_mrn": Setting("what an organization's MRN gets as spaceMrn in a listing", _VERDICTS),
    "organization_lists_spaces": Setting("whether an organization's listing has the tokens of its spaces too"),
    "listing_role": Setting("the least permission that lists tokens", ("viewer", "editor")),
    "listing_lag": Setting("how many listings of its scope a new token is missing from"),
    "listing_lag_seconds": Setting("how many seconds a new token is missing from all listings"),
    "refusals": Setting(
        "where deleteAPIToken refuses, and setRoles what is about an entity: GraphQL errors, or `ok` and `errors` in "
        "the answer",
        ("errors", "answer"),
    ),
    "payload_mrn": Setting("whether the answer of generateAPIToken has the MRN"),
    "payload_values": Setting(
        "whether the answers of generateAPIToken, deleteAPIToken and setRoles have values for what can be null"
    ),
    "never_used": Setting(
        "what lastUsed is for a token that was never used: null, an empty text, year 1, or 1970",
        ("null", "empty", "zero", "epoch"),
    ),
    "stored_names": Setting("what becomes of names", ("unchanged", "trimmed", "lower", "nfc")),
    "stored_descriptions": Setting("what becomes of descriptions", ("unchanged", "trimmed")),
    "role_case": Setting("letter case of roles in answers", ("lower", "title")),
    "role_host": Setting("host in the MRNs of roles in answers"),
    "opaque_tokens": Setting("secrets that are no JWTs"),
    "clock_shift": Setting("seconds that the service's clock is ahead of this host's; negative if it is behind"),
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
    "validation_words": Setting(
        "the GraphQL engine that words validation errors",
        (
            "graphql-core",
            "gqlparser",
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

    empty_space_mrn: str = "accepted"
    organization_space_mrn: str = "accepted"
    organization_lists_spaces: bool = False
    listing_role: str = "editor"
    listing_lag: int = 0
    listing_lag_seconds: float = 0.0
    refusals: str = "errors"
    payload_mrn: bool = True
    payload_values: bool = True
    never_used: str = "null"
    stored_names: str = "unchanged"
    stored_descriptions: str = "unchanged"
    role_case: str = "lower"
    role_host: str = "iam.api.mondoo.app"
    opaque_tokens: bool = False
    clock_shift: float = 0.0
    latency: float = 0.0
    unauthenticated_status: int = 200
    permission_denied_status: int = 200
    validation_status: int = 422
    validation_words: str = "graphql-core"
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
