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
  - Compares the declared token with the existing one and sends as few changes as possible. If nothing has to change, it sends one
    query and no mutation.
  - The service shows the secret of a token once, when it generates the token. The module returns it in RV(token) or writes it to
    O(token_path).
options:
  name:
    description:
      - Exact name of the token. Required unless O(mrn) is given.
      - If several tokens of the scope have this name, the module fails and lists them.
      - A name with leading or trailing white space, a control character, or an ending such as C((pending 2026-11-25T00:00:00Z\))
        or C((retired 2026-11-25T00:00:00Z\)) is refused, unless O(mrn) names the token that has it.
      - Quote a name that YAML would not read as text, such as C("1.10") or C("yes").
    type: str
  mrn:
    description:
      - MRN of the token. If O(name) is given too, the token is renamed to it.
      - A rotation gives a token a new MRN; later runs do not find it by the old one.
    type: str
  description:
    description:
      - What the token is for. Not changed if omitted; an empty string clears it.
    type: str
  permissions:
    description:
      - What the token may do. Each entry is V(viewer), V(editor), V(owner), V(agent), the name of another role of the
        platform (V(integrations-manager), V(sla-manager), V(policy-manager), V(policy-editor), V(ticket-manager),
        V(ticket-creator), V(exceptions-requester), V(query-pack-manager), V(query-pack-editor)), or the MRN of a role.
      - Case, order and duplicates do not matter.
      - Not changed if omitted. At least one is required to create a token.
      - The memberships that the platform adds itself (C(org-member), C(space-member)) cannot be declared and are ignored in
        comparisons.
    type: list
    elements: str
  purge_permissions:
    description:
      - Whether O(permissions) is the exact list. If V(false), only what is missing is added.
    type: bool
    default: true
  rotate_after:
    description:
      - Replaces the token with a new one when it is at least this old.
      - A whole number and a unit, C(w), C(d), C(h), C(m) or C(s), for example V(90d) or V(12h). V(0) replaces it in every run.
      - The new token is generated as C(NAME (pending 2026-11-25T00:00:00Z\)), and its secret is handed over and verified. Only
        then is the old token deleted or retired, and the new one renamed. If anything fails before that, the new token is deleted
        and nothing has changed.
    type: str
  overlap:
    description:
      - How long a replaced token stays valid, in the same form as O(rotate_after). It is renamed to
        C(NAME (retired 2026-11-25T00:00:00Z\)), and deleted by the first run with O(rotate_after), O(overlap) or
        O(lost_secret=rotate) that starts at least this long after its retirement.
      - By default it is deleted in the run that replaces it.
    type: str
  token_path:
    description:
      - File to write the secret to, on the host that runs the module, instead of returning it. It holds the secret and
        nothing else.
      - It is written in one step. A new file is readable by its owner only unless O(mode) says otherwise; an existing one keeps
        its owner, group, mode and SELinux context unless they are given. The module checks that it can write the file before it
        generates a token; if writing fails anyway, it deletes the new token.
      - The directory must exist. An existing path that is not a regular file is refused, as is a link created by a user other
        than C(root) and the one who runs the module.
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
      - Whether this run may generate a secret. If V(false) and one is needed, the module fails before it changes anything.
      - A task with neither O(token_path) nor C(register) behaves as with V(false), since its secret would be lost.
    type: bool
    default: true
  pending_grace:
    description:
      - How long to leave alone a pending token that may belong to a run elsewhere, in the same form as O(rotate_after). Until it
        is this old, the token in use stays as it is, with a warning; if there is none, the module fails.
      - V(0) means that there is no other run.
      - With O(token_path), a pending token whose secret is not in the file is replaced at once, since runs on one host take turns.
    type: str
    default: 10m
  verify_secret:
    description:
      - When to test a secret against the service, with one query.
      - V(rotated) tests the new secret in a rotation, before the old token is deleted or retired. A refused secret counts as not
        handed over, and nothing has changed.
      - V(always) also tests the secret stored in O(token_path), in every run. A refused secret counts as lost.
      - V(never) tests none.
    type: str
    choices: [rotated, always, never]
    default: rotated
  state:
    description:
      - V(present) creates or changes the token as declared. V(absent) deletes it, and with O(name) also its pending and retired
        tokens.
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
      - Only listing queries are sent. Values that the service chooses, such as the MRN of a new token, are not predicted.
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
  - A result with a secret in it is hidden from all output, even without C(no_log), but can still be registered and used. Anything
    that shows the registered variable shows the secret.
  - With an ansible-core newer than 2.21, the newest that this release was tested with, a secret is returned only to a task that
    has C(no_log=true). Other tasks fail before anything is generated.
  - The token that the task logs in with is never deleted, replaced, or stripped of permissions, if its secret is a JWT that names
    its token. Otherwise it cannot be recognised.
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

- name: Hand the secret on, in the only run that returns it
  ansible.builtin.copy:
    content: "{{ dashboard.token }}"
    dest: /etc/dashboard/token
    mode: "0600"
  no_log: true
  when: dashboard.token is defined

- name: Add a permission and keep the others
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

- name: Delete a token
  mondoo.platform.api_token:
    space: my-space-1234
    name: ci
    state: absent
"""

RETURN = r"""
api_token:
  description:
    - The token after the run; in check mode, as it would be. Null if it is absent.
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
      description: When it was created, in UTC. Null if the service does not report it.
      type: str
      returned: success
      sample: "2026-11-23T18:00:00Z"
    last_used_at:
      description: When it was last used, in UTC. Null if never.
      type: str
      returned: success
    created_by:
      description: E-mail address or MRN of who created it. Null if the service does not report it.
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
  description: Machine-readable details of the failure.
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
      description: HTTP status of the response.
      type: int
      returned: when there was a response
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
