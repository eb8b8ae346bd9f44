# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options by which an audit selects tokens, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._planning.selection import ORDERS, Selection
from .._values.errors import invalid_option
from .._values.mrn import token_mrn_from
from .declaration import optional_duration, roles_from


def selection_arguments() -> dict[str, Any]:
    """Options that select tokens for an audit."""
    return {
        "include_spaces": {"type": "bool", "default": False},
        "name": {"type": "str"},
        "mrn": {"type": "str"},
        "query": {"type": "str"},
        "permissions": {"type": "list", "elements": "str"},
        "created_by": {"type": "str"},
        "older_than": {"type": "str"},
        "unused_for": {"type": "str"},
        "order_by": {"type": "str", "choices": list(ORDERS), "default": "name"},
        "descending": {"type": "bool", "default": False},
    }


def selection_from(options: Mapping[str, Any]) -> Selection:
    """The selection in `options`, which are those of `selection_arguments`."""
    for option in ("name", "created_by"):
        if options[option] is not None and not options[option].strip():
            raise invalid_option(f"{option} must not be empty")
    return Selection(
        name=options["name"],
        mrn=None if options["mrn"] is None else token_mrn_from(options["mrn"]),
        query=options["query"],
        roles=roles_from(options),
        created_by=options["created_by"],
        older_than=optional_duration(options, "older_than"),
        unused_for=optional_duration(options, "unused_for"),
        order_by=options["order_by"],
        descending=options["descending"],
    )
