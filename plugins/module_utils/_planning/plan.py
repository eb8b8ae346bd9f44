# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan: the steps from the current to the declared state, and their result.

Everything that a run reports is derived from its plan, so check mode, which does not apply it, cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, TypeAlias

from .._values.permissions import declarable, spelled_as
from .._values.token import Token, same_description, token_diff


@dataclass(frozen=True)
class Update:
    """Changes the name, the description or both; None keeps the current value.

    token: its MRN is None for the token that an earlier step of the same plan generates.
    """

    operation: ClassVar[str] = "updateAPIToken"
    token: Token
    name: str | None = None
    description: str | None = None

    @property
    def after(self) -> Token:
        """The token after the step."""
        description = self.token.description if self.description is None else self.description
        return replace(self.token, name=self.name or self.token.name, description=description)

    def is_done(self, now: Token | None) -> bool:
        """Whether the token, as listed (None if it is not), is as it should be after the step."""
        if now is None or (self.name is not None and now.name != self.name):
            return False
        return self.description is None or same_description(now.description, self.description)


@dataclass(frozen=True)
class SetRoles:
    """Replaces the declarable roles of a token."""

    operation: ClassVar[str] = "setRoles"
    token: Token
    roles: frozenset[str]

    @property
    def after(self) -> Token:
        """The token after the step."""
        return replace(self.token, roles=(self.token.roles - declarable(self.token.roles)) | self.roles)

    def is_done(self, now: Token | None) -> bool:
        """As for `Update`."""
        return now is not None and declarable(now.roles) == spelled_as(self.roles, now.roles)


@dataclass(frozen=True)
class Generate:
    """Generates a token and hands its secret over.

    token: as it will be, under its declared name. pending_at: the time in its pending name. named_at_once: whether the first
    attempt generates it under its declared name; later ones never do. verify: whether the secret is tested against the
    service before anything else happens.
    """

    operation: ClassVar[str] = "generateAPIToken"
    token: Token
    pending_at: datetime
    named_at_once: bool = False
    verify: bool = False


@dataclass(frozen=True)
class Delete:
    """Deletes a token."""

    operation: ClassVar[str] = "deleteAPIToken"
    token: Token

    def is_done(self, now: Token | None) -> bool:
        """As for `Update`."""
        return now is None


Change: TypeAlias = "Update | SetRoles | Delete"
Step: TypeAlias = "Update | SetRoles | Generate | Delete"


@dataclass(frozen=True)
class Plan:
    """steps: in order; empty if nothing has to change. before, after: the token now and after the plan; None is absent.

    after.mrn is None if the service will choose a new one. reason: why a token is replaced, e.g. "93 days old,
    rotate_after 90d". staged: whether a new secret is handed over by tasks after this run. finished: the pending token whose
    secret was handed over by an earlier run, or by tasks since then, and is put to use now.
    """

    before: Token | None
    after: Token | None
    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()
    reason: str | None = None
    staged: bool = False
    finished: Token | None = None

    @property
    def changed(self) -> bool:
        return bool(self.steps)

    @property
    def generates(self) -> bool:
        """Whether it generates a secret."""
        return any(isinstance(step, Generate) for step in self.steps)

    @property
    def hands_over(self) -> bool:
        """Whether a new secret is put to use, or is about to be."""
        return self.generates or self.finished is not None

    @property
    def operations(self) -> list[str]:
        """The mutations by their GraphQL names, in order."""
        return [step.operation for step in self.steps]

    @property
    def diff(self) -> dict[str, Any]:
        """Before and after for Ansible's diff; for a secret only whether and why it changes, not its content.

        leftovers: names of other tokens of that name that are deleted, pending or retired ones.
        """
        before, after = token_diff(self.before), token_diff(self.after)
        leftovers = [step.token.name for step in self.steps if isinstance(step, Delete) and step.token != self.before]
        if leftovers:
            before["leftovers"] = sorted(leftovers)
            after |= {"leftovers": []} if self.after else {}
        if self.hands_over and self.before and self.after:
            before["secret"] = "in use"
            after["secret"] = f"replaced: {self.reason}" if self.reason else "replaced"
        return {"before": before, "after": after}
