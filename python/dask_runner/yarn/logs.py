"""What ended containers wrote, from their NodeManager's web server."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request

FILES = ("stderr", "stdout")
TIMEOUT_SECONDS = 5
MOST_BYTES = 64 * 1024


def fetch_log(web: str, container: str, user: str, most: int = MOST_BYTES) -> str:
    """Return the end of what a container wrote; what is gone is empty.

    Parameters
    ----------
    web
        ``host:port`` of the NodeManager's web server.
    container
        YARN's id of it.
    user
        Whose it is.
    most
        Bytes of each file.
    """
    parts = []
    for name in FILES:
        query = urllib.parse.urlencode({"size": -most, "user.name": user})
        url = f"http://{web}/ws/v1/node/containers/{container}/logs/{name}?{query}"
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
                parts.append(_text(answer.read(most * 2).decode("utf-8", "replace")))
        except (OSError, ValueError):
            continue
    return "\n".join(part for part in parts if part)


def _text(page: str) -> str:
    """Take off what the NodeManager puts around a file."""
    lines = page.splitlines()
    begin = next((i for i, line in enumerate(lines) if line.startswith("LogContents:")), None)
    if begin is None:
        return page.strip()
    end = next(
        (i for i, line in enumerate(lines) if line.startswith("End of LogType:") and i > begin),
        len(lines),
    )
    return "\n".join(lines[begin + 1 : end]).strip()


def last_lines(text: str, count: int = 15) -> str:
    """Return the last lines that say something."""
    return "\n".join([line for line in text.splitlines() if line.strip()][-count:])
