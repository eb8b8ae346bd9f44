# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on one host take turns. The other run is a process of its own: a lock never keeps its own process out."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._module.turns import take_turn
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope, scope_from
from ansible_collections.mondoo.platform.tests.unit.support.users import as_ordinary_user, public_folder

URL = "https://us.api.mondoo.com/query"
ALPHA, BETA, GAMMA = (scope_from("space", name) for name in ("alpha", "beta", "gamma"))

# Holds the locks of its arguments until its input ends.
_OTHER_RUN = """
import sys
from types import SimpleNamespace
from ansible_collections.mondoo.platform.plugins.module_utils._module.turns import take_turn
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_from
url, *names = sys.argv[1:]
scopes = [scope_from("space", name) for name in names]
with take_turn(SimpleNamespace(check_mode=False), url, scopes, sleep=None):
    print("at work", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def other_run(*scopes: Scope, url: str = URL) -> Iterator[subprocess.Popen[str]]:
    """Another process of this user that is at work on these scopes."""
    process = subprocess.Popen(
        [sys.executable, "-c", _OTHER_RUN, url, *(scope.id for scope in scopes)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "at work\n"
            yield process
        finally:
            process.kill()


class Waiting:
    """The time that a run spends waiting, in seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def run_at(
    scopes: Sequence[Scope], *, url: str = URL, check_mode: bool = False, waiting: Waiting | None = None
) -> list[str]:
    """What a run warns of that takes its turn at the scopes, and waits for ten seconds at most; raises MondooError."""
    warnings: list[str] = []
    module: Any = SimpleNamespace(check_mode=check_mode, warn=warnings.append)
    with take_turn(module, url, scopes, sleep=(waiting or Waiting()).sleep, patience=10.0):
        pass
    return warnings


def test_one_run_at_a_time_and_the_error_names_the_other() -> None:
    waiting = Waiting()
    with other_run(ALPHA) as process:
        with pytest.raises(MondooError) as caught:
            run_at([ALPHA], waiting=waiting)
        assert caught.value.code == "Locked"
        assert str(caught.value).startswith(
            f'Could not take a turn at the API tokens of space "alpha": the run with process ID {process.pid} on this host is'
            " still working on them after"
        )
    assert 10 <= waiting.seconds < 11
    assert run_at([ALPHA]) == []


@pytest.mark.parametrize(
    ("scopes", "url"),
    [([BETA], URL), ([GAMMA, BETA], URL), ([ALPHA], "https://eu.api.mondoo.com/query"), ([], URL)],
    ids=["another scope", "other scopes", "another endpoint", "no scope"],
)
def test_runs_that_have_nothing_in_common_do_not_wait(scopes: list[Scope], url: str) -> None:
    waiting = Waiting()
    with other_run(ALPHA):
        assert run_at(scopes, url=url, waiting=waiting) == []
    assert waiting.seconds == 0


def test_another_name_of_the_endpoint_is_the_same_endpoint() -> None:
    with other_run(ALPHA), pytest.raises(MondooError, match="Locked|space"):
        run_at([ALPHA], url="https://api.mondoo.com/query")


@pytest.mark.parametrize("scopes", [[BETA], [ALPHA, BETA, GAMMA], [GAMMA, BETA, ALPHA]])
def test_one_scope_in_common_is_enough(scopes: list[Scope]) -> None:
    with other_run(BETA), pytest.raises(MondooError, match="Locked|space"):
        run_at(scopes)


def test_check_mode_does_not_wait() -> None:
    with other_run(ALPHA):
        assert run_at([ALPHA], check_mode=True) == []


def test_a_killed_run_holds_nobody_up() -> None:
    with other_run(ALPHA) as process:
        process.kill()
        process.wait()
        assert run_at([ALPHA]) == []


def test_the_wait_ends_when_the_other_run_does() -> None:
    with other_run(ALPHA) as process:

        class WaitingForIt(Waiting):
            def sleep(self, seconds: float) -> None:
                super().sleep(seconds)
                if self.seconds > 2:
                    process.communicate()

        waiting = WaitingForIt()
        assert run_at([ALPHA], waiting=waiting) == []
        assert 2 < waiting.seconds < 5


def test_the_patience_is_for_all_scopes_together() -> None:
    with other_run(ALPHA) as first, other_run(BETA):

        class WaitingForTheFirst(Waiting):
            def sleep(self, seconds: float) -> None:
                super().sleep(seconds)
                if self.seconds > 7 and first.poll() is None:
                    first.communicate()

        # Whichever lock is asked for first, waiting for the second one goes on where that for the first one ended.
        waiting = WaitingForTheFirst()
        with pytest.raises(MondooError):
            run_at([ALPHA, BETA], waiting=waiting)
        assert 10 <= waiting.seconds < 12


def test_a_set_of_many_scopes_needs_one_file_descriptor() -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    scopes = [scope_from("space", f"space-{number}") for number in range(500)]
    before = descriptors()
    module: Any = SimpleNamespace(check_mode=False)
    with take_turn(module, URL, scopes, sleep=Waiting().sleep):
        assert descriptors() == before + 1
    assert descriptors() == before


def test_the_lock_file_is_for_this_user_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        run_at([ALPHA])
    finally:
        os.umask(before)
    (file,) = (tmp_path / "home" / ".ansible" / "mondoo.platform").iterdir()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777, file.stat().st_size) == (0o600, 0o700, 0)


# Where no lock can be had


@pytest.mark.parametrize("home", ["/dev/null", "/proc/nobody", "not-absolute"])
def test_without_a_home_a_run_warns_and_goes_on(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", home)
    (warning,) = run_at([ALPHA])
    assert re.match(
        r"Runs on this host cannot take turns, since no lock is available in ~/\.ansible/mondoo\.platform \(.+\)",
        warning,
    )


def test_in_a_home_that_is_read_only_a_run_warns_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with public_folder() as folder:
        monkeypatch.setenv("HOME", str(folder))
        folder.chmod(0o555)
        assert "(Permission denied)" in as_ordinary_user(lambda: run_at([ALPHA]))


def test_a_link_in_place_of_the_lock_file_is_not_followed(tmp_path: Path) -> None:
    run_at([ALPHA])
    (file,) = (tmp_path / "home" / ".ansible" / "mondoo.platform").iterdir()
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere")
    (warning,) = run_at([ALPHA])
    assert "cannot take turns" in warning
    assert not (tmp_path / "elsewhere").exists()
