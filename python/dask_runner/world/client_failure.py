"""Having a script's ``Client()`` fail from a preload."""

from __future__ import annotations

from typing import Any, NoReturn


def fail_later(client: Any, message: str) -> None:
    """Have ``Client()`` fail with a message: Dask logs what a preload raises, and goes on."""

    def fail() -> NoReturn:
        raise RuntimeError(message)

    client._handle_report = fail
