# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the fault matrices of one token and of a set have in common: faults, flows, and what must hold after each of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

from simulator.process import Simulator
from simulator.variants import VARIANTS, Variant, switch

from module_runner import ModuleRunner

OLD = "2020-01-01T00:00:00Z"

FAULTS: dict[str, dict[str, Any]] = {
    "reset_before": {},
    "reset_after": {},
    "timeout_after": {"seconds": 1.5},
    "status_500": {},
    "bad_gateway_after": {},
    "status_503": {},
    "too_many": {"retry_after": 1},
    "garbled_after": {},
    "empty_after": {},
    "html_after": {},
    "data_null_after": {},
    "unavailable": {},
    "unavailable_after": {},
    "unauthenticated": {},
}
# One request that fails, or it and the one after it.
HITS = {"first request": 1, "second request too": 2}
# What the service may be like. For a set, one that takes the changes in a shared request for one is of interest too.
SERVICES = {
    "as documented": VARIANTS["contract"],
    **{name: VARIANTS[name] for name in ("payload without the MRN", "listing lags by one", "opaque secrets")},
}
SERVICES_FOR_SETS = {**SERVICES, "payloads never null": VARIANTS["payloads never null"]}

_SPACES = "//captain.api.mondoo.app/spaces/"
_STAGED_NAME = re.compile(r"(?P<base>.+) \((?P<stage>pending|retired) .+\)")

# A space and a declared name.
Key: TypeAlias = "tuple[str, str]"


class Reading(Enum):
    """How a run knows of an earlier one whose secret was handed over."""

    FILE = "the module writes the secret to a file"
    RETURNED = "the secret is returned, and whoever ran the task has it"
    STAGED = "the secret is returned, handed over by other tasks, and then said to be delivered"


@dataclass(frozen=True)
class Flow:
    """declared: entries of the run. reading: of all of them; files: of those that go to a file all the same.

    before: entries of the run that sets the scene. aged: make those tokens old. loses_files: remove their files.
    task: other options. one: whether it is a run of the module for one token. keeps_retired: whether predecessors stay.
    """

    declared: tuple[dict[str, Any], ...]
    reading: Reading = Reading.RETURNED
    files: frozenset[Key] = frozenset()
    before: tuple[dict[str, Any], ...] = ()
    aged: bool = False
    loses_files: bool = False
    task: dict[str, Any] = field(default_factory=dict)
    one: bool = False
    keeps_retired: bool = False


