"""A store as the workers would have filled it, made in seconds: what the dashboard's tests look at.

News of 1987 with a crash on 19 October, English and Chinese, a gap of weeks, dead rows and duplicates; panes, findings
and alerts are computed from the articles, so that what a chart shows and what a drill-down lists must agree.
"""

from __future__ import annotations

import json
import math
import random
from collections import defaultdict
from pathlib import Path

from core.ids import digest
from core.records import TOPICS, UNIT_SCALE
from core.settings import StoreSettings
from core.store import Store, insert_absent, open_store, upsert
from core.tables import (
    alert_lines,
    alerts,
    articles,
    cursors,
    dead,
    desks,
    findings,
    handling,
    health,
    origins,
    panes,
    positions,
    scores,
    seen,
    stages,
    stories,
)
from core.times import DAY, HOUR, MINUTE, iso, parse_iso

START = parse_iso("1987-09-28T00:00:00Z")
GAP = (parse_iso("1987-10-06T00:00:00Z"), parse_iso("1987-10-12T00:00:00Z"))
CRASH = parse_iso("1987-10-19T14:30:00Z")
END = parse_iso("1987-10-21T00:00:00Z")
DESK = "main"

COMPANIES = {
    "US:IBM": "IBM",
    "US:GM": "General Motors",
    "US:GE": "General Electric",
    "US:XOM": "Exxon",
    "US:C": "Citicorp",
    "HK:00005": "汇丰控股",
    "HK:00001": "长江实业",
    "CN:600519": "贵州茅台",
}
_EN = {
    "equities_market": [
        "Stocks {move} in {pace} trading on Wall Street",
        "Dow {move} as {pace} volume rises",
    ],
    "currencies": ["Dollar {move} against yen in {pace} dealings", "Mark {move} after Bundesbank remarks"],
    "energy": ["Crude oil {move} on OPEC output talk", "Refiners {move} posted prices in {pace} market"],
    "central_banks": [
        "Fed sets two billion dlr customer repurchase",
        "Bank of Japan {move} bills in {pace} market",
    ],
    "earnings": ["{company} third quarter net {move}", "{company} sees {pace} fourth quarter"],
    "mergers_acquisitions": ["{company} in talks to buy unit", "{company} ends merger talks"],
}
_ZH = {
    "equities_market": ["恒生指数{move}，成交{pace}", "香港股市{move}"],
    "real_estate": ["{company}住宅项目销售{pace}", "楼市成交{move}"],
    "earnings": ["{company}中期业绩{move}", "{company}盈利{move}"],
}
_MOVES = {
    -1: ["fall sharply", "tumble", "slide"],
    0: ["little changed", "steady"],
    1: ["rise", "gain", "edge up"],
}
_MOVES_ZH = {-1: ["大幅下跌", "急挫"], 0: ["窄幅波动", "持平"], 1: ["上升", "走高"]}
_PUBLISHERS = ["reuters.com", "dowjones.com", "ap.org", "ft.com", "scmp.com", "wenweipo.com"]


def sample_store(file: Path, *, count: int = 2_400, seed: int = 1987, empty: bool = False) -> str:
    """Fill a new SQLite file with about `count` articles; returns its URL. `empty`: tables only."""
    url = f"sqlite:///{file}"
    store = open_store(StoreSettings(url=url))
    if not empty:
        fill(store, count=count, seed=seed)
    store.close()
    return url


def fill(store: Store, *, count: int, seed: int = 1987) -> None:
    """Everything a run leaves behind."""
    chance = random.Random(seed)
    world = _articles(chance, count)
    with store.write() as connection:
        insert_absent(connection, articles, [row["article"] for row in world])
        insert_absent(connection, scores, [row["score"] for row in world])
        insert_absent(connection, seen, [row["seen"] for row in world])
        insert_absent(connection, stories, _stories(world))
        made = _panes(world)
        insert_absent(connection, panes, made)
        found = _findings(made)
        insert_absent(connection, findings, found)
        _alerts(connection, found, world)
        _operations(connection, world)


