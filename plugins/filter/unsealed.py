# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A filter that opens secrets sealed by the role api_tokens."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unsealed
short_description: Opens a secret that the role api_tokens hands to tasks
version_added: 1.0.0
author:
  - Mondoo platform collection contributors (@mondoo-community)
description:
  - Between the tasks of the role P(mondoo.platform.api_tokens#role), secrets are encrypted with a key that exists only in the
    running C(ansible-playbook). This filter opens one.
  - Only for the role itself. Your tasks get the secret in C(api_token_secret).
options:
  _input:
    description: The sealed secret, from the same run of Ansible.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: What the role gives to the tasks of a user
  ansible.builtin.include_tasks: "{{ tasks_of_user }}"
  vars:
    api_token_secret: "{{ sealed | mondoo.platform.unsealed }}"
"""

RETURN = r"""
_value:
  description: The secret.
  type: str
"""

from collections.abc import Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.sealing import unseal


def unsealed(sealed: str) -> str:
    """The secret; raises AnsibleFilterError if another run has sealed it."""
    try:
        return unseal(sealed)
    except MondooError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Makes the filter available to Ansible."""

    def filters(self) -> dict[str, Callable[[str], str]]:
        return {"unsealed": unsealed}
