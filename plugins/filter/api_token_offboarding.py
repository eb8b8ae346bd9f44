# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: api_token_offboarding
short_description: Which API tokens are to be deleted
version_added: 1.0.0
author:
  - Mondoo platform collection contributors (@mondoo-community)
description:
  - Selects the listed API tokens of the Mondoo Platform that match all criteria, for M(mondoo.platform.api_tokens) to delete.
  - At least one of O(created_by), O(unused_for), O(older_than) and O(names) is required. An empty one is refused, since tokens
    that it was meant to exclude would be deleted.
  - It reads only its input and changes nothing. The playbook C(mondoo.platform.offboard) also lists and deletes the tokens.
positional: created_by, unused_for, older_than, names, limit, own
options:
  _input:
    description: The tokens, as in RV(mondoo.platform.api_token_info#module:api_tokens).
    type: list
    elements: dict
    required: true
  created_by:
    description:
      - E-mail addresses of creators, MRNs of those without one, and shell patterns of them, ignoring case. A token whose creator is
        unknown matches none.
      - A list or comma-separated text.
    type: list
    elements: str
  unused_for:
    description:
      - For how long the token has not been used, for example V(90d). For one that was never used, the time since its creation counts.
    type: str
  older_than:
    description: Minimum age of the token, in the same form.
    type: str
  names:
    description:
      - Names and shell patterns of names; matching is case-sensitive. Leftovers of a rotation are included with their name.
      - A list or comma-separated text.
    type: list
    elements: str
  limit:
    description: If more tokens match, none is selected.
    type: int
    default: 25
  own:
    description: MRNs of credentials in use, as in RV(mondoo.platform.api_token_info#module:identity). Their tokens are kept.
    type: list
    elements: str
    default: []
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

- name: Delete the tokens that somebody created
  mondoo.platform.api_tokens:
    tokens: >-
      {{
        (listed.api_tokens | mondoo.platform.api_token_offboarding(created_by='someone@example.com', own=[listed.identity.mrn])).tokens
      }}
"""

RETURN = r"""
_value:
  description: What is to be deleted.
  type: dict
  contains:
    tokens:
      description: An entry for each token, for O(mondoo.platform.api_tokens#module:tokens), with C(state=absent).
      type: list
      elements: dict
    lines:
      description:
        - A readable summary. How many match, and a line for each with name, scope, MRN, creator, creation and last use; likewise
          for matching tokens that are kept because they are in O(own).
      type: list
      elements: str
    problem:
      description:
        - Why nothing is to be deleted, such as missing criteria or more tokens than O(limit). Otherwise empty.
      type: str
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.plugin_utils._listed_tokens import listed_tokens
from ansible_collections.mondoo.platform.plugins.plugin_utils._offboarding import Offboarding, choose, read_criteria
from ansible_collections.mondoo.platform.plugins.plugin_utils._reading import own_from


def api_token_offboarding(
    tokens: Sequence[Mapping[str, Any]],
    created_by: Any = None,
    unused_for: Any = None,
    older_than: Any = None,
    names: Any = None,
    limit: Any = 25,
    own: Any = (),
) -> dict[str, Any]:
    """The filter; its parameters are those of the documentation."""
    options = {
        "created_by": created_by,
        "unused_for": unused_for,
        "older_than": older_than,
        "names": names,
        "limit": limit,
    }
    try:
        listed = listed_tokens(tokens)
        known = own_from(own)
    except MondooError as error:
        raise AnsibleFilterError(f"mondoo.platform.api_token_offboarding: {error}") from None
    try:
        criteria, most = read_criteria(options)
        chosen, problem = choose(listed, criteria, most, known, datetime.now(timezone.utc)), ""
    except MondooError as error:
        chosen, problem = Offboarding(listed=len(listed)), str(error)
    return {"tokens": chosen.entries, "lines": chosen.lines(own_is_known=bool(known)), "problem": problem}


class FilterModule:
    """Makes the filter available to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"api_token_offboarding": api_token_offboarding}
