#!/usr/bin/python
# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: api_tokens
short_description: Manage a declared set of API tokens of the Mondoo Platform
version_added: 1.0.0
author:
  - Mondoo platform collection contributors (@mondoo-community)
description:
  - Creates, changes, rotates and deletes declared API tokens of any number of spaces and organizations in one task, by the same
    rules as M(mondoo.platform.api_token).
  - Tokens are listed by scope and changes share requests, so the duration grows with the number of scopes and changes, not of
    tokens. Secrets are generated concurrently, one per request.
  - If a token or scope fails, the others are still processed. The task fails at the end, with all results and every generated
    secret.
options:
  tokens:
    description:
      - The declared tokens. An unknown option, a missing scope, or the same token twice is refused before anything is sent, and
        the message names the entry.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Exact name of the token. Required unless O(tokens[].mrn) is given.
        type: str
      mrn:
        description: MRN of the token. If O(tokens[].name) is given too, the token is renamed to it.
        type: str
      space:
        description:
          - ID or MRN of the space that the token belongs to. Without O(tokens[].space), O(tokens[].organization) and
            O(tokens[].scope_mrn), the scope that O(tokens[].mrn) names applies, else O(space), O(organization) or O(scope_mrn).
        type: str
      organization:
        description: ID or MRN of the organization that the token belongs to.
        type: str
      scope_mrn:
        description: MRN of the space or organization that the token belongs to, instead of the two.
        type: str
      each_space:
        description:
          - Expands the entry to one token in each matching space of O(tokens[].organization), including spaces created later.
            V(true) means every space. A list of IDs, names, and shell patterns of both means the spaces that match one of them,
            for example V([prod-*]); matching is case-sensitive. Text is parsed, such as V(true) or V(prod-*,dev-*).
          - C({space}) and C({space_name}) in O(tokens[].name), O(tokens[].description) and O(tokens[].token_path) are replaced
            with the ID and name of the space. Other braces in them are refused and cannot be escaped. O(tokens[].token_path)
            needs one of the two.
          - The spaces are listed with one request per hundred. A matching space is treated as if it had its own entry, by
            O(prune) too. A pattern that matches no space causes a warning.
          - If the spaces cannot be listed, the entry fails, and nothing is pruned at all.
        type: raw
      description:
        description: What the token is for. By default O(description); if that is omitted too, it is not changed.
        type: str
      permissions:
        description: What the token may do, written as for M(mondoo.platform.api_token). By default O(permissions).
        type: list
        elements: str
      purge_permissions:
        description: Whether the permissions are the exact list. If V(false), only what is missing is added.
        type: bool
        default: true
      rotate_after:
        description: Replaces the token when it is at least this old. By default O(rotate_after).
        type: str
      overlap:
        description: How long a replaced token stays valid. By default O(overlap).
        type: str
      token_path:
        description: File to write the secret to, on the host that runs the module, instead of returning it.
        type: path
      lost_secret:
        description:
          - What to do when the token exists, but its secret is not in O(tokens[].token_path), as for
            M(mondoo.platform.api_token). By default O(lost_secret).
        type: str
        choices: [warn, fail, rotate]
      generate:
        description: Whether this run may generate a secret. By default O(generate).
        type: bool
      pending_grace:
        description: How long to leave alone a pending token that may belong to a run elsewhere. By default O(pending_grace).
        type: str
      verify_secret:
        description: When to test a secret against the service. By default O(verify_secret).
        type: str
        choices: [rotated, always, never]
      state:
        description: V(present) creates or changes the token as declared, V(absent) deletes it.
        type: str
        choices: [present, absent]
        default: present
      mode:
        description: Mode of the file at O(tokens[].token_path), V(0600) by default, as for M(ansible.builtin.file).
        type: raw
      owner:
        description: Owner of the file, as for M(ansible.builtin.file).
        type: str
      group:
        description: Group of the file, as for M(ansible.builtin.file).
        type: str
      seuser:
        description: User part of the file's SELinux context, as for M(ansible.builtin.file).
        type: str
      serole:
        description: Role part of the file's SELinux context, as for M(ansible.builtin.file).
        type: str
      setype:
        description: Type part of the file's SELinux context, as for M(ansible.builtin.file).
        type: str
      selevel:
        description: Level part of the file's SELinux context, as for M(ansible.builtin.file).
        type: str
      attributes:
        description: Attributes of the file, as for M(ansible.builtin.file).
        type: str
        aliases: [attr]
      unsafe_writes:
        description: Whether the file may be written in place where it cannot be replaced, as for M(ansible.builtin.file).
        type: bool
        default: false
  space:
    description:
      - ID or MRN of the space of all tokens that name no scope of their own.
      - O(space), O(organization) and O(scope_mrn) are mutually exclusive.
    type: str
  organization:
    description:
      - ID or MRN of the organization of all tokens that name no scope of their own.
      - O(space), O(organization) and O(scope_mrn) are mutually exclusive.
    type: str
  scope_mrn:
    description: MRN of the space or organization of all tokens that name no scope of their own.
    type: str
  description:
    description: Default for O(tokens[].description).
    type: str
  permissions:
    description: Default for O(tokens[].permissions).
    type: list
    elements: str
  rotate_after:
    description: Default for O(tokens[].rotate_after), for example V(90d). V(0) replaces the tokens in every run.
    type: str
  overlap:
    description: Default for O(tokens[].overlap), for example V(7d).
    type: str
  lost_secret:
    description: Default for O(tokens[].lost_secret).
    type: str
    choices: [warn, fail, rotate]
    default: warn
  generate:
    description:
      - Default for O(tokens[].generate). If V(false), an entry that needs a new secret fails before anything is changed for it.
      - An entry without O(tokens[].token_path) in a task without C(register) behaves as with V(false), since its secret would be
        lost.
    type: bool
    default: true
  pending_grace:
    description: Default for O(tokens[].pending_grace), as for M(mondoo.platform.api_token).
    type: str
    default: 10m
  verify_secret:
    description: Default for O(tokens[].verify_secret), as for M(mondoo.platform.api_token).
    type: str
    choices: [rotated, always, never]
    default: rotated
  stage:
    description:
      - For a play that hands secrets over with other tasks. New tokens are generated under pending names and their secrets are
        returned; nothing is replaced yet. The same task with O(delivered) finishes the tokens that were handed over.
      - If the play ends in between, the tokens in use are untouched, and a later run starts over.
      - Entries with O(tokens[].token_path) are not staged, since the module hands their secrets over itself.
    type: bool
    default: false
  delivered:
    description:
      - MRNs of the pending tokens whose secrets were handed over. They get their declared names once the tokens that they replace
        are deleted or retired. All other pending tokens of the declaration are deleted; an empty list deletes all of them.
      - No secret is generated in a task with this option, except for entries with O(tokens[].token_path).
    type: list
    elements: str
  prune:
    description:
      - Whether to delete the tokens that are not declared, in every scope that a declared token belongs to.
      - A scope without an entry in O(tokens) is not pruned, even if O(space) or O(organization) names it.
      - Predecessors of a declared token are kept within its O(tokens[].overlap) and until its entry has succeeded; so is a token
        whose name differs from a declared one only in letter case, Unicode form or surrounding spaces, since the service may
        store names otherwise. The successor of a token that is declared by its MRN is kept. The token that the task logs in with
        is kept too, if its secret is a JWT that names its token.
      - Nothing is pruned in a scope if its tokens could not all be listed, or if a token declared by its MRN is missing, because
        its successor could not be distinguished from an undeclared token.
    type: bool
    default: false
  prune_keep:
    description:
      - Names and shell patterns of names that are never pruned, for example V(terraform-*). Matching is case-sensitive.
      - One that matches no token causes a warning.
    type: list
    elements: str
    default: []
  prune_limit:
    description: If more tokens than this would be pruned, the task fails and nothing is changed.
    type: int
    default: 25
  concurrency:
    description: Number of concurrent requests, from 1 to 64. Each uses its own connection.
    type: int
    default: 8
