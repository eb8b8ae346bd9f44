# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service in memory: what it remembers, and the ways in which requests to it fail."""

from __future__ import annotations

import base64
import itertools
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

import graphql
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values import errors
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token

from .builders import NOW, token_mrn


class Killed(BaseException):
    """The process that sends requests ends here, like after SIGKILL."""


class Fault(Enum):
    """How one request fails, and whether the service executes it all the same."""

    LOST_BEFORE = "the connection breaks and the request did not arrive"
    LOST_AFTER = "the connection breaks and the request was executed"
    WEB_PAGE_BEFORE = "a proxy answers with a web page instead of passing the request on"
    WEB_PAGE_AFTER = "a proxy replaces the answer by a web page"
    UNKNOWN_BEFORE = "the service answers with the code Unknown and did nothing"
    BUSY = "the service refuses for the moment"
    DENIED = "the service refuses for good"
    KILL_BEFORE = "the process is killed before the request is sent"
    KILL_AFTER = "the process is killed before the answer arrives"

    @property
    def executed(self) -> bool:
        return self in (Fault.LOST_AFTER, Fault.WEB_PAGE_AFTER, Fault.KILL_AFTER)


class RefusedError(Exception):
    """One root field that fails. code: in gRPC's words."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(f"rpc error: code = {code} desc = {words}")


class Clock:
    """A clock that moves only when somebody sleeps or moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)


@dataclass
class Entry:
    """A token as the service keeps it. hidden_for: listings that do not show it yet."""

    mrn: str
    name: str
    scope_mrn: str
    description: str
    roles: frozenset[str]
    created_at: datetime
    secret: str
    last_used_at: datetime | None = None
    hidden_for: int = 0


