"""Asking a scheduler that is not ours."""

from __future__ import annotations

from typing import Any


def security_of(tls: dict[str, str] | None) -> Any:
    """Return Dask's security for a client with these files."""
    from distributed.security import Security

    if tls is None:
        return Security()
    return Security(
        tls_ca_file=tls["ca"],
        tls_client_cert=tls["cert"],
        tls_client_key=tls["key"],
        require_encryption=True,
    )


async def ask(address: str, tls: dict[str, str] | None, operation: str, **arguments: Any) -> Any:
    """Call one handler of a scheduler, and return its answer."""
    from distributed.core import rpc

    connection = security_of(tls).get_connection_args("client")
    async with rpc(address, connection_args=connection) as scheduler:
        return await getattr(scheduler, operation)(**arguments)
