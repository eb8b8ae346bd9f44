# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service, a file and a person who follows what errors ask for: runs with faults, and what must hold after them."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token, retirement_of

from .builders import SPACE
from .model import Clock, Entry, Fault, Killed, Model
from .runs import MemoryFile, Run, list_tokens, run

# Every way in which a run says that a token may be left whose secret is lost.
CONFESSIONS = ("nobody has its secret", "whether a second one came to be could not be found out")


class World:
    """Everything around the declaration of the token "ci". to_file: whether secrets go to a file or are returned."""

    def __init__(self, *tokens: Token, to_file: bool, lag: int = 0, payload_mrn: bool = True) -> None:
        self.clock = Clock()
        self.model = Model(self.clock, lag=lag, payload_mrn=payload_mrn).add(*tokens)
        self.file = MemoryFile(self.clock) if to_file else None
        self._returned: set[str] = set()

    @property
    def orphans(self) -> list[Entry]:
        """Tokens generated in a run whose secret has reached neither the file nor a result."""
        held = self._returned | (self.file.delivered if self.file else set())
        return [
            entry
            for entry in self.model.entries.values()
            if entry.secret.startswith("new-secret-") and entry.secret not in held
        ]

    def run(
        self, spec: TokenSpec, faults: Mapping[int, Fault] | None = None, *, breaks_file: bool = False
    ) -> Run | None:
        """One run; None if it was killed. A token that is left without a holder must have been confessed."""
        file = self.file if spec.present else None
        if self.file:
            self.file.refuses_to_commit = breaks_file
        for entry in self.model.entries.values():
            entry.hidden_for = 0
        before = {entry.mrn for entry in self.orphans}
        self.model.fail(faults or {})
        try:
            done = run(spec, self.model, file)
        except Killed:
            return None
        finally:
            self.model.faults = {}
        if done.outcome.secret:
            assert self.file is None, "a secret for the file was returned"
            self._returned.add(done.outcome.secret)
        if self.file:
            assert not self.file.reserved, "the reserved file was not discarded"
        words = " ".join([str(done.outcome.error or ""), *done.outcome.warnings])
        left = {entry.mrn for entry in self.orphans} - before
        assert not left or any(confession in words for confession in CONFESSIONS), words
        return done

    def follow_advice(self) -> None:
        """Deletes what an error asked to delete."""
        for entry in self.orphans:
            del self.model.entries[entry.mrn]

    def converge(self, spec: TokenSpec) -> None:
        """A run without faults, which must lead to what is declared, and a second one with nothing left to do."""
        first = self.run(spec)
        assert first is not None
        assert first.outcome.error is None
        assert first.plan.operations == first.mutations
        second = self.run(spec)
        assert second is not None
        assert (second.mutations, second.requests) == ([], 1)
        self.check(spec)

    def check(self, spec: TokenSpec) -> None:
        """What must hold after a run without faults."""
        listing = list_tokens(self.model, SPACE)
        live = [token for token in listing if token.name == "ci"]
        assert len(live) == int(spec.present)
        for token in listing:
            at = retirement_of(token, "ci")
            assert at is None or (spec.overlap and at + spec.overlap > self.clock.now), f"{token.name} lingers"
        if not live:
            return
        entry = self.model.entries[str(live[0].mrn)]
        assert entry not in self.orphans
        if self.file and self.file.content is not None:
            assert self.file.content == entry.secret
