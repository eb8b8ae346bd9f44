# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The previous report, and what has changed since."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import (
    FILE_FAILED,
    MondooError,
    invalid_option,
)

from .findings import Finding, finding_target
from .listing import Inventory

# The format version that this collection writes; it reads earlier ones too.
VERSION = 2

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Comparison:
    """What has changed since a report.

    new: keys of the findings that it did not have. fixed: its findings that are gone, as it lists them.
    unchanged: how many it already had. unread: how many of its findings are in scopes that were not read now.
    policy_changed: whether it used another policy.
    """

    generated_at: str
    new: frozenset[Key]
    fixed: Sequence[Mapping[str, Any]]
    unchanged: int
    unread: int
    policy_changed: bool


def read_report(path: str) -> dict[str, Any] | None:
    """The JSON report in a file; None if there is no such file. Raises MondooError for anything but a report."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        is_text = not isinstance(error, UnicodeDecodeError)
        reason = getattr(error, "strerror", None) or (error if is_text else "it is not UTF-8")
        raise MondooError(FILE_FAILED, f"Could not read the last report {path}: {reason}") from None
    try:
        report: Any = json.loads(text)
    except (ValueError, RecursionError):
        report = None
    if not isinstance(report, dict) or not isinstance(report.get("generated_at"), str):
        raise invalid_option(f"previous: {path} is not a JSON report of an audit")
    if report.get("version") not in range(1, VERSION + 1):
        raise invalid_option(
            f"previous: {path} has format version {report.get('version')}; versions up to {VERSION} are supported"
        )
    if not all(_is_finding(entry) for entry in (*_list(report, "findings"), *_list(report, "accepted"))):
        raise invalid_option(f"previous: {path} has findings without rule or name")
    return report


def comparison_from(
    previous: Mapping[str, Any] | None,
    findings: Iterable[Finding],
    inventory: Inventory,
    policy: Mapping[str, Any],
) -> Comparison | None:
    """Compares findings, including accepted ones, with an earlier report; None without one.

    A finding that is or was accepted is neither new nor fixed. A finding in a scope that was not read now is not fixed.
    """
    if previous is None:
        return None
    before = {_key(entry): entry for entry in _list(previous, "findings")}
    known = before.keys() | {_key(entry) for entry in _list(previous, "accepted")}
    present = [(finding.key, finding.acceptance is None) for finding in findings]
    counted = [key for key, is_counted in present if is_counted]
    gone = [before[key] for key in before.keys() - {key for key, _is_counted in present}]
    owners = {scope["mrn"]: scope["organization_mrn"] for scope in _list(previous, "scopes") if _is_owned(scope)}
    read = inventory.read
    fixed = [entry for entry in gone if _is_read(entry.get("scope_mrn"), read, owners, inventory.whole)]
    fixed.sort(key=_key)
    new = frozenset(key for key in counted if key not in known)
    return Comparison(
        generated_at=previous["generated_at"],
        new=new,
        fixed=fixed,
        unchanged=len(counted) - len(new),
        unread=len(gone) - len(fixed),
        policy_changed=_comparable(previous.get("policy")) != _comparable(policy),
    )


def _key(entry: Mapping[str, Any]) -> Key:
    return (entry["rule"], *finding_target(entry.get("mrn"), entry.get("scope_mrn"), entry["name"]))


def _is_read(mrn: str | None, read: Mapping[str, bool], owners: Mapping[str, str], whole: Collection[str]) -> bool:
    """Whether the current state of a scope is known: a deleted space counts as read if its organization was read."""
    if mrn is None:
        return True
    return read[mrn] if mrn in read else owners.get(mrn) in whole and read[owners[mrn]]


def _is_owned(scope: object) -> bool:
    keys = ("mrn", "organization_mrn")
    return isinstance(scope, Mapping) and all(isinstance(scope.get(key), str) for key in keys)


def _list(report: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = report.get(key)
    return value if isinstance(value, list) else ()


def _is_finding(entry: object) -> bool:
    if not isinstance(entry, Mapping):
        return False
    required, optional = (entry.get("rule"), entry.get("name")), (entry.get("mrn"), entry.get("scope_mrn"))
    return all(isinstance(value, str) for value in required) and all(
        value is None or isinstance(value, str) for value in optional
    )


def _comparable(policy: object) -> dict[str, Any]:
    """The part of a policy that decides whether a token breaks a rule, without the number of declared tokens."""
    if not isinstance(policy, Mapping):
        return {}
    kept = {key: policy.get(key) for key in ("max_age", "max_unused", "severities")}
    allowed = policy.get("allowed_permissions")
    return {
        **kept,
        "allowed_permissions": sorted(map(str, allowed)) if isinstance(allowed, list) else allowed,
        "declared": policy.get("declared") is not None,
    }
