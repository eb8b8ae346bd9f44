# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python that lacks a library."""

from __future__ import annotations

import builtins
from typing import Any

import pytest


def hide_library(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """From here on, importing the library fails as if it were not installed."""
    real = builtins.__import__

    def without(wanted: str, *args: Any, **kwargs: Any) -> Any:
        if wanted == name or wanted.startswith(f"{name}."):
            raise ModuleNotFoundError(f"No module named {wanted!r}", name=wanted)
        return real(wanted, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
