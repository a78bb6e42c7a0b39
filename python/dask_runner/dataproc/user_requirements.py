"""Print what pip shall install for a user's ``pyproject.toml``, ``pylock.toml`` or ``uv.lock``.

Usage: ``python user_requirements.py FILE OURS``, where OURS holds our own pins. It runs in an
environment that has these. A lock's other version of one of them is left out, and that is said on
stderr. What a lock has from git or from an address comes from there, never from an index; what
cannot be installed as it is written ends with exit code 1 and a sentence on stderr.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

if sys.version_info >= (3, 11):
    import tomllib
else:
    from pip._vendor import tomli as tomllib


class UnusableError(Exception):
    """What cannot be installed as it is written."""


def of_project(project: dict[str, Any]) -> list[str]:
    """Return the dependencies that a ``pyproject.toml`` declares."""
    own = project.get("project", {})
    elsewhere = (
        "dependencies" in own.get("dynamic", [])
        or "dependencies" in project.get("tool", {}).get("poetry", {})
        or "dependency-groups" in project
    )
    if "dependencies" not in own and elsewhere:
        raise UnusableError("It declares no dependencies that can be read: export a lock file.")
    return list(own.get("dependencies", []))


def of_pylock(lock: dict[str, Any]) -> list[str]:
    """Return what a ``pylock.toml`` (PEP 751) pins for this Python."""
    groups = frozenset(lock.get("default-groups", []))
    wanted = [one for one in lock.get("packages", []) if _applies(one, groups)]
    return [_of_pylock_package(one) for one in wanted]


def _of_pylock_package(one: dict[str, Any]) -> str:
    name = one["name"]
    vcs, archive = one.get("vcs", {}), one.get("archive", {})
    if "url" in vcs:
        return _direct(
            name, f"{vcs['type']}+{vcs['url']}", vcs.get("commit-id"), vcs.get("subdirectory")
        )
    if "url" in archive:
        return _direct(name, archive["url"], None, archive.get("subdirectory"))
    if "version" not in one or {"vcs", "archive", "directory"} & set(one):
        raise UnusableError(f"{name} of the lock file is in no place that this machine reaches.")
    return f"{name}=={one['version']}"


def of_uv_lock(lock: dict[str, Any]) -> list[str]:
    """Return what a ``uv.lock`` pins for this Python, without groups and extras of its projects."""
    packages = lock.get("package", [])
    own = [one for one in packages if {"virtual", "editable"} & set(one.get("source", {}))]
    found: dict[str, str] = {}
    waiting = [edge for one in own for edge in one.get("dependencies", [])]
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    names = {one["name"] for one in own}
    while waiting:
        edge = waiting.pop()
        extras = tuple(edge.get("extra", ()))
        key = (edge["name"], edge.get("version", ""), extras)
        if not _applies(edge) or edge["name"] in names or key in seen:
            continue
        seen.add(key)
        for one in packages:
            if _is_meant(edge, one) and _for_this_python(one):
                found[one["name"]] = _of_uv_package(one)
                optional = one.get("optional-dependencies", {})
                waiting += one.get("dependencies", [])
                waiting += [inner for extra in extras for inner in optional.get(extra, [])]
    return list(found.values())


def _of_uv_package(one: dict[str, Any]) -> str:
    name, source = one["name"], one.get("source", {})
    if "git" in source:
        # The commit is the fragment: https://git.example/a.git?rev=v1&subdirectory=b#0123abc
        parts = urlsplit(source["git"])
        folder = parse_qs(parts.query).get("subdirectory", [None])[0]
        plain = parts._replace(query="", fragment="").geturl()
        return _direct(name, f"git+{plain}", parts.fragment, folder)
    if "url" in source:
        return _direct(name, source["url"], None, source.get("subdirectory"))
    if {"path", "directory"} & set(source) or "version" not in one:
        raise UnusableError(f"{name} of the lock file is in no place that this machine reaches.")
    return f"{name}=={one['version']}"


def _direct(name: str, url: str, commit: str | None, folder: str | None) -> str:
    at = f"@{commit}" if commit else ""
    inner = f"#subdirectory={folder}" if folder else ""
    return f"{name} @ {url}{at}{inner}"


def _applies(one: dict[str, Any], groups: frozenset[str] = frozenset()) -> bool:
    marker = one.get("marker")
    return marker is None or _is_true(marker, groups)


def _is_meant(edge: dict[str, Any], one: dict[str, Any]) -> bool:
    wanted = edge.get("version", one.get("version"))
    source = edge.get("source", one.get("source"))
    same = one["name"] == edge["name"] and one.get("version") == wanted
    return bool(same and one.get("source") == source)


def _for_this_python(one: dict[str, Any]) -> bool:
    markers = one.get("resolution-markers", [])
    return not markers or any(_is_true(marker) for marker in markers)


def _is_true(marker: str, groups: frozenset[str] = frozenset()) -> bool:
    # Of our own pins; a pyproject.toml does without.
    from packaging.markers import Marker

    if "extras" in marker or "dependency_groups" in marker:
        sets = {"extras": frozenset[str](), "dependency_groups": groups}
        return bool(Marker(marker).evaluate(sets, context="lock_file"))
    return bool(Marker(marker).evaluate({"extra": ""}))


def check_python(wanted: str | None) -> None:
    """Raise where a project or a lock file is not for this Python."""
    if wanted is None:
        return
    from packaging.specifiers import SpecifierSet

    version = platform.python_version()
    if not SpecifierSet(wanted).contains(version, prereleases=True):
        raise UnusableError(f"It wants Python {wanted}, and this machine has {version}.")


def without_ours(pins: list[str], ours: list[str]) -> tuple[list[str], list[str]]:
    """Return the pins of a lock that are not ours, and a sentence for each other version."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    own = {}
    for line in ours:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            own[canonicalize_name(requirement.name)] = str(requirement.specifier)[2:]
    kept, notes = [], []
    for pin in pins:
        wanted = Requirement(pin)
        mine = own.get(canonicalize_name(wanted.name))
        if mine is None:
            kept.append(pin)
        elif wanted.url is not None:
            raise UnusableError(f"{pin} cannot be kept beside {wanted.name} {mine} of Dask.")
        elif str(wanted.specifier) != f"=={mine}":
            version = str(wanted.specifier)[2:]
            notes.append(
                f"{wanted.name} {version} of the lock file is {mine} here, which fits Dask's."
            )
    return kept, notes


def main(file: str, constraints: str) -> None:
    """Print them, one a line."""
    path = Path(file)
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    if path.name == "pyproject.toml":
        check_python(content.get("project", {}).get("requires-python"))
        lines = of_project(content)
    else:
        check_python(content.get("requires-python"))
        pins = of_uv_lock(content) if path.name == "uv.lock" else of_pylock(content)
        text = Path(constraints).read_text(encoding="utf-8")
        ours = [line for line in text.splitlines() if line and not line.startswith("#")]
        lines, notes = without_ours(pins, ours)
        for note in notes:
            print(note, file=sys.stderr)
    print("\n".join(lines))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except UnusableError as error:
        sys.exit(str(error))
