# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that are given as text, as `-e` and INI inventories do."""

from __future__ import annotations

import json
from typing import Any


def split_list(text: str, *, keep_empty: bool = False) -> list[Any]:
    """A list in JSON, or what stands between commas, stripped. keep_empty: also where nothing stands between two of them."""
    if text.lstrip().startswith("["):
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        # A shell pattern may begin with a bracket too.
        if isinstance(value, list):
            return value
    return [entry for entry in (part.strip() for part in text.split(",")) if entry or keep_empty]
