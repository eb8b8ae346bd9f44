# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules for one token: a pure function from declared and current state to a plan. No request, no clock, no file.

A rotation generates the new token under a pending name, hands its secret over, and only then retires or deletes the old
token and gives the new one the declared name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from .._values import errors
from .._values.errors import MondooError, invalid_option
from .._values.permissions import declarable, spelled_as
from .._values.times import count_of, duration_text, later, timestamp_text, whole_days
from .._values.token import Token, as_new, same_description
from .._values.token_names import Stage, check_declared_name, parse_name, pending_name, retired_name
from .declaration import CLOCK_TOLERANCE, Context, Declaration, Mode, StoredSecret
from .plan import Delete, Generate, Plan, SetRoles, Step, Update
from .stages import Family, PendingDecision, decide_pending, family_of, find_held


def plan_token(
    declaration: Declaration, listing: Iterable[Token], context: Context, stored: StoredSecret | None = None
) -> Plan:
    """The fewest steps that apply the declaration.

    listing: all tokens of the scope. stored: the content of `token_path`; None if the declaration has none.
    Raises MondooError if the declaration cannot be met, or only by guessing; nothing was changed then.
    """
    tokens = tuple(listing)
    current = _identify(declaration, tokens, stored)
    situation = _Situation(declaration, current, _family(declaration, current, tokens), context, stored)
    if not declaration.present:
        return _plan_absent(situation)
    _refuse_name(declaration, current, tokens)
    plan = _plan_present(situation)
    if plan.generates and not declaration.generate:
        raise MondooError(
            errors.GENERATION_NOT_ALLOWED,
            f"a new secret would be needed ({plan.reason or 'the token does not exist'}), and generate is false",
            attempted=f"make {declaration} as declared",
            advice="Nothing was changed.",
        )
    return plan


def needs_proof(declaration: Declaration, listing: Iterable[Token], stored: StoredSecret | None) -> bool:
    """Whether the stored secret has to be tested against the service before planning."""
    if stored is None or stored.modified_at is None or declaration.verify_secret == "never" or not declaration.present:
        return False
    tokens = tuple(listing)
    candidates = (token for token in tokens if _is_named(declaration, token))
    current = next(candidates, None)
    if find_held(_family(declaration, current, tokens), stored, current) is not None:
        # An earlier run ended between handing the secret over and replacing the old token.
        return True
    return current is not None and declaration.verify_secret == "always" and stored.reason_lost(current) is None


@dataclass(frozen=True)
class _Situation:
    """The input of the rules. current: the declared token; None if it does not exist."""

    declaration: Declaration
    current: Token | None
    family: Family
    context: Context
    stored: StoredSecret | None
    warnings: list[str] = field(default_factory=list)

    @property
    def staged(self) -> bool:
        """Whether later tasks hand a new secret over; with a file, this run does it itself."""
        return self.context.mode is Mode.STAGED and self.stored is None

    def plan(
        self, after: Token | None, steps: Iterable[Step], reason: str | None = None, *, finished: Token | None = None
    ) -> Plan:
        return Plan(self.current, after, tuple(steps), tuple(self.warnings), reason, self.staged, finished)


def _is_named(declaration: Declaration, token: Token) -> bool:
    """Whether the declaration names the token: by MRN if it has one, else by name."""
    if declaration.mrn is not None:
        return token.mrn == declaration.mrn
    return token.name == declaration.name


def _identify(declaration: Declaration, tokens: tuple[Token, ...], stored: StoredSecret | None) -> Token | None:
    """The declared token; None if it does not exist."""
    named = [token for token in tokens if _is_named(declaration, token)]
    if declaration.mrn is not None and not named and declaration.present:
        raise MondooError(
            errors.NOT_FOUND,
            f"{declaration.scope} has no API token with this MRN",
            attempted=f"find the API token {declaration.mrn}",
            advice="Check mrn and the scope: a rotation or a new creation gives a token a new MRN.",
        )
    if len(named) > 1:
        raise _ambiguous(declaration, named, stored)
    return named[0] if named else None


