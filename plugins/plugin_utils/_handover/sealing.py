# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets on their way from one task to another.

The tasks of a play share nothing but variables, and what is in a variable can be shown, cached or logged. So a secret is
encrypted for the way, with a key that is in no variable and no file: it is made when Ansible loads the plugin, in the process
that all tasks are forked from, and ends with it.
"""

from __future__ import annotations

import os

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import (
    INTERNAL,
    MondooError,
    missing_library,
)

try:
    from cryptography.fernet import Fernet, InvalidToken
except ImportError:
    # ansible-core brings it; where it is missing, that is said when it is needed.
    _KEY = None
else:
    _KEY = Fernet(Fernet.generate_key())
_PROCESS = os.getpid()
_ATTEMPT = "hand a secret from one task to another"


def require_shared_key() -> None:
    """Raises MondooError unless the other tasks of this run have the same key, before there is a secret to lose."""
    _key()
    if os.getppid() != _PROCESS:
        raise MondooError(
            INTERNAL,
            "tasks are not run by processes that Ansible forks",
            attempted=_ATTEMPT,
            advice="Nothing was changed. Use one of Ansible's own strategies, such as linear, for this play.",
        )


def _key() -> Fernet:
    if _KEY is None:
        raise missing_library("cryptography", "pip install cryptography")
    return _KEY


def run_process() -> int:
    """The ID of the process that all tasks of this run are forked from."""
    return _PROCESS


def seal(secret: str) -> str:
    """The secret, encrypted for other tasks of this run. It may be anything, also what is not valid text."""
    return _key().encrypt(secret.encode("utf-8", "surrogateescape")).decode("ascii")


def unseal(sealed: str) -> str:
    """The secret again; raises MondooError for what another run has sealed."""
    try:
        return _key().decrypt(str(sealed).encode("ascii")).decode("utf-8", "surrogateescape")
    except (InvalidToken, ValueError):
        raise MondooError(INTERNAL, "it was encrypted by another run, or is damaged", attempted=_ATTEMPT) from None
