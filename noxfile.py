# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every check of the collection. `make test` runs the default sessions; `nox -l` lists all.

antsibull-nox.toml configures the sessions that antsibull-nox brings; those below are ours.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import antsibull_nox
import nox

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import interpreters  # noqa: E402  (found through the line above)
import tool_home  # noqa: E402

# Version managers put shims on PATH, on which ansible-test fails: real interpreters go before them.
PYTHONS = interpreters.found()
os.environ["PATH"] = os.pathsep.join(
    [*dict.fromkeys(str(path.parent) for path in PYTHONS.values()), os.environ["PATH"]]
)

tool_home.enter(ROOT / ".nox" / "home")

OLDEST, NEWEST = interpreters.oldest_and_newest(PYTHONS)
PAIRS = sorted({OLDEST, NEWEST})

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = True
# The interpreters of the machine decide, and nothing comes from anywhere but a package index.
nox.options.download_python = "never"
nox.options.sessions = [
    *("formatters", "codeqa", "yamllint", "typing", "tests-code", "license-check", "extra-checks", "docs-check"),
    *("build-import-check", "ansible-lint", f"sanity-{NEWEST.core}", "simulator"),
    *(f"{kind}-{pair.core}" for pair in PAIRS for kind in ("units", "integration")),
    "coverage-of-the-matrix",
]

antsibull_nox.load_antsibull_nox_toml()


def _tracked_files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def _collection_tree(folder: Path) -> Path:
    """A copy of the collection where Python finds it as `ansible_collections.mondoo.platform`."""
    tree = folder / "ansible_collections" / "mondoo" / "platform"
    for name in _tracked_files():
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    return tree


# In a copy within a folder that git ignores, most tools find no files and report success.
if "galaxy.yml" not in _tracked_files():
    raise SystemExit("git does not see the files of this collection: use a clone, outside of folders that git ignores")


def _after_sanity() -> None:
    # "All targets skipped" is a success to ansible-test, but leaves no results.
    if not list(Path("tests/output/junit").glob("ansible-test-sanity-*.xml")):
        raise RuntimeError("ansible-test has not run a single sanity test")
    # antsibull-nox cannot copy these back.
    for name in (".tmp", "reports"):
        shutil.rmtree(Path("tests/output") / name, ignore_errors=True)


for pair in PAIRS:
    antsibull_nox.add_ansible_test_session(
        name=f"sanity-{pair.core}",
        description=f"ansible-test sanity with ansible-core {pair.core}",
        default=False,
        ansible_test_params=[
            "sanity",
            "--venv",
            "--junit",
            "-v",
            *([] if pair == NEWEST else ["--python", pair.python]),
        ],
        ansible_core_version=pair.core,
        ansible_core_source="pypi",
        handle_coverage="never",
        callback_after=_after_sanity,
    )


@nox.session(name="tests-code", python=NEWEST.python)
def tests_code(session: nox.Session) -> None:
    """ruff and mypy for simulator, demo, benchmark, tools, and the tests that run against the simulator."""
    session.install(
        "mypy",
        "ruff",
        "types-PyYAML",
        "types-requests",
        "-r",
        "tests/integration/requirements.txt",
        f"ansible-core~={NEWEST.core}.0",
    )
    session.run("ruff", "check", "tests")
    session.run("ruff", "format", "--check", "tests")
    environment = {"MYPYPATH": "tests:tests/benchmark:tests/integration:tests/tools"}
    for what in ("tests/simulator", "tests/integration", "tests/demo", "tests/benchmark", "tests/tools"):
        session.run("mypy", "--config-file", "pyproject.toml", what, env=environment)


@nox.session(python=NEWEST.python)
def simulator(session: nox.Session) -> None:
    """The simulator's own tests."""
    session.install("pytest", "-r", "tests/simulator/requirements.txt")
    session.run("pytest", "tests/simulator", *session.posargs, env={"PYTHONPATH": "tests"})


def _units(session: nox.Session, core: str) -> None:
    session.install(f"ansible-core~={core}.0", "pytest-cov", "-r", "tests/unit/requirements.txt")
    with tempfile.TemporaryDirectory() as name:
        tree = _collection_tree(Path(name))
        session.chdir(tree)
        session.run(
            *("pytest", "tests/unit", "--cov=plugins", "--cov-report=term:skip-covered", "-q"),
            *(f"--cov-fail-under={interpreters.COVERAGE_FLOOR}", *session.posargs),
            env={"PYTHONPATH": name, "ANSIBLE_COLLECTIONS_PATH": name, "PYTHONDONTWRITEBYTECODE": "1"},
        )


def _integration(session: nox.Session, core: str) -> None:
    session.install(f"ansible-core~={core}.0", "pytest-xdist", "-r", "tests/integration/requirements.txt")
    # The fault matrix runs modules without ansible-playbook around them: one of its variants is enough for the older core.
    fewer = [] if core == NEWEST.core else ["-k", "not test_fault_matrix or documented"]
    session.run("pytest", "tests/integration", "-q", "-n", "2", "--dist", "worksteal", *fewer, *session.posargs)


def _add_matrix_sessions() -> None:
    for pair in PAIRS:
        for kind, run in (("units", _units), ("integration", _integration)):

            def body(session: nox.Session, core: str = pair.core, run: object = run) -> None:
                run(session, core)  # type: ignore[operator]

            body.__doc__ = f"{kind} with ansible-core {pair.core} on Python {pair.python}"
            nox.session(name=f"{kind}-{pair.core}", python=pair.python)(body)


_add_matrix_sessions()


@nox.session(name="coverage-of-the-matrix", python=False)
def coverage_of_the_matrix(session: nox.Session) -> None:
    """Says which versions the run covered, so that nothing is skipped silently."""
    for line in interpreters.report(PAIRS, PYTHONS):
        session.log(line)


if __name__ == "__main__":
    nox.main()
