"""Each source tried once, without taking anything in: what `newsquake sources check` prints."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from core.errors import AccessDenied, ConfigError, Refused, Retryable
from core.records import Article
from core.settings import Settings
from core.store import Store
from ingest.items.build import build
from ingest.live.cursor import Cursor, load_cursor
from ingest.sources.base_settings import SourceSettings
from ingest.sources.contract import PollContext
from ingest.sources.info import source_info
from ingest.sources.registry import KINDS, create_source, kind_name
from ingest.web.fetch import Fetcher

AT_ONCE = 16
"""Sources that are tried at once."""
_ROBOTS = re.compile(r"https?://\S+/robots\.txt: ")


@dataclass(frozen=True)
class SourceCheck:
    """What came of trying one source."""

    reachable: bool = False
    parsed: bool = False
    items: int = 0
    new: int = 0
    newest: int = 0
    languages: tuple[str, ...] = ()
    remark: str = ""


def check_all(
    specs: Sequence[SourceSettings], settings: Settings, fetcher: Fetcher, store: Store | None = None
) -> Iterator[SourceCheck]:
    """Yield the result of each source, in their order; AT_ONCE are tried at once, so that one that hangs delays few."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(lambda spec: check_source(spec, settings, fetcher, store), specs)


def check_source(
    spec: SourceSettings, settings: Settings, fetcher: Fetcher, store: Store | None = None
) -> SourceCheck:
    """Try one source. Never raises for what a source may do wrong; what its kind's `check` raises is a remark."""
    source = create_source(spec, settings.path("."))
    if source is None:
        return SourceCheck(True, True, remark=KINDS[kind_name(spec)].passive)
    now = time.time_ns() // 1_000_000
    try:
        cursor = load_cursor(store, spec.name) if store is not None else Cursor(spec.name)
        # Nothing counts as known: `new` below says what would be.
        result = source.check(dict(cursor.source), PollContext(fetcher, now, lambda key, mark="": False))
    except Refused as error:
        return SourceCheck(reachable=not isinstance(error, AccessDenied), remark=_short(error, spec))
    except (Retryable, ConfigError, OSError) as error:
        return SourceCheck(remark=_short(error, spec))
    finally:
        source.close()
    info = source_info(spec, settings)
    records = [build(item, info, now) for item in result.items]
    articles = [record for record in records if isinstance(record, Article)]
    keys = dict.fromkeys([*(item.key for item in result.items if item.key), *result.left])
    new = sum(not cursor.known(key) for key in keys)
    languages = tuple(
        name or "?" for name, _ in Counter(article.language for article in articles).most_common(3)
    )
    newest = max((article.published_at for article in articles), default=0)
    trouble = [*result.notes, *map(str, result.unread)]
    remark = "; ".join(_short(note, spec) for note in trouble[:2])
    if dead := len(records) - len(articles):
        remark = f"{dead} of them would be dead letters" + (f"; {remark}" if remark else "")
    if not result.items:
        remark = remark or result.remark or "nothing on it at present"
    sound = bool(articles) or not (result.items or trouble)
    return SourceCheck(True, sound, len(result.items) + len(result.left), new, newest, languages, remark)


def _short(error: Exception | str, spec: SourceSettings) -> str:
    """The error without the source's own address, which is in the table already; at most 160 characters."""
    text = " ".join(str(error).split())
    if spec.host and text.startswith(spec.location):
        text = text[len(spec.location) :].partition(": ")[2]
    return _ROBOTS.sub("", text)[:160]
