"""What workers print, in the output of their job."""

from __future__ import annotations

import os
import threading
from pathlib import Path

TICK_SECONDS = 0.1
PART_BYTES = 256 * 1024


class WorkerPrints:
    """Copies to standard output what the cluster process writes to a file.

    Parameters
    ----------
    path
        The file; made here.

    Raises
    ------
    OSError
        When it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch(mode=0o600)
        self._file = path.open("rb")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def begin(self) -> None:
        """Copy from now on."""
        self._thread.start()

    def end(self) -> None:
        """Copy what is there, and no more."""
        self._over.set()
        self._thread.join()
        self._copy()
        self._file.close()

    def _follow(self) -> None:
        while not self._over.wait(TICK_SECONDS):
            self._copy()

    def _copy(self) -> None:
        while data := self._file.read(PART_BYTES):
            # Where the driver writes, too: it goes there whole.
            while data:
                data = data[os.write(1, data) :]
