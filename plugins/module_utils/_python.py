# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends the module with a clear message if Python is too old. Each module imports it before the rest of the collection.

Older versions cannot compile the rest of the collection. This file and those of the modules therefore use no syntax newer than
Python 3.6, the oldest on which ansible-core runs modules. ansible.module_utils.basic ends in the same way.
"""

import sys

if sys.version_info < (3, 10):  # noqa: UP036
    import json
    import platform

    _REASON = (
        f"mondoo.platform needs Python 3.10 or later where a module runs: {platform.node()}'s {sys.executable} is Python"
        f" {platform.python_version()}."
    )
    _ADVICE = "Install a newer one there, and point ansible_python_interpreter at it."
    _ERROR = {"code": "UnsupportedPython", "operation": ""}
    sys.stdout.write(json.dumps({"failed": True, "msg": _REASON + " " + _ADVICE, "error": _ERROR}) + "\n")
    raise SystemExit(1)
