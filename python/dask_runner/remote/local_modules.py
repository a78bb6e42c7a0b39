"""The modules that a script imports and that lie beside it, or elsewhere outside installations."""

from __future__ import annotations

import ast
import contextlib
import os
import site
import sys
import sysconfig
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

from dask_runner.base.package import PACKAGE
from dask_runner.remote.guest_modules import Files, TooLargeError, files_of, find, places_of

#: A cluster has them, or it is none.
NEVER = frozenset({"dask", "distributed", "dask_runner", "__main__", "__mp_main__"})


class LocalModules:
    """Looks for them in this process, which runs the script.

    Attributes
    ----------
    files : dict
        Their Python files by the name that they are imported as.
    left_out : dict
        Why others are not among them, by name.
    """

    def __init__(self) -> None:
        self.files: dict[str, Files] = {}
        self.left_out: dict[str, str] = {}
        self._installed = _installed()
        self._seen: set[str] = set(NEVER)
        self._script = _script()
        waiting = [*self._of_script(), *self._loaded()]
        while waiting:
            name = waiting.pop()
            if name not in self._seen:
                self._seen.add(name)
                waiting += self._take(name)

    def _of_script(self) -> set[str]:
        try:
            return set() if self._script is None else imported(self._script.read_bytes())
        except OSError:
            return set()

    def _loaded(self) -> Iterator[str]:
        """Names of what was loaded from the script's folder, by whatever means."""
        folder = os.path.realpath(os.curdir if self._script is None else self._script.parent)
        for name, module in list(sys.modules.items()):
            spec = getattr(module, "__spec__", None)
            if (
                "." not in name
                and isinstance(spec, ModuleSpec)
                and any(_below(place, folder) for place in places_of(spec))
            ):
                yield name

    def _take(self, name: str) -> list[str]:
        """Add a module where it is a local one; return the names that it imports."""
        spec = find(name)
        places = [] if spec is None else places_of(spec)
        if spec is None or not places or any(self._is_installed(place) for place in places):
            return []
        if any(_is_from_package_index(name, Path(place).parent) for place in places):
            return []
        try:
            files = files_of(name, spec)
        except TooLargeError:
            self.left_out[name] = "it has too many files"
            return []
        except OSError as error:
            self.left_out[name] = f"it cannot be read ({error})"
            return []
        if not files:
            return []
        self.files[name] = files
        return [
            one
            for path, content in files.items()
            if path.endswith(".py")
            for one in imported(content)
        ]

    def _is_installed(self, path: str) -> bool:
        parts = Path(path).parts
        return (
            "site-packages" in parts
            or "dist-packages" in parts
            or any(_below(path, folder) for folder in self._installed)
        )


def _script() -> Path | None:
    """Return the user's script; None where a module's function is run by a script of ours."""
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    return None if path is None or _below(path, str(PACKAGE)) else Path(path).absolute()


def imported(source: bytes) -> set[str]:
    """Return the top-level names that Python source imports, wherever in it; none if it is none."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Call) and node.args:
            called = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
            first = node.args[0]
            if called in ("import_module", "__import__") and isinstance(first, ast.Constant):
                names.add(str(first.value))
    return {name.partition(".")[0] for name in names} - {""}


def _installed() -> set[str]:
    """Return the folders of this interpreter's own and installed modules."""
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    known = [sysconfig.get_paths().get(kind) for kind in kinds]
    base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    known += [sysconfig.get_path(kind, vars=base) for kind in kinds]
    known.append(site.getusersitepackages())
    return {os.path.realpath(folder) for folder in known if folder}


def _is_from_package_index(name: str, folder: Path) -> bool:
    """Tell whether pip has put a module there, as with ``--target``."""
    beginnings = (f"{name}/", f"{name}.")
    for record in folder.glob("*.dist-info/RECORD"):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if any(line.startswith(beginnings) for line in record.read_text().splitlines()):
                return True
    return False


def _below(path: str, folder: str) -> bool:
    return os.path.realpath(path).startswith(folder.rstrip(os.sep) + os.sep)
