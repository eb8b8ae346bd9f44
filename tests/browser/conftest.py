# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audit pages in a real browser: made by the role, as installed, against the simulator."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "tests" / "benchmark"))

from audited import FLEET, NOW, SPACES  # noqa: E402
from measuring import Bench  # noqa: E402  (found through the lines above)

from simulator.process import Simulator  # noqa: E402

NAMES = ("chromium", "chromium-browser")
# It must not ask for anything by itself, and has no sandbox as root.
_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        # Where it is required, that is a failure: `nox -s browser` says how it is installed.
        pytest.fail("there is no Chromium: install Debian's package chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield running
        running.close()


class Pages:
    """Makes audit pages."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self._bench = Bench(folder, simulator)
        self._folder = folder
        self._count = 0

    def make(self, **variables: Any) -> str:
        """Runs the playbook `audit`; returns the address of its page."""
        self._count += 1
        reports = self._folder / f"reports-{self._count}"
        given = {"directory": str(reports), "now": NOW, "formats": ["html"], **variables}
        text = json.dumps({f"api_token_audit_{name}": value for name, value in given.items()})
        done = subprocess.run(
            [str(Path(sys.executable).parent / "ansible-playbook"), "mondoo.platform.audit", "-e", text],
            env={**self._bench.environment, **self._bench.simulator.login},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout[-3000:]
        return (reports / "api-tokens.html").as_uri()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    folder = tmp_path_factory.mktemp("pages")
    with Simulator.run(folder / "simulator") as simulator:
        simulator.seed({"organizations": {"acme": ["payments", "checkout", "search", "many"]}, "tokens": FLEET})
        many = {"scope": f"{SPACES}many", "name": "bulk-{}", "permissions": ["viewer"], "count": 5000}
        simulator.seed({"tokens": [{**many, "created_at": "2026-06-01T00:00:00Z"}]})
        yield Pages(folder, simulator)


@pytest.fixture(scope="session")
def address(pages: Pages) -> str:
    """The page of a small fleet, with findings of every severity."""
    return pages.make(
        title="API tokens of Acme",
        spaces=["payments", "checkout", "search", "closed"],
        max_age="180d",
        max_unused="90d",
        allowed_permissions=["viewer", "agent", "editor", "ticket-manager"],
    )


@pytest.fixture(scope="session")
def many(pages: Pages) -> str:
    """The page of 5,000 tokens."""
    return pages.make(spaces=["many"], max_age="90d")


@pytest.fixture(scope="session")
def clean(pages: Pages) -> str:
    """The page of an audit without findings."""
    rules = ["never_used", "no_description", "duplicate_name", "redundant_permission", "retired_leftover"]
    return pages.make(spaces=["checkout"], severities=dict.fromkeys(rules, "ignore"))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that must stay silent: no message on the console, no error, no request but for itself."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    shown = context.new_page()
    noise: list[str] = []
    shown.on("console", lambda message: noise.append(f"console: {message.text}"))
    shown.on("pageerror", lambda error: noise.append(f"error: {error}"))

    def dismiss(dialog: Dialog) -> None:
        noise.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    shown.on("dialog", dismiss)
    requested: list[str] = []
    shown.on("request", lambda request: requested.append(request.url))
    yield shown
    assert noise == []
    assert [url for url in requested if not url.startswith("file:")] == []
    assert len(requested) == 1
    context.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where pictures for a person to look at are put."""
    folder = Path(os.environ.get("PICTURES", ROOT / "tests" / "output" / "browser"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
