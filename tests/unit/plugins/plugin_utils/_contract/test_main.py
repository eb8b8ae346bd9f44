# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command of the contract check: what it says of an endpoint that does not tell its schema, and how it ends."""

from __future__ import annotations

from pathlib import Path

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.plugin_utils._contract.__main__ import main

from ....support.server import RawServer, Reply, Server, json_reply, slowly

SCHEMA = graphql.build_schema(
    (Path(__file__).resolve().parents[5] / "docs" / "contract" / "schema.graphql").read_text(encoding="utf-8")
)
SECRET = "not-to-be-seen"


@pytest.fixture(autouse=True)
def _login(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MONDOO_CONFIG_BASE64", "MONDOO_CONFIG_PATH", "MONDOO_API_PROXY", "MONDOO_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MONDOO_API_TOKEN", SECRET)


def _run(*replies: Reply) -> int:
    """Runs the command against an endpoint that has to be sent just as many requests, none of them a mutation."""
    with Server(*replies) as server:
        status = main(["--endpoint", server.url, "--timeout", "5"])
    assert len(server.received) == len(replies)
    for received in server.received:
        assert received.headers["authorization"] == f"Bearer {SECRET}"
        (operation,) = graphql.parse(received.json["query"]).definitions[:1]
        assert isinstance(operation, graphql.OperationDefinitionNode)
        assert operation.operation is graphql.OperationType.QUERY
    return status


def test_a_schema_as_expected(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(json_reply({"data": graphql.introspection_from_schema(SCHEMA)})) == 0
    shown = capsys.readouterr()
    assert "0 not as expected, 0 broken." in shown.out
    assert SECRET not in shown.out + shown.err


def test_what_is_deprecated_works(capsys: pytest.CaptureFixture[str]) -> None:
    text = graphql.print_schema(SCHEMA).replace("  scopeMrn: String\n", "  scopeMrn: String @deprecated\n")
    deprecated = graphql.build_schema(text)
    assert _run(json_reply({"data": graphql.introspection_from_schema(deprecated)})) == 0
    assert "0 not as expected, 0 broken." in capsys.readouterr().out


def test_a_service_that_cannot_be_asked_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    message = 'Unknown argument "includeDeprecated" on field "__Type.inputFields".'
    schema = graphql.introspection_from_schema(SCHEMA, input_value_deprecation=False)
    assert _run(json_reply({"errors": [{"message": message}]}, 422), json_reply({"data": schema})) == 0
    assert "0 not as expected, 0 broken." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (json_reply({"data": None, "errors": [{"message": "introspection disabled"}]}), "introspection disabled"),
        (json_reply({"errors": [{"message": f"no Bearer {SECRET} here"}]}), "no Bearer ******** here"),
        (json_reply({"data": {}}), "does not tell its schema: no data"),
        (json_reply({"data": {"__schema": {}}}), "does not tell its schema: what it answered is none"),
        (json_reply({"data": {"x": 1}}), "does not tell its schema: what it answered is none"),
        (Reply(200, b"<html>Log in</html>", {"Content-Type": "text/html"}), "something else answered"),
        (Reply(breaks="reset"), "The check could not be made."),
    ],
)
def test_an_endpoint_that_does_not_tell(reply: Reply, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(reply) == 2
    shown = capsys.readouterr()
    assert words.lower() in shown.err.lower()
    assert shown.out == ""
    assert SECRET not in shown.err


def test_the_time_is_for_the_whole_of_a_request(capsys: pytest.CaptureFixture[str]) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n"
    with RawServer(slowly(b" " * 40, head)) as server:
        assert main(["--endpoint", server.url, "--timeout", "0.3"]) == 2
    assert "within 0.3 seconds" in capsys.readouterr().err


def test_a_password_in_an_address_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MONDOO_API_PROXY", f"http://bob:{SECRET}#@proxy.invalid:3128")
    assert main(["--endpoint", "https://api.mondoo.invalid"]) == 2
    assert "MONDOO_API_PROXY" in (shown := capsys.readouterr().err)
    assert SECRET not in shown
