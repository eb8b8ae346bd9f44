# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One entry of a declared set, from declaration to result. A task for one token is a set of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from .._planning.declaration import Declaration, StoredSecret
from .._planning.plan import Change, Delete, Plan, SetRoles, Step, Update
from .._values.each_space import EachSpace, Space
from .._values.errors import MondooError
from .._values.token import Token


class SecretSink(Protocol):
    """Where a new secret goes. `reserve` refuses everything that can be refused before anything is generated."""

    def reserve(self) -> None:
        """Prepares the destination of the secret; raises MondooError."""

    def commit(self, secret: str, not_before: datetime) -> None:
        """Writes the secret there; raises MondooError. not_before: lower limit of its modification time."""

    def discard(self) -> None:
        """Removes what was reserved and not used."""


@dataclass
class Entry:
    """The declaration, the current state, the plan and the outcome.

    place: its name in errors. number: that of its entry in the task, from 1.
    each_space: which spaces it applies to, until they are known. space: the one that it applies to after that.
    file_options: owner, group, mode and the like of `token_path`.
    sink: where a new secret goes; None to return it. stored: what is already there.
    known: MRNs of all tokens that the plan was made from; what is not among them is new.
    steps: of the plan, those still to do. done: the changes that were executed.
    token: from the service's responses. generated: the new token, once its secret has been handed over.
    operations: the mutations that were sent for it and may have been executed, in order, by GraphQL name.
    changed, file_changed: whether the service's token differs from before, and owner, group or mode of the file.
    secret: to be returned; present beside an error too, because it is shown only once.
    error: why the plan was not applied to its end.
    """

    place: str
    declaration: Declaration
    file_options: Mapping[str, Any] = field(default_factory=dict)
    sink: SecretSink | None = None
    stored: StoredSecret | None = None
    error: MondooError | None = None
    known: frozenset[str | None] = frozenset()
    plan: Plan = field(default_factory=lambda: Plan(None, None))
    steps: list[Step] = field(default_factory=list)
    token: Token | None = None
    generated: Token | None = None
    done: list[Change] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)
    changed: bool = False
    file_changed: bool = False
    secret: str | None = None
    warnings: list[str] = field(default_factory=list)
    number: int = 1
    each_space: EachSpace | None = None
    space: Space | None = None

    def take_plan(self, plan: Plan | MondooError) -> None:
        """Sets the plan, or the reason why there is none."""
        if isinstance(plan, MondooError):
            self.error = plan
            return
        self.plan = plan
        self.steps = list(plan.steps)
        self.token = plan.before
        self.warnings += plan.warnings

    def predict(self) -> None:
        """The outcome if every step succeeds, as check mode reports it."""
        self.token = self.plan.after
        self.operations = self.plan.operations
        self.changed = self.plan.changed
        self.steps = []

    def resolve(self, step: Change) -> Change:
        """The step with the token that this run generated in place of the planned one."""
        if step.token.mrn is None and self.generated is not None:
            return replace(step, token=self.generated)
        return step

    def record(self, step: Change, answer: Token | None) -> None:
        """Records an executed change. answer: the token in the service's response, if any."""
        self.done.append(step)
        self.changed = True
        if isinstance(step, Delete):
            if self.token is not None and self.token.mrn == step.token.mrn:
                self.token = None
            return
        subject = self.generated or self.plan.after
        if subject is None or step.token.mrn != subject.mrn:
            return
        if isinstance(step, SetRoles):
            base = self.token if self.token is not None and self.token.mrn == step.token.mrn else step.token
            self.token = replace(base, roles=step.after.roles)
        else:
            self.token = answer or _updated(step, self.token)


def _updated(step: Update, token: Token | None) -> Token:
    """The token after an update, if the response does not show it."""
    base = token if token is not None and token.mrn == step.token.mrn else step.token
    return replace(base, name=step.after.name, description=step.after.description)
