# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passes secrets from one task to another.

The tasks of a play share only variables, and the content of a variable can be shown, cached or logged. A secret is
therefore encrypted with a key that is in no variable and no file: it is generated when Ansible loads the plugin, in the
process from which all tasks are forked, and ends with it.
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
    # ansible-core requires it; if it is missing, the error is raised when it is needed.
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
    """The ID of the process from which all tasks of this run are forked."""
    return _PROCESS


def seal(secret: str) -> str:
    """The secret, encrypted for other tasks of this run. It need not be valid text."""
    return _key().encrypt(secret.encode("utf-8", "surrogateescape")).decode("ascii")


def unseal(sealed: str) -> str:
    """The decrypted secret; raises MondooError if another run has sealed it."""
    try:
        return _key().decrypt(str(sealed).encode("ascii")).decode("utf-8", "surrogateescape")
    except (InvalidToken, ValueError):
        raise MondooError(INTERNAL, "it was encrypted by another run, or is damaged", attempted=_ATTEMPT) from None
