# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of a declaration against the model, in the order in which a module does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.mondoo.platform.plugins.module_utils._api.tokens import ServiceProfile, TokenApi
from ansible_collections.mondoo.platform.plugins.module_utils._applying.executor import Outcome, apply_plan
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.client import ServiceClock
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.retry import RetryPolicy
from ansible_collections.mondoo.platform.plugins.module_utils._planning.plan import Plan
from ansible_collections.mondoo.platform.plugins.module_utils._planning.planner import plan_token
from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import Facts, FileFacts, TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import FILE_FAILED, MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token

from .model import Clock, Fault, Model


class MemoryFile:
    """A delivery to one file whose times follow the model's clock, later with each secret by a second at least."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.content: str | None = None
        self.modified_at: datetime | None = None
        self.reserved = False
        self.refuses_to_reserve = False
        self.refuses_to_commit = False
        self.delivered: set[str] = set()

    def facts(self) -> FileFacts:
        return FileFacts(self.modified_at)

    def put(self, content: str, modified_at: datetime) -> MemoryFile:
        self.content, self.modified_at = content, modified_at
        self.delivered.add(content)
        return self

    def remove(self) -> None:
        self.content = self.modified_at = None

    def reserve(self) -> None:
        if self.refuses_to_reserve:
            raise MondooError(FILE_FAILED, "no space left", attempted="write the secret")
        self.reserved = True

    def commit(self, secret: str) -> None:
        assert self.reserved, "reserve comes first"
        if self.refuses_to_commit:
            raise MondooError(FILE_FAILED, "no space left", attempted="write the secret")
        earliest = self.modified_at.replace(microsecond=0) + timedelta(seconds=1) if self.modified_at else None
        self.put(secret, max(self._clock.now, earliest or self._clock.now))
        self.reserved = False

    def discard(self) -> None:
        self.reserved = False


@dataclass(frozen=True)
class Run:
    """What a run planned and came to. listing: what it started from."""

    plan: Plan
    outcome: Outcome
    listing: tuple[Token, ...]
    mutations: list[str]
    requests: int

    @property
    def error(self) -> MondooError:
        assert self.outcome.error is not None, "the run did not fail"
        return self.outcome.error


def service_of(model: Model, retries: int = 2) -> TokenApi:
    policy = RetryPolicy(retries, sleep=model.clock.sleep, jitter=lambda: 1.0)
    return TokenApi(model, policy, ServiceProfile(ServiceClock(lambda: model.clock.now)))


def list_tokens(model: Model, scope: Scope) -> tuple[Token, ...]:
    """What the service lists of the scope; raises MondooError."""
    return read_listing(service_of(model), scope)


def read_listing(api: TokenApi, scope: Scope) -> tuple[Token, ...]:
    """What the service lists of the scope; raises MondooError."""
    listing = api.list_tokens([scope])[scope]
    if isinstance(listing, MondooError):
        raise listing
    return listing


def facts_of(model: Model, file: MemoryFile | None = None, own: str | None = None) -> Facts:
    return Facts(model.clock.now, file.facts() if file else None, lambda token: token.mrn == own)


def run(
    spec: TokenSpec, model: Model, file: MemoryFile | None = None, *, own: str | None = None, retries: int = 2
) -> Run:
    """Lists, plans and applies. Raises what is refused before anything is applied."""
    service = service_of(model, retries)
    listing = read_listing(service, spec.scope)
    plan = plan_token(spec, listing, facts_of(model, file, own))
    outcome = apply_plan(plan, service, listing, file)
    return Run(plan, outcome, listing, service.mutations, service.requests)


def run_with(
    model: Model, spec: TokenSpec, faults: Mapping[int, Fault], file: MemoryFile | None = None, *, retries: int = 2
) -> Run:
    """A run whose requests fail as given, the listing being number 0."""
    model.fail(faults)
    return run(spec, model, file, retries=retries)


def denied(*numbers: int) -> dict[int, Fault]:
    """Requests that the service refuses for good."""
    return dict.fromkeys(numbers, Fault.DENIED)
