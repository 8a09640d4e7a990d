"""A dump's row -> an Article ready for the wire, or a dead letter. Pure.

What a row can lack, and what becomes of it: neither title, body nor text: `no_text`. No readable time (nor one in
date_raw): `no_time`. Both: `no_text`. A time that cannot be (future, before 1900) is replaced by the newest time
read before it in the file, and flagged; in `date_raw`, the fallback, it counts as unreadable. An article above the
size limit: `too_large`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import orjson

from core.deadletter import dead_letter
from core.errors import Reason
from core.ids import article_id, revision
from core.origins import file_origin
from core.records import Article, DeadLetter
from core.text.language import detect_foreign, detect_quick, normalize_tag
from core.times import DAY
from ingest.dumps.reader import Original, Row, RowFault
from ingest.items.tickers import ticker_list
from ingest.text.clean import clean, empty_word, is_non_text, non_text_detail
from ingest.times.moments import is_plausible, parse_moment
from ingest.web.urls import canonical, publisher_of

END_OF_DAY = DAY - 1
"""Added to a date without a time: it could be known at the end of that day, and still counts to it."""
HEADLINE = 300
"""A `text` without a line break up to this length is a headline."""
_ENCODE = msgspec.json.Encoder().encode


class EncodedArticle(msgspec.Struct, frozen=True, gc=False):
    """An article as encoded JSON, with the keys that dumps are sorted by."""

    available_at: int
    id: str
    revision: str
    row: int
    value: bytes


class RowArticles:
    """Builds the articles of one file, in file order: an impossible time is replaced by the newest one before it."""

    def __init__(
        self, file_hash: str, source: str, *, now_ms: int, delay_ms: int = 0, max_bytes: int = 900_000,
        delays: Mapping[str, int] | None = None,
        exact_times: bool = False, dates_only: bool = False, named_columns: Mapping[str, str] | None = None,
        original: Callable[[tuple[Any, ...] | RowFault, Original], bytes] | None = None, newest: int | None = None,
    ) -> None:  # fmt: skip
        """`named_columns`: field -> column, as the user named them; `original` makes a dead row's bytes; `newest`: the
        latest time before. Times and delays are in milliseconds."""
        self._file, self._source, self._now = file_hash, source, now_ms
        self._delay, self._delays, self._max_bytes = delay_ms, delays or {}, max_bytes
        self._exact, self._dates_only = exact_times, dates_only
        self._named_columns, self._original = dict(named_columns or {}), original
        self._extras = [
            name.removeprefix("extra.") for name in self._named_columns if name.startswith("extra.")
        ]
        self._newest = newest

    def learn(self, batch: Sequence[Row]) -> None:
        """Learn from the first rows whether times are dates without a time: then all of them are at midnight."""
        times = [self._moment(row[0]) for _, row, _ in batch if not isinstance(row, RowFault)]
        known = [ms for ms, date_only in filter(None, times) if not date_only]
        if len(known) >= 20 and len(set(known)) >= 2 and all(ms % DAY == 0 for ms in known):
            self._dates_only = True

    def build(
        self, number: int, row: tuple[Any, ...] | RowFault, raw: Original
    ) -> EncodedArticle | DeadLetter:
        """Return the article of row `number`, encoded, or its dead letter. No content of a row raises an error."""
        if isinstance(row, RowFault):
            return self._dead(number, row.reason, row.detail, row, raw)
        (
            published,
            available,
            date_raw,
            title,
            body,
            text,
            own_id,
            url,
            source,
            publisher,
            language,
            tickers,
            *more,
        ) = row
        for name, value in (("title", title), ("body", body), ("text", text)):
            if value.__class__ is not str and is_non_text(value):
                return self._dead(number, Reason.BAD_ROW, non_text_detail(name, value), row, raw)
        title, body = clean(title), clean(body)
        if len(title) <= 4 and empty_word(title):
            title = ""
        if len(body) <= 4 and empty_word(body):
            body = ""
        if not title and not body:
            text = clean(text)
            if text and not empty_word(text):
                title, body = (text, "") if len(text) <= HEADLINE and "\n" not in text else ("", text)
            else:
                return self._dead(number, Reason.NO_TEXT, "neither title, body nor text", row, raw)
        extra: dict[str, Any] = {}
        at = self._time(published, date_raw, extra)
        known = parse_moment(available) if available is not None else None
        if at is None and known is None:
            return self._dead(
                number, Reason.NO_TIME, f"date {published!r}, date_raw {date_raw!r}"[:300], row, raw
            )
        at = at or known
        assert at is not None
        origin_source = clean(source)[:200] or self._source if source is not None else self._source
        delay = self._delay or self._delays.get(origin_source, 0)
        published_at, available_at = at[0], at[0] + (END_OF_DAY if at[1] else 0) + delay
        if known is not None and is_plausible(known[0], self._now):
            available_at = max(published_at, known[0])
        if self._newest is None or published_at > self._newest:
            self._newest = published_at
        if tickers is not None and (names := ticker_list(tickers)):
            extra["tickers"] = names
        for name, value in zip(self._extras, more, strict=True):
            if value is not None and value != "":
                extra[name] = value
        address = canonical(clean(url)) if url else ""
        stated = clean(publisher)[:200].lower() if publisher is not None else ""
        identity = clean(own_id) if own_id is not None else ""
        key = article_id(
            origin_source, url=address, own_id=identity, published_at=published_at, text=f"{title}\n{body}"
        )
        rev = revision(title, body)
        article_language = normalize_tag(str(language)) if language is not None else ""
        if not article_language:
            article_language = detect_quick(f"{title}\n{body[:400]}") or detect_foreign(
                f"{title}\n{body[:200]}"
            )
        article = Article(
            id=key,
            revision=rev,
            origin=file_origin(self._file, number),
            source=origin_source,
            publisher=stated or (publisher_of(address) if address else ""),
            url=address,
            title=title,
            body=body,
            language=article_language,
            published_at=published_at,
            first_seen_at=available_at,
            available_at=available_at,
            extra=extra,
        )
        try:
            value = _ENCODE(article)
        except (TypeError, ValueError) as error:
            return self._dead(number, Reason.BAD_ROW, str(error), row, raw)
        if len(value) > self._max_bytes:
            detail = f"{len(value)} bytes; the limit is {self._max_bytes}"
            return self._dead(number, Reason.TOO_LARGE, detail, row, raw)
        return EncodedArticle(available_at, key, rev, number, value)

    def _moment(self, value: Any) -> tuple[int, bool] | None:
        if value is None:
            return None
        if self._exact:
            return value, self._dates_only and value % DAY == 0
        found = parse_moment(value)
        if found is not None and self._dates_only and found[0] % DAY == 0:
            return found[0], True
        return found

    def _time(self, published: Any, date_raw: Any, extra: dict[str, Any]) -> tuple[int, bool] | None:
        found = self._moment(published)
        if found is None:
            found = parse_moment(date_raw) if date_raw is not None else None
            if found is None or not is_plausible(found[0], self._now):
                return None
        elif not is_plausible(found[0], self._now):
            if self._newest is None:
                return None
            extra["flags"] = ["published_at_replaced"]
            extra["published_raw"] = str(published)
            found = self._newest, False
        if found[1]:
            extra["date_only"] = True
        return found

    def _dead(
        self, number: int, reason: Reason, detail: str, row: tuple[Any, ...] | RowFault, raw: Original
    ) -> DeadLetter:
        if not isinstance(raw, bytes):
            raw = self._original(row, raw) if self._original else b""
        how = {
            "columns": self._named_columns,
            "dates_only": self._dates_only,
            "newest": self._newest,
            "delay": self._delay,
        }
        return dead_letter(
            origin=file_origin(self._file, number),
            reason=reason,
            payload=raw,
            context=orjson.dumps(how).decode(),
            at=self._now,
            detail=detail,
            source=self._source,
            topic="ingest",
        )


def union_tickers(value: bytes, others: Sequence[bytes]) -> bytes:
    """Return the article `value` with the companies that its copies in other rows name."""
    decoder = msgspec.json.Decoder(Article)
    article = decoder.decode(value)
    names = {name for other in (value, *others) for name in decoder.decode(other).extra.get("tickers", ())}
    if not names:
        return value
    return _ENCODE(msgspec.structs.replace(article, extra={**article.extra, "tickers": sorted(names)}))
