# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to a service: what is refused, what is used, what is masked, and how a failure ends."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import PASS_VARS
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.retry import RetryPolicy
from ansible_collections.mondoo.platform.plugins.module_utils._module import session
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import (
    HIDDEN,
    connection_arguments,
)
from ansible_collections.mondoo.platform.plugins.module_utils._module.interruption import (
    InterruptibleTransport,
    Interruption,
)
from ansible_collections.mondoo.platform.plugins.module_utils._module.results import run_safely
from ansible_collections.mondoo.platform.plugins.module_utils._module.session import Session, open_session
from ansible_collections.mondoo.platform.plugins.module_utils._transport.credentials import ApiToken
from ansible_collections.mondoo.platform.plugins.module_utils._transport.proxies import Proxy
from ansible_collections.mondoo.platform.plugins.module_utils._transport.trust import Trust
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.module_utils._version import VERSION
from ansible_collections.mondoo.platform.tests.unit.support.builders import SPACE, token
from ansible_collections.mondoo.platform.tests.unit.support.imports import hide_library
from ansible_collections.mondoo.platform.tests.unit.support.keys import ACCOUNT_MRN, private_pem, service_account
from ansible_collections.mondoo.platform.tests.unit.support.model import Model
from ansible_collections.mondoo.platform.tests.unit.support.modules import Login, run_module

Work = Callable[[AnsibleModule], dict[str, Any]]


def run(work: Work, options: dict[str, Any], **internal: Any) -> dict[str, Any]:
    """What a module with the connection options comes to that does `work`."""

    def main() -> None:
        module = AnsibleModule(argument_spec=connection_arguments(), supports_check_mode=True)
        result = run_safely(module, lambda module, _interruption: work(module))
        if result.get("failed"):
            module.fail_json(**result)
        module.exit_json(**result)

    if "inject_invocation" in PASS_VARS:
        # This ansible-core shows how a module was called on demand only.
        internal = {"inject_invocation": True, **internal}
    return run_module(main, options, **internal)


def _open(module: AnsibleModule) -> dict[str, Any]:
    open_session(module, Interruption())
    return {}


