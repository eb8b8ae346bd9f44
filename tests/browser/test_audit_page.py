# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of an audit: filters, links, sorting, searching, copying, accessibility, small screens, paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from audited import BAD_NAME, FLEET, HOSTILE, many
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from conftest import Audited, Audits

_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def names(page: Page) -> list[str]:
    """Names of the tokens that are drawn."""
    return page.locator(".live .token h3").all_inner_texts()


def choice(page: Page, label: str) -> Locator:
    return page.get_by_role("combobox", name=label, exact=True)


def choose(page: Page, label: str, value: str) -> None:
    choice(page, label).select_option(value)


def search(page: Page, text: str) -> None:
    """Fills in the search, and waits until it is done."""
    page.get_by_role("searchbox", name="Search").fill(text)
    page.wait_for_function("text => new URLSearchParams(location.hash.slice(1)).get('q') === (text || null)", arg=text)


def filter_button(page: Page, text: str) -> Locator:
    """A tile or a bar, as a button."""
    return page.locator("[data-filter]").filter(has_text=text).get_by_role("button").first


def status(page: Page) -> str:
    return page.get_by_role("status").inner_text()


def named(report: dict[str, Any], fits: Callable[[dict[str, Any]], bool]) -> set[str]:
    """Names of the tokens with a finding that fits."""
    return {finding["name"] for finding in report["findings"] if fits(finding)}


# What it shows


