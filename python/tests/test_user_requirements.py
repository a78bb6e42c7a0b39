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
name = "here"
directory = { path = "." }
"""
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
name = "pytest"
version = "9"
"""
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
        ("pylock.toml", PYLOCK, ["Forest==1.5"], "numpy 2.4.1 of the lock file is 2.4.6 here"),
        ("pylock.etl.toml", PYLOCK, ["Forest==1.5"], "numpy 2.4.1 of the lock file is 2.4.6 here"),
        ("uv.lock", UV_LOCK, ["beech==4", "forest==1.5", "fork==2.0", "leaf==3"], ""),
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
