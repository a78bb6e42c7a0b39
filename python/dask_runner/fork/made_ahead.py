"""What libraries make once for a process, made before it is forked."""

from __future__ import annotations

import contextlib
import os
import sys
from types import SimpleNamespace
from typing import Any

from dask_runner.check import PACKAGES, package_version

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_made_with: dict[str, str | None] = {}


def make_ahead() -> None:
    """Have read what driver, scheduler and each worker would else read themselves.

    Tornado reads the system's certificates once, for any TLS connection (25 ms and more); Dask
    compares versions of packages whenever somebody connects, and looks each up once (20 ms).
    """
    with contextlib.suppress(Exception):
        from distributed.versions import get_versions

        get_versions()
        for name in PACKAGES:
            package_version(name)
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


def compile_routes() -> None:
    """Have Python compile the routes of a scheduler's HTTP side, which it keeps by their text.

    They are 270 regular expressions, and two thirds of the time in which a scheduler starts.
    """
    with contextlib.suppress(Exception):
        import dask
        from distributed.dashboard.core import BokehApplication
        from distributed.dashboard.scheduler import applications
        from distributed.http.routing import RoutingApplication
        from distributed.http.utils import get_handlers

        from dask_runner.cluster.scheduler import ROUTES, our_settings

        with dask.config.set(our_settings()):
            RoutingApplication(get_handlers(None, dask.config.get(ROUTES), prefix=""))
        server = SimpleNamespace(http_server=SimpleNamespace(port=0))
        BokehApplication(applications, server, prefix="")


def log_less() -> None:
    """Spare a dashboard the description of its routes: Bokeh writes it for a log nobody reads."""
    tornado: Any = sys.modules.get("bokeh.server.tornado")
    if hasattr(tornado, "pformat"):
        tornado.pformat = lambda *_, **__: ""
