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
  - Compares API tokens of the Mondoo Platform with a policy, and returns findings.
  - It reads only its input and changes nothing.
positional: max_age, max_unused, allowed_permissions, declared, now, severities, accepted, scopes, own
options:
  _input:
    description:
      - The tokens, as in RV(mondoo.platform.api_token_info#module:api_tokens).
      - A list of RV(mondoo.platform.api_token#module:api_token) works too.
    type: list
    elements: dict
    required: true
  now:
    description: The time to compare with, such as V(2026-11-23T18:00:00Z), or a datetime. Defaults to the current time.
    type: raw
  scopes:
    description:
      - The spaces that were listed, as dictionaries with C(mrn) and C(name), for entries of O(declared) with C(each_space).
      - By default the scopes of the tokens.
    type: list
    elements: dict
  own:
    description: MRN of the credential that the audit uses. It does not break C(undeclared).
    type: str
extends_documentation_fragment:
  - mondoo.platform.audit_policy
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
    - The findings, the most severe first, then by scope, name and rule; the accepted ones last.
    - If the service does not report when a token was created or last used, the message of C(too_old) or C(unused) says that it is
      unknown.
  type: list
  elements: dict
  contains:
    rule:
      description:
        - V(too_old), V(unused), V(never_used), V(excess_permission), V(redundant_permission) (viewer in addition to editor
          or owner, editor in addition to owner), V(undeclared), V(duplicate_name), V(no_permissions), V(no_description),
          V(retired_leftover) (a rotation has replaced it, and it is still valid), V(pending_leftover) (it was generated more
          than ten minutes ago, and its secret has no known holder) or V(unmatched_acceptance) (an entry of O(accepted)
          matches no finding).
      type: str
    severity:
      description: V(high), V(medium) or V(low), or V(accepted).
      type: str
    name:
      description: Name of the token; for V(unmatched_acceptance), what the entry names.
      type: str
    mrn:
      description: MRN of the token. Null for V(unmatched_acceptance).
      type: str
    scope_mrn:
      description: MRN of the space or organization that it belongs to. Null for V(unmatched_acceptance) without one.
      type: str
    message:
      description: What is wrong.
      type: str
    accepted:
      description:
        - The C(severity) that it would have otherwise, and the C(reason), end (C(until)) and author (C(by)) of the acceptance.
        - Null if it is not accepted.
      type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.acceptance import acceptances_from
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.declared import declarations_from
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.findings import findings_from
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.listing import known_scopes
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.rules import policy_from
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.tokens import time_from, tokens_from
from ansible_collections.mondoo.platform.plugins.plugin_utils._reading import own_from


def api_token_findings(
    tokens: Sequence[Mapping[str, Any]],
    max_age: str | None = None,
    max_unused: str | None = None,
    allowed_permissions: Sequence[str] | None = None,
    declared: Sequence[Mapping[str, Any]] | None = None,
    now: datetime | str | None = None,
    severities: Mapping[str, str] | None = None,
    accepted: Sequence[Mapping[str, Any]] | None = None,
    scopes: Sequence[Mapping[str, Any]] | None = None,
    own: str | None = None,
) -> list[dict[str, Any]]:
    """The filter; its parameters are those of the documentation."""
    try:
        audited = tokens_from(tokens)
        if scopes is None:
            scopes = [{"mrn": mrn} for mrn in sorted({token.scope.mrn for token in audited})]
        policy = policy_from(
            now=datetime.now(timezone.utc) if now is None else time_from("now", now),
            max_age=max_age,
            max_unused=max_unused,
            allowed_permissions=allowed_permissions,
            declared=None if declared is None else declarations_from(declared, known_scopes(scopes)),
            severities=severities,
            own=own_from(own),
        )
        acceptances = acceptances_from(accepted or ())
        return [finding.result() for finding in findings_from(audited, policy, acceptances)]
    except MondooError as error:
        raise AnsibleFilterError(f"mondoo.platform.api_token_findings: {error}") from None


class FilterModule:
    """Makes the filter available to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"api_token_findings": api_token_findings}
