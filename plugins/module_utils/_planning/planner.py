# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules: a pure function from what is declared and what is there to a plan. No request, no clock, no file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from .._values import errors
from .._values.errors import MondooError, invalid_option
from .._values.permissions import declarable
from .._values.times import timestamp_text
from .._values.token import Token, retired_name, retirement_of
from .plan import Delete, Generate, Plan, SetRoles, Step, Update
from .spec import Facts, TokenSpec


@dataclass(frozen=True)
class _Retired:
    """A token that a rotation has replaced. at: when, in UTC."""

    token: Token
    at: datetime


def plan_token(spec: TokenSpec, listing: Iterable[Token], facts: Facts) -> Plan:
    """The fewest steps that make the declaration true.

    listing: all tokens of the scope.
    Raises MondooError where the declaration cannot be met, or could only be met by a guess; nothing was changed then.
    """
    tokens = tuple(listing)
    current = _identify(spec, tokens)
    name = spec.name or (current.name if current else None)
    # What is declared by its MRN is no predecessor of itself, even if it has the name of one.
    retired = _retired_of(name, (token for token in tokens if token is not current)) if name else ()
    if not spec.present:
        return _plan_absent(spec, current, retired, facts)
    if current is None:
        return _plan_creation(spec, retired, facts)
    _refuse_taken_name(spec, current, tokens)
    return _plan_existing(spec, current, retired, facts)


def _identify(spec: TokenSpec, tokens: tuple[Token, ...]) -> Token | None:
    """The token that the declaration is about; None if there is none."""
    if spec.mrn is not None:
        found = next((token for token in tokens if token.mrn == spec.mrn), None)
        if found is None and spec.present:
            raise MondooError(
                errors.NOT_FOUND,
                f"{spec.scope} has no API token with this MRN",
                attempted=f"find the API token {spec.mrn}",
                advice="Check mrn and the scope: a rotation or a new creation gives a token a new MRN.",
            )
        return found
    named = [token for token in tokens if token.name == spec.name]
    if len(named) > 1:
        mrns = ", ".join(sorted(str(token.mrn) for token in named))
        raise MondooError(
            errors.AMBIGUOUS_NAME,
            f'{len(named)} API tokens of {spec.scope} have the name "{spec.name}": {mrns}',
            advice="Nothing was changed. Tell which one is meant with mrn.",
        )
    return named[0] if named else None


def _retired_of(name: str, tokens: Iterable[Token]) -> tuple[_Retired, ...]:
    """The predecessors that rotations have left, the newest first."""
    found = [_Retired(token, at) for token in tokens if (at := retirement_of(token, name))]
    return tuple(sorted(found, key=lambda entry: entry.at, reverse=True))


def _refuse_taken_name(spec: TokenSpec, current: Token, tokens: tuple[Token, ...]) -> None:
    if spec.name is None or current.name == spec.name:
        return
    taken = next((token for token in tokens if token.name == spec.name), None)
    if taken:
        raise MondooError(
            errors.NAME_TAKEN,
            f'another API token of {spec.scope} already has the name "{spec.name}": {taken.mrn}',
            attempted=f'rename the API token "{current.name}" ({current.mrn})',
            advice="Nothing was changed. Choose another name, or delete or rename the other token first.",
        )


def _plan_absent(spec: TokenSpec, current: Token | None, retired: tuple[_Retired, ...], facts: Facts) -> Plan:
    doomed = [current] if current else []
    if spec.mrn is None:
        # Predecessors are valid credentials too: absent means that none is left.
        doomed += [entry.token for entry in retired]
    for token in doomed:
        _refuse_own(facts, token, "delete")
    return Plan(before=current, after=None, steps=tuple(Delete(token) for token in doomed))


def _plan_creation(spec: TokenSpec, retired: tuple[_Retired, ...], facts: Facts) -> Plan:
    # A predecessor without successor is a rotation that was cut short, and the new token takes after it.
    predecessor = retired[0].token if retired and spec.rotates else None
    wanted = _as_new(_wanted(spec, predecessor))
    if not declarable(wanted.roles):
        raise invalid_option(
            f"permissions is required, and must not be empty, to create {spec}: without one the token could do nothing"
        )
    deletions, warnings = _retired_steps(spec, retired, facts)
    # If its successor was delivered and is gone since, the predecessor's name would no longer fit what is in the file.
    to_restore = None if retired and _holds_successor(facts, retired[0]) else predecessor
    steps = (Generate(wanted, replaces=to_restore), *deletions)
    return Plan(before=None, after=wanted, steps=steps, warnings=tuple(warnings))


def _plan_existing(spec: TokenSpec, current: Token, retired: tuple[_Retired, ...], facts: Facts) -> Plan:
    wanted = _wanted(spec, current)
    deletions, warnings = _retired_steps(spec, retired, facts)
    successor = _as_new(wanted)
    steps: list[Step]
    if _was_never_delivered(spec, current, retired, facts):
        _refuse_own(facts, current, "replace")
        warnings.append(
            f"An earlier rotation of {spec} was cut short before its secret was delivered: the token that nobody can use is replaced."
        )
        steps = [Delete(current), Generate(successor, replaces=retired[0].token)]
        after = successor
    elif _is_due(spec, current, facts, warnings):
        _refuse_own(facts, current, "rotate")
        at = _retirement_time(facts)
        aside = replace(current, name=retired_name(wanted.name, at))
        steps = [Update(current, name=aside.name), Generate(successor, replaces=aside)]
        if not spec.overlap:
            steps.append(Delete(aside))
        after = successor
    else:
        steps = _change_steps(current, wanted, facts)
        after = wanted
    return Plan(before=current, after=after, steps=(*steps, *deletions), warnings=tuple(warnings))