def test_it_shows_what_was_found(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    figures = audit.report["figures"]
    assert page.title() == f"API tokens of Acme: {figures['findings']} findings"
    assert page.get_by_role("heading", level=1).inner_text() == "API tokens of Acme"
    tiles = {text.split("\n")[1]: int(text.split("\n")[0]) for text in page.locator(".tiles .tile").all_inner_texts()}
    assert tiles == {
        f"tokens in {figures['scopes']} scopes": len(FLEET),
        "high": figures["high"],
        "medium": figures["medium"],
        "low": figures["low"],
        "without findings": figures["clean"],
        "accepted": 1,
        "new": figures["new"],
        "fixed since 2026-10-24": 1,
        "unreadable scope": 1,
    }
    assert status(page) == f"{len(FLEET)} of {len(FLEET)} tokens"
    assert len(names(page)) == len(FLEET)


def test_each_advice_is_there_once(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    text = page.locator("body").inner_text()
    broken = [rule for rule in audit.report["rules"] if rule["findings"]]
    assert len(broken) > 5
    assert {rule["rule"]: text.count(rule["advice"]) for rule in broken} == {rule["rule"]: 1 for rule in broken}


def test_the_most_dangerous_token_is_first_and_its_score_is_explained(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    assert names(page)[0] == "bootstrap"
    first = page.locator(".first li.panel").first
    assert first.get_by_role("heading").inner_text() == "bootstrap"
    token = next(token for token in audit.report["tokens"] if token["name"] == "bootstrap")
    assert first.get_by_role("img").get_attribute("aria-label") == f"Score {token['score']} of 100"
    points = [int(text) for text in re.findall(r"\+(\d+)", first.locator(".parts").inner_text())]
    assert sum(points) == token["score"]
    scale = page.locator(".scale")
    assert not scale.is_visible()
    page.get_by_text("How the score is computed").click()
    expect(scale).to_be_visible()
    first.get_by_role("link").click()
    expect(page.locator(".live .toggle").first).to_be_focused()


def test_dates_beside_days_and_what_was_covered(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    row = page.locator(".live .token").filter(has=page.get_by_role("button", name="bootstrap"))
    assert "1,379 days\n2023-02-14" in row.inner_text()
    assert "1,050 days\n2024-01-09" in row.inner_text()
    scopes = page.locator("table.scopes tbody tr").all_inner_texts()
    assert len(scopes) == len(audit.report["scopes"]) == 5
    assert "not read" in scopes[0]
    assert any("none" in text for text in scopes), "a space without tokens"


def test_accepted_new_and_fixed_are_marked(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    accepted = page.locator("section", has=page.locator("#accepted")).inner_text()
    assert all(text in accepted for text in ("OPS-12", "2027-03-01", "anna.weber@example.com", "terraform"))
    new = page.locator(".live .tag.isnew").all_inner_texts()
    assert len(new) == audit.report["figures"]["new"]
    assert all(text.endswith("new") for text in new)
    assert "gone" in page.locator("section", has=page.locator("#since")).locator("tbody").inner_text()


def test_a_token_that_is_opened(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    token = next(token for token in audit.report["tokens"] if token["name"] == "bootstrap")
    toggle = page.get_by_role("button", name="bootstrap", exact=True)
    assert toggle.get_attribute("aria-expanded") == "false"
    toggle.click()
    assert toggle.get_attribute("aria-expanded") == "true"
    details = page.locator(".live .details").inner_text()
    messages = [finding["message"] for finding in audit.report["findings"] if finding["mrn"] == token["mrn"]]
    for text in (token["mrn"], "2023-02-14 08:00:00 UTC", token["created_by"], *messages):
        assert text in details
    toggle.click()
    assert page.locator(".live .details").count() == 0


# Filters


@pytest.mark.parametrize("severity", ["high", "medium", "low"])
def test_severity_by_choice_and_by_tile(severity: str, page: Page, audit: Audited) -> None:
    expected = named(audit.report, lambda finding: finding["severity"] == severity)
    page.goto(audit.address)
    choose(page, "Severity", severity)
    assert set(names(page)) == expected
    tile = page.locator(f".tile[data-key={severity}]").get_by_role("button")
    assert tile.get_attribute("aria-pressed") == "true"
    tile.click()
    assert len(names(page)) == len(FLEET)
    tile.click()
    assert set(names(page)) == expected
    assert choice(page, "Severity").input_value() == severity


def test_two_severities_at_once(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    for severity in ("high", "low"):
        page.locator(f".tile[data-key={severity}]").get_by_role("button").click()
    assert set(names(page)) == named(audit.report, lambda finding: finding["severity"] in ("high", "low"))
    assert "2 chosen" in choice(page, "Severity").inner_text()


def test_rule_by_choice_and_by_bar(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    by_rule: dict[str, set[str]] = {}
    for finding in audit.report["findings"]:
        by_rule.setdefault(finding["rule"], set()).add(finding["name"])
    for rule, expected in by_rule.items():
        choose(page, "Rule", rule)
        assert set(names(page)) == expected
        choose(page, "Rule", "")
        button = page.locator(f"[data-filter=rule][data-key={rule}]").get_by_role("button")
        button.click()
        assert set(names(page)) == expected
        button.click()
    assert len(names(page)) == len(FLEET)


def test_scope_by_choice_and_by_the_table(page: Page, audit: Audited) -> None:
    expected = sorted(token["name"] for token in audit.report["tokens"] if token["scope_mrn"].endswith("/search"))
    page.goto(audit.address)
    choose(page, "Scope", "spaces/search")
    assert sorted(names(page)) == expected
    choose(page, "Scope", "")
    page.locator("table.scopes").get_by_role("link", name="search").click()
    page.wait_for_function("() => document.querySelectorAll('.live .token').length < 6")
    assert sorted(names(page)) == expected


def test_creator(page: Page, large: Audited) -> None:
    page.goto(large.address)
    choose(page, "Created by", "j.doe@example.com")
    count = sum(token["created_by"] == "j.doe@example.com" for token in large.report["tokens"])
    assert status(page) == f"{count:,} of 5,000 tokens"


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("365 days and more", lambda token: token["age_days"] >= 365),
        ("7 to 29 days", lambda token: 7 <= token["age_days"] < 30),
        ("never", lambda token: token["last_use"] == "never"),
    ],
)
def test_age_and_last_use_by_bars(
    text: str, fits: Callable[[dict[str, Any]], bool], page: Page, audit: Audited
) -> None:
    page.goto(audit.address)
    filter_button(page, text).click()
    assert sorted(names(page)) == sorted(token["name"] for token in audit.report["tokens"] if fits(token))


def test_without_findings_accepted_and_new_by_tiles(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    expected = {
        "clean": {token["mrn"] for token in audit.report["tokens"] if not token["findings"]},
        "accepted": {finding["mrn"] for finding in audit.report["accepted"]},
        "new": {finding["mrn"] for finding in audit.report["findings"] if finding["new"]},
    }
    for key, mrns in expected.items():
        tile = page.locator(f".tile[data-key={key}]").get_by_role("button")
        tile.click()
        assert len(names(page)) == len(mrns)
        tile.click()
    assert all(expected.values())


def test_searching(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    search(page, "terraform CHECKOUT")
    assert names(page) == ["terraform", "terraform"]
    token = audit.report["tokens"][0]
    for text in (token["mrn"].rsplit("/", 1)[1], "its purpose is unknown", "ticket-manager", "Nightly export"):
        search(page, text)
        assert names(page), text
    search(page, "no such token")
    assert status(page) == f"0 of {len(FLEET)} tokens"
    expect(page.get_by_text("No token matches these filters.")).to_be_visible()
    search(page, "")
    assert len(names(page)) == len(FLEET)


def test_filters_work_together(page: Page, audit: Audited) -> None:
    """A severity and a rule have to be those of one finding."""
    page.goto(audit.address)
    choose(page, "Severity", "low")
    choose(page, "Rule", "excess_permission")
    assert names(page) == []
    choose(page, "Severity", "high")
    both = named(audit.report, lambda finding: finding["rule"] == "excess_permission")
    assert set(names(page)) == both == {"bootstrap", "laptop of j.doe"}
    choose(page, "Scope", "spaces/search")
    assert names(page) == ["laptop of j.doe"]
    search(page, "bootstrap")
    assert names(page) == []
    chips = page.get_by_role("list", name="Filters in use").get_by_role("button")
    assert chips.count() == 5
    chips.filter(has_text="bootstrap").click()
    assert names(page) == ["laptop of j.doe"]
    page.get_by_role("button", name="Clear all").click()
    assert len(names(page)) == len(FLEET)
    assert chips.count() == 0


def test_bars_say_how_much_of_them_fits(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    rule = page.locator("[data-filter=rule][data-key=excess_permission] .count")
    assert rule.inner_text() == "2"
    choose(page, "Scope", "spaces/search")
    assert rule.inner_text() == "1 of 2"
    choose(page, "Scope", "")
    assert rule.inner_text() == "2"


# Links


def test_what_is_filtered_is_in_the_address_and_comes_back(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    choose(page, "Severity", "medium")
    choose(page, "Scope", "spaces/checkout")
    choose(page, "Sort by", "name")
    search(page, "terraform")
    filter_button(page, "180 to 364 days").click()
    shown = names(page)
    assert page.url.endswith("#severity=medium&age=180&scope=spaces/checkout&q=terraform&sort=name")
    page.reload()
    assert names(page) == shown == ["terraform"]
    for label, value in (
        ("Severity", "medium"),
        ("Scope", "spaces/checkout"),
        ("Sort by", "name"),
        ("Search", "terraform"),
    ):
        assert (
            page.get_by_role("searchbox" if label == "Search" else "combobox", name=label, exact=True).input_value()
            == value
        )


def test_a_link_to_a_token(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    page.get_by_role("button", name="ticketing", exact=True).click()
    link = page.locator(".live").get_by_role("link", name="Link to this token").get_attribute("href")
    token = next(token for token in audit.report["tokens"] if token["name"] == "ticketing")
    assert link == f"#token={token['mrn']}"
    page.goto(f"{audit.address}#severity=high")
    page.goto(audit.address + link)
    page.reload()
    toggle = page.get_by_role("button", name="ticketing", exact=True)
    expect(toggle).to_be_focused()
    assert toggle.get_attribute("aria-expanded") == "true"
    assert page.locator(".live .details").count() == 1


def test_a_link_to_a_token_far_down(page: Page, large: Audited) -> None:
    page.goto(large.address)
    last = page.evaluate("JSON.parse(document.getElementById('data').textContent).tokens.at(-1)[0]")
    mrn = next(token["mrn"] for token in large.report["tokens"] if token["name"] == last)
    page.goto(f"{large.address}#token={mrn}")
    toggle = page.get_by_role("button", name=last, exact=True)
    expect(toggle).to_be_focused()
    expect(toggle).to_be_in_viewport()


def test_a_link_to_a_token_that_is_gone(page: Page, audit: Audited) -> None:
    page.goto(f"{audit.address}#severity=high&token=//nowhere")
    expect(page.get_by_role("status")).to_have_text("The token of this link is not in this report.")
    assert len(names(page)) == len(FLEET)


@pytest.mark.parametrize(
    "fragment", ["#%", "#severity=&rule=,,&sort=x", "#scope=__proto__&show=toString", "#tokens", "#a=b"]
)
def test_an_address_that_means_nothing(fragment: str, page: Page, audit: Audited) -> None:
    page.goto(audit.address + fragment)
    expect(page.get_by_role("status")).to_contain_text("tokens")


def test_a_section_keeps_the_filters(page: Page, audit: Audited) -> None:
    page.goto(f"{audit.address}#severity=high")
    shown = names(page)
    page.locator(".tile a").last.click()
    assert names(page) == shown


# Copying and sorting


def test_an_mrn_is_copied(browser: Browser, audit: Audited) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(audit.address)
    page.get_by_role("button", name="bootstrap", exact=True).click()
    page.get_by_role("button", name="Copy MRN").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    token = next(token for token in audit.report["tokens"] if token["name"] == "bootstrap")
    assert page.evaluate("navigator.clipboard.readText()") == token["mrn"]
    expect(page.get_by_role("status")).to_have_text("MRN copied")
    context.close()


def test_an_mrn_is_copied_where_the_clipboard_is_not_to_be_had(page: Page, audit: Audited) -> None:
    page.add_init_script("delete Navigator.prototype.clipboard")
    page.goto(audit.address)
    page.get_by_role("button", name="bootstrap", exact=True).click()
    page.get_by_role("button", name="Copy MRN").click()
    expect(page.get_by_role("button", name="Copied")).to_be_focused()


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("name", lambda token: token["name"].lower()),
        ("scope", lambda token: token["scope_mrn"].rsplit("/", 1)[-1]),
        ("oldest", lambda token: token["created_at"]),
        ("findings", lambda token: -token["findings"]),
        ("idle", lambda token: token["last_used_at"] or ""),
        ("", lambda token: (not token["findings"], -token["score"])),
    ],
)
def test_sorting(value: str, key: Callable[[dict[str, Any]], Any], page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    choose(page, "Sort by", "newest")
    choose(page, "Sort by", value)
    by_name: dict[str, list[Any]] = {}
    for token in audit.report["tokens"]:
        by_name.setdefault(token["name"], []).append(key(token))
    shown = names(page)
    if value == "name":
        assert shown[0] == BAD_NAME
        shown = shown[1:]
    keys = [key for name in dict.fromkeys(shown) for key in (by_name[name] if len(by_name[name]) == 1 else [])]
    assert keys == sorted(keys)
    assert len(names(page)) == len(FLEET)


def test_sorting_by_heads(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    age = page.get_by_role("group", name="Sort by").get_by_role("button", name="Age")
    age.click()
    assert names(page)[0] == "bootstrap"
    assert age.get_attribute("aria-pressed") == "true"
    age.click()
    assert names(page)[0] == "scanner (pending 2026-11-23T22:10:00Z)"
    page.get_by_role("group", name="Sort by").get_by_role("button", name="Score").click()
    assert age.get_attribute("aria-pressed") == "false"


# By keyboard and for all eyes


def test_by_keyboard(page: Page, audit: Audited) -> None:
    page.goto(audit.address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the tokens"
    page.locator(".tile[data-key=high] button").focus()
    page.keyboard.press("Space")
    assert len(names(page)) == 2
    page.locator(".live .toggle").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".live .details").count() == 1
    page.keyboard.press("ArrowDown")
    expect(page.locator(".live .toggle").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".live .toggle").first).to_be_focused()


@pytest.mark.parametrize("scheme", _SCHEMES)
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("what", ["audit", "clean", "hostile"])
def test_accessibility(
    what: str, width: int, scheme: Literal["light", "dark"], browser: Browser, request: pytest.FixtureRequest
) -> None:
    """Contrast, landmarks, names of controls and what else the checker knows; with a token open and filters in use."""
    context = browser.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,  # for the checker itself
    )
    page = context.new_page()
    page.goto(f"{request.getfixturevalue(what).address}#show=own")
    page.goto(request.getfixturevalue(what).address)
    page.locator(".live .toggle").first.click()
    page.get_by_text("How the score is computed").click() if what != "clean" else None
    for fragment in ("", "#severity=high,low&q=e", "#q=nothing+fits"):
        page.evaluate("fragment => { location.hash = fragment }", fragment)
        violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
        assert [(found["id"], [node["target"] for node in found["nodes"]][:3]) for found in violations] == [], fragment
    context.close()


@pytest.mark.parametrize("width", [320, 360, 768, 1060, 1280, 3840])
@pytest.mark.parametrize("what", ["audit", "hostile"])
def test_nothing_scrolls_sideways(what: str, width: int, page: Page, request: pytest.FixtureRequest) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(request.getfixturevalue(what).address)
    page.locator(".live .toggle").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide: list[str] = page.evaluate(
        """width => [...document.querySelectorAll('body *')]
          .filter(e => !e.closest('.scroll, .vh, .skip, select') && e.getBoundingClientRect().right > width + 1)
          .map(e => e.outerHTML.slice(0, 200))""",
        width,
    )
    assert wide == []


# Without its script, on paper, and with names that want out


def test_without_scripts_it_is_a_plain_document(browser: Browser, audit: Audited) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(audit.address)
    assert page.locator(".tokens.plain > .token").count() == len(FLEET)
    text = page.locator("main").inner_text()
    for finding in audit.report["findings"]:
        assert finding["message"] in text
    for token in audit.report["tokens"]:
        assert token["mrn"] in text
    assert not page.locator(".tools").is_visible()
    assert page.get_by_role("button").count() == 0
    context.close()


def test_without_scripts_a_large_fleet_says_what_is_left_out(browser: Browser, large: Audited) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(large.address)
    assert page.locator(".tokens.plain > .token").count() == 300
    assert page.get_by_text("The 300 most dangerous of 5,000").is_visible()
    context.close()


def test_on_paper(page: Page, large: Audited, tmp_path: Path) -> None:
    page.goto(f"{large.address}#scope=spaces/space-1")
    count = int(status(page).split()[0])
    assert 50 < count < 200
    page.emulate_media(media="print")
    expect(page.locator(".live .token")).to_have_count(count)
    assert page.locator(".live .details").count() == count
    assert not page.locator(".tools").is_visible()
    page.emulate_media(media="screen")
    page.pdf(path=tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").stat().st_size > 50_000
    expect(page.locator(".live .token").first).to_be_visible()


def test_on_paper_a_large_fleet_is_cut_and_says_so(page: Page, large: Audited) -> None:
    page.goto(large.address)
    page.emulate_media(media="print")
    expect(page.locator(".live .token")).to_have_count(2000)
    expect(page.get_by_text("The first 2,000 of 5,000 tokens")).to_be_visible()
    page.emulate_media(media="screen")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(page.locator(".live .token").nth(400)).to_have_count(0)


def test_hostile_texts_stay_texts(page: Page, hostile: Audited) -> None:
    page.goto(hostile.address)
    assert len(names(page)) == len(HOSTILE)
    for toggle in page.locator(".live .toggle").all():
        toggle.click()
    for creator in choice(page, "Created by").locator("option").all()[1:]:
        value = creator.get_attribute("value")
        assert value in HOSTILE
        choose(page, "Created by", str(value))
        assert len(names(page)) == 1, value
    page.get_by_role("button", name="Clear all").click()
    shown = "".join(names(page))
    for text in (HOSTILE[0], HOSTILE[1], HOSTILE[2], HOSTILE[4], HOSTILE[5], HOSTILE[-1]):
        assert text in shown
    assert "aU+202Egnp.exeU+2066" in shown
    assert "\u202e" not in page.locator("body").inner_text()
    assert page.locator("script").count() == 2
    assert page.locator("img, iframe, object, [onerror], [onload], [style*=position]").count() == 0


def test_hostile_texts_in_the_address(page: Page, hostile: Audited) -> None:
    for text in HOSTILE:
        page.goto(hostile.address)
        search(page, text.strip()) if text.strip() else None
        page.reload()
        assert names(page), text
        assert page.locator("script").count() == 2


# Many


def test_five_thousand_tokens(page: Page, large: Audited) -> None:
    """Few of them are drawn, and all are sorted, searched and reached."""
    page.goto(large.address)
    drawn = page.locator(".live .token")
    assert drawn.count() < 300
    assert drawn.first.get_attribute("aria-setsize") == "5000"
    choose(page, "Sort by", "newest")
    search(page, "terraform-1234")
    expect(drawn).to_have_count(sum("terraform-1234" in token["name"] for token in large.report["tokens"]))
    search(page, "")
    page.evaluate("document.querySelector('.live').scrollIntoView({block: 'end', behavior: 'instant'})")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.live .token')].some(e => e.getAttribute('aria-posinset') === '5000')"
    )
    assert drawn.count() < 400
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.live .token')].every(e => Number(e.getAttribute('aria-posinset')) < 1000)"
    )


def test_an_audit_without_findings(page: Page, clean: Audited) -> None:
    page.goto(clean.address)
    assert "Every token complies with the policy." in page.locator("main").inner_text()
    assert len(names(page)) == clean.report["figures"]["tokens"]
    choose(page, "Severity", "high")
    assert names(page) == []


def test_an_audit_without_tokens(page: Page, audits: Audits) -> None:
    page.goto(audits.write({"api_tokens": []}).address)
    expect(page.get_by_text("There are no tokens.")).to_be_visible()


@pytest.mark.parametrize("scheme", _SCHEMES)
@pytest.mark.parametrize("count", [3, 300, 5000])
def test_pictures(
    count: int, scheme: Literal["light", "dark"], browser: Browser, audits: Audits, pictures: Path
) -> None:
    """For a person to look at."""
    options = {
        "max_age": "180d",
        "max_unused": "90d",
        "allowed_permissions": ["viewer", "agent"],
        "title": "API tokens of Acme",
    }
    shown = audits.write({"api_tokens": many(count)}, **options)
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.goto(shown.address)
    page.screenshot(path=pictures / f"audit-{count}-{scheme}.png")
    page.screenshot(path=pictures / f"audit-{count}-{scheme}-whole.png", full_page=count == 3)
    page.set_viewport_size({"width": 360, "height": 740})
    page.screenshot(path=pictures / f"audit-{count}-{scheme}-small.png")
    assert (pictures / f"audit-{count}-{scheme}.png").stat().st_size > 10_000
    context.close()


def test_the_picture_of_the_guide(browser: Browser, audit: Audited, pictures: Path) -> None:
    context = browser.new_context(color_scheme="light", viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.goto(audit.address)
    page.screenshot(path=pictures / "guide.png")
    assert (pictures / "guide.png").stat().st_size < 200_000
    context.close()