extends_documentation_fragment:
  - mondoo.platform.connection
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
      - Name, description and permissions of each token that changes are shown, never a secret.
  idempotent:
    support: partial
    details:
      - With O(rotate_after=0), tokens are replaced in every run.
  platform:
    support: full
notes:
  - A result with a secret in it is hidden from all output, even without C(no_log), but can still be registered and used. Anything
    that shows the registered variable shows the secrets.
  - With an ansible-core newer than 2.21, the newest that this release was tested with, a secret is returned only to a task that
    has C(no_log=true). Other tasks fail before anything is generated.
  - The token that the task logs in with is never deleted, replaced, or stripped of permissions, if its secret is a JWT that names
    its token. Otherwise it cannot be recognised.
  - A run that takes longer than a few seconds shows its progress on standard error, if it runs on the controller without
    C(become). On a terminal that is a line every few seconds, otherwise one for each tenth. The log of the host that it runs on
    has a line for each tenth too, which C(journalctl -f) shows.
  - If an interruption would lose many secrets, write them to files with O(tokens[].token_path). Secrets to be returned are lost
    if the process ends.
seealso:
  - module: mondoo.platform.api_token
  - module: mondoo.platform.api_token_info
  - ref: Fleets <ansible_collections.mondoo.platform.docsite.guide_fleets>
    description: Declaring, pruning, speed and what happens when something fails.
"""

EXAMPLES = r"""
- name: Tokens of several spaces, with their secrets in files
  mondoo.platform.api_tokens:
    auth_token: "{{ mondoo_token }}"
    permissions: [agent]
    rotate_after: 90d
    overlap: 7d
    tokens:
      - name: ci
        space: payments-1234
        token_path: /etc/mondoo/payments-ci
      - name: ci
        space: checkout-5678
        token_path: /etc/mondoo/checkout-ci
      - name: dashboard
        organization: my-org-1234
        permissions: [viewer]
        token_path: /etc/mondoo/dashboard

- name: Exactly these tokens, besides those that Terraform manages
  mondoo.platform.api_tokens:
    space: my-space-1234
    prune: true
    prune_keep: ["terraform-*"]
    tokens:
      - name: ci
        permissions: [agent]
      - name: reports
        permissions: [viewer]
  register: tokens

