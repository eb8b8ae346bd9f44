# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The places themselves: the encrypted file, files on hosts, and what is remembered of unfinished runs."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.host_files import (
    Before,
    SeenFile,
    look_command,
    read_look,
    read_written,
    remove_command,
    write_command,
)
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.journal import Journal, TokenKey
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.places import FilePlace
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.sealing import require_shared_key, seal, unseal
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.vault_file import VaultFile
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.vault_text import (
    change_variables,
    read_variables,
)

SECRET = 'it\'s "new" \\ {{ x }}'
QUOTED = '"it\'s \\"new\\" \\\\ {{ x }}"'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"x: {QUOTED}\n"),
        ("a: 1", f"a: 1\nx: {QUOTED}\n"),
        ("---\n", f"---\nx: {QUOTED}\n"),
        ("# c\n\nx: old # d\na: 1\n", f"# c\n\nx: {QUOTED} # d\na: 1\n"),
        ("x:\na: 1\n", f"x: {QUOTED}\na: 1\n"),
        ("x: |\n  old\n  er\n\n# c\na: 1\n", f"x: {QUOTED}\n\n# c\na: 1\n"),
        ("x: !vault |\n  abc\na: 2026-01-01\n", f"x: {QUOTED}\na: 2026-01-01\n"),
        ("  a: 1\n  b: 2\n", f"  a: 1\n  b: 2\n  x: {QUOTED}\n"),
        ("a: 1\r\n", f"a: 1\r\nx: {QUOTED}\r\n"),
        ("{a: 1}\n", f'{{a: 1, "x": {QUOTED}}}\n'),
        ("{}", f'{{"x": {QUOTED}}}'),
        ("a: &p {b: 1}\nc: *p\n", f"a: &p {{b: 1}}\nc: *p\nx: {QUOTED}\n"),
    ],
)
def test_setting_a_variable(before: str, after: str) -> None:
    """Nothing but the variable is another than before."""
    assert change_variables(before, {"x": SECRET}) == after
    assert read_variables(after)["x"] == SECRET


@pytest.mark.parametrize("before", ["", "a: 1\n", "# c\na: 1 # d\n\n", "a:\n  - 1\n"])
def test_taking_a_variable_away_again(before: str) -> None:
    assert change_variables(change_variables(before, {"x": SECRET}), {"x": None}) == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- 1\n", "does not contain variables"),
        ("a: [\n", "not valid YAML"),
        ("x: {a: 1}\n", "a list or a dictionary"),
        ("x: 1\nx: 2\n", "occurs twice"),
        ("x: &p old\ny: *p\n", "not valid YAML"),
        ("a: 1\n...\n", "not valid YAML"),
        ("a: 1\n---\nb: 2\n", "not valid YAML"),
    ],
)
def test_texts_that_cannot_be_changed(text: str, words: str) -> None:
    with pytest.raises(MondooError, match=words):
        change_variables(text, {"x": SECRET})


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can be given access to: pytest's own are below private ones."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _encrypt(path: Path, text: str, label: str | None = None) -> None:
    secret = VaultSecret(b"pw")
    path.write_bytes(VaultLib([(label or "default", secret)]).encrypt(text, secret=secret, vault_id=label))


def _decrypt(path: Path) -> str:
    return str(VaultLib([("default", VaultSecret(b"pw"))]).decrypt(path.read_bytes()).decode())


def test_the_encrypted_file_keeps_what_is_its_own(tmp_path: Path) -> None:
    path = tmp_path / "v.yml"
    _encrypt(path, "# c\na: 2026-01-01\n", label="prod")
    path.chmod(0o640)
    link = tmp_path / "link.yml"
    link.symlink_to(path)
    file = VaultFile(str(link), "pw")
    file.check(["x"])
    assert file.change({"x": "1"}) == {"x": None}
    assert file.change({"x": "2"}) == {"x": "1"}
    assert _decrypt(path) == '# c\na: 2026-01-01\nx: "2"\n'
    assert path.read_text().startswith("$ANSIBLE_VAULT;1.2;AES256;prod")
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(tmp_path.iterdir()) == [link, path]


