"""A dump of a million articles to the embedded broker: articles a second, and the most memory it took.

    python bench/ingest_dump.py [--articles 1000000] [--kind parquet|jsonl|csv] [--body 300] [--broker HOST:PORT]

The dump is made first and not counted. Beside ours stands what a user would otherwise write: pandas reads the file,
sorts it and sends it with the same Kafka client, unchecked.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import multiprocessing
import queue
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WORDS = (
    "shares", "bank", "rate", "profit", "quarter", "growth", "loss", "merger", "deal", "court", "probe", "output",
    "demand", "oil", "gold", "dollar", "yield", "bond", "debt", "credit", "chief", "executive", "board", "dividend",
    "buyback", "guidance", "analyst", "upgrade", "downgrade", "inflation", "jobs", "trade", "supply",
)  # fmt: skip


def rows(count: int, body_bytes: int) -> Iterator[dict[str, Any]]:
    """A made-up wire, a fifth of it out of order."""
    rng = random.Random(1987)
    for number in range(count):
        at = 1_400_000_000 + number * 20 - (rng.randrange(200_000) if number % 5 == 0 else 0)
        title = " ".join(rng.choices(WORDS, k=9))
        body = " ".join(rng.choices(WORDS, k=max(1, body_bytes // 7)))
        yield {
            "id": str(number), "published_at": at, "title": f"{title} {number}", "body": body, "language": "en",
            "url": f"https://news{number % 40}.example.com/2014/05/{number}", "ticker": f"T{number % 500}",
        }  # fmt: skip


def write(path: Path, count: int, body_bytes: int) -> None:
    """The dump, in pieces."""
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    source = rows(count, body_bytes)
    if path.suffix == ".jsonl":
        with path.open("w") as file:
            file.writelines(json.dumps(row) + "\n" for row in source)
    elif path.suffix == ".csv":
        with path.open("w", newline="") as file:
            first = next(source)
            table = csv.DictWriter(file, list(first))
            table.writeheader()
            table.writerow(first)
            table.writerows(source)
    else:
        writer = None
        while chunk := list(itertools.islice(source, 50_000)):
            batch = arrow.RecordBatch.from_pylist(chunk)
            index = batch.schema.get_field_index("published_at")
            moments = batch.column(index).cast(arrow.timestamp("s")).cast(arrow.timestamp("us"))
            batch = batch.set_column(index, "published_at", moments)
            writer = writer or parquet.ParquetWriter(path, batch.schema)
            writer.write_batch(batch, row_group_size=50_000)
        assert writer is not None
        writer.close()


def peak_mb() -> float:
    """The most memory that this process had resident (ru_maxrss would remember the process that started it)."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(path: Path, folder: Path, address: str, results: Any) -> None:
    """`newsquake ingest --replay`, in a process of its own so that its memory is its own."""
    from core.bus import open_bus
    from core.settings import load_settings
    from core.stage import Stage
    from core.store import open_store
    from ingest.replay.options import ReplayOptions
    from ingest.replay.progress import shown
    from ingest.worker import run

    settings = load_settings(
        None,
        {
            "store": {"url": f"sqlite:///{folder}/bench.db"},
            "data_dir": str(folder),
            "broker": {"address": address},  # durable: nothing here settles, so nothing is held back
        },
    )
    store = open_store(settings.store)
    bus = open_bus(settings.broker)
    bus.ensure_topics(settings.broker.partitions)
    stage = Stage("ingest", store)
    started = time.perf_counter()
    with shown(stage, always=True):
        run(settings, bus, store, stage, ReplayOptions(path))
    seconds = time.perf_counter() - started
    results.put((stage.counters["sent"], seconds, peak_mb(), time.process_time()))


def plain(path: Path, address: str, results: Any) -> None:
    """What a user would pick instead: pandas in memory and a producer that is never asked whether it worked."""
    import pandas as pd
    from kafka import KafkaProducer

    started = time.perf_counter()
    readers = {
        ".jsonl": lambda name: pd.read_json(name, lines=True),
        ".csv": pd.read_csv,
        ".parquet": pd.read_parquet,
    }
    frame = readers[path.suffix](path).sort_values("published_at")
    producer = KafkaProducer(
        bootstrap_servers=address, compression_type="lz4", linger_ms=20, batch_size=256 * 1024
    )
    sent = 0
    for row in frame.to_dict("records"):
        row["published_at"] = str(row["published_at"])
        producer.send("plain", json.dumps(row).encode(), key=str(row["id"]).encode())
        sent += 1
    producer.flush()
    results.put((sent, time.perf_counter() - started, peak_mb(), time.process_time()))


def apart(target: Any, *arguments: Any) -> tuple[int, float, float, float]:
    """Run in a fresh process; (articles, seconds, peak MB, CPU seconds)."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    process = context.Process(target=target, args=(*arguments, results))
    process.start()
    while True:
        try:
            found: tuple[int, float, float, float] = results.get(timeout=1)
        except queue.Empty:
            if not process.is_alive():
                sys.exit(f"{target.__name__} failed with status {process.exitcode}")
        else:
            process.join()
            return found


def main() -> int:
    """Print the figures; status 1 when one falls short of its promise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--kind", choices=["parquet", "jsonl", "csv"], default="parquet")
    parser.add_argument("--body", type=int, default=300, help="bytes")
    parser.add_argument("--broker", default="")
    parser.add_argument("--no-baseline", action="store_true")
    options = parser.parse_args()
    from newsquake.broker import EmbeddedBroker

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / f"dump.{options.kind}"
        write(path, options.articles, options.body)
        print(f"dump: {options.articles:,} articles, {path.stat().st_size / 1e6:.0f} MB of {options.kind}")
        embedded = EmbeddedBroker()
        address = options.broker or embedded.start()
        sent, seconds, peak, cpu_s = apart(ours, path, folder, address)
        embedded.stop()
        print(
            f"newsquake: {sent:,} articles in {seconds:.1f} s = {sent / seconds:,.0f} articles/s, peak {peak:.0f} MB; "
            f"{cpu_s:.1f} s of CPU = {sent / cpu_s:,.0f} articles per CPU second"
        )
        if not options.no_baseline:
            address = options.broker or embedded.start()
            number, plain_s, plain_peak, plain_cpu_s = apart(plain, path, address)
            embedded.stop()
            print(
                f"pandas + kafka-python, unchecked: {number / plain_s:,.0f} articles/s, peak {plain_peak:.0f} MB; "
                f"{number / plain_cpu_s:,.0f} articles per CPU second"
            )
    return 0 if sent == options.articles and sent / seconds >= 25_000 and peak <= 300 else 1


if __name__ == "__main__":
    sys.exit(main())
