# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of a module for a declared set: from its options to its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._api.pool import TokenApiPool
from .._api.tokens import Listing
from .._applying.executor import Outcome
from .._applying.fleet import Job, apply_fleet
from .._planning.fleet import Declared, FleetPlan, plan_fleet
from .._planning.plan import Plan
from .._planning.spec import Facts, FileFacts
from .._values.errors import MondooError, internal_error
from .._values.mrn import Scope
from .._values.token import token_result
from .fleet_declaration import Entry, concurrency_from, entries_from, prune_from
from .secret_file import SecretFile
from .session import Session, failure, open_session

_SHOWN_ERRORS = 5
_SHOWN_WARNINGS = 20
_PROGRESS_STEPS = 10


def reconcile(module: AnsibleModule) -> dict[str, Any]:
    """Makes the tokens as declared, or in check mode says what that would take."""
    entries = entries_from(module.params)
    prune = prune_from(module.params)
    concurrency = concurrency_from(module.params)
    session = open_session(module)
    crew = TokenApiPool(session.service, session.connect, concurrency)
    lines = [_Line(entry) for entry in entries]

    listings = crew.list_tokens(list(dict.fromkeys(entry.spec.scope for entry in entries)))
    _refuse_if_nothing_can_be_read(listings)
    declared = _declared(module, session, lines)
    fleet = plan_fleet(declared, listings, prune)
    for line, plan in zip(lines, fleet.entries, strict=True):
        line.take(plan)
    fleet = replace(fleet, entries=tuple(line.error or line.plan for line in lines))
    pruned = [Outcome(None, plan.operations) for plan in fleet.pruned]
    if module.check_mode:
        for line in lines:
            line.predict()
    else:
        pruned = _apply(module, crew, lines, fleet, listings)
    for line in lines:
        line.repair_file()
    return _result(module, crew, lines, fleet, pruned)


