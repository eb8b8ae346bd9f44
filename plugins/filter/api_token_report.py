# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: api_token_report
short_description: The data of a report on an audit of API tokens
version_added: 1.0.0
author:
  - Mondoo platform collection contributors (@mondoo-community)
description:
  - Puts tokens and findings together for a report, with figures and distributions of ages and last uses. The role
    P(mondoo.platform.api_token_audit#role) renders its reports from it.
  - It reads nothing but its input, and changes nothing.
positional: findings, unreadable, drift, title, policy, now
options:
  _input:
    description: The tokens, as in RV(mondoo.platform.api_token_info#module:api_tokens).
    type: list
    elements: dict
    required: true
  findings:
    description: Of these tokens, from P(mondoo.platform.api_token_findings#filter).
    type: list
    elements: dict
    required: true
  unreadable:
    description:
      - Scopes that could not be read, as in RV(mondoo.platform.api_token_info#module:unreadable). In place of C(scope_mrn), an
        entry can have C(space) or C(organization).
    type: list
    elements: dict
    default: []
  drift:
    description: The result of M(mondoo.platform.api_tokens) in check mode, if the report is to show it.
    type: dict
  title:
    description: Title of the report.
    type: str
    default: API tokens
  policy:
    description: What the tokens were held against, to be shown.
    type: dict
    default: {}
  now:
    description: The time of the report, as C(2026-11-23T18:00:00Z) or a datetime. By default the present.
    type: raw
seealso:
  - plugin: mondoo.platform.api_token_findings
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write a report of your own form
  ansible.builtin.copy:
    content: >-
      {{ tokens.api_tokens | mondoo.platform.api_token_report(tokens.api_tokens | mondoo.platform.api_token_findings) | to_nice_json }}
    dest: /var/reports/tokens.json
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The report. C(report.schema.json) of the role describes it.
  type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.plugin_utils._report import report_from


def api_token_report(
    tokens: Sequence[Mapping[str, Any]],
    findings: Sequence[Mapping[str, Any]],
    unreadable: Sequence[Mapping[str, Any]] = (),
    drift: Mapping[str, Any] | None = None,
    title: str = "API tokens",
    policy: Mapping[str, Any] | None = None,
    now: datetime | str | None = None,
) -> dict[str, Any]:
    """The filter; its parameters are those of the documentation."""
    try:
        return report_from(
            tokens, findings, unreadable=unreadable, drift=drift, title=title, policy=policy or {}, now=now
        )
    except MondooError as error:
        raise AnsibleFilterError(f"mondoo.platform.api_token_report: {error}") from None


class FilterModule:
    """Hands the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"api_token_report": api_token_report}
