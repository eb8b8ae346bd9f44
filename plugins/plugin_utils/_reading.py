# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads values that users and other tasks give: lists, their entries, and text in them. Errors name the place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError, invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.text_lists import split_list


def list_from(what: str, value: object) -> Sequence[Any]:
    """The value, which must be a list."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise invalid_option(f"{what} must be a list, and not {type_name(value)}")
    return value


def type_name(value: object) -> str:
    """The type of a value, for a message."""
    if value is None:
        return "nothing"
    return "a dictionary" if isinstance(value, Mapping) else f"a value of the type {type(value).__name__.lstrip('_')}"


def read_entry(number: int, what: str, value: object, read: Callable[[Mapping[str, Any]], Any]) -> Any:
    """Reads an entry of a list; an error names the entry."""
    place = f"entry {number} of {what}"
    if not isinstance(value, Mapping):
        raise invalid_option(f"{place} must be a dictionary, and not {type_name(value)}")
    try:
        return read(value)
    except MondooError as error:
        name = value.get("name") or value.get("mrn") or value.get("pattern")
        suffix = f' ("{name}")' if name else ""
        raise invalid_option(f"{place}{suffix}: {error.reason}") from None


def required_text(entry: Mapping[str, Any], key: str) -> str:
    """The text with this key."""
    value = optional_text_of(entry, key)
    if value is None:
        raise invalid_option(f"{key} is required")
    return value


def optional_text_of(entry: Mapping[str, Any], key: str) -> str | None:
    """The text with this key, if there is any."""
    value = entry.get(key)
    if value is not None and not isinstance(value, str):
        raise invalid_option(f"{key} must be text, and not {type_name(value)}")
    return value


def own_from(value: object) -> frozenset[str]:
    """MRNs of the credentials in use: a list, in which some may be unknown, or text."""
    mrns = split_list(value) if isinstance(value, str) else list_from("own", value or ())
    for mrn in mrns:
        if mrn is not None and not isinstance(mrn, str):
            raise invalid_option(f"own must be MRNs, and not {type_name(mrn)}")
    return frozenset(mrn for mrn in mrns if mrn)
