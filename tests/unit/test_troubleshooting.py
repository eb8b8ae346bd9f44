# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide on troubleshooting has every code, with the advice that its messages give."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values import errors

_GUIDE = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "guide_troubleshooting.rst"
# A heading below a code is one line of carets.
_PARTS = re.split(r"^(\w+)\n\^+\n", _GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
SECTIONS = dict(zip(_PARTS[1::2], _PARTS[2::2], strict=True))
# That of a Python that is too old stands where such a Python can read it.
CODES = sorted(
    {"UnsupportedPython"}
    | {value for name, value in vars(errors).items() if name.isupper() and isinstance(value, str) and value.isalpha()}
)


def test_there_is_a_section_for_each_code_and_no_other() -> None:
    assert len(CODES) > 20
    assert sorted(SECTIONS) == CODES


@pytest.mark.parametrize("code", CODES)
def test_a_section_quotes_the_advice_of_its_code(code: str) -> None:
    quotation = " ".join(re.findall(r"^    (\S.*)$", SECTIONS.get(code, ""), flags=re.MULTILINE))
    assert quotation == (errors.MondooError(code, "reason").advice or "")
