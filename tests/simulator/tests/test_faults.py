# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every fault: what the client sees of it, and whether the service has done what it was asked."""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from urllib3.exceptions import ProtocolError

from simulator.faults import KINDS
from simulator.process import Simulator

from .api import (
    ALPHA,
    BETA,
    GENERATE,
    LIST,
    UPDATE,
    Api,
    codes,
    listed,
)

See = Callable[[requests.Response], Any]


def _status(answer: requests.Response) -> int:
    return answer.status_code


def _codes(answer: requests.Response) -> tuple[int, list[str], Any]:
    return answer.status_code, codes(answer), answer.json()["data"]


def _page(answer: requests.Response) -> tuple[int, str, bool]:
    return answer.status_code, answer.headers["content-type"], "<html>" in answer.text


def _headers(*names: str) -> See:
    return lambda answer: (answer.status_code, *(answer.headers.get(name) for name in names))


def _cut_short(answer: requests.Response) -> tuple[int, str]:
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|Invalid"):
        json.loads(answer.text)
    return answer.status_code, answer.text[:2]


REFUSED = (200, ["Unavailable"], None)
WEB_PAGE = (200, "text/html; charset=utf-8", True)
# Kind, parameters, what to look at, what is seen. Whether it was executed says the kind.
ANSWERS: list[tuple[str, dict[str, Any], See, object]] = [
    ("status_500", {}, _status, 500),
    ("status_500_after", {}, _status, 500),
    ("bad_gateway", {}, _page, (502, "text/html; charset=utf-8", True)),
    ("bad_gateway_after", {}, _page, (502, "text/html; charset=utf-8", True)),
    ("status_503", {}, _page, (503, "text/html; charset=utf-8", True)),
    ("too_many", {}, _headers("Retry-After"), (429, None)),
    ("too_many", {"retry_after": 7}, _headers("Retry-After"), (429, "7")),
    (
        "too_many",
        {"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"},
        _headers("Retry-After"),
        (429, "Wed, 21 Oct 2026 07:28:00 GMT"),
    ),
    ("redirect", {}, _headers("Location"), (302, "https://login.invalid/")),
    ("redirect", {"status": 308, "location": "/elsewhere"}, _headers("Location"), (308, "/elsewhere")),
    ("garbled_after", {}, _cut_short, (200, '{"')),
    ("empty_after", {}, lambda answer: (answer.status_code, answer.content), (200, b"")),
    ("html", {}, _page, WEB_PAGE),
    ("html_after", {}, _page, WEB_PAGE),
    ("data_null", {}, lambda answer: (answer.status_code, answer.json()), (200, {"data": None})),
    ("data_null_after", {}, lambda answer: (answer.status_code, answer.json()), (200, {"data": None})),
    ("unavailable", {}, _codes, REFUSED),
    ("unavailable_after", {}, _codes, REFUSED),
    ("unauthenticated", {}, _codes, (200, ["Unauthenticated"], None)),
    ("graphql_error", {}, _codes, (200, ["Unknown"], None)),
    ("graphql_error", {"code": "ResourceExhausted", "status": 403}, _codes, (403, ["ResourceExhausted"], None)),
    ("latency", {"seconds": 0.05}, lambda answer: answer.json()["data"]["generateAPIToken"]["token"][:3], "eyJ"),
]


@pytest.mark.parametrize(("kind", "parameters", "look", "seen"), ANSWERS)
def test_faults_with_an_answer(
    kind: str, parameters: dict[str, Any], look: See, seen: object, owner: Api, simulator: Simulator
) -> None:
    simulator.fault(kind, match="generateAPIToken", **parameters)
    answer = owner.send(GENERATE, input={"name": "ci", "scopeMrn": ALPHA})
    assert look(answer) == seen
    _assert_logged(simulator, kind, answer.status_code)


def _assert_logged(simulator: Simulator, kind: str, status: int | None) -> None:
    (entry,) = simulator.requests()
    executed = KINDS[kind].executed
    assert (entry["fault"], entry["status"]) == (kind, status)
    assert (entry["executed"], entry["committed"]) == (executed, executed)
    assert [token["name"] for token in simulator.tokens(ALPHA)] == (["ci"] if executed else [])