def _wanted(spec: TokenSpec, base: Token | None) -> Token:
    """The token as declared; what the declaration leaves out is taken from `base`."""
    if base is None:
        base = Token(mrn=None, name=spec.name or "", scope=spec.scope)
    declared = declarable(base.roles)
    if spec.roles is not None:
        declared = spec.roles if spec.purge_permissions else declared | spec.roles
    memberships = base.roles - declarable(base.roles)
    return replace(
        base,
        name=spec.name or base.name,
        description=base.description if spec.description is None else spec.description,
        roles=declared | memberships,
    )


def _as_new(token: Token) -> Token:
    """The token as one that the service has yet to make."""
    return replace(token, mrn=None, created_at=None, last_used_at=None, created_by=None)


def _change_steps(current: Token, wanted: Token, facts: Facts) -> list[Step]:
    steps: list[Step] = []
    if (current.name, current.description) != (wanted.name, wanted.description):
        steps.append(
            Update(
                current,
                name=wanted.name if wanted.name != current.name else None,
                description=wanted.description if wanted.description != current.description else None,
            )
        )
    if current.roles != wanted.roles:
        if not current.roles <= wanted.roles:
            _refuse_own(facts, current, "take permissions from")
        steps.append(SetRoles(replace(current, name=wanted.name), declarable(wanted.roles)))
    return steps


def _is_due(spec: TokenSpec, current: Token, facts: Facts, warnings: list[str]) -> bool:
    """Whether the token is to be replaced, by its age or because its secret is lost."""
    if spec.rotate_after is not None:
        if not spec.rotate_after:
            return True
        if current.created_at is None:
            raise MondooError(
                errors.SCHEMA_MISMATCH,
                "the service does not tell when it was created, so its age cannot be compared with rotate_after",
                attempted=f"decide whether {spec} is to be rotated",
            )
        if facts.now - current.created_at >= spec.rotate_after:
            return True
    if facts.file is None or facts.file.exists:
        return False
    if spec.lost_secret == "warn":
        warnings.append(
            f"{_capital(spec)} exists, but {spec.token_path} does not, and its secret cannot be read again."
            " Set lost_secret to rotate to replace the token."
        )
    elif spec.lost_secret == "fail":
        raise MondooError(
            errors.LOST_SECRET,
            f"{spec} exists, but {spec.token_path} does not, and its secret cannot be read again",
            advice="Put the file back, or set lost_secret to rotate to replace the token.",
        )
    return spec.lost_secret == "rotate"


def _was_never_delivered(spec: TokenSpec, current: Token, retired: tuple[_Retired, ...], facts: Facts) -> bool:
    """Whether the current token stems from a rotation that ended between generating and delivering.

    The sign is a predecessor that should not be there any more, or a file that is older than the predecessor's
    retirement; both times come from the clock of this host. A token that was used has reached somebody.
    """
    if not spec.rotates or not retired or current.last_used_at is not None:
        return False
    if facts.file is not None and facts.file.exists:
        return not _holds_successor(facts, retired[0])
    return not spec.overlap and current.last_use_known


def _holds_successor(facts: Facts, predecessor: _Retired) -> bool:
    """Whether the file was written since a token was retired, and so holds the secret of a later one."""
    modified_at = facts.file.modified_at if facts.file else None
    return modified_at is not None and modified_at >= predecessor.at


def _retirement_time(facts: Facts) -> datetime:
    """Now, and in any case in a later second than the one in which the present secret was written."""
    now = facts.now.astimezone(timezone.utc).replace(microsecond=0)
    if facts.file is None or facts.file.modified_at is None:
        return now
    return max(now, facts.file.modified_at.replace(microsecond=0) + timedelta(seconds=1))


def _retired_steps(spec: TokenSpec, retired: tuple[_Retired, ...], facts: Facts) -> tuple[list[Step], list[str]]:
    """What is to happen to the predecessors: those whose overlap has passed are deleted."""
    steps: list[Step] = []
    warnings: list[str] = []
    if not spec.rotates:
        return steps, warnings
    for entry in retired:
        ends = entry.at + (spec.overlap or timedelta())
        used = entry.token.last_used_at
        still_used = used is not None and used > entry.at
        subject = f'The retired API token "{entry.token.name}" ({entry.token.mrn}) of {spec.scope}'
        if facts.is_own(entry.token):
            warnings.append(f"{subject} is kept: this task logs in with it.")
        elif not spec.overlap or ends <= facts.now:
            steps.append(Delete(entry.token))
            if still_used:
                warnings.append(
                    f"{subject} was still used at {timestamp_text(used)}, after its retirement, and is deleted."
                )
        elif still_used:
            warnings.append(
                f"{subject} was still used at {timestamp_text(used)}, after its retirement; it is deleted after {timestamp_text(ends)}."
            )
    return steps, warnings


def _refuse_own(facts: Facts, token: Token, verb: str) -> None:
    if facts.is_own(token):
        raise MondooError(
            errors.OWN_CREDENTIAL,
            "this task logs in with it",
            attempted=f'{verb} the API token "{token.name}" ({token.mrn}) of {token.scope}',
            advice="Nothing was changed. Use other credentials for it.",
        )


def _capital(spec: TokenSpec) -> str:
    text = str(spec)
    return text[0].upper() + text[1:]
