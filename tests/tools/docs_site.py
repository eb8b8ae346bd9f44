# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes HTML of the documentation: `python docs_site.py WORK TARGET`, with the collection on ANSIBLE_COLLECTIONS_PATH.

WORK is an empty folder for what is made on the way. Nothing is downloaded: references to Ansible's own documentation stay text,
and links to other sites are not tried. Any other reference or link that leads nowhere is an error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_COLLECTION = "mondoo.platform"
_SETTINGS = r"""
intersphinx_mapping = {}
nitpick_ignore_regex = [
    (".*", r"ansible_collections\.ansible\.builtin\..*"),
    ("std:ref", "action_plugins|ansible_configuration_settings|common_return_values"),
    ("std:envvar", "ANSIBLE_.*"),
]
"""


class _Page(HTMLParser):
    """What a page links to, and what in it can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src"):
                self.links.add(value or "")
            elif name == "id":
                self.anchors.add(value or "")


def broken_links(folder: Path) -> Iterator[str]:
    """Links of the pages below `folder` to files or anchors that are not there, as `page: link`."""
    pages = {path.resolve(): _Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}
    for path, page in sorted(pages.items()):
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = target not in pages or not parts.fragment or unquote(parts.fragment) in pages[target].anchors
            if not target.exists() or not known:
                yield f"{path.relative_to(folder.resolve())}: {link}"


def main(work: str, target: str) -> str | None:
    """Returns what is wrong, if something is."""
    options = ["--use-current", "--squash-hierarchy"]
    titles = ["--project", _COLLECTION, "--title", _COLLECTION, "--html-short-title", _COLLECTION]
    _run("antsibull-docs", "sphinx-init", *options, *titles, "--dest-dir", work, _COLLECTION)
    with (Path(work) / "conf.py").open("a", encoding="utf-8") as settings:
        settings.write(_SETTINGS)
    pages = f"{work}/rst"
    Path(pages).chmod(0o755)  # antsibull-docs refuses a folder that others may write to
    config = ["--config-file", f"{work}/antsibull-docs.cfg"]
    _run("antsibull-docs", *config, "collection", "--cleanup", "everything", *options, "--dest-dir", pages, _COLLECTION)
    # antsibull-docs takes texts alone.
    collection = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"], "ansible_collections", *_COLLECTION.split("."))
    shutil.copytree(collection / "docs" / "docsite" / "rst" / "images", f"{pages}/docsite/images")
    strict = ["-q", "-W", "--keep-going", "-E"]
    _run("sphinx-build", *strict, "-b", "html", "-c", work, "-d", f"{work}/doctrees", pages, target)
    broken = list(broken_links(Path(target)))
    return "\n".join(["Links that lead nowhere:", *broken]) if broken else None


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
