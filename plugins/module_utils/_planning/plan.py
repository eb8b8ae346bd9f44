# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan: the steps that lead from what is there to what was declared, and what they lead to.

Everything a run reports is drawn from its plan, so that check mode, which does not apply it, cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeAlias

from .._values.permissions import declarable
from .._values.token import Token, token_diff


@dataclass(frozen=True)
class Update:
    """Changes the name, the description or both; None leaves one as it is."""

    operation: ClassVar[str] = "updateAPIToken"
    token: Token
    name: str | None = None
    description: str | None = None

    @property
    def after(self) -> Token:
        """The token as the step leaves it."""
        description = self.token.description if self.description is None else self.description
        return replace(self.token, name=self.name or self.token.name, description=description)

    def reached(self, now: Token | None) -> bool:
        """Whether the token, as a listing shows it (None if it does not), is as the step leaves it."""
        return now is not None and (now.name, now.description) == (self.after.name, self.after.description)


@dataclass(frozen=True)
class SetRoles:
    """Replaces the declarable roles of a token."""

    operation: ClassVar[str] = "setRoles"
    token: Token
    roles: frozenset[str]

    def reached(self, now: Token | None) -> bool:
        """As for `Update`."""
        return now is not None and declarable(now.roles) == self.roles


@dataclass(frozen=True)
class Generate:
    """Generates a token and delivers its secret.

    replaces: the token that an earlier step or run retired for it. If generating or delivering fails, that one gets
    the name back.
    """

    operation: ClassVar[str] = "generateAPIToken"
    token: Token
    replaces: Token | None = None


@dataclass(frozen=True)
class Delete:
    """Deletes a token."""

    operation: ClassVar[str] = "deleteAPIToken"
    token: Token

    def reached(self, now: Token | None) -> bool:
        """As for `Update`."""
        return now is None


Step: TypeAlias = "Update | SetRoles | Generate | Delete"


def left_by(step: Update | SetRoles | Delete, token: Token | None) -> Token | None:
    """What a step that was done leaves of the token that a run tells of; None if nothing."""
    if isinstance(step, Update):
        return step.after
    if token is None or token.mrn != step.token.mrn:
        return token
    if isinstance(step, Delete):
        return None
    return replace(token, roles=(token.roles - declarable(token.roles)) | step.roles)


@dataclass(frozen=True)
class Plan:
    """steps: in order; none if nothing is to do. before, after: the token as it is and as it will be; None is absent.

    after.mrn is None where the service will make up a new one.
    """

    before: Token | None
    after: Token | None
    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.steps)

    @property
    def generates(self) -> bool:
        """Whether a secret will come out of it."""
        return any(isinstance(step, Generate) for step in self.steps)

    @property
    def operations(self) -> list[str]:
        """The mutations by their GraphQL names, in order."""
        return [step.operation for step in self.steps]

    @property
    def diff(self) -> dict[str, Any]:
        return {"before": token_diff(self.before), "after": token_diff(self.after)}
