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

import changes  # noqa: E402  (found through the line above)
import debian  # noqa: E402  (found through the line above)
import environments  # noqa: E402  (found through the line above)
import interpreters  # noqa: E402  (found through the line above)
import tool_home  # noqa: E402

# Version managers put shims on PATH, on which ansible-test fails: real interpreters go before them.
PYTHONS = interpreters.found()
os.environ["PATH"] = os.pathsep.join(
    [*dict.fromkeys(str(path.parent) for path in PYTHONS.values()), os.environ["PATH"]]
)

tool_home.enter(ROOT / ".nox" / "home")

PAIRS = interpreters.pairs(PYTHONS)
OLDEST, NEWEST = PAIRS[0], PAIRS[-1]
ENDS = sorted({OLDEST, NEWEST})

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = True
# The interpreters of the machine decide, and nothing comes from anywhere but a package index.
nox.options.download_python = "never"
nox.options.sessions = [
    *("formatters", "codeqa", "yamllint", "typing", "tests-code", "license-check", "extra-checks", "docs-check"),
    *("unused-code", "examples", "publishing"),
    *("build-import-check", "ansible-lint", "simulator"),
    *(f"{kind}-{pair.core}" for pair in ENDS for kind in ("units", "integration")),
    f"sanity-{NEWEST.core}",
    "covered-by-test",
]

antsibull_nox.load_antsibull_nox_toml()

# As many workers as the cores that are asked for: beside them, another session runs.
_SIDE_BY_SIDE = ("-n", "2", "--dist", "worksteal")


# What the tests need beside ansible-core.
_TESTS = [
    *(ROOT / "tests" / name / "requirements.txt" for name in ("unit", "integration", "simulator", "browser")),
    ROOT / "tests" / "tools" / "tests" / "requirements.txt",
]


def _tests_environment(core: str) -> Path:
    """The `bin` folder of the environment in which all tests with that version of ansible-core run."""
    pair = next(pair for pair in PAIRS if pair.core == core)
    tools = ["pytest", "pytest-cov", "pytest-xdist"]
    files = _TESTS if core == NEWEST.core else _TESTS[:3]
    return environments.provide(
        ROOT / ".nox" / f"tests-{core}", PYTHONS[pair.python], [f"ansible-core~={core}.0", *tools], files
    )


def _tools_environment() -> Path:
    """The `bin` folder of the environment with the linters that antsibull-nox does not bring."""
    tools = ["ansible-lint", "mypy", "ruff", "types-PyYAML", "types-requests", "vulture"]
    return environments.provide(
        ROOT / ".nox" / "tools", PYTHONS[NEWEST.python], [f"ansible-core~={NEWEST.core}.0", *tools], _TESTS[1:4]
    )


