# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans in words, so that a test shows the steps that it expects; and what steps do, without a service."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import (
    Declaration,
    Mode,
    StoredSecret,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.plan import Delete, Generate, Plan, Step, Update
from ansible_collections.mondoo.platform.plugins.module_utils._planning.planner import plan_token
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.permissions import declarable, short_names
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token, same_description
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import pending_name

from .builders import MEMBER, NOW, context, token_mrn

PATH = "/etc/ci.token"


@dataclass(frozen=True)
class Case:
    """What is declared and what there is, and the plan that follows from it, or why there is none.

    file: what is in `token_path`; None where the declaration has none. delivered: tokens whose secrets were handed over.
    own: the token that the task logs in with. steps: as `in_words` has them. warnings: a part of each. reason: why a token is rotated.
    error: the code, with `words` in the message.
    """

    declared: Declaration
    there: Sequence[Token] = ()
    steps: Sequence[str] = ()
    file: StoredSecret | None = None
    mode: Mode = Mode.DIRECT
    delivered: Sequence[Token] = ()
    own: Token | None = None
    warnings: Sequence[str] = ()
    reason: str = "10 days old, rotate_after 9d"
    error: str | None = None
    words: Sequence[str] = ()

    def plan(self) -> Plan:
        declared = self.declared if self.file is None else replace(self.declared, token_path=PATH)
        around = context(mode=self.mode, delivered=self.delivered, own=self.own)
        return plan_token(declared, self.there, around, self.file)

    def check(self) -> None:
        """The plan is as expected, and leads to what it says it leads to."""
        if self.error is not None:
            with pytest.raises(MondooError) as caught:
                self.plan()
            assert caught.value.code == self.error
            assert [word for word in self.words if word not in str(caught.value)] == []
            return
        plan = self.plan()
        assert in_words(plan) == list(self.steps)
        assert len(plan.warnings) == len(self.warnings), plan.warnings
        for part, warning in zip(self.warnings, plan.warnings, strict=True):
            assert part in warning
        if plan.finished is not None:
            assert plan.reason == "its new secret was already handed over"
        elif plan.before is not None and plan.generates:
            assert plan.reason == self.reason
        else:
            assert plan.reason is None
        check_outcome(plan, self.there)


@dataclass(frozen=True)
class Line:
    """One entry of a set. error: why it cannot be planned, where that is known before."""

    declaration: Declaration
    place: str = "an entry"
    error: MondooError | None = None
    stored: StoredSecret | None = None


def in_words(plan: Plan) -> list[str]:
    """The steps of a plan, such as `rename ci to ci2`."""
    return [_sentence(step) for step in plan.steps]


def _sentence(step: Step) -> str:
    name = step.token.name
    if isinstance(step, Delete):
        return f"delete {name}"
    if isinstance(step, Generate):
        name = name if step.named_at_once else pending_name(name, step.pending_at)
        return f"generate {name}" + (" and verify it" if step.verify else "")
    if not isinstance(step, Update):
        return f"permit {name}: {', '.join(short_names(step.roles))}"
    rename = [] if step.name is None else [f"rename {name} to {step.name}"]
    describe = [] if step.description is None else [f"describe {name} as {step.description!r}"]
    return " and ".join(rename + describe)


def play(steps: Iterable[Step], tokens: Iterable[Token], now: datetime = NOW) -> list[list[Token]]:
    """The tokens of the scope after each of the steps; `tokens` are those before the first."""
    states = []
    there = {str(token.mrn): token for token in tokens}
    new = token_mrn("new")
    for step in steps:
        mrn = step.token.mrn or new
        if isinstance(step, Delete):
            del there[mrn]
        elif isinstance(step, Generate):
            name = step.token.name if step.named_at_once else pending_name(step.token.name, step.pending_at)
            roles = declarable(step.token.roles) | MEMBER
            there[new] = replace(step.token, mrn=new, name=name, roles=roles, created_at=now)
        else:
            there[mrn] = replace(step, token=there[mrn]).after
        states.append(list(there.values()))
    return states


def check_outcome(plan: Plan, tokens: Sequence[Token]) -> None:
    """The steps lead to the token that the plan predicts."""
    there = [list(tokens), *play(plan.steps, tokens)][-1]
    if plan.after is None:
        assert plan.before is None or plan.before.mrn not in {token.mrn for token in there}
        return
    mrn = plan.after.mrn or token_mrn("new")
    (now,) = [token for token in there if token.mrn == mrn]
    assert now.name == plan.after.name
    assert same_description(now.description, plan.after.description)
    assert declarable(now.roles) == declarable(plan.after.roles)