def _ambiguous(declaration: Declaration, tokens: Iterable[Token], stored: StoredSecret | None) -> MondooError:
    namesakes = sorted(tokens, key=lambda token: str(token.mrn))
    held = stored.token_mrn if stored else None

    def about(token: Token) -> str:
        created = timestamp_text(token.created_at) or "at an unknown time"
        in_file = f", its secret is in {declaration.token_path}" if held is not None and held == token.mrn else ""
        return f"{token.mrn} (created {created} by {token.created_by or 'unknown'}, {_last_use(token)}{in_file})"

    listed = "; ".join(about(token) for token in namesakes)
    return MondooError(
        errors.AMBIGUOUS_NAME,
        f'{len(namesakes)} API tokens of {declaration.scope} have the name "{declaration.name}": {listed}',
        advice="Nothing was changed. Set mrn to select one.",
    )


def _last_use(token: Token) -> str:
    if not token.last_use_known:
        return "last use unknown"
    return f"last used {timestamp_text(token.last_used_at)}" if token.last_used_at else "never used"


def _family(declaration: Declaration, current: Token | None, tokens: tuple[Token, ...]) -> Family:
    name = declaration.name or (current.name if current else None)
    is_staged = current is not None and parse_name(current.name).stage is not Stage.CURRENT
    if is_staged or (declaration.mrn is not None and not declaration.rotates):
        # Named by its MRN, as after an audit: only this token is affected, not others with its name.
        return Family()
    return family_of(name, (token for token in tokens if token is not current))


def _refuse_name(declaration: Declaration, current: Token | None, tokens: tuple[Token, ...]) -> None:
    """Refuses a name that another token has, or that cannot be given."""
    if declaration.name is None or (current and current.name == declaration.name):
        return
    check_declared_name(declaration.name)
    taken = next((token for token in tokens if token.name == declaration.name), None) if current else None
    if current and taken:
        raise MondooError(
            errors.NAME_TAKEN,
            f'another API token of {declaration.scope} already has the name "{declaration.name}": {taken.mrn}',
            attempted=f'rename the API token "{current.name}" ({current.mrn})',
            advice="Nothing was changed. Choose another name, or delete or rename the other token first.",
        )


def _plan_absent(situation: _Situation) -> Plan:
    doomed = [situation.current] if situation.current else []
    if situation.declaration.mrn is None:
        # Absent means that no valid credential with the name is left, in any stage.
        doomed += [entry.token for entry in (*situation.family.pending, *situation.family.retired)]
    for token in doomed:
        _refuse_own(situation.context, token, "delete")
    return situation.plan(None, [Delete(token) for token in doomed])


def _plan_present(situation: _Situation) -> Plan:
    decision = decide_pending(
        situation.declaration, situation.current, situation.family, situation.stored, situation.context
    )
    situation.warnings.extend(decision.warnings)
    cleanup: list[Step] = [Delete(token) for token in decision.delete]
    if decision.finish is not None:
        return _plan_finish(situation, decision.finish, cleanup)
    if situation.current is None:
        return _plan_creation(situation, decision, cleanup)
    if decision.wait is not None:
        return situation.plan(situation.current, cleanup)
    reason = _reason_to_rotate(situation)
    if reason is not None:
        return _plan_rotation(situation, situation.current, reason, cleanup)
    wanted = _wanted(situation.declaration, situation.current)
    changes = _change(situation.current, wanted, situation.context)
    return situation.plan(wanted, [*cleanup, *changes, *_delete_expired(situation)])


def _plan_finish(situation: _Situation, pending: Token, cleanup: list[Step]) -> Plan:
    """Finishes a rotation or a creation after its secret was handed over."""
    declaration, current = situation.declaration, situation.current
    if current is not None:
        _refuse_own(situation.context, current, "rotate")
    name = _declared_name(situation)
    wanted = replace(_wanted(declaration, current or pending), mrn=pending.mrn)
    roles = spelled_as(wanted.roles, pending.roles)
    wanted = replace(pending, name=name, description=wanted.description, roles=roles)
    described = None if same_description(pending.description, wanted.description) else wanted.description
    steps: list[Step] = [*cleanup, *_step_aside(situation), Update(pending, name=name, description=described)]
    if declarable(pending.roles) != declarable(wanted.roles):
        if not declarable(pending.roles) <= wanted.roles:
            _refuse_own(situation.context, pending, "take permissions from")
        steps.append(SetRoles(replace(pending, name=name), declarable(wanted.roles)))
    steps += _delete_expired(situation)
    return situation.plan(wanted, steps, "its new secret was already handed over", finished=pending)


