"""A statement's rows as a frame."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Executable

from core.store import Store


def frame(store: Store, statement: Executable) -> pd.DataFrame:
    """All rows. Raises StoreUnavailable."""
    with store.read() as connection:
        result: Any = connection.execute(statement)
        return pd.DataFrame(result.fetchall(), columns=list(result.keys()))
