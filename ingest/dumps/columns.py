"""Which column of a dump holds which field: by name, unless the user names it.

`published_at=date,title=headline,extra.mood=mood` names three; names are compared without case, spaces, - and _.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.errors import ConfigError

FIELDS = (
    "published_at",
    "available_at",
    "date_raw",
    "title",
    "body",
    "text",
    "id",
    "url",
    "source",
    "publisher",
    "language",
    "tickers",
)
"""What a column may mean, in the order in which readers hand a row's values on."""

ALIASES: Mapping[str, tuple[str, ...]] = {
    "published_at": (
        "published_at", "published", "publish_time", "publish_date", "publication_date", "pub_date", "date_published",
        "datetime", "date_time", "date", "timestamp", "time", "created_at", "created", "published_on",
        "发布时间", "时间", "日期",
    ),
    "available_at": ("available_at", "first_seen_at", "first_seen"),
    "date_raw": ("date_raw", "raw_date", "date_text"),
    "title": ("title", "headline", "标题"),
    "body": ("body", "content", "article", "article_text", "full_text", "正文", "内容"),
    "text": ("text", "tweet", "message", "sentence", "summary", "description", "文本"),
    "id": ("id", "guid", "article_id", "news_id", "doc_id", "tweet_id", "uid"),
    "url": ("url", "link", "href", "链接"),
    "source": ("source", "source_name", "feed", "来源"),
    "publisher": ("publisher", "site", "outlet", "domain", "媒体"),
    "language": ("language", "lang"),
    "tickers": ("tickers", "ticker", "symbols", "symbol", "stocks", "stock", "股票代码"),
}  # fmt: skip


def parse_columns(text: str | None) -> dict[str, str]:
    """Field -> column of an option such as `published_at=date,title=headline`; empty for None.

    Raises ConfigError: no FIELD=COLUMN, an unknown field, or one named twice.
    """
    named_columns: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in (text or "").split(","))):
        field, equals, column = (piece.strip() for piece in part.partition("="))
        if not equals or not column:
            raise ConfigError(
                f"--columns: {part!r}: expected FIELD=COLUMN, e.g. published_at=date,title=title"
            )
        field = {"ticker": "tickers", "symbol": "tickers", "date": "published_at", "content": "body"}.get(
            field, field
        )
        if field not in FIELDS and not field.startswith("extra."):
            raise ConfigError(f"--columns: unknown field {field!r}; known: {', '.join(FIELDS)}, extra.NAME")
        if field in named_columns:
            raise ConfigError(f"--columns: {field} is named twice")
        named_columns[field] = column
    return named_columns


def names_for(
    keys: Sequence[str], named_columns: Mapping[str, str], fields: Sequence[str]
) -> list[str | None]:
    """Per field the key that holds it in one record that has `keys`, or None: records of one file may differ."""
    mapping = _match(keys, named_columns)
    return [mapping.get(field) for field in fields]


def _plain(name: str) -> str:
    return name.strip().strip("\ufeff").lower().replace(" ", "_").replace("-", "_")


def map_columns(found: Sequence[str], named_columns: Mapping[str, str], where: str) -> dict[str, str]:
    """Field -> the column's name as the file has it, for the fields that have one.

    Raises ConfigError, naming the columns found, when a column that was named is not there, or when there is no
    column for the time or none for any text.
    """
    shown = ", ".join(found) if found else "none"
    mapping = _match(found, named_columns)
    for field, column in named_columns.items():
        if field not in mapping:
            raise ConfigError(f"{where}: no column {column!r} (for {field}); columns found: {shown}")
    lacking = []
    if not {"published_at", "available_at", "date_raw"} & mapping.keys():
        lacking.append("published_at")
    if not {"title", "body", "text"} & mapping.keys():
        lacking.append("title, body or text")
    if lacking:
        raise ConfigError(
            f"{where}: no column for {' nor for '.join(lacking)}; columns found: {shown} "
            "(say which is which: --columns published_at=…,title=…,body=…)"
        )
    return mapping


def _match(found: Sequence[str], named_columns: Mapping[str, str]) -> dict[str, str]:
    by_name: dict[str, str] = {}
    for name in found:
        by_name.setdefault(_plain(name), name)
    mapping = {
        field: actual
        for field, column in named_columns.items()
        if (actual := column if column in found else by_name.get(_plain(column))) is not None
    }
    taken = set(mapping.values())
    for field in FIELDS:
        if field in mapping or field in named_columns:
            continue
        for alias in ALIASES[field]:
            if (actual := by_name.get(alias)) is not None and actual not in taken:
                mapping[field] = actual
                taken.add(actual)
                break
    return mapping
