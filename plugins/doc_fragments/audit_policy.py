# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy that an audit compares API tokens with."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  max_age:
    description:
      - How old a token may be, for example V(90d). Older ones break the rule C(too_old).
      - A whole number and a unit, C(w), C(d), C(h), C(m) or C(s).
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
      - The tokens that should exist, as in O(mondoo.platform.api_tokens#module:tokens). Others break C(undeclared).
      - Each entry needs C(name) and one of C(space), C(organization) and C(scope_mrn), or C(mrn). Entries with C(state=absent)
        should not exist.
      - An entry with C(each_space) applies to the spaces of its organization that were listed.
      - After a rotation, the predecessors of a declared token count as declared for as long as its C(overlap).
    type: list
    elements: dict
  severities:
    description:
      - Severities by rule, to override the defaults. V(ignore) disables a rule.
      - By default C(excess_permission) and C(undeclared) are V(high); C(too_old), C(unused), C(duplicate_name),
        C(retired_leftover) and C(pending_leftover) are V(medium); C(never_used), C(redundant_permission), C(no_permissions),
        C(no_description) and C(unmatched_acceptance) are V(low).
    type: dict
  accepted:
    description:
      - Findings that are accepted. They are shown as accepted and not counted.
      - An entry that matches no finding breaks the rule C(unmatched_acceptance).
    type: list
    elements: dict
    suboptions:
      rule:
        description: The rule that may be broken.
        type: str
        required: true
      name:
        description:
          - Name of the token.
          - Exactly one of O(accepted[].name), O(accepted[].mrn) and O(accepted[].pattern) is required.
        type: str
      mrn:
        description: MRN of the token.
        type: str
      pattern:
        description: Shell pattern for names of tokens. Matching is case-sensitive.
        type: str
      scope:
        description: ID or MRN of the space or organization of the token. Without it, the entry applies to all scopes.
        type: str
      reason:
        description: Why the finding is accepted.
        type: str
        required: true
      until:
        description:
          - The last day on which it is accepted, such as V(2027-03-01), or a time. After that, the finding counts again.
          - Without it, the finding is accepted for good.
        type: str
      by:
        description: Who accepted it.
        type: str
"""
