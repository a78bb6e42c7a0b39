"""Dask's settings as environment variables."""

from __future__ import annotations

from typing import Any


def variable_of(key: str) -> str:
    """Return the environment variable that Dask reads a key of its configuration from."""
    return "DASK_" + key.upper().replace(".", "__").replace("-", "_")


def text_of(value: Any) -> str:
    """Return what a variable has to hold for Dask to read a value from it."""
    return value if isinstance(value, str) else repr(value)
