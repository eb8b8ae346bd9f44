# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records what the installed engines say: `python -m engines`, with `tests` on PYTHONPATH."""

from __future__ import annotations

from .cases import CASES
from .programs import ENGINES, NotInstalledError, Opinion, ask
from .recording import record


def main() -> None:
    opinions: dict[str, Opinion] = {}
    for engine in ENGINES:
        try:
            opinions[engine] = ask(engine, list(CASES.values()))
        except NotInstalledError as error:
            print(f"not asked: {error}")
        else:
            print(f"asked: {engine} {opinions[engine].version}")
    record(opinions)


if __name__ == "__main__":
    main()
