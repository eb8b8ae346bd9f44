# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as a self-contained web page: the template, its style and its script are files of the role.

The page is a plain document with the most dangerous tokens. Its script renders all tokens on demand, from the data in the
page.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from .findings import UNMATCHED
from .report import STEPS
from .rules import SEVERITIES, failing_severities

_ROLE = Path(__file__).resolve().parents[3] / "roles" / "api_token_audit"
_TEMPLATE = "api-tokens.html.j2"
# How many entries of each list the plain document has.
PLAIN_ROWS = 300
_FIRST = 8
_ROWS_AT_ONCE = 500
# Invisible characters, and those that change the direction of text: shown by number. The script has the same.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# What would end the element that contains the data, or change its meaning.
_IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def page_text(report: Mapping[str, Any]) -> Iterator[str]:
    """The text in pieces."""
    style, script = _file("report.css"), _file("report.js")
    view = view_from(report)
    yield from _template().generate(
        report=report,
        **view,
        style=Markup(style),  # noqa: S704  (our own file)
        script=Markup(script),  # noqa: S704  (our own file)
        style_hash=_digest(style),
        script_hash=_digest(script),
        data=_pieces(report, view["groups"]),
    )


def view_from(report: Mapping[str, Any]) -> dict[str, Any]:
    """Data for the template in addition to the report: tokens with findings in page order, and parts of lists."""
    by_token: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for finding in (*report["findings"], *report["accepted"]):
        by_token[_key(finding)].append(finding)
    groups = [(token, by_token.get(_key(token), [])) for token in sorted(report["tokens"], key=_danger)]
    return {
        "groups": groups,
        "first": [(token, findings) for token, findings in groups[:_FIRST] if token["findings"]],
        "plain": groups[:PLAIN_ROWS],
        "reasons": _reasons(report),
        "rules": [rule for rule in report["rules"] if rule["findings"] or rule["accepted"]],
        "kept_rules": [rule for rule in report["rules"] if not rule["findings"] and not rule["accepted"]],
        "acceptances": _acceptances(report["accepted"]),
        "unmatched": [finding for finding in report["findings"] if finding["rule"] == UNMATCHED],
        "scopes": sorted(report["scopes"], key=_scope_order)[:_ROWS_AT_ONCE],
        "fixed": [] if report["since"] is None else report["since"]["fixed"][:_ROWS_AT_ONCE],
        "limit": _ROWS_AT_ONCE,
    }


def _reasons(report: Mapping[str, Any]) -> list[str]:
    """What breaks the policy."""
    figures, failing = report["figures"], failing_severities(report["policy"]["fail_on"])
    counts = [(sum(figures[severity] for severity in failing), "finding"), (figures["unreadable"], "unreadable scope")]
    counts.append((figures["drift"], "drifted token"))
    return [count_text(count, noun) for count, noun in counts if count]


