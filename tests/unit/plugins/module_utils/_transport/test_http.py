# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests and answers over real connections to the loopback interface."""

from __future__ import annotations

import email.utils
import json
import logging
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._api.documents import API_TOKENS
from ansible_collections.mondoo.platform.plugins.module_utils._transport.credentials import ServiceAccount
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.http_client import (
    BEARER,
    GENERATED,
    LATER,
    OPEN,
    PASSING,
    REFUSED,
    failure,
    post,
    transport,
)
from ansible_collections.mondoo.platform.tests.unit.support.imports import hide_library
from ansible_collections.mondoo.platform.tests.unit.support.keys import service_account
from ansible_collections.mondoo.platform.tests.unit.support.server import Reply, Server, json_reply

_HTML = {"Content-Type": "text/html; charset=utf-8"}


def failure_of(*replies: Reply) -> MondooError:
    with Server(*replies) as server:
        error = failure(server.url)
        assert len(server.received) == 1
        return error


# What is sent


def test_a_request() -> None:
    with Server(json_reply(GENERATED)) as server:
        answer = post(server.url)
    assert answer[:4] == (GENERATED["data"], [], 200, None)
    (received,) = server.received
    assert (received.method, received.path) == ("POST", "/query")
    assert received.headers["authorization"] == f"Bearer {BEARER}"
    assert received.headers["user-agent"] == "unit/1"
    assert received.headers["accept"] == "application/json"
    assert received.headers["content-type"] == "application/json"
    sent = received.json
    assert sent["variables"] == {"input": {"name": "ci", "scopeMrn": "//s", "roles": []}}
    assert "generateAPIToken(input: $input)" in sent["query"]
    assert set(sent) <= {"query", "variables", "operationName"}


def test_connections_are_kept_and_the_bearer_is_asked_for_each_request() -> None:
    class Counting:
        secrets = ()
        identifiers: frozenset[str] = frozenset()
        api_endpoint = api_proxy = None
        signs = False
        count = 0

        def bearer(self) -> str:
            self.count += 1
            return f"t{self.count}"

    with Server(json_reply({"data": {"apiTokens": {}}}, Set_Cookie="session=hunter2")) as server:
        client = transport(server.url, Counting())
        for _turn in range(3):
            client.post(API_TOKENS.plain, {"scopeMrn": "//s", "first": 1}, "apiTokens")
    assert server.connections == 1
    assert [received.headers["authorization"] for received in server.received] == [
        "Bearer t1",
        "Bearer t2",
        "Bearer t3",
    ]
    assert not any("cookie" in received.headers for received in server.received)


def test_netrc_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login user password other\n", encoding="ascii")
    netrc.chmod(0o600)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".netrc").write_text(netrc.read_text(encoding="ascii"), encoding="ascii")
    for variable in (None, str(netrc)):
        if variable:
            monkeypatch.setenv("NETRC", variable)
        with Server(json_reply(GENERATED)) as server:
            post(server.url)
        assert server.received[0].headers["authorization"] == f"Bearer {BEARER}"


def test_a_credential_that_cannot_sign_is_told_and_nothing_is_sent() -> None:
    account = ServiceAccount(service_account(private_key="hunter2"))
    with Server(json_reply(GENERATED)) as server:
        error = failure(server.url, credential=account)
    assert str(error).startswith("Could not sign in: the private key of the service account cannot sign")
    assert (error.code, error.outcome_unknown) == ("InvalidCredentials", False)
    assert not server.received


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    hide_library(monkeypatch, "gql")
    with pytest.raises(
        MondooError, match=r"Failed to import the required Python library \(gql\[requests\]\)"
    ) as caught:
        transport("https://api.invalid/query")
    assert caught.value.code == "MissingLibrary"


def test_secrets_do_not_reach_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Server(json_reply(GENERATED)) as server:
        assert post(server.url).data == GENERATED["data"]
    assert "hunter2" not in caplog.text


# GraphQL answers

ERRORS = [{"message": "rpc error: code = NotFound desc = no"}]


@pytest.mark.parametrize("status", [200, 201, 400, 401, 403, 404, 422, 429, 500, 503])
def test_an_answer_with_errors_is_an_answer_whatever_its_status(status: int) -> None:
    with Server(json_reply({"errors": ERRORS, "data": None}, status)) as server:
        assert post(server.url)[:4] == (None, ERRORS, status, None)


@pytest.mark.parametrize(
    ("body", "data", "errors"),
    [
        ({"data": {"x": 1}}, {"x": 1}, []),
        ({"data": {"x": 1}, "errors": []}, {"x": 1}, []),
        ({"data": {"x": 1}, "errors": ERRORS, "extensions": {}}, {"x": 1}, ERRORS),
        ({"errors": ERRORS}, None, ERRORS),
        ({"data": None}, None, []),
        ({"data": None, "errors": None}, None, []),
        # One that is not in a list is an error all the same.
        ({"errors": "odd"}, None, ["odd"]),
        ({"data": None, "errors": {"message": "odd"}}, None, [{"message": "odd"}]),
    ],
)
def test_data_and_errors(body: Mapping[str, Any], data: Any, errors: list[Any]) -> None:
    with Server(json_reply(body)) as server:
        assert post(server.url)[:2] == (data, errors)


