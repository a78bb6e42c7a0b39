"""Where a scheduler's dashboard is."""

from __future__ import annotations

import http.client
import json
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

ANSWER_SECONDS = 3.0
MOST_BYTES = 2**20
PAGE = "/status"
_PREFIX = re.compile(r"(/[\w.~%+-]+)+")


def dashboard_url(address: str, identity: dict[str, Any]) -> str | None:
    """Return the URL that a scheduler's dashboard is below; None where it has none.

    Its identity tells the port alone. What it was given as ``--dashboard-prefix`` is known to the
    pages themselves: the first one leads to the status page, below that prefix. Where it cannot be
    asked, the URL goes without. Blocks for a few seconds at most.

    Parameters
    ----------
    address
        The scheduler's.
    identity
        What it says of itself.
    """
    port = (identity.get("services") or {}).get("dashboard")
    if not isinstance(port, int):
        return None
    host = address.rpartition("://")[2].rpartition(":")[0]
    root = f"http://{host}:{port}"
    try:
        return root + (_prefix_of_redirect(root) or _prefix_of_map(root))
    except (OSError, ValueError, http.client.HTTPException):
        return root


def _prefix_of_redirect(root: str) -> str:
    status, location, _body = _get(root, "/")
    target = urlsplit(urljoin(f"{root}/", location))
    if not 300 <= status < 400 or target.netloc != urlsplit(root).netloc:
        return ""
    return _prefix_of(target.path, PAGE)


def _prefix_of_map(root: str) -> str:
    """Find it in the list of all paths, which a scheduler without Bokeh has too."""
    status, _location, body = _get(root, "/sitemap.json")
    paths = json.loads(body).get("paths", []) if status == 200 else []
    found = (_prefix_of(str(path), "/json/identity.json") for path in paths)
    return next(filter(None, found), "")


def _prefix_of(path: str, page: str) -> str:
    prefix = path[: -len(page)] if path.endswith(page) else ""
    return prefix if _PREFIX.fullmatch(prefix) else ""


def _get(root: str, path: str) -> tuple[int, str, bytes]:
    """Ask without a proxy, and follow nothing; return status, location and body."""
    parts = urlsplit(root)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port, timeout=ANSWER_SECONDS
    )
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location") or "", answer.read(MOST_BYTES)
    finally:
        connection.close()
