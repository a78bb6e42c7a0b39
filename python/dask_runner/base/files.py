"""Files that several processes share: atomic JSON, locks, and logs of their own."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

RESERVE_BYTES = 256 * 1024


def now() -> str:
    """Return the time in UTC as ISO 8601 with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None where the file is missing, unreadable or not an object."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def write_json(
    path: Path, value: dict[str, Any], reserve: Path | None = None, flush: bool = True
) -> None:
    """Write a JSON object so that readers see the old one or the new one, and never a part.

    Parameters
    ----------
    path
        Where to; the file gets mode 0600.
    value
        What to write.
    reserve
        A file that is given up when the disk is full, so that the last word still fits.
    flush
        False for what means nothing any more once the machine has failed.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    data = json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass") + b"\n"
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _write(temporary, data, flush)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) or reserve is None:
            _remove(temporary)
            raise
        _remove(reserve)
        _write(temporary, data, flush)
    temporary.replace(path)


def _write(path: Path, data: bytes, flush: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if flush:
            os.fsync(file.fileno())


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def make_reserve(path: Path) -> None:
    """Set disk space aside, for what must still be written when the disk is full."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(b"\0" * RESERVE_BYTES)


def disk_is_full(folder: Path) -> bool:
    """Tell whether a small file can no longer be written in a folder."""
    probe = folder / f".space.{os.getpid()}.tmp"
    try:
        _write(probe, b"\0" * 8192, flush=True)
    except OSError as error:
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    finally:
        _remove(probe)
    return False


class FileLock:
    """A lock that its holder's death releases: one process at a time holds it.

    Parameters
    ----------
    path
        The lock's file. It is made with mode 0600 and never removed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock; False when another process holds it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock_descriptor(descriptor)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def forget(self) -> None:
        """Close the file in a forked child, which would else keep the lock with its parent."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


if os.name == "nt":
    import msvcrt

    def _lock_descriptor(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]

else:
    import fcntl

    def _lock_descriptor(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def redirect_output(path: Path) -> None:
    """Send this process's stdout and stderr, from the descriptors up, to the end of a file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    if descriptor > 2:
        os.close(descriptor)
