"""What POST /v1/articles takes and answers. The names of fields and models are part of the public API."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, StrictFloat, StrictInt


class Taken(BaseModel):
    """An article that was taken."""

    line: int
    id: str
    repeated: bool = Field(description="It had been sent before; nothing changed.")
    ignored: list[str] = Field(
        [], description="Fields that mean nothing here; further ones belong into `extra`."
    )


class RefusedLine(BaseModel):
    """One that was not, and why."""

    line: int
    reason: str
    detail: str


class Receipt(BaseModel):
    """What became of each line, numbered from 1."""

    taken: list[Taken]
    refused: list[RefusedLine]


class Problem(BaseModel):
    """An error."""

    detail: str


class PushedArticle(BaseModel):
    """An article as pushed. Title or body is needed; id, else url, makes it idempotent (else its time and text do)."""

    id: str = Field("", max_length=500)
    source: str = Field("", max_length=100, description="A source of kind push; default: the token's name.")
    url: str = Field("", max_length=4000)
    title: str = ""
    body: str = ""
    # Strict: true and false would pass for 1 and 0.
    published_at: str | StrictInt | StrictFloat | None = Field(
        None, description="ISO 8601 or seconds since 1970."
    )
    language: str = Field("", max_length=40)
    publisher: str = Field("", max_length=200)
    author: str = Field("", max_length=200)
    tickers: list[str] = Field([], max_length=500)
    extra: dict[str, Any] = Field({}, max_length=100, description="Further fields; kept with the article.")
