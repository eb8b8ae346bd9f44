# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Progress: logs on the host that runs the module how far it is; nothing else of a module is seen before its end."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

_STEPS = 10


class Progress:
    """Logs one line for each tenth of the work."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module
        self._reported = 0

    def report(self, done: int, of: int) -> None:
        """done: entries that are finished, of how many."""
        step = done * _STEPS // of
        if step > self._reported:
            self._reported = step
            self._module.log(f"{done} of {of} API tokens done")
