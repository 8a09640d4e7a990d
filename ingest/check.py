"""One look at a source, without taking anything in: what `newsquake sources check` prints."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace

from core.errors import ConfigError, Refused, Retryable
from core.records import Article
from core.settings import Settings
from core.store import Store
from ingest.cursor import Cursor, load_cursor
from ingest.fetch import Fetcher
from ingest.items import build
from ingest.live import about_source
from ingest.sources.base import Context
from ingest.sources.make import make_source
from ingest.sources.spec import FeedSpec, PageSpec, SourceSpec


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


def check_source(
    spec: SourceSpec, settings: Settings, fetcher: Fetcher, store: Store | None = None
) -> Checked:
    """Try it. Never raises for what a source may do wrong."""
    if isinstance(spec, (FeedSpec, PageSpec)):
        spec = spec.model_copy(update={"max_pages": 2})  # enough to see that pages can be read
    source = make_source(spec, settings.path("."))
    if source is None:
        return Checked(True, True, remark="waits for POST /v1/articles")
    cursor = load_cursor(store, spec.name) if store is not None else Cursor(spec.name)
    now = time.time_ns() // 1_000_000
    # Nothing counts as known: `new` below says what would be.
    context = Context(fetcher, now, lambda key, mark="": False)
    try:
        look = source.look({}, context)
    except Refused as error:
        away = any(word in str(error) for word in ("public address", "robots.txt", "answered 4"))
        return Checked(reachable=not away, remark=str(error)[:160])
    except (Retryable, ConfigError, OSError) as error:
        return Checked(remark=str(error)[:160])
    finally:
        source.close()
    about = about_source(spec, settings)
    records = [build(item, about, now) for item in look.items]
    articles = [record for record in records if isinstance(record, Article)]
    new = sum(not cursor.known(item.key) for item in look.items if item.key)
    languages = tuple(
        name or "?" for name, _ in Counter(article.language for article in articles).most_common(3)
    )
    newest = max((article.published_at for article in articles), default=0)
    remark = "; ".join(look.notes[:2])
    if not articles:
        remark = remark or "nothing on it at present"
    found = Checked(True, bool(articles), len(look.items), new, newest, languages, remark[:160])
    return found if not spec.enabled else replace(found, remark=found.remark)
