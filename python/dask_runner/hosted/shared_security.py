"""Dask's security, whose contexts are made once for a process and not for each connection."""

from __future__ import annotations

from typing import Any

from distributed.security import Security

from dask_runner.cluster.certificates import TlsFiles, security

#: By certificate, purpose and files: also of a process that this one was forked from.
_contexts: dict[Any, Any] = {}


def make_contexts(files: TlsFiles | None) -> None:
    """Make the contexts of workers ahead, for processes that are forked from this one."""
    if files is not None:
        shared = SharedSecurity(files)
        shared.get_listen_args("worker")
        shared.get_connection_args("worker")


class SharedSecurity(Security):  # type: ignore[misc]
    """The security of a cluster on this machine.

    Dask makes a new TLS context for each server, nanny and worker: each takes some milliseconds,
    which is much of the time that a small cluster takes to start.

    Parameters
    ----------
    files
        Its certificate; None for open connections.
    """

    def __init__(self, files: TlsFiles | None) -> None:
        same = security(files)
        paths = {name: getattr(same, name) for name in same.__slots__ if name.startswith("tls_")}
        given = {name: path for name, path in paths.items() if isinstance(path, str)}
        super().__init__(require_encryption=same.require_encryption, **given)
        self._files = files

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process without the contexts."""
        return SharedSecurity, (self._files,)

    def _get_tls_context(self, tls: dict[str, Any], purpose: Any) -> Any:
        given = sorted((name, value) for name, value in tls.items() if value is not None)
        key = (self._files, purpose, *given)
        if key not in _contexts:
            _contexts[key] = super()._get_tls_context(tls, purpose)
        return _contexts[key]
