# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where credentials are looked for, in which order, and how they may be written."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.mondoo.platform.plugins.module_utils._transport import credential_sources
from ansible_collections.mondoo.platform.plugins.module_utils._transport.credential_sources import find_credential
from ansible_collections.mondoo.platform.plugins.module_utils._transport.credentials import ApiToken, ServiceAccount
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.imports import hide_library
from ansible_collections.mondoo.platform.tests.unit.support.keys import private_pem, service_account

_MISSING = {"service_account": None, "service_account_file": None, "auth_token": None}


@pytest.fixture(autouse=True)
def _cli_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The machine's own file would be found on a developer's machine."""
    monkeypatch.setattr(
        credential_sources, "_CLI_FILES", (credential_sources._CLI_FILES[0], str(tmp_path / "etc" / "mondoo.yml"))
    )


def _named(mrn: str) -> dict[str, Any]:
    return service_account(mrn=mrn)


def _file(path: Path, mrn: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_named(mrn)), encoding="utf-8")
    return str(path)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _identity(credential: Any) -> str:
    if isinstance(credential, ApiToken):
        return credential.bearer()
    assert isinstance(credential, ServiceAccount)
    (mrn,) = credential.identifiers
    return str(mrn)


def _failure(options: dict[str, Any], environ: dict[str, str] | None = None) -> MondooError:
    with pytest.raises(MondooError) as caught:
        find_credential({**_MISSING, **options}, environ or {})
    assert caught.value.code == "InvalidCredentials"
    assert "PRIVATE KEY" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


# Order


def test_the_order_of_sources(tmp_path: Path) -> None:
    home = tmp_path / "home" / ".config" / "mondoo" / "mondoo.yml"
    options: dict[str, Any] = {
        "service_account": _named("//1"),
        "service_account_file": _file(tmp_path / "2", "//2"),
        "auth_token": "3",
    }
    environ = {
        "MONDOO_CONFIG_BASE64": _base64(json.dumps(_named("//4"))),
        "MONDOO_CONFIG_PATH": _file(tmp_path / "5", "//5"),
        "MONDOO_API_TOKEN": "6",
    }
    files = [(home, "//7"), (tmp_path / "etc" / "mondoo.yml", "//8")]
    for path, mrn in files:
        _file(path, mrn)

    found = []
    for source in (options, environ):
        for key in list(source):
            found.append(_identity(find_credential({**_MISSING, **options}, environ)))
            del source[key]
    for path, _mrn in files:
        found.append(_identity(find_credential(_MISSING, environ)))
        path.unlink()
    assert found == ["//1", "//2", "3", "//4", "//5", "6", "//7", "//8"]


def test_without_any_every_way_is_named() -> None:
    text = str(_failure({}))
    assert text.startswith("No credentials for the Mondoo Platform API were found. ")
    for way in (
        *("auth_token", "service_account", "service_account_file"),
        *("MONDOO_API_TOKEN", "MONDOO_CONFIG_BASE64", "MONDOO_CONFIG_PATH"),
        "~/.config/mondoo/mondoo.yml",
    ):
        assert way in text


@pytest.mark.parametrize("name", ["MONDOO_CONFIG_BASE64", "MONDOO_CONFIG_PATH", "MONDOO_API_TOKEN"])
def test_an_empty_variable_is_none(name: str) -> None:
    assert "No credentials" in str(_failure({}, {name: ""}))


def test_an_empty_option_is_a_mistake_and_hides_no_other_source() -> None:
    for option in _MISSING:
        assert f"the option {option}" in str(_failure({option: ""}, {"MONDOO_API_TOKEN": "secret"}))


# Forms

ACCOUNT = service_account()
TEXTS = {
    "JSON": json.dumps(ACCOUNT),
    "indented JSON": json.dumps(ACCOUNT, indent=2),
    "YAML": yaml.safe_dump(ACCOUNT),
    "YAML with a literal block": "mrn: {}\nprivate_key: |\n{}".format(
        ACCOUNT["mrn"], "".join(f"  {line}\n" for line in private_pem().splitlines())
    ),
    "base64 of JSON": _base64(json.dumps(ACCOUNT)),
    "base64 of YAML": _base64(yaml.safe_dump(ACCOUNT)),
    "base64 in lines": base64.encodebytes(json.dumps(ACCOUNT).encode()).decode(),
}
FORMS: dict[str, Any] = {"dictionary": ACCOUNT, **TEXTS}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_a_service_account(form: str) -> None:
    found = find_credential({**_MISSING, "service_account": FORMS[form]}, {})
    assert _identity(found) == ACCOUNT["mrn"]
    assert found.bearer().count(".") == 2


@pytest.mark.parametrize("form", TEXTS)
def test_a_file_and_the_variable_hold_the_same_forms(form: str, tmp_path: Path) -> None:
    path = tmp_path / "account"
    path.write_text(TEXTS[form], encoding="utf-8")
    assert _identity(find_credential({**_MISSING, "service_account_file": str(path)}, {})) == ACCOUNT["mrn"]
    assert _identity(find_credential(_MISSING, {"MONDOO_CONFIG_BASE64": TEXTS[form]})) == ACCOUNT["mrn"]


def test_paths_may_name_the_home_and_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _file(tmp_path / "home" / "account.json", "//home")
    monkeypatch.setenv("FOLDER", str(tmp_path / "home"))
    for path in ("~/account.json", "$FOLDER/account.json"):
        assert _identity(find_credential(_MISSING, {"MONDOO_CONFIG_PATH": path})) == "//home"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("hunter2", id="a word"),
        pytest.param("[1, 2]", id="a list"),
        pytest.param('"hunter2"', id="a JSON string"),
        pytest.param("null", id="null"),
        pytest.param("{hunter2", id="broken JSON"),
        pytest.param("a: b: hunter2", id="broken YAML"),
        pytest.param("key: !!python/object/apply:os.system [hunter2]", id="YAML that runs something"),
        pytest.param(_base64("hunter2"), id="base64 of something else"),
        pytest.param(base64.b64encode(b"\xff\xfehunter2").decode(), id="base64 of no text"),
        pytest.param("\t:hunter2\0", id="control characters"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_no_service_account_is_refused_without_being_quoted(text: str, tmp_path: Path) -> None:
    path = tmp_path / "account"
    path.write_text(text, encoding="utf-8")
    sources: list[tuple[dict[str, Any], dict[str, str], str]] = [
        ({"service_account": text}, {}, "from the option service_account"),
        ({"service_account_file": str(path)}, {}, f"from the option service_account_file ({path})"),
        ({}, {"MONDOO_CONFIG_PATH": str(path)}, f"from MONDOO_CONFIG_PATH ({path})"),
    ]
    if text:
        sources.append(({}, {"MONDOO_CONFIG_BASE64": text}, "from MONDOO_CONFIG_BASE64"))
    for options, environ, source in sources:
        message = str(_failure(options, environ))
        assert message.startswith(f"Could not use the service account {source}: it is neither JSON nor YAML")
        assert "hunter2" not in message


@pytest.mark.parametrize("key", ["mrn", "private_key"])
def test_an_incomplete_account_names_what_is_missing_and_its_source(key: str) -> None:
    text = json.dumps(service_account(**{key: None}))
    message = str(_failure({}, {"MONDOO_CONFIG_BASE64": text}))
    assert f"from MONDOO_CONFIG_BASE64: the service account has no {key}." in message


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "No such file or directory"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.write_bytes(b"\x89PNG hunter2"), "it is not text in UTF-8 or UTF-16"),
    ],
)
def test_a_file_that_cannot_be_read(make: Any, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "account"
    make(path)
    message = str(_failure({"service_account_file": str(path)}))
    assert message.startswith(
        f"Could not read the service account file from the option service_account_file: {path}: {reason}."
    )
    assert "hunter2" not in message


def test_an_api_token_that_cannot_be_one_names_its_source() -> None:
    message = str(_failure({}, {"MONDOO_API_TOKEN": "hunter 2"}))
    assert message.startswith("Could not use the API token from MONDOO_API_TOKEN: the API token contains white space")
    assert "hunter" not in message


def test_only_yaml_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    hide_library(monkeypatch, "yaml")
    assert _identity(find_credential({**_MISSING, "service_account": FORMS["JSON"]}, {})) == ACCOUNT["mrn"]
    with pytest.raises(MondooError, match="PyYAML") as caught:
        find_credential({**_MISSING, "service_account": FORMS["YAML"]}, {})
    assert caught.value.code == "MissingLibrary"
