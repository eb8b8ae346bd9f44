# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One simulator for all tests, as new for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulator.process import Simulator

from .api import Api


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator.run(tmp_path_factory.mktemp("simulator")) as simulator:
        yield simulator


@pytest.fixture
def simulator(_running: Simulator) -> Simulator:
    _running.reset()
    return _running


@pytest.fixture
def owner(simulator: Simulator) -> Iterator[Api]:
    """An owner of the organization acme."""
    api = Api(simulator.url, simulator.admin_token)
    with api.session:
        yield api
