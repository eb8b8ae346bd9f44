#!/usr/bin/python
# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: api_token_report
short_description: Audit API tokens of the Mondoo Platform, and write reports
version_added: 1.0.0
author:
  - Mondoo platform collection contributors (@mondoo-community)
description:
  - Reads the API tokens of spaces and organizations, holds them against a policy, and writes what it found as an HTML page,
    as JSON, as CSV and as JUnit XML.
  - Tokens are read on the host of the task, with M(mondoo.platform.api_token_info). The reports are written on the controller.
  - Nothing is changed at the service, whether in check mode or not. The reports are written in check mode too.
  - The role P(mondoo.platform.api_token_audit#role) is a ready play of it, which can also fail where the policy is broken.
options:
  spaces:
    description: IDs or MRNs of spaces to audit.
    type: list
    elements: str
    default: []
  organizations:
    description: IDs or MRNs of organizations to audit.
    type: list
    elements: str
    default: []
  include_spaces:
    description: Whether the spaces of these organizations are audited too.
    type: bool
    default: true
  connections:
    description:
      - More to audit, with credentials and endpoints of its own, in the same report.
      - Each entry has C(spaces) or C(organizations) or both, and may have C(include_spaces), a C(name) for people, and the options
        of a connection, such as C(service_account_file) and C(region). Those that it does not have are those of the task.
    type: list
    elements: dict
    default: []
  drift:
    description:
      - The registered result of the module M(mondoo.platform.api_tokens) in check mode. What it would change is shown in the
        reports.
    type: dict
  previous:
    description:
      - Path of an earlier report in JSON, on the controller. The reports say then what is new, what is fixed, and what stays.
      - A file that is not there yet is no error. It may be the file that is written.
    type: path
  fail_on:
    description:
      - From which severity on a finding breaks the policy. If it is not V(never), scopes that could not be read and drift break
        it too.
      - The module itself does not fail then, but counts in RV(broken). In the report in JUnit XML, such findings are failures.
    type: str
    choices: [never, low, medium, high]
    default: never
  title:
    description: Title of the reports.
    type: str
    default: API tokens
  directory:
    description: Directory for the reports on the controller; made if it is missing. It is relative to the working directory.
    type: path
    required: true
  formats:
    description:
      - Which reports are written, as C(api-tokens.html), C(api-tokens.json), C(api-tokens.csv) and C(api-tokens.junit.xml).
    type: list
    elements: str
    choices: [html, json, csv, junit]
    default: [html, json, csv, junit]
  mode:
    description: Octal mode of the reports. They have no secrets in them, but the names of all credentials.
    type: raw
    default: "0640"
  now:
    description: The time to compare with, as V(2026-11-23T18:00:00Z), for tests of a policy. By default the present.
    type: str
extends_documentation_fragment:
  - mondoo.platform.audit_policy
  - mondoo.platform.connection
  - mondoo.platform.attributes
  - mondoo.platform.attributes.action_group
  - mondoo.platform.attributes.report_module
seealso:
  - module: mondoo.platform.api_token_info
  - plugin: mondoo.platform.api_token_findings
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Audit an organization with all of its spaces
  mondoo.platform.api_token_report:
    organizations: [my-org-1234]
    max_age: 90d
    max_unused: 30d
    directory: /var/reports/mondoo
    previous: /var/reports/mondoo/api-tokens.json
  register: audit

- name: Say what was found
  ansible.builtin.debug:
    var: audit.msg

- name: One report on two regions
  mondoo.platform.api_token_report:
    connections:
      - name: Europe
        organizations: [my-org-eu]
        region: eu
        service_account_file: /etc/mondoo/auditor-eu.json
      - name: United States
        organizations: [my-org-us]
        region: us
        service_account_file: /etc/mondoo/auditor-us.json
    accepted:
      - rule: excess_permission
        pattern: terraform-*
        reason: It needs Editor until modules are split, see OPS-12.
        until: "2027-03-01"
        by: security@example.com
    directory: /var/reports/mondoo
"""

RETURN = r"""
msg:
  description: What was found, in one sentence.
  returned: success
  type: str
reports:
  description: Paths of the reports, by format.
  returned: success
  type: dict
  sample: {html: /var/reports/mondoo/api-tokens.html}
broken:
  description: How many findings, unreadable scopes and drifted tokens break the policy; 0 if O(fail_on=never).
  returned: success
  type: int
figures:
  description:
    - How many tokens, scopes and findings there are, as in the report in JSON.
    - All other keys of that report are returned too, of which C(report.schema.json) of the role has a description. Lists are
      cut to 1000 entries, and RV(complete) is V(false) then.
  returned: success
  type: dict
complete:
  description: Whether all lists are as long as in the report in JSON.
  returned: success
  type: bool
"""
