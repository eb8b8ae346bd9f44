# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files with secrets on hosts, handled by a few lines of POSIX shell: one command per host, and no Python needed there.

A secret is passed on standard input, so it is in no argument and in no file but its own; so are the files to inspect, of which
there may be more than fit into arguments. The new file is created empty
beside the old one, gets its owner, group and mode, and only then the secret; then it replaces the old one.
"""

from __future__ import annotations

import posixpath
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import FILE_FAILED, MondooError

from .places import FilePlace

_READY = "ready\n"
_LONGEST = 240  # bytes in the name of a file; its temporary file has 15 more
_LARGEST = 65536  # bytes; no secret is longer

_COMMON = r"""
LC_ALL=C; export LC_ALL; umask 077
attributes() { stat -c "%u %g %a %s %Y" "$1" 2>/dev/null || stat -f "%u %g %Lp %z %m" "$1" 2>/dev/null; }
"""

_LOOK = r"""
read -r word; [ "$word" = ready ] || { echo "standard input is not passed on" >&2; exit 97; }
me=$(id -u)
known_group() {
  case $1 in *[!0-9]*) ;; *) return 0 ;; esac
  if command -v getent >/dev/null 2>&1; then getent group "$1" >/dev/null
  elif [ -r /etc/group ] && [ "$(uname)" != Darwin ]; then grep -q "^$1:" /etc/group; fi
}
groups=" $(id -G) $(id -Gn) "
may_give() {
  [ "$me" = 0 ] && return 0
  case $groups in *" $1 "*) return 0 ;; esac
  [ -g "$2" ] || return 1
  set -- "$1" $(stat -c "%g %G" "$2" 2>/dev/null || stat -f "%g %Sg" "$2" 2>/dev/null)
  [ "$1" = "$2" ] || [ "$1" = "$3" ]
}
problem() { printf "problem %s\n" "$*"; }
not_longer() { [ ${#1} -le "$2" ] || problem "the name $1 has more than $2 bytes"; }
folder() {
  not_longer "${1##*/}" 255
  [ -d "$1" ] && { { [ -w "$1" ] && [ -x "$1" ]; } || problem "the directory $1 is not writable"; return; }
  [ -e "$1" ] && { problem "$1 is not a directory"; return; }
  if [ -n "$2" ]; then folder "$(dirname "$1")" "$2"
  else problem "the directory $1 does not exist (set directory_mode to create it)"; fi
}
look() {
  printf "\n%s\n" "$mark"
  if [ -L "$1" ]; then problem "it is a link: name the file itself"; echo state other
  elif [ -f "$1" ]; then
    set -- "$1" "$2" "$3" "$4" $(attributes "$1")
    printf "state file %s %s\n" "$8" "$9"
    [ "$me" = 0 ] || [ "$5" = "$me" ] || problem "the file belongs to another user"
    [ -n "$3" ] || may_give "$6" "$(dirname "$1")" || problem "the file belongs to a group without this user: set group, or become"
    [ -r "$1" ] || problem "the file is not readable"
    [ "${8:-0}" -le LARGEST ] || problem "the file is larger than any secret: is it the right path?"
  elif [ -e "$1" ]; then problem "it exists and is not a regular file"; echo state other
  else echo state missing; fi
  folder "$(dirname "$1")" "$4"
  if [ -n "$2" ]; then
    owner=$(id -u "$2" 2>/dev/null) || { owner=$2; case $2 in *[!0-9]*) problem "there is no user $2" ;; esac; }
    [ "$me" = 0 ] || [ "$owner" = "$me" ] || problem "only root can give a file to $2: set become"
  fi
  if [ -n "$3" ]; then
    known_group "$3" || problem "there is no group $3"
    may_give "$3" "$(dirname "$1")" || problem "only root and members of the group $3 can give a file to it: set become"
  fi
  not_longer "${1##*/}" LONGEST
  echo content
  [ -f "$1" ] && [ ! -L "$1" ] && [ -r "$1" ] && [ "${8:-0}" -le LARGEST ] && cat "$1"
  return 0
}
eval "$(cat)"
printf "\n%s\n" "$mark"
""".replace("LARGEST", str(_LARGEST)).replace("LONGEST", str(_LONGEST))

_WRITE = r"""
fail() { printf "%s\n" "$*" >&2; exit 96; }
give() {
  if [ -n "$owner" ] && [ -n "$group" ]; then chown "$owner:$group" "$1"
  elif [ -n "$owner" ]; then chown "$owner" "$1"
  elif [ -n "$group" ]; then chgrp "$group" "$1"; fi
}
make() {
  [ -d "$1" ] && return 0
  make "$(dirname "$1")" && mkdir "$1" && give "$1" && chmod "$directory_mode" "$1"
}
[ -L "$path" ] && fail "it is a link: name the file itself"
[ -e "$path" ] && [ ! -f "$path" ] && fail "it exists and is not a regular file"
folder=$(dirname "$path")
[ -d "$folder" ] || { [ -n "$directory_mode" ] && make "$folder"; } || fail "the directory $folder cannot be created"
for old in "$folder/.${path##*/}.mondoo-"*; do
  [ -f "$old" ] && [ ! -L "$old" ] && [ -O "$old" ] && rm -f "$old"
done
new=$(mktemp "$folder/.${path##*/}.mondoo-XXXXXX") || fail "no file can be created in $folder"
trap "rm -f \"\$new\"" 0
trap "exit 1" 1 2 3 13 15
exec 3>"$new" || fail "$new cannot be written"
if [ -f "$path" ]; then
  set -- $(attributes "$path")
  [ -n "$owner" ] || [ "$(id -u)" = "$1" ] || owner=$1
  [ -n "$group" ] || group=$2
fi
give "$new" || fail "owner and group cannot be set"
chmod "$mode" "$new" || fail "the mode cannot be set"
if [ -f "$path" ] && command -v selinuxenabled >/dev/null 2>&1 && selinuxenabled; then
  chcon --reference="$path" "$new" || fail "the SELinux context cannot be set"
fi
cat >&3 || fail "the secret cannot be written"
exec 3>&-
set -- $(attributes "$new")
[ "$4" = "$size" ] || fail "the secret did not arrive as a whole"
if [ -f "$path" ]; then
  set -- $(attributes "$path")
  echo "before file $1 $2 $3"
  cat "$path" || fail "the previous content cannot be read"
else echo before missing; fi
mv -f "$new" "$path" || fail "the new file cannot replace the old one"
trap - 0
"""

_REMOVE = r"""
rm -f "$path" && [ ! -e "$path" ]
"""


@dataclass(frozen=True)
class SeenFile:
    """What is at a path. state: `file`, `missing` or `other`. modified_at: seconds since 1970. problems: what prevents writing."""

    state: str
    content: str = ""
    modified_at: float | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Before:
    """What a file was before it was written."""

    content: str
    owner: str
    group: str
    mode: str


def look_command(places: Sequence[FilePlace]) -> tuple[str, str, str]:
    """A command that inspects files, what to pass to its standard input, and the separator in its output."""
    mark = f"mondoo-{secrets.token_hex(12)}"
    looks = [
        " ".join(
            ["look", *(quote(word or "") for word in (place.path, place.owner, place.group, place.directory_mode))]
        )
        for place in places
    ]
    script = "\n".join([_COMMON, f"mark={mark}", _LOOK])
    return f"/bin/sh -c {quote(script)}", _READY + "\n".join([*looks, ""]), mark


def read_look(output: str, mark: str, count: int) -> list[SeenFile]:
    """The findings of the command for each file. Raises MondooError for any other output."""
    parts = re.split(rf"\n?{mark}\n", output)[1:-1]
    if len(parts) != count:
        raise MondooError(FILE_FAILED, "the host's shell did not respond as expected")
    return [_seen(part) for part in parts]


def write_command(place: FilePlace, content: bytes) -> str:
    """A command that writes its standard input, the content, to a file, and prints what it was before."""
    names = {
        "path": place.path,
        "owner": place.owner,
        "group": place.group,
        "mode": place.mode,
        "directory_mode": place.directory_mode,
        "size": str(len(content)),
    }
    assignments = [f"{name}={quote(value or '')}" for name, value in names.items()]
    return f"/bin/sh -c {quote(chr(10).join([_COMMON, *assignments, _WRITE]))}"


def read_written(output: str) -> Before | None:
    """What the file was before; None if there was none. Raises MondooError for any other output."""
    head, _line, content = output.partition("\n")
    words = head.split()
    if words == ["before", "missing"]:
        return None
    if words[:2] != ["before", "file"] or len(words) != 5:
        raise MondooError(FILE_FAILED, "the host's shell did not respond as expected")
    return Before(content, *words[2:])


def remove_command(place: FilePlace) -> str:
    """A command that removes a file."""
    return f"/bin/sh -c {quote(chr(10).join([f'path={quote(place.path)}', _REMOVE]))}"


def file_place(host: str, options: Mapping[str, Any]) -> FilePlace:
    """The place that the options of a task describe."""
    if not posixpath.isabs(str(options["path"])):
        raise MondooError(FILE_FAILED, f"{options['path']} is not an absolute path")
    return FilePlace(
        host,
        str(options["path"]),
        options.get("owner"),
        options.get("group"),
        str(options.get("mode") or "0600"),
        options.get("directory_mode"),
    )


def _seen(part: str) -> SeenFile:
    head, _line, content = part.partition("\ncontent\n")
    lines = head.splitlines()
    state = next((line.split() for line in lines if line.startswith("state ")), ["state", "other"])
    problems = tuple(line.removeprefix("problem ") for line in lines if line.startswith("problem "))
    modified_at = float(state[3]) if len(state) > 3 and state[3].isdigit() else None
    return SeenFile(state[1], content, modified_at, problems)
