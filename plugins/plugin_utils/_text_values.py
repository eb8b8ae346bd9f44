# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converts values of variables to the types of an argument spec.

Variables from `-e key=value`, INI inventories and surveys are text. It is parsed as Ansible parses module options: `no` is
false, `a,b` is a list of two, `5` is a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.text_lists import split_list


def typed_values(spec: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    """Converts the values to the types of the spec, an argument spec of Ansible, and fills in its defaults.

    None and empty text count as not set. Text for a list is split at commas, unless it is a list in JSON.
    Raises MondooError that names every problem, with its value: nothing in the spec may be a secret.
    """
    unsupported = sorted(values.keys() - spec.keys())
    if unsupported:
        raise invalid_option(f"unknown option {', '.join(unsupported)}; known: {', '.join(sorted(spec))}")
    present = {
        name: split_list(value) if spec[name].get("type") == "list" and isinstance(value, str) else value
        for name, value in values.items()
        if value is not None and not (isinstance(value, str) and not value.strip())
    }
    result = ArgumentSpecValidator(dict(spec)).validate(present)
    if result.error_messages:
        raise invalid_option("; ".join(dict.fromkeys(result.error_messages)))
    typed: dict[str, Any] = result.validated_parameters
    return typed