def _articles(chance: random.Random, count: int) -> list[dict]:
    rows: list[dict] = []
    number = 0
    while len(rows) < count:
        at = _moment(chance)
        crash = at >= CRASH
        language = "zh" if chance.random() < 0.25 else "en"
        texts = _ZH if language == "zh" else _EN
        topic = "equities_market" if crash and chance.random() < 0.6 else chance.choice(list(texts))
        if topic not in texts:
            topic = "equities_market"
        mood = _mood(chance, topic, crash)
        entity, company = chance.choice(
            [item for item in COMPANIES.items() if (not item[0].startswith("US")) == (language == "zh")]
        )
        move = chance.choice((_MOVES_ZH if language == "zh" else _MOVES)[mood])
        pace = chance.choice(["活跃", "清淡"] if language == "zh" else ["heavy", "thin", "active"])
        title = chance.choice(texts[topic]).format(move=move, pace=pace, company=company)
        copies = 1 + (chance.random() < 0.15) + (chance.random() < 0.05)
        story = digest("story", str(number))[:16]
        for copy in range(copies):
            number += 1
            rows.append(
                _article(
                    chance,
                    number,
                    at + copy * 7 * MINUTE,
                    title,
                    language,
                    topic,
                    mood,
                    entity,
                    company,
                    story,
                )
            )
    return rows


