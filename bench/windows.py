"""Stories, windows and detectors on one core: observations and articles per second of CPU, memory, flatness, restart.

    python bench/windows.py [--articles 20000] [--companies 60 950 9950 170000] [--per-hour 12000] [--about 2]
                            [--no-restart] [--only compiled | plain]

One stream, whatever the number of companies: 12,000 articles an hour of event time, each about two companies and one
topic (nine observations; `--about 1`: seven, as the wire of 1987 has on average), a fifth of them copies. Only how many
companies they spread over differs; the default rules watch all of them. Seven hours are fed unmeasured, so that the
longest window (6 h) is full and looks come at a window's end too; then `--articles` are measured, and what a desk
resides in. Each line is a process of its own, first compiled (scripts/compile.py is called if need be), then as plain
Python. The last line's desk is also written to a store (outside the clock) and loaded again by a fresh one.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count, islice
from pathlib import Path

from alerts.engine.assembly import make_desk
from alerts.engine.desk import Desk
from alerts.engine.effects import Effects
from alerts.rules.loading import load_rules
from alerts.storage import persist, restore
from alerts.testing import START
from core.records import TOPICS, Article, Marker, Mention, ScoredArticle
from core.runtime.compiled import VARIABLE
from core.runtime.garbage import gc_paused, tune_gc
from core.runtime.hugepages import HugePages
from core.settings import StoreSettings
from core.store import open_store
from core.times import HOUR, MINUTE

COMPANIES = (60, 950, 9_950, 170_000)
"""With the topics and the sources, 100, 1,000, 10,000 and 100,000 live series."""
WARM_HOURS = 7
COMPILE = str(Path(__file__).resolve().parent.parent / "scripts" / "compile.py")
BATCH = 2_000
PAGES = HugePages()
_WORDS = ["".join(chr(97 + n // 26**place % 26) for place in range(3)) + "ing" for n in range(4000)]


def articles(companies: int, per_hour: int, seed: int = 1, about: int = 2) -> Iterator[ScoredArticle]:
    """An endless stream about so many companies, one or two an article; a fifth are copies of an earlier one."""
    draw = random.Random(seed)
    recent: list[tuple[str, str, int, int, str]] = []
    for n in count():
        at = START + n * HOUR // per_hour
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
            for one in dict.fromkeys((first, second)[:about])
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
    return make_desk(rules, partitions=1, pane_ms=MINUTE, lateness_ms=MINUTE)


def feed(
    desk: Desk, stream: Iterator[ScoredArticle], number: int, keep: Callable[[Effects], None] | None = None
) -> tuple[int, float]:
    """(observations, seconds of CPU) of `number` articles; making them and `keep(effects)` are outside the clock."""
    observations, seconds = 0, 0.0
    for start in range(0, number, BATCH):
        chunk = list(islice(stream, min(BATCH, number - start)))
        began = time.process_time()
        with gc_paused():
            for scored in chunk:
                desk.add(scored)
            desk.on_marker(0, Marker(writer="b", t=chunk[-1].article.available_at))
            while desk.advance():
                pass
            effects = desk.effects()
        PAGES.advise()
        seconds += time.process_time() - began
        observations += sum(len(pane.observations) for pane in effects.panes)
        if keep:
            keep(effects)
    return observations, seconds


def rss_mb() -> float:
    """Resident memory now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def measure(number: int, companies: int, per_hour: int, about: int, restart: bool) -> None:
    """One line of the table, and with `restart` one more."""
    desk, stream = fresh(), articles(companies, per_hour, about=about)
    tune_gc()
    bare = rss_mb()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(StoreSettings(url=f"sqlite:///{folder}/bench.db"))

        def keep(effects: Effects) -> None:
            with store.write() as connection:
                effects.changes.clear()  # their evidence would need the articles' texts
                persist.save(connection, "bench", desk, effects)
                persist.save_progress(connection, "bench", desk, {0: 0}, "bench")

        feed(desk, stream, WARM_HOURS * per_hour, keep if restart else None)
        observations, seconds = feed(desk, stream, number, keep if restart else None)
        if not restart:
            live = len(desk.windows)
            print(
                f"{live:>8,} live series {companies:>8,} companies {observations / seconds:>8,.0f} observations/s "
                f"{number / seconds:>7,.0f} articles/s {seconds / observations * 1e6:>6.2f} µs each  "
                f"RSS {rss_mb():>6,.0f} MB (bare {bare:,.0f})",
                flush=True,
            )
            return
        size = Path(folder, "bench.db").stat().st_size / 1e6
        began, watch = time.process_time(), time.perf_counter()
        again = fresh()
        with gc_paused(), store.read() as connection:
            restore.load(connection, "bench", again)
        print(
            f"{len(again.windows):>8,} live series loaded from a store of {size:,.0f} MB: "
            f"{time.perf_counter() - watch:.1f} s ({time.process_time() - began:.1f} s of CPU)",
            flush=True,
        )
        store.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--companies", type=int, nargs="+", default=list(COMPANIES))
    parser.add_argument("--per-hour", type=int, default=12_000)
    parser.add_argument("--about", type=int, choices=[1, 2], default=2, help="companies an article is about")
    parser.add_argument("--no-restart", action="store_true")
    parser.add_argument("--only", choices=["compiled", "plain"])
    parser.add_argument("--one", choices=["feed", "restart"], help="one line, in this process")
    options = parser.parse_args()
    if options.one:
        measure(
            options.articles, options.companies[0], options.per_hour, options.about, options.one == "restart"
        )
        return
    lines = [(companies, "feed") for companies in options.companies]
    if not options.no_restart:
        lines.append((options.companies[-1], "restart"))
    for way in (options.only,) if options.only else ("compiled", "plain"):
        if way == "compiled" and subprocess.run([sys.executable, COMPILE], check=False).returncode:
            continue
        print("compiled:" if way == "compiled" else "plain Python:", flush=True)
        environment = {**os.environ, VARIABLE: "" if way == "compiled" else "off"}
        for companies, one in lines:
            arguments = [
                "--articles",
                options.articles,
                "--companies",
                companies,
                "--per-hour",
                options.per_hour,
                "--about",
                options.about,
            ]
            command = [sys.executable, __file__, *map(str, arguments), "--one", one]
            subprocess.run(command, check=True, env=environment)


if __name__ == "__main__":
    main()
