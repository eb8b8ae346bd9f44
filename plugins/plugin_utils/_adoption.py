# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of adoption: turns existing tokens into a declaration under which nothing changes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.plugins.module_utils._values.permissions import (
    declarable,
    role_mrn_from,
    short_names,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import count_of
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import (
    Stage,
    check_declared_name,
    parse_name,
)

# What Ansible treats as the start of an expression.
TEMPLATE_MARKERS = ("{{", "{%", "{#")


@dataclass(frozen=True)
class Adopted:
    """A token and its entry. remarks: sentences about what is unusual in the entry."""

    token: Token
    entry: dict[str, Any]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A token that is not to be declared, and why."""

    token: Token
    reason: str

    def result(self) -> dict[str, Any]:
        return {
            "name": self.token.name,
            "mrn": self.token.mrn,
            "scope_mrn": self.token.scope.mrn,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Adoption:
    """adopted, left_out: sorted by scope, organizations first, then by name and MRN."""

    adopted: tuple[Adopted, ...]
    left_out: tuple[LeftOut, ...]


def adopt(tokens: Iterable[Token]) -> Adoption:
    """The declaration of existing tokens: by name where the name identifies the token, else by MRN."""
    ordered = sorted(tokens, key=lambda token: (*scope_order(token.scope), token.name, str(token.mrn)))
    by_name = Counter((token.scope, token.name) for token in ordered)
    pending = {(token.scope, parse_name(token.name).base) for token in ordered if _stage(token) is Stage.PENDING}
    adopted: list[Adopted] = []
    left_out: list[LeftOut] = []
    for token in ordered:
        leftover = _leftover(token, by_name)
        if leftover is not None:
            left_out.append(LeftOut(token, leftover))
            continue
        namesakes = by_name[token.scope, token.name]
        adopted.append(_adopt(token, namesakes, is_pending=(token.scope, token.name) in pending))
    return Adoption(tuple(adopted), tuple(left_out))


def scope_order(scope: Scope) -> tuple[bool, str]:
    """Organizations before spaces."""
    return scope.kind != "organization", scope.mrn


def _stage(token: Token) -> Stage:
    return parse_name(token.name).stage


def _leftover(token: Token, by_name: Counter[tuple[Scope, str]]) -> str | None:
    """Why the token is only a leftover of a rotation; None if it is not."""
    name = parse_name(token.name)
    if name.stage is Stage.PENDING:
        return "It was generated to take over a name, and its secret has no known holder."
    if name.stage is Stage.RETIRED and by_name[token.scope, name.base]:
        return f'A rotation has replaced it by "{name.base}".'
    return None


def _adopt(token: Token, namesakes: int, *, is_pending: bool) -> Adopted:
    by_mrn = _reason_for_mrn(token, namesakes, is_pending=is_pending)
    entry: dict[str, Any] = {"name": token.name} if by_mrn is None else {"mrn": token.mrn}
    entry[token.scope.kind] = token.scope.id
    entry["description"] = token.description
    remarks = [] if by_mrn is None else [f'"{token.name}", by its MRN: {by_mrn}.']
    roles = sorted(declarable(token.roles))
    undeclarable = [role for role in roles if not _can_be_declared(role)]
    if undeclarable:
        remarks.append(f"Its permissions are left as they are, since {undeclarable[0]} cannot be declared.")
    else:
        entry["permissions"] = short_names(roles)
    return Adopted(token, entry, tuple(remarks))


def _reason_for_mrn(token: Token, namesakes: int, *, is_pending: bool) -> str | None:
    """Why the name alone cannot declare the token, as a clause; None if it can."""
    if namesakes > 1:
        return f"{count_of(namesakes, 'token')} of {token.scope} have this name"
    if is_pending:
        return "a rotation of it was not finished"
    if any(marker in token.name for marker in TEMPLATE_MARKERS):
        return "Ansible would take its name for an expression"
    try:
        check_declared_name(token.name)
    except MondooError:
        return "its name cannot be declared"
    return None


def _can_be_declared(role: str) -> bool:
    try:
        return role_mrn_from(role) == role
    except MondooError:
        return False


def summary_lines(adoption: Adoption, unreadable: Sequence[Scope] = ()) -> list[str]:
    """A readable summary of what was adopted and what was not."""
    scopes = {adopted.token.scope for adopted in adoption.adopted}
    lines = [f"{count_of(len(adoption.adopted), 'API token')} of {count_of(len(scopes), 'scope')} declared."]
    by_mrn = sum("mrn" in adopted.entry for adopted in adoption.adopted)
    if by_mrn:
        lines.append(f"{by_mrn} of them by MRN, since the name does not identify the token.")
    lines += [f'Left out: "{each.token.name}" of {each.token.scope}. {each.reason}' for each in adoption.left_out]
    return lines + [f"Could not be read: {scope}." for scope in unreadable]