def _moment(chance: random.Random) -> int:
    while True:
        at = START + int(chance.random() * (END - START - HOUR))
        if chance.random() < 0.12:
            at = CRASH + int(chance.random() * (END - CRASH - HOUR))
        weekday, hour = (at // DAY + 3) % 7, at % DAY / HOUR
        busy = (0.08 if weekday > 4 else 1.0) * (0.15 + math.exp(-((hour - 15) ** 2) / 18))
        if not GAP[0] <= at < GAP[1] and chance.random() < busy:
            return at


def _mood(chance: random.Random, topic: str, crash: bool) -> int:
    negative = 0.85 if crash and topic == "equities_market" else 0.45 if crash else 0.22
    draw = chance.random()
    return -1 if draw < negative else 0 if draw < negative + (1 - negative) * 0.5 else 1


def _article(chance, number, at, title, language, topic, mood, entity, company, story) -> dict:
    ident, rev = digest("sample", str(number)), digest("rev", str(number))[:16]
    main = chance.randint(6200, 9600)
    rest = UNIT_SCALE - main
    low = rest // 3
    p = {-1: (main, rest - low, low), 0: (low, main, rest - low), 1: (low, rest - low, main)}[mood]
    abstained = main < 6500
    body = f"{title}. " + (
        "分析人士称，投资者正密切关注市场走势。"
        if language == "zh"
        else "Traders said investors were watching closely."
    )
    extra = 0.35 if topic in ("earnings", "mergers_acquisitions", "real_estate") else 0.08
    named = [(entity, company)] if company in title or chance.random() < extra else []
    return {
        "topic": topic,
        "language": language,
        "entities": [name for name, _ in named],
        "p": p,
        "abstained": abstained,
        "story": story,
        "at": at,
        "article": {
            "id": ident,
            "revision": rev,
            "origin": f"f:sample:{number}",
            "source": "hkwire" if language == "zh" else "wire1987",
            "publisher": chance.choice(_PUBLISHERS[4:] if language == "zh" else _PUBLISHERS[:4]),
            "url": f"https://news.example/{number}" if chance.random() < 0.5 else "",
            "title": title,
            "body": body,
            "language": language,
            "published_at": at - 30_000,
            "first_seen_at": at,
            "available_at": at,
            "extra": "{}",
        },
        "score": {
            "id": ident,
            "revision": rev,
            "p_negative": p[0],
            "p_neutral": p[1],
            "p_positive": p[2],
            "abstained": abstained,
            "topics": json.dumps({topic: chance.randint(6000, 9900), "general": 300}, separators=(",", ":")),
            "mentions": json.dumps(
                [{"entity": key, "name": name, "relevance": 8000} for key, name in named],
                separators=(",", ":"),
                ensure_ascii=False,
            ),
            "signature": "0" * 32,
            "language": language,
            "register": "news",
            "model_version": "sample-1",
            "topic_threshold": 5000,
        },
        "seen": {
            "desk": DESK,
            "id": ident,
            "revision": rev,
            "available_at": at,
            "story": story,
            "fate": "counted",
        },
    }


def _stories(world: list[dict]) -> list[dict]:
    groups: dict[str, list[dict]] = defaultdict(list)
    for row in world:
        groups[row["story"]].append(row)
    return [
        {
            "desk": DESK,
            "story": story,
            "first_at": min(row["at"] for row in rows),
            "last_at": max(row["at"] for row in rows),
            "articles": len(rows),
            "publishers": len({row["article"]["publisher"] for row in rows}),
            "title": rows[0]["article"]["title"],
        }
        for story, rows in groups.items()
    ]


def series_of(row: dict) -> list[str]:
    """The series an article belongs to."""
    bases = ["all", f"topic:{row['topic']}", *(f"entity:{name}" for name in row["entities"])]
    return [
        *bases,
        *(f"{base}@{row['language']}" for base in bases),
        f"source:{row['article']['source']}",
    ]


def _panes(world: list[dict]) -> list[dict]:
    cells: dict[tuple[str, int], list[dict]] = defaultdict(list)
    for row in world:
        for series in series_of(row):
            cells[series, row["at"] // MINUTE * MINUTE].append(row)
    made = []
    for (series, start), rows in sorted(cells.items()):
        decided = [row for row in rows if not row["abstained"]]
        made.append(
            {
                "desk": DESK,
                "series": series,
                "start": start,
                "end": start + MINUTE,
                "articles": len(rows),
                "stories": len({row["story"] for row in rows}),
                "publishers": len({row["article"]["publisher"] for row in rows}),
                "negative": sum(row["p"][0] > max(row["p"][1:]) for row in decided),
                "decided": len(decided),
                "sentiment_sum": sum(row["p"][2] - row["p"][0] for row in decided),
            }
        )
    return made


def _findings(made: list[dict]) -> list[dict]:
    """A plain binomial judgement of six-hour negative shares: enough to draw bands and breaches by."""
    cells: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for pane in made:
        if "@" in pane["series"] or pane["series"].startswith("source:"):
            continue
        cell = cells[pane["series"], pane["start"] // (6 * HOUR) * 6 * HOUR + 6 * HOUR]
        cell[0] += pane["negative"]
        cell[1] += pane["decided"]
    found = []
    for (series, at), (k, n) in sorted(cells.items()):
        if n < 5:
            continue
        share, expected = k / n, 0.25
        error = math.sqrt(expected * (1 - expected) / n)
        p = max(1e-30, 0.5 * math.erfc((share - expected) / error / math.sqrt(2)))
        found.append(
            {
                "desk": DESK,
                "rule": "negative-surge",
                "series": series,
                "at": at,
                "statistic": -math.log10(p),
                "p_value": p,
                "observed": share,
                "expected": expected,
                "low": max(0.0, expected - 1.96 * error),
                "high": min(1.0, expected + 1.96 * error),
                "breach": p < 1e-4,
            }
        )
    return found


def _alerts(connection, found: list[dict], world: list[dict]) -> None:
    rows, lines = [], []
    latest: dict[str, int] = {}
    for finding in found:
        if not finding["breach"] or finding["at"] - latest.get(finding["series"], 0) < 3 * DAY:
            continue
        latest[finding["series"]] = finding["at"]
        ident = digest("alert", finding["series"], str(finding["at"]))
        firing = finding["at"] > CRASH
        evidence = [
            row
            for row in world
            if finding["series"] in series_of(row) and 0 <= finding["at"] - row["at"] < 6 * HOUR
        ]
        severity = (
            "critical" if finding["p_value"] < 1e-12 else "high" if finding["p_value"] < 1e-7 else "medium"
        )
        rows.append(
            {
                "desk": DESK,
                "id": ident,
                "rule": finding["rule"],
                "rule_version": "v1",
                "series": finding["series"],
                "state": "firing" if firing else "resolved",
                "severity": severity,
                "onset": finding["at"],
                "fired_at": finding["at"] + MINUTE,
                "resolved_at": None if firing else finding["at"] + 12 * HOUR,
                "fired": True,
                "incident": "crash",
            }
        )
        for state, decided in (("firing", finding["at"] + MINUTE), ("resolved", finding["at"] + 12 * HOUR)):
            if state == "resolved" and firing:
                continue
            line = {
                "id": ident,
                "rule": finding["rule"],
                "rule_version": "v1",
                "series": finding["series"],
                "state": state,
                "severity": severity,
                "onset": iso(finding["at"]),
                "decided_at": iso(decided),
                "observed": round(finding["observed"], 6),
                "expected": finding["expected"],
                "p_value": finding["p_value"],
                "articles": len(evidence),
                "stories": len({row["story"] for row in evidence}),
                "publishers": len({row["article"]["publisher"] for row in evidence}),
                "article_ids": sorted(row["article"]["id"] for row in evidence)[:20],
            }
            lines.append(
                {
                    "desk": DESK,
                    "decided_at": decided,
                    "id": ident,
                    "state": state,
                    "severity": severity,
                    "line": json.dumps(line, separators=(",", ":")),
                }
            )
    insert_absent(connection, alerts, rows)
    insert_absent(connection, alert_lines, lines)
    upsert(connection, handling, [{"desk": DESK, "id": row["id"], "updated_at": END} for row in rows])


def _operations(connection, world: list[dict]) -> None:
    settled = [
        {
            "origin": row["article"]["origin"],
            "kind": "article",
            "source": row["article"]["source"],
            "article_id": row["article"]["id"],
            "revision": row["article"]["revision"],
            "reason": "",
        }
        for row in world
    ]
    bad = [
        {"origin": f"f:bad:{i}", "kind": "dead", "source": "wire1987", "article_id": "", "revision": "",
         "reason": "no_text" if i % 4 else "no_time"}
        for i in range(37)
    ]  # fmt: skip
    twice = [
        {"origin": f"f:twice:{i}", "kind": "duplicate", "source": "wire1987",
         "article_id": world[i]["article"]["id"], "revision": "", "reason": ""}
        for i in range(12)
    ]  # fmt: skip
    insert_absent(connection, origins, [*settled, *bad, *twice])
    insert_absent(
        connection,
        dead,
        [
            {"origin": row["origin"], "source": row["source"], "reason": row["reason"], "topic": "", "at": END,
             "detail": "neither title nor body" if row["reason"] == "no_text" else "time not understood: '-MAR-1987'",
             "payload": b'{"title":""}'}
            for row in bad
        ],
    )  # fmt: skip
    english = sum(row["article"]["source"] == "wire1987" for row in world)
    upsert(
        connection,
        cursors,
        [
            {"source": "wire1987", "read": english + 49, "done": True, "updated_at": END},
            {"source": "hkwire", "read": len(world) - english, "done": True, "updated_at": END},
        ],
    )
    upsert(
        connection,
        health,
        [
            {"source": name, "at": END, "status": status, "expected": 40.0, "seen": count, "since": END - DAY}
            for name, status, count in (("wire1987", "ok", 38), ("hkwire", "silent", 2))
        ],
    )
    upsert(connection, desks, [{"desk": DESK, "watermark": END, "rules_version": "v1"}])
    upsert(
        connection,
        positions,
        [
            {"desk": DESK, "partition": i, "topic_id": "t", "next_offset": len(world) // 4, "marker": END}
            for i in range(4)
        ],
    )
    counters = {
        "ingest": {"read": len(world) + 49, "sent": len(world), "dead": 37, "duplicates": 12},
        "classifier": {"scored": len(world), "cached": 310, "lag": 0},
        "alerts": {
            "articles": len(world), "repeats": 0, "late": 0, "dead": 0, "panes_closed": 9000, "open_panes": 0,
            "alerts": 4, "busy_s": 12.266, "watermark": END, "lag": 0,
        },
        "delivery": {"sent": 0, "withheld": 4},
    }  # fmt: skip
    upsert(
        connection,
        stages,
        [
            {"stage": stage, "instance": "sample:1", "status": "done" if stage == "ingest" else "running",
             "counters": json.dumps(numbers), "updated_at": END}
            for stage, numbers in counters.items()
        ],
    )  # fmt: skip


if __name__ == "__main__":
    import sys

    print(
        sample_store(Path(sys.argv[1]), count=int(sys.argv[2]) if len(sys.argv) > 2 else 2_400), len(TOPICS)
    )
