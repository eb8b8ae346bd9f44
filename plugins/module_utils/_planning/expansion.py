# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expands a declaration for the spaces of an organization to one for each space. Pure, like all planning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .._values.each_space import EachSpace, Space, check_placeholders, fill_placeholders, has_placeholder
from .._values.errors import MondooError, invalid_option
from .._values.token_names import check_declared_name
from .declaration import Declaration


@dataclass(frozen=True)
class Expansion:
    """The declaration for one of the spaces. error: why it is invalid, such as a refused name."""

    space: Space
    declaration: Declaration
    error: MondooError | None = None


def check_template(declaration: Declaration) -> None:
    """Raises MondooError if the declaration cannot be used for each space of its scope."""
    if declaration.scope.kind != "organization":
        raise invalid_option(f"each_space needs the organization of the spaces, and not {declaration.scope}")
    if declaration.mrn is not None or declaration.name is None:
        raise invalid_option("each_space needs name, and excludes mrn: an MRN is that of one token")
    for option in ("name", "description", "token_path"):
        check_placeholders(option, getattr(declaration, option))
    if declaration.token_path is not None and not has_placeholder(declaration.token_path):
        raise invalid_option(
            f'token_path: "{declaration.token_path}" needs {{space}} or {{space_name}} in it: each space has a secret of its own'
        )


def expand(declaration: Declaration, each_space: EachSpace, spaces: Iterable[Space]) -> list[Expansion]:
    """The declaration for each matching space, in order. spaces: all of the organization."""
    return [_expand(declaration, space) for space in each_space.select(spaces)]


def _expand(declaration: Declaration, space: Space) -> Expansion:
    expanded = replace(
        declaration,
        scope=space.scope,
        name=_fill(declaration.name, space),
        description=_fill(declaration.description, space),
        token_path=_fill(declaration.token_path, space),
    )
    try:
        _check(expanded, declaration.token_path or "", space)
    except MondooError as error:
        return Expansion(space, expanded, error)
    return Expansion(space, expanded)


def _fill(text: str | None, space: Space) -> str | None:
    return None if text is None else fill_placeholders(text, space)


def _check(expanded: Declaration, path_template: str, space: Space) -> None:
    check_declared_name(expanded.name or "")
    # The name of a space must not be able to change the directory of a secret.
    if "{space_name}" in path_template and ("/" in space.name or "\0" in space.name or space.name in (".", "..")):
        raise invalid_option(
            f'token_path: the name of {space.scope}, "{space.name}", cannot be part of a path; use {{space}} in its place'
        )
