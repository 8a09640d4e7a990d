"""Where the parts of an article are in a JSON object: dotted paths that the settings name."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class FieldPaths(BaseModel):
    """Where the parts of an article are in one JSON object: dotted paths, `a.0.b`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = ""
    url: str = ""
    title: str = ""
    body: str = ""
    published_at: str = ""
    language: str = ""
    publisher: str = ""
    author: str = ""
    tickers: str = ""

    @model_validator(mode="after")
    def _some_text(self) -> FieldPaths:
        if not self.title and not self.body:
            raise ValueError("expected title or body")
        return self


def dig(data: Any, path: str) -> Any:
    """Return the value at a dotted path, `a.0.b`; None where there is none.

    >>> dig({"a": [{"b": 1}]}, "a.0.b")
    1
    """
    for step in filter(None, path.split(".")):
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and step.lstrip("-").isdigit() and -len(data) <= int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data