@dataclass
class _Line:
    """One entry on its way to its result. plan: nothing to do until there is one."""

    entry: Entry
    file: SecretFile | None = None
    file_facts: FileFacts | None = None
    plan: Plan = field(default_factory=lambda: Plan(None, None))
    outcome: Outcome = field(default_factory=lambda: Outcome(None))
    error: MondooError | None = None
    file_changed: bool = False

    def open_file(self, module: AnsibleModule) -> None:
        spec = self.entry.spec
        if spec.present and spec.token_path:
            try:
                self.file = SecretFile(module, spec.token_path, self.entry.options)
                self.file_facts = self.file.facts()
            except MondooError as error:
                self.error = error

    def take(self, plan: Plan | MondooError) -> None:
        if isinstance(plan, MondooError):
            self.error = plan
            return
        self.plan = plan
        self.outcome = Outcome(plan.before)
        if self.file and plan.generates:
            try:
                self.file.check()
            except MondooError as error:
                self.error = error

    def predict(self) -> None:
        if not self.error:
            self.outcome = Outcome(self.plan.after, self.plan.operations)

    def finish(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.error = outcome.error

    def repair_file(self) -> None:
        if self.file and not self.error and not self.plan.generates:
            try:
                self.file_changed = self.file.repair()
            except MondooError as error:
                self.error = error
            except Exception as error:  # noqa: BLE001  (the secrets of the others wait to be returned)
                self.error = internal_error(error)

    @property
    def changed(self) -> bool:
        return bool(self.outcome.operations) or self.file_changed

    @property
    def warnings(self) -> list[str]:
        return [*self.plan.warnings, *self.outcome.warnings]

    @property
    def kind(self) -> str:
        """What was done, for the summary."""
        if self.error:
            return "failed"
        if not self.plan.changed:
            return "corrected in their file" if self.file_changed else "unchanged"
        if self.plan.generates:
            return "replaced" if self.plan.before else "created"
        return "changed" if self.plan.after else "deleted"

    @property
    def result(self) -> dict[str, Any]:
        spec, token = self.entry.spec, self.outcome.token
        known = token or self.plan.before
        found: dict[str, Any] = {
            "name": spec.name or (known.name if known else None),
            "scope_mrn": spec.scope.mrn,
            "changed": self.changed,
            "api_token": token_result(token),
            "operations": self.outcome.operations,
        }
        if spec.present and spec.token_path:
            found["token_path"] = spec.token_path
        if self.outcome.secret:
            found["token"] = self.outcome.secret
        if self.warnings:
            found["warnings"] = self.warnings
        return {**found, **(failure(self.error) if self.error else {"failed": False, "msg": ""})}


def _refuse_if_nothing_can_be_read(listings: dict[Scope, Listing | MondooError]) -> None:
    refusals = [found for found in listings.values() if isinstance(found, MondooError)]
    if refusals and len(refusals) == len(listings) and not any(error.concerns_one_scope for error in refusals):
        raise refusals[0]


def _declared(module: AnsibleModule, session: Session, lines: Iterable[_Line]) -> list[Declared]:
    now = datetime.now(timezone.utc)
    found: list[Declared] = []
    for line in lines:
        line.open_file(module)
        facts = Facts(now, line.file_facts, session.is_own)
        found.append(Declared(line.entry.spec, facts, line.entry.place, line.error))
    return found


def _apply(
    module: AnsibleModule,
    crew: TokenApiPool,
    lines: Sequence[_Line],
    fleet: FleetPlan,
    listings: dict[Scope, Listing | MondooError],
) -> list[Outcome]:
    """Applies all plans; returns the outcomes of what is pruned."""

    def job(plan: Plan, scope: Scope, file: SecretFile | None = None) -> Job:
        listing = listings[scope]
        return Job(plan, () if isinstance(listing, MondooError) else listing, file)

    sound = [line for line in lines if not line.error]
    jobs = [job(line.plan, line.entry.spec.scope, line.file) for line in sound]
    jobs += [job(plan, plan.before.scope) for plan in fleet.pruned if plan.before]
    outcomes = apply_fleet(jobs, crew, _Progress(module).tell)
    for line, outcome in zip(sound, outcomes, strict=False):
        line.finish(outcome)
    return outcomes[len(sound) :]


class _Progress:
    """Logs on the host that runs the module how far it has come: nothing else of a module is seen before its end."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module
        self._told = 0

    def tell(self, done: int, of: int) -> None:
        step = done * _PROGRESS_STEPS // of
        if step > self._told:
            self._told = step
            self._module.log(f"{done} of {of} API tokens done")


def _result(
    module: AnsibleModule, crew: TokenApiPool, lines: Sequence[_Line], fleet: FleetPlan, pruned: Sequence[Outcome]
) -> dict[str, Any]:
    _warn(module, [*crew.warnings, *fleet.warnings, *(text for line in lines for text in line.warnings)])
    gone = [plan.before for plan, outcome in zip(fleet.pruned, pruned, strict=True) if not outcome.error]
    errors = [(line.entry.place, line.error) for line in lines if line.error]
    errors += [("prune", outcome.error) for outcome in pruned if outcome.error]
    result: dict[str, Any] = {
        "changed": any(line.changed for line in lines) or any(outcome.operations for outcome in pruned),
        "results": [line.result for line in lines],
        "pruned": [token_result(token) for token in gone],
        "operations": fleet.operations if module.check_mode else crew.operations,
        "requests": crew.requests,
        "msg": _summary(lines, len(gone)),
    }
    if module._diff:
        result["diff"] = [_titled(plan) for plan in fleet.plans if plan.changed]
    if not errors:
        return result
    shown = [f"{place}: {error}" for place, error in errors[:_SHOWN_ERRORS]]
    more = f"And {len(errors) - _SHOWN_ERRORS} more, see results." if len(errors) > _SHOWN_ERRORS else ""
    return {**result, **failure(errors[0][1]), "msg": " ".join([f"{result['msg']}.", *shown, more]).strip()}


def _summary(lines: Sequence[_Line], pruned: int) -> str:
    counts = Counter(line.kind for line in lines)
    kinds = [f"{count} {kind}" for kind, count in sorted(counts.items())] + ([f"{pruned} pruned"] if pruned else [])
    return f"{len(lines)} API tokens declared: {', '.join(kinds) or 'nothing to do'}"


def _titled(plan: Plan) -> dict[str, Any]:
    token = plan.before or plan.after
    title = f'API token "{token.name}" of {token.scope}' if token else ""
    return {**plan.diff, "before_header": title, "after_header": title}


def _warn(module: AnsibleModule, warnings: Sequence[str]) -> None:
    for warning in warnings[:_SHOWN_WARNINGS]:
        module.warn(warning)
    if len(warnings) > _SHOWN_WARNINGS:
        module.warn(f"And {len(warnings) - _SHOWN_WARNINGS} more warnings: see warnings in results.")
