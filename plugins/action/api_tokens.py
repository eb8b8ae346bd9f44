# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action plugin of the module M(mondoo.platform.api_tokens)."""

from __future__ import annotations

from ansible_collections.mondoo.platform.plugins.plugin_utils._progress import ShowsProgress
from ansible_collections.mondoo.platform.plugins.plugin_utils._token_action import TokenActionBase


class ActionModule(ShowsProgress, TokenActionBase):
    """Generates no secret that would be lost, and hides a result with one in it."""
