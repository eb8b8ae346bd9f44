# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that name what a token belongs to."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  space:
    description:
      - ID or MRN of the space.
      - One of O(space), O(organization) and O(scope_mrn) is required, unless O(mrn) is an MRN that names its scope.
    type: str
  organization:
    description:
      - ID or MRN of the organization. Only its own tokens, not those of its spaces.
      - One of O(space), O(organization) and O(scope_mrn) is required, unless O(mrn) is an MRN that names its scope.
    type: str
  scope_mrn:
    description:
      - MRN of the space or organization, as in results, instead of O(space) or O(organization).
    type: str
"""
