# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audit pages in a real browser: made by the role, as installed, against the simulator; and by its writer from given data."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "tests" / "benchmark"))

from audited import FLEET, HOSTILE, NOW, ORGANIZATION, POLICY, SPACES, many  # noqa: E402
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


@dataclass(frozen=True)
class Audited:
    """A page and the report in JSON beside it."""

    address: str
    report: dict[str, Any]


class Audits:
    """Makes pages."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self._bench = Bench(folder, simulator)
        self._folder = folder
        self._count = 0
        sys.path.insert(0, str(self._bench.collections))

    def run(self, **variables: Any) -> Audited:
        """Runs the playbook `audit`."""
        self._count += 1
        reports = self._folder / f"reports-{self._count}"
        given = {"directory": str(reports), "now": NOW, "formats": ["html", "json"], **variables}
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
        report = json.loads((reports / "api-tokens.json").read_text(encoding="utf-8"))
        return Audited((reports / "api-tokens.html").as_uri(), report)

    def write(self, listing: dict[str, Any], **options: Any) -> Audited:
        """Writes the page of a listing with the installed writer, as the role does."""
        parts = "ansible_collections.mondoo.platform.plugins.plugin_utils._audit."
        settings, listings, reports, page = (
            importlib.import_module(parts + name) for name in ("settings", "listing", "report", "page")
        )
        self._count += 1
        path = self._folder / f"page-{self._count}.html"
        given = {"organizations": [ORGANIZATION], "directory": str(self._folder), "now": NOW, **options}
        checked = settings.settings_from(given, ())
        report = reports.report_from(checked, listings.inventory_from([(checked.reads[0], listing)]))
        path.write_text("".join(page.page_text(report)), encoding="utf-8")
        return Audited(path.as_uri(), report)


@pytest.fixture(scope="session")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audits]:
    folder = tmp_path_factory.mktemp("pages")
    with Simulator.run(folder / "simulator") as simulator:
        simulator.seed({"organizations": {"acme": ["payments", "checkout", "search", "sandbox"]}, "tokens": FLEET})
        yield Audits(folder, simulator)


@pytest.fixture(scope="session")
def audit(audits: Audits, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """The page of a small fleet, with all that a page can have."""
    report = audits.run(**POLICY).report
    # A month ago there was one finding that is fixed now, and one was not there yet.
    kept = [finding for finding in report["findings"] if finding["rule"] != "unused"]
    gone = {**kept[0], "name": "gone", "mrn": f"{SPACES}search/serviceaccounts/gone"}
    previous = tmp_path_factory.mktemp("previous") / "report.json"
    previous.write_text(
        json.dumps({**report, "generated_at": "2026-10-24T06:00:00Z", "findings": [*kept, gone]}), encoding="utf-8"
    )
    return audits.run(**POLICY, previous=str(previous))


@pytest.fixture(scope="session")
def hostile(audits: Audits) -> Audited:
    """A page on which every field that others fill in wants out."""
    tokens = [
        {
            "mrn": f"//agents.api.mondoo.app/{text}/{number}",
            "name": text,
            "description": text,
            "permissions": [f"//roles/{text}"],
            "scope_mrn": f"{SPACES}space-1",
            "created_at": "2020-01-01T00:00:00Z",
            "last_used_at": None,
            "created_by": text,
        }
        for number, text in enumerate(HOSTILE)
    ]
    listing = {
        "api_tokens": tokens,
        "scopes": [{"mrn": f"{SPACES}space-1", "name": HOSTILE[0]}],
        "unreadable": [{"scope_mrn": f"{SPACES}closed", "name": HOSTILE[1], "reason": " ".join(HOSTILE)}],
        "identity": {"kind": "api_token", "mrn": HOSTILE[1]},
    }
    accepted = [
        {"rule": "never_used", "name": text, "reason": text, "by": text, "until": "2027-01-01"} for text in HOSTILE[:-4]
    ]
    return audits.write(
        listing, title=HOSTILE[1], max_age="90d", allowed_permissions=[], accepted=accepted, declared=[]
    )


@pytest.fixture(scope="session")
def clean(audits: Audits) -> Audited:
    """The page of an audit without findings."""
    rules = ["never_used", "no_description", "duplicate_name", "redundant_permission", "retired_leftover"]
    return audits.run(spaces=["checkout"], severities=dict.fromkeys(rules, "ignore"))


@pytest.fixture(scope="session")
def large(audits: Audits) -> Audited:
    """The page of 5,000 tokens."""
    return audits.write({"api_tokens": many(5000, 50)}, max_age="90d", allowed_permissions=["viewer", "agent"])


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
    requested: set[str] = set()
    shown.on("request", lambda request: requested.add(request.url.split("#")[0]))
    yield shown
    assert noise == []
    assert len(requested) == 1
    assert requested.pop().startswith("file:")
    context.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where pictures for a person to look at are put."""
    folder = Path(os.environ.get("PICTURES", ROOT / "tests" / "output" / "browser"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
