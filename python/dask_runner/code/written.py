"""Files that a script has written beside its code, on a machine that goes."""

from __future__ import annotations

import contextlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

#: What Python, Dask and others put there by themselves.
NOT_WRITTEN = frozenset(
    {"__pycache__", "dask-scratch-space", ".ipynb_checkpoints", ".pytest_cache", ".mypy_cache"}
)
PART_BYTES = 2**20
#: Of a job: in its folder on the machine that runs it, and in the bucket.
FOLDER = "files"

#: Size in bytes and time of the last change in nanoseconds, by path relative to a folder.
Stamps = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Limits:
    """How much is brought back."""

    files: int
    size: int  #: bytes, of all together


#: Of all that one run has written.
LIMITS = Limits(files=1000, size=256 * 2**20)
#: Of what a script has written before its workers are started: it is sent to each of them.
SENT = Limits(files=1000, size=64 * 2**20)


@dataclass(frozen=True)
class Written:
    """One file that was written or changed."""

    name: str  #: relative to the folder of the code, with ``/``
    size: int  #: bytes
    changed: int  #: nanoseconds since 1970


def stamps(root: Path) -> Stamps:
    """Return what is below a folder; what goes meanwhile is left out."""
    found: Stamps = {}
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - NOT_WRITTEN)
        for name in names:
            path = Path(folder, name)
            try:
                status = path.lstat()
            except OSError:
                continue
            if path.is_file() and not path.is_symlink():
                found[path.relative_to(root).as_posix()] = (status.st_size, status.st_mtime_ns)
    return found


def written_since(root: Path, before: Stamps) -> list[Written]:
    """Return what was written below a folder since its ``stamps`` were taken."""
    return [
        Written(name, size, changed)
        for name, (size, changed) in sorted(stamps(root).items())
        if before.get(name) != (size, changed)
    ]


def changed_since_packed(root: Path, archive: Path) -> list[Written]:
    """Return what is below a folder and is not as it is in the archive that was unpacked there."""
    with zipfile.ZipFile(archive) as packed:
        sums = {one.filename: (one.file_size, one.CRC) for one in packed.infolist()}
    return [
        one
        for one in written_since(root, {})
        if sums.get(one.name, (-1, 0))[0] != one.size
        or sums[one.name][1] != zlib.crc32((root / one.name).read_bytes())
    ]


def fitting(files: list[Written], most: Limits) -> tuple[list[Written], list[Written]]:
    """Divide files into those that a limit allows, the smallest first, and those it does not."""
    kept: list[Written] = []
    used = 0
    by_size = sorted(files, key=lambda one: one.size)
    for one in by_size:
        used += one.size
        if used > most.size or len(kept) == most.files:
            break
        kept.append(one)
    return kept, by_size[len(kept) :]


def told(left_out: list[Written]) -> str:
    """Return a sentence about files that workers do not get."""
    size = sum(one.size for one in left_out) / 2**20
    names = ", ".join(one.name for one in left_out[:3])
    more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
    return (
        f"The workers do not get {names}{more} ({size:,.0f} MiB), which the script has written "
        f"beside its code: no more than {SENT.files} files and {SENT.size // 2**20} MiB are sent "
        "to them. Write to gs:// what tasks read."
    )


def read_part(root: Path, name: str, offset: int) -> bytes:
    """Return some bytes of a file below a folder; none after its end.

    Raises
    ------
    ValueError
        When it is not below that folder.
    """
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ValueError(f"{name} is outside of the code's folder")
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(PART_BYTES)


class Collection:
    """Files from several places in one folder, as far as the limits allow.

    Parameters
    ----------
    folder
        Where they go.
    most
        How much there may be.
    found
        What another one has collected there, as its ``to_json`` tells it.
    """

    def __init__(self, folder: Path, most: Limits, found: dict[str, Any] | None = None) -> None:
        self._folder = folder
        self._most = most
        given = found or {"files": [], "lost": []}
        self._files = {one["name"]: Written(**one) for one in given["files"]}
        self._lost: dict[str, dict[str, Any]] = {one["name"]: one for one in given["lost"]}

    async def add(self, file: Written, where: str, part: Callable[[int], Awaitable[bytes]]) -> None:
        """Add one; of several with one name the newest is kept.

        Parameters
        ----------
        file
            What it is.
        where
            Who has it, for people.
        part
            Returns the bytes from an offset on; none after the end.
        """
        if file.name in self._files:
            self._lose(file, "several workers wrote it: the newest is kept")
        if not self._admits(file):
            return
        try:
            with self._writing(file) as out:
                while data := await part(out.tell()):
                    out.write(data)
        except Exception as error:
            self._lose(file, f"it could not be had from {where}: {error or type(error).__name__}")

    def copy(self, file: Written, source: Path) -> None:
        """Add one of this machine, where none that is newer has its name."""
        if not self._admits(file):
            return
        try:
            with self._writing(file) as out, source.open("rb") as content:
                shutil.copyfileobj(content, out)
        except OSError as error:
            self._lose(file, str(error))

    def drop(self, name: str, reason: str) -> None:
        """Count one as lost that was there."""
        self._lose(self._files.pop(name), reason)

    def _admits(self, file: Written) -> bool:
        """Tell whether it is newer than one of its name, and there is room."""
        known = self._files.get(file.name)
        if known is not None and known.changed >= file.changed:
            return False
        used = sum(one.size for one in self._files.values()) - (known.size if known else 0)
        if known is None and len(self._files) >= self._most.files:
            self._lose(file, f"more than {self._most.files} files")
            return False
        if used + file.size > self._most.size:
            self._lose(file, f"more than {self._most.size // 2**20} MiB")
            return False
        return True

    @contextlib.contextmanager
    def _writing(self, file: Written) -> Iterator[BinaryIO]:
        """Give what its bytes are written to: only a whole file takes its place."""
        target = self._folder / file.name
        temporary = target.with_name(f".{target.name}.part")
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with temporary.open("wb") as out:
                yield out
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        self._files[file.name] = file

    def _lose(self, file: Written, reason: str) -> None:
        self._lost[file.name] = {"name": file.name, "size": file.size, "reason": reason}

    def to_json(self) -> dict[str, Any]:
        """Return what is there and what is not.

        ``files`` have ``name``, ``size`` in bytes and ``changed`` in nanoseconds since 1970;
        ``lost`` have ``name``, ``size`` and ``reason``.
        """
        files = [vars(self._files[name]) for name in sorted(self._files)]
        return {"files": files, "lost": list(self._lost.values())}
