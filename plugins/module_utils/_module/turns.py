# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns: runs on one host that may change tokens of one scope wait for each other.

The kernel releases the locks when the process ends, however it ends. Each endpoint has one file and each scope one byte of
it, so a set of many scopes needs only one file descriptor.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from .._transport.endpoint import service_of
from .._values.errors import LOCKED, MondooError
from .._values.mrn import Scope
from .._values.times import count_of

_FOLDER = "~/.ansible/mondoo.platform"
_PATIENCE = 600.0  # seconds to wait for other runs
_FIRST_PAUSE = 0.05  # seconds between the first two attempts
_LONGEST_PAUSE = 1.0
# The layout of 64-bit Linux: type, whence, start, length, process.
_FLOCK = "@hhqqi"
_HELD = frozenset({errno.EACCES, errno.EAGAIN})


@contextlib.contextmanager
def take_turn(
    module: AnsibleModule,
    url: str,
    scopes: Iterable[Scope],
    *,
    sleep: Callable[[float], None],
    patience: float = _PATIENCE,
) -> Iterator[None]:
    """Holds the locks of the scopes at an endpoint while the block runs; in check mode, none.

    patience: seconds to wait for all of them. If the system cannot provide locks, warns and continues.
    Raises MondooError (`Locked`) if another run holds one for too long.
    """
    if module.check_mode:
        yield
        return
    with contextlib.ExitStack() as stack:
        whole = patience
        try:
            descriptor = _open(url)
            stack.callback(os.close, descriptor)
            # In the same order in every run, to avoid deadlocks.
            for offset, scope in sorted((_offset(scope), scope) for scope in scopes):
                patience = _acquire(descriptor, offset, scope, patience, whole, sleep)
        except OSError as error:
            module.warn(
                f"Runs on this host cannot take turns, since no lock is available in {_FOLDER} ({error.strerror}): do not run"
                " two at once for one scope."
            )
        yield


def _open(url: str) -> int:
    folder = Path(os.path.expanduser(_FOLDER))
    if not folder.is_absolute():
        raise OSError(errno.ENOENT, "this user has no home directory")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(service_of(url).encode()).hexdigest()[:32]}.lock"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _offset(scope: Scope) -> int:
    return int.from_bytes(hashlib.sha256(scope.mrn.encode()).digest()[:7], "big")


def _acquire(
    descriptor: int, offset: int, scope: Scope, patience: float, whole: float, sleep: Callable[[float], None]
) -> float:
    """Returns how much of the patience is left. whole: as it was at first."""
    waited, pause = 0.0, _FIRST_PAUSE
    while not _try_lock(descriptor, offset):
        if waited >= patience:
            raise MondooError(
                LOCKED,
                f"{_holder(descriptor, offset)} on this host is still working on them after {count_of(round(whole), 'second')}",
                attempted=f"take a turn at the API tokens of {scope}",
                advice="Nothing was changed. Wait for that run, or end it, and run again.",
            )
        sleep(pause)
        waited += pause
        pause = min(pause * 2, _LONGEST_PAUSE)
    return patience - waited


def _try_lock(descriptor: int, offset: int) -> bool:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    return True


def _holder(descriptor: int, offset: int) -> str:
    """Who holds the lock, as the subject of a sentence; unknown outside of Linux and from other containers."""
    if sys.platform.startswith("linux"):
        question = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, offset, 1, 0)
        process: int = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, question))[-1]
        if process > 0:
            return f"the run with process ID {process}"
    return "another run"
