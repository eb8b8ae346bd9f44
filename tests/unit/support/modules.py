# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules run in this process, as Ansible runs them: arguments in, JSON out."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import graphql
import pytest
import yaml
from ansible.module_utils import basic
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.retry import RetryPolicy
from ansible_collections.mondoo.platform.plugins.module_utils._module import arguments as specifications
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import token_arguments
from ansible_collections.mondoo.platform.plugins.module_utils._module.interruption import (
    InterruptibleTransport,
    Interruption,
)
from ansible_collections.mondoo.platform.plugins.module_utils._module.session import Session
from ansible_collections.mondoo.platform.plugins.module_utils._transport.credentials import ApiToken, Credential
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.modules import api_token

from .model import Model

# What Ansible itself puts into a result.
_ANSIBLES_OWN = {"invocation", "warnings", "deprecations", "diff", "failed", "msg"}


@contextlib.contextmanager
def module_arguments(arguments: Mapping[str, Any]) -> Iterator[None]:
    """Every `AnsibleModule` made inside gets these arguments."""
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # ansible-core before 2.18
        text = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        with mock.patch.object(basic, "_ANSIBLE_ARGS", text):
            yield
    else:
        with patch_module_args(dict(arguments)):
            yield


def run_module(main: Callable[[], None], arguments: Mapping[str, Any], **internal: Any) -> dict[str, Any]:
    """The result of a module. internal: what Ansible passes on its own, e.g. `check_mode=True`."""
    given = {**arguments, **{f"_ansible_{key}": value for key, value in internal.items()}}
    printed = io.StringIO()
    with module_arguments(given), contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as ended:
        main()
    result: dict[str, Any] = json.loads(printed.getvalue())
    assert bool(result.get("failed")) == bool(ended.value.code)
    return result


@contextlib.contextmanager
def token_module(arguments: Mapping[str, Any], *, check_mode: bool = False) -> Iterator[basic.AnsibleModule]:
    """An `AnsibleModule` with the options of a token and of files."""
    with module_arguments({**arguments, "_ansible_check_mode": check_mode}):
        yield basic.AnsibleModule(argument_spec=token_arguments(), add_file_common_args=True, supports_check_mode=True)


def warnings_of_modules(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What modules warn of from here on; where the controller's code is loaded too, warnings do not reach results."""
    warned: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _module, warning: warned.append(warning))
    return warned


class Login:
    """The model, as the owner of a secret reaches it."""

    def __init__(self, model: Model, *, is_accepted: bool) -> None:
        self._model = model
        self._is_accepted = is_accepted

    def post(self, document: graphql.DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        if self._is_accepted:
            return self._model.post(document, variables, operation)
        self._model.sent.append((operation, variables))
        return Answer(None, [{"message": "rpc error: code = Unauthenticated desc = no"}], 200, None)

    def close(self) -> None:
        """There is nothing to close."""


def session_with(
    model: Model, own: str = "opaque", *, accepts_tokens: bool = True
) -> Callable[[basic.AnsibleModule, Interruption], Session]:
    """An `open_session` that leads to the model.

    own: the secret that the task logs in with. accepts_tokens: whether others can log in with the secrets of tokens.
    """

    def open_session(module: basic.AnsibleModule, interruption: Interruption) -> Session:
        def open_transport(credential: Credential) -> InterruptibleTransport:
            secret = credential.bearer()
            live = {entry.secret for entry in model.entries.values()} if accepts_tokens else set()
            return InterruptibleTransport(Login(model, is_accepted=secret in {own, *live}), interruption)

        policy = RetryPolicy(module.params["retries"], sleep=model.clock.sleep, jitter=lambda: 1.0)
        return Session("https://api.invalid/query", ApiToken(own), open_transport, policy)

    return open_session


def specification_of(module: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The arguments with which a module's `main` has its `AnsibleModule` made."""

    class Made(BaseException):
        """Ends `main` there."""

    given: dict[str, Any] = {}

    def remember(**arguments: Any) -> None:
        given.update(arguments)
        raise Made

    monkeypatch.setattr(specifications, "AnsibleModule", remember)
    with pytest.raises(Made):
        module.main()
    return given


def documented_options(module: Any) -> dict[str, dict[str, Any]]:
    """The options in a module's documentation and in the collection's own fragments."""
    documentation = yaml.safe_load(module.DOCUMENTATION)
    options: dict[str, dict[str, Any]] = dict(documentation.get("options") or {})
    folder = Path(__file__).resolve().parents[3] / "plugins" / "doc_fragments"
    for name in documentation["extends_documentation_fragment"]:
        if name.startswith("mondoo.platform."):
            fragment, _separator, part = name.removeprefix("mondoo.platform.").partition(".")
            namespace: dict[str, Any] = {}
            # Importing them is for controllers only; they are constants.
            exec((folder / f"{fragment}.py").read_text(encoding="utf-8"), namespace)  # noqa: S102
            text = getattr(namespace["ModuleDocFragment"], part.upper() or "DOCUMENTATION")
            options.update(yaml.safe_load(text).get("options") or {})
    return options


def check_result_is_documented(module: Any, result: Mapping[str, Any]) -> None:
    """Every key of a result is in RETURN with its type, and every key that RETURN promises is there."""
    outcome = "failure" if result.get("failed") else "success"
    _check_level(yaml.safe_load(module.RETURN), result, outcome, allowed=_ANSIBLES_OWN | {"changed"})


# The keys of a token are documented once, and referred to elsewhere.
_TOKEN_REFERENCE = "RV(mondoo.platform.api_token#module:api_token)"


def _contents(about: Mapping[str, Any]) -> dict[str, Any]:
    """The documented keys of a value, those that its description refers to included."""
    own = about.get("contains") or {}
    if _TOKEN_REFERENCE not in str(about["description"]):
        return dict(own)
    return {**yaml.safe_load(api_token.RETURN)["api_token"]["contains"], **own}


def _check_level(
    documented: Mapping[str, Any], values: Mapping[str, Any], outcome: str, allowed: set[str] | None = None
) -> None:
    undocumented = set(values) - set(documented) - (allowed or set())
    assert not undocumented, undocumented
    types: dict[str, Any] = {"str": str, "int": int, "dict": dict, "list": list, "bool": bool}
    for key, about in documented.items():
        promised = about["returned"] in ("always", outcome, "success" if allowed is None else outcome)
        assert key in values or not promised, f"{key} is missing"
        value = values.get(key)
        if value is None:
            continue
        assert isinstance(value, types[about["type"]]), key
        contents = _contents(about)
        for entry in (value if about["type"] == "list" else [value]) if contents else ():
            _check_level(contents, entry, outcome)
