# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all unit tests share: no credentials or proxies of the machine, reproducible generated cases."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# What support modules assert is shown as what tests assert.
pytest.register_assert_rewrite("ansible_collections.mondoo.platform.tests.unit.support")

# Deadlines would judge the machine. Without a database, a run does not depend on the one before.
settings.register_profile(
    "unit", deadline=None, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unit")


_OF_OTHER_PROGRAMS = ("NETRC", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


# Files of many generated cases of code that touches no Ansible: they need not run with each version of it.
_GENERATED = {"test_faults.py", "test_state_machine.py", "test_planner_properties.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.name in _GENERATED:
            item.add_marker(pytest.mark.generated)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints how many cases the tests have played that make them themselves, from `record_property("cases", …)`."""
    counts = [
        (report.location[2], value)
        for report in terminalreporter.stats.get("passed", ())
        for name, value in getattr(report, "user_properties", ())
        if name == "cases"
    ]
    if counts:
        terminalreporter.write_line(f"cases that tests made: {sum(value for _test, value in counts):,}")


@pytest.fixture(autouse=True)
def _isolated_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in tuple(os.environ):
        if name.startswith("MONDOO_") or name.lower().endswith("_proxy") or name in _OF_OTHER_PROGRAMS:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
