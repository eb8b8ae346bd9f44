# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sources of credentials, in order of precedence."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .._values.errors import INVALID_CREDENTIALS, MondooError
from .addresses import secrets_in
from .credential_text import document_from, text_from
from .credentials import ApiToken, Credential, ServiceAccount

# The CLI's files, the user's before the machine's.
_CLI_FILES = ("~/.config/mondoo/mondoo.yml", "/etc/opt/mondoo/mondoo.yml")
_LARGEST_FILE = 1024 * 1024  # bytes: credentials have a few thousand
# Names and addresses in the document of a service account: not secret, and needed in messages.
_PUBLIC = frozenset({"mrn", "scope_mrn", "parent_mrn", "space_mrn", "api_endpoint", "api_proxy", "type", "method"})
_SHORTEST_SECRET = 4  # characters; shorter ones would be masked inside unrelated words
_SHORTEST_FIELD = 8  # characters; a shorter value in an unknown field of a document is not a key

Register = Callable[[str], None]


def find_credential(
    options: Mapping[str, Any], environ: Mapping[str, str], register: Register = lambda _secret: None
) -> Credential:
    """The credential to use: the task's option, else the environment, else the CLI's own file.

    options: `service_account`, `service_account_file` and `auth_token`; an omitted one is absent or None.
    register: called with every secret before it is used, including each JWT that is signed later.
    """
    candidates: list[tuple[str, Any, Callable[[Any, str, Register], Credential]]] = [
        ("the option service_account", options.get("service_account"), _service_account),
        ("the option service_account_file", options.get("service_account_file"), _service_account_file),
        ("the option auth_token", options.get("auth_token"), _api_token),
        ("MONDOO_CONFIG_BASE64", environ.get("MONDOO_CONFIG_BASE64") or None, _service_account),
        ("MONDOO_CONFIG_PATH", environ.get("MONDOO_CONFIG_PATH") or None, _service_account_file),
        ("MONDOO_API_TOKEN", environ.get("MONDOO_API_TOKEN") or None, _api_token),
    ]
    candidates += [("the Mondoo CLI", path, _service_account_file) for path in _CLI_FILES if _exists(path)]
    for source, value, read in candidates:
        if value is not None:
            return read(value, source, register)
    raise MondooError(
        INVALID_CREDENTIALS,
        "No credentials for the Mondoo Platform API were found",
        advice=(
            "Give one of the options auth_token, service_account and service_account_file, or set one of"
            " MONDOO_API_TOKEN, MONDOO_CONFIG_BASE64 and MONDOO_CONFIG_PATH where the module runs, or log in there"
            f" with the Mondoo CLI ({' or '.join(_CLI_FILES)})."
        ),
    )


def secrets_of(document: object) -> set[str]:
    """The parts of a service account's document that have to be masked: everything but names, addresses and short values.

    document: also its text, or anything else that was given in place of it.
    """
    secrets: set[str] = set()
    for key, value in _texts(document):
        if key == "api_proxy":
            secrets |= secrets_in(value)
        elif key not in _PUBLIC and len(value) >= _SHORTEST_FIELD:
            secrets.add(value)
    return secrets


def _texts(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a document, with its key."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, str(name))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner, key)
    elif isinstance(value, str):
        yield key, value


def _exists(path: str) -> bool:
    return os.path.exists(os.path.expanduser(path))


def _api_token(value: Any, source: str, register: Register) -> Credential:
    _register_lines(str(value), register)
    try:
        token = ApiToken(str(value))
    except MondooError as error:
        raise error.during(f"use the API token from {source}") from None
    for secret in token.secrets:
        _register_lines(secret, register)
    return token


def _service_account_file(value: Any, source: str, register: Register) -> Credential:
    path = os.path.expanduser(os.path.expandvars(str(value)))
    try:
        with open(path, "rb") as file:
            text = text_from(file.read(_LARGEST_FILE))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8 or UTF-16"
        raise MondooError(
            INVALID_CREDENTIALS,
            f"{path}: {reason}",
            attempted=f"read the service account file from {source}",
            advice="Check the path on the host that runs the module, and that its user may read the file.",
        ) from None
    return _service_account(text, f"{source} ({path})", register)


def _service_account(value: Any, source: str, register: Register) -> Credential:
    try:
        for secret in secrets_of(value):
            register(secret)
        document = value if isinstance(value, Mapping) else document_from(str(value))
        for secret in secrets_of(document):
            _register_lines(secret, register)
        account = ServiceAccount(document, on_signed=register)
    except MondooError as error:
        raise error.during(f"use the service account from {source}") from None
    for secret in account.secrets:
        _register_lines(secret, register)
    return account


def _register_lines(secret: str, register: Register) -> None:
    """Registers a secret as a whole, stripped, and line by line, because a message may quote one line."""
    lines = (line.strip() for line in secret.splitlines())
    for part in {secret, secret.strip(), *(line for line in lines if not line.startswith("-----"))}:
        if len(part) >= _SHORTEST_SECRET:
            register(part)