def test_a_new_encrypted_file(tmp_path: Path) -> None:
    file = VaultFile(str(tmp_path / "v.yml"), "pw")
    file.check(["x"])
    assert file.variables() == {}
    file.change({"x": "1"})
    assert (tmp_path / "v.yml").stat().st_mode & 0o777 == 0o600
    assert file.variables() == {"x": "1"}


@pytest.mark.parametrize(
    ("text", "password", "words"),
    [
        (None, "pw", "not encrypted as a whole"),
        ("a: 1\n", "other", "does not decrypt it"),
        ("- 1\n", "pw", "does not contain variables"),
    ],
)
def test_encrypted_files_that_cannot_be_used(text: str | None, password: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "v.yml"
    if text is None:
        path.write_text("a: 1\n", encoding="utf-8")
    else:
        _encrypt(path, text)
    with pytest.raises(MondooError, match=words):
        VaultFile(str(path), password).check(["x"])


@pytest.mark.parametrize(
    ("owner", "group", "folder_mode", "words"),
    [
        (65534, 65534, 0o777, None),
        (0, 65534, 0o777, "it belongs to another user"),
        (65534, 0, 0o777, "it belongs to a group without this user"),
        (65534, 0, 0o2777, None),
    ],
)
@pytest.mark.skipif(os.getuid() != 0, reason="needs another user")
def test_an_encrypted_file_of_another(
    owner: int, group: int, folder_mode: int, words: str | None, open_folder: Path
) -> None:
    """Refused before there is a secret, if replacing the file would fail."""
    open_folder.chmod(folder_mode)
    path = open_folder / "v.yml"
    _encrypt(path, "a: 1\n")
    path.chmod(0o644)
    os.chown(path, owner, group)
    process = os.fork()
    if process == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            VaultFile(str(path), "pw").check(["x"])
            VaultFile(str(path), "pw").change({"x": "1"})
        except MondooError as error:
            os._exit(2 if words and words in str(error) else 1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == (2 if words else 0)


def test_a_name_that_is_too_long_for_an_encrypted_file(tmp_path: Path) -> None:
    with pytest.raises(MondooError, match="its name has more than 240 bytes"):
        VaultFile(str(tmp_path / ("x" * 241)), "pw").check(["x"])


def test_two_runs_with_one_encrypted_file(tmp_path: Path) -> None:
    """Each reads the file again under its lock, so that no change is lost."""
    path = tmp_path / "v.yml"
    names = [f"x{number}" for number in range(8)]
    threads = [threading.Thread(target=VaultFile(str(path), "pw").change, args=({name: name},)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert VaultFile(str(path), "pw").variables() == {name: name for name in names}


def _shell(command: str, given: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", command], input=given, capture_output=True, text=True, timeout=60, check=False, **options
    )


def _look(*places: FilePlace, **options: Any) -> list[SeenFile]:
    command, given, mark = look_command(places)
    return read_look(_shell(command, given, **options).stdout, mark, len(places))


def _write(place: FilePlace, content: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return _shell(write_command(place, content.encode()), content, **options)


@pytest.mark.parametrize("name", ["x", "a b'\"$HOME`*"])
def test_writing_a_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    place = FilePlace("h", str(path), mode="0640")
    assert read_written(_write(place, "one").stdout) is None
    assert path.stat().st_mode & 0o777 == 0o640
    (seen,) = _look(place)
    assert (seen.state, seen.content, seen.problems) == ("file", "one", ())
    assert seen.modified_at is not None
    before = read_written(_write(place, "two").stdout)
    assert before == Before("one", str(os.getuid()), str(os.getgid()), "640")
    assert path.read_text(encoding="utf-8") == "two"
    assert list(tmp_path.iterdir()) == [path]
    assert _shell(remove_command(place)).returncode == 0
    assert _look(place) == [SeenFile("missing")]


def test_folders_are_made_only_where_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x"
    assert _write(FilePlace("h", str(path)), "one").returncode != 0
    (seen,) = _look(FilePlace("h", str(path)))
    assert "does not exist (set directory_mode to create it)" in seen.problems[0]
    place = FilePlace("h", str(path), directory_mode="0750")
    assert _look(place) == [SeenFile("missing")]
    assert _write(place, "one").returncode == 0
    assert [each.stat().st_mode & 0o777 for each in (path.parent, path.parent.parent)] == [0o750, 0o750]


def test_folders_with_a_mode_of_their_own(tmp_path: Path) -> None:
    """As it is declared, whatever the umask of the user is."""
    place = FilePlace("h", str(tmp_path / "a" / "x"), directory_mode="0711")
    assert _write(place, "one").returncode == 0
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o711


@pytest.mark.skipif(os.getuid() != 0, reason="needs to give files to others")
@pytest.mark.parametrize("content", ["", "old"])
def test_a_file_is_restored_as_it_was(content: str, tmp_path: Path) -> None:
    """Whoever could read the secret in use can read it again, and what was empty is empty again."""
    path = tmp_path / "x"
    path.write_text(content, encoding="utf-8")
    os.chown(path, 65534, 65534)
    path.chmod(0o640)
    place = FilePlace("h", str(path), owner="root", group="root", mode="0600")
    before = read_written(_write(place, "new").stdout)
    assert before == Before(content, "65534", "65534", "640")
    status = path.stat()
    assert (path.read_text(encoding="utf-8"), status.st_uid, status.st_mode & 0o777) == ("new", 0, 0o600)
    _write(replace(place, owner=before.owner, group=before.group, mode=before.mode), before.content)
    status = path.stat()
    assert path.read_text(encoding="utf-8") == content
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (65534, 65534, 0o640)


def test_a_secret_that_does_not_arrive_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("old", encoding="utf-8")
    assert _shell(write_command(FilePlace("h", str(path)), b"secret"), "sec").returncode != 0
    assert path.read_text(encoding="utf-8") == "old"


@pytest.mark.skipif(os.getuid() != 0, reason="needs another user")
@pytest.mark.parametrize(
    ("group", "group_of_file", "folder_mode", "words"),
    [
        (None, 65534, 0o777, ""),
        ("nogroup", 65534, 0o777, ""),
        ("root", 65534, 0o777, "only root and members of the group root"),
        (None, 0, 0o777, "belongs to a group without this user"),
        (None, 0, 0o2777, ""),
        ("root", 65534, 0o2777, ""),
    ],
)
def test_groups_of_a_user_who_is_not_root(
    group: str | None, group_of_file: int, folder_mode: int, words: str, open_folder: Path
) -> None:
    """What is not reported before would fail once there is a secret."""
    open_folder.chmod(folder_mode)
    path = open_folder / "x"
    path.write_text("old", encoding="utf-8")
    os.chown(path, 65534, group_of_file)
    nobody = {"user": 65534, "group": 65534, "extra_groups": []}
    place = FilePlace("h", str(path), group=group)
    (seen,) = _look(place, **nobody)
    assert (words in " ".join(seen.problems), len(seen.problems)) == (True, bool(words))
    assert (_write(place, "new", **nobody).returncode != 0) is bool(words)


@pytest.mark.parametrize(("length", "fits"), [(240, True), (241, False)])
def test_long_names(length: int, fits: bool, tmp_path: Path) -> None:
    place = FilePlace("h", str(tmp_path / ("ä" * (length // 2) + "x" * (length % 2))))
    (seen,) = _look(place)
    assert [problem.endswith("has more than 240 bytes") for problem in seen.problems] == [True] * (not fits)
    if fits:
        assert _write(place, "one").returncode == 0


def test_many_files_at_once(tmp_path: Path) -> None:
    """More than fit into the arguments of a command, of which one may have 128 KiB."""
    path = tmp_path / "x"
    path.write_text("one", encoding="utf-8")
    long = "/".join([str(tmp_path), *["." * 1] * 1000, "x"])
    places = [FilePlace("h", long)] * 100
    assert [each.content for each in _look(*places)] == ["one"] * 100


def test_what_is_no_file_for_a_secret(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "large").write_text("x" * 70000, encoding="utf-8")
    names = ("link", "fifo", ".", "large")
    places = [FilePlace("h", str(tmp_path / name)) for name in names]
    seen = _look(*places)
    assert [bool(each.problems) for each in seen] == [True] * len(names)
    assert seen[3].content == ""
    assert all(_write(place, "one").returncode for place in places[:3])
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("options", [{"owner": "nosuchuser"}, {"group": "nosuchgroup"}])
def test_an_owner_that_is_none(options: dict[str, str], tmp_path: Path) -> None:
    """It is told before, and where it was not, the file stays as it was and no secret is left."""
    path = tmp_path / "x"
    path.write_text("old", encoding="utf-8")
    place = FilePlace("h", str(path), **options)
    assert "there is no" in _look(place)[0].problems[0]
    assert _write(place, "new").returncode != 0
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_secret_is_written_only_once_owner_group_and_mode_are_final(tmp_path: Path) -> None:
    """The script waits for the secret with a file that is still empty."""
    path = tmp_path / "x"
    process = subprocess.Popen(
        ["/bin/sh", "-c", write_command(FilePlace("h", str(path), mode="0400"), b"secret")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    for _attempt in range(200):
        made = [each for each in tmp_path.iterdir() if each.stat().st_mode & 0o777 == 0o400]
        if made:
            break
        threading.Event().wait(0.02)
    assert [each.read_bytes() for each in made] == [b""]
    process.communicate(b"secret", timeout=30)
    assert path.read_text(encoding="utf-8") == "secret"
    assert list(tmp_path.iterdir()) == [path]


def test_leftovers_of_a_run_that_was_killed_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    (tmp_path / ".x.mondoo-abc").write_text("left", encoding="utf-8")
    (tmp_path / ".y.mondoo-abc").write_text("of another", encoding="utf-8")
    assert _write(FilePlace("h", str(path)), "one").returncode == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == [".y.mondoo-abc", "x"]


def test_an_answer_that_is_none() -> None:
    with pytest.raises(MondooError, match="did not respond as expected"):
        read_look("Welcome!\n", "mark", 1)
    with pytest.raises(MondooError, match="did not respond as expected"):
        read_written("Welcome!\n")


KEY = TokenKey("//scope", "ci")
US = "https://us.invalid/query"


@pytest.mark.parametrize(
    ("process", "host", "running", "found"),
    [(1, "here", False, True), (1, "here", True, False), (2, "here", True, True), (1, "elsewhere", False, False)],
)
def test_the_journal(process: int, host: str, running: bool, found: bool, tmp_path: Path) -> None:
    """A hand-over is cut short if its run was on this host and is over, or is this one."""
    Journal(process, US, tmp_path / "j", host).begin([KEY])
    journal = Journal(2, US, tmp_path / "j", "here", lambda _process: running)
    assert journal.cut_short() == ({KEY: ""} if found else {})
    Journal(process, US, tmp_path / "j", host).deliver({KEY: "//new"})
    assert journal.cut_short() == ({KEY: "//new"} if found else {})
    journal.end([KEY])
    assert journal.cut_short() == {}


def test_a_journal_is_about_one_service(tmp_path: Path) -> None:
    """Tokens of another may have the same scopes and names."""
    us, eu = (Journal(1, endpoint, tmp_path / "j") for endpoint in (US, "https://eu.invalid/query"))
    us.begin([KEY])
    assert (us.cut_short(), eu.cut_short()) == ({KEY: ""}, {})
    eu.begin([KEY])
    eu.end([KEY])
    assert us.cut_short() == {KEY: ""}


def test_a_journal_that_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    journal = Journal(1, US, tmp_path / "file" / "j")
    journal.begin([KEY])
    journal.end([KEY])
    assert journal.cut_short() == {}
    folder = tmp_path / "k"
    folder.mkdir()
    (folder / "x.json").write_text("{", encoding="utf-8")
    assert Journal(1, US, folder).cut_short() == {}


def test_sealed_secrets() -> None:
    for secret in (SECRET, "ä\udcff\n", ""):
        assert unseal(seal(secret)) == secret
    assert SECRET not in seal(SECRET)
    with pytest.raises(MondooError, match="another run"):
        unseal("gAAAAA")


def test_the_key_must_be_shared_with_other_tasks() -> None:
    """Here it is not: this process has made it for itself."""
    with pytest.raises(MondooError, match="processes that Ansible forks"):
        require_shared_key()
