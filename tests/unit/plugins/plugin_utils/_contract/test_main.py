# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command of the contract check: what it says of an endpoint that does not return its schema, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._version import VERSION
from ansible_collections.mondoo.platform.plugins.plugin_utils._contract.__main__ import main
from ansible_collections.mondoo.platform.plugins.plugin_utils._contract.comparison import compare
from ansible_collections.mondoo.platform.plugins.plugin_utils._contract.report import endpoint_kind, report

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


def _run(*replies: Reply, options: Sequence[str] = ()) -> int:
    """Runs the command against an endpoint that has to be sent just as many requests, none of them a mutation."""
    with Server(*replies) as server:
        status = main(["--endpoint", server.url, "--timeout", "5", *options])
    assert len(server.received) == len(replies)
    for received in server.received:
        assert received.headers["authorization"] == f"Bearer {SECRET}"
        (operation,) = graphql.parse(received.json["query"]).definitions[:1]
        assert isinstance(operation, graphql.OperationDefinitionNode)
        assert operation.operation is graphql.OperationType.QUERY
    return status


def _introspected(schema: graphql.GraphQLSchema, *, deprecated: bool = False) -> Reply:
    return json_reply({"data": graphql.introspection_from_schema(schema, input_value_deprecation=deprecated)})


def _changed(old: str, new: str) -> graphql.GraphQLSchema:
    text = graphql.print_schema(SCHEMA)
    assert old in text
    return graphql.build_schema(text.replace(old, new))


def test_a_schema_as_expected(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(_introspected(SCHEMA)) == 0
    shown = capsys.readouterr()
    assert "0 not as expected, 0 broken." in shown.out
    assert "Broken" not in shown.out
    assert SECRET not in shown.out + shown.err


def test_what_differs_is_told_in_three_tables_and_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    live = graphql.build_schema(
        graphql.print_schema(SCHEMA)
        .replace("  deleteAPIToken(", "  removeAPIToken(")
        .replace("  lastUsed: Time", "  lastUse: Int")
        .replace("  createdAt: Time", "  createdAt: String")
    )
    assert _run(_introspected(live), _introspected(live, deprecated=True)) == 1
    lines = capsys.readouterr().out.splitlines()
    titles = [line.partition(" (")[0] for line in lines if line.endswith("):") and not line.startswith(" ")]
    assert titles == ["Works", "Works with less", "Broken"]
    assert "  Mutation.deleteAPIToken is not there; there is removeAPIToken" in lines
    report = lines[
        lines.index("To report this, paste the following; there is no secret, no ID and no host name in it:") :
    ]
    assert report[2].startswith(f"mondoo.platform {VERSION}, contract check of a local endpoint: ")
    assert report[2].endswith(" not as expected, 1 broken.")
    assert (
        "- BROKEN: Mutation.deleteAPIToken, expected DeleteAPITokenPayload [C], not there; there is removeAPIToken"
        in report
    )
    assert "- left out, works without it: APIToken.lastUsed, expected Time" in "\n".join(report)
    assert "- changed, still works: APIToken.createdAt, expected Time [C], found String" in report
    assert "127.0.0.1" not in "".join(report)


def test_the_report_alone(capsys: pytest.CaptureFixture[str]) -> None:
    live = _changed("  deleteAPIToken(", "  removeAPIToken(")
    assert _run(_introspected(live), _introspected(live, deprecated=True), options=["--report"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("- BROKEN: Mutation.deleteAPIToken, ")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://us.api.mondoo.com/query", "the region us"),
        ("https://api.mondoo.com/query", "the region us"),
        ("https://eu.api.mondoo.com/query", "the region eu"),
        ("https://api.acme.mondoo.com/query", "a dedicated installation"),
        ("http://127.0.0.1:8080/query", "a local endpoint"),
        ("http://[::1]:8080/query", "a local endpoint"),
        ("http://localhost/query", "a local endpoint"),
        ("https://mondoo.acme.example/query", "another endpoint"),
        ("https://notmondoo.com/query", "another endpoint"),
    ],
)
def test_of_the_endpoint_only_its_kind_is_told(url: str, kind: str) -> None:
    assert endpoint_kind(url) == kind
    (line,) = report(compare(SCHEMA, SCHEMA), url)
    assert f"contract check of {kind}: " in line
    assert "acme" not in line


def test_what_is_deprecated_works(capsys: pytest.CaptureFixture[str]) -> None:
    """The plain query does not show it; a second one does."""
    live = _changed("  updates: [SetRoleInput!]\n", "  updates: [SetRoleInput!] @deprecated\n")
    assert _run(_introspected(live), _introspected(live, deprecated=True)) == 0
    assert "0 not as expected, 0 broken." in capsys.readouterr().out


def test_a_service_that_cannot_be_asked_for_what_is_deprecated(capsys: pytest.CaptureFixture[str]) -> None:
    live = _changed("  updates: [SetRoleInput!]\n", "  updates: [SetRoleInput!] @deprecated\n")
    message = 'Unknown argument "includeDeprecated" on field "__Type.inputFields".'
    assert _run(_introspected(live), json_reply({"errors": [{"message": message}]}, 422)) == 0
    assert "works with one request for each token" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (json_reply({"data": None, "errors": [{"message": "introspection disabled"}]}), "introspection disabled"),
        (json_reply({"errors": [{"message": f"no Bearer {SECRET} here"}]}), "no Bearer ******** here"),
        (json_reply({"data": {}}), "does not return its schema: no data"),
        (json_reply({"data": {"__schema": {}}}), "does not return its schema: its answer is not a schema"),
        (json_reply({"data": {"x": 1}}), "does not return its schema: its answer is not a schema"),
        (Reply(200, b"<html>Log in</html>", {"Content-Type": "text/html"}), "something other than the API answered"),
        (Reply(breaks="reset"), "The check could not be run."),
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
