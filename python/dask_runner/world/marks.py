"""The name of a worker before each line that it prints."""

from __future__ import annotations

import logging
import sys
import threading
from typing import Any, TextIO


class MarkedLines:
    """A text stream that begins each line with a mark.

    Bytes that are written to its ``buffer``, or to its descriptor, go without.

    Parameters
    ----------
    stream
        Where it all goes.
    mark
        What comes before each line.
    """

    def __init__(self, stream: TextIO, mark: str) -> None:
        self._stream = stream
        self._mark = mark
        self._at_start = True
        self._lock = threading.Lock()

    def write(self, text: str) -> int:
        """Write text; return how many characters of it were written, all."""
        if text:
            with self._lock:
                first = self._mark if self._at_start else ""
                self._at_start = text.endswith("\n")
                inner = text[:-1] if self._at_start else text
                marked = first + inner.replace("\n", "\n" + self._mark)
                self._stream.write(marked + "\n" if self._at_start else marked)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        """Return what else the stream has."""
        return getattr(self._stream, name)


def mark_lines(worker: str) -> None:
    """Have what this process prints, logs and warns of begin with the name of its worker.

    Parameters
    ----------
    worker
        Its name: ``0`` or ``worker-0`` for lines that begin with ``worker-0 | ``.
    """
    mark = f"{worker if worker.startswith('worker-') else f'worker-{worker}'} | "
    marked = {id(stream): MarkedLines(stream, mark) for stream in (sys.stdout, sys.stderr)}
    # A script's own handlers, and Dask's, have kept the stream that they were made with.
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        for handler in getattr(logger, "handlers", []):
            stream = id(getattr(handler, "stream", None))
            if isinstance(handler, logging.StreamHandler) and stream in marked:
                handler.setStream(marked[stream])
    sys.stdout, sys.stderr = marked[id(sys.stdout)], marked[id(sys.stderr)]
