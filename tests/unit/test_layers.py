# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each layer of the code imports, exactly, and what it must know nothing of; and the version stands in two places."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.mondoo.platform.plugins.module_utils._version import VERSION

_ROOT = Path(__file__).resolve().parents[2]
_MODULE_UTILS = _ROOT / "plugins" / "module_utils"
_PREFIX = "ansible_collections.mondoo.platform.plugins."
_PAGE = _ROOT / "docs" / "docsite" / "rst" / "guide_architecture.rst"
# From the bottom up, with the layers that each imports: no more and no fewer. `_version` is for all.
LAYERS: dict[str, set[str]] = {
    "_values": set(),
    "_transport": {"_values"},
    "_graphql": {"_transport", "_values"},
    "_api": {"_graphql", "_values"},
    "_planning": {"_values"},
    "_applying": {"_api", "_graphql", "_planning", "_values"},
    "_module": {"_api", "_applying", "_graphql", "_planning", "_transport", "_values"},
}
# All that a pure function needs: no clock, no file, no chance.
_PURE = {"__future__", "collections", "collections.abc", "dataclasses", "datetime", "enum", "fnmatch", "typing"}
SOURCES = sorted(path for path in _MODULE_UTILS.rglob("*.py") if path.stat().st_size)


def _files(layer: str) -> list[Path]:
    return [path for path in SOURCES if path.relative_to(_MODULE_UTILS).parts[0] == layer]


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(path: Path, tree: ast.AST) -> Iterator[str]:
    """Dotted names of what the code of a file imports; what is of the collection begins below `plugins`, with a dot."""
    package = path.relative_to(_MODULE_UTILS.parent).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.replace(_PREFIX, ".") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join(("", *package[: len(package) - node.level + 1]))
            yield from ([f"{base}.{node.module}"] if node.module else [f"{base}.{alias.name}" for alias in node.names])
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module).replace(_PREFIX, ".")


def _imported_layers(path: Path, tree: ast.AST) -> set[str]:
    """The other layers that the code of a file imports from, and whatever else of the collection."""
    names = {name.removeprefix(".module_utils") for name in _imports(path, tree) if name.startswith(".")}
    return {name.split(".")[1] for name in names} - {"_version", path.relative_to(_MODULE_UTILS).parts[0]}


def _outside(path: Path) -> set[str]:
    """What a file imports that is not of the collection."""
    return {name for name in _imports(path, _tree(path)) if not name.startswith(".")}


def test_every_folder_of_module_utils_is_a_layer() -> None:
    folders = {path.name for path in _MODULE_UTILS.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(LAYERS)
    assert all(_files(layer) for layer in LAYERS)


def test_a_layer_is_above_those_that_it_imports() -> None:
    order = list(LAYERS)
    assert all(allowed <= set(order[: order.index(layer)]) for layer, allowed in LAYERS.items())


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_exactly_these(layer: str) -> None:
    by_file = {path.name: _imported_layers(path, _tree(path)) for path in _files(layer)}
    assert set().union(*by_file.values()) == LAYERS[layer], by_file


def test_the_page_on_the_architecture_shows_these_layers() -> None:
    lines = re.findall(r"^    (_\w+) +-> (.+)$", _PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {layer: set(names.split(", ")) - {"nothing"} for layer, names in lines} == LAYERS
    assert [layer for layer, _names in lines] == list(reversed(LAYERS))


@pytest.mark.parametrize(
    ("line", "layers"),
    [
        ("from .._graphql.client import GraphQLClient", {"_graphql"}),
        ("from .. import _transport", {"_transport"}),
        (f"from {_PREFIX}module_utils._module import turns", {"_module"}),
        (f"import {_PREFIX}module_utils._api.tokens", {"_api"}),
        ("from .plan import Plan", set()),
        ("from .._version import VERSION", set()),
        ("from ...plugin_utils import _report", {"", "plugin_utils"} - {""}),
    ],
)
def test_imports_are_seen(line: str, layers: set[str]) -> None:
    """The tests above would pass if nothing were found."""
    found = _imported_layers(_MODULE_UTILS / "_planning" / "example.py", ast.parse(line))
    assert found == layers


def test_the_planner_is_pure() -> None:
    for path in _files("_planning"):
        assert _outside(path) <= _PURE, path.name
        calls = {node.attr for node in ast.walk(_tree(path)) if isinstance(node, ast.Attribute)}
        assert calls.isdisjoint({"today", "utcnow", "open"}), path.name
        assert "datetime.now" not in path.read_text(encoding="utf-8"), path.name


def test_the_graphql_client_knows_nothing_of_tokens() -> None:
    for path in _files("_graphql"):
        assert "token" not in path.read_text(encoding="utf-8").lower(), path.name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(_MODULE_UTILS)))
def test_only_the_top_layer_knows_ansible(path: Path) -> None:
    knows = any(name.split(".")[0] == "ansible" for name in _outside(path))
    assert not knows or path.relative_to(_MODULE_UTILS).parts[0] == "_module"


AUDIT = sorted((_ROOT / "plugins" / "plugin_utils" / "_audit").glob("*.py"))


@pytest.mark.parametrize("path", AUDIT, ids=lambda path: path.name)
def test_an_audit_needs_nothing_but_values(path: Path) -> None:
    """It runs on the controller, where the libraries of the modules need not be; Ansible brings Jinja. Addresses need none."""
    names = set(_imports(path, _tree(path)))
    own = {name for name in names if name.startswith(".")}
    beside = tuple(f".plugin_utils.{name}" for name in ("_audit", "_modes", "_reading", "_text_values"))
    allowed = (".module_utils._values", ".module_utils._version", ".module_utils._transport.endpoint", *beside)
    assert all(name.startswith(allowed) for name in own), own
    outside = {name.split(".")[0] for name in names - own}
    assert outside <= {*sys.stdlib_module_names, "ansible", "jinja2", "markupsafe"}, outside


def test_the_version_is_that_of_the_collection() -> None:
    galaxy = yaml.safe_load((_ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert galaxy["version"] == VERSION