@pytest.mark.parametrize(
    ("kind", "parameters", "error"),
    [
        ("reset_before", {}, ConnectionResetError),
        ("reset_after", {}, ConnectionResetError),
        ("timeout_before", {"seconds": 0.05}, http.client.RemoteDisconnected),
        ("timeout_after", {"seconds": 0.05}, http.client.RemoteDisconnected),
    ],
)
@pytest.mark.parametrize("encrypted", [False, True])
def test_faults_without_an_answer(
    kind: str,
    parameters: dict[str, Any],
    error: type[Exception],
    encrypted: bool,
    simulator: Simulator,
    secure: Simulator,
) -> None:
    target = secure if encrypted else simulator
    if encrypted and sys.version_info < (3, 13):
        # Python's ssl takes a reset for the end of the connection there, on the client's side.
        error = http.client.RemoteDisconnected
    target.reset()
    target.fault(kind, match="generateAPIToken", **parameters)
    api = Api(target.url, target.admin_token, target.ca_path)
    with pytest.raises(requests.ConnectionError) as raised:
        api.send(GENERATE, input={"name": "ci", "scopeMrn": ALPHA})
    # The kind of the cause matters, not that one is a subclass of the other.
    (cause,) = raised.value.args
    assert isinstance(cause, ProtocolError)
    assert cause.args[1].__class__ is error
    _assert_logged(target, kind, None)
    # The service itself is well.
    assert api.names(scope=BETA) == []


def test_every_kind_is_covered() -> None:
    tried = {kind for kind, *_rest in ANSWERS} | {"repeat_cursor", "field_error", "answer_refusal"}
    assert tried | {"reset_before", "reset_after", "timeout_before", "timeout_after"} == set(KINDS)


def test_every_kind_is_documented() -> None:
    readme = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in readme] == []


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after"])
def test_a_held_answer_ends_with_its_client(kind: str, owner: Api, simulator: Simulator) -> None:
    simulator.fault(kind, match="generateAPIToken", seconds=600)
    with pytest.raises(requests.ReadTimeout):
        owner.send(GENERATE, timeout=1, input={"name": "ci", "scopeMrn": ALPHA})
    _assert_logged(simulator, kind, None)
    for _attempt in range(100):
        owner.names()
        if simulator.requests()[-1]["in_flight"] == 1:
            break
        time.sleep(0.05)
    assert simulator.requests()[-1]["in_flight"] == 1


def test_a_redirect_is_logged_where_it_leads(owner: Api, simulator: Simulator) -> None:
    simulator.fault("redirect", status=307, location=f"{simulator.url}/elsewhere")
    body = {"query": LIST, "variables": listed(ALPHA)}
    answer = owner.session.post(owner.url, json=body, timeout=20)
    assert answer.status_code == 404
    assert [(entry["path"], entry["authorized"]) for entry in simulator.requests()] == [
        ("/query", True),
        ("/elsewhere", True),
    ]


def test_a_cursor_that_repeats(owner: Api, simulator: Simulator) -> None:
    simulator.seed({"tokens": [{"scope": ALPHA, "name": "t{}", "permissions": [], "count": 3}]})
    simulator.fault("repeat_cursor", match="apiTokens")
    pages = [owner.ask(LIST, **listed(ALPHA, first=2))]
    pages += [owner.ask(LIST, **listed(ALPHA, first=2, after=pages[0]["pageInfo"]["endCursor"])) for _page in range(3)]
    assert all(page == pages[0] for page in pages)
    assert pages[0]["pageInfo"]["hasNextPage"]
    assert pages[0]["pageInfo"]["endCursor"]
    empty = owner.ask(LIST, **listed(BETA))["pageInfo"]
    assert (empty["hasNextPage"], empty["endCursor"]) == (True, pages[0]["pageInfo"]["endCursor"])
    simulator.clear_faults()
    assert owner.names() == ["t0", "t1", "t2"]


