# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collects the YAML examples of the documentation, so that tools can judge them.

`python examples.py COLLECTION TARGET` writes each into a file of its own below TARGET: plays, tasks, and the rest, as ansible-lint tells
them apart by folders. Fails if one is not valid YAML, or has an option that its module does not have. The collection has to be on
ANSIBLE_COLLECTIONS_PATH.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

_PREFIX = "mondoo.platform."
_DOCUMENTED = ("modules", "filter", "lookup", "test", "inventory")
_RST = re.compile(r"^\.\. code-block:: yaml\n((?: +:.*\n)*)\n((?:(?: {4,}.*)?\n)+)", re.MULTILINE)
_MARKDOWN = re.compile(r"^```ya?ml\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    """A piece of YAML. source: where it comes from, as a file name."""

    source: str
    text: str

    @property
    def content(self) -> Any:
        """As data; raises yaml.YAMLError."""
        return yaml.safe_load(self.text)

    @property
    def folder(self) -> str:
        """The kind of file that it would be."""
        entries = self.content
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            return "vars"
        is_play = any(
            {"hosts", "import_playbook", "ansible.builtin.import_playbook"} & entry.keys() for entry in entries
        )
        return "playbooks" if is_play else "tasks"


def examples(collection: Path) -> Iterator[Example]:
    """All YAML examples of README.md, the guides, and the documentation of plugins and roles."""
    for path in sorted([*collection.glob("*.md"), *collection.glob("docs/**/*.md"), *collection.glob("roles/*/*.md")]):
        # Each role has a README of its own.
        source = path.stem if path.parent.parent.name != "roles" else f"{path.stem}_{path.parent.name}"
        yield from _numbered(source, _MARKDOWN.findall(path.read_text(encoding="utf-8")))
    for path in sorted(collection.glob("docs/**/*.rst")):
        found = _RST.findall(path.read_text(encoding="utf-8") + "\n")
        yield from _numbered(path.stem, [textwrap.dedent(text).strip("\n") + "\n" for _indent, text in found])
    for kind in _DOCUMENTED:
        for path in sorted(collection.glob(f"plugins/{kind}/*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
                    yield Example(path.stem, ast.literal_eval(node.value).lstrip("\n"))
    for path in sorted(collection.glob("roles/*/meta/argument_specs.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            yield Example(f"role_{path.parent.parent.name}", entry["examples"])


def _numbered(source: str, texts: list[str]) -> Iterator[Example]:
    for number, text in enumerate(texts, 1):
        yield Example(f"{source.lower()}_{number}", text)


def tasks(content: Any) -> Iterator[dict[str, Any]]:
    """Every task in plays, blocks or lists of tasks."""
    if isinstance(content, list):
        for entry in content:
            yield from tasks(entry)
    elif isinstance(content, dict):
        inner = [
            content[key]
            for key in ("pre_tasks", "tasks", "post_tasks", "handlers", "block", "rescue", "always")
            if key in content
        ]
        yield from tasks(inner)
        if not inner:
            yield content


def unknown_options(content: Any, options: dict[str, set[str]]) -> list[str]:
    """What tasks give to our modules that these do not have. options: of each module, by its full name."""
    found = []
    for task in tasks(content):
        for module in (key for key in task if isinstance(key, str) and key.startswith(_PREFIX)):
            given = task[module] if isinstance(task[module], dict) else {}
            found += [f"{module}: {name}" for name in given.keys() - options.get(module, set())]
    return found


def _documented_options() -> dict[str, set[str]]:
    """Of each module, the options that its documentation has."""
    listed = _ansible_doc("--list", _PREFIX.rstrip("."))
    return {name: set(entry["doc"]["options"]) for name, entry in _ansible_doc(*listed).items()}


def _ansible_doc(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(["ansible-doc", "--json", *arguments], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main(collection: str, target: str) -> str | None:
    """Returns what is wrong, if something is."""
    options = _documented_options()
    wrong = []
    for number, example in enumerate(examples(Path(collection)), 1):
        try:
            wrong += [
                f"{example.source}: unknown option of {name}" for name in unknown_options(example.content, options)
            ]
        except yaml.YAMLError as error:
            wrong.append(f"{example.source}: {error}")
            continue
        folder = Path(target) / example.folder
        folder.mkdir(parents=True, exist_ok=True)
        text = example.text if example.text.startswith("---\n") else f"---\n{example.text}"
        (folder / f"{number:02}_{example.source}.yml").write_text(text, encoding="utf-8")
        print(f"{example.folder}/{number:02}_{example.source}.yml")
    return "\n".join(wrong) or None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
