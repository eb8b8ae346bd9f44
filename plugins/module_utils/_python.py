# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Imported by each module before all else of the collection: a Python that is too old ends here, with one sentence.

The rest of the collection cannot be read by such a Python, which is why this file, and those of the modules, are written so that
Python 3.6 can, the oldest on which ansible-core runs modules. ansible.module_utils.basic does the same for ansible-core itself.
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
    print(json.dumps({"failed": True, "msg": _REASON + " " + _ADVICE, "error": _ERROR}))  # noqa: T201
    sys.exit(1)
