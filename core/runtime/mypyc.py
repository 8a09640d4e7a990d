"""`mypyc_attr`, for classes that are compiled (scripts/compile.py) and subclassed by plain Python as well.

It comes with mypy, which only compiling needs; at run time it does nothing.
"""

from __future__ import annotations

from typing import Any

try:
    from mypy_extensions import mypyc_attr as mypyc_attr
except ImportError:  # pragma: no cover - mypy is not installed

    def mypyc_attr(*attrs: str, **kwattrs: object) -> Any:  # type: ignore[misc]
        """A decorator that returns the class unchanged."""
        return lambda made: made
