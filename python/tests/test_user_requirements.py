"""What pip installs for a user's project or lock file on the machines of a cluster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "dask_runner" / "dataproc" / "user_requirements.py"
OURS = """# made
dask==2026.8.0
numpy==2.2.6 ; python_version < "3.0"
numpy==2.4.6 ; python_version >= "3.0"
"""
PYLOCK = """
lock-version = "1.0"
requires-python = ">=3.10"
default-groups = ["main"]
[[packages]]
name = "Forest"
version = "1.5"
[[packages]]
name = "old"
version = "1.0"
marker = "python_version < '3.0'"
[[packages]]
name = "numpy"
version = "2.4.1"
[[packages]]
name = "dask"
version = "2026.8.0"
[[packages]]
name = "tool"
version = "3"
marker = "'x' in extras or 'dev' in dependency_groups"
directory = { path = "." }
[[packages]]
name = "group"
version = "4"
marker = "'main' in dependency_groups"
[[packages]]
name = "acme"
version = "1"
vcs = { type = "git", url = "https://git.example/a.git", commit-id = "012abc", subdirectory = "b" }
[[packages]]
name = "file"
archive = { url = "https://files.example/file-1.zip" }
"""
FROM_PYLOCK = [
    "Forest==1.5",
    "acme @ git+https://git.example/a.git@012abc#subdirectory=b",
    "file @ https://files.example/file-1.zip",
    "group==4",
]
UV_LOCK = """
version = 1
[[package]]
name = "etl"
version = "0.1.0"
source = { editable = "." }
dependencies = [
    { name = "forest", extra = ["wood"] },
    { name = "fork", version = "1.0", marker = "python_version < '3.0'" },
    { name = "fork", version = "2.0", marker = "python_version >= '3.0'" },
    { name = "acme" },
    { name = "wheel-only" },
]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "forest"
version = "1.5"
source = { registry = "x" }
dependencies = [{ name = "leaf" }, { name = "numpy" }]
[package.optional-dependencies]
wood = [{ name = "beech" }]
iron = [{ name = "ore" }]
[[package]]
name = "fork"
version = "1.0"
resolution-markers = ["python_version < '3.0'"]
[[package]]
name = "fork"
version = "2.0"
resolution-markers = ["python_version >= '3.0'"]
[[package]]
name = "leaf"
version = "3"
dependencies = [{ name = "forest" }]
[[package]]
name = "beech"
version = "4"
[[package]]
name = "ore"
version = "5"
[[package]]
name = "numpy"
version = "2.4.6"
[[package]]
name = "acme"
version = "0.3.0"
source = { git = "https://git.example/a.git?rev=v0.3.0&subdirectory=b#012abc" }
[[package]]
name = "wheel-only"
version = "2.0"
source = { url = "https://files.example/wheel_only-2.0-py3-none-any.whl" }
[[package]]
name = "pytest"
version = "9"
source = { directory = "../pytest" }
"""
FROM_UV = [
    "acme @ git+https://git.example/a.git@012abc#subdirectory=b",
    "beech==4",
    "forest==1.5",
    "fork==2.0",
    "leaf==3",
    "wheel-only @ https://files.example/wheel_only-2.0-py3-none-any.whl",
]
PROJECT = """
[project]
dependencies = ["forest>=1", "dask"]
[dependency-groups]
dev = ["pytest"]
"""


@pytest.mark.parametrize(
    ("name", "text", "wanted", "said"),
    [
        ("pyproject.toml", PROJECT, ["dask", "forest>=1"], ""),
        ("pyproject.toml", "[tool.x]", [], ""),
        ("pylock.toml", PYLOCK, FROM_PYLOCK, "numpy 2.4.1 of the lock file is 2.4.6 here"),
        ("pylock.etl.toml", PYLOCK, FROM_PYLOCK, "numpy 2.4.1 of the lock file is 2.4.6 here"),
        ("uv.lock", UV_LOCK, FROM_UV, ""),
    ],
)
def test_what_pip_installs(
    tmp_path: Path, name: str, text: str, wanted: list[str], said: str
) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "ours.txt").write_text(OURS)
    command = [sys.executable, str(SCRIPT), str(tmp_path / name), str(tmp_path / "ours.txt")]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert sorted(line for line in result.stdout.splitlines() if line) == wanted
    assert result.stderr.startswith(said) and bool(result.stderr) == bool(said)


UV_HEAD = """
[[package]]
name = "etl"
source = { virtual = "." }
dependencies = [{ name = "x" }]
"""


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pyproject.toml", "[tool.poetry.dependencies]\nx = '1'", "export a lock file"),
        ("pyproject.toml", "[project]\ndynamic = ['dependencies']", "export a lock file"),
        ("pyproject.toml", "[dependency-groups]\nmain = ['x']", "export a lock file"),
        ("pyproject.toml", "[project]\nrequires-python = '<3'\ndependencies = []", "Python <3"),
        ("pylock.toml", "requires-python = '<3'", "wants Python <3"),
        ("pylock.toml", "[[packages]]\nname = 'b'\ndirectory = { path = '../b' }", "b of the lock"),
        (
            "pylock.toml",
            "[[packages]]\nname = 'b'\nversion = '1'\nvcs = { path = 'b' }",
            "b of the",
        ),
        (
            "pylock.toml",
            "[[packages]]\nname = 'dask'\nvcs = { type = 'git', url = 'https://g/d' }",
            "cannot be kept beside dask 2026.8.0",
        ),
        (
            "uv.lock",
            UV_HEAD + "[[package]]\nname = 'x'\nversion = '1'\nsource = { directory = '../x' }",
            "x of the lock file is in no place",
        ),
    ],
)
def test_what_cannot_be_installed_as_it_is_written(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "ours.txt").write_text(OURS)
    command = [sys.executable, str(SCRIPT), str(tmp_path / name), str(tmp_path / "ours.txt")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert said in result.stderr and "Traceback" not in result.stderr
