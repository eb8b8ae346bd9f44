# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applies a plan: the one place that changes something at the service.

An answer that got lost says nothing about what happened, so the listing is asked before anything is sent again. A token
whose secret nobody holds is deleted at once, and a token that was set aside for it gets its name back.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from .._api.tokens import Generated, RoleChange, TokenApi, TokenUpdate
from .._graphql.response import Response
from .._planning.plan import Delete, Generate, Plan, SetRoles, Update, left_by
from .._values.errors import GARBLED_ANSWER, MondooError, internal_error
from .._values.mrn import Scope
from .._values.permissions import declarable
from .._values.token import Token

# How often the listing is read for a token that may be there: listings can lag a moment behind.
_LOOKS = 3
# How often it is tried to find out what happened, and to clean up.
_INSISTENCE = 3

T = TypeVar("T")


class Delivery(Protocol):
    """Where a new secret goes. Everything that can be refused is refused by `reserve`, before anything is generated."""

    def reserve(self) -> None:
        """Makes ready what the secret will be put into, or raises MondooError."""

    def commit(self, secret: str) -> None:
        """Delivers the secret, or raises MondooError."""

    def discard(self) -> None:
        """Removes what was reserved and not used."""


@dataclass
class Outcome:
    """What applying a plan came to.

    token: as it is now. operations: the mutations sent for it, in order, by their GraphQL names.
    secret: of the token generated in this run, where it was not delivered to a file; present beside an error too, because
    it is shown only once. error: why the plan was not applied to its end.
    """

    token: Token | None
    operations: list[str] = field(default_factory=list)
    secret: str | None = None
    warnings: list[str] = field(default_factory=list)
    error: MondooError | None = None


def _send(step: Update | SetRoles | Delete, api: TokenApi) -> None:
    """Makes the step; raises MondooError if it was not made, or nobody knows."""
    budget = api.policy.budget()
    response: Response[Any]
    if isinstance(step, Update):
        (response,) = api.update_tokens([TokenUpdate(step.token, step.name, step.description)], budget)
    elif isinstance(step, SetRoles):
        (response,) = api.set_roles(step.token.scope, [RoleChange(step.token, step.roles)], budget)
    else:
        (response,) = api.delete_tokens([step.token], budget)
    if response.error:
        raise response.error


def apply_plan(plan: Plan, service: TokenApi, listing: Collection[Token], delivery: Delivery | None = None) -> Outcome:
    """Applies the steps in order and stops at the first that fails.

    listing: the tokens that the plan was made from; what is not among them is new.
    """
    return _Execution(plan, service, listing, delivery).run()


