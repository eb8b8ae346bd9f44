# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generates one token and hands its secret over, or leaves nothing behind.

A lost response proves nothing: the next attempt uses a pending name, so a token that a listing shows late cannot be
mistaken for the one in use. A token that the lost request may have created is searched for and deleted.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from .._api.tokens import Generated, TokenApi
from .._graphql.response import Verdict
from .._graphql.retry import RetryBudget
from .._planning.plan import Delete, Generate, Update
from .._values import errors
from .._values.errors import MondooError, internal_error
from .._values.permissions import declarable
from .._values.times import count_of
from .._values.token import Token, same_description
from .._values.token_names import fold_name, parse_name, pending_name
from .changes import apply_insistently, list_insistently
from .entry import Entry

# Seconds to wait for a stray with a pending name; one that appears later is recognised and deleted by the next run.
_PATIENCE_FOR_PENDING = 2.0
# Seconds to wait until a new secret is accepted.
_PATIENCE_FOR_SECRET = 10.0


@dataclass(frozen=True)
class Surroundings:
    """What generation needs besides the API. connect_as: makes an API that logs in with a secret.

    patience: seconds to search for a token that may have been generated under its declared name.
    """

    connect_as: Callable[[str], AbstractContextManager[TokenApi]]
    patience: float


def generate(api: TokenApi, entry: Entry, step: Generate, surroundings: Surroundings) -> None:
    """Executes the step, and records the outcome in the entry; a failure is its `error`. Never raises."""
    generation = _Generation(api, entry, step, surroundings)
    try:
        if entry.sink:
            entry.sink.reserve()
        generation.run()
    except MondooError as error:
        entry.error = error
    except Exception as error:  # noqa: BLE001  (secrets of other entries have yet to be returned)
        entry.error = internal_error(error)
    finally:
        if entry.sink:
            entry.sink.discard()


