"""JSON values out of lines."""

from __future__ import annotations

import json
from typing import Any

import orjson


def parse_json(line: bytes | str, *, exact: bool = False) -> Any:
    """Return the JSON value of a line, NaN and lone surrogates included. Raises ValueError or RecursionError.

    `exact`: integers over 64 bits stay integers and 1e400 is infinite, at a fifth of the speed; else they are floats
    and an error.
    """
    if not exact:
        try:
            return orjson.loads(line)
        except orjson.JSONDecodeError:  # takes neither NaN nor lone surrogates
            pass
    return json.loads(line.decode("utf-8-sig", "replace") if isinstance(line, bytes) else line)
