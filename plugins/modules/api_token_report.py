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
  - Reads the API tokens of spaces and organizations, compares them with a policy, and writes the findings as an HTML page, JSON,
    CSV and JUnit XML.
  - Tokens are read on the host of the task, with M(mondoo.platform.api_token_info). The reports are written on the controller.
  - Nothing is changed at the service, with or without check mode. The reports are written in check mode too.
  - The role P(mondoo.platform.api_token_audit#role) wraps this module, and can also fail if the policy is broken.
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
      - More scopes to audit in the same report, with their own credentials and endpoints.
      - Each entry has C(spaces) or C(organizations) or both, and may have C(include_spaces), a C(name) to display, and connection
        options such as C(service_account_file) and C(region). Missing options are taken from the task.
    type: list
    elements: dict
    default: []
  drift:
    description:
      - The registered result of the module M(mondoo.platform.api_tokens) in check mode. The reports show what it would change.
    type: dict
  previous:
    description:
      - Path of an earlier report in JSON, on the controller. The reports then show what is new, what is fixed, and what remains.
      - A missing file is not an error. It may be the file that this task writes.
    type: path
  fail_on:
    description:
      - Lowest severity at which a finding breaks the policy. Unless it is V(never), unreadable scopes and drift break it too.
      - The module itself does not fail; it counts them in RV(broken). In the JUnit XML report, such findings are failures.
    type: str
    choices: [never, low, medium, high]
    default: never
  title:
    description: Title of the reports.
    type: str
    default: API tokens
  directory:
    description: Directory for the reports on the controller; created if missing. A relative path starts at the working directory.
    type: path
    default: api-token-audit
  formats:
    description:
      - Which reports to write, as C(api-tokens.html), C(api-tokens.json), C(api-tokens.csv) and C(api-tokens.junit.xml).
    type: list
    elements: str
    choices: [html, json, csv, junit]
    default: [html, json, csv, junit]
  mode:
    description: Octal mode of the reports. They contain no secrets, but the names of all credentials.
    type: raw
    default: "0640"
  now:
    description: The time to compare with, such as V(2026-11-23T18:00:00Z), for tests of a policy. Defaults to the current time.
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

- name: Show what was found
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
    - How many tokens, scopes and findings there are, as in the JSON report.
    - All other keys of that report are returned too; C(report.schema.json) of the role describes them. Lists are cut to 1000
      entries; RV(complete) is V(false) then.
  returned: success
  type: dict
complete:
  description: Whether all lists are as long as in the JSON report.
  returned: success
  type: bool
"""
