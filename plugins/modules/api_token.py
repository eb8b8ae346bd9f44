#!/usr/bin/python
# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: api_token
short_description: Manage one API token of the Mondoo Platform
version_added: 0.1.0
author:
  - Mondoo platform collection contributors (@mondoo-community)
description:
  - Creates, changes, rotates and deletes an API token of a space or an organization of the Mondoo Platform.
  - The desired token is compared with what is there, and the fewest possible changes are sent. If nothing is to be done,
    one request is made and nothing is sent.
  - The secret of a token is shown once by the service, when the token is generated. It is returned in RV(token), or written
    to O(token_path).
options:
  name:
    description:
      - Exact name of the token. Required unless O(mrn) is given.
      - If two or more tokens of the scope have the name, the module fails and lists them.
      - A name with white space around it, with a control character, or with an ending such as C((pending 2026-11-25T00:00:00Z\))
        or C((retired 2026-11-25T00:00:00Z\)) is refused, unless O(mrn) names the token that has it.
      - Quote a name that YAML would read as something else than text, such as C("1.10") or C("yes").
    type: str
  mrn:
    description:
      - MRN of the token. With O(name) too, the token is renamed to it.
      - A rotation gives a token a new MRN, so that a later run does not find it by the old one.
    type: str
  description:
    description:
      - What the token is for. Left alone if omitted; an empty string clears it.
    type: str
  permissions:
    description:
      - What the token may do. Each entry is V(viewer), V(editor), V(owner), V(agent), the name of another role of the
        platform (V(integrations-manager), V(sla-manager), V(policy-manager), V(policy-editor), V(ticket-manager),
        V(ticket-creator), V(exceptions-requester), V(query-pack-manager), V(query-pack-editor)), or the MRN of a role.
      - Upper and lower case, order and repetition make no difference.
      - Left alone if omitted. Required, and not empty, to create a token.
      - The memberships that the platform adds by itself (C(org-member), C(space-member)) cannot be declared, and are no
        difference.
    type: list
    elements: str
  purge_permissions:
    description:
      - Whether O(permissions) is the exact list. If V(false), only what is missing is added.
    type: bool
    default: true
  rotate_after:
    description:
      - Replaces the token by a new one when it is at least this old.
      - A whole number and one of C(w), C(d), C(h), C(m), C(s), for example V(90d) or V(12h). V(0) replaces it in every run.
      - The new token is generated as C(NAME (pending 2026-11-25T00:00:00Z\)), and its secret is handed over and verified. Only
        then is the old token deleted or retired, and the new one gets the name. If anything fails before that, the new token is
        deleted and nothing has changed.
    type: str
  overlap:
    description:
      - How long a replaced token stays valid, in the same form as O(rotate_after). It is renamed to
        C(NAME (retired 2026-11-25T00:00:00Z\)), and deleted by the first later run, with O(rotate_after), O(overlap) or
        O(lost_secret=rotate), that finds its retirement at least this long ago.
      - By default it is deleted in the run that replaces it.
    type: str
  token_path:
    description:
      - File to write the secret to, on the host that runs the module, instead of returning it. It holds the secret and
        nothing else.
      - It is written in one step. A new file is readable by its owner only unless O(mode) says otherwise; an existing one keeps
        its owner, group, mode and SELinux context unless they are given. Whether it can be written is checked before a token
        is generated; if it cannot be written afterwards all the same, the new token is deleted.
      - The directory must exist. Anything that exists and is not a regular file is refused, as is a link that was made by another
        user than C(root) and the one who runs the module.
      - Not used with O(state=absent); the file is left as it is.
    type: path
  lost_secret:
    description:
      - What to do when the token exists, but its secret is not in O(token_path). V(warn) leaves the token alone, V(fail) fails,
        V(rotate) replaces the token.
      - The secret counts as lost if the file is missing, holds only white space, holds a JWT of another token, or, where
        secrets are not JWTs, was last written more than five minutes before the token was created.
    type: str
    choices: [warn, fail, rotate]
    default: warn
  generate:
    description:
      - Whether this run may generate a secret. If V(false) and one would be needed, the module fails before anything is
        changed.
      - A task whose secret nobody takes, since it has neither O(token_path) nor C(register), behaves as with V(false).
    type: bool
    default: true
  pending_grace:
    description:
      - How long a pending token is left alone that may belong to a run elsewhere, in the same form as O(rotate_after). Until it is
        this old, the token in use stays as it is, with a warning; if there is none, the module fails.
      - V(0) says that there is no other run.
      - With O(token_path), a pending token whose secret is not in the file is replaced at once, since runs on one host take turns.
    type: str
    default: 10m
  verify_secret:
    description:
      - When a secret is tried at the service, with one query.
      - V(rotated) tries the new secret in a rotation, before the old token is deleted or retired. A secret that is refused was not
        handed over, so that nothing has changed.
      - V(always) also tries a secret that is stored in O(token_path), in every run. One that is refused counts as lost.
      - V(never) tries none.
    type: str
    choices: [rotated, always, never]
    default: rotated
  state:
    description:
      - V(present) makes the token as declared. V(absent) deletes it, and with O(name) also its pending and retired tokens.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - ansible.builtin.files
  - mondoo.platform.connection
  - mondoo.platform.scope
  - mondoo.platform.attributes
  - mondoo.platform.attributes.action_group
  - mondoo.platform.attributes.censored
attributes:
  check_mode:
    support: full
    details:
      - Nothing is sent but the listing. What the service makes up itself, such as the MRN of a new token, is not predicted.
  diff_mode:
    support: full
    details:
      - Name, description and permissions are shown, never a secret.
  idempotent:
    support: partial
    details:
      - With O(rotate_after=0), the token is replaced in every run.
  platform:
    support: full