class _Execution:
    def __init__(self, plan: Plan, service: TokenApi, listing: Collection[Token], delivery: Delivery | None) -> None:
        self._plan = plan
        self._service = service
        self._listed = listing
        self._delivery = delivery if plan.generates else None
        self._outcome = Outcome(token=plan.before)
        self._generated = False
        # Whether a token may be there that nobody has the secret of.
        self._may_have_left_one = False

    @functools.cached_property
    def _known(self) -> frozenset[str | None]:
        # Needed only where something went wrong, and a listing may be long.
        return frozenset(token.mrn for token in self._listed)

    def run(self) -> Outcome:
        sent = len(self._service.mutations)
        try:
            if self._delivery:
                self._delivery.reserve()
            for step in self._plan.steps:
                if isinstance(step, Generate):
                    self._generate(step)
                elif isinstance(step, Delete):
                    self._delete(step)
                else:
                    self._change(step)
            self._outcome.token = self._final_token()
        except MondooError as error:
            self._outcome.error = error
        except Exception as error:  # noqa: BLE001  (a secret may be in the outcome already)
            self._outcome.error = internal_error(error)
        finally:
            if self._delivery:
                self._delivery.discard()
            self._outcome.operations = self._service.mutations[sent:]
        return self._outcome

    def _final_token(self) -> Token | None:
        """The token as planned, with the MRN that the service has given to a new one."""
        after, told = self._plan.after, self._outcome.token
        return replace(after, mrn=told.mrn) if after and told and self._generated else after

    def _change(self, step: Update | SetRoles) -> None:
        self._settle(lambda: _send(step, self._service), step.token, step.reached)
        self._outcome.token = left_by(step, self._outcome.token)

    def _delete(self, step: Delete) -> None:
        if not self._generated:
            self._delete_token(step)
            self._outcome.token = left_by(step, self._outcome.token)
            return
        # The new token is delivered; the one it replaced must not stay valid because of a passing trouble.
        try:
            self._insist(lambda: self._delete_token(step))
        except MondooError as error:
            error.note("The new token is in place; the one it replaced is still valid, and the next run deletes it.")
            if self._outcome.secret is not None:
                error.note(
                    "The next run cannot know that this one returned the secret: it replaces a new token that was never used."
                )
            raise error from None

    def _delete_token(self, step: Delete) -> None:
        def send() -> None:
            _send(step, self._service)

        # A token of this run may be missing from the listing only because it is new: sending again is what makes sure.
        self._settle(send, step.token, lambda now: step.reached(now) and step.token.mrn in self._known)

    def _generate(self, step: Generate) -> None:
        try:
            generated = self._generate_once(step.token)
            new = replace(step.token, mrn=generated.token.mrn)
            self._deliver(new, generated.secret)
        except MondooError as error:
            self._give_name_back(step, error)
            raise
        self._generated = True
        self._outcome.token = new

    def _generate_once(self, wanted: Token) -> Generated:
        """Generates exactly one token, however many answers get lost."""
        answer_was_lost = False

        def attempt() -> Generated:
            nonlocal answer_was_lost
            response = self._service.generate_token(
                wanted.scope,
                wanted.name,
                wanted.description,
                declarable(wanted.roles),
                self._service.policy.budget(),
            )
            if response.error is None and response.value is not None:
                return response.value
            error = response.error or MondooError(GARBLED_ANSWER, "no answer", outcome_unknown=True)
            if error.outcome_unknown:
                answer_was_lost = True
                self._delete_strays(wanted, error)
            raise error

        generated = self._service.policy.budget().call(attempt, _lost_and_transient)
        if generated.token.mrn is None:
            generated = generated._replace(token=replace(generated.token, mrn=self._find_mrn(wanted)))
            if answer_was_lost:
                self._outcome.warnings.append(
                    f'An answer got lost while the API token "{wanted.name}" was generated, and the service does not tell'
                    f" the MRN of a new token: check that {wanted.scope} has one token of the name and not two."
                )
        if answer_was_lost and generated.token.mrn is not None:
            self._delete_latecomers(wanted, generated.token.mrn)
        return generated

    def _delete_latecomers(self, wanted: Token, kept: str) -> None:
        """Deletes what the listing did not show yet after the first try. Only warns: a secret is at stake."""
        try:
            for stray in self._new_tokens(wanted):
                if stray.mrn != kept:
                    self._delete_stray(stray)
        except MondooError as error:
            self._outcome.warnings.append(
                f'An answer got lost while the API token "{wanted.name}" was generated, and whether a second one came to'
                f" be could not be found out ({error.reason}): the one to keep is {kept}."
            )

    def _delete_stray(self, stray: Token) -> None:
        self._insist(lambda: self._delete_token(Delete(stray)))

    def _delete_strays(self, wanted: Token, error: MondooError) -> None:
        """Deletes what a generation with a lost answer has left: nobody has its secret."""
        try:
            for stray in self._look_for(wanted):
                self._delete_stray(stray)
        except MondooError as second:
            # Sending it again now could leave two.
            error.transient = False
            self._may_have_left_one = True
            error.note(
                f"Whether the token came to be could not be found out ({second.reason}): if {wanted.scope} now has an"
                f' API token "{wanted.name}" that was not there before, nobody has its secret; delete it.'
            )

    def _find_mrn(self, wanted: Token) -> str | None:
        """The MRN of a token that was just generated, where the answer had none."""
        try:
            found = self._look_for(wanted)
        except MondooError:
            found = []
        if found:
            return max(found, key=lambda token: (token.created_at is not None, token.created_at, token.mrn)).mrn
        self._outcome.warnings.append(
            f'The service did not tell the MRN of the new API token "{wanted.name}" of {wanted.scope},'
            " and its listing does not show it yet."
        )
        return None

    def _look_for(self, wanted: Token) -> list[Token]:
        """New tokens that look like the one that was to be generated, with some patience; none if there are none."""
        for look in range(1, _LOOKS + 1):
            found = self._new_tokens(wanted)
            if found or look == _LOOKS:
                return found
            self._service.policy.sleep(self._service.policy.backoff(look))
        return []

    def _new_tokens(self, wanted: Token) -> list[Token]:
        return [
            token
            for token in self._listing(wanted.scope)
            if token.mrn not in self._known
            and (token.name, token.description, declarable(token.roles))
            == (wanted.name, wanted.description, declarable(wanted.roles))
        ]

    def _deliver(self, new: Token, secret: str) -> None:
        if self._delivery is None:
            self._outcome.secret = secret
            return
        try:
            self._delivery.commit(secret)
        except MondooError as error:
            self._take_back(new, error)
            raise

    def _take_back(self, new: Token, error: MondooError) -> None:
        """Deletes a token whose secret could not be delivered."""
        try:
            # Without an MRN, the listing did not show it before.
            strays = self._look_for(new) if new.mrn is None else [new]
            for stray in strays:
                self._delete_stray(stray)
        except MondooError as second:
            self._may_have_left_one = True
            error.note(
                f'The new API token "{new.name}" ({new.mrn or "MRN unknown"}) could not be deleted again ({second.reason}):'
                " delete it, nobody has its secret."
            )
            return
        if strays:
            error.note("The new token was deleted again.")
        else:
            self._may_have_left_one = True
            error.note(
                f'The new API token "{new.name}" could not be deleted again, since the listing does not show it:'
                " delete it, nobody has its secret."
            )

    def _give_name_back(self, step: Generate, error: MondooError) -> None:
        aside = step.replaces
        if aside is None:
            return
        if self._may_have_left_one:
            # Two would have the name then; set aside as it is, the next run can tell them apart.
            error.note(f'The token that it was to replace is still valid and named "{aside.name}".')
            return
        try:
            self._insist(lambda: self._change(Update(aside, name=step.token.name)))
            error.note("The token that it was to replace is unchanged.")
        except MondooError as second:
            error.note(
                f'The token that it was to replace is still valid and named "{aside.name}" ({second.reason});'
                " the next run goes on from there."
            )

    def _settle(self, send: Callable[[], None], token: Token, reached: Callable[[Token | None], bool]) -> None:
        """Sends a change that may be sent twice; after a lost answer only if the listing shows that it did not happen."""

        def attempt() -> None:
            try:
                send()
            except MondooError as error:
                happened = self._happened(token, reached) if error.outcome_unknown else None
                if happened is False:
                    self._service.mutations.pop()
                if not happened:
                    raise

        self._service.policy.budget().call(attempt, _lost_and_transient)

    def _happened(self, token: Token, reached: Callable[[Token | None], bool]) -> bool | None:
        """None: nobody knows."""
        try:
            listing = self._listing(token.scope)
        except MondooError:
            return None
        return reached(next((entry for entry in listing if entry.mrn == token.mrn), None))

    def _insist(self, send: Callable[[], T]) -> T:
        """For looking and cleaning up, on which more depends than on one request: tries again whatever the failure was."""
        for tries in range(1, _INSISTENCE):
            try:
                return send()
            except MondooError:
                self._service.policy.sleep(self._service.policy.backoff(tries))
        return send()

    def _listing(self, scope: Scope) -> tuple[Token, ...]:
        def read() -> tuple[Token, ...]:
            listing = self._service.list_tokens([scope])[scope]
            if isinstance(listing, MondooError):
                raise listing
            return listing

        return self._insist(read)


def _lost_and_transient(error: MondooError) -> bool:
    # What was certainly not executed has been tried again by the service's own methods.
    return error.outcome_unknown and error.transient
