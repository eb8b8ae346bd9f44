# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The declaration: the tokens that should exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.each_space import (
    Space,
    check_placeholders,
    each_space_from,
    fill_placeholders,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope, scope_from, scope_of_mrn
from ansible_collections.mondoo.platform.plugins.module_utils._values.quoting import require_text
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import duration_from

from .._reading import list_from, read_entry


@dataclass(frozen=True)
class KnownScope:
    """A space or an organization that was read. organization: MRN of a space's organization, if known."""

    mrn: str
    kind: str
    id: str
    name: str | None = None
    organization: str | None = None


@dataclass
class Declarations:
    """overlaps: by scope and name of each declared token, how long its predecessor stays. mrns: declared by MRN."""

    overlaps: dict[tuple[str, str], timedelta] = field(default_factory=dict)
    mrns: set[str] = field(default_factory=set)


def declarations_from(declared: object, scopes: Sequence[KnownScope]) -> Declarations:
    """Reads a declaration in the form of the module api_tokens; entries for each space are expanded for the given scopes."""
    declarations = Declarations()
    for number, value in enumerate(list_from("declared", declared), start=1):
        read_entry(number, "declared", value, lambda entry: _declare(entry, declarations, scopes))
    return declarations


def _declare(entry: Mapping[str, Any], declarations: Declarations, scopes: Sequence[KnownScope]) -> None:
    for option, value in entry.items():
        require_text(str(option), value)
    if entry.get("name") is None and entry.get("mrn") is None:
        raise invalid_option("one of name and mrn is required")
    if entry.get("state") == "absent":
        return
    if entry.get("mrn") is not None:
        declarations.mrns.add(str(entry["mrn"]))
    if entry.get("name") is None:
        return
    overlap = entry.get("overlap")
    duration = timedelta() if overlap is None else duration_from("overlap", str(overlap))
    for scope, name in _places(entry, scopes):
        declarations.overlaps[scope, name] = duration


def _places(entry: Mapping[str, Any], scopes: Sequence[KnownScope]) -> Iterator[tuple[str, str]]:
    """The scopes of the entry, and its name in each."""
    scope, name = _scope(entry), str(entry["name"])
    each_space = each_space_from(entry.get("each_space"))
    if each_space is None:
        yield scope.mrn, name
        return
    if scope.kind != "organization":
        raise invalid_option("each_space needs an organization")
    check_placeholders("name", name)
    # A space of an unknown organization may belong to this one.
    known = [each for each in scopes if each.kind == "space" and each.organization in (None, scope.mrn)]
    for space in each_space.select(Space(Scope("space", each.mrn), each.name or each.id) for each in known):
        yield space.scope.mrn, fill_placeholders(name, space)


def _scope(entry: Mapping[str, Any]) -> Scope:
    scopes = [scope_from(kind, str(entry[kind])) for kind in ("space", "organization") if entry.get(kind) is not None]
    if entry.get("scope_mrn") is not None:
        scopes.append(scope_of_mrn(str(entry["scope_mrn"])))
    if len(scopes) != 1:
        raise invalid_option("exactly one of space, organization and scope_mrn is required")
    return scopes[0]