notes:
  - A result with a secret in it is hidden from every output, also without C(no_log), and can be registered and used all
    the same. Whatever shows the registered variable shows the secret.
  - With an ansible-core newer than 2.21, the newest that this release was tested with, a secret is returned only to a task that
    has C(no_log=true). Other tasks fail before anything is generated.
  - The token that the task logs in with is never deleted, replaced, or stripped of permissions, if its secret is a JWT that
    names its token. If it is not, it cannot be recognised.
  - Runs on one host that may change tokens of the same scope take turns. They use a lock file below
    C(~/.ansible/mondoo.platform). Check mode does not wait.
seealso:
  - module: mondoo.platform.api_token_info
"""

EXAMPLES = r"""
- name: A token for the CI, with its secret in a file
  mondoo.platform.api_token:
    auth_token: "{{ mondoo_token }}"
    space: my-space-1234
    name: ci
    description: Scans in the pipelines
    permissions: [agent, viewer]
    token_path: /etc/ci/mondoo-token

- name: A token for the whole organization, with its secret in a variable
  mondoo.platform.api_token:
    organization: my-org-1234
    name: dashboard
    permissions: [viewer]
  register: dashboard

- name: Hand the secret on, in the one run that has it
  ansible.builtin.copy:
    content: "{{ dashboard.token }}"
    dest: /etc/dashboard/token
    mode: "0600"
  no_log: true
  when: dashboard.token is defined

- name: One permission more, whatever else the token has
  mondoo.platform.api_token:
    space: my-space-1234
    name: ci
    permissions: [editor]
    purge_permissions: false

- name: A new secret every 90 days, with a week to change over
  mondoo.platform.api_token:
    space: my-space-1234
    name: ci
    permissions: [agent]
    token_path: /etc/ci/mondoo-token
    rotate_after: 90d
    overlap: 7d

- name: Rename one of two tokens that have the same name
  mondoo.platform.api_token:
    space: my-space-1234
    mrn: //agents.api.mondoo.app/spaces/my-space-1234/serviceaccounts/2hK8
    name: ci-old

- name: No such token
  mondoo.platform.api_token:
    space: my-space-1234
    name: ci
    state: absent
"""

RETURN = r"""
api_token:
  description:
    - The token as it is after the run, or would be after it in check mode. Null once it is absent.
  returned: always, except when the task was refused before the plan was made
  type: dict
  contains:
    id:
      description: Its ID, the last part of its MRN. Null in check mode for a token that would be generated.
      type: str
      returned: success
    mrn:
      description: Its MRN. Null in check mode for a token that would be generated.
      type: str
      returned: success
      sample: //agents.api.mondoo.app/spaces/my-space-1234/serviceaccounts/2hK8
    name:
      description: Its name.
      type: str
      returned: success
    description:
      description: Its description, empty if it has none.
      type: str
      returned: success
    permissions:
      description: Sorted short names of its roles, or their MRNs where they have none, without memberships.
      type: list
      elements: str
      returned: success
      sample: [agent, viewer]
    roles:
      description: MRNs of all its roles.
      type: list
      elements: str
      returned: success
    scope_mrn:
      description: MRN of the space or organization that it belongs to.
      type: str
      returned: success
    created_at:
      description: When it was created, in UTC. Null where the service does not tell it.
      type: str
      returned: success
      sample: "2026-11-23T18:00:00Z"
    last_used_at:
      description: When it was last used, in UTC. Null if never.
      type: str
      returned: success
    created_by:
      description: E-mail address or MRN of who created it. Null where the service does not tell it.
      type: str
      returned: success
token:
  description:
    - The secret. It is not stored anywhere.
  returned: when a token was generated and O(token_path) is not set, also when a later step failed
  type: str
token_path:
  description: The file with the secret.
  returned: when O(token_path) is set and O(state=present)
  type: str
operations:
  description:
    - The mutations that were sent, in order, by their GraphQL names. In check mode, those that would be sent.
  returned: always, except when the task was refused before the plan was made
  type: list
  elements: str
  sample: [updateAPIToken, setRoles]
error:
  description: What went wrong, for programs.
  returned: failure
  type: dict
  contains:
    code:
      description: A code of the service, such as V(PermissionDenied), or one of the module's own.
      type: str
      returned: failure
    operation:
      description: The GraphQL operation that failed. Empty if no request was involved.
      type: str
      returned: failure
    http_status:
      description: HTTP status of the answer.
      type: int
      returned: when there was an answer
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mondoo.platform.plugins.module_utils import _python  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.mondoo.platform.plugins.module_utils._applying.entry import Entry
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import create_module, token_arguments
from ansible_collections.mondoo.platform.plugins.module_utils._module.declaration import read_declaration, require_scope
from ansible_collections.mondoo.platform.plugins.module_utils._module.interruption import Interruption
from ansible_collections.mondoo.platform.plugins.module_utils._module.reconcile import Reconciliation
from ansible_collections.mondoo.platform.plugins.module_utils._module.results import run_safely, token_run_result
from ansible_collections.mondoo.platform.plugins.module_utils._module.session import open_session


def _reconcile(module: AnsibleModule, interruption: Interruption) -> dict[str, Any]:
    declaration = read_declaration(module.params, require_scope(module.params))
    run = Reconciliation(module, open_session(module, interruption), [Entry("the task", declaration, module.params)])
    run.run()
    return token_run_result(run)


def main() -> None:
    module = create_module(token_arguments(), add_file_common_args=True, required_one_of=[("name", "mrn")])
    result = run_safely(module, _reconcile)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
