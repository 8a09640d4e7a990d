"""One look at a source, without taking anything in: what `newsquake sources check` prints."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from core.errors import ConfigError, Refused, Retryable
from core.records import Article
from core.settings import Settings
from core.store import Store
from ingest.live.cursor import Cursor, load_cursor
from ingest.live.items import build
from ingest.live.runner import about_source
from ingest.sources.base import Context
from ingest.sources.kafka import ForeignTopic
from ingest.sources.make import make_source
from ingest.sources.spec import DumpSpec, FeedSpec, PageSpec, SourceSpec
from ingest.web.fetch import Fetcher

AT_ONCE = 16
_ROBOTS = re.compile(r"https?://\S+/robots\.txt: ")


@dataclass(frozen=True)
class Checked:
    """What a source gave."""

    reachable: bool = False
    parsed: bool = False
    items: int = 0
    new: int = 0
    newest: int = 0
    languages: tuple[str, ...] = ()
    remark: str = ""


def check_all(
    specs: Sequence[SourceSpec], settings: Settings, fetcher: Fetcher, store: Store | None = None
) -> Iterator[Checked]:
    """All of them, several at once, in their order: one that hangs costs its own time limit, not everybody's."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(lambda spec: check_source(spec, settings, fetcher, store), specs)


def check_source(
    spec: SourceSpec, settings: Settings, fetcher: Fetcher, store: Store | None = None
) -> Checked:
    """Try it. Never raises for what a source may do wrong."""
    if isinstance(spec, (FeedSpec, PageSpec)):
        spec = spec.model_copy(update={"max_pages": 2})  # enough to see that pages can be read
    source = make_source(spec, settings.path("."))
    if source is None:
        return Checked(True, True, remark="waits for POST /v1/articles")
    now = time.time_ns() // 1_000_000
    try:
        cursor = load_cursor(store, spec.name) if store is not None else Cursor(spec.name)
        if isinstance(source, ForeignTopic):
            look = source.peek()
        else:
            # Nothing counts as known: `new` below says what would be. A dump's rows are counted by its cursor.
            state = dict(cursor.source) if isinstance(spec, DumpSpec) else {}
            look = source.look(state, Context(fetcher, now, lambda key, mark="": False))
    except Refused as error:
        away = any(word in str(error) for word in ("public address", "robots.txt", "answered 4"))
        return Checked(reachable=not away, remark=_short(error, spec))
    except (Retryable, ConfigError, OSError) as error:
        return Checked(remark=_short(error, spec))
    finally:
        source.close()
    about = about_source(spec, settings)
    records = [build(item, about, now) for item in look.items]
    articles = [record for record in records if isinstance(record, Article)]
    keys = dict.fromkeys([*(item.key for item in look.items if item.key), *look.left])
    new = sum(not cursor.known(key) for key in keys)
    languages = tuple(
        name or "?" for name, _ in Counter(article.language for article in articles).most_common(3)
    )
    newest = max((article.published_at for article in articles), default=0)
    trouble = [*look.notes, *map(str, look.unread)]
    remark = "; ".join(_short(note, spec) for note in trouble[:2])
    if dead := len(records) - len(articles):
        remark = f"{dead} of them would be dead letters" + (f"; {remark}" if remark else "")
    if not look.items:
        if resting := getattr(source, "resting", 0):
            remark = remark or f"{resting} file(s) written just now: read once they rest"
        remark = remark or "nothing on it at present"
    sound = bool(articles) or not (look.items or trouble)
    return Checked(True, sound, len(look.items) + len(look.left), new, newest, languages, remark)


def _short(error: Exception | str, spec: SourceSpec) -> str:
    """The fault in few words: the address stands in the line already."""
    text, url = " ".join(str(error).split()), getattr(spec, "url", "")
    if url and text.startswith(url):
        text = text[len(url) :].partition(": ")[2]
    return _ROBOTS.sub("", text)[:160]
