# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where credentials come from, in which order, and how a service account is written down."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from .._values.errors import INVALID_CREDENTIALS, MondooError, missing_library
from .credentials import ApiToken, Credential, ServiceAccount

# The CLI's own files, the user's before the machine's.
_CLI_FILES = ("~/.config/mondoo/mondoo.yml", "/etc/opt/mondoo/mondoo.yml")


def find_credential(options: Mapping[str, Any], environ: Mapping[str, str]) -> Credential:
    """The credential to use: the task's option, else the environment, else the CLI's own file.

    options: `service_account`, `service_account_file` and `auth_token`; one not given is absent or None.
    """
    candidates: list[tuple[str, Any, Callable[[Any, str], Credential]]] = [
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
            return read(value, source)
    raise MondooError(
        INVALID_CREDENTIALS,
        "No credentials for the Mondoo Platform API were found",
        advice=(
            "Give one of the options auth_token, service_account and service_account_file, or set one of"
            " MONDOO_API_TOKEN, MONDOO_CONFIG_BASE64 and MONDOO_CONFIG_PATH where the module runs, or log in there"
            f" with the Mondoo CLI ({' or '.join(_CLI_FILES)})."
        ),
    )


def _exists(path: str) -> bool:
    return os.path.exists(os.path.expanduser(path))


def _api_token(value: Any, source: str) -> Credential:
    try:
        return ApiToken(str(value))
    except MondooError as error:
        raise error.during(f"use the API token from {source}") from None


def _service_account_file(value: Any, source: str) -> Credential:
    path = os.path.expanduser(os.path.expandvars(str(value)))
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise MondooError(
            INVALID_CREDENTIALS,
            f"{path}: {reason}",
            attempted=f"read the service account file from {source}",
            advice="Check the path on the host that runs the module, and that its user may read the file.",
        ) from None
    return _service_account(text, f"{source} ({path})")


def _service_account(value: Any, source: str) -> Credential:
    try:
        return ServiceAccount(value if isinstance(value, Mapping) else _document(str(value)))
    except MondooError as error:
        raise error.during(f"use the service account from {source}") from None


def _document(text: str) -> Mapping[str, Any]:
    """Reads JSON, YAML, or base64 of either. The error never quotes the text: it holds a private key."""
    decoded = _from_base64(text)
    for read in (json.loads, _from_yaml):
        try:
            found = read(decoded)
        except ValueError:
            continue
        if isinstance(found, Mapping):
            return found
    raise MondooError(
        INVALID_CREDENTIALS,
        "it is neither JSON nor YAML with the keys of a service account, nor base64 of those",
        advice="Use the credentials file that the console offers when a service account is created.",
    )


def _from_base64(text: str) -> str:
    # A document has characters, such as the colon, that base64 has not: it can never be taken for the other.
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return text


def _from_yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise missing_library("PyYAML", "pip install PyYAML") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ValueError("not YAML") from None
