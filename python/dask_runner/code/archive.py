"""Archives of a run's code: what is in them, and where they are unpacked."""

from __future__ import annotations

import hashlib
import io
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PART_BYTES = 8 * 2**20


class ArchiveError(Exception):
    """An archive is not what it should be; the text is for people."""


@dataclass(frozen=True)
class Archive:
    """The code of one run."""

    sha256: str
    import_folders: tuple[str, ...]  #: relative to its root, the first one counts first

    @staticmethod
    def parse(value: Any) -> Archive:
        """Read ``{"sha256", "importFolders"}``.

        Raises
        ------
        ValueError
            When it is something else.
        """
        sha256, folders = value["sha256"], value.get("importFolders", [""])
        if not isinstance(sha256, str) or len(sha256) != 64 or not sha256.isalnum():
            raise ValueError("sha256 must be 64 hexadecimal digits")
        if not isinstance(folders, list) or any(_leaves(str(folder)) for folder in folders):
            raise ValueError("importFolders must be folders inside of the archive")
        return Archive(sha256, tuple(str(folder) for folder in folders))

    def folders_in(self, root: Path) -> list[str]:
        """Return the folders to import from, when it is unpacked there."""
        return [str(root / folder) if folder else str(root) for folder in self.import_folders]


def _leaves(folder: str) -> bool:
    return folder.startswith("/") or ".." in Path(folder).parts


def check(path: Path, sha256: str) -> None:
    """Make sure that an archive is whole.

    Raises
    ------
    ArchiveError
        When it is not.
    """
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while part := file.read(2**20):
                found.update(part)
    except OSError as error:
        raise ArchiveError(f"it cannot be read: {error}") from error
    if found.hexdigest() != sha256:
        raise ArchiveError(
            f"its content has the SHA-256 {found.hexdigest()} where {sha256} was expected"
        )


def unpack(path: Path, target: Path) -> None:
    """Unpack an archive into a folder; nothing is there before all of it is.

    Raises
    ------
    ArchiveError
        When that fails.
    """
    temporary = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir(mode=0o700, parents=True)
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if _leaves(entry.filename):
                    raise ArchiveError(f"it has an entry outside of it: {entry.filename}")
                made = Path(archive.extract(entry, temporary))
                mode = entry.external_attr >> 16 & 0o777
                if mode and not entry.is_dir():
                    made.chmod(mode | 0o600)
        temporary.replace(target)
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise ArchiveError(f"it cannot be unpacked: {error}") from error


def unpack_over(path: Path, target: Path) -> None:
    """Unpack an archive into a folder that is there, over what is in it.

    Raises
    ------
    ArchiveError
        When that fails.
    """
    unpacked = target.with_name(f".{target.name}.over")
    unpack(path, unpacked)
    try:
        shutil.copytree(unpacked, target, dirs_exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"it cannot be unpacked: {error}") from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


class ArchiveStore:
    """The archives that a cluster's workers can have, in a folder of the cluster process.

    Parameters
    ----------
    folder
        Made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Return where an archive is, or would be."""
        return self.folder / f"{sha256}.zip"

    def add(self, source: Path, sha256: str) -> None:
        """Keep a copy of an archive.

        Raises
        ------
        ArchiveError
            When it is damaged, or there is no space.
        """
        target = self.path(sha256)
        if target.exists():
            return
        check(source, sha256)
        temporary = target.with_suffix(".tmp")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(source, temporary)
            temporary.replace(target)
        except OSError as error:
            raise ArchiveError(f"it cannot be kept: {error}") from error

    def pack(self, root: Path, names: list[str]) -> Archive:
        """Keep an archive of some files below a folder."""
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in names:
                packed.write(root / name, name)
        content = data.getvalue()
        archive = Archive(hashlib.sha256(content).hexdigest(), ())
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path(archive.sha256).write_bytes(content)
        return archive

    def part(self, sha256: str, offset: int) -> bytes:
        """Return some bytes of an archive; none after its end."""
        with self.path(sha256).open("rb") as file:
            file.seek(offset)
            return file.read(PART_BYTES)

    def keep_only(self, archives: list[Archive]) -> None:
        """Remove all others."""
        wanted = {self.path(archive.sha256) for archive in archives}
        for path in self.folder.glob("*.zip"):
            if path not in wanted:
                path.unlink(missing_ok=True)
