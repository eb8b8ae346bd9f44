# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows the collection at work: its playbooks, as installed, against the simulator. Leaves the report of an audit behind.

Run by `make demo`, in an environment that has ansible-core, the requirements of the modules and of the simulator.
`demo.py [FOLDER]`: the folder for the report, build/demo if there is none.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from simulator.process import Simulator  # noqa: E402  (found through the line above)

_BIN = Path(sys.executable).parent
_WIDTH = 78
_COLLECTION = "ansible_collections/mondoo/platform"


class Demo:
    """Runs playbooks of the installed collection and prints what they print."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self._folder = folder
        self._simulator = simulator
        self._collections = folder / "collections"
        self.secrets = folder / "tokens"
        self.secrets.mkdir(mode=0o700)
        self._environment = {
            "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "PWD": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(self._collections),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            # What the tasks say, without a heading for each of them.
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
            "ANSIBLE_STDOUT_CALLBACK": "story",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            **simulator.login,
            **({"ANSIBLE_FORCE_COLOR": "1"} if sys.stdout.isatty() else {"ANSIBLE_NOCOLOR": "1"}),
        }

    def install(self) -> None:
        """Builds the collection and installs the artifact, as a user would get it."""
        self._quietly("ansible-galaxy", "collection", "build", str(ROOT), "--output-path", str(self._folder))
        (artifact,) = self._folder.glob("mondoo-platform-*.tar.gz")
        self._quietly(
            "ansible-galaxy", "collection", "install", str(artifact), "-p", str(self._collections), "--offline"
        )
        print(f"Installed {artifact.name}.")

    def example(self, name: str) -> tuple[str, str]:
        """The arguments that hand over a file of variables from docs/examples."""
        return ("-e", f"@{self._collections / _COLLECTION / 'docs' / 'examples' / name}")

    def step(self, title: str, look: str, playbook: str, *arguments: str) -> None:
        """Runs one playbook under a heading; `look` says what is to be seen in what it prints."""
        print(f"\n{'=' * _WIDTH}\n{title}\n  Look at: {look}\n{'=' * _WIDTH}")
        shown = " ".join(argument.replace(f"{self._collections / _COLLECTION}/", "") for argument in arguments)
        print(f"$ ansible-playbook mondoo.platform.{playbook} {shown}".rstrip(), flush=True)
        before = len(self._simulator.mutations())
        command = [str(_BIN / "ansible-playbook"), f"mondoo.platform.{playbook}", *arguments]
        done = subprocess.run(command, env=self._environment, cwd=self._folder, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            sys.exit(f"The playbook {playbook} failed.")
        sent = self._simulator.mutations()[before:]
        changes = f"{len(sent)} change{'' if len(sent) == 1 else 's'}" if sent else "no change"
        print(f"The service was sent {changes}{': ' if sent else ''}{', '.join(sent)}.", flush=True)

    def _quietly(self, name: str, *arguments: str) -> None:
        subprocess.run([str(_BIN / name), *arguments], env=self._environment, check=True, stdout=subprocess.DEVNULL)


def _history(simulator: Simulator) -> None:
    """What has gathered at the service while tokens were clicked together."""

    def token(scope: str, name: str, permissions: list[str], age: int, unused: int | None, text: str = "") -> Any:
        now = datetime.now(timezone.utc)
        used = None if unused is None else (now - timedelta(days=unused)).isoformat()
        return {
            "scope": f"//captain.api.mondoo.app/{scope}",
            "name": name,
            "description": text,
            "permissions": permissions,
            "created_at": (now - timedelta(days=age)).isoformat(),
            "last_used_at": used,
        }

    simulator.seed(
        {
            "tokens": [
                token("spaces/alpha", "old-pipeline", ["editor", "viewer"], 700, 400),
                token("spaces/alpha", "test", ["owner"], 200, None),
                token("spaces/beta", "laptop of a colleague", ["editor"], 90, 3, "For a demonstration"),
                token("organizations/acme", "billing export", ["viewer"], 500, 1, "Monthly, by the finance team"),
            ]
        }
    )


def _drift(simulator: Simulator) -> None:
    """Changes a token as somebody with access to the console might."""
    (token,) = [token for token in simulator.tokens() if token["name"] == "scanner"]
    simulator.patch_token(token["mrn"], description="Changed by hand", permissions=["agent", "owner"])
    print('\nMeanwhile somebody makes the token "scanner" an owner, by hand.')


def main() -> None:
    reports = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "demo").resolve()
    reports.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mondoo-demo-") as name:
        folder = Path(name)
        with Simulator.run(folder / "simulator") as simulator:
            print(f"A simulator of the Mondoo Platform API listens on {simulator.url}. No account is needed.")
            demo = Demo(folder, simulator)
            demo.install()
            _history(simulator)
            fleet = demo.example("fleet.yml")
            demo.step("1. Onboard a small fleet", "three tokens created", "onboard", *fleet)
            print("Their secrets:")
            for path in sorted(demo.secrets.iterdir()):
                print(f"  {path.name}: mode {path.stat().st_mode & 0o777:04o}, {path.stat().st_size} bytes")
            demo.step("2. The same again", "changed=0, no change is sent", "onboard", *fleet)
            _drift(simulator)
            demo.step("3. Audit for drift, in check mode", "the diff", "onboard", *fleet, "--check", "--diff")
            demo.step("4. Put it right", "one token changed, in place: its secret stays valid", "onboard", *fleet)
            audit = (*fleet, *demo.example("policy.yml"), "-e", f"api_token_audit_directory={reports}")
            demo.step("5. Audit everything that is there", "the figures; no change is sent", "audit", *audit)
            adopt = ("-e", "api_tokens_adopt_organizations=acme", "-e", "api_tokens_adopt_file=everything.yml")
            demo.step("6. Write down everything that is there", "what was made by hand, too", "adopt", *adopt)
            everything = ("-e", "@everything.yml", "--check")
            demo.step("7. Audit that for drift", "nothing would change", "onboard", *everything)
            unused = ("-e", "api_tokens_offboard_organizations=acme", "-e", "api_tokens_offboard_unused_for=365d")
            demo.step("8. Delete what nobody has used for a year", "each token is named", "offboard", *unused)
    print("\nThe simulator is stopped, and its files are removed. The report stays; open it in a browser:")
    print(f"  {reports / 'api-tokens.html'}")


if __name__ == "__main__":
    main()
