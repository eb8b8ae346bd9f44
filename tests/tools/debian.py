# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that come from Debian's packages, and not from a package index of Python."""

from __future__ import annotations

import os
import shutil
import subprocess


def provide(program: str, *packages: str) -> bool:
    """Whether a program is there. In a continuous integration that runs as root, its packages are installed if it is not."""
    if shutil.which(program) is None and os.environ.get("CI") and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        for command in (["apt-get", "update", "-qq"], install):
            subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
    return shutil.which(program) is not None
