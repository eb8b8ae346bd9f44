# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual environments that several sessions share: one for each version of ansible-core, and one for the linters.

Making one takes longer than many a session runs. An environment is made anew when its list of requirements changes.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path


def provide(folder: Path, interpreter: Path, requirements: Sequence[str], files: Sequence[Path] = ()) -> Path:
    """The `bin` folder of an environment with these requirements and requirement files; made if it is not there.

    Safe to be called by several processes at once. Raises CalledProcessError if something cannot be installed.
    """
    wanted = _fingerprint(interpreter, requirements, files)
    stamp = folder / "fingerprint"
    with _locked(folder.with_name(f"{folder.name}.lock")):
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            _create(folder, interpreter, [*requirements, *(word for path in files for word in ("-r", str(path)))])
            stamp.write_text(wanted, encoding="utf-8")
    return folder / "bin"


def _fingerprint(interpreter: Path, requirements: Sequence[str], files: Sequence[Path]) -> str:
    """Changes with everything that the environment is made from, files that the files name included."""
    texts = [str(interpreter), *requirements]
    waiting = [path.resolve() for path in files]
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        text = path.read_text(encoding="utf-8")
        texts.append(text)
        named = [line.removeprefix("-r ").strip() for line in text.splitlines() if line.startswith("-r ")]
        waiting += [(path.parent / name).resolve() for name in named]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _create(folder: Path, interpreter: Path, arguments: Sequence[str]) -> None:
    uv = shutil.which("uv")
    if uv:
        subprocess.run([uv, "venv", "--quiet", "--python", str(interpreter), str(folder)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python")]
    else:
        subprocess.run([str(interpreter), "-m", "venv", str(folder)], check=True)
        install = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, *arguments], check=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
