# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificate authorities are trusted: by options, and by the variables that other programs have too."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._transport.trust import Trust, choose_trust
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError

VARIABLES = ["MONDOO_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"]


@pytest.fixture
def bundles(tmp_path: Path) -> dict[str, str]:
    for name in VARIABLES:
        (tmp_path / name).touch()
    return {name: str(tmp_path / name) for name in VARIABLES}


def test_the_order(bundles: dict[str, str], tmp_path: Path) -> None:
    option = tmp_path / "option.pem"
    option.touch()
    environ = dict(bundles)
    assert choose_trust(True, str(option), environ) == Trust(bundle=str(option))
    for name in VARIABLES[:-1]:
        assert choose_trust(True, None, environ) == Trust(bundle=environ.pop(name))
    assert choose_trust(True, None, environ) == Trust(named=(bundles["SSL_CERT_FILE"],))
    assert choose_trust(True, None, {}) == Trust()


def test_without_verification_nothing_is_looked_at() -> None:
    assert choose_trust(False, "/not/there", dict.fromkeys(VARIABLES, "/not/there")) == Trust(verify=False)


def test_an_empty_variable_is_none() -> None:
    assert choose_trust(True, "", dict.fromkeys([*VARIABLES, "SSL_CERT_DIR"], "")) == Trust()


def test_folders_where_the_variable_may_name_one(tmp_path: Path) -> None:
    folder = str(tmp_path)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        assert choose_trust(True, None, {name: folder}) == Trust(bundle=folder)
    assert choose_trust(True, None, {"SSL_CERT_DIR": f"{folder}:{folder}"}) == Trust(named=(f"{folder}:{folder}",))


@pytest.mark.parametrize("name", [*VARIABLES, "SSL_CERT_DIR", "ca_path"])
def test_what_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    with pytest.raises(MondooError) as caught:
        choose_trust(True, missing if name == "ca_path" else None, {} if name == "ca_path" else {name: missing})
    assert caught.value.code == "InvalidOption"
    assert str(caught.value).startswith(f'{name}: "{missing}" is not a readable file')
