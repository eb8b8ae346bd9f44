# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An adopted declaration as a readable file of variables: YAML with comments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

import yaml
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import count_of, timestamp_text
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token

from ._adoption import TEMPLATE_MARKERS, Adopted, Adoption, scope_order

# Needs no quotation marks, unless YAML reads it as something other than text.
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9 ._/@+-]*[A-Za-z0-9._/+-])?")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_INDENT = "  "


def declaration_text(
    adoption: Adoption,
    now: datetime,
    names: Mapping[Scope, str],
    unreadable: Iterable[tuple[Scope, str]] = (),
    path: str = "fleet.yml",
) -> str:
    """The file. now: when the tokens were listed, in UTC. names: of spaces. unreadable: scopes that could not be listed, and why.

    path: of the file, for its comment.
    """
    lines = ["---", *_comment(_header(now, path)), ""]
    lines.append("api_tokens_declared:" if adoption.adopted else "api_tokens_declared: []")
    for scope, group in groupby(adoption.adopted, key=lambda adopted: adopted.token.scope):
        members = list(group)
        lines += [_INDENT + line for line in _comment([f"{_title(scope, names)}: {count_of(len(members), 'token')}"])]
        for adopted in members:
            lines += [_INDENT + line for line in _entry(adopted)]
        lines.append("")
    left_out = [f"{_describe(each.token)}: {each.reason}" for each in adoption.left_out]
    lines += _list("Left out:", left_out)
    lines += _list("Could not be read:", [f"{scope}: {reason}" for scope, reason in sorted(unreadable, key=_order)])
    return "\n".join(lines).rstrip("\n") + "\n"


def _header(now: datetime, path: str) -> list[str]:
    return [
        f"The API tokens that existed at {timestamp_text(now)}, written by the playbook mondoo.platform.adopt.",
        "",
        f"{_INDENT}ansible-playbook mondoo.platform.onboard -e @{path} --check --diff",
        "",
        "changes nothing until a token is changed, at the service or in this file. It contains no secret: the service",
        "shows a secret once, when its token is generated.",
    ]


def _order(unreadable: tuple[Scope, str]) -> tuple[bool, str]:
    return scope_order(unreadable[0])


def _title(scope: Scope, names: Mapping[Scope, str]) -> str:
    name = names.get(scope)
    title = f"{scope}" if name in (None, scope.id) else f"{scope} ({name})"
    return title[0].upper() + title[1:]


def _describe(token: Token) -> str:
    """The token in a comment."""
    return f'"{token.name}" ({token.mrn}) of {token.scope}'


def _list(heading: str, items: list[str]) -> list[str]:
    return _comment([heading, *(f"- {item}" for item in items)]) if items else []


def _entry(adopted: Adopted) -> Iterator[str]:
    yield from _comment([*adopted.remarks, history(adopted.token)])
    for number, (key, value) in enumerate(adopted.entry.items()):
        yield f"{'- ' if number == 0 else '  '}{key}: {_value(value)}"


def history(token: Token) -> str:
    """Who created it, when, and when it was last used."""
    created = "Created" if token.created_at is None else f"Created {_day(token.created_at)}"
    author = f"{created} by {token.created_by or 'an unknown user'}"
    if token.created_at is None:
        author += " at an unknown time"
    if not token.last_use_known:
        return f"{author}; last use unknown."
    return (
        f"{author}, never used." if token.last_used_at is None else f"{author}, last used {_day(token.last_used_at)}."
    )


def _day(moment: datetime) -> str:
    return (timestamp_text(moment) or "")[:10]


def _comment(lines: Iterable[str]) -> list[str]:
    return [f"# {printable(line)}".rstrip() for line in lines]


def printable(text: str) -> str:
    """The text in one line, without characters that move a cursor or change the direction of text."""
    return "".join(_escaped(character) if _is_unsafe(character) else character for character in text)


def _value(value: Any) -> str:
    return f"[{', '.join(_scalar(each) for each in value)}]" if isinstance(value, list) else _scalar(value)


def _scalar(text: str) -> str:
    """The text as a YAML scalar in one line, which Ansible does not treat as an expression."""
    if _PLAIN.fullmatch(text) and yaml.safe_load(text) == text:
        return text
    tag = "!unsafe " if any(marker in text for marker in TEMPLATE_MARKERS) else ""
    quoted = "".join(
        _ESCAPES.get(character) or (_escaped(character) if _is_unsafe(character) else character) for character in text
    )
    return f'{tag}"{quoted}"'


def _is_unsafe(character: str) -> bool:
    """Whether it is not a letter, mark, number, punctuation, symbol or ordinary space."""
    return character != " " and unicodedata.category(character)[0] in "CZ"


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
