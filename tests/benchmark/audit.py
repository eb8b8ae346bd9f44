# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit costs: the role with all of its reports, against the listing of the same tokens alone, in turns.

The size is then multiplied by ten, once, to see that it ends, what memory it takes, and that its page opens. With Playwright and
Chromium at hand (`nox -s browser` has them), also how long the page takes to open, to filter and to sort. Run by `make bench`.
"""

from __future__ import annotations

import importlib.util
import resource
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from measuring import Bench, Simulator

_SPACES = 50
_SIZE = 5_000
_LARGE = 50_000
_PAIRS = 5
# Runs in the page: sets a filter by its address, and waits for the layout.
_FILTER = """fragment => {
  const start = performance.now();
  history.replaceState(null, "", "#" + fragment);
  dispatchEvent(new HashChangeEvent("hashchange"));
  document.body.offsetHeight;
  return performance.now() - start;
}"""
_FILTERS = (
    "severity=high",
    "scope=spaces/space-7",
    "q=space-7-99",
    "q=somebody+agent",
    "severity=low&rule=never_used&q=5",
)
_SORTS = ("sort=oldest", "sort=name")


def _seed(simulator: Simulator, tokens: int) -> None:
    simulator.reset()
    spaces = [f"space-{number}" for number in range(_SPACES)]
    seeded = [
        {
            "scope": f"//captain.api.mondoo.app/spaces/{space}",
            "name": f"{space}-{{}}",
            "permissions": ["viewer" if number % 2 else "owner"],
            "created_at": f"{2020 + number % 6}-01-01T00:00:00Z",
            "count": tokens // _SPACES,
        }
        for number, space in enumerate(spaces)
    ]
    simulator.seed({"organizations": {"acme": spaces}, "tokens": seeded})


def _listing() -> dict[str, Any]:
    return {"mondoo.platform.api_token_info": {"organization": "acme", "include_spaces": True}, "register": "listing"}


def _role(folder: Path) -> dict[str, Any]:
    return {
        "ansible.builtin.include_role": {"name": "mondoo.platform.api_token_audit"},
        "vars": {
            "api_token_audit_organizations": ["acme"],
            "api_token_audit_max_age": "90d",
            "api_token_audit_allowed_permissions": ["viewer"],
            "api_token_audit_directory": str(folder),
        },
    }


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
        filtering = max(page.evaluate(_FILTER, fragment) for fragment in _FILTERS)
        sorting = max(page.evaluate(_FILTER, fragment) for fragment in _SORTS)
        size = path.stat().st_size / 1e6
        print(
            f"  the page, {size:.1f} MB: open after {opened:.0f} ms (aim: 10,000), filtered within {filtering:.0f} ms"
            f" (aim: 300), sorted within {sorting:.0f} ms"
        )
        browser.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as name, Simulator.run(Path(name) / "simulator") as simulator:
        bench = Bench(Path(name), simulator)
        print(f"An audit of {_SPACES} spaces, each token with three findings:")
        _seed(simulator, _SIZE)
        differences = []
        for _number in range(_PAIRS):
            listing, role = bench.play(_listing()), bench.play(_role(Path(name) / "reports"))
            differences.append(role - listing)
            print(f"  {_SIZE:6,} tokens: listing {listing:5.1f} s, role {role:5.1f} s, {role - listing:+.1f} s")
        print(f"  the role takes {statistics.median(differences):.1f} s more than its listing (median; aim: 4)")
        _page(Path(name) / "reports" / "api-tokens.html")
        _seed(simulator, _LARGE)
        role = bench.play(_role(Path(name) / "large"))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"  {_LARGE:6,} tokens: role {role:5.1f} s, at most {peak:,.0f} MB in one process")
        _page(Path(name) / "large" / "api-tokens.html")


if __name__ == "__main__":
    main()
