"""What libraries make once for a process, made before it is forked."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_made_with: dict[str, str | None] = {}


def make_ahead() -> None:
    """Have Tornado read the system's certificates: it does so once, for any TLS connection.

    That takes 25 ms and more, in the driver, the scheduler and each worker.
    """
    with contextlib.suppress(Exception):
        from tornado import netutil  # type: ignore[attr-defined]

        netutil._client_ssl_defaults()
        netutil._server_ssl_defaults()
        _made_with.update({name: os.environ.get(name) for name in _CERTIFICATES})


def forget_what_differs() -> None:
    """Have it read again what a script's environment has elsewhere."""
    netutil: Any = sys.modules.get("tornado.netutil")
    if netutil is not None and _made_with != {name: os.environ.get(name) for name in _CERTIFICATES}:
        for name in ("_client_ssl_defaults", "_server_ssl_defaults"):
            with contextlib.suppress(AttributeError):
                getattr(netutil, name).cache_clear()


def log_less() -> None:
    """Spare a dashboard the description of its routes: Bokeh writes it for a log nobody reads."""
    tornado: Any = sys.modules.get("bokeh.server.tornado")
    if hasattr(tornado, "pformat"):
        tornado.pformat = lambda *_, **__: ""
