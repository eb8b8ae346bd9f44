# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tokens that share one declared name, by stage, and what to do with the pending ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .._values import errors
from .._values.errors import MondooError
from .._values.times import timestamp_text
from .._values.token import Token
from .._values.token_names import Stage, parse_name
from .declaration import Context, Declaration, Mode, StoredSecret


@dataclass(frozen=True)
class Staged:
    """A token with a pending or retired name. at: the time in its name, in UTC."""

    token: Token
    at: datetime


@dataclass(frozen=True)
class Family:
    """pending, retired: the tokens of one declared name in these stages, the newest first."""

    pending: tuple[Staged, ...] = ()
    retired: tuple[Staged, ...] = ()


def family_of(name: str | None, tokens: Iterable[Token]) -> Family:
    """The pending and retired tokens of a declared name among `tokens`."""
    members: dict[Stage, list[Staged]] = {Stage.PENDING: [], Stage.RETIRED: []}
    for token in tokens:
        parsed = parse_name(token.name)
        if parsed.at is not None and parsed.base == name:
            members[parsed.stage].append(Staged(token, parsed.at))
    for staged in members.values():
        staged.sort(key=lambda entry: entry.at, reverse=True)
    return Family(tuple(members[Stage.PENDING]), tuple(members[Stage.RETIRED]))


def find_held(family: Family, stored: StoredSecret, current: Token | None) -> Token | None:
    """The pending token whose secret is in the file: the one that the secret names, else determined by the file's time.

    By time it is the newest one generated before; but not one older than the token in use, whose secret was written
    later.
    """
    if stored.modified_at is None or stored.accepted is False:
        return None
    for entry in family.pending:
        if stored.token_mrn is not None:
            if entry.token.mrn == stored.token_mrn:
                return entry.token
        elif entry.at <= stored.modified_at and not _is_older(entry.token, current):
            return entry.token
    return None


def _is_older(token: Token, current: Token | None) -> bool:
    if current is None or current.created_at is None or token.created_at is None:
        return False
    return token.created_at <= current.created_at


@dataclass(frozen=True)
class PendingDecision:
    """What to do with the pending tokens of a name.

    finish: its secret has been handed over; it gets the declared name. delete: nobody has their secrets. wait: it may
    belong to a run elsewhere.
    """

    finish: Token | None = None
    delete: tuple[Token, ...] = ()
    wait: Token | None = None
    warnings: tuple[str, ...] = ()


def decide_pending(
    declaration: Declaration, current: Token | None, family: Family, stored: StoredSecret | None, context: Context
) -> PendingDecision:
    """current: the token in use. stored: the content of `token_path`; None if the declaration has none.

    With a file, a pending token whose secret is not in it is a leftover, since runs on one host take turns. Without one,
    it may belong to a run elsewhere, and is left alone for a while.
    """
    if not family.pending:
        return PendingDecision()
    finish = find_held(family, stored, current) if stored is not None else _delivered(declaration, family, context)
    rest = [entry for entry in family.pending if entry.token is not finish]
    own = [entry for entry in rest if context.is_own(entry.token)]
    rest = [entry for entry in rest if entry not in own]
    warnings = [
        f'The pending API token "{entry.token.name}" ({entry.token.mrn}) of {declaration.scope} is kept: this task logs in'
        " with it."
        for entry in own
    ]
    wait = None
    if stored is None and context.mode is not Mode.FINISH and finish is None:
        wait = next((entry for entry in rest if _age_is_below_grace(entry, declaration, context)), None)
        rest = [entry for entry in rest if not _age_is_below_grace(entry, declaration, context)]
    if wait is not None:
        warnings.append(
            f'"{wait.token.name}" ({wait.token.mrn}) of {declaration.scope} was generated at'
            f" {timestamp_text(wait.token.created_at or wait.at)}, perhaps by a run elsewhere that is still at work: it is"
            " left alone, and the token in use stays as it is. Set pending_grace to 0 if there is no such run."
        )
    return PendingDecision(finish, tuple(entry.token for entry in rest), wait.token if wait else None, tuple(warnings))


def _delivered(declaration: Declaration, family: Family, context: Context) -> Token | None:
    """The pending token whose secret other tasks have handed over."""
    if context.mode is not Mode.FINISH:
        return None
    delivered = [entry.token for entry in family.pending if entry.token.mrn in context.delivered]
    if len(delivered) > 1:
        raise MondooError(
            errors.INVALID_OPTION,
            f"delivered names {len(delivered)} pending tokens of {declaration}: {', '.join(str(t.mrn) for t in delivered)}",
            advice="Nothing was changed. Name the one whose secret is in use.",
        )
    return delivered[0] if delivered else None


def _age_is_below_grace(entry: Staged, declaration: Declaration, context: Context) -> bool:
    if not declaration.pending_grace:
        # There is no other run, whatever the clocks show.
        return False
    # Prefer the service's own time, if reported, to that of the host that chose the name.
    return context.now - (entry.token.created_at or entry.at) < declaration.pending_grace