@dataclass
class Model:
    """A transport whose other end is a dictionary of tokens. It answers every root field of a document by the field's own
    alias and arguments; one request at a time, whichever thread it comes from.

    faults: by number of the request, counted from 0. lag: listings after which a new token appears.
    payload_mrn, payload_name: whether the answer to a creation tells the MRN, and the name. page_size: the most entries of one page.
    jwt: whether secrets are JWTs that name their token.
    spaces: names by MRN. forbidden: gRPC codes by the MRN of a scope that cannot be read.
    lacking: fields of `APIToken` that this service does not have.
    refusing: gRPC codes by a text; a mutation with the text among its arguments fails.
    declining: words by a text; a mutation with the text among its arguments is refused in its answer (`ok`, `errors`, the
    token as it was), without an error. nameless: whether an answer about roles does not say which tokens it refuses.
    storing, describing: what becomes of a name, or a description, that is stored, as by a service that trims. granting: what
    becomes of the MRN of a role.
    organization_as_space: whether the listing of an organization wants its MRN as `spaceMrn` too, and refuses the empty text.
    non_null: whether a root field that fails makes all of `data` null. stops_at_failure: whether the mutations after it in
    the same request are not executed. pathless: whether errors do not say which field they belong to. beside_errors: whether a
    change that fails has a payload in the answer all the same.
    retry_after: seconds to wait that it asks for where it is busy.
    sent: the requests; asked: the root fields of all of them, with their arguments; executed: the mutations among them that
    were executed, by name.
    """

    clock: Clock = field(default_factory=Clock)
    faults: dict[int, Fault] = field(default_factory=dict)
    lag: int = 0
    jwt: bool = False
    payload_mrn: bool = True
    payload_name: bool = True
    page_size: int = 100
    spaces: dict[str, str] = field(default_factory=dict)
    forbidden: dict[str, str] = field(default_factory=dict)
    lacking: frozenset[str] = frozenset()
    refusing: dict[str, str] = field(default_factory=dict)
    declining: dict[str, str] = field(default_factory=dict)
    nameless: bool = False
    storing: Callable[[str], str] = str
    describing: Callable[[str], str] = str
    granting: Callable[[str], str] = str
    organization_as_space: bool = False
    non_null: bool = False
    stops_at_failure: bool = False
    pathless: bool = False
    beside_errors: bool = False
    retry_after: float | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    sent: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    executed: list[str] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *tokens: Token) -> Model:
        """Puts tokens there that nobody of the test has generated; returns the model."""
        for token in tokens:
            assert token.mrn is not None
            self.entries[token.mrn] = Entry(
                mrn=token.mrn,
                name=token.name,
                scope_mrn=token.scope.mrn,
                description=token.description,
                roles=token.roles,
                created_at=token.created_at or self.clock.now,
                secret=self._secret("old", token.mrn),
                last_used_at=token.last_used_at,
            )
        return self

    def named(self, name: str) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.name == name]

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _variables in self.sent]

    def fail(self, faults: Mapping[int, Fault]) -> None:
        """Lets coming requests fail, the next one being number 0."""
        self.faults = {len(self.sent) + number: fault for number, fault in faults.items()}

    @property
    def mutations(self) -> list[str]:
        """The mutations that arrived, whatever became of them, by name."""
        return [name for name, arguments in self.asked if "input" in arguments]

    def post(self, document: graphql.DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        with self._lock:
            return self._post(document, variables, operation)

    def _post(self, document: graphql.DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        fault = self.faults.get(len(self.sent))
        self.sent.append((operation, variables))
        words = graphql.print_ast(document).split() if self.lacking and operation == "apiTokens" else ()
        refused = self.lacking.intersection(words)
        roots = list(_root_fields(document, variables))
        if refused:
            messages = [
                f'Cannot query field "{name}" on type "APIToken".' for _root in roots for name in sorted(refused)
            ]
            return Answer(None, [{"message": text} for text in messages], 422, None)
        self.asked += [(name, arguments) for _key, name, arguments in roots]
        if fault is None or fault.executed:
            answer = self._answer(roots)
            if fault is None:
                return answer
        return self._answer_to(fault)

    def _answer(self, roots: list[tuple[str, str, Mapping[str, Any]]]) -> Answer:
        data: dict[str, Any] | None = {}
        value: dict[str, Any] | None
        failures: list[dict[str, Any]] = []
        for key, name, arguments in roots:
            if failures and self.stops_at_failure:
                break
            try:
                value = self._execute(name, arguments)
            except RefusedError as refusal:
                value = {"__typename": "Payload"} if self.beside_errors and "input" in arguments else None
                failures.append({"message": str(refusal)} | ({} if self.pathless else {"path": [key]}))
            if data is not None:
                data[key] = value
            if failures and self.non_null:
                data = None
        return Answer(data, failures, 200, None, self.clock.now)

    def _answer_to(self, fault: Fault) -> Answer:
        if fault in (Fault.KILL_BEFORE, Fault.KILL_AFTER):
            raise Killed
        if fault in (Fault.LOST_BEFORE, Fault.LOST_AFTER):
            raise MondooError(errors.CONNECTION_FAILED, "connection reset", transient=True, outcome_unknown=True)
        if fault in (Fault.WEB_PAGE_BEFORE, Fault.WEB_PAGE_AFTER):
            raise MondooError(errors.NOT_GRAPHQL, "a web page", http_status=200, outcome_unknown=True)
        if fault is Fault.BUSY:
            raise MondooError(
                errors.RESOURCE_EXHAUSTED,
                "too many requests",
                http_status=429,
                transient=True,
                retry_after=self.retry_after,
            )
        return _error("Unknown" if fault is Fault.UNKNOWN_BEFORE else "PermissionDenied", "no")

    def _execute(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The value of a root field; raises RefusedError."""
        if "spacesList" in arguments:
            nodes = [{"mrn": mrn, "name": space} for mrn, space in self.spaces.items()]
            return {"spacesList": self._page(arguments["spacesList"], nodes)}
        if name == "apiTokens":
            if arguments["scopeMrn"] in self.forbidden:
                raise RefusedError(self.forbidden[arguments["scopeMrn"]], "no")
            self._check_space_argument(arguments)
            return self._page(arguments, self._listing(arguments))
        if name == "space" or "input" not in arguments:
            return {"mrn": arguments["mrn"]}
        given = arguments["input"]
        for text, code in self.refusing.items():
            if text in str(given):
                raise RefusedError(code, "not this one")
        value = self._change(name, given)
        self.executed.append(name)
        return value

    def _change(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        if name == "generateAPIToken":
            made = self._generate(given)
            node = self._node(made)
            told: dict[str, Any] = {
                key: node[key] for key in ("description", "spaceMrn", "scopeMrn", "createdAt") if key in node
            }
            return {
                **told,
                "token": made.secret,
                "mrn": made.mrn if self.payload_mrn else None,
                "name": made.name if self.payload_name else None,
                "createdBy": "someone@example.com",
            }
        updates = given["updates"] if name == "setRoles" else [{**given, "entityMrn": given["mrn"]}]
        if any(update["entityMrn"] not in self.entries for update in updates):
            raise RefusedError("NotFound", "no such token")
        if name == "setRoles":
            declined = {update["entityMrn"]: words for update in updates if (words := self._declined(update))}
            changed = [update for update in updates if update["entityMrn"] not in declined]
            for update in changed:
                entry = self.entries[update["entityMrn"]]
                entry.roles = self._granted(update["roles"]) | _membership(entry.scope_mrn)
            if self.nameless:
                return {"mrns": [update["entityMrn"] for update in updates], "errors": list(declined.values())}
            return {"mrns": [update["entityMrn"] for update in changed], "errors": declined}
        is_declined = bool(self._declined(given))
        if name == "updateAPIToken":
            entry = self.entries[given["mrn"]]
            if not is_declined:
                entry.name = self.storing(given.get("name", entry.name))
                entry.description = self.describing(given.get("description", entry.description))
            return self._node(entry)
        assert name == "deleteAPIToken", name
        if not is_declined:
            del self.entries[given["mrn"]]
        return {"ok": not is_declined}

    def _declined(self, given: Mapping[str, Any]) -> str | None:
        return next((words for text, words in self.declining.items() if text in str(given)), None)

    def _check_space_argument(self, arguments: Mapping[str, Any]) -> None:
        scope_mrn = arguments["scopeMrn"]
        wanted = scope_mrn if "/spaces/" in scope_mrn or self.organization_as_space else ""
        if arguments["spaceMrn"] != wanted:
            raise RefusedError("InvalidArgument", "not the MRN of a space")

    def _listing(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = [entry for entry in self.entries.values() if entry.scope_mrn == given["scopeMrn"]]
        visible = [entry for entry in found if not entry.hidden_for]
        if "after" not in given:
            for entry in found:
                entry.hidden_for = max(entry.hidden_for - 1, 0)
        return [self._node(entry) for entry in visible]

    def _page(self, given: Mapping[str, Any], nodes: list[dict[str, Any]]) -> dict[str, Any]:
        start = int(given.get("after", 0))
        end = start + min(given["first"], self.page_size)
        return {
            "totalCount": len(nodes),
            "edges": [{"node": node} for node in nodes[start:end]],
            "pageInfo": {"hasNextPage": end < len(nodes), "endCursor": str(end)},
        }

    def _generate(self, given: Mapping[str, Any]) -> Entry:
        number = next(self._numbers)
        mrn = token_mrn(f"made-{number}", Scope("any", given["scopeMrn"]))
        entry = Entry(
            mrn=mrn,
            name=self.storing(given["name"]),
            scope_mrn=given["scopeMrn"],
            description=self.describing(given.get("description", "")),
            roles=self._granted(given["roles"]) | _membership(given["scopeMrn"]),
            created_at=self.clock.now,
            secret=self._secret(f"new-secret-{number}", mrn),
            hidden_for=self.lag,
        )
        self.entries[entry.mrn] = entry
        return replace(entry)

    def _granted(self, given: list[Mapping[str, str]]) -> frozenset[str]:
        return frozenset(self.granting(role["mrn"]) for role in given)

    def _secret(self, label: str, mrn: str) -> str:
        if not self.jwt:
            return f"{label}-secret-of-{mrn}" if label == "old" else label
        claims = base64.urlsafe_b64encode(json.dumps({"sub": mrn}).encode()).decode().rstrip("=")
        return f"eyJ9.{claims}.{label}"

    def _node(self, entry: Entry) -> dict[str, Any]:
        known = {
            "mrn": entry.mrn,
            "name": entry.name,
            "description": entry.description or None,
            "roles": [{"mrn": role} for role in sorted(entry.roles, reverse=True)],
            "spaceMrn": entry.scope_mrn if "/spaces/" in entry.scope_mrn else "",
            "scopeMrn": entry.scope_mrn,
            "createdAt": _time(entry.created_at),
            "lastUsed": _time(entry.last_used_at) if entry.last_used_at else "0001-01-01T00:00:00Z",
            "creator": {"email": "someone@example.com", "mrn": None},
        }
        return {name: value for name, value in known.items() if name not in self.lacking}


def _time(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def _membership(scope_mrn: str) -> frozenset[str]:
    kind = "space" if "/spaces/" in scope_mrn else "org"
    return frozenset({f"//iam.api.mondoo.app/roles/{kind}-member"})


def _error(code: str, words: str) -> Answer:
    return Answer(None, [{"message": f"rpc error: code = {code} desc = {words}"}], 200, None)


def _root_fields(
    document: graphql.DocumentNode, variables: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Of the only operation: the key in the answer, name and arguments of each root field."""
    (operation,) = document.definitions
    assert isinstance(operation, graphql.OperationDefinitionNode)
    declared = {definition.variable.name.value for definition in operation.variable_definitions or ()}
    assert declared >= variables.keys(), "a variable that the document does not declare"
    for node in operation.selection_set.selections:
        assert isinstance(node, graphql.FieldNode)
        yield (node.alias or node.name).value, node.name.value, _arguments(node, variables)


def _arguments(node: graphql.FieldNode, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a field that are given, and by their names those of the fields directly below it that have any."""
    found: dict[str, Any] = {
        argument.name.value: graphql.value_from_ast_untyped(argument.value, dict(variables))
        for argument in node.arguments or ()
        if not isinstance(argument.value, graphql.VariableNode) or argument.value.name.value in variables
    }
    for below in node.selection_set.selections if node.selection_set else ():
        if isinstance(below, graphql.FieldNode) and below.arguments:
            found[below.name.value] = _arguments(below, variables)
    return found
