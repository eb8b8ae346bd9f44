# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: api_token_declaration
short_description: The declaration of API tokens that exist
version_added: 1.0.0
author:
  - Mondoo platform collection contributors (@mondoo-community)
description:
  - Turns a listing of API tokens of the Mondoo Platform into the declaration under which nothing changes, for
    O(mondoo.platform.api_tokens#module:tokens) or the role P(mondoo.platform.api_tokens#role), and into a commented file of it.
  - Tokens are declared by name. If the name cannot identify a token, it is declared by MRN, for example if two tokens have the
    same name, the name has white space around it, or a rotation is unfinished.
  - Leftovers of rotations are not declared, namely pending tokens, and retired ones whose successor exists.
  - It reads only its input and changes nothing. The playbook C(mondoo.platform.adopt) also lists the tokens and writes the file.
positional: scopes, unreadable, now, path
options:
  _input:
    description: The tokens, as in RV(mondoo.platform.api_token_info#module:api_tokens), of any number of listings.
    type: list
    elements: dict
    required: true
  scopes:
    description: What was read, as in RV(mondoo.platform.api_token_info#module:scopes). Comments give the names of spaces.
    type: list
    elements: dict
    default: []
  unreadable:
    description: What could not be read, as in RV(mondoo.platform.api_token_info#module:unreadable). A comment lists it.
    type: list
    elements: dict
    default: []
  now:
    description: When the tokens were listed, as C(2026-11-23T18:00:00Z). Defaults to the current time.
    type: str
  path:
    description: Path of the file, for its comment.
    type: str
    default: fleet.yml
seealso:
  - module: mondoo.platform.api_token_info
  - module: mondoo.platform.api_tokens
"""

EXAMPLES = r"""
- name: The tokens of the organization and of all of its spaces
  mondoo.platform.api_token_info:
    organization: my-org-1234
    include_spaces: true
  register: listed

- name: Write them down
  ansible.builtin.copy:
    content: "{{ (listed.api_tokens | mondoo.platform.api_token_declaration(listed.scopes)).yaml }}"
    dest: /etc/mondoo/fleet.yml
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The declaration.
  type: dict
  contains:
    tokens:
      description: The entries. Each has its scope, C(description), C(name) or C(mrn), and C(permissions) where they can be declared.
      type: list
      elements: dict
    left_out:
      description: What is not declared, with C(name), C(mrn), C(scope_mrn) and C(reason).
      type: list
      elements: dict
    lines:
      description: What is declared and what is not, in sentences.
      type: list
      elements: str
    yaml:
      description:
        - A file of variables with the entries in C(api_tokens_declared), and with comments that say who made each token, when, and when
          it was last used.
        - Text that Ansible would evaluate as an expression is marked C(!unsafe).
      type: str
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError, invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope, scope_of_mrn
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import timestamp_from
from ansible_collections.mondoo.platform.plugins.plugin_utils._adoption import adopt, summary_lines
from ansible_collections.mondoo.platform.plugins.plugin_utils._declaration_text import declaration_text, printable
from ansible_collections.mondoo.platform.plugins.plugin_utils._listed_tokens import listed_tokens
from ansible_collections.mondoo.platform.plugins.plugin_utils._reading import (
    list_from,
    optional_text_of,
    read_entry,
    required_text,
)


def api_token_declaration(
    tokens: Sequence[Mapping[str, Any]],
    scopes: Sequence[Mapping[str, Any]] = (),
    unreadable: Sequence[Mapping[str, Any]] = (),
    now: str | None = None,
    path: str = "fleet.yml",
) -> dict[str, Any]:
    """The filter; its parameters are those of the documentation."""
    try:
        adoption = adopt(listed_tokens(tokens))
        names = {scope: name for scope, name in _entries("scopes", scopes, _named) if name is not None}
        reasons = _entries("unreadable", unreadable, _unread)
        text = declaration_text(adoption, _moment(now), names, reasons, str(path))
    except MondooError as error:
        raise AnsibleFilterError(f"mondoo.platform.api_token_declaration: {error}") from None
    return {
        "tokens": [adopted.entry for adopted in adoption.adopted],
        "left_out": [each.result() for each in adoption.left_out],
        "lines": [printable(line) for line in summary_lines(adoption, [scope for scope, _reason in reasons])],
        "yaml": text,
    }


def _entries(what: str, value: object, read: Callable[[Mapping[str, Any]], Any]) -> list[Any]:
    return [read_entry(number, what, entry, read) for number, entry in enumerate(list_from(what, value), start=1)]


def _named(scope: Mapping[str, Any]) -> tuple[Scope, str | None]:
    return scope_of_mrn(required_text(scope, "mrn")), optional_text_of(scope, "name")


def _unread(scope: Mapping[str, Any]) -> tuple[Scope, str]:
    return scope_of_mrn(required_text(scope, "scope_mrn")), required_text(scope, "reason")


def _moment(now: str | None) -> datetime:
    moment = datetime.now(timezone.utc) if now is None else timestamp_from(now)
    if moment is None:
        raise invalid_option(f'now: "{now}" is not a time such as 2026-11-23T18:00:00Z')
    return moment


class FilterModule:
    """Makes the filter available to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"api_token_declaration": api_token_declaration}
