# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of an audit: sorting, searching, accessibility, small screens, paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from audited import BAD_NAME, FLEET
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def section(page: Page, name: str) -> Locator:
    return page.locator("section", has=page.locator(f"#{name}"))


def column(page: Page, name: str, number: int) -> list[str]:
    """The texts of a column, of the rows that are shown."""
    cells = section(page, name).locator(f"tbody tr:not([hidden]) td:nth-child({number})")
    return [text.split("\n")[0].strip() for text in cells.all_inner_texts()]


def sort(page: Page, name: str, head: str) -> str | None:
    """Presses the head of a column; returns how the table is sorted then."""
    cell = section(page, name).locator("th", has_text=head)
    cell.get_by_role("button").click()
    order: str | None = cell.get_attribute("aria-sort")
    return order


def test_it_shows_what_was_found(page: Page, address: str) -> None:
    page.goto(address)
    assert page.title().startswith("API tokens of Acme: ")
    assert page.get_by_role("heading", level=1).inner_text() == "API tokens of Acme"
    figures = page.get_by_label("Figures").inner_text().split("\n")
    assert figures[0].startswith(str(len(FLEET)))
    assert len(column(page, "tokens", 1)) == len(FLEET)
    assert section(page, "unreadable").get_by_text("NotFound").count() == 1
    advice = section(page, "findings").locator("tbody small").all_inner_texts()
    assert advice
    assert all(advice)


def test_a_name_stays_text(page: Page, address: str) -> None:
    page.goto(address)
    assert BAD_NAME in column(page, "tokens", 1)
    assert page.locator("td script").count() == 0
    assert page.locator("script").count() == 1


def test_sorting_by_text_and_by_number(page: Page, address: str) -> None:
    page.goto(address)
    assert sort(page, "tokens", "Token") == "ascending"
    names = column(page, "tokens", 1)
    assert names[0] == BAD_NAME
    assert names[1:] == ["audit export", "bootstrap", "ci", "ci", "ci (retired 2026-10-02T08:00:00Z)", *names[6:]]
    assert names[6:] == ["dashboard", "laptop of j.doe", "terraform", "terraform", "ticketing"]
    assert sort(page, "tokens", "Token") == "descending"
    assert column(page, "tokens", 1) == names[::-1]
    assert sort(page, "tokens", "Age") == "ascending"
    ages = [int(text.split()[0]) for text in column(page, "tokens", 4)]
    assert ages == sorted(ages)
    # By number: as texts, 1000 days would stand before 3.
    assert ages[-1] > 1000
    assert sort(page, "tokens", "Age") == "descending"
    assert [int(text.split()[0]) for text in column(page, "tokens", 4)] == ages[::-1]
    # What is not known comes last, whichever way round.
    for direction in ("ascending", "descending"):
        assert sort(page, "tokens", "Last use") == direction
        assert column(page, "tokens", 5)[-2:] == ["never", "never"]
    assert section(page, "tokens").locator("th[aria-sort]").count() == 1


def test_severity_is_sorted_by_weight(page: Page, address: str) -> None:
    page.goto(address)
    sort(page, "findings", "Severity")
    sort(page, "findings", "Severity")
    shown = column(page, "findings", 1)
    assert list(dict.fromkeys(shown)) == ["low", "medium", "high"]


def test_sorting_by_keyboard(page: Page, address: str) -> None:
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the findings"
    button = section(page, "tokens").locator("th", has_text="Scope").get_by_role("button")
    button.focus()
    page.keyboard.press("Enter")
    assert section(page, "tokens").locator("th[aria-sort=ascending]").inner_text().startswith("Scope")
    assert page.evaluate("document.activeElement.textContent") == "Scope"


def test_searching(page: Page, address: str) -> None:
    page.goto(address)
    box = section(page, "tokens").get_by_label("Search tokens")
    status = section(page, "tokens").get_by_role("status")
    box.fill("terraform CHECKOUT")
    status.get_by_text(f"2 of {len(FLEET)} shown").wait_for()
    assert column(page, "tokens", 1) == ["terraform", "terraform"]
    box.fill("no such token")
    status.get_by_text(f"0 of {len(FLEET)} shown").wait_for()
    box.fill("")
    status.get_by_text(f"{len(FLEET)} of {len(FLEET)} shown").wait_for()