def test_one_field_of_several_that_fails(owner: Api, simulator: Simulator) -> None:
    mrns = {name: owner.generate(name)["mrn"] for name in ("a", "b", "c")}
    fields = " ".join(f'{name}: deleteAPIToken(input: {{mrn: "{mrn}"}}) {{ ok }}' for name, mrn in mrns.items())
    simulator.fault("field_error", match="deleteAPIToken", mentioning=mrns["b"], code="Unavailable")
    answer = owner.send(f"mutation {{ {fields} }}")
    assert codes(answer) == ["Unavailable"]
    assert answer.json()["errors"][0]["path"] == ["b"]
    assert answer.json()["data"] == {"a": {"ok": True}, "b": None, "c": {"ok": True}}
    assert owner.names() == ["b"]


# -- rules -------------------------------------------------------------------------------------------------------------

OK, FAILED = 200, 500


@pytest.mark.parametrize(
    ("rule", "statuses"),
    [
        ({}, [FAILED, OK, OK, OK, OK]),
        ({"times": 2}, [FAILED, FAILED, OK, OK, OK]),
        ({"nth": 3}, [OK, OK, FAILED, OK, OK]),
        ({"nth": 2, "times": 3}, [OK, FAILED, FAILED, FAILED, OK]),
        ({"nth": [1, 4]}, [FAILED, OK, OK, FAILED, OK]),
        ({"match": "query"}, [FAILED, OK, OK, OK, OK]),
        ({"match": "mutation"}, [OK, OK, FAILED, OK, OK]),
        ({"match": "updateAPIToken"}, [OK, OK, FAILED, OK, OK]),
        ({"match": "updateAPIToken", "nth": 2}, [OK, OK, OK, OK, FAILED]),
        ({"match": "deleteAPIToken"}, [OK, OK, OK, OK, OK]),
        ({"match": "apiTokens", "nth": 3}, [OK, OK, OK, FAILED, OK]),
    ],
)
def test_which_requests_a_rule_hits(
    rule: dict[str, Any], statuses: list[int], owner: Api, simulator: Simulator
) -> None:
    mrn = owner.generate()["mrn"]
    simulator.fault("status_500", **rule)
    sent = [
        owner.send(LIST, **listed(ALPHA)),
        owner.send(LIST, **listed(BETA)),
        owner.send(UPDATE, input={"mrn": mrn}),
        owner.send(LIST, **listed(ALPHA)),
        owner.send(UPDATE, input={"mrn": mrn}),
    ]
    assert [answer.status_code for answer in sent] == statuses


def test_the_first_rule_wins_and_all_count(owner: Api, simulator: Simulator) -> None:
    simulator.fault("status_503", nth=2)
    simulator.fault("status_500", nth=2, times=2)
    assert [owner.send(LIST, **listed(ALPHA)).status_code for _request in range(4)] == [200, 503, 500, 200]


def test_a_lasting_fault_lasts_until_it_is_cleared(owner: Api, simulator: Simulator) -> None:
    simulator.fault("unauthenticated", nth=2)
    seen = [codes(owner.send(LIST, **listed(ALPHA))) for _request in range(5)]
    assert seen == [[]] + [["Unauthenticated"]] * 4
    simulator.clear_faults()
    assert owner.names() == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"kind": "fire"}, "unknown fault fire"),
        ({"kind": "status_500", "seconds": 1}, "no parameter seconds"),
        ({"kind": "status_500", "nth": 0}, "count from 1"),
        ({"kind": "status_500", "times": 0}, "count from 1"),
        ({"kind": "status_500", "nth": [1, 0]}, "count from 1"),
        ({"kind": "status_500", "nth": [1], "times": 2}, "exclude each other"),
    ],
)
def test_rules_that_make_no_sense(rule: dict[str, Any], words: str, simulator: Simulator) -> None:
    with pytest.raises(ValueError, match=words):
        simulator.fault(**rule)
    assert simulator.state()["faults"] == []


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("secure")
    with Simulator.run(folder, tls=folder / "certificates") as simulator:
        yield simulator
