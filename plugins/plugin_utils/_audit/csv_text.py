# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as CSV for spreadsheets: a row for each finding, each token without findings, each scope, and the audit itself."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

COLUMNS = (
    "record",
    "severity",
    "rule",
    "name",
    "scope",
    "message",
    "advice",
    "new",
    "score",
    "permissions",
    "description",
    "created_at",
    "created_by",
    "age_days",
    "last_used_at",
    "idle_days",
    "stage",
    "own",
    "mrn",
    "scope_mrn",
    "reason",
    "until",
    "by",
)
# A spreadsheet treats text that begins like this as a formula: also after characters that it skips, in full width, and if it
# uses a cell separator other than the comma.
_FORMULA = re.compile(r"((?:^|[;\t\n])[\s\u200b\ufeff]*)([=+\-@|%\uff1d\uff0b\uff0d\uff20])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_ABOUT_TOKEN = (
    *("score", "description", "created_at", "created_by", "age_days", "last_used_at", "idle_days", "stage", "own"),
)


def csv_text(report: Mapping[str, Any]) -> Iterator[str]:
    """The text in pieces, with a byte order mark, without which spreadsheets do not detect UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield "\ufeff"
    writer.writerow(COLUMNS)
    for row in _rows(report):
        writer.writerow([_cell(row.get(column)) for column in COLUMNS])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _cell(value: object) -> str | int:
    """A value that a spreadsheet shows and never evaluates."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return value
    return _text_cell(", ".join(value) if isinstance(value, (list, tuple)) else str(value))


@lru_cache(maxsize=4096)
def _text_cell(text: str) -> str:
    return _FORMULA.sub(r"\1'\2", _CONTROL.sub("\ufffd", text))


def _rows(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from _about(report)
    for scope in report["scopes"]:
        state = f"{scope['tokens']} tokens" if scope["reason"] is None else scope["reason"]
        record = "scope" if scope["reason"] is None else "unreadable"
        name = scope["name"] or scope["id"]
        yield {
            "record": record,
            "name": name,
            "scope": scope["scope"],
            "scope_mrn": scope["mrn"],
            "message": state,
        }
    tokens = {(token["scope"], token["name"], token["mrn"]): token for token in report["tokens"]}
    advice = {rule["rule"]: rule["advice"] for rule in report["rules"]}
    for record in ("findings", "accepted"):
        for finding in report[record]:
            token = tokens.get((finding["scope"], finding["name"], finding["mrn"]), {})
            row = {**_about_token(token), **finding, "advice": advice[finding["rule"]]}
            yield {**row, "record": record.removesuffix("s")}
    for token in report["tokens"]:
        if not token["findings"] and not token["accepted"]:
            yield {**_about_token(token), **_identity(token), "record": "token"}
    yield from _drift(report["drift"])


def _about(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    policy = {key: value for key, value in report["policy"].items() if key != "severities"}
    figures = {key: value for key, value in report["figures"].items() if value is not None}
    pairs = [("title", report["title"]), ("generated_at", report["generated_at"]), ("generator", report["generator"])]
    pairs += [(f"policy {key}", "not given" if value is None else value) for key, value in policy.items()]
    pairs += [(f"severity {rule}", severity) for rule, severity in report["policy"]["severities"].items()]
    pairs += [(f"figure {key}", value) for key, value in figures.items()]
    for connection in report["connections"]:
        identity = f"{connection['kind'] or 'unknown credential'} {connection['mrn'] or ''}".strip()
        pairs.append(
            (
                f"connection {connection['name'] or ''}".strip(),
                f"{connection['endpoint'] or 'unknown endpoint'}, {identity}",
            )
        )
    if report["since"] is not None:
        pairs.append(("since", report["since"]["generated_at"]))
    for name, value in pairs:
        yield {"record": "about", "name": name, "message": value}


def _identity(token: Mapping[str, Any]) -> dict[str, Any]:
    return {key: token[key] for key in ("name", "mrn", "scope", "scope_mrn")}


def _about_token(token: Mapping[str, Any]) -> dict[str, Any]:
    if not token:
        return {}
    return {**{key: token[key] for key in _ABOUT_TOKEN}, "permissions": token["permissions"]}


def _drift(drift: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    if drift is None:
        return
    for change in drift["changes"]:
        message = change["message"] if change["failed"] else ", ".join(change["operations"])
        yield {**{key: change[key] for key in ("name", "scope", "scope_mrn")}, "record": "drift", "message": message}
    for token in drift["pruned"]:
        yield {**_identity(token), "record": "drift", "message": "It is not declared: deleteAPIToken"}
