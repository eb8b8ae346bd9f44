# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows the collection at work: the shipped example playbooks, as installed, against the simulator. Leaves nothing behind.

Run by `make demo`, in an environment that has ansible-core, the requirements of the modules and of the simulator.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from simulator.process import Simulator  # noqa: E402  (found through the line above)

_BIN = Path(sys.executable).parent
_WIDTH = 78
_EXAMPLES = "ansible_collections/mondoo/platform/docs/examples"


class Demo:
    """Runs playbooks of the installed collection and prints what they print."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self._folder = folder
        self._simulator = simulator
        self._collections = folder / "collections"
        self._examples = self._collections / _EXAMPLES
        self.secrets = folder / "secrets"
        self.secrets.mkdir(mode=0o700)
        self._environment = {
            "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(self._collections),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "MONDOO_API_ENDPOINT": simulator.url,
            "MONDOO_API_TOKEN": simulator.admin_token,
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

    def step(self, title: str, look: str, playbook: str, *arguments: str) -> None:
        """Runs one playbook under a heading; `look` says what is to be seen in what it prints."""
        print(f"\n{'=' * _WIDTH}\n{title}\n  Look at: {look}\n{'=' * _WIDTH}")
        shown = " ".join(argument.replace(f"{self._folder}/", "") for argument in arguments)
        print(f"$ ansible-playbook {playbook} {shown}".rstrip(), flush=True)
        before = len(self._simulator.mutations())
        command = [str(_BIN / "ansible-playbook"), str(self._examples / playbook), *arguments]
        done = subprocess.run(command, env=self._environment, cwd=self._folder, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            sys.exit(f"{playbook} failed")
        sent = self._simulator.mutations()[before:]
        print(f"The service was sent {len(sent)} change(s){': ' if sent else ''}{', '.join(sent)}.", flush=True)

    def fleet(self, name: str = "fleet.yml") -> tuple[str, str]:
        """The arguments that name the declared tokens."""
        return ("-e", f"@{self._examples / name}")

    def drift(self) -> None:
        """Changes a token as somebody with access to the console might."""
        (token,) = [token for token in self._simulator.tokens() if token["name"] == "scanner"]
        self._simulator.patch_token(token["mrn"], description="Changed by hand", permissions=["agent", "owner"])
        print('\nMeanwhile somebody makes the token "scanner" an owner, by hand.')

    def _quietly(self, name: str, *arguments: str) -> None:
        subprocess.run([str(_BIN / name), *arguments], env=self._environment, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mondoo-demo-") as name:
        folder = Path(name)
        with Simulator.run(folder / "simulator") as simulator:
            print(f"A simulator of the Mondoo Platform API listens on {simulator.url}. No account is needed.")
            demo = Demo(folder, simulator)
            demo.install()
            onboard = ("onboard.yml", *demo.fleet(), "-e", f"secrets_dir={demo.secrets}")
            demo.step("1. Onboard a small fleet", "three tokens created", *onboard)
            for path in sorted(demo.secrets.iterdir()):
                print(f"  {path.name}: mode {path.stat().st_mode & 0o777:04o}, {path.stat().st_size} bytes")
            demo.step("2. The same again", "changed=0, no change is sent", *onboard)
            demo.drift()
            demo.step(
                "3. Audit for drift, in check mode", "the diff; nothing is changed", *onboard, "--check", "--diff"
            )
            demo.step("4. Put it right", "one token changed, in place: its secret stays valid", *onboard)
            demo.step("5. Report", "who can do what, and who uses it", "report.yml", "-e", "organization=acme")
            demo.step("6. Offboard", "three tokens deleted", "offboard.yml", *demo.fleet())
    print("\nThe simulator is stopped, and its files are removed.")
    print("Next: README.md, and `ansible-doc mondoo.platform.api_token` once the collection is installed.")


if __name__ == "__main__":
    main()