@dataclass
class _Generation:
    """lost: the names with lost responses for which no token was found yet, with their number."""

    api: TokenApi
    entry: Entry
    step: Generate
    surroundings: Surroundings
    lost: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._budget: RetryBudget = self.api.policy.budget()
        self._kept: str | None = None

    @property
    def _wanted(self) -> Token:
        return self.step.token

    def run(self) -> None:
        """Raises MondooError after undoing what was done."""
        name, generated = self._generate()
        self._kept = generated.token.mrn
        new = replace(generated.token, roles=self._wanted.roles)
        try:
            if new.mrn is None or not generated.named:
                new = self._identify(new, name)
            self._check_stored(new, name)
            # Before the secret is handed over, while the new token can still be deleted.
            self._sweep()
            self._hand_over(new, generated.secret)
        except MondooError as error:
            raise self._undo(new, error) from None
        except Exception as error:  # noqa: BLE001  (in any case, nobody has the secret)
            raise self._undo(new, internal_error(error)) from None
        self.entry.generated = self.entry.token = new
        self.entry.changed = True
        if self.step.named_at_once and name != self._wanted.name:
            self.entry.steps.insert(0, Update(new, name=self._wanted.name))

    def _generate(self) -> tuple[str, Generated]:
        """The name under which the token was generated, and the service's response."""
        name = self._wanted.name if self.step.named_at_once else self._pending_name(0)
        tries = 1
        while True:
            response = self.api.generate_token(
                self._wanted.scope, name, self._wanted.description, declarable(self._wanted.roles), self._budget
            )
            if response.verdict is not Verdict.REFUSED:
                self.entry.operations.append(self.step.operation)
            if response.verdict is Verdict.DONE and response.value is not None:
                return name, response.value
            error = response.error or internal_error(AssertionError("a response without a value has an error"))
            if response.verdict is Verdict.UNKNOWN:
                self.lost[name] += 1
                self._delete_strays()
            if not self._may_try_again(response.verdict, error, tries):
                raise self._give_up(error)
            name = self._pending_name(tries)
            tries += 1

    def _may_try_again(self, verdict: Verdict, error: MondooError, tries: int) -> bool:
        if verdict is not Verdict.UNKNOWN or not error.transient or tries > self.api.policy.retries:
            return False
        try:
            self._budget.pause(tries, error)
        except MondooError:
            return False
        return True

    def _pending_name(self, tries: int) -> str:
        """The pending name after `tries` attempts; none of them has used it."""
        return pending_name(self._wanted.name, self.step.pending_at + timedelta(seconds=tries))

    def _give_up(self, error: MondooError) -> MondooError:
        with contextlib.suppress(MondooError):
            self._sweep()
        if self.lost:
            self.entry.changed = True
            error.note(
                f"Whether a token was generated could not be determined: if {self._wanted.scope} has an API token"
                f" {_any_of(self.lost)} that did not exist before, its secret is lost; delete it."
            )
        return error

    def _check_stored(self, stored: Token, name: str) -> None:
        """Raises MondooError if the service stored another name or description than requested."""
        attempted = f'generate the API token "{name}" in {stored.scope}'
        if stored.name != name:
            raise MondooError(
                errors.STORED_OTHERWISE,
                f'the service stored the name "{name}" as "{stored.name}"',
                attempted=attempted,
                operation=self.step.operation,
                advice=_advise_on_name(stored.name, name, self._wanted.name),
            )
        if not same_description(stored.description, self._wanted.description):
            raise MondooError(
                errors.STORED_OTHERWISE,
                f"the service stored the description {self._wanted.description!r} as {stored.description!r}",
                attempted=attempted,
                operation=self.step.operation,
                advice="Declare the description as the service stores it.",
            )

    def _identify(self, new: Token, name: str) -> Token:
        """The new token with its MRN and its name as stored, which the response does not both show, if a listing does.

        name: the requested one.
        """
        listed = self._find(new)
        if listed is not None:
            self._kept = listed.mrn
            return replace(
                new,
                mrn=listed.mrn,
                name=listed.name,
                description=listed.description,
                created_at=new.created_at or listed.created_at,
                created_by=new.created_by or listed.created_by,
            )
        if new.mrn is None and name != self._wanted.name:
            raise MondooError(
                errors.SCHEMA_MISMATCH,
                "the service does not return the MRN of the new token, and its listing does not show it",
                attempted=f'generate the API token "{new.name}" in {new.scope}',
                operation=self.step.operation,
            )
        self.entry.warnings.append(
            f"The service did not return the {'MRN' if new.mrn is None else 'name'} of the new API token"
            f' "{new.name}" of {new.scope}, and its listing does not show it yet.'
        )
        return new

    def _find(self, new: Token) -> Token | None:
        """The new token as a listing shows it, found by its MRN, else by its name."""
        for _attempt in self.api.policy.budget(_PATIENCE_FOR_PENDING).attempts():
            if new.mrn is None:
                found = self._new_tokens(Counter({new.name: 1}))
            else:
                listing = list_insistently(self.api, new, self._budget)
                found = [token for token in listing if token.mrn == new.mrn]
            if found:
                return found[0]
        return None

    def _hand_over(self, new: Token, secret: str) -> None:
        if self.step.verify:
            self._verify(new, secret)
        if self.entry.sink is None:
            self.entry.secret = secret
        else:
            # Its time shows the next run whose secret is in the file.
            self.entry.sink.commit(secret, parse_name(new.name).at or self.step.pending_at)

    def _verify(self, new: Token, secret: str) -> None:
        """Raises MondooError unless the service accepts the secret. A new token may need a moment."""
        for _attempt in self._budget.attempts(_PATIENCE_FOR_SECRET):
            try:
                with self.surroundings.connect_as(secret) as api:
                    if api.accepts(new.scope, self._budget):
                        return
            except MondooError as error:
                if error.code != errors.SCHEMA_MISMATCH:
                    raise error.during(f'verify the secret of the new API token "{new.name}" of {new.scope}') from None
                self.entry.warnings.append(f"The new secret could not be verified: {error.reason}.")
                return
        raise MondooError(
            errors.SECRET_REFUSED,
            "the service refuses it as a credential",
            attempted=f'verify the secret of the new API token "{new.name}" of {new.scope}',
            advice="Set verify_secret to never if new tokens take longer to be accepted.",
        )

    def _undo(self, new: Token, error: MondooError) -> MondooError:
        """Deletes the token, since its secret was not handed over."""
        self.entry.secret = None
        try:
            tokens = (
                [new] if new.mrn is not None else self._look_for(Counter({new.name: 1}), self.surroundings.patience)
            )
            failure = None if tokens else MondooError(errors.NOT_FOUND, "the listing does not show it")
            for token in tokens:
                failure = apply_insistently(self.api, self.entry, Delete(token), self._budget) or failure
        except MondooError as second:
            failure = second
        with contextlib.suppress(MondooError):
            self._sweep()
        if failure is None:
            return error.note("The new token was deleted again.")
        self.entry.changed = True
        return error.note(
            f'The new API token "{new.name}" ({new.mrn or "MRN unknown"}) could not be deleted again ({failure.reason}):'
            " delete it, its secret is lost."
        )

    # -- strays of lost responses -------------------------------------------------------------------------------------

    def _sweep(self) -> None:
        """Waits for strays of lost responses and deletes them; warns of those that never appeared.

        Raises MondooError if it cannot be determined whether there is a second token with the declared name.
        """
        if not self.lost:
            return
        has_lost_declared_name = self._wanted.name in self.lost
        patience = self.surroundings.patience if has_lost_declared_name else _PATIENCE_FOR_PENDING
        try:
            self._look_for(self.lost, patience, delete=True)
        except MondooError as error:
            self.entry.warnings.append(
                f"An answer got lost while the API token {_any_of(self.lost)} of {self._wanted.scope} was generated, and"
                f" whether the service has a second one could not be determined ({error.reason})."
            )
            if has_lost_declared_name:
                raise
            return
        if self.lost:
            self.entry.warnings.append(
                f"An answer got lost while the API token {_any_of(self.lost)} of {self._wanted.scope} was generated. No"
                f" listing showed a token of that request within {count_of(round(patience), 'second')}: if one shows up"
                f" whose MRN is not {self._kept or 'known'}, its secret is lost; delete it."
            )

    def _delete_strays(self) -> None:
        """A first search, before the next attempt."""
        try:
            self._look_for(self.lost, patience=0.0, delete=True)
        except MondooError:
            # The sweep at the end searches again, and reports what it could not determine.
            return

    def _look_for(self, names: Counter[str], patience: float, *, delete: bool = False) -> list[Token]:
        """New tokens with these names, each at most as often as in `names`, from which those found are removed.

        Searches until all are found, or for `patience` seconds. Raises MondooError if listing fails, or if there are more
        new tokens than this run can have generated.
        """
        tokens: list[Token] = []
        for _attempt in self.api.policy.budget(patience).attempts():
            for token in self._new_tokens(names):
                if token.mrn not in {each.mrn for each in tokens}:
                    if delete:
                        self._delete_stray(token)
                    tokens.append(token)
                    names.subtract([_matching(token, names) or token.name])
            for name in [name for name, count in names.items() if count <= 0]:
                del names[name]
            if not names:
                break
        return tokens

    def _new_tokens(self, names: Counter[str]) -> list[Token]:
        listing = list_insistently(self.api, self._wanted, self._budget)
        new = [
            token
            for token in listing
            if token.mrn not in self.entry.known and token.mrn != self._kept and _matching(token, names) is not None
        ]
        found = Counter(_matching(token, names) for token in new)
        too_many = [name for name, count in found.items() if name is not None and count > names[name]]
        if too_many:
            raise MondooError(
                errors.AMBIGUOUS_NAME,
                f"{found[too_many[0]]} new API tokens have the name {_any_of(too_many)}, and this run can have generated no"
                f" more than {names[too_many[0]]} of them",
            )
        return new

    def _delete_stray(self, token: Token) -> None:
        failure = apply_insistently(self.api, self.entry, Delete(token), self._budget)
        if failure is not None:
            raise failure


def _matching(token: Token, names: Counter[str]) -> str | None:
    """The requested name of the token among these; a service may store another form of it."""
    return next((name for name in names if fold_name(name) == fold_name(token.name)), None)


def _advise_on_name(stored: str, asked: str, declared: str) -> str:
    base = stored[: max(len(stored) - (len(asked) - len(declared)), 0)]
    if base == declared:
        return "The service alters the names that a rotation gives: delete the token and create it anew instead."
    return f'Declare the name as the service stores it: "{base}".'


def _any_of(names: Counter[str] | list[str]) -> str:
    return " or ".join(f'"{name}"' for name in names)
