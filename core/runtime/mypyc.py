"""`mypyc_attr`, for classes that are compiled (scripts/compile.py) and subclassed by plain Python as well.

It comes with mypy, which only compiling needs; at run time it does nothing.
"""

from __future__ import annotations

try:
    from mypy_extensions import mypyc_attr as mypyc_attr
except ImportError:  # pragma: no cover - mypy is not installed

    def mypyc_attr(**_):  # type: ignore[no-untyped-def,no-redef]
        """Returns the class unchanged."""
        return lambda made: made
