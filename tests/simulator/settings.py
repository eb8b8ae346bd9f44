# Copyright: (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variants of the service that are possible by what is known of it; changeable while it runs."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Settings:
    """payload_mrn: whether generateAPIToken tells the MRN. listing_lag: how many listings of its scope a new token is
    missing from. never_used: `null` or `zero`. opaque_tokens: whether secrets are no JWTs. latency: seconds added to
    each answer. *_status: HTTP status of such errors. validation_quotes: `double` or `single`. validation_code: whether
    a validation error has an extensions code.
    """

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
        """The settings with some of them replaced; raises ValueError for one that does not exist."""
        unknown = changes.keys() - {field.name for field in fields(self)}
        if unknown:
            raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
        return replace(self, **changes)
