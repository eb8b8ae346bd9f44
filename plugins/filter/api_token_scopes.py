# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: api_token_scopes
short_description: What to list, from the names of organizations and spaces
version_added: 1.0.0
author:
  - Mondoo platform collection contributors (@mondoo-community)
description:
  - Turns organizations and spaces into arguments for M(mondoo.platform.api_token_info), one dictionary for each listing, to loop over.
  - Variables from C(-e), INI inventories and surveys are text. Text is parsed as a comma-separated list or as JSON.
positional: spaces
options:
  _input:
    description: IDs or MRNs of organizations. Each is listed with all of its spaces. Null means none.
    type: raw
    required: true
  spaces:
    description: IDs or MRNs of spaces.
    type: raw
seealso:
  - module: mondoo.platform.api_token_info
"""

EXAMPLES = r"""
- name: List the tokens of an organization with its spaces, and of two more spaces
  mondoo.platform.api_token_info:
    organization: "{{ item.organization | default(omit) }}"
    space: "{{ item.space | default(omit) }}"
    include_spaces: "{{ item.include_spaces }}"
  loop: "{{ 'my-org-1234' | mondoo.platform.api_token_scopes('payments-1234,checkout-5678') }}"
  register: listed
"""

RETURN = r"""
_value:
  description: A dictionary for each listing.
  type: list
  elements: dict
  contains:
    organization:
      description: MRN of an organization.
      type: str
      returned: for an organization
    space:
      description: MRN of a space.
      type: str
      returned: for a space
    include_spaces:
      description: V(true) for an organization, V(false) for a space.
      type: bool
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.plugin_utils._scopes import listings_of


def api_token_scopes(organizations: Any, spaces: Any = None) -> list[dict[str, Any]]:
    """The filter; its parameters are those of the documentation."""
    try:
        return listings_of(organizations, spaces)
    except MondooError as error:
        raise AnsibleFilterError(f"mondoo.platform.api_token_scopes: {error}") from None


class FilterModule:
    """Makes the filter available to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"api_token_scopes": api_token_scopes}
