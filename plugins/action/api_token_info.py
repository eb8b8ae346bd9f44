# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action plugin of the module M(mondoo.platform.api_token_info)."""

from __future__ import annotations

from ansible_collections.mondoo.platform.plugins.plugin_utils._progress import ShowsProgress
from ansible_collections.mondoo.platform.plugins.plugin_utils._token_action import ModuleActionBase


class ActionModule(ShowsProgress, ModuleActionBase):
    """Refuses identifiers that are not text, and shows progress."""