@pytest.fixture
def transports(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What transports were made with."""
    made: list[dict[str, Any]] = []

    class Transport:
        def __init__(self, url: str, credential: Any, **options: Any) -> None:
            made.append({"url": url, "credential": credential, **options})

    monkeypatch.setattr(session, "HttpTransport", Transport)
    return made


# Options


def test_defaults(transports: list[dict[str, Any]]) -> None:
    assert not run(_open, {"auth_token": "bearer"}).get("failed")
    (made,) = transports
    assert made.pop("credential").bearer() == "bearer"
    user_agent = made.pop("user_agent")
    assert made == {"url": "https://us.api.mondoo.com/query", "timeout": 30, "trust": Trust(), "proxy": None}
    assert user_agent.startswith(f"mondoo.platform/{VERSION} (")


def test_every_option_arrives(transports: list[dict[str, Any]], tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    options = {
        "auth_token": "bearer",
        "endpoint": "https://api.example.com",
        "proxy": "http://bob:hunter2@proxy:3128",
        "ca_path": str(bundle),
        "timeout": 7,
        "retries": 0,
    }

    def work(module: AnsibleModule) -> dict[str, Any]:
        return {"retries": open_session(module, Interruption()).api.policy.retries}

    assert run(work, options)["retries"] == 0
    (made,) = transports
    assert (made["url"], made["timeout"]) == ("https://api.example.com/query", 7)
    assert made["proxy"] == Proxy("http://proxy:3128", "Basic Ym9iOmh1bnRlcjI=")
    assert made["trust"] == Trust(bundle=str(bundle))


def test_verification_can_be_turned_off(transports: list[dict[str, Any]]) -> None:
    run(_open, {"auth_token": "bearer", "validate_certs": False, "ca_path": "/not/there"})
    assert transports[0]["trust"] == Trust(verify=False)


def test_the_environment_fills_in(
    transports: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    monkeypatch.setenv("MONDOO_API_TOKEN", "from-environment")
    monkeypatch.setenv("MONDOO_API_ENDPOINT", "https://environment.example.com")
    monkeypatch.setenv("MONDOO_API_PROXY", "http://environment:3128")
    monkeypatch.setenv("MONDOO_CA_BUNDLE", str(bundle))
    run(_open, {})
    run(_open, {"auth_token": "task", "endpoint": "https://task.example.com", "proxy": "http://task:3128"})
    run(_open, {"region": "eu"})
    shown = [(made["credential"].bearer(), made["url"], made["proxy"].url, made["trust"].bundle) for made in transports]
    assert shown == [
        ("from-environment", "https://environment.example.com/query", "http://environment:3128", str(bundle)),
        ("task", "https://task.example.com/query", "http://task:3128", str(bundle)),
        ("from-environment", "https://eu.api.mondoo.com/query", "http://environment:3128", str(bundle)),
    ]


def test_the_proxy_of_a_service_account_comes_last(
    transports: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    account = service_account(api_proxy="http://account:3128")
    run(_open, {"service_account": account})
    monkeypatch.setenv("HTTPS_PROXY", "http://usual:3128")
    run(_open, {"service_account": account})
    run(_open, {"service_account": account, "proxy": "http://task:3128"})
    assert [made["proxy"].url for made in transports] == [
        "http://account:3128",
        "http://usual:3128",
        "http://task:3128",
    ]


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "https://us.api.mondoo.com/query"),
        ({"region": "eu"}, "https://eu.api.mondoo.com/query"),
        ({"region": "eu", "endpoint": "https://x.example.com"}, "https://x.example.com/query"),
        ({"service_account": {}}, "https://eu.api.mondoo.com/query"),
        ({"service_account": {}, "region": "us"}, "https://us.api.mondoo.com/query"),
        ({"service_account": {"api_endpoint": None}, "region": "us"}, "https://us.api.mondoo.com/query"),
        ({"service_account": {}, "endpoint": "https://x.example.com"}, "https://x.example.com/query"),
    ],
)
def test_which_endpoint_wins(options: dict[str, Any], url: str, transports: list[dict[str, Any]]) -> None:
    if "service_account" in options:
        options = {**options, "service_account": service_account(**options["service_account"])}
    else:
        options = {**options, "auth_token": "bearer"}
    assert not run(_open, options).get("failed")
    assert transports[0]["url"] == url


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": 0}, "timeout: 0 is out of range: at least 1 second."),
        ({"timeout": -5}, "timeout: -5 is out of range: at least 1 second."),
        ({"retries": -1}, "retries: -1 is out of range: 0 or more."),
        ({"ca_path": "/not/there"}, 'ca_path: "/not/there" is not a readable file on the host that runs the module.'),
        ({"ca_path": "/"}, 'ca_path: "/" is not a readable file on the host that runs the module.'),
        ({"endpoint": "http://example.com"}, 'endpoint: "http://example.com" would send credentials unencrypted'),
        (
            {"proxy": "http://bob:hunter2#@proxy"},
            'proxy: "http://…@proxy" is not the URL of a proxy such as http://proxy.example.com:3128',
        ),
        (
            {"auth_token": None, "service_account": service_account(api_endpoint="http://example.com")},
            'api_endpoint of the service account: "http://example.com" would send credentials unencrypted',
        ),
        ({"auth_token": "two words"}, "Could not use the API token from the option auth_token: "),
        ({"auth_token": ""}, "Could not use the API token from the option auth_token: "),
    ],
)
def test_what_is_refused(options: dict[str, Any], message: str, transports: list[dict[str, Any]]) -> None:
    result = run(_open, {"auth_token": "bearer", **options})
    assert result["msg"].startswith(message)
    assert result["error"]["operation"] == ""
    assert "hunter2" not in json.dumps(result)
    assert not transports


# Masking


def _echo(*texts: str) -> Work:
    def work(module: AnsibleModule) -> dict[str, Any]:
        open_session(module, Interruption())
        return {"echo": list(texts)}

    return work


def _fail(_module: AnsibleModule) -> dict[str, Any]:
    raise MondooError("InvalidOption", "name: is missing")


def _has_key(text: str) -> bool:
    """Whether a part of the private key is in it; its first and last line are the same in every key."""
    return any(line in text for line in private_pem().splitlines()[1:-1])


def _shown(options: dict[str, Any], *texts: str) -> list[str]:
    result = run(_echo(*texts), options)
    assert not _has_key(json.dumps(result))
    found: list[str] = result["echo"]
    return found


@pytest.mark.usefixtures("transports")
class TestMasking:
    def test_an_api_token(self) -> None:
        (shown,) = _shown({"auth_token": "bearer-hunter2"}, "sent bearer-hunter2 there")
        assert "hunter2" not in shown

    def test_a_service_account_keeps_its_names_readable(self) -> None:
        account = service_account(parent_mrn="//parent", version=7)
        texts = [*(account[key] for key in ("mrn", "scope_mrn", "parent_mrn", "api_endpoint")), "at 07:37"]
        assert _shown({"service_account": account}, *texts) == texts
        assert not _has_key(_shown({"service_account": account}, f"x {account['private_key']} x")[0])

    @pytest.mark.parametrize("encode", [json.dumps, lambda it: base64.b64encode(json.dumps(it).encode()).decode()])
    def test_a_service_account_as_text(self, encode: Callable[[Any], str]) -> None:
        text = encode(service_account())
        shown = _shown({"service_account": text}, ACCOUNT_MRN, text, private_pem())
        assert shown[0] == ACCOUNT_MRN
        assert text not in shown[1]
        assert not _has_key(shown[2])

    @pytest.mark.parametrize("text", ["", "e", "hunter"])
    def test_what_is_too_short_for_a_service_account_leaves_the_message_readable(self, text: str) -> None:
        result = run(_open, {"service_account": text})
        assert "it is neither JSON nor YAML with the keys of a service account" in result["msg"]
        assert result["invocation"]["module_args"]["service_account"] == HIDDEN

    def test_what_comes_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MONDOO_API_TOKEN", "bearer-hunter2")
        assert "hunter2" not in _shown({}, "sent bearer-hunter2")[0]
        monkeypatch.setenv("MONDOO_CONFIG_BASE64", json.dumps(service_account()))
        assert not _has_key(_shown({}, private_pem())[0])

    @pytest.mark.parametrize(
        "address",
        [
            *("http://user:hunter2@proxy:3128", "user:hunter2@proxy:3128", "http://:hunter2@p", "http://hunter2:@p"),
            *(
                "http://user:hunter2#1@proxy:3128",
                "http://user:hunter2/1@p",
                "http://user:hunter2?1@p",
                "http://u:hunter2@",
            ),
            *("http://user:h%75nter2@proxy:3128", "http://user:hunter2@[::1", "https://user:hunter2@api.example.com"),
        ],
    )
    @pytest.mark.parametrize("option", ["proxy", "endpoint"])
    def test_the_password_in_an_address(self, option: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        options = {"auth_token": "bearer-1", option: address}
        for result in (
            run(_echo(f"through {address}", "the password hunter2"), options),
            # What fails before the options are read, and what Ansible refuses.
            run(_fail, options),
            run(_open, {**options, "timeout": 0}),
            run(_open, {**options, "no such option": 1}),
        ):
            assert "hunter2" not in json.dumps(result)
            assert "h%75nter2" not in json.dumps(result)
        shown = run(_open, options)["invocation"]["module_args"][option]
        assert "…" in shown
        assert "user" not in shown
        monkeypatch.setenv("MONDOO_API_ENDPOINT" if option == "endpoint" else "MONDOO_API_PROXY", address)
        result = run(_echo(f"through {address}", "the password hunter2"), {"auth_token": "bearer-1"})
        assert "hunter2" not in json.dumps(result)

    @pytest.mark.parametrize("proxy", [None, "", "http://proxy:3128", "proxy:3128"])
    def test_an_address_without_a_password(self, proxy: str | None) -> None:
        options = {"auth_token": "bearer-1", "proxy": proxy, "endpoint": "https://api.example.com"}
        texts = [f"through {proxy}", "to https://api.example.com"]
        assert _shown(options, *texts) == texts

    def test_the_password_in_the_proxy_of_a_service_account(self) -> None:
        account = service_account(api_proxy="http://user:hunter2@proxy:3128")
        for given in (account, json.dumps(account)):
            assert "hunter2" not in _shown({"service_account": given}, "through http://user:hunter2@proxy:3128")[0]

    def test_what_a_service_account_signs(self, transports: list[dict[str, Any]]) -> None:
        def work(module: AnsibleModule) -> dict[str, Any]:
            open_session(module, Interruption())
            jwt = transports[0]["credential"].bearer()
            # A service may repeat what it was sent.
            raise MondooError(
                "InvalidArgument", f"the service answered InvalidArgument: {jwt.rpartition('.')[2]} {jwt}"
            )

        assert "eyJ" not in run(work, {"service_account": service_account()})["msg"]

    @pytest.mark.parametrize("form", ["escaped", "folded", "base64", "in quotes"])
    def test_a_key_in_an_odd_form(self, form: str) -> None:
        key = private_pem()
        odd = {
            "escaped": key.replace("\n", "\\n"),
            "folded": key.replace("\n", " "),
            "base64": base64.b64encode(key.encode()).decode(),
            "in quotes": f"'{key}'",
        }[form]
        for account in (service_account(private_key=odd), json.dumps(service_account(private_key=odd))):
            result = run(_echo(odd, key, *key.splitlines()[1:-1]), {"service_account": account})
            assert not _has_key(json.dumps(result))
            assert odd not in result["echo"]

    def test_what_is_unknown_in_a_service_account(self) -> None:
        account = {**service_account(), "nested": {"key": "hunter2-hunter2"}, "keys": ["hunter2-again"]}
        assert "hunter2" not in json.dumps(run(_echo("hunter2-hunter2 hunter2-again"), {"service_account": account}))

    @pytest.mark.parametrize("password", ["eyJh", "bGciOi", "a", "="])
    def test_a_new_secret_is_returned_whole(self, password: str) -> None:
        """A password that happens to occur in it does not spoil it; nor does one show elsewhere."""
        secret = "eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiIvLyJ9.c2lnbg=="

        def work(module: AnsibleModule) -> dict[str, Any]:
            open_session(module, Interruption())
            return {"token": secret, "results": [{"token": secret}, {}], "said": f"bob:{password}@proxy"}

        result = run(work, {"auth_token": "bearer-1", "proxy": f"http://bob:{password}@proxy:3128"})
        assert result["token"] == result["results"][0]["token"] == secret
        assert f"bob:{password}@" not in json.dumps(result)

    def test_what_comes_from_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "account.json"
        path.write_text(json.dumps(service_account()), encoding="utf-8")
        shown = _shown({"service_account_file": str(path)}, str(path), private_pem(), ACCOUNT_MRN)
        assert (shown[0], shown[2]) == (str(path), ACCOUNT_MRN)
        assert not _has_key(shown[1])


# The own token


@pytest.mark.parametrize(
    ("identifiers", "subject", "own"),
    [
        ({"//t/1", "HS256"}, token(mrn="//t/1"), True),
        ({"id-1"}, token(mrn="//t/id-1"), False),
        ({"//t/2"}, token(mrn="//t/1"), False),
        (set(), token(mrn="//t/1"), False),
        ({""}, Token(None, "ci", SPACE), False),
        ({"someone@example.com"}, token("ci"), False),
    ],
)
def test_the_own_token_is_known_by_its_mrn(identifiers: set[str], subject: Token, own: bool) -> None:
    credential = ApiToken("opaque")
    credential.identifiers = frozenset(identifiers)
    transport = InterruptibleTransport(Login(Model(), is_accepted=True), Interruption())
    opened = Session("https://api.invalid/query", credential, lambda _credential: transport, RetryPolicy(0))
    assert opened.is_own(subject) is own
    assert opened.identity_known is bool(identifiers)


# Failures


def test_an_error_becomes_a_result() -> None:
    def work(_module: AnsibleModule) -> dict[str, Any]:
        raise MondooError("NotFound", "no such space", attempted="list", operation="apiTokens", http_status=404)

    result = run(work, {})
    assert result["msg"].startswith("Could not list: no such space. ")
    assert result["error"] == {"code": "NotFound", "operation": "apiTokens", "http_status": 404}


@pytest.mark.parametrize("verbosity", [0, 4])
def test_an_unexpected_exception_tells_its_kind_and_place_only(verbosity: int) -> None:
    def work(_module: AnsibleModule) -> dict[str, Any]:
        secret = "hunter2"
        raise ValueError(f"cannot read {secret}")

    result = run(work, {}, verbosity=verbosity, debug=bool(verbosity))
    line = work.__code__.co_firstlineno + 2
    assert result["msg"] == (
        f"An error in the collection itself: ValueError in test_session.py:{line}."
        f" Please report it, with this message and the version {VERSION} of mondoo.platform."
    )
    assert result["error"]["code"] == "Internal"
    assert "hunter2" not in json.dumps(result)
    assert "Traceback" not in json.dumps(result)


def test_a_missing_library_is_told_in_the_usual_words(monkeypatch: pytest.MonkeyPatch) -> None:
    hide_library(monkeypatch, "gql")
    result = run(_open, {"auth_token": "bearer"})
    assert result["msg"].startswith("Failed to import the required Python library (gql[requests]) on ")
    assert result["error"]["code"] == "MissingLibrary"
    assert "Traceback" not in json.dumps(result)
