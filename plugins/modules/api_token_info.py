#!/usr/bin/python
# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: api_token_info
short_description: List API tokens of the Mondoo Platform
version_added: 0.1.0
author:
  - Mondoo platform collection contributors (@mondoo-community)
description:
  - Lists the API tokens of a space or an organization of the Mondoo Platform, with filters for audits.
  - Secrets are never part of it, since the service shows them only once.
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
    description: Only tokens with this text in their name or description, in upper or lower case.
    type: str
  permissions:
    description: Only tokens that have any of these permissions, written as for M(mondoo.platform.api_token).
    type: list
    elements: str
  created_by:
    description: Only tokens created by this user, by e-mail address or MRN as RV(api_tokens[].created_by) shows it, in upper or lower case.
    type: str
  older_than:
    description:
      - Only tokens that were created at least this long ago.
      - A whole number and one of C(w), C(d), C(h), C(m), C(s), for example V(90d).
    type: str
  unused_for:
    description:
      - Only tokens that were last used at least this long ago, in the same form as O(older_than). For a token that was
        never used, the time since its creation counts.
    type: str
  order_by:
    description:
      - What to sort by. With V(last_used), tokens that were never used come first.
    type: str
    choices: [name, created_at, last_used]
    default: name
  descending:
    description: Whether to turn the order round.
    type: bool
    default: false
extends_documentation_fragment:
  - mondoo.platform.connection
  - mondoo.platform.scope
  - mondoo.platform.attributes
  - mondoo.platform.attributes.action_group
  - mondoo.platform.attributes.info_module
seealso:
  - module: mondoo.platform.api_token
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
  description: The tokens, in the order asked for.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its ID, the last part of its MRN. Null where the MRN is.
      type: str
      returned: success
    mrn:
      description: Its MRN.
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
      description: E-mail address or MRN of who created it.
      type: str
      returned: success
    age_days:
      description: Whole days since its creation. Null where that is not known.
      type: int
      returned: success
    unused_days:
      description: Whole days since its last use, or since its creation if it was never used. Null where that is not known.
      type: int
      returned: success
count:
  description: The number of tokens listed.
  returned: success
  type: int
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

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mondoo.platform.plugins.module_utils._api.pool import TokenApiPool
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import (
    connection_arguments,
    exclusive_credentials,
    scope_arguments,
)
from ansible_collections.mondoo.platform.plugins.module_utils._module.declaration import scope_of
from ansible_collections.mondoo.platform.plugins.module_utils._module.selection_options import (
    selection_arguments,
    selection_from,
)
from ansible_collections.mondoo.platform.plugins.module_utils._module.session import Session, open_session, result_of
from ansible_collections.mondoo.platform.plugins.module_utils._planning.selection import select
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token


def _list(module: AnsibleModule) -> dict[str, Any]:
    scope = scope_of(module.params)
    selection = selection_from(module.params)
    session = open_session(module)

    listing = session.service.list_tokens([scope])[scope]
    if isinstance(listing, MondooError):
        raise listing
    tokens = list(listing)
    unreadable: list[Mapping[str, Any]] = []
    if module.params["include_spaces"]:
        found, unreadable = _tokens_of_spaces(session, scope)
        tokens += found
    for warning in session.service.warnings:
        module.warn(warning)
    chosen = select(tokens, selection, datetime.now(timezone.utc))
    return {"changed": False, "api_tokens": chosen, "count": len(chosen), "unreadable": unreadable}


def _tokens_of_spaces(session: Session, organization: Scope) -> tuple[list[Token], list[Mapping[str, Any]]]:
    """The tokens of all spaces that can be read, and what is to be said of the others."""
    tokens: list[Token] = []
    unreadable: list[Mapping[str, Any]] = []
    spaces = session.service.list_spaces(organization)
    listings = TokenApiPool(session.service, session.connect, size=1).list_tokens([space.scope for space in spaces])
    for space in spaces:
        found = listings[space.scope]
        if not isinstance(found, MondooError):
            tokens += found
        elif found.concerns_one_scope:
            unreadable.append({"scope_mrn": space.scope.mrn, "name": space.name, "reason": str(found)})
        else:
            raise found
    return tokens, unreadable


def main() -> None:
    module = AnsibleModule(
        argument_spec={**connection_arguments(), **scope_arguments(), **selection_arguments()},
        mutually_exclusive=[("space", "organization"), exclusive_credentials()],
        required_one_of=[("space", "organization")],
        required_if=[("include_spaces", True, ("organization",))],
        supports_check_mode=True,
    )
    result = result_of(module, _list)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
