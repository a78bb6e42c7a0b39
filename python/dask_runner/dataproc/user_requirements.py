"""Print what pip shall install for a user's ``pyproject.toml``, ``pylock.toml`` or ``uv.lock``.

Usage: ``python user_requirements.py FILE OURS``, where OURS holds our own pins. It runs in an
environment that has these. A lock's other version of one of them is left out, and that is said on
stderr.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    from pip._vendor import tomli as tomllib


def of_project(project: dict[str, Any]) -> list[str]:
    """Return the dependencies that a ``pyproject.toml`` declares."""
    return list(project.get("project", {}).get("dependencies", []))


def of_pylock(lock: dict[str, Any]) -> list[str]:
    """Return what a ``pylock.toml`` (PEP 751) pins for this Python."""
    wanted = [one for one in lock.get("packages", []) if _applies(one)]
    return [f"{one['name']}=={one['version']}" for one in wanted if "version" in one]


def of_uv_lock(lock: dict[str, Any]) -> list[str]:
    """Return what a ``uv.lock`` pins for this Python, without groups and extras of its projects."""
    packages = lock.get("package", [])
    own = [one for one in packages if {"virtual", "editable"} & set(one.get("source", {}))]
    found: dict[str, str] = {}
    waiting = [edge for one in own for edge in one.get("dependencies", [])]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    names = {one["name"] for one in own}
    while waiting:
        edge = waiting.pop()
        extras = tuple(edge.get("extra", ()))
        if not _applies(edge) or edge["name"] in names or (edge["name"], extras) in seen:
            continue
        seen.add((edge["name"], extras))
        for one in packages:
            if _is_meant(edge, one) and _for_this_python(one):
                found[one["name"]] = one["version"]
                optional = one.get("optional-dependencies", {})
                waiting += one.get("dependencies", [])
                waiting += [inner for extra in extras for inner in optional.get(extra, [])]
    return [f"{name}=={version}" for name, version in found.items()]


def _applies(one: dict[str, Any]) -> bool:
    marker = one.get("marker")
    return marker is None or _is_true(marker)


def _is_meant(edge: dict[str, Any], one: dict[str, Any]) -> bool:
    wanted = edge.get("version", one.get("version"))
    return bool(one["name"] == edge["name"] and one.get("version") == wanted)


def _for_this_python(one: dict[str, Any]) -> bool:
    markers = one.get("resolution-markers", [])
    return not markers or any(_is_true(marker) for marker in markers)


def _is_true(marker: str) -> bool:
    # Of our own pins; a pyproject.toml does without.
    from packaging.markers import Marker

    return bool(Marker(marker).evaluate({"extra": ""}))


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
        name, _, version = pin.partition("==")
        mine = own.get(canonicalize_name(name))
        if mine is None:
            kept.append(pin)
        elif mine != version:
            notes.append(f"{name} {version} of the lock file is {mine} here, which fits Dask's.")
    return kept, notes


def main(file: str, constraints: str) -> None:
    """Print them, one a line."""
    path = Path(file)
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    if path.name == "pyproject.toml":
        lines = of_project(content)
    else:
        pins = of_uv_lock(content) if path.name == "uv.lock" else of_pylock(content)
        text = Path(constraints).read_text(encoding="utf-8")
        ours = [line for line in text.splitlines() if line and not line.startswith("#")]
        lines, notes = without_ours(pins, ours)
        for note in notes:
            print(note, file=sys.stderr)
    print("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