- name: Hand the new secrets on
  ansible.builtin.copy:
    content: "{{ item.token }}"
    dest: "/etc/tokens/{{ item.name }}"
    mode: "0600"
  loop: "{{ tokens.results | selectattr('token', 'defined') }}"
  no_log: true

- name: A token in every space of the organization, including spaces created later
  mondoo.platform.api_tokens:
    organization: my-org-1234
    tokens:
      - name: ci-{space}
        each_space: true
        description: Scans in the pipelines of {space_name}
        permissions: [agent]
        token_path: /etc/mondoo/{space}.token

- name: What would change, without changing it
  mondoo.platform.api_tokens:
    space: my-space-1234
    tokens: "{{ declared_tokens }}"
  check_mode: true
  diff: true
  register: drift
"""

RETURN = r"""
results:
  description: One entry for each of O(tokens), in their order; for one with O(tokens[].each_space), one for each of its spaces.
  returned: always, except when the task was refused before a plan was made
  type: list
  elements: dict
  contains:
    entry:
      description: Number of the entry in O(tokens), from 1.
      type: int
      returned: success
    space:
      description: ID of its space.
      type: str
      returned: for an entry with O(tokens[].each_space)
    space_name:
      description: Name of that space.
      type: str
      returned: for an entry with O(tokens[].each_space)
    name:
      description: Name of the token. Null if it was declared by an MRN that does not exist.
      type: str
      returned: success
    scope_mrn:
      description: MRN of the space or organization.
      type: str
      returned: success
    changed:
      description: Whether something was done, or would be done in check mode.
      type: bool
      returned: success
    failed:
      description: Whether this token failed.
      type: bool
      returned: success
    msg:
      description: Why it failed. Empty if it did not.
      type: str
      returned: success
    api_token:
      description:
        - The token after the run; in check mode, as it would be. It has the keys of
          RV(mondoo.platform.api_token#module:api_token). Null if it is absent.
        - In a task with O(stage=true), a token that was generated has its pending name.
      type: dict
      returned: success
    token:
      description: The secret. It is not stored anywhere.
      type: str
      returned: when a token was generated and O(tokens[].token_path) is not set, also when a later step failed
    token_path:
      description: The file with the secret.
      type: str
      returned: when O(tokens[].token_path) is set and O(tokens[].state=present)
    operations:
      description:
        - The mutations that were sent for this token, in order, by their GraphQL names. In check mode, those that would be sent.
        - Tokens of one scope whose permissions change share one C(setRoles).
      type: list
      elements: str
      returned: success
    warnings:
      description: Warnings about this token. The first warnings of all tokens are also shown as warnings of the task.
      type: list
      elements: str
      returned: when there are any
    error:
      description: Machine-readable details of the failure, as in RV(error).
      type: dict
      returned: when it failed
pruned:
  description:
    - The tokens that were deleted because they are not declared, or would be in check mode, with the keys of
      RV(mondoo.platform.api_token#module:api_token).
  returned: always, except when the task was refused before a plan was made
  type: list
  elements: dict
operations:
  description: How many mutations were sent, by their GraphQL names. In check mode, how many would be sent.
  returned: always, except when the task was refused before a plan was made
  type: dict
  sample: {deleteAPIToken: 2, generateAPIToken: 10, setRoles: 1}
requests:
  description: How many requests were sent, including those of the listing.
  returned: always, except when the task was refused before a plan was made
  type: int
msg:
  description:
    - What was done, or would be done in check mode, as counts and the names of the tokens by scope. If more than 25 were treated
      alike, their number in each scope.
    - If tokens failed, the first of them and the reasons.
  returned: always
  type: str
error:
  description: Machine-readable details of the first failure.
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
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import create_module, set_arguments
from ansible_collections.mondoo.platform.plugins.module_utils._module.entries import (
    hide_unknown_values,
    read_concurrency,
    read_entries,
    read_mode,
    read_prune,
)
from ansible_collections.mondoo.platform.plugins.module_utils._module.interruption import Interruption
from ansible_collections.mondoo.platform.plugins.module_utils._module.progress import Progress
from ansible_collections.mondoo.platform.plugins.module_utils._module.reconcile import Reconciliation
from ansible_collections.mondoo.platform.plugins.module_utils._module.results import run_safely
from ansible_collections.mondoo.platform.plugins.module_utils._module.session import open_session
from ansible_collections.mondoo.platform.plugins.module_utils._module.set_results import set_run_result


def _reconcile(module: AnsibleModule, interruption: Interruption) -> dict[str, Any]:
    module.params["tokens"] = hide_unknown_values(module.params["tokens"])
    entries = read_entries(module.params)
    mode, delivered = read_mode(module.params)
    prune, concurrency = read_prune(module.params), read_concurrency(module.params)
    session, progress = open_session(module, interruption), Progress(module)
    run = Reconciliation(module, session, entries, mode, delivered, prune, concurrency, progress.reporter)
    run.run()
    return set_run_result(run)


def main() -> None:
    module = create_module(set_arguments())
    result = run_safely(module, _reconcile)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
