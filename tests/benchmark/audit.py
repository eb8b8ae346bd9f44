# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit of 5,000 tokens costs: the role with all of its reports, against an audit of 50.

With Playwright and Chromium at hand (`nox -s browser` has them), also how long its page takes to open, to sort and to search.
Run by `make bench`.
"""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from pathlib import Path
from typing import Any

from measuring import Bench, Simulator

_SPACES = 50
_SIZES = (50, 5000)
# Runs in the page: presses the head of a column, and waits for the layout.
_SORT = """name => {
  const section = document.querySelector("#tokens").closest("section");
  const button = [...section.querySelectorAll("th button")].find(found => found.textContent === name);
  const start = performance.now();
  button.click();
  document.body.offsetHeight;
  return performance.now() - start;
}"""


def _audit(bench: Bench, tokens: int, folder: Path) -> float:
    bench.simulator.reset()
    spaces = [f"space-{number}" for number in range(_SPACES)]
    seeded = [
        {
            "scope": f"//captain.api.mondoo.app/spaces/{space}",
            "name": f"{space}-{{}}",
            "permissions": ["viewer"],
            "created_at": "2020-01-01T00:00:00Z",
            "count": tokens // _SPACES,
        }
        for space in spaces
    ]
    bench.simulator.seed({"organizations": {"acme": spaces}, "tokens": seeded})
    role: dict[str, Any] = {
        "ansible.builtin.include_role": {"name": "mondoo.platform.api_token_audit"},
        "vars": {
            "api_token_audit_organizations": ["acme"],
            "api_token_audit_max_age": "90d",
            "api_token_audit_directory": str(folder),
        },
    }
    return bench.play(role)


def _page(path: Path) -> None:
    chromium = shutil.which("chromium")
    if importlib.util.find_spec("playwright") is None or chromium is None:
        print("  the page: not measured, since there is no Playwright or no Chromium")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page()
        page.goto(path.as_uri())
        opened = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        sorting = max(page.evaluate(_SORT, name) for name in ("Scope", "Age", "Token"))
        print(
            f"  the page, {path.stat().st_size / 1e6:.1f} MB: open after {opened:.0f} ms, sorted within {sorting:.0f} ms"
        )
        browser.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as name, Simulator.run(Path(name) / "simulator") as simulator:
        bench = Bench(Path(name), simulator)
        print(f"An audit of {_SPACES} spaces, each token with three findings:")
        times = {}
        for size in _SIZES:
            times[size] = _audit(bench, size, Path(name) / f"reports-{size}")
            requests = len(simulator.requests())
            print(f"  {size:5,} tokens: {times[size]:5.1f} s, {requests} requests")
        print(f"  ratio: {times[5000] / times[50]:.1f} times as long for 100 times as many tokens")
        _page(Path(name) / "reports-5000" / "api-tokens.html")


if __name__ == "__main__":
    main()