def _plan_creation(situation: _Situation, decision: PendingDecision, cleanup: list[Step]) -> Plan:
    declaration, context = situation.declaration, situation.context
    if context.mode is Mode.FINISH and situation.stored is None:
        return situation.plan(None, cleanup)
    if decision.wait is not None:
        raise MondooError(
            errors.PENDING_ELSEWHERE,
            f'"{decision.wait.name}" ({decision.wait.mrn}) was generated a moment ago, perhaps by a run elsewhere',
            attempted=f"create {declaration}",
            advice="Nothing was changed. Run again later, or set pending_grace to 0 if there is no other run.",
        )
    # A predecessor without a successor: values that the declaration omits are taken from it.
    predecessor = situation.family.retired[0].token if situation.family.retired and declaration.rotates else None
    new = as_new(_wanted(declaration, predecessor))
    if not declarable(new.roles):
        raise invalid_option(
            f"permissions is required, and must not be empty, to create {declaration}: without one the token could not do anything"
        )
    pending_at = _pending_time(situation)
    if situation.staged:
        # Until the new secret is in use, a predecessor may be the only token that works.
        after = replace(new, name=pending_name(new.name, pending_at))
        return situation.plan(after, [*cleanup, Generate(new, pending_at)])
    steps = [*cleanup, Generate(new, pending_at, named_at_once=True), *_delete_expired(situation)]
    return situation.plan(new, steps)


def _plan_rotation(situation: _Situation, current: Token, reason: str, cleanup: list[Step]) -> Plan:
    declaration = situation.declaration
    if situation.context.mode is Mode.FINISH:
        # Its secret could not be handed over, or the run before has rotated it: if it is still due, the next run does.
        return situation.plan(current, [*cleanup, *_delete_expired(situation)])
    _refuse_own(situation.context, current, "rotate")
    new = as_new(_wanted(declaration, current))
    pending_at = _pending_time(situation)
    pending = replace(new, name=pending_name(new.name, pending_at))
    generate = Generate(new, pending_at, verify=declaration.verify_secret != "never")
    if situation.staged:
        return situation.plan(pending, [*cleanup, generate, *_delete_expired(situation)], reason)
    steps = [*cleanup, generate, *_step_aside(situation), Update(pending, name=new.name), *_delete_expired(situation)]
    return situation.plan(new, steps, reason)


def _step_aside(situation: _Situation) -> list[Step]:
    """The steps for the token in use after its successor's secret was handed over."""
    current = situation.current
    if current is None:
        return []
    if not situation.declaration.overlap:
        return [Delete(current)]
    now = situation.context.now.astimezone(timezone.utc).replace(microsecond=0)
    return [Update(current, name=retired_name(_declared_name(situation), now))]


def _declared_name(situation: _Situation) -> str:
    name = situation.declaration.name or (situation.current.name if situation.current else None)
    if name is None:
        raise AssertionError("a declaration has a name, or an MRN that was found")
    return name


def _wanted(declaration: Declaration, base: Token | None) -> Token:
    """The token as declared; omitted values are taken from `base`."""
    if base is None:
        base = Token(mrn=None, name=declaration.name or "", scope=declaration.scope)
    roles = declarable(base.roles)
    if declaration.roles is not None:
        declared = spelled_as(declaration.roles, roles)
        roles = declared if declaration.purge_permissions else roles | declared
    memberships = base.roles - declarable(base.roles)
    keeps_description = declaration.description is None or same_description(declaration.description, base.description)
    return replace(
        base,
        name=declaration.name or base.name,
        description=base.description if keeps_description else declaration.description or "",
        roles=roles | memberships,
    )


def _change(current: Token, wanted: Token, context: Context) -> list[Step]:
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
            _refuse_own(context, current, "take permissions from")
        steps.append(SetRoles(replace(current, name=wanted.name), declarable(wanted.roles)))
    return steps


