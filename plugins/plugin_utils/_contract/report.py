# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the result of a comparison: tables for the user, and a report for an issue."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from ...module_utils._transport.endpoint import REGIONS
from ...module_utils._version import VERSION
from .comparison import BROKEN, OK, WORKS, WORKS_WITH_LESS, Comparison

_GROUPS = (("Works", WORKS), ("Works with less", WORKS_WITH_LESS), ("Broken", (BROKEN,)))
_HEADINGS = ("element", "expected", "found", "verdict", "evidence")
_MARK = re.compile(r"\[[PCA]\]")
_DOMAIN = ".mondoo.com"
_ALIASES = {"api.mondoo.com": "us"}


def tables(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """The lines of a table for each non-empty group, and a sentence about each element with another name."""
    rows = [
        (each, (each.element, each.expected, each.actual or "-", each.result, each.evidence)) for each in comparisons
    ]
    widths = [max(len(row[column]) for row in (_HEADINGS, *(row for _each, row in rows))) for column in range(5)]
    for title, results in _GROUPS:
        group = [(each, row) for each, row in rows if each.result in results]
        if not group:
            continue
        yield f"{title} ({len(group)}):"
        for row in (_HEADINGS, *(row for _each, row in group)):
            yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for each, _row in group:
            if each.near:
                yield f"  {each.element} is not there; {_there_is(each)}"
        yield ""
    yield summary(comparisons)


def summary(comparisons: Sequence[Comparison]) -> str:
    """One sentence with the counts."""
    surprises = sum(each.result != OK for each in comparisons)
    broken = sum(each.result == BROKEN for each in comparisons)
    return f"{len(comparisons)} elements, {surprises} not as expected, {broken} broken."


def report(comparisons: Sequence[Comparison], url: str) -> Iterator[str]:
    """The lines of a report to paste: only names of the schema, and no secret, ID or host name.

    url: of the endpoint; only its kind is reported.
    """
    yield f"mondoo.platform {VERSION}, contract check of {endpoint_kind(url)}: {summary(comparisons)}"
    for each in comparisons:
        if each.result != OK:
            found = f"found {each.actual}" if each.actual else "not there"
            near = f"; {_there_is(each)}" if each.near else ""
            marks = " ".join(_MARK.findall(each.evidence))
            yield f"- {each.result}: {each.element}, expected {each.expected} {marks}, {found}{near}".replace(" ,", ",")


def endpoint_kind(url: str) -> str:
    """The kind of the endpoint, without its name."""
    host = urlsplit(url).hostname or ""
    regions = {urlsplit(base).hostname: region for region, base in REGIONS.items()} | _ALIASES
    if host in regions:
        return f"the region {regions[host]}"
    if host.endswith(_DOMAIN):
        return "a dedicated installation"
    return "a local endpoint" if _is_loopback(host) else "another endpoint"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _there_is(each: Comparison) -> str:
    return f"there {'is' if len(each.near) == 1 else 'are'} {', '.join(each.near)}"
