# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: api_token_findings
short_description: Findings of an audit of API tokens
version_added: 1.0.0
author:
  - Mondoo platform collection contributors (@mondoo-community)
description:
  - Holds API tokens of the Mondoo Platform against a policy, and returns what is not as it should be.
  - It reads nothing but its input, and changes nothing.
positional: max_age, max_unused, allowed_permissions, declared, now, severities
options:
  _input:
    description:
      - The tokens, as in RV(mondoo.platform.api_token_info#module:api_tokens).
      - A list of RV(mondoo.platform.api_token#module:api_token) does too.
    type: list
    elements: dict
    required: true
  max_age:
    description:
      - How old a token may be, for example V(90d). Older ones break the rule C(too_old).
      - A whole number and one of C(w), C(d), C(h), C(m), C(s).
    type: str
  max_unused:
    description:
      - For how long a token may be unused, in the same form. Tokens that were last used before that break the rule C(unused),
        tokens that are older and were never used break C(never_used).
      - Without it, every token that was never used breaks C(never_used).
    type: str
  allowed_permissions:
    description: Permissions that a token may have, written as for M(mondoo.platform.api_token). Others break C(excess_permission).
    type: list
    elements: str
  declared:
    description:
      - The tokens that are meant to be there, as in O(mondoo.platform.api_tokens#module:tokens). Others break C(undeclared).
      - Each entry needs O(ignore:name) and one of O(ignore:space), O(ignore:organization) and C(scope_mrn), or O(ignore:mrn).
        Entries with C(state=absent) are not meant to be there.
      - Predecessors of a declared token, from a rotation, are within the declaration for as long as its C(overlap).
    type: list
    elements: dict
  now:
    description: The time to compare with, as C(2026-11-23T18:00:00Z) or a datetime. By default the present.
    type: raw
  severities:
    description:
      - Severities by rule, where they are to be others than by default. V(ignore) switches a rule off.
      - By default C(excess_permission) and C(undeclared) are V(high); C(too_old), C(unused), C(duplicate_name) and
        C(retired_leftover) are V(medium); C(never_used), C(redundant_permission), C(no_permissions) and C(no_description)
        are V(low).
    type: dict
seealso:
  - module: mondoo.platform.api_token_info
"""

EXAMPLES = r"""
- name: The tokens of the organization and of all of its spaces
  mondoo.platform.api_token_info:
    organization: my-org-1234
    include_spaces: true
  register: tokens

- name: Fail if there are findings of high severity
  ansible.builtin.assert:
    that: findings | selectattr('severity', 'equalto', 'high') | length == 0
    fail_msg: "{{ findings | map(attribute='message') | join(' ') }}"
  vars:
    findings: >-
      {{
        tokens.api_tokens | mondoo.platform.api_token_findings(
          max_age='90d', max_unused='30d', allowed_permissions=['viewer', 'agent'], severities={'too_old': 'high'}
        )
      }}
"""

RETURN = r"""
_value:
  description:
    - The findings, the most severe first, then by scope, name and rule.
    - Where the service does not tell when a token was created or last used, the message of C(too_old) or C(unused) says that
      it is unknown.
  type: list
  elements: dict
  contains:
    rule:
      description:
        - V(too_old), V(unused), V(never_used), V(excess_permission), V(redundant_permission) (viewer beside editor or owner,
          editor beside owner), V(undeclared), V(duplicate_name), V(no_permissions), V(no_description) or
          V(retired_leftover) (a rotation has replaced it, and it is still valid).
      type: str
    severity:
      description: V(high), V(medium) or V(low).
      type: str
    name:
      description: Name of the token.
      type: str
    mrn:
      description: MRN of the token.
      type: str
    scope_mrn:
      description: MRN of the space or organization that it belongs to.
      type: str
    message:
      description: What is not as it should be.
      type: str
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.plugin_utils._findings import findings, policy_from, tokens_from


def api_token_findings(
    tokens: Sequence[Mapping[str, Any]],
    max_age: str | None = None,
    max_unused: str | None = None,
    allowed_permissions: Sequence[str] | None = None,
    declared: Sequence[Mapping[str, Any]] | None = None,
    now: datetime | str | None = None,
    severities: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """The filter; its parameters are those of the documentation."""
    try:
        policy = policy_from(max_age, max_unused, allowed_permissions, declared, now, severities)
        return findings(tokens_from(tokens), policy)
    except MondooError as error:
        raise AnsibleFilterError(f"mondoo.platform.api_token_findings: {error}") from None


class FilterModule:
    """Hands the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"api_token_findings": api_token_findings}
