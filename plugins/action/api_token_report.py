# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action plugin of the module M(mondoo.platform.api_token_report)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import connection_arguments
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.csv_text import csv_text
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.files import write_file
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.json_text import json_text
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.junit import junit_text
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.listing import Read, inventory_from
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.page import page_text
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.previous import read_report
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.report import (
    report_from,
    result_from,
    summary_text,
)
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.settings import FORMATS, Settings, settings_from

_WRITERS = {"html": page_text, "json": json_text, "csv": csv_text, "junit": junit_text}


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no type information
    """Reads tokens with the module api_token_info on the host of the task, and writes reports on the controller."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        try:
            settings = settings_from(self._task.args, connection_arguments().keys())
            previous = read_report(settings.options["previous"]) if settings.options["previous"] else None
            listings = [(read, self._list(read, result, task_vars)) for read in settings.reads]
            report = report_from(settings, inventory_from(listings), previous)
            paths = _write(settings, report)
        except MondooError as error:
            return {**result, "failed": True, "msg": str(error), "error": error.details}
        # Thousands of tokens belong in the files, not on the terminal.
        result["_ansible_verbose_override"] = True
        return {**result, "changed": False, "msg": summary_text(report), "reports": paths, **result_from(report)}

    def _list(self, read: Read, result: dict[str, Any], task_vars: dict[str, Any] | None) -> Mapping[str, Any]:
        """Requests one listing; its warnings become those of the task."""
        Display().vv(f"Reading the API tokens of {read.scope}{' and its spaces' if read.include_spaces else ''}")
        listing: dict[str, Any] = self._execute_module(
            module_name="mondoo.platform.api_token_info", module_args=read.arguments, task_vars=task_vars
        )
        for kind in ("warnings", "deprecations"):
            result.setdefault(kind, []).extend(entry for entry in listing.pop(kind, ()) if entry not in result[kind])
        return listing


def _write(settings: Settings, report: Mapping[str, Any]) -> dict[str, str]:
    """Writes the reports; returns their paths, by format."""
    directory = Path(settings.options["directory"]).absolute()
    paths = {name: directory / FORMATS[name] for name in dict.fromkeys(settings.options["formats"])}
    for name, path in paths.items():
        write_file(path, _WRITERS[name](report), settings.mode)
    return {name: str(path) for name, path in paths.items()}
