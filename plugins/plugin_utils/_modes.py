# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""File modes as variables give them."""

from __future__ import annotations

import re

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import invalid_option

_OCTAL = re.compile(r"[0-7]{3,4}")
_CLAUSE = r"[ugoa]*[=+-][rwxX]*"
_SYMBOLIC = re.compile(rf"{_CLAUSE}(,{_CLAUSE})*")
_WRITABLE_BY_OTHERS = 0o002


def mode_from(option: str, value: object, *, of_directory: bool = False, symbolic: bool = True) -> str:
    """Reads a mode: octal text, or as for chmod. An unquoted `0640` is the number 416 in YAML, and read as 0640.

    What it is for chmod applies to a new file or directory, to which only its owner has access. symbolic: whether it may be so.
    Raises MondooError for what cannot be intended for a secret or a report, such as the number 640 or the text `416`.
    """
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise invalid_option(f"{option}: {value!r} is not a mode")
    if isinstance(value, int):
        if not _is_plausible(value, of_directory):
            raise invalid_option(f"{option}: {value} is a number in YAML, and not the mode that was written; quote it")
        return f"{value:04o}"
    text = value.strip().removeprefix("0o")
    if _OCTAL.fullmatch(text):
        if not _is_plausible(int(text, 8), of_directory):
            hint = "; if the mode was written without quotes, quote it" if not text.startswith("0") else ""
            raise invalid_option(f'{option}: "{text}" is not a sensible mode for {_kind(of_directory)}{hint}')
        return text.rjust(4, "0")
    if not symbolic or not _SYMBOLIC.fullmatch(text):
        forms = '"0640" or "u=rw,g=r"' if symbolic else '"0640"'
        raise invalid_option(f'{option}: "{value}" is not a mode: write it as in {forms}')
    mode = _symbolic(text, 0o700 if of_directory else 0o600)
    if not _is_plausible(mode, of_directory):
        raise invalid_option(f'{option}: "{text}" is not a sensible mode for {_kind(of_directory)}')
    return f"{mode:04o}"


def _symbolic(text: str, mode: int) -> int:
    """The mode after all changes in the text. A change of nobody in particular is of the owner, as with the umask 077."""
    for clause in text.split(","):
        who, operator, permissions = re.split("([=+-])", clause)
        shifts = [{"u": 6, "g": 3, "o": 0}[each] for each in (who or "u").replace("a", "ugo")]
        digit = sum({"r": 4, "w": 2, "x": 1}.get(each, 0) for each in set(permissions))
        if "X" in permissions and mode & 0o111:
            digit |= 1
        bits = sum(digit << shift for shift in set(shifts))
        if operator == "=":
            mode &= ~sum(7 << shift for shift in set(shifts))
        mode = mode & ~bits if operator == "-" else mode | bits
    return mode


def _is_plausible(mode: int, of_directory: bool) -> bool:
    """Whether it is plausible: readable by its owner, not writable by everybody, and executable only for a directory."""
    if not 0 <= mode <= 0o777 or mode & _WRITABLE_BY_OTHERS:
        return False
    if of_directory:
        return mode & 0o700 == 0o700
    return bool(mode & 0o400) and not mode & 0o111 and mode & 0o060 != 0o020


def _kind(of_directory: bool) -> str:
    return "a directory" if of_directory else "a file"
