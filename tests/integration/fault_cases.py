# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the fault matrices of one token and of a set have in common."""

from __future__ import annotations

import re
from typing import Any

OLD = "2020-01-01T00:00:00Z"
RETIRED = re.compile(r".+ \(retired .+\)")

FAULTS: dict[str, dict[str, Any]] = {
    "reset_before": {},
    "reset_after": {},
    "timeout_after": {"seconds": 1.5},
    "status_500": {},
    "bad_gateway_after": {},
    "status_503": {},
    "too_many": {"retry_after": 1},
    "garbled_after": {},
    "empty_after": {},
    "html_after": {},
    "data_null_after": {},
    "unavailable": {},
    "unavailable_after": {},
    "unauthenticated": {},
}
# One request that fails, or it and the one after it.
HITS = {"first request": 1, "second request too": 2}