def _reason_to_rotate(situation: _Situation) -> str | None:
    """Why the token in use has to be replaced; None if it has not."""
    current, declaration = situation.current, situation.declaration
    if current is None:
        return None
    stage = parse_name(current.name).stage
    if stage is Stage.RETIRED and declaration.rotates:
        situation.warnings.append(
            f'{current.mrn} of {declaration.scope} was replaced, and is "{current.name}" now: declare its successor by name, or by'
            " its own MRN."
        )
    if stage is not Stage.CURRENT:
        return None
    return _reason_by_age(situation, current) or _reason_by_loss(situation, current)


def _reason_by_age(situation: _Situation, current: Token) -> str | None:
    limit = situation.declaration.rotate_after
    if limit is None:
        return None
    if not limit:
        return "rotate_after 0"
    if current.created_at is None:
        raise MondooError(
            errors.SCHEMA_MISMATCH,
            "the service does not say when it was created, so its age cannot be compared with rotate_after",
            attempted=f"decide whether {situation.declaration} is to be rotated",
        )
    age = situation.context.now - current.created_at
    if age < limit:
        return None
    days = whole_days(age)
    return f"{count_of(days, 'day') if days else duration_text(age)} old, rotate_after {duration_text(limit)}"


def _reason_by_loss(situation: _Situation, current: Token) -> str | None:
    declaration = situation.declaration
    loss = situation.stored.reason_lost(current) if situation.stored is not None else None
    if loss is None:
        return None
    if declaration.lost_secret == "rotate":
        return f"{declaration.token_path} {loss}"
    subject = f"{str(declaration)[0].upper()}{str(declaration)[1:]} exists, but {declaration.token_path} {loss}"
    if declaration.lost_secret == "fail":
        raise MondooError(
            errors.LOST_SECRET,
            f"{subject}; a secret cannot be read again",
            advice="Put the file back, or set lost_secret to rotate to replace the token.",
        )
    situation.warnings.append(
        f"{subject}; a secret cannot be read again. Set lost_secret to rotate to replace the token."
    )
    return None


def _pending_time(situation: _Situation) -> datetime:
    """Now, but at least one second after the file was written, so that times show whose secret is in it."""
    now = situation.context.now.astimezone(timezone.utc).replace(microsecond=0)
    written = situation.stored.modified_at if situation.stored else None
    return now if written is None else max(now, later(written.replace(microsecond=0), timedelta(seconds=1)))


def _delete_expired(situation: _Situation) -> list[Step]:
    """The deletion of retired tokens after their overlap."""
    declaration, context = situation.declaration, situation.context
    steps: list[Step] = []
    for entry in situation.family.retired:
        ends = later(entry.at, declaration.overlap or timedelta())
        used = entry.token.last_used_at
        still_used = used is not None and used > entry.at
        subject = f'The retired API token "{entry.token.name}" ({entry.token.mrn}) of {declaration.scope}'
        if declaration.rotates and context.is_own(entry.token):
            situation.warnings.append(f"{subject} is kept: this task logs in with it.")
        elif declaration.rotates and (not declaration.overlap or ends <= context.now):
            steps.append(Delete(entry.token))
            if still_used:
                situation.warnings.append(
                    f"{subject} was still used at {timestamp_text(used)}, after its retirement, and its overlap is over."
                )
        elif entry.at > context.now + CLOCK_TOLERANCE:
            situation.warnings.append(
                f"{subject} has a retirement in the future, so a clock was wrong: it is not deleted before {timestamp_text(ends)}."
            )
        elif declaration.rotates and still_used:
            situation.warnings.append(
                f"{subject} was still used at {timestamp_text(used)}, after its retirement; it is deleted after"
                f" {timestamp_text(ends)}."
            )
    return steps


def _refuse_own(context: Context, token: Token, verb: str) -> None:
    if context.is_own(token):
        raise MondooError(
            errors.OWN_CREDENTIAL,
            "this task logs in with it",
            attempted=f'{verb} the API token "{token.name}" ({token.mrn}) of {token.scope}',
            advice="Nothing was changed. Use other credentials for it.",
        )