@dataclass
class Scene:
    """One case: a flow in a fresh simulator, and what its users hold.

    timeout: of each request, in seconds. unseen: how many mutations may be sent that the service does not see. in_use: the secret
    that is used for each token, where it is returned. The files are in `folder`, by space and name. not_staged:
    entries of the last run that failed before their secrets were handed over.
    """

    flow: Flow
    simulator: Simulator
    runner: ModuleRunner
    folder: Path
    concurrency: int = 1
    timeout: int = 20
    unseen: int = 0
    in_use: dict[Key, str] = field(default_factory=dict)
    not_staged: set[Key] = field(default_factory=set)

    # -- what is run --------------------------------------------------------------------------------------------------

    def prepare(self, service: Variant) -> None:
        """Sets the scene in a service as it is after its start; from then on it is the variant."""
        self.simulator.reset()
        for path in self.folder.iterdir():
            path.unlink()
        # Its secrets have the same form from the start.
        self.simulator.settings(opaque_tokens=service.settings.get("opaque_tokens", False))
        if self.flow.before:
            result = self.run(self.flow.before)
            assert not result.get("failed"), result
            for token in self.tokens() if self.flow.aged else ():
                self.simulator.patch_token(token["mrn"], created_at=OLD)
            for path in self.folder.iterdir() if self.flow.loses_files else ():
                path.unlink()
        switch(self.simulator, service)
        self.simulator.clear_requests()

    def run_declared(self, **more: Any) -> dict[str, Any]:
        """The run that the flow is about, with other options too."""
        return self.run(self.flow.declared, **{**self.flow.task, **more})

    def run(self, entries: tuple[dict[str, Any], ...], **task: Any) -> dict[str, Any]:
        """Runs a declaration, and whatever hands its secrets over; the result is the last module's."""
        self.not_staged = set()
        result = self._run_module(entries, **task)
        if self.flow.reading is not Reading.STAGED:
            return result
        delivered = [line["api_token"]["mrn"] for line in _lines(result) if line.get("token")]
        if not delivered:
            return result
        self.not_staged = {_key(entry) for entry, line in zip(entries, _lines(result), strict=True) if line["failed"]}
        return self._run_module(entries, delivered=delivered, **task)

    def _run_module(self, entries: tuple[dict[str, Any], ...], **task: Any) -> dict[str, Any]:
        declared = [self.options_of(entry) for entry in entries]
        if self.flow.one:
            result = self.runner.run("api_token", timeout=self.timeout, **{**declared[0], **task})
        else:
            staged = {"stage": True} if self.flow.reading is Reading.STAGED else {}
            result = self.runner.run(
                "api_tokens", tokens=declared, timeout=self.timeout, concurrency=self.concurrency, **{**staged, **task}
            )
        for entry, line in zip(entries, _lines(result), strict=False):
            if line.get("token"):
                self.in_use[_key(entry)] = line["token"]
        return result

    def options_of(self, entry: dict[str, Any]) -> dict[str, Any]:
        """The options of an entry, with its file where it has one."""
        if entry.get("state") == "absent" or not self._has_file(entry):
            return entry
        return {**entry, "token_path": str(self.path(entry))}

    def _has_file(self, entry: dict[str, Any]) -> bool:
        return self.flow.reading is Reading.FILE or _key(entry) in self.flow.files

    def path(self, entry: dict[str, Any]) -> Path:
        """Where the secret of an entry goes that has a file."""
        return self.folder / "-".join(_key(entry))

    # -- what must hold -----------------------------------------------------------------------------------------------

    def tokens(self) -> list[dict[str, Any]]:
        """The tokens of the spaces that the flows are about."""
        return [token for token in self.simulator.tokens() if token["scope"] in (_SPACES + "alpha", _SPACES + "beta")]

    def violations(self, result: dict[str, Any] | None) -> Iterator[str]:
        """What must never be, whether the run succeeded, failed or, with None, was killed."""
        yield from self._broken_secrets(result)
        if result is None:
            return
        if "Traceback" in str(result) or "An error in the collection itself" in str(result):
            yield f"no clear error: {result.get('msg')}"
        yield from self._untrue_reports(result)

    def _broken_secrets(self, result: dict[str, Any] | None) -> Iterator[str]:
        """The token in use works until its successor's secret was handed over; and no two tokens have one declared name."""
        live = {entry["secret"]: entry["mrn"] for entry in self.simulator.secrets() if entry["live"]}
        files: dict[Key, str] = {}
        for path in self.folder.iterdir():
            space, _hyphen, name = path.name.partition("-")
            files[space, name] = path.read_text(encoding="utf-8")
        held = {**self.in_use, **files}
        tokens = self.tokens()
        named = Counter(_key(token) for token in tokens)
        absent = {_key(entry) for entry in self.flow.declared if entry.get("state") == "absent"}
        for key, secret in held.items():
            if secret not in live and key not in absent and key in {_key(entry) for entry in self.flow.declared}:
                yield f"the secret in use for {key} does not work"
        for key, count in named.items():
            if count > 1:
                yield f"{count} tokens of one name: {key}"
        is_done = result is not None and not result.get("failed")
        secrets = {mrn: secret for secret, mrn in live.items()}
        for token in tokens:
            # Until the run is done, the secret in use may be that of a token which is yet to get the name.
            is_held = held.get(_key(token)) == secrets[token["mrn"]] or (not is_done and _key(token) in held)
            was_lost_before = self.flow.loses_files and not is_done
            if not (is_held or was_lost_before or _STAGED_NAME.fullmatch(token["name"])):
                yield f"nobody holds the secret of {_key(token)}"

    def _untrue_reports(self, result: dict[str, Any]) -> Iterator[str]:
        """What the result says is so."""
        lines = _lines(result)
        if self.flow.reading is not Reading.STAGED:
            sent = Counter(self.simulator.mutations())
            operations = result.get("operations", {})
            total = operations if isinstance(operations, dict) else Counter(operations)
            if sum((Counter(total) - sent).values()) > self.unseen:
                yield f"operations: {dict(total)} reported, {dict(sent)} sent"
        failed = any(line.get("failed") for line in lines)
        if "results" in result and bool(result.get("failed")) is not failed and "prune: " not in result["msg"]:
            yield "the task and its entries do not agree"
        tokens = {token["mrn"]: token for token in self.tokens()}
        for entry, line in zip(self.flow.declared, lines, strict=False):
            if line.get("failed") or "api_token" not in line:
                continue
            if line["changed"] is not bool(line["operations"]):
                yield f"{entry['name']}: changed is {line['changed']} with {line['operations']}"
            if line["api_token"] is None and _key(entry) in self.not_staged:
                # The run that says what was delivered generates nothing.
                if any(_key(token) == _key(entry) for token in tokens.values()):
                    yield f"{_key(entry)} is reported as absent"
                continue
            yield from self._untrue_token(entry, line["api_token"], tokens)
        for gone in result.get("pruned", ()):
            if gone["mrn"] in tokens:
                yield f"{gone['name']} is reported as pruned"

    @staticmethod
    def _untrue_token(
        entry: dict[str, Any], reported: dict[str, Any] | None, tokens: dict[str, dict[str, Any]]
    ) -> Iterator[str]:
        if reported is None:
            if entry.get("state") != "absent":
                yield f"{entry['name']} is reported as absent"
            return
        token = tokens.get(reported["mrn"])
        if token is None or any((token[name] or "") != reported[name] for name in ("name", "description")):
            yield f"{entry['name']} is not as reported: {token}"
        elif _declarable(token["roles"]) != _declarable(reported["roles"]):
            yield f"{entry['name']} has {token['roles']}, not {reported['roles']}"

    def run_with_fault(self, fault: str, request: int, times: int) -> dict[str, Any]:
        """The run that the flow is about, with so many requests that fail from that one on."""
        self.simulator.fault(fault, match="any", nth=request, times=times, **FAULTS[fault])
        self.timeout, usual = (1 if fault.startswith("timeout") else self.timeout), self.timeout
        result = self.run_declared()
        self.timeout = usual
        self.simulator.clear_faults()
        return result

    def aftermath(self) -> Iterator[str]:
        """What must hold after a run without faults, and after one more. There is no run elsewhere: no grace."""
        self.simulator.settings(listing_lag=0)
        self.simulator.clear_requests()
        second = self.run_declared(pending_grace="0")
        if second.get("failed"):
            yield f"the next run fails: {second['msg']}"
        yield from self.violations(second)
        third = self.run_declared()
        if third.get("failed") or third["changed"]:
            yield f"the run after it changes something: {third.get('operations')} {third.get('msg')}"
        stays = "retired" if self.flow.keeps_retired else None
        left = [
            token["name"]
            for token in self.tokens()
            if (match := _STAGED_NAME.fullmatch(token["name"])) and match["stage"] != stays
        ]
        if left:
            yield f"left over: {left}"
        names = Counter(_key(token) for token in self.tokens() if not _STAGED_NAME.fullmatch(token["name"]))
        if names != Counter(_key(entry) for entry in self.flow.declared if entry.get("state") != "absent"):
            yield f"not as declared: {names}"


def _key(about: dict[str, Any]) -> Key:
    """Of an entry, or of a token of the simulator."""
    space = about["space"] if "space" in about else about["scope"].removeprefix(_SPACES)
    return space, about["name"]


def _lines(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of the entries; a run for one token has one."""
    lines: list[dict[str, Any]] = result.get("results", [result])
    return lines


def _declarable(roles: list[str]) -> set[str]:
    return {role for role in roles if not role.endswith("-member")}