def _run(session: nox.Session, folder: Path, program: str, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Runs a program of an environment, with that environment first on PATH."""
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    session.run(str(folder / program), *arguments, env={**(env or {}), "PATH": path}, external=True)


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


for pair in ENDS:
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


@nox.session(name="tests-code", python=False)
def tests_code(session: nox.Session) -> None:
    """ruff and mypy for simulator, demo, benchmark, tools, and the tests that run against the simulator."""
    tools = _tools_environment()
    _run(session, tools, "ruff", "check", "tests")
    _run(session, tools, "ruff", "format", "--check", "tests")
    for what in ("simulator", "engines", "proxy", "browser", "integration", "demo", "benchmark", "live", "tools"):
        # Not packages: a name such as conftest is that of the folder that is checked.
        others = [f"tests/{name}" for name in ("benchmark", "tools", "tools/tests") if name != what]
        paths = ["tests", *([] if what in ("simulator", "engines", "proxy") else [f"tests/{what}"]), *others]
        environment = {"MYPYPATH": os.pathsep.join(paths)}
        _run(session, tools, "mypy", "--config-file", "pyproject.toml", f"tests/{what}", env=environment)


@nox.session(name="oldest-libraries", python=OLDEST.python)
def oldest_libraries(session: nox.Session) -> None:
    """The transport, and faults behind a proxy, with the oldest libraries that distributions still have: urllib3 1.26 above all."""
    oldest = ("gql[requests]==4.0.0", "graphql-core==3.2.6", "requests==2.28.1", "urllib3==1.26.12")
    files = [str(ROOT / "tests" / name / "requirements.txt") for name in ("unit", "integration")]
    session.install(f"ansible-core~={OLDEST.core}.0", *oldest, "pytest", "pytest-xdist", "-r", files[0], "-r", files[1])
    with tempfile.TemporaryDirectory() as name:
        session.chdir(_collection_tree(Path(name)))
        environment = {"PYTHONPATH": name, "ANSIBLE_COLLECTIONS_PATH": name, "PYTHONDONTWRITEBYTECODE": "1"}
        tests = "tests/unit/plugins/module_utils/_transport"
        session.run("pytest", tests, "-q", "-p", "no:cacheprovider", *session.posargs, env=environment)
        session.chdir(ROOT)
    session.run("pytest", "tests/integration/test_proxies.py", "-q", *_SIDE_BY_SIDE, *session.posargs)


@nox.session(name="unused-code", python=False)
def unused_code(session: nox.Session) -> None:
    """vulture: names that nothing uses; in plugins/, names that only tests use, too."""
    tools = _tools_environment()
    _run(session, tools, "vulture", "plugins")
    _run(session, tools, "vulture", "plugins", "tests", "noxfile.py")


@nox.session(python=False)
def examples(session: nox.Session) -> None:
    """ansible-lint, and the names of options, for each example in README.md, docs/ and the documentation of plugins."""
    tools = _tools_environment()
    with tempfile.TemporaryDirectory() as name:
        tree = _collection_tree(Path(name))
        environment = {"ANSIBLE_COLLECTIONS_PATH": name}
        extracted = Path(name) / "examples"
        _run(session, tools, "python", "tests/tools/examples.py", str(tree), str(extracted), env=environment)
        session.chdir(extracted)
        _run(session, tools, "ansible-lint", "--profile", "production", "--offline", "--strict", env=environment)


@nox.session(name="quick-lint", python=False)
def quick_lint(session: nox.Session) -> None:
    """ruff for everything, mypy for the plugins, vulture."""
    tools = _tools_environment()
    _run(session, tools, "ruff", "check", ".")
    _run(session, tools, "ruff", "format", "--check", ".")
    _run(session, tools, "vulture", "plugins")
    with tempfile.TemporaryDirectory() as name:
        tree = _collection_tree(Path(name))
        session.chdir(name)
        settings = str(tree / "pyproject.toml")
        package = "ansible_collections.mondoo.platform.plugins"
        _run(session, tools, "mypy", "--config-file", settings, "-p", package, env={"MYPYPATH": name})


@nox.session(name="quick-units", python=False)
def quick_units(session: nox.Session) -> None:
    """Unit tests on the newest ansible-core, without coverage; generated ones of the layers that the change touches."""
    folder = _tests_environment(NEWEST.core)
    layers = changes.touched_layers(changes.changed_files(ROOT))
    with tempfile.TemporaryDirectory() as name:
        session.chdir(_collection_tree(Path(name)))
        environment = {"PYTHONPATH": name, "ANSIBLE_COLLECTIONS_PATH": name, "PYTHONDONTWRITEBYTECODE": "1"}
        pytest = ("pytest", "-q", *_SIDE_BY_SIDE)
        _run(session, folder, *pytest, "-m", "not generated", "tests/unit", env=environment)
        there = [layer for layer in layers if Path(layer).is_dir()]
        if there:
            # pytest's 5: these layers have no generated tests.
            session.run(
                *(str(folder / "pytest"), *pytest[1:], "-m", "generated", *there),
                env=environment,
                external=True,
                success_codes=[0, 5],  # type: ignore[arg-type]
            )


@nox.session(name="quick-smoke", python=False)
def quick_smoke(session: nox.Session) -> None:
    """The installed collection against the simulator: create, repeat, rotate, delete, onboard, audit, and a search for leaks."""
    _run(session, _tests_environment(NEWEST.core), "pytest", "tests/integration/test_smoke.py", "-q", "-n", "2")


@nox.session(name="quick-sanity", python=False)
def quick_sanity(session: nox.Session) -> None:
    """ansible-test sanity with the newest ansible-core, for the files that the change touches."""
    names = [name for name in changes.changed_files(ROOT) if name.startswith(("plugins/", "tests/unit/"))]
    if not names:
        session.log("the change touches nothing that has sanity tests")
        return
    with tempfile.TemporaryDirectory() as name:
        session.chdir(_collection_tree(Path(name)))
        folder = _tests_environment(NEWEST.core)
        _run(session, folder, "ansible-test", "sanity", "--venv", "--python", NEWEST.python, *names)


@nox.session(name="docs-site", python=NEWEST.python)
def docs_site(session: nox.Session) -> None:
    """The documentation as HTML, in build/docs; links within it are followed, links to other sites are not."""
    session.install("-r", "tests/tools/docs-requirements.txt", f"ansible-core~={NEWEST.core}.0")
    with tempfile.TemporaryDirectory() as name:
        _collection_tree(Path(name))
        source = Path(name) / "site"
        source.mkdir()
        environment = {"ANSIBLE_COLLECTIONS_PATH": name}
        session.run("python", "tests/tools/docs_site.py", str(source), "build/docs", env=environment)
    session.log(f"open {ROOT / 'build/docs/index.html'}")


@nox.session(python=False)
def publishing(session: nox.Session) -> None:
    """What forges and registries ask for: workflows, the execution environment, the tools of the release."""
    _run(session, _tests_environment(NEWEST.core), "pytest", "tests/tools/tests", "-q", *session.posargs)


@nox.session(name="installed-artifact", python=False)
def installed_artifact(session: nox.Session) -> None:
    """What is built has what it needs and nothing else, and installs without a network, on the oldest and the newest ansible-core."""
    for pair in ENDS:
        _against_the_simulator(session, pair.core, "tests/integration/test_artifact.py")


@nox.session(python=NEWEST.python)
def mutation(session: nox.Session) -> None:
    """Breaks the planner in some hundred ways; its tests have to notice nine of ten. Takes a quarter of an hour."""
    session.install("cosmic-ray", "pytest", "-r", "tests/unit/requirements.txt", f"ansible-core~={NEWEST.core}.0")
    layer = "module_utils/_planning"
    with tempfile.TemporaryDirectory() as name:
        session.chdir(_collection_tree(Path(name)))
        work = f"{name}/session.sqlite"
        tests = f"-p no:cacheprovider tests/unit/plugins/{layer}"
        environment = {"PYTHONPATH": name, "TESTS": tests, "PYTHONDONTWRITEBYTECODE": ""}
        # They pass as it is; and everything but what will be changed is compiled, once.
        session.run("pytest", "-q", *tests.split(), env=environment)
        shutil.rmtree(f"plugins/{layer}/__pycache__")
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        session.run("cosmic-ray", "init", "tests/tools/mutation.toml", work)
        session.run("cr-filter-operators", work, "tests/tools/mutation.toml", silent=True)
        session.run("python", "tests/tools/mutation.py", "skip", work)
        session.run("cosmic-ray", "exec", "tests/tools/mutation.toml", work, env=environment)
        session.run("python", "tests/tools/mutation.py", "report", work)


@nox.session(python=NEWEST.python)
def release(session: nox.Session) -> None:
    """`-- check [--tag TAG]` says whether HEAD can be released, and builds it into build/; `-- prepare VERSION` prepares it."""
    session.install("antsibull-changelog", "PyYAML", "packaging", f"ansible-core~={NEWEST.core}.0")
    session.run("python", "tests/tools/release.py", *(session.posargs or ["check"]))


@nox.session(python=False)
def simulator(session: nox.Session) -> None:
    """The simulator's own tests, and whether GraphQL engines still word their errors as recorded."""
    _run(
        *(session, _tests_environment(NEWEST.core), "pytest", "tests/simulator", "tests/engines"),
        *(*_SIDE_BY_SIDE, *session.posargs),
        env={"PYTHONPATH": "tests"},
    )


@nox.session(python=False)
def browser(session: nox.Session) -> None:
    """The page of an audit in Debian's Chromium, which root installs where CI is set. At a desk without it, this is skipped."""
    if not debian.provide("chromium", "chromium", "fonts-dejavu-core"):
        reason = "there is no Chromium: install Debian's package chromium"
        if os.environ.get("CI"):
            session.error(reason)
        session.skip(reason)
    _run(session, _tests_environment(NEWEST.core), "pytest", "tests/browser", "-q", *session.posargs)
    session.log(f"pictures to look at: {ROOT / 'tests/output/browser'}")


def _units(session: nox.Session, core: str) -> None:
    """On the newest ansible-core with coverage, and the generated tests without: they touch no Ansible, and are many cases."""
    folder = _tests_environment(core)
    is_newest = core == NEWEST.core
    with tempfile.TemporaryDirectory() as name:
        session.chdir(_collection_tree(Path(name)))
        environment = {"PYTHONPATH": name, "ANSIBLE_COLLECTIONS_PATH": name, "PYTHONDONTWRITEBYTECODE": "1"}

        def run_tests(*which: str) -> None:
            pytest = ("pytest", "tests/unit", "-q", *_SIDE_BY_SIDE, *which, *session.posargs)
            _run(session, folder, *pytest, env=environment)

        if session.posargs:
            run_tests()
            return
        coverage = ["--cov=plugins", "--cov-report=term:skip-covered", "--cov-report=json"] if is_newest else []
        run_tests("-m", "not generated", *coverage)
        if is_newest:
            _run(session, folder, "python", "tests/tools/coverage_floors.py", "coverage.json")
            run_tests("-m", "generated")


# What depends on ansible-core itself, of the tests against the simulator.
_ABOUT_CORE = tuple(f"tests/integration/test_{name}.py" for name in ("smoke", "unclaimed_secrets", "leaks", "progress"))


def _integration(session: nox.Session, core: str) -> None:
    """With the newest ansible-core all tests, but only a part of what takes long; with the oldest what depends on it."""
    _against_the_simulator(
        session, core, *(["tests/integration"] if core == NEWEST.core else _ABOUT_CORE), "--part=some"
    )


def _matrices(session: nox.Session, core: str) -> None:
    """With the oldest and the newest ansible-core all tests; with those in between what depends on it."""
    is_end = core in {pair.core for pair in ENDS}
    _against_the_simulator(session, core, *(["tests/integration"] if is_end else _ABOUT_CORE))


def _against_the_simulator(session: nox.Session, core: str, *which: str) -> None:
    folder = _tests_environment(core)
    _run(session, folder, "pytest", "-q", *_SIDE_BY_SIDE, *which, *session.posargs)


def _add_matrix_sessions() -> None:
    for kind, run, on in (
        ("units", _units, PAIRS),
        ("integration", _integration, ENDS),
        ("matrices", _matrices, PAIRS),
    ):
        for pair in on:

            def body(session: nox.Session, core: str = pair.core, run: object = run) -> None:
                run(session, core)  # type: ignore[operator]

            body.__doc__ = f"{kind} with ansible-core {pair.core} on Python {pair.python}"
            nox.session(name=f"{kind}-{pair.core}", python=False)(body)


_add_matrix_sessions()


@nox.session(name="covered-by-test", python=False)
def covered_by_test(session: nox.Session) -> None:
    """Says what `make test` covers, so that nothing is skipped silently."""
    for line in interpreters.report(ENDS, PYTHONS):
        session.log(line)
    about_core = ", ".join(Path(name).stem.removeprefix("test_") for name in _ABOUT_CORE)
    session.log(
        f"against the simulator, with ansible-core {NEWEST.core}: the modules, and of what takes long (roles, playbooks, faults, variants"
        f" of the service, odd credentials) some of each kind; with {OLDEST.core}, of these: {about_core}."
    )
    session.log(
        f"only in make matrix: all of that on both, ansible-test sanity with {OLDEST.core}, the page of an audit in a browser, the oldest"
        " libraries, the documentation as HTML, and on the versions of ansible-core in between the unit tests and those that depend on it."
    )


@nox.session(name="covered-by-matrix", python=False)
def covered_by_matrix(session: nox.Session) -> None:
    """Says which versions the unit tests of `make matrix` cover; a continuous integration has to have them all."""
    lines = interpreters.report(PAIRS, PYTHONS)
    for line in lines:
        session.log(line)
    if os.environ.get("CI") and any(line.startswith("NOT covered: ansible-core") for line in lines):
        session.error("a Python is missing")


if __name__ == "__main__":
    nox.main()
