# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of an audit, in one table: severity, advice and check of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError, invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.permissions import (
    declarable,
    role_mrns_from,
    short_names,
    spelled_as,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import duration_from, timestamp_text
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import Stage

from .._reading import list_from, type_name
from .declared import Declarations
from .tokens import AuditedToken

SEVERITIES = ("high", "medium", "low")
# Replaces the severity of a disabled rule.
IGNORE = "ignore"
# How long a token may wait for its secret to be handed over.
PENDING_GRACE = timedelta(minutes=10)

# A permission, and those that include it.
_INCLUDED_IN = {"viewer": ("editor", "owner"), "editor": ("owner",)}
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
_CURRENT = frozenset({Stage.CURRENT})


@dataclass(frozen=True)
class Policy:
    """The policy of an audit; None disables the rules that need the value.

    now: in UTC. allowed: role MRNs. severities: of each rule, or `IGNORE`. own: MRNs of the credentials that the audit uses.
    """

    now: datetime
    max_age: timedelta | None = None
    max_unused: timedelta | None = None
    allowed: frozenset[str] | None = None
    declared: Declarations | None = None
    severities: Mapping[str, str] = field(default_factory=lambda: {name: rule.severity for name, rule in RULES.items()})
    own: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Context:
    """What a check may use besides the token. names: how many tokens of a place have a name."""

    policy: Policy
    names: Counter[tuple[tuple[str, str], str]]

    def is_declared(self, token: AuditedToken) -> bool:
        """Whether the token itself is declared, under its current name."""
        declared = self.policy.declared
        return declared is not None and (
            token.mrn in declared.mrns or (token.scope.mrn, token.name) in declared.overlaps
        )

    def successor_overlap(self, token: AuditedToken) -> timedelta | None:
        """The declared overlap of the token whose stage this one is; None if that token is not declared."""
        declared = self.policy.declared
        return None if declared is None else declared.overlaps.get((token.scope.mrn, token.parsed.base))

    def stage(self, token: AuditedToken) -> Stage:
        """The stage in the name, unless the full name itself is declared."""
        return Stage.CURRENT if self.is_declared(token) else token.parsed.stage


@dataclass(frozen=True)
class Rule:
    """One rule.

    severity: the default. broken_by: the end of "Is broken by …". advice: what to do about it.
    check: what is wrong, as sentences; None if the token complies.
    stages: of the tokens that it applies to. Tokens that are about to be deleted need not comply.
    """

    name: str
    severity: str
    broken_by: str
    advice: str
    check: Callable[[AuditedToken, Context], str | None] = lambda _token, _context: None
    stages: frozenset[Stage] = _CURRENT


def _excess_permission(token: AuditedToken, context: Context) -> str | None:
    allowed = context.policy.allowed
    if allowed is None:
        return None
    excess = short_names(declarable(token.roles) - spelled_as(allowed, token.roles))
    return f"It has {_list(excess)}; the policy allows {_list(short_names(allowed))}." if excess else None


def _undeclared(token: AuditedToken, context: Context) -> str | None:
    if context.policy.declared is None or context.is_declared(token) or token.mrn in context.policy.own:
        return None
    if token.parsed.stage is not Stage.CURRENT and context.successor_overlap(token) is not None:
        return None
    return "It is not declared."


def _too_old(token: AuditedToken, context: Context) -> str | None:
    limit = context.policy.max_age
    if limit is None:
        return None
    if token.created_at is None:
        return "Unknown: the service does not report when it was created."
    age = context.policy.now - token.created_at
    return f"It is {span_text(age)} old; at most {_allowed(limit)}." if age > limit else None


def _unused(token: AuditedToken, context: Context) -> str | None:
    limit = context.policy.max_unused
    if limit is None:
        return None
    if not token.last_use_known:
        return "Unknown: the service does not report when it was last used."
    if token.last_used_at is None or context.policy.now - token.last_used_at <= limit:
        return None
    return f"It was last used {span_text(context.policy.now - token.last_used_at)} ago; at most {_allowed(limit)}."


def _never_used(token: AuditedToken, context: Context) -> str | None:
    if token.last_used_at is not None or not token.last_use_known:
        return None
    if token.created_at is None:
        return "It was never used."
    age, limit = context.policy.now - token.created_at, context.policy.max_unused
    return f"It was never used, and is {span_text(age)} old." if limit is None or age > limit else None


def _duplicate_name(token: AuditedToken, context: Context) -> str | None:
    others = context.names[token.place, token.name] - 1
    return f"{others} more of {token.scope} {'has' if others == 1 else 'have'} this name." if others else None


def _redundant_permission(token: AuditedToken, _context: Context) -> str | None:
    names = token.permissions
    redundant = [name for name in names if any(other in names for other in _INCLUDED_IN.get(name, ()))]
    if not redundant:
        return None
    return f"It has {_list(redundant)} in addition to {_list([name for name in names if name not in redundant])}."


def _no_permissions(token: AuditedToken, _context: Context) -> str | None:
    return None if token.permissions else "It has no permissions: it can do nothing."


def _no_description(token: AuditedToken, _context: Context) -> str | None:
    return None if token.description.strip() else "It has no description: its purpose is unknown."


def _retired_leftover(token: AuditedToken, context: Context) -> str | None:
    at, now = token.parsed.at, context.policy.now
    overlap = context.successor_overlap(token) or timedelta()
    if at is None or at <= now < at + overlap:
        return None
    if at > now:
        return f"Its name says that it was replaced at {timestamp_text(at)}, which is in the future; it is still valid."
    used = token.last_used_at is not None and token.last_used_at > at
    suffix = f", and was still used at {timestamp_text(token.last_used_at)}" if used else ""
    return f"It was replaced at {timestamp_text(at)} and is still valid{suffix}."


