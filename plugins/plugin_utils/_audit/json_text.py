# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report in JSON: each entry of a long list on its own line, so two reports can be compared line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def json_text(report: Mapping[str, Any]) -> Iterator[str]:
    """The text in pieces."""
    yield "{"
    separator = "\n"
    for key, value in report.items():
        yield f"{separator}  {json.dumps(key)}: "
        separator = ",\n"
        if isinstance(value, list) and value:
            yield "["
            for number, entry in enumerate(value):
                yield f"{',' if number else ''}\n    {json.dumps(entry, ensure_ascii=False)}"
            yield "\n  ]"
        else:
            yield json.dumps(value, ensure_ascii=False)
    yield "\n}\n"
