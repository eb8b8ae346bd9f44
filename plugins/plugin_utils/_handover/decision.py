# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides what to do for each token, from what the module would do and what its places contain. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any, TypeAlias

from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import StoredSecret
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import (
    GENERATION_NOT_ALLOWED,
    PENDING_ELSEWHERE,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_of_mrn
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import timestamp_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token

from .places import FilePlace, Place, VaultPlace
from .tokens import DeclaredToken

_LOST_ADVICE = "a secret cannot be read again. Set lost_secret to rotate to replace the token."


@dataclass(frozen=True)
class Look:
    """The state of a place. stored: None if it could not be read. problems: what prevents writing."""

    stored: StoredSecret | None = None
    problems: tuple[str, ...] = ()


Looks: TypeAlias = "Mapping[Place, Look]"


@dataclass(frozen=True)
class Decision:
    """token: with `forced` set if the role has a reason for a new secret. needs_secret: whether it gets one.

    failed: why nothing is done for it; empty otherwise.
    """

    token: DeclaredToken
    needs_secret: bool = False
    failed: str = ""
    warnings: tuple[str, ...] = field(default=())


def decide(token: DeclaredToken, looks: Looks, lost_secret: str) -> Decision:
    """lost_secret: `warn`, `fail` or `rotate`, for a token that does not set it."""
    predicted = token.predicted
    if token.present and token.places and not token.delivered:
        token = replace(token, delivered=_held_by_all(token, looks))
    code = (predicted.get("error") or {}).get("code")
    if predicted.get("failed") and not (code == PENDING_ELSEWHERE and token.delivered):
        return Decision(token, failed=_failure(token))
    if not token.present or token.writes_itself or not token.places:
        return Decision(token, needs_secret=token.generates)
    warnings: list[str] = []
    forced = token.forced
    if not token.generates and not forced:
        if (token.left_behind and token.discards) or predicted.get("failed"):
            forced = "an earlier run did not finish handing its secret over"
        else:
            policy = str(token.options.get("lost_secret") or lost_secret)
            lost, unseen = _lost(token, looks)
            warnings += unseen
            if lost and policy == "fail":
                return Decision(token, failed=f"{token.label} exists, but {lost[0]}; {_LOST_ADVICE}")
            if lost and policy == "rotate":
                forced = lost[0]
            elif lost:
                warnings.append(f"{token.label} exists, but {lost[0]}; {_LOST_ADVICE}")
    if not (forced or token.generates):
        return Decision(token, warnings=tuple(warnings))
    problems = [f"{place}: {problem}" for place in token.places for problem in _problems(place, looks)]
    if problems:
        return Decision(
            token,
            failed=f"{token.label} needs a new secret, and nothing was changed, since it cannot be handed over: "
            + "; ".join(dict.fromkeys(problems))
            + ".",
        )
    return Decision(replace(token, forced=forced), needs_secret=True)


def _failure(token: DeclaredToken) -> str:
    message = str(token.predicted.get("msg") or "It failed.")
    error = token.predicted.get("error") or {}
    if error.get("code") == GENERATION_NOT_ALLOWED and token.options.get("generate") is not False:
        message = message.replace(
            "and generate is false", "and it has no destination: give the entry token_path or deliver"
        )
    return f"{token.label}: {message}"


def _lost(token: DeclaredToken, looks: Looks) -> tuple[list[str], list[str]]:
    """Sentences about places without the secret, and about places that could not be read."""
    known = _token(token.predicted.get("api_token"))
    lost: list[str] = []
    unseen: list[str] = []
    for place in token.places:
        if not isinstance(place, (FilePlace, VaultPlace)):
            continue
        look = looks.get(place, Look(problems=("it was not inspected",)))
        if look.stored is None:
            reason = f" ({look.problems[0]})" if look.problems else ""
            unseen.append(f"{token.label}: whether {place} holds its secret could not be determined{reason}.")
        elif known is not None and (reason_lost := look.stored.reason_lost(known)) is not None:
            lost.append(f"{place} {reason_lost}")
    return lost, unseen


def _held_by_all(token: DeclaredToken, looks: Looks) -> str:
    """The MRN of the token whose secret is in all places, if it is not the one in use: an earlier run may have ended before
    it was put to use. Empty if that is unknown.
    """
    if token.rotates:
        # The prediction describes the new token and not the one in use, whose secret may be the one in the places.
        return ""
    looked = [looks.get(place) for place in token.places]
    mrns = {look.stored.token_mrn if look is not None and look.stored is not None else None for look in looked}
    known = (token.predicted.get("api_token") or {}).get("mrn")
    (mrn,) = mrns if len(mrns) == 1 else (None,)
    return mrn if mrn is not None and mrn != known else ""


def _problems(place: Place, looks: Looks) -> Sequence[str]:
    if isinstance(place, (FilePlace, VaultPlace)):
        return looks.get(place, Look(problems=("it was not inspected",))).problems
    return ()


def _token(data: Mapping[str, Any] | None) -> Token | None:
    if not data or not data.get("mrn"):
        return None
    return Token(
        mrn=str(data["mrn"]),
        name=str(data["name"]),
        scope=scope_of_mrn(str(data["scope_mrn"])),
        created_at=timestamp_from(data.get("created_at")),
    )


def stored_secret(
    content: str, modified_at: float | None, token_mrn: str | None, *, exists: bool = True
) -> StoredSecret:
    """What is known about the content of a place. modified_at: seconds since 1970; None if unknown."""
    if not content.strip():
        return StoredSecret(exists=exists)
    now = datetime.now(timezone.utc)
    moment = now if modified_at is None else datetime.fromtimestamp(modified_at, timezone.utc)
    return StoredSecret(moment, token_mrn=token_mrn)


@dataclass(frozen=True)
class Round:
    """Tokens whose secrets are handed over together. everyone: whether all hosts of the play take part, each for itself."""

    keys: tuple[str, ...]
    everyone: bool = True


def plan_rounds(decisions: Sequence[Decision]) -> list[Round]:
    """First one round for everything without user tasks; then one round for each token with them, so that whatever its tasks
    do to the play affects only that token. None if there is nothing to do.
    """
    able = [decision for decision in decisions if not decision.failed]
    alone = [each for each in able if each.needs_secret and each.token.tasks]
    together = [each for each in able if each not in alone]
    rounds = []
    if any(each.needs_secret or each.token.predicted.get("changed") for each in together):
        rounds.append(Round(tuple(each.token.key for each in together)))
    return rounds + [Round((each.token.key,), everyone=False) for each in alone]
