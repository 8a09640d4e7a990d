"""Stories, windows and detectors on one core: observations per second of CPU, memory, flatness, restart.

    python bench/windows.py [--articles 60000] [--companies 100 10000 50000] [--restart]

Every article names two companies and one topic: nine observations or so. The default rules watch them. Event time
runs so that each company is named about six times an hour, however many companies there are.
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import tempfile
import time
from pathlib import Path

from alerts import persist, restore
from alerts.desk import Desk
from alerts.rules import load_rules
from alerts.testing import START
from alerts.watermark import Watermark
from alerts.worker import calm_collector, watches_of
from core.records import TOPICS, Article, Marker, Mention, ScoredArticle
from core.settings import StoreSettings
from core.store import open_store
from core.times import HOUR, MINUTE

PER_HOUR = 6
_WORDS = [f"word{n}" for n in range(4000)]


def articles(number: int, companies: int, seed: int = 1):
    """A stream of `number` articles about `companies` companies; a fifth are copies of an earlier one."""
    draw = random.Random(seed)
    step = HOUR * 2 / (companies * PER_HOUR)
    recent: list[tuple[str, str, int, int, str]] = []
    for n in range(number):
        at = START + int(n * step)
        if recent and draw.random() < 0.2:
            title, signature, first, second, topic = draw.choice(recent)
        else:
            first, second = (n * 2) % companies, draw.randrange(companies)
            title = " ".join(draw.choices(_WORDS, k=8)).capitalize()
            signature, topic = f"{draw.getrandbits(128):032x}", TOPICS[draw.randrange(19)]
            recent.append((title, signature, first, second, topic))
            del recent[:-50]
        bad = draw.randrange(500, 9_000)
        rest = 10_000 - bad
        article = Article(
            id=f"{n:032x}",
            revision="1",
            origin=f"b:{n}",
            source=f"s{n % 20}",
            publisher=f"p{draw.randrange(400)}",
            title=title,
            language="en",
            published_at=at,
            first_seen_at=at,
            available_at=at,
        )
        mentions = tuple(
            Mention(f"US:C{one}", relevance=9_000, p_negative=bad, p_neutral=rest, p_positive=0)
            for one in dict.fromkeys((first, second))
        )
        yield ScoredArticle(
            article=article,
            p_negative=bad,
            p_neutral=rest,
            p_positive=0,
            topics={topic: 9_000},
            mentions=mentions,
            signature=signature,
            language="en",
            model_version="bench",
        )


def fresh() -> Desk:
    """A desk with the default rules."""
    rules = load_rules()
    return Desk(rules, watches_of(rules, MINUTE), Watermark(1, MINUTE), MINUTE)


def feed(desk: Desk, stream: list[ScoredArticle], keep=None) -> tuple[int, float]:
    """Observations and seconds; `keep(effects)` is called outside the clock."""
    observations, seconds = 0, 0.0
    for start in range(0, len(stream), 2_000):
        chunk = stream[start : start + 2_000]
        began = time.process_time()
        for scored in chunk:
            desk.take(scored)
        desk.mark(0, Marker(writer="b", t=chunk[-1].article.available_at))
        while desk.advance():
            pass
        effects = desk.effects()
        seconds += time.process_time() - began
        observations += sum(len(pane.observations) for pane in effects.panes)
        if keep:
            keep(effects)
    return observations, seconds


def rss_mb() -> float:
    """Resident memory now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def measure(number: int, companies: int, restart: bool) -> None:
    """One line of the table."""
    desk = fresh()
    calm_collector()
    stream = list(articles(number, companies))
    warm = stream[: min(len(stream) // 4, 2_000)]
    feed(desk, warm)
    gc.collect()
    gc.freeze()
    before = rss_mb()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(StoreSettings(url=f"sqlite:///{folder}/bench.db"))

        def keep(effects) -> None:
            with store.write() as connection:
                effects.changes.clear()
                persist.save(connection, "bench", desk, effects)
                persist.save_progress(connection, "bench", desk, {0: 0}, "bench")

        observations, seconds = feed(desk, stream[len(warm) :], keep if restart else None)
        live = len(desk.windows)
        done = len(stream) - len(warm)
        line = (
            f"{companies:>8,} companies {live:>8,} live series {observations:>9,} observations "
            f"{observations / seconds:>8,.0f}/s {done / seconds:>7,.0f} articles/s "
            f"{seconds / observations * 1e6:>6.2f} µs each  +{rss_mb() - before:,.0f} MB"
        )
        if restart:
            size = Path(folder, "bench.db").stat().st_size / 1e6
            began = time.process_time()
            again = fresh()
            with store.read() as connection:
                restore.load(connection, "bench", again)
            line += f"  restart {time.process_time() - began:.1f} s ({len(again.windows):,} series, {size:.0f} MB)"
        store.close()
    print(line, flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=60_000)
    parser.add_argument("--companies", type=int, nargs="+", default=[100, 1_000, 10_000, 50_000])
    parser.add_argument("--restart", action="store_true")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    for companies in options.companies:
        if options.profile:
            import cProfile
            import pstats

            with cProfile.Profile() as profile:
                measure(options.articles, companies, options.restart)
            pstats.Stats(profile).sort_stats("tottime").print_stats(30)
        else:
            measure(options.articles, companies, options.restart)


if __name__ == "__main__":
    main()
