# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each format is read back by a parser, and says the same as the others, whatever the names are."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.csv_text import COLUMNS, csv_text
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.json_text import json_text
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.junit import junit_text
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.listing import inventory_from
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.page import PLAIN_ROWS, page_text
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.report import report_from
from ansible_collections.mondoo.platform.tests.unit.support.audits import (
    HOSTILE,
    ago,
    entry,
    listing,
    report,
    with_roles,
)
from ansible_collections.mondoo.platform.tests.unit.support.audits import settings as audit_settings
from ansible_collections.mondoo.platform.tests.unit.support.builders import ORGANIZATION, SPACE
from hypothesis import given, settings
from hypothesis import strategies as st

SEVERITIES = ("high", "medium", "low")
_VOID = {"meta", "input", "br", "rect", "circle"}


def parsed_json(made: dict[str, Any]) -> Any:
    return json.loads("".join(json_text(made)).encode())


def parsed_csv(made: dict[str, Any]) -> list[dict[str, str]]:
    text = "".join(csv_text(made)).encode().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert all(None not in row and None not in row.values() for row in rows), "a row with another number of cells"
    return rows


def parsed_junit(made: dict[str, Any]) -> ElementTree.Element:
    return ElementTree.fromstring("".join(junit_text(made)).encode())  # noqa: S314  (we have written it)


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text in each kind of element."""

    def __init__(self, made: dict[str, Any]) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self._texts: list[tuple[tuple[str, ...], str]] = []
        self.text = "".join(page_text(made)).encode().decode()
        self.feed(self.text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self._texts.append((tuple(self._open), data))

    @property
    def data(self) -> dict[str, Any]:
        """What the script draws."""
        (text,) = [text for path, text in self._texts if path[-1:] == ("script",) and text.startswith("{")]
        found: dict[str, Any] = json.loads(text)
        return found

    @property
    def tiles(self) -> dict[str, int]:
        """The numbers at the top, by what they count."""
        pairs = re.findall(r'class="tile[^"]*"[^>]*>(?:<a[^>]*>)?<b>([\d,]+)</b> <span>([^<]*)</span>', self.text)
        return {label: int(number.replace(",", "")) for number, label in pairs}


def fleet(names: list[str]) -> list[dict[str, Any]]:
    """Tokens of these names, with a finding of each severity and without, in two scopes."""
    return [
        with_roles(
            *(["owner", "viewer"] if number % 3 else ["viewer"]),
            name=name,
            mrn=f"//agents.api.mondoo.app/spaces/x/serviceaccounts/{number}",
            description=name,
            created_by=name,
            created_at=ago(400 if number % 2 else 1),
            **({"scope_mrn": ORGANIZATION.mrn} if number % 5 == 4 else {}),
        )
        for number, name in enumerate(names)
    ]


def audit(names: list[str], fail_on: str = "medium") -> dict[str, Any]:
    """A report with all there can be in one."""
    options: dict[str, Any] = {
        "max_age": "90d",
        "allowed_permissions": ["viewer", "editor"],
        "title": names[0] if names else "API tokens",
        "fail_on": fail_on,
        "accepted": [
            {"rule": "too_old", "mrn": f"//agents.api.mondoo.app/spaces/x/serviceaccounts/{number}", "reason": name}
            for number, name in enumerate(names)
            if number % 4 == 3 and name.strip()
        ],
    }
    closed = {
        "scope_mrn": "//captain.api.mondoo.app/spaces/closed",
        "name": names[-1] if names else "x",
        "reason": "".join(names),
    }
    drift = {
        "results": [
            {"name": name, "scope_mrn": closed["scope_mrn"], "failed": True, "msg": name} for name in names[:3]
        ],
        "pruned": fleet(names[:2]),
    }
    result = {"unreadable": [closed], "scopes": [{"mrn": "//captain.api.mondoo.app/spaces/empty", "name": "Empty"}]}
    previous = report(*fleet(names)[::2], result=result, **options)
    return report(*fleet(names), result=result, previous=previous, drift=drift, **options)


def csv_figures(rows: list[dict[str, str]]) -> dict[str, int]:
    """The figures, counted from rows."""
    records = Counter(row["record"] for row in rows)
    findings = [row for row in rows if row["record"] == "finding"]
    tokens = {row["mrn"] for row in rows if row["record"] in ("finding", "accepted", "token") and row["mrn"]}
    return {
        "tokens": len(tokens),
        "scopes": records["scope"],
        "unreadable": records["unreadable"],
        "clean": len(tokens) - len({row["mrn"] for row in findings if row["mrn"]}),
        "findings": records["finding"],
        **{severity: sum(row["severity"] == severity for row in findings) for severity in SEVERITIES},
        "accepted": records["accepted"],
        "new": sum(row["new"] == "yes" for row in findings),
        "drift": records["drift"],
    }


def junit_figures(root: ElementTree.Element) -> dict[str, int]:
    """The figures, counted from cases."""
    cases = list(root.iter("testcase"))
    severities: Counter[str] = Counter()
    for case in cases:
        for failure in case.findall("failure"):
            severities[str(failure.get("type"))] += 1
        for output in case.findall("system-out"):
            severities[str(output.text).split("]", 1)[0].removeprefix("[")] += 1
    errors = [error.get("type") for error in root.iter("error")]
    return {
        "findings": sum(severities[severity] for severity in SEVERITIES),
        **{severity: severities[severity] for severity in SEVERITIES},
        "accepted": len(list(root.iter("skipped"))),
        "unreadable": errors.count("unreadable"),
        "drift": severities["drift"] + errors.count("drift"),
    }


def page_figures(page: Page) -> dict[str, int]:
    """The figures, counted from the data that the script draws."""
    data = page.data
    rows = data["tokens"]
    counted = [(row, finding) for row in rows for finding in row[-1] if len(finding) == 3]
    severities = Counter(data["rules"][finding[0]][1] for _row, finding in counted)
    return {
        "tokens": len(rows),
        "scopes": sum(scope[-1] is None for scope in data["scopes"]),
        "unreadable": sum(scope[-1] is not None for scope in data["scopes"]),
        "clean": sum(all(len(finding) > 3 for finding in row[-1]) for row in rows),
        "findings": len(counted),
        **{severity: severities[severity] for severity in SEVERITIES},
        "accepted": sum(len(finding) > 3 for row in rows for finding in row[-1]),
        "new": sum(finding[2] for _row, finding in counted),
    }


def agree(made: dict[str, Any]) -> None:
    """Asserts that each format says what the data says."""
    figures = made["figures"]
    assert parsed_json(made) == made
    rows = parsed_csv(made)
    for found in (csv_figures(rows), junit_figures(parsed_junit(made)), page_figures(Page(made))):
        assert found == {key: figures[key] or 0 for key in found}
    told = {row["name"].removeprefix("figure "): row["message"] for row in rows if row["name"].startswith("figure ")}
    assert told == {key: str(value) for key, value in figures.items() if value is not None}
    properties = {str(each.get("name")): each.get("value") for each in parsed_junit(made).iter("property")}
    assert {key: properties.get(f"figures.{key}") for key in told} == told


@pytest.mark.parametrize("fail_on", ["never", "low", "medium", "high"])
def test_all_formats_agree(fail_on: str) -> None:
    made = audit(list(HOSTILE), fail_on)
    assert all(
        made["figures"][key] for key in ("high", "medium", "low", "accepted", "unreadable", "drift", "new", "empty")
    )
    agree(made)


_TEXT = st.sampled_from(HOSTILE) | st.text(max_size=12)


@settings(max_examples=40)
@given(st.lists(_TEXT, max_size=7), st.sampled_from(["never", "high", "low"]))
def test_all_formats_agree_whatever_the_names_are(names: list[str], fail_on: str) -> None:
    agree(audit(names, fail_on))


def two_regions() -> dict[str, Any]:
    """A report on a space of the same MRN in two regions, each with a token of the same name and MRN."""
    regions = [{"spaces": "space-1", "region": region} for region in ("eu", "us")]
    checked = audit_settings(organizations=[], connections=[*regions, {"spaces": "space-2", "region": "us"}])
    old = entry(created_at=ago(400), description="")
    listings = [listing(entry()), listing(old), listing(entry("b", scope_mrn=f"{SPACE.mrn[:-1]}2"))]
    return report_from(checked, inventory_from(zip(checked.reads, listings, strict=True)))


def test_one_mrn_in_two_regions() -> None:
    made = two_regions()
    assert [(token["scope"], token["findings"]) for token in made["tokens"]] == [
        ('space "space-1" at https://eu.api.mondoo.com', 0),
        ('space "space-1" at https://us.api.mondoo.com', 1),
        ('space "space-2"', 0),
    ]
    assert [finding["rule"] for finding in made["findings"]] == ["no_description"]
    rows = [row for row in parsed_csv(made) if row["record"] in ("finding", "token")]
    assert sorted((row["scope"], row["record"], row["age_days"]) for row in rows) == [
        ('space "space-1" at https://eu.api.mondoo.com', "token", "10"),
        ('space "space-1" at https://us.api.mondoo.com', "finding", "400"),
        ('space "space-2"', "token", "10"),
    ]
    cases = {(case.get("classname"), case.get("name")) for case in parsed_junit(made).iter("testcase")}
    assert ('space "space-1" at https://eu.api.mondoo.com', "ci") in cases
    assert ('space "space-1" at https://us.api.mondoo.com', "ci: no_description") in cases
    page = Page(made)
    assert sorted((page.data["scopes"][row[4]][5], len(row[-1])) for row in page.data["tokens"] if row[0] == "ci") == [
        ("https://eu.api.mondoo.com", 0),
        ("https://us.api.mondoo.com", 1),
    ]


def test_no_tokens_at_all() -> None:
    agree(report())


# JSON


def test_an_entry_of_a_list_is_a_line_of_json() -> None:
    made = report(entry("a"), entry("b"), entry("c"))
    lines = "".join(json_text(made)).splitlines()
    assert [json.loads(line.rstrip(","))["name"] for line in lines if line.startswith('    {"name": "')] == [
        "a",
        "b",
        "c",
    ]
    assert lines[0] == "{"
    assert lines[-1] == "}"


# CSV


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_cell_is_run_by_a_spreadsheet(name: str) -> None:
    for row in parsed_csv(audit([name] * 5)):
        for cell in row.values():
            # Some take a semicolon or a tab for the end of a cell.
            for part in re.split("[;\t\n]", cell):
                assert not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20|%]", part), cell


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("ci", "ci"),
        ("a=b-c@d", "a=b-c@d"),
        ("2026-11-23", "2026-11-23"),
        ("=1", "'=1"),
        ("  =1", "  '=1"),
        ("-x", "'-x"),
        ("a;b", "a;b"),
        ("a; =b", "a; '=b"),
        ("a\x00b\rc", "a\ufffdb\ufffdc"),
        ("a\nb", "a\nb"),
        ('say "x", y', 'say "x", y'),
    ],
)
def test_cells(name: str, cell: str) -> None:
    (row,) = [row for row in parsed_csv(report(entry(name))) if row["record"] == "token"]
    assert row["name"] == cell


def test_a_row_of_csv() -> None:
    made = report(entry(created_at=ago(100)), max_age="90d", accepted=[])
    (row,) = [row for row in parsed_csv(made) if row["record"] == "finding"]
    assert tuple(row) == COLUMNS
    assert {key: value for key, value in row.items() if value} == {
        "record": "finding",
        "severity": "medium",
        "rule": "too_old",
        "name": "ci",
        "scope": 'space "space-1"',
        "message": "It is 100 days old; at most 90 days are allowed.",
        "advice": "Replace it, with rotate_after in its declaration or with the playbook rotate.",
        "score": "11",
        "permissions": "viewer",
        "description": "what it is for",
        "created_at": ago(100),
        "created_by": "someone@example.com",
        "age_days": "100",
        "last_used_at": ago(2),
        "idle_days": "2",
        "stage": "current",
        "own": "no",
        "mrn": "//agents.api.mondoo.app/ci",
        "scope_mrn": "//captain.api.mondoo.app/spaces/space-1",
    }


def test_csv_says_what_was_audited() -> None:
    identity = {"kind": "api_token", "mrn": "//x"}
    made = report(
        result={"identity": identity, "endpoint": "https://e.invalid"}, max_age="90d", severities={"unused": "high"}
    )
    about = {row["name"]: row["message"] for row in parsed_csv(made) if row["record"] == "about"}
    assert about["policy max_age"] == "90d"
    assert about["policy allowed_permissions"] == "not given"
    assert about["severity unused"] == "high"
    assert about["connection"] == "https://e.invalid, api_token //x"
    assert about["generator"].startswith("mondoo.platform ")


# JUnit


def outcomes(made: dict[str, Any]) -> dict[str, str]:
    """What became of each case: the element in it, if there is one."""
    return {
        str(case.get("name")): next((child.tag for child in case), "passed")
        for case in parsed_junit(made).iter("testcase")
    }


@pytest.mark.parametrize(
    ("fail_on", "expected"),
    [
        ("never", ["system-out"] * 3),
        ("high", ["failure", "system-out", "system-out"]),
        ("medium", ["failure", "failure", "system-out"]),
        ("low", ["failure"] * 3),
    ],
)
def test_junit_follows_fail_on(fail_on: str, expected: list[str]) -> None:
    bad = with_roles("owner", description="", created_at=ago(100))
    made = report(bad, entry("fine"), max_age="90d", allowed_permissions=["viewer"], fail_on=fail_on)
    assert outcomes(made) == {
        "ci: excess_permission": expected[0],
        "ci: too_old": expected[1],
        "ci: no_description": expected[2],
        "fine": "passed",
    }
    root = parsed_junit(made)
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", str(expected.count("failure")), "0")


def test_a_case_below_the_threshold_has_the_finding_in_its_output() -> None:
    (output,) = parsed_junit(report(entry(description=""), fail_on="high")).iter("system-out")
    assert output.text == (
        "[low] It has no description: its purpose is unknown. Describe what it is for and who is responsible for it."
        " //agents.api.mondoo.app/ci"
    )


def test_errors_and_accepted_ones_in_junit() -> None:
    made = audit(["ci", "b", "c", "accepted"], "never")
    found = outcomes(made)
    assert found["readable"] == "error"
    assert found["ci: drift"] == "system-out"
    assert found["accepted: too_old"] == "skipped"
    (skipped,) = parsed_junit(made).iter("skipped")
    assert skipped.get("message") == "Accepted: accepted"


def test_drift_of_an_unknown_scope_in_junit() -> None:
    drift = {"results": [{"name": "a", "changed": True}], "pruned": [{"name": "b"}]}
    cases = [(case.get("classname"), case.get("name")) for case in parsed_junit(report(drift=drift)).iter("testcase")]
    assert cases == [("declaration", "a: drift"), ("declaration", "b: drift")]


def test_tokens_of_one_name_are_told_apart_in_junit() -> None:
    twins = [entry(mrn=f"//agents.api.mondoo.app/{number}") for number in (1, 2)]
    assert set(outcomes(report(*twins))) == {"ci [1]: duplicate_name", "ci [2]: duplicate_name"}


def test_what_xml_cannot_hold_is_replaced_and_nothing_else() -> None:
    assert [*outcomes(report(entry("a\x01<b>\ufffe&\t")))] == ["a\ufffd<b>\ufffd&\t"]


# The page


def test_the_page_allows_itself_and_nothing_else() -> None:
    page = Page(audit(list(HOSTILE)))
    names = Counter(name for name, _attributes in page.elements)
    assert (names["script"], names["style"], names["img"], names["iframe"], names["link"]) == (2, 1, 0, 0, 0)
    handlers = [
        key for _name, attributes in page.elements for key in attributes if key.startswith("on") or key == "style"
    ]
    assert handlers == []
    addresses = [
        value
        for _name, attributes in page.elements
        for key, value in attributes.items()
        if key in ("href", "src", "action")
    ]
    assert [value for value in addresses if not str(value).startswith("#")] == []


def test_every_token_is_in_the_plain_document_up_to_a_number() -> None:
    many = report(*(entry(f"t{number}") for number in range(PLAIN_ROWS + 1)))
    page = Page(many)
    rows = [attributes for name, attributes in page.elements if name == "li" and attributes.get("class") == "token"]
    assert len(rows) == PLAIN_ROWS
    assert f"The {PLAIN_ROWS} most dangerous of {PLAIN_ROWS + 1}:" in page.text
    assert len(page.data["tokens"]) == PLAIN_ROWS + 1
    assert "most dangerous of" not in Page(report(entry())).text


def test_the_tiles_have_the_figures() -> None:
    made = audit(["a", "b", "c", "d", "e", "f"])
    figures, tiles = made["figures"], Page(made).tiles
    assert tiles == {
        f"tokens in {figures['scopes']} scopes": figures["tokens"],
        "high": figures["high"],
        "medium": figures["medium"],
        "low": figures["low"],
        "without findings": figures["clean"],
        "accepted": figures["accepted"],
        "new": figures["new"],
        "fixed since 2026-11-23": figures["fixed"],
        "unreadable scope": figures["unreadable"],
        "drifted": figures["drift"],
    }


def test_the_most_dangerous_come_first_and_what_is_in_order_last() -> None:
    tokens = [
        entry("fine", scope_mrn=ORGANIZATION.mrn, created_at=ago(1)),
        entry("mild", description=""),
        with_roles("owner", name="bad", mrn="//bad"),
    ]
    made = report(*tokens, allowed_permissions=["viewer"])
    assert [row[0] for row in Page(made).data["tokens"]] == ["bad", "mild", "fine"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", '<bdi>a<span class="ctl">U+202E</span>b</bdi>'),
        ("\u200b", '<bdi><span class="ctl">U+200B</span></bdi>'),
        ("<b>&", "<bdi>&lt;b&gt;&amp;</bdi>"),
        (" ", "<bdi>(no name)</bdi>"),
        ("\U000e0041x", '<bdi><span class="ctl">U+E0041</span>x</bdi>'),
    ],
)
def test_what_is_invisible_is_shown(text: str, shown: str) -> None:
    assert shown in Page(report(entry(text))).text
