# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that YAML did not read as text: `name: 1.10` is the number 1.1, and `name: yes` is true."""

from __future__ import annotations

from datetime import date, datetime

from .errors import invalid_option

# Options with identifiers as values: a wrong guess at what was written would affect another token.
_IDENTIFIERS = frozenset({"name", "mrn", "space", "organization", "scope_mrn", "prune_keep", "delivered"})


def require_text(option: str, value: object) -> None:
    """Raises MondooError if an option that takes an identifier, or a list of them, has a number, a boolean or a date."""
    for each in (value if isinstance(value, list) else [value]) if option in _IDENTIFIERS else ():
        require_quoted(option, each)


def require_quoted(what: str, value: object) -> None:
    """Raises MondooError if the value, which should be text, is a number, a boolean or a date."""
    if isinstance(value, (bool, int, float, date, datetime)):
        kind = "a boolean" if isinstance(value, bool) else "a number" if isinstance(value, (int, float)) else "a date"
        raise invalid_option(f"{what}: {value} is {kind} in YAML, and not the text that was written; quote it")