def test_whether_there_is_data() -> None:
    with Server(json_reply({"errors": ERRORS}), json_reply({"errors": ERRORS, "data": None})) as server:
        assert [post(server.url).has_data, post(server.url).has_data] == [False, True]


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "text/html", "application/json; charset=latin-1", ""]
)
def test_json_is_utf_8_whatever_the_type_says(kind: str) -> None:
    body = json.dumps({"data": {"name": "Übung ✓"}}, ensure_ascii=False).encode()
    with Server(Reply(200, body, {"Content-Type": kind} if kind else {})) as server:
        assert post(server.url).data == {"name": "Übung ✓"}


# Answers without GraphQL. Each body holds a secret, which must not be quoted.


@pytest.mark.parametrize(
    ("status", "headers", "body", "code", "meaning", "words"),
    [
        (200, _HTML, "<p>hunter2", "NotGraphQL", OPEN, "HTTP 200 with a web page instead of JSON"),
        (403, _HTML, "<p>hunter2", "NotGraphQL", REFUSED, "HTTP 403 with a web page instead of JSON"),
        (404, _HTML, "<p>hunter2", "NotGraphQL", REFUSED, "web page"),
        (200, {}, "<!doctype html><p>hunter2", "NotGraphQL", OPEN, "HTTP 200 with a web page instead of JSON"),
        (
            200,
            {"Content-Type": "application/xhtml+xml"},
            "\ufeff\n<?xml hunter2",
            "NotGraphQL",
            OPEN,
            "with a web page",
        ),
        (200, {"Content-Type": "application/json"}, "<html>hunter2", "NotGraphQL", OPEN, "with a web page"),
        (401, {}, "<html>hunter2", "NotGraphQL", REFUSED, "HTTP 401 with a web page"),
        (408, {}, "hunter2", "Unavailable", LATER, "HTTP 408"),
        (408, {}, '{"data": null}', "Unavailable", LATER, "HTTP 408"),
        (425, {}, "hunter2", "Unavailable", PASSING, "HTTP 425"),
        (499, _HTML, "<p>hunter2", "Unavailable", LATER, "HTTP 499"),
        (502, _HTML, "<p>hunter2", "Unavailable", LATER, "HTTP 502"),
        (429, _HTML, "<p>hunter2", "ResourceExhausted", PASSING, "HTTP 429"),
        (204, {}, "", "GarbledAnswer", LATER, "HTTP 204 with an empty body"),
        (
            201,
            {},
            '{"token": "hunter2"}',
            "GarbledAnswer",
            LATER,
            "HTTP 201 with JSON that has neither data nor errors",
        ),
        (401, {}, "hunter2", "Unauthenticated", REFUSED, "HTTP 401"),
        (403, {}, '"hunter2"', "PermissionDenied", REFUSED, "HTTP 403"),
        (404, {}, "hunter2", "NotGraphQL", REFUSED, "HTTP 404 without a GraphQL answer"),
        (405, {}, "{}", "NotGraphQL", REFUSED, "HTTP 405"),
        (407, {}, "hunter2", "ProxyFailed", REFUSED, "the proxy answered HTTP 407 (Proxy Authentication Required)"),
        (422, {}, '{"error": "hunter2"}', "NotGraphQL", REFUSED, "HTTP 422"),
        (429, {}, "hunter2", "ResourceExhausted", PASSING, "HTTP 429"),
        (500, {}, "hunter2", "Unavailable", LATER, "HTTP 500"),
        (503, {}, "", "Unavailable", LATER, "HTTP 503"),
        (300, {}, "hunter2", "Redirected", REFUSED, "a redirect to nowhere"),
        (500, {}, "caf\xe9 hunter2", "Unavailable", LATER, "HTTP 500"),
        (404, {"Content-Encoding": "br"}, "hunter2", "NotGraphQL", REFUSED, "HTTP 404"),
        # JSON of a gateway, or data in spite of the status.
        (401, {}, '{"code": 401, "message": "hunter2", "data": null}', "Unauthenticated", REFUSED, "HTTP 401"),
        (401, {}, '{"errors": null}', "Unauthenticated", REFUSED, "HTTP 401"),
        (403, {}, '{"data": {"deleteAPIToken": {"ok": true}}}', "PermissionDenied", OPEN, "HTTP 403"),
        (403, {}, '{"data": {"deleteAPIToken": null}}', "PermissionDenied", REFUSED, "HTTP 403"),
        (404, {}, '{"data": null, "errors": []}', "NotGraphQL", REFUSED, "HTTP 404 without a GraphQL answer"),
        (429, {}, '{"errors": []}', "ResourceExhausted", PASSING, "HTTP 429"),
        (503, {}, '{"data": null, "errors": ""}', "Unavailable", LATER, "HTTP 503"),
    ],
)
def test_answers_without_graphql(
    status: int, headers: dict[str, str], body: str, code: str, meaning: tuple[bool, bool], words: str
) -> None:
    error = failure_of(Reply(status, body.encode(), headers))
    assert error.code == code
    assert (error.transient, error.outcome_unknown) == meaning
    assert error.http_status == status
    assert words in error.reason
    assert "http://127.0.0.1:" in error.reason or status == 407


