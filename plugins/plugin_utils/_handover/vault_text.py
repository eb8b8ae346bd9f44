# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes single variables in the text of a YAML file, and nothing else in it. Pure.

The text is cut at the positions where the parser found the values, and the result is parsed again: everything but the
variables must be unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import FILE_FAILED, MondooError


def read_variables(text: str) -> dict[str, str | None]:
    """The variables at the top level, with their values as text; None for one that is not a scalar. Raises MondooError."""
    root = _root(text)
    return {} if root is None else {key.value: _scalar(value) for key, value in root.value}


def change_variables(text: str, values: Mapping[str, str | None]) -> str:
    """The text with these variables set; None removes one. Raises MondooError if that is not possible."""
    changed = text
    for name, value in values.items():
        changed = _remove(changed, name) if value is None else _set(changed, name, value)
    _verify(text, changed, values)
    return changed


def _set(text: str, name: str, value: str) -> str:
    root = _root(text)
    # JSON strings are valid double-quoted YAML strings.
    quoted = json.dumps(value)
    pair = _pair(root, name)
    if pair is not None:
        start, end = pair[1].start_mark.index, pair[1].end_mark.index
        kept = text[start:end]
        line_breaks = kept[len(kept.rstrip("\r\n")) :]
        return text[:start] + (" " if start == end else "") + quoted + line_breaks + text[end:]
    if root is not None and root.flow_style:
        position = root.end_mark.index - 1
        before = text[:position].rstrip()
        separator = "" if before.endswith(("{", ",")) else ", "
        return f"{before}{separator}{json.dumps(name)}: {quoted}{text[len(before) : position]}{text[position:]}"
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = " " * root.start_mark.column if root is not None else ""
    start = text if not text or text.endswith("\n") else text + newline
    return f"{start}{indent}{name}: {quoted}{newline}"


def _remove(text: str, name: str) -> str:
    root = _root(text)
    pair = _pair(root, name)
    if root is None or pair is None:
        return text
    if root.flow_style:
        raise _failure(f"{name} cannot be removed from it")
    start = text.rfind("\n", 0, pair[0].start_mark.index) + 1
    end = pair[1].end_mark.index
    line_end = text.find("\n", end)
    if end == 0 or text[end - 1] != "\n":
        end = len(text) if line_end < 0 else line_end + 1
    return text[:start] + text[end:]


def _root(text: str) -> Any:
    """The mapping at the top level, None if the text is empty."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise _failure(f"it is not valid YAML{f' in line {mark.line + 1}' if mark else ''}") from None
    if root is None or (isinstance(root, yaml.ScalarNode) and not root.value):
        return None
    if not isinstance(root, yaml.MappingNode):
        raise _failure("it does not contain variables")
    if any(not isinstance(key, yaml.ScalarNode) for key, _value in root.value):
        raise _failure("one of its keys is not the name of a variable")
    return root


def _pair(root: Any, name: str) -> Any:
    pairs = [pair for pair in root.value if pair[0].value == name] if root is not None else []
    if len(pairs) > 1:
        raise _failure(f"{name} occurs twice")
    if pairs and not isinstance(pairs[0][1], yaml.ScalarNode):
        raise _failure(f"{name} is not a secret, but a list or a dictionary")
    return pairs[0] if pairs else None


def _verify(before: str, after: str, values: Mapping[str, str | None]) -> None:
    """Raises MondooError unless the texts differ only in the variables."""
    old, new = _root(before), _root(after)
    others = [
        [_content(pair) for pair in (root.value if root else []) if pair[0].value not in values] for root in (old, new)
    ]
    held = {key.value: _scalar(value) for key, value in (new.value if new else [])}
    if others[0] != others[1] or any(held.get(name) != value for name, value in values.items()):
        raise _failure("its variables cannot be changed without changing something else in it")


def _scalar(node: Any) -> str | None:
    return node.value if isinstance(node, yaml.ScalarNode) else None


def _content(node: Any) -> Any:
    if isinstance(node, tuple):
        return tuple(_content(part) for part in node)
    value = node.value if isinstance(node, yaml.ScalarNode) else [_content(part) for part in node.value]
    return node.tag, value


def _failure(reason: str) -> MondooError:
    return MondooError(FILE_FAILED, reason)
