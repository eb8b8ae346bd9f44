# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of an audit: a pure function from tokens, as results show them, to findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError, invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_from, scope_of_mrn
from ansible_collections.mondoo.platform.plugins.module_utils._values.permissions import (
    declarable,
    role_mrn_from,
    role_mrns_from,
    short_names,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import (
    duration_from,
    timestamp_from,
    timestamp_text,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import Stage, parse_name

SEVERITIES = ("high", "medium", "low")
# In place of a severity: the rule is switched off.
IGNORE = "ignore"
RULES = {
    "excess_permission": "high",
    "undeclared": "high",
    "too_old": "medium",
    "unused": "medium",
    "duplicate_name": "medium",
    "retired_leftover": "medium",
    "never_used": "low",
    "redundant_permission": "low",
    "no_permissions": "low",
    "no_description": "low",
}
# A permission, and those beside which it allows nothing more.
_INCLUDED_IN = {"viewer": ("editor", "owner"), "editor": ("owner",)}
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


@dataclass(frozen=True)
class Declarations:
    """What is declared: names by scope with the overlap of their predecessors, and MRNs."""

    overlaps: Mapping[tuple[str, str], timedelta] = field(default_factory=dict)
    mrns: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Policy:
    """What an audit holds tokens against; None switches off what needs it.

    now: in UTC. allowed: role MRNs. severities: of each rule, or `IGNORE`.
    """

    now: datetime
    max_age: timedelta | None = None
    max_unused: timedelta | None = None
    allowed: frozenset[str] | None = None
    declared: Declarations | None = None
    severities: Mapping[str, str] = field(default_factory=lambda: RULES)


def policy_from(
    max_age: str | None,
    max_unused: str | None,
    allowed_permissions: Sequence[str] | None,
    declared: Sequence[Mapping[str, Any]] | None,
    now: datetime | str | None,
    severities: Mapping[str, str] | None,
) -> Policy:
    """Reads the parameters of the filter; raises MondooError for what makes no sense."""
    return Policy(
        now=now_from(now),
        max_age=None if max_age is None else duration_from("max_age", str(max_age)),
        max_unused=None if max_unused is None else duration_from("max_unused", str(max_unused)),
        allowed=None if allowed_permissions is None else _roles_from("allowed_permissions", allowed_permissions),
        declared=None if declared is None else _declarations_from(declared),
        severities=_severities_from(severities or {}),
    )


def tokens_from(tokens: object) -> list[Token]:
    """Reads `api_tokens` or `results[].api_token` of the modules; raises MondooError for anything else.

    A token that is there twice, as when a space was listed by itself and with its organization, is one.
    """
    found = [_token_from(number, entry) for number, entry in enumerate(list_of("the tokens", tokens), start=1)]
    return list({token.mrn or number: token for number, token in enumerate(found)}.values())


def findings(tokens: Sequence[Token], policy: Policy) -> list[dict[str, Any]]:
    """All findings, the most severe first, then by scope, name and rule; the order of the tokens makes no difference."""
    namesakes = Counter((token.scope.mrn, token.name) for token in tokens)
    found: list[dict[str, Any]] = []
    for token in tokens:
        messages = dict(_checked(token, policy))
        others = namesakes[token.scope.mrn, token.name] - 1
        if others:
            messages["duplicate_name"] = f"{others} more of {token.scope} {'has' if others == 1 else 'have'} this name."
        found += [_finding(token, rule, message, policy) for rule, message in messages.items()]
    kept = [finding for finding in found if finding["severity"] != IGNORE]
    return sorted(kept, key=_order)


def _order(finding: Mapping[str, Any]) -> tuple[int, str, str, str, str]:
    rank = SEVERITIES.index(finding["severity"])
    return rank, finding["scope_mrn"], finding["name"], finding["rule"], finding["mrn"] or ""


def _finding(token: Token, rule: str, message: str, policy: Policy) -> dict[str, Any]:
    return {
        "rule": rule,
        "severity": policy.severities[rule],
        "name": token.name,
        "mrn": token.mrn,
        "scope_mrn": token.scope.mrn,
        "message": message,
    }


def _checked(token: Token, policy: Policy) -> Iterator[tuple[str, str]]:
    """Rules that a token alone breaks, with messages."""
    names = short_names(token.roles)
    yield from _ages(token, policy)
    if policy.allowed is not None:
        excess = short_names(declarable(token.roles) - policy.allowed)
        if excess:
            yield "excess_permission", f"It has {_and(excess)}; allowed is {_and(short_names(policy.allowed))}."
    redundant = [name for name in names if any(other in names for other in _INCLUDED_IN.get(name, ()))]
    if redundant:
        yield (
            "redundant_permission",
            f"It has {_and(redundant)} beside {_and([n for n in names if n not in redundant])}.",
        )
    if not names:
        yield "no_permissions", "It has no permissions: it can do nothing."
    if not token.description.strip():
        yield "no_description", "It has no description: nobody can tell what it is for."
    yield from _declaration(token, policy)


def _ages(token: Token, policy: Policy) -> Iterator[tuple[str, str]]:
    age = None if token.created_at is None else policy.now - token.created_at
    if policy.max_age is not None:
        if age is None:
            yield "too_old", "Unknown: the service does not tell when it was created."
        elif age > policy.max_age:
            yield "too_old", f"It is {_span(age)} old; at most {_span(policy.max_age)} is allowed."
    if not token.last_use_known:
        if policy.max_unused is not None:
            yield "unused", "Unknown: the service does not tell when it was last used."
    elif token.last_used_at is None:
        if policy.max_unused is None or age is None or age > policy.max_unused:
            since = "" if age is None else f", and is {_span(age)} old"
            yield "never_used", f"It was never used{since}."
    elif policy.max_unused is not None and policy.now - token.last_used_at > policy.max_unused:
        idle = _span(policy.now - token.last_used_at)
        yield "unused", f"It was last used {idle} ago; at most {_span(policy.max_unused)} is allowed."


def _declaration(token: Token, policy: Policy) -> Iterator[tuple[str, str]]:
    """Whether the token is meant to be there, as itself or as the predecessor of one that is."""
    declared = policy.declared
    name = parse_name(token.name)
    successor, at = (name.base, name.at) if name.stage is Stage.RETIRED else (None, None)
    overlap = None
    if declared is not None:
        if token.mrn in declared.mrns or (token.scope.mrn, token.name) in declared.overlaps:
            return
        if at is not None and successor is not None:
            overlap = declared.overlaps.get((token.scope.mrn, successor))
        if overlap is None:
            yield "undeclared", "It is not declared."
    if at is not None and (overlap is None or policy.now - at >= overlap):
        used = token.last_used_at is not None and token.last_used_at > at
        suffix = f", and was still used at {timestamp_text(token.last_used_at)}" if used else ""
        yield "retired_leftover", f"It was replaced at {timestamp_text(at)} and is still valid{suffix}."


def _span(span: timedelta) -> str:
    """A span as a person says it: in its largest unit, of which there is at least one."""
    seconds = max(int(span.total_seconds()), 0)
    unit, length = next((pair for pair in _UNITS if seconds >= pair[1]), _UNITS[-1])
    count = seconds // length
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _and(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "nothing"


# Reading what was given


def list_of(what: str, value: object) -> Sequence[Any]:
    """The value, which must be a list."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise invalid_option(f"{what} must be a list, and not {_type(value)}")
    return value


def _type(value: object) -> str:
    if value is None:
        return "nothing"
    return "a dictionary" if isinstance(value, Mapping) else f"a value of the type {type(value).__name__.lstrip('_')}"


def now_from(value: datetime | str | None) -> datetime:
    """A moment in any form that people have it in; the present without one."""
    if value is None:
        return datetime.now(timezone.utc)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    return _time("now", value)


def _time(what: str, value: object) -> datetime:
    try:
        found = timestamp_from(value)
    except MondooError:
        found = None
    if found is None:
        raise invalid_option(f'{what}: "{value}" is not a time such as 2026-11-23T18:00:00Z')
    return found


def _roles_from(what: str, value: object) -> frozenset[str]:
    try:
        return role_mrns_from(str(entry) for entry in list_of(what, value))
    except MondooError as error:
        raise invalid_option(error.reason.replace("permissions:", f"{what}:", 1)) from None


def _severities_from(given: object) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise invalid_option(f"severities must be a dictionary, and not {_type(given)}")
    found = dict(RULES)
    for rule, severity in given.items():
        if rule not in RULES:
            raise invalid_option(f'severities: there is no rule "{rule}"; there are {", ".join(sorted(RULES))}')
        if severity not in (*SEVERITIES, IGNORE):
            raise invalid_option(f'severities: "{severity}" for {rule} is none of {", ".join((*SEVERITIES, IGNORE))}')
        found[str(rule)] = str(severity)
    return found


def _entry(number: int, what: str, value: object, read: Callable[[Mapping[str, Any]], Any]) -> Any:
    """Reads an entry of a list, and says in an error which one it is."""
    place = f"entry {number} of {what}"
    if not isinstance(value, Mapping):
        raise invalid_option(f"{place} must be a dictionary, and not {_type(value)}")
    name = value.get("name") or value.get("mrn")
    if name:
        place += f' ("{name}")'
    try:
        return read(value)
    except MondooError as error:
        raise invalid_option(f"{place}: {error.reason}") from None


def _token_from(number: int, entry: object) -> Token:
    token: Token = _entry(number, "the tokens", entry, _token)
    return token


def _token(entry: Mapping[str, Any]) -> Token:
    name, mrn = entry.get("name"), entry.get("mrn")
    if not isinstance(name, str) or not isinstance(entry.get("scope_mrn"), str):
        raise invalid_option("name and scope_mrn are required, as in api_tokens of the module api_token_info")
    roles = entry.get("roles") if entry.get("roles") is not None else entry.get("permissions")
    created_at = None if entry.get("created_at") is None else _time("created_at", entry["created_at"])
    last_used_at = None if entry.get("last_used_at") is None else _time("last_used_at", entry["last_used_at"])
    # Days without use are counted from the creation where there was no use, and unknown where the service does not tell.
    untold = last_used_at is None and created_at is not None and "unused_days" in entry and entry["unused_days"] is None
    return Token(
        mrn=None if mrn is None else str(mrn),
        name=name,
        scope=scope_of_mrn(entry["scope_mrn"]),
        description=str(entry.get("description") or ""),
        roles=frozenset(_role(str(role)) for role in list_of("permissions", [] if roles is None else roles)),
        created_at=created_at,
        last_used_at=last_used_at,
        last_use_known=not untold,
        created_by=None if entry.get("created_by") is None else str(entry["created_by"]),
    )


def _role(role: str) -> str:
    """A role as a token has it, which may be one that nobody can declare, or that is newer than this collection."""
    try:
        return role_mrn_from(role)
    except MondooError:
        return role


def _declarations_from(declared: object) -> Declarations:
    overlaps: dict[tuple[str, str], timedelta] = {}
    mrns: set[str] = set()
    for number, given in enumerate(list_of("declared", declared), start=1):
        _entry(number, "declared", given, lambda entry: _declare(entry, overlaps, mrns))
    return Declarations(overlaps, frozenset(mrns))


def _declare(entry: Mapping[str, Any], overlaps: dict[tuple[str, str], timedelta], mrns: set[str]) -> None:
    if entry.get("name") is None and entry.get("mrn") is None:
        raise invalid_option("one of name and mrn is required")
    if entry.get("state") == "absent":
        return
    if entry.get("mrn") is not None:
        mrns.add(str(entry["mrn"]))
    if entry.get("name") is None:
        return
    scopes = [scope_from(kind, str(entry[kind])) for kind in ("space", "organization") if entry.get(kind) is not None]
    if entry.get("scope_mrn") is not None:
        scopes.append(scope_of_mrn(str(entry["scope_mrn"])))
    if len(scopes) != 1:
        raise invalid_option("exactly one of space, organization and scope_mrn is required")
    overlap = entry.get("overlap")
    key = (scopes[0].mrn, str(entry["name"]))
    overlaps[key] = timedelta() if overlap is None else duration_from("overlap", str(overlap))
