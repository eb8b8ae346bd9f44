# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A home folder of their own for the tools, so that a run leaves nothing in the real one.

antsibull-docs writes a log there, Ansible its caches, and ansible-test keeps environments. `ansible-test --venv` makes these without
pip, and bootstraps it with a script that it downloads from a host of its own, unless its cache has a copy; which one depends on the
version of ansible-core. A small script that does the same with what Python brings along takes that place, so that a package index
is all that has to be reachable.
"""

from __future__ import annotations

import os
from pathlib import Path

# By ansible-core: 2.16 and 2.17, 2.18 and 2.19, 2.20 and 2.21.
_VERSIONS = ("23_1_2", "24_2", "25_2")
_SCRIPT = '''\
"""Stands in for the bootstrap script of pip: ensurepip, then the packages asked for."""
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip", "--upgrade"])
packages = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
if packages:
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *packages])
'''

# What the user has set up for package indexes and git holds, and caches of packages stay shared.
_KEPT = {
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "GIT_CONFIG_GLOBAL": ".gitconfig",
    "NETRC": ".netrc",
}


def enter(home: Path) -> None:
    """Makes `home` the home folder of this process and of what it starts from here on."""
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in _VERSIONS:
        (cache / f"get_pip_{version}.py").write_text(_SCRIPT, encoding="utf-8")
    before = Path.home()
    for variable, name in _KEPT.items():
        if (before / name).exists():
            os.environ.setdefault(variable, str(before / name))
    os.environ["HOME"] = str(home)
