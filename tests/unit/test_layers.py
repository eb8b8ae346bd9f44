# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The code is in layers, each of which knows the ones below it alone; and the version stands in two places."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.mondoo.platform.plugins.module_utils._version import VERSION

_ROOT = Path(__file__).resolve().parents[2]
_MODULE_UTILS = _ROOT / "plugins" / "module_utils"
_PREFIX = "ansible_collections.mondoo.platform.plugins."
# From the bottom up. A layer may import those before it, and itself; `_version` is for all.
LAYERS = ("_values", "_transport", "_client", "_planning", "_applying", "_module")
SOURCES = sorted(path for path in _MODULE_UTILS.rglob("*.py") if path.stat().st_size)


def _imported(path: Path) -> Iterator[str]:
    """Dotted names of what a file imports of the collection, below `plugins`."""
    package = path.relative_to(_MODULE_UTILS.parent).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.removeprefix(_PREFIX) for alias in node.names if alias.name.startswith(_PREFIX))
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join(package[: len(package) - node.level + 1])
            for alias in node.names:
                yield f"{base}.{node.module}" if node.module else f"{base}.{alias.name}"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_PREFIX):
            yield str(node.module).removeprefix(_PREFIX)


def test_every_folder_of_module_utils_is_a_layer() -> None:
    assert {path.name for path in _MODULE_UTILS.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(
        LAYERS
    )
    assert len(SOURCES) > len(LAYERS)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(_MODULE_UTILS)))
def test_layers_import_downwards_only(path: Path) -> None:
    layer = path.relative_to(_MODULE_UTILS).parts[0]
    below = LAYERS[: LAYERS.index(layer) + 1] if layer in LAYERS else ()
    allowed = {f"module_utils.{name}" for name in (*below, "_version")}
    for name in _imported(path):
        assert ".".join(name.split(".")[:2]) in allowed, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(_MODULE_UTILS)))
def test_only_the_top_layer_knows_ansible(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    knows = any(name.split(".")[0] == "ansible" for name in modules)
    assert not knows or path.relative_to(_MODULE_UTILS).parts[0] == "_module"


AUDIT = sorted((_ROOT / "plugins" / "plugin_utils" / "_audit").glob("*.py"))


@pytest.mark.parametrize("path", AUDIT, ids=lambda path: path.name)
def test_an_audit_needs_nothing_but_values(path: Path) -> None:
    """It runs on the controller, where the libraries of the modules need not be; Ansible brings Jinja."""
    names = {name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for name in _modules_of(node)}
    ours = {name for name in names if name.startswith("ansible_collections.")}
    assert all(
        name.startswith(tuple(f"{_PREFIX}module_utils.{part}" for part in ("_values.", "_version"))) for name in ours
    )
    theirs = {name.split(".")[0] for name in names - ours - {beside.stem for beside in AUDIT} - {"_text_values"}}
    assert theirs <= {*sys.stdlib_module_names, "ansible", "jinja2", "markupsafe"}


def _modules_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield str(node.module)


def test_imports_are_seen() -> None:
    """The other tests would pass if nothing were found."""
    found = set(_imported(_MODULE_UTILS / "_applying" / "executor.py"))
    assert {"module_utils._client.service", "module_utils._planning.plan", "module_utils._values.errors"} <= found
    found = set(_imported(_MODULE_UTILS / "_transport" / "http.py"))
    assert {"module_utils._transport.credentials", "module_utils._values", "module_utils._values.errors"} <= found
    found = set(_imported(_ROOT / "plugins" / "modules" / "api_token.py"))
    assert "module_utils._module.session" in found


def test_the_version_is_that_of_the_collection() -> None:
    galaxy = yaml.safe_load((_ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert galaxy["version"] == VERSION
