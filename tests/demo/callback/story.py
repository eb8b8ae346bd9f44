# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the demo shows a playbook: what its tasks have to say, and nothing of those that have nothing to say."""

from __future__ import annotations

from typing import Any

from ansible.plugins.callback.default import CallbackModule as DefaultCallback

DOCUMENTATION = """
name: story
type: stdout
short_description: The output of the demo
description: What tasks say, without a heading for each of them.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
"""


class CallbackModule(DefaultCallback):  # type: ignore[misc]  # ansible-core has no type information
    """Ansible's own output for diffs, failures and warnings, and plain lines for messages."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "story"

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._play = play

    def v2_playbook_on_include(self, included_file: Any) -> None:
        """Which files a role is made of is not shown."""

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Nothing happened."""

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        """Nothing happened."""

    def v2_runner_item_on_ok(self, result: Any) -> None:
        """What there is to say is in the result of the task as a whole."""

    def _task_start(self, task: Any, prefix: str | None = None) -> None:
        """A heading comes with a failure, which Ansible prints it for."""
        self._last_task_name = task.get_name().strip()

    def v2_runner_on_ok(self, result: Any) -> None:
        self._handle_warnings(result._result)
        if self._run_is_verbose(result):
            message = result._result.get("msg", "")
            for line in message if isinstance(message, list) else [message]:
                self._display.display(f"  {line}")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        for host in sorted(stats.processed):
            counts = stats.summarize(host)
            self._display.display(f"  {host}: changed={counts['changed']} failed={counts['failures']}")