@pytest.mark.parametrize("severity", ["high", "medium", "low"])
def test_filtering_by_severity(severity: str, page: Page, address: str) -> None:
    page.goto(address)
    before = column(page, "findings", 1)
    section(page, "findings").get_by_label("Severity").select_option(severity)
    shown = column(page, "findings", 1)
    assert shown == [text for text in before if text == severity]
    assert shown
    # Filtering and sorting go together.
    sort(page, "findings", "Token")
    assert set(column(page, "findings", 1)) == {severity}


def test_tokens_without_findings(page: Page, address: str) -> None:
    page.goto(address)
    section(page, "tokens").get_by_label("Severity").select_option("none")
    assert set(column(page, "tokens", 7)) == {"none"}


def test_without_scripts_everything_is_there(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert section(page, "tokens").locator("tbody tr").count() == len(FLEET)
    assert not section(page, "tokens").get_by_role("searchbox").is_visible()
    context.close()


def test_an_audit_without_findings(page: Page, clean: str) -> None:
    page.goto(clean)
    assert section(page, "findings").inner_text().splitlines()[-1].endswith("Every token is as the policy wants it.")
    assert sort(page, "tokens", "Token") == "ascending"


@pytest.mark.parametrize("width", [320, 360, 768, 1060, 1280])
def test_nothing_scrolls_sideways(width: int, page: Page, address: str) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide: list[str] = page.evaluate(
        "width => [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > width + 1).map(e => e.outerHTML)",
        width,
    )
    assert wide == []


@pytest.mark.parametrize("scheme", _SCHEMES)
@pytest.mark.parametrize("width", [360, 1280])
def test_accessibility(scheme: Literal["light", "dark"], width: int, browser: Browser, address: str) -> None:
    """Contrast, landmarks, names of controls and what else the checker knows."""
    context = browser.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,  # for the checker itself
    )
    page = context.new_page()
    page.goto(address)
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    assert [(found["id"], [node["target"] for node in found["nodes"]][:3]) for found in violations] == []
    context.close()


def test_on_paper(page: Page, many: str, tmp_path: Path) -> None:
    page.goto(many)
    page.emulate_media(media="print")
    assert not section(page, "tokens").locator(".tools").is_visible()
    # What was held back on the screen is printed.
    assert section(page, "tokens").locator("tbody tr").nth(4999).is_visible()


def test_five_thousand_tokens(page: Page, many: str) -> None:
    """They are shown in parts, and all are sorted and searched."""
    page.goto(many)
    tokens = section(page, "tokens")
    assert tokens.locator("tbody tr").count() == 5000
    assert tokens.locator("tbody tr:visible").count() == 250
    sort(page, "tokens", "Token")
    sort(page, "tokens", "Token")
    assert column(page, "tokens", 1)[0] == "bulk-4999"
    tokens.get_by_label("Search tokens").fill("bulk-1234")
    tokens.get_by_role("status").get_by_text("1 of 5000 shown").wait_for()
    tokens.get_by_label("Search tokens").fill("")
    tokens.get_by_role("status").get_by_text("5000 of 5000 shown, the first 250 here").wait_for()
    tokens.get_by_role("button", name="Show all").click()
    assert tokens.locator("tbody tr:visible").count() == 5000


@pytest.mark.parametrize("scheme", _SCHEMES)
def test_pictures(scheme: Literal["light", "dark"], browser: Browser, address: str, pictures: Path) -> None:
    """For a person to look at; the guide has one of them."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1180, "height": 1000})
    page = context.new_page()
    page.goto(address)
    page.screenshot(path=pictures / f"audit-{scheme}.png")
    page.screenshot(path=pictures / f"audit-{scheme}-whole.png", full_page=True)
    assert (pictures / f"audit-{scheme}.png").stat().st_size > 10_000
    context.close()
