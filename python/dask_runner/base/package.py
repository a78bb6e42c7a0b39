"""Where this package is."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
#: The folder that it is imported from.
PACKAGE_PARENT = str(PACKAGE.parent)
