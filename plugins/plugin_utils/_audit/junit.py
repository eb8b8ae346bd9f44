# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as JUnit XML, for continuous integration.

A finding that breaks the policy is a failed case. One below `fail_on` passes, with the finding in its output; an accepted one
is skipped. A scope that could not be read is an error, and a token without findings is a passed case.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import XMLGenerator  # only writes
from xml.sax.xmlreader import AttributesImpl

from .rules import failing_severities

# What XML cannot contain.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Case:
    """One test case. outcome: `passed`, `failure`, `error` or `skipped`. text: details, also if it passed."""

    classname: str
    name: str
    outcome: str = "passed"
    type: str = ""
    message: str = ""
    text: str = ""


def junit_text(report: Mapping[str, Any]) -> Iterator[str]:
    """The text in pieces."""
    counts: Counter[str] = Counter(case.outcome for case in _cases(report))
    writer = _Writer()
    totals = {
        "name": report["title"],
        "tests": str(sum(counts.values())),
        "failures": str(counts["failure"]),
        "errors": str(counts["error"]),
    }
    writer.start("testsuites", totals)
    writer.start("testsuite", {**totals, "skipped": str(counts["skipped"]), "timestamp": report["generated_at"]})
    writer.start("properties")
    for name, value in _properties(report):
        writer.element("property", {"name": name, "value": value})
    writer.end("properties")
    for case in _cases(report):
        writer.case(case)
        yield writer.take()
    writer.end("testsuite")
    writer.end("testsuites")
    yield writer.take()


def _cases(report: Mapping[str, Any]) -> Iterator[Case]:
    failing = failing_severities(report["policy"]["fail_on"])
    advice = {rule["rule"]: rule["advice"] for rule in report["rules"]}
    names = Counter((token["scope"], token["name"]) for token in report["tokens"])

    def name(entry: Mapping[str, Any]) -> str:
        """A name that no other token of the scope has, by which continuous integration identifies cases."""
        is_unique = names[entry["scope"], entry["name"]] < 2
        return entry["name"] if is_unique else f"{entry['name']} [{str(entry['mrn']).rsplit('/', 1)[-1]}]"

    for finding in report["findings"]:
        outcome = "failure" if finding["severity"] in failing else "passed"
        yield Case(
            finding["scope"] or "accepted findings",
            f"{name(finding)}: {finding['rule']}",
            outcome,
            finding["severity"],
            finding["message"],
            " ".join(part for part in (advice[finding["rule"]], finding["mrn"]) if part),
        )
    for finding in report["accepted"]:
        message = f"Accepted{_until(finding)}: {finding['reason']}"
        yield Case(finding["scope"], f"{name(finding)}: {finding['rule']}", "skipped", message=message)
    yield from _drift_cases(report["drift"], "failure" if failing else "passed")
    for scope in report["unreadable"]:
        yield Case(scope["scope"], "readable", "error", "unreadable", scope["reason"])
    for token in report["tokens"]:
        if not token["findings"] and not token["accepted"]:
            yield Case(token["scope"], name(token))


def _until(finding: Mapping[str, Any]) -> str:
    by = f" by {finding['by']}" if finding["by"] else ""
    return f"{by} until {finding['until']}" if finding["until"] else by


def _drift_cases(drift: Mapping[str, Any] | None, outcome: str) -> Iterator[Case]:
    if drift is None:
        return
    for change in drift["changes"]:
        classname, name = change["scope"] or "declaration", f"{change['name']}: drift"
        if change["failed"]:
            yield Case(classname, name, "error", "drift", change["message"])
        else:
            operations = ", ".join(change["operations"])
            yield Case(classname, name, outcome, "drift", "It differs from its declaration.", operations)
    for token in drift["pruned"]:
        text = f"deleteAPIToken {token['mrn']}"
        yield Case(
            token["scope"] or "declaration", f"{token['name']}: drift", outcome, "drift", "It is not declared.", text
        )


def _properties(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "generator", report["generator"]
    for name, value in report["policy"].items():
        if value is not None and value != {}:
            yield f"policy.{name}", _value(value)
    for name, value in report["figures"].items():
        if value is not None:
            yield f"figures.{name}", str(value)
    for number, connection in enumerate(report["connections"], start=1):
        for name, value in connection.items():
            if value is not None:
                yield f"connections.{number}.{name}", value
    if report["since"] is not None:
        yield "since", report["since"]["generated_at"]
    for scope in report["scopes"]:
        suffix = f" at {scope['endpoint']}" if scope["endpoint"] else ""
        yield f"scope.{scope['mrn']}{suffix}", "unreadable" if scope["reason"] else f"{scope['tokens']} tokens"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={entry}" for key, entry in value.items())
    return ", ".join(value) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)


class _Writer:
    """Writes elements, each on its own line, and returns what it has written."""

    def __init__(self) -> None:
        self._buffer = io.StringIO()
        self._xml = XMLGenerator(self._buffer, "UTF-8", short_empty_elements=True)
        self._xml.startDocument()

    def take(self) -> str:
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text

    def start(self, name: str, attributes: Mapping[str, str] | None = None) -> None:
        self._xml.startElement(name, _attributes(attributes))
        self._xml.ignorableWhitespace("\n")

    def end(self, name: str) -> None:
        self._xml.endElement(name)
        self._xml.ignorableWhitespace("\n")

    def element(self, name: str, attributes: Mapping[str, str] | None = None, text: str = "") -> None:
        self._xml.startElement(name, _attributes(attributes))
        if text:
            self._xml.characters(_legal(text))
        self.end(name)

    def case(self, case: Case) -> None:
        attributes = {"classname": case.classname, "name": case.name}
        if case.outcome == "passed" and not case.message:
            self.element("testcase", attributes)
            return
        self.start("testcase", attributes)
        if case.outcome == "passed":
            self.element("system-out", text=f"[{case.type}] {case.message} {case.text}".rstrip())
        else:
            about = {"message": case.message, **({"type": case.type} if case.type else {})}
            self.element(case.outcome, about, case.text)
        self.end("testcase")


def _attributes(attributes: Mapping[str, str] | None) -> AttributesImpl[str]:
    return AttributesImpl({key: _legal(value) for key, value in (attributes or {}).items()})


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
