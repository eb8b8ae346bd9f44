#!/usr/bin/python
# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: secret_files
short_description: Files with secrets on a host, for the role api_tokens
version_added: 1.0.0
author:
  - Mondoo platform collection contributors (@mondoo-community)
description:
  - Inspects files with secrets on the host of the task, writes secrets to them, or restores their previous content. A step of the
    role P(mondoo.platform.api_tokens#role); of no use without it.
  - Uses POSIX shell over the connection of the task; the host needs no Python. A secret is passed on the standard input of the
    shell. The new file is created empty beside the old one, gets its owner, group and mode, then the secret, and then replaces
    the old one.
options:
  step:
    description:
      - V(look) reports the state of the files and what prevents writing. It changes nothing.
      - V(write) writes secrets.
      - V(restore) restores the previous content, owner, group and mode of the files, or removes them.
    type: str
    choices: [look, write, restore]
    required: true
  files:
    description: The files. Secrets are sealed by M(mondoo.platform.api_tokens_handover).
    type: list
    elements: dict
    required: true
    suboptions:
      key:
        description: The token that the file belongs to, for later steps.
        type: str
      path:
        description: Absolute path of the file.
        type: str
        required: true
      owner:
        description: Owner of the file and of directories created for it.
        type: str
      group:
        description: Group of the file and of directories created for it.
        type: str
      mode:
        description: Mode of the file, as for C(chmod).
        type: str
        default: "0600"
      directory_mode:
        description: Mode of missing directories. Without it, the directory of the file must exist.
        type: str
      secret:
        description: What O(step=write) writes, sealed.
        type: str
      before:
        description: What O(step=restore) restores, sealed. Without it, the file is removed.
        type: str
  run:
    description: Returned unchanged, to distinguish the result from one of an earlier run.
    type: str
    default: ""
extends_documentation_fragment:
  - mondoo.platform.attributes
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
      - Only O(step=look) does anything.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - The role requests only what is needed.
  platform:
    support: full
notes:
  - The connection and the become method must pass standard input to the command. C(su) does not.
"""

EXAMPLES = r"""
- name: Look at a file
  mondoo.platform.secret_files:
    step: look
    files:
      - path: /etc/mondoo/token
        owner: builder
  register: seen
"""

RETURN = r"""
files:
  description: One entry for each file, in the order of O(files).
  returned: always
  type: list
  elements: dict
  contains:
    path:
      description: The path.
      type: str
      returned: success
    exists:
      description: Whether it is a regular file.
      type: bool
      returned: with O(step=look)
    holds:
      description: Whether there is anything but white space in it.
      type: bool
      returned: with O(step=look)
    token_mrn:
      description: MRN of the token that the secret in it names, if it is a JWT. The secret itself is not returned.
      type: str
      returned: with O(step=look)
    modified_at:
      description: When it was last written, in seconds since 1970.
      type: float
      returned: with O(step=look)
    problems:
      description: What prevents writing it.
      type: list
      elements: str
      returned: with O(step=look)
    msg:
      description: Why it was not written. Empty if it was.
      type: str
      returned: with O(step=write) and O(step=restore)
    before:
      description: Its previous content, sealed. Null if it did not exist.
      type: str
      returned: with O(step=write)
run:
  description: O(run).
  returned: always
  type: str
"""