def _key(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    return entry["scope"], entry["name"], entry["mrn"]


def _danger(token: Mapping[str, Any]) -> tuple[Any, ...]:
    """Tokens with findings first, the most dangerous of them at the top."""
    rank = SEVERITIES.index(token["severity"]) if token["severity"] else len(SEVERITIES)
    return not token["findings"], -token["score"], rank, token["scope_mrn"], token["name"], token["mrn"] or ""


def _scope_order(scope: Mapping[str, Any]) -> tuple[Any, ...]:
    """Unreadable scopes first, then the most severe."""
    return scope["reason"] is None, *(-scope[severity] for severity in SEVERITIES), scope["kind"], scope["id"]


def _acceptances(accepted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Acceptances with their findings; the one that ends next comes first."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for finding in accepted:
        groups[finding["until"] or "~", finding["rule"], finding["reason"], finding["by"] or ""].append(finding)
    return [{**findings[0], "findings": findings} for _order, findings in sorted(groups.items())]


# The data of the script


class _Texts:
    """Repeated texts, each stored once: tokens refer to them by index."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def place(self, text: str) -> int:
        return self.places.setdefault(text, len(self.places))


def _pieces(
    report: Mapping[str, Any], groups: Iterable[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]
) -> Iterator[Markup]:
    """The data in JSON, in pieces: `tokens` with a row for each, and what the rows reference."""
    texts = _Texts()
    scopes = {scope["scope"]: place for place, scope in enumerate(report["scopes"])}
    rules = {rule["rule"]: place for place, rule in enumerate(report["rules"])}
    yield _script_text('{"tokens":[')
    for number, (token, findings) in enumerate(groups):
        row = _row(token, findings, texts, scopes, rules)
        yield _script_text(("," if number else "") + json.dumps(row, ensure_ascii=False, separators=(",", ":")))
    rest = {
        "texts": list(texts.places),
        "rules": [[rule["rule"], rule["severity"]] for rule in report["rules"]],
        "scopes": [
            [scope[key] for key in ("kind", "id", "name", "mrn", "tokens", "endpoint", *SEVERITIES, "reason")]
            for scope in report["scopes"]
        ],
        "steps": STEPS,
    }
    yield _script_text("]," + json.dumps(rest, ensure_ascii=False, separators=(",", ":"))[1:])


def _row(
    token: Mapping[str, Any],
    findings: Sequence[Mapping[str, Any]],
    texts: _Texts,
    scopes: Mapping[str, int],
    rules: Mapping[str, int],
) -> list[Any]:
    head, _separator, last = (token["mrn"] or "").rpartition("/")
    return [
        token["name"],
        texts.place(head),
        last,
        token["description"],
        scopes[token["scope"]],
        texts.place(token["created_by"] or ""),
        texts.place(",".join(token["permissions"])),
        _seconds(token["created_at"]),
        _seconds(token["last_used_at"]),
        token["age_days"],
        token["idle_days"],
        int(token["last_use"] != "unknown") + 2 * int(token["own"]),
        token["score"],
        [item for part in token["score_parts"] for item in (part["points"], texts.place(part["reason"]))],
        [_finding_row(finding, texts, rules) for finding in findings],
    ]


def _finding_row(finding: Mapping[str, Any], texts: _Texts, rules: Mapping[str, int]) -> list[Any]:
    """Rule, message, and 1 if it is new; with the reason, the end and the author if it is accepted."""
    row = [rules[finding["rule"]], texts.place(finding["message"]), int(bool(finding.get("new")))]
    if "reason" in finding:
        row += [texts.place(finding[key] or "") for key in ("reason", "until", "by")]
    return row


def _seconds(moment: str | None) -> int | None:
    if moment is None:
        return None
    return int(datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp())


def _script_text(text: str) -> Markup:
    for character, replacement in _IN_SCRIPT.items():
        text = text.replace(character, replacement)
    return Markup(text)  # noqa: S704  (what would end the element is replaced)


# For the template


def visible(text: object) -> Markup:
    """Escaped text, with invisible characters shown by number."""
    parts = []
    start = 0
    value = str(text)
    for match in _INVISIBLE.finditer(value):
        parts += [
            escape(value[start : match.start()]),
            Markup('<span class="ctl">U+{:04X}</span>').format(ord(match.group())),
        ]
        start = match.end()
    parts.append(escape(value[start:]))
    return Markup("").join(parts)


def moment_text(moment: str | None) -> str:
    """A moment in readable form, in UTC."""
    return (moment or "").replace("T", " ").replace("Z", " UTC")


def count_text(number: int | None, noun: str = "", plural: str = "") -> str:
    """A number, with the noun in the right form."""
    text = f"{number or 0:,}"
    return f"{text} {noun if number == 1 else plural or noun + 's'}" if noun else text


@lru_cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_ROLE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"visible": visible, "moment": moment_text, "count": count_text}
    return environment.get_template(_TEMPLATE)


@lru_cache
def _file(name: str) -> str:
    return (_ROLE / "files" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """The hash by which the page's content security policy allows a style or script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
