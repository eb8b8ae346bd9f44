#!/usr/bin/python
# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: api_tokens_handover
short_description: The steps of the role api_tokens that run on the controller
version_added: 1.0.0
author:
  - Mondoo platform collection contributors (@mondoo-community)
description:
  - One step of handing secrets over. Part of the role P(mondoo.platform.api_tokens#role); of no use without it.
  - It reads the variables of the role and the results registered by earlier tasks. It returns data for the next step, in which
    secrets are encrypted with a key that exists only in the running C(ansible-playbook).
  - It runs once for all hosts of a play, and calls the service with M(mondoo.platform.api_tokens).
options:
  step:
    description: The step. The choices are in the order of their use.
    type: str
    choices: [require_rotate_now, check, decide, stage, store, note_tasks, settle, finish, prune, report]
    required: true
  round:
    description: One of the rounds planned by O(step=decide).
    type: str
    default: ""
  tasks_failed:
    description: With O(step=note_tasks), whether the user's tasks have failed.
    type: bool
    default: false
extends_documentation_fragment:
  - mondoo.platform.connection
  - mondoo.platform.attributes
  - mondoo.platform.attributes.action_group
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
  async:
    description: Supports being used with the C(async) keyword.
    support: none
  check_mode:
    support: full
    details:
      - Only O(step=check), O(step=decide) and O(step=report) are run; they change nothing.
  diff_mode:
    support: full
  idempotent:
    support: none
    details:
      - The role requests only what is needed.
  platform:
    support: full
seealso:
  - module: mondoo.platform.api_tokens
  - module: mondoo.platform.secret_files
"""

EXAMPLES = r"""
- name: Check the variables of the role, and see what would be done
  mondoo.platform.api_tokens_handover:
    step: check
  delegate_to: localhost
  run_once: true
  register: api_tokens__checked
"""

RETURN = r"""
run:
  description: Identifies this run of the role.
  returned: always
  type: str
result:
  description: What the role keeps in C(api_tokens_result).
  returned: with O(step=report)
  type: dict
"""
