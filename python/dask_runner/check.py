"""Say which Python this is, and which packages it has, without importing them.

This module runs on Python 3.6 and later and uses the standard library alone.
"""

import functools
import glob
import json
import os
import platform
import sys

PACKAGES = ("dask", "distributed", "bokeh", "cryptography", "numpy")


@functools.lru_cache(maxsize=None)
def package_version(name: str) -> "str | None":
    """Return the installed version of a package as text, or None where it is missing."""
    try:
        from importlib.metadata import PackageNotFoundError, version
    except ImportError:  # before Python 3.8
        return _version_from_folder(name)
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _version_from_folder(name: str) -> "str | None":
    for folder in sys.path:
        for suffix in (".dist-info", ".egg-info"):
            for found in glob.glob(os.path.join(glob.escape(folder), name + "-*" + suffix)):
                return os.path.basename(found)[: -len(suffix)].split("-")[1]
    return None


def main() -> int:
    """Print one JSON object about this interpreter."""
    answer = {"executable": sys.executable, "version": platform.python_version()}  # type: dict[str, object]
    for name in PACKAGES:
        answer[name] = package_version(name)
    print(json.dumps(answer))
    return 0