def _pending_leftover(token: AuditedToken, context: Context) -> str | None:
    # The clock used for the name may be ahead of the service's.
    since = min(moment for moment in (token.parsed.at, token.created_at, context.policy.now) if moment is not None)
    age = context.policy.now - since
    if age <= PENDING_GRACE:
        return None
    return f"It was generated {span_text(age)} ago, and its secret has no known holder."


_TABLE = (
    Rule(
        "excess_permission",
        "high",
        "a permission that is not among the allowed ones, if there is a list of these",
        "Remove the permissions that it does not need, or allow them in the policy.",
        _excess_permission,
        frozenset(Stage),
    ),
    Rule(
        "undeclared",
        "high",
        "a token that is not declared, if there is a declaration",
        "Find out who created it; then declare it or delete it. Applying the declaration with prune deletes undeclared tokens.",
        _undeclared,
        frozenset(Stage),
    ),
    Rule(
        "too_old",
        "medium",
        "an age above the maximum",
        "Replace it, with rotate_after in its declaration or with the playbook rotate.",
        _too_old,
    ),
    Rule(
        "unused",
        "medium",
        "a last use that is longer ago than allowed",
        "Ask its owner whether it is still needed; delete it if not.",
        _unused,
    ),
    Rule(
        "duplicate_name",
        "medium",
        "a name that another token of the same scope has too",
        "Rename or delete all but one, by their MRNs: by its name none of them can be managed.",
        _duplicate_name,
    ),
    Rule(
        "retired_leftover",
        "medium",
        "a token that a rotation has replaced, once its overlap is over; without a declaration no overlap is known",
        "Make sure that its successor is in use everywhere, and delete it.",
        _retired_leftover,
        frozenset({Stage.RETIRED}),
    ),
    Rule(
        "pending_leftover",
        "medium",
        "a token that was generated more than ten minutes ago, and whose secret has no known holder",
        "Delete it, or run its rotation or onboarding again: the next run replaces it.",
        _pending_leftover,
        frozenset({Stage.PENDING}),
    ),
    Rule(
        "never_used",
        "low",
        "no use since the creation, if that is longer ago than the policy allows",
        "Find out whether anybody received its secret; delete it if not.",
        _never_used,
    ),
    Rule(
        "redundant_permission",
        "low",
        "viewer in addition to editor or owner, editor in addition to owner",
        "Remove the permissions that are included in others.",
        _redundant_permission,
    ),
    Rule(
        "no_permissions",
        "low",
        "a token that can do nothing",
        "Delete it, or give it the permissions that it is meant to have.",
        _no_permissions,
    ),
    Rule(
        "no_description",
        "low",
        "a token without a description",
        "Describe what it is for and who is responsible for it.",
        _no_description,
    ),
    # Not about a token: `findings` finds it.
    Rule(
        "unmatched_acceptance",
        "low",
        "an accepted finding that does not exist",
        "Remove it from the accepted findings, or correct it.",
        stages=frozenset(),
    ),
)
RULES: dict[str, Rule] = {rule.name: rule for rule in _TABLE}


def failing_severities(fail_on: str) -> Sequence[str]:
    """The severities at or above a threshold, which break the policy; none for `never`."""
    return SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on in SEVERITIES else ()


def broken_rules(token: AuditedToken, context: Context) -> list[tuple[str, str]]:
    """The rules that a token breaks, with a message for each; disabled rules are left out."""
    stage, severities = context.stage(token), context.policy.severities
    broken = []
    for rule in _TABLE:
        if stage in rule.stages and severities[rule.name] != IGNORE:
            message = rule.check(token, context)
            if message is not None:
                broken.append((rule.name, message))
    return broken


def policy_from(
    *,
    now: datetime,
    max_age: str | None = None,
    max_unused: str | None = None,
    allowed_permissions: Sequence[str] | None = None,
    declared: Declarations | None = None,
    severities: Mapping[str, str] | None = None,
    own: frozenset[str] = frozenset(),
) -> Policy:
    """Reads the options of a policy; raises MondooError for invalid ones."""
    return Policy(
        now=now,
        max_age=None if max_age is None else duration_from("max_age", str(max_age)),
        max_unused=None if max_unused is None else duration_from("max_unused", str(max_unused)),
        allowed=None if allowed_permissions is None else _allowed_from(allowed_permissions),
        declared=declared,
        severities=_severities_from(severities or {}),
        own=own,
    )


def _allowed_from(value: object) -> frozenset[str]:
    try:
        return role_mrns_from(str(entry) for entry in list_from("allowed_permissions", value))
    except MondooError as error:
        raise invalid_option(error.reason.replace("permissions:", "allowed_permissions:", 1)) from None


def _severities_from(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise invalid_option(f"severities must be a dictionary, and not {type_name(value)}")
    severities: dict[str, Any] = {name: rule.severity for name, rule in RULES.items()}
    for name, severity in value.items():
        if name not in RULES:
            raise invalid_option(f'severities: unknown rule "{name}"; known: {", ".join(sorted(RULES))}')
        if severity not in (*SEVERITIES, IGNORE):
            raise invalid_option(
                f'severities: "{severity}" for {name} is not one of {", ".join((*SEVERITIES, IGNORE))}'
            )
        severities[str(name)] = str(severity)
    return severities


def span_text(span: timedelta) -> str:
    """A span in its largest unit, with at least one of it."""
    seconds = max(int(span.total_seconds()), 0)
    unit, length = next((pair for pair in _UNITS if seconds >= pair[1]), _UNITS[-1])
    count = seconds // length
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


def _allowed(limit: timedelta) -> str:
    text = span_text(limit)
    return f"{text} {'is' if text.startswith('1 ') else 'are'} allowed"


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "nothing"
