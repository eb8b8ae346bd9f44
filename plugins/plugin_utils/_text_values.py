# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converts values of variables to the types of an argument spec.

Variables from `-e key=value`, INI inventories and surveys are text. It is parsed as Ansible parses module options: `no` is
false, `a,b` is a list of two, `5` is a number.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError, invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.quoting import require_quoted
from ansible_collections.mondoo.platform.plugins.module_utils._values.text_lists import split_list

# How the code of a date is evaluated.
_DATES: dict[str, Any] = {"date": date, "datetime": datetime, "timedelta": timedelta, "timezone": timezone}
_UTC: Any = timezone.utc


def typed_values(spec: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    """Converts the values to the types of the spec, an argument spec of Ansible, and fills in its defaults.

    None and empty text count as not set. Text for a list is split at commas, unless it is a list in JSON. In a list of text,
    numbers, booleans and dates are refused, since they are not what was written.
    Raises MondooError that names every problem, with its value: nothing in the spec may be a secret.
    """
    unsupported = sorted(str(name) for name in values.keys() - spec.keys())
    if unsupported:
        raise invalid_option(f"unknown option {', '.join(unsupported)}; known: {', '.join(sorted(spec))}")
    present = {
        name: _parsed(spec[name], value)
        for name, value in values.items()
        if value is not None and not (isinstance(value, str) and not value.strip())
    }
    problems = [problem for name, value in present.items() for problem in _unquoted(name, spec[name], value)]
    try:
        result = ArgumentSpecValidator(dict(spec)).validate(present)
    except (TypeError, OverflowError) as error:
        # Nothing that YAML or JSON could contain, except for infinity.
        raise invalid_option(f"one of {', '.join(sorted(present))}: {error}") from None
    problems += result.error_messages
    if problems:
        raise invalid_option("; ".join(dict.fromkeys(problems)))
    typed: dict[str, Any] = result.validated_parameters
    return typed


def _parsed(about: Mapping[str, Any], value: Any) -> Any:
    """The value, which is a list or a dictionary where text stands for one."""
    if isinstance(value, str) and about.get("type") in ("list", "dict"):
        value = _with_dates(value)
    return split_list(value) if isinstance(value, str) and about.get("type") == "list" else value


def _unquoted(name: str, about: Mapping[str, Any], value: Any) -> list[str]:
    """What is wrong with the entries of a list of text."""
    if about.get("elements") != "str":
        return []
    problems = []
    for entry in value if isinstance(value, (list, tuple)) else [value]:
        try:
            require_quoted(name, entry)
        except MondooError as error:
            problems.append(error.reason)
    return problems


def _with_dates(text: str) -> Any:
    """The list or dictionary with a date in it, which a template turned into its Python code; else the text itself.

    Before version 2.19, ansible-core evaluates the text of a template only if it consists of literals, which a date is not.
    """
    if not text.startswith(("[", "{")) or "datetime.date" not in text:
        return text
    try:
        return ast.literal_eval(_Dates().visit(ast.parse(text, mode="eval")))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return text


class _Dates(ast.NodeTransformer):
    """Replaces the code of dates and times by their values."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        make = _DATES.get(ast.unparse(node.func).removeprefix("datetime."))
        if make is None:
            return node
        options = {str(option.arg): ast.literal_eval(option.value) for option in node.keywords}
        return ast.Constant(make(*map(ast.literal_eval, node.args), **options))

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return ast.Constant(_UTC) if ast.unparse(node) == "datetime.timezone.utc" else node