def test_a_body_that_breaks_off() -> None:
    error = failure_of(Reply(200, b'{"data": {"generateAPIToken": {"token": "hunter2"', missing=50))
    assert (error.transient, error.outcome_unknown) == LATER
    assert error.reason.endswith("/query: the answer broke off")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("body", ["", json.dumps(GENERATED)])
def test_a_redirect_is_not_followed(status: int, body: str) -> None:
    with Server(json_reply(GENERATED)) as elsewhere:
        target = elsewhere.url.replace("http://", "http://user:hun#ter2@") + "?next=hunter2#hunter2"
        error = failure_of(Reply(status, body.encode(), {"Location": target, "Content-Type": "application/json"}))
        assert not elsewhere.received
    assert (error.code, error.http_status) == ("Redirected", status)
    assert f"a redirect to http://127.0.0.1:{elsewhere.port}." in str(error)
    assert "correct endpoint" in str(error)


# The time

NOW = 1_795_456_800.0


@pytest.fixture
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)


def at(seconds: float) -> str:
    """So many seconds from now, as a header has it."""
    return email.utils.formatdate(NOW + seconds, usegmt=True)


def dated(date: str | None, *replies: Reply) -> list[Reply]:
    """Replies with that date, and none of the server's own."""
    return [
        Reply(r.status, r.body, {**r.headers, **({} if date is None else {"Date": date})}, dated=False) for r in replies
    ]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("9" * 400, 86_400.0),
        (at(90), 90.0),
        (at(-90), 0.0),
        ("-1", None),
        ("1.5", 2.0),
        ("0.01", 1.0),
        ("2.", 2.0),
        ("1.5s", None),
        ("1,5", None),
        ("soon", None),
        ("", None),
        ("\xb2", None),
        ("Fri, 99 Foo 2026 99:99:99 GMT", None),
    ],
)
@pytest.mark.usefixtures("_now")
def test_the_wait_asked_for(value: str, seconds: float | None) -> None:
    headers = {"Retry-After": value}
    for status in (429, 503):
        assert failure_of(*dated(None, Reply(status, b"", headers))).retry_after == seconds
    with Server(*dated(None, json_reply({"errors": ERRORS}, 429, **headers))) as server:
        assert post(server.url).retry_after == seconds
    assert failure_of(*dated(None, json_reply({"data": None}, 429, **headers))).retry_after == seconds


@pytest.mark.usefixtures("_now")
def test_a_wait_until_a_time_is_reckoned_by_the_clock_of_the_service() -> None:
    reply = Reply(503, b"", {"Retry-After": at(7230)})
    assert failure_of(*dated(at(7200), reply)).retry_after == 30.0


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Wed, 25 Nov 2026 00:00:00 GMT", datetime(2026, 11, 25, tzinfo=timezone.utc)),
        ("Wed, 25 Nov 2026 02:00:00 +0200", datetime(2026, 11, 25, tzinfo=timezone.utc)),
        ("Wed, 25 Nov 2026 00:00:00 -0000", datetime(2026, 11, 25, tzinfo=timezone.utc)),
        ("Wednesday, 25-Nov-26 00:00:00 GMT", datetime(2026, 11, 25, tzinfo=timezone.utc)),
        ("yesterday", None),
        ("Wed, 99 Nov 2026 00:00:00 GMT", None),
        ("", None),
        (None, None),
    ],
)
def test_the_time_of_the_service(date: str | None, moment: datetime | None) -> None:
    with Server(*dated(date, json_reply(GENERATED))) as server:
        assert post(server.url).date == moment


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (0, None),
        (60, None),
        (-60, None),
        (61, "is 61 seconds behind the service's"),
        (-61, "is 61 seconds ahead of the service's"),
        (1800, "is 30 minutes behind the service's"),
        (-7200, "is 2 hours ahead of the service's"),
        (86_400 * 30, "is 30 days behind the service's"),
    ],
)
@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.usefixtures("_now")
def test_a_clock_with_which_no_service_account_is_accepted(off: int, words: str | None, status: int) -> None:
    """off: seconds that the service is ahead of this host."""
    account = ServiceAccount(service_account())
    with Server(*dated(at(off), Reply(status, b"no"))) as server:
        text = str(failure(server.url, credential=account))
    assert (words or {401: "still exists", 403: "Editor or Owner"}[status]) in text
    assert ("set the clock" in text) == bool(words)
    # An API token has nothing to do with the time.
    with Server(*dated(at(off), Reply(status, b"no"))) as server:
        assert "clock" not in str(failure(server.url))
    # An answer in GraphQL is read elsewhere, which gets the advice with it.
    with Server(*dated(at(off), json_reply({"errors": ERRORS}, status))) as server:
        advice = post(server.url, credential=account).sign_in_advice
    assert advice is None if words is None else words in str(advice)
    with Server(*dated(None, Reply(status, b"no"))) as server:
        assert "clock" not in str(failure(server.url, credential=account))
