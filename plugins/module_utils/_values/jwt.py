# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the claims of a JWT without verifying it: a hint, never a proof."""

from __future__ import annotations

import base64
import json
from typing import Any

JWT_LIFETIME = 60  # seconds that the service accepts for a service account's JWT
_MRN_START = "//"


def token_mrn_of(secret: str) -> str | None:
    """The MRN of the API token whose secret this is, by the claim `sub` or the header's `kid`.

    None if the secret is not a JWT, or one without an MRN.
    """
    parts = secret.split(".")
    if len(parts) != 3:
        return None
    for part, key in ((parts[1], "sub"), (parts[0], "kid")):
        value = _json_object(part).get(key)
        if isinstance(value, str) and value.startswith(_MRN_START):
            return value
    return None


def _json_object(part: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
