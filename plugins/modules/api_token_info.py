#!/usr/bin/python
# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: api_token_info
short_description: List API tokens of the Mondoo Platform
version_added: 0.1.0
author:
  - Mondoo platform collection contributors (@mondoo-community)
description:
  - Lists the API tokens of a space or an organization of the Mondoo Platform, with filters for audits.
  - Secrets are never included, since the service shows them only once.
options:
  include_spaces:
    description:
      - Whether to list the tokens of all spaces of O(organization) too.
      - A space that cannot be read is listed in RV(unreadable) and does not fail the rest.
    type: bool
    default: false
  name:
    description: Only tokens with exactly this name.
    type: str
  mrn:
    description: Only the token with this MRN.
    type: str
  query:
    description: Only tokens with this text in their name or description, ignoring case.
    type: str
  permissions:
    description: Only tokens that have any of these permissions, written as for M(mondoo.platform.api_token).
    type: list
    elements: str
  created_by:
    description:
      - Only tokens created by this user, by e-mail address or MRN as RV(mondoo.platform.api_token#module:api_token.created_by)
        shows it, ignoring case.
    type: str
  older_than:
    description:
      - Only tokens that were created at least this long ago.
      - A whole number and a unit, C(w), C(d), C(h), C(m) or C(s), for example V(90d).
    type: str
  unused_for:
    description:
      - Only tokens that were last used at least this long ago, in the same form as O(older_than). For a token that was
        never used, the time since its creation counts.
    type: str
  concurrency:
    description:
      - Number of concurrent requests with O(include_spaces), from 1 to 64. Each uses its own connection and lists the tokens of
        25 spaces.
    type: int
    default: 8
  order_by:
    description:
      - What to sort by. With V(last_used), tokens that were never used come first.
    type: str
    choices: [name, created_at, last_used]
    default: name
  descending:
    description: Whether to reverse the order.
    type: bool
    default: false
extends_documentation_fragment:
  - mondoo.platform.connection
  - mondoo.platform.scope
  - mondoo.platform.attributes
  - mondoo.platform.attributes.action_group
  - mondoo.platform.attributes.info_module
  - mondoo.platform.attributes.controlled
seealso:
  - module: mondoo.platform.api_token
  - module: mondoo.platform.api_tokens
  - plugin: mondoo.platform.api_token_declaration
    plugin_type: filter
"""

EXAMPLES = r"""
- name: All tokens of a space
  mondoo.platform.api_token_info:
    auth_token: "{{ mondoo_token }}"
    space: my-space-1234
  register: tokens

- name: Tokens of the organization and all of its spaces that nobody has used for three months
  mondoo.platform.api_token_info:
    organization: my-org-1234
    include_spaces: true
    unused_for: 90d
    order_by: last_used
  register: stale

- name: Fail if anyone but the agents can change something
  mondoo.platform.api_token_info:
    space: my-space-1234
    permissions: [editor, owner]
  register: powerful
  failed_when: powerful.count > 0
"""

RETURN = r"""
api_tokens:
  description:
    - The tokens, in the requested order. Each has the keys of RV(mondoo.platform.api_token#module:api_token) and those below, and
      can be used unchanged as an entry of O(mondoo.platform.api_tokens#module:tokens), and as C(args) of a task with
      M(mondoo.platform.api_token).
  returned: success
  type: list
  elements: dict
  contains:
    age_days:
      description: Whole days since its creation. Null if unknown.
      type: int
      returned: success
    unused_days:
      description: Whole days since its last use, or since its creation if it was never used. Null if unknown.
      type: int
      returned: success
count:
  description: The number of tokens listed.
  returned: success
  type: int
scopes:
  description: Every space and organization that was read, even if it has no tokens, before any filter.
  returned: success
  type: list
  elements: dict
  contains:
    mrn:
      description: Its MRN.
      type: str
      returned: success
    kind:
      description: V(space) or V(organization).
      type: str
      returned: success
    id:
      description: Its ID.
      type: str
      returned: success
    name:
      description: Name of a space of O(organization) with O(include_spaces). Null otherwise.
      type: str
      returned: success
    count:
      description: How many tokens it has.
      type: int
      returned: success
endpoint:
  description: Address of the API that was used.
  returned: success, and failure of a request
  type: str
  sample: https://us.api.mondoo.com/query
identity:
  description: The identity that the task's credential claims. It is not verified.
  returned: success
  type: dict
  contains:
    kind:
      description: V(api_token), V(service_account), or V(unknown) for a token that is not a JWT with its MRN in it.
      type: str
      returned: success
    mrn:
      description: Its MRN. Null if unknown.
      type: str
      returned: success
unreadable:
  description: Spaces whose tokens could not be read.
  returned: success
  type: list
  elements: dict
  contains:
    scope_mrn:
      description: MRN of the space.
      type: str
      returned: success
    name:
      description: Name of the space.
      type: str
      returned: success
    reason:
      description: Why its tokens could not be read.
      type: str
      returned: success
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
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import create_module
from ansible_collections.mondoo.platform.plugins.module_utils._module.declaration import require_scope
from ansible_collections.mondoo.platform.plugins.module_utils._module.entries import read_concurrency
from ansible_collections.mondoo.platform.plugins.module_utils._module.interruption import Interruption
from ansible_collections.mondoo.platform.plugins.module_utils._module.progress import Progress
from ansible_collections.mondoo.platform.plugins.module_utils._module.results import failure, run_safely, warn
from ansible_collections.mondoo.platform.plugins.module_utils._module.selection_options import (
    selection_arguments,
    selection_from,
)
from ansible_collections.mondoo.platform.plugins.module_utils._module.session import Session, open_session
from ansible_collections.mondoo.platform.plugins.module_utils._planning.ownership import assign_once
from ansible_collections.mondoo.platform.plugins.module_utils._planning.selection import Selection, select
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError, invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token


def _list(module: AnsibleModule, interruption: Interruption) -> dict[str, Any]:
    scope = require_scope(module.params)
    if module.params["include_spaces"] and scope.kind != "organization":
        raise invalid_option(f"include_spaces: {scope} has no spaces, only an organization has")
    selection = selection_from(module.params)
    concurrency = read_concurrency(module.params)
    session = open_session(module, interruption)
    try:
        return {**_read(module, session, scope, selection, concurrency), "endpoint": session.url}
    except MondooError as error:
        return {**failure(error), "endpoint": session.url}


def _read(
    module: AnsibleModule, session: Session, scope: Scope, selection: Selection, concurrency: int
) -> dict[str, Any]:
    pool = session.pool(concurrency)
    names: dict[Scope, Any] = {scope: None}
    if module.params["include_spaces"]:
        names.update((space.scope, space.name) for space in session.api.list_spaces(scope))
    listings = assign_once(pool.list_tokens(list(names), Progress(module).reporter("list")))
    tokens: list[Token] = []
    scopes: list[dict[str, Any]] = []
    unreadable: list[dict[str, Any]] = []
    for each, name in names.items():
        listing = listings[each]
        if not isinstance(listing, MondooError):
            tokens += listing
            scopes.append({"mrn": each.mrn, "kind": each.kind, "id": each.id, "name": name, "count": len(listing)})
        elif each != scope and listing.concerns_one_scope:
            unreadable.append({"scope_mrn": each.mrn, "name": name, "reason": str(listing)})
        else:
            raise listing
    warn(module, session.api.warnings)
    chosen = select(tokens, selection, session.api.now())
    return {
        "changed": False,
        "api_tokens": chosen,
        "count": len(chosen),
        "scopes": scopes,
        "unreadable": unreadable,
        "identity": session.identity,
    }


def main() -> None:
    module = create_module(
        {**selection_arguments(), "concurrency": {"type": "int", "default": 8}},
        required_one_of=[("space", "organization", "scope_mrn", "mrn")],
        required_if=[("include_spaces", True, ("organization", "scope_mrn"), True)],
    )
    result = run_safely(module, _list)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
