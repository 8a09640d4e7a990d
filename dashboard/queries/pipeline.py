"""How the pipeline is doing: stages, what was read and what became of it, dead letters, sources."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import func, select

from core.store import Store
from core.tables import cursors, dead, desks, health, origins, outbox, positions, stages
from dashboard.queries.frames import frame


def stage_rows(store: Store) -> pd.DataFrame:
    """What each stage says of itself: stage, instance, status, counters (JSON), updated_at."""
    return frame(
        store,
        select(
            stages.c.stage, stages.c.instance, stages.c.status, stages.c.counters, stages.c.updated_at
        ).order_by(stages.c.updated_at),
    )


def by_source(store: Store) -> pd.DataFrame:
    """Per source: read (what its cursor counted) and article, duplicate, dead (how its origins ended)."""
    ended = frame(
        store,
        select(origins.c.source, origins.c.kind, func.count().label("number")).group_by(
            origins.c.source, origins.c.kind
        ),
    )
    # Beside sources' cursors the table holds counts of crashes, which have read nothing.
    counted = cursors.c.source.not_like("crash:%")
    read = frame(store, select(cursors.c.source, cursors.c.read).where(counted))
    wide = ended.pivot_table(index="source", columns="kind", values="number", fill_value=0, aggfunc="sum")
    for kind in ("article", "duplicate", "dead"):
        if kind not in wide:
            wide[kind] = 0
    table = wide[["article", "duplicate", "dead"]].reset_index().merge(read, on="source", how="outer")
    for name in ("article", "duplicate", "dead"):
        table[name] = table[name].fillna(0).astype("int64")
    return table.sort_values("source").reset_index(drop=True)


def newest_health(store: Store) -> pd.DataFrame:
    """Each source's latest word: source, at, status, expected, seen, since, detail."""
    rank = func.row_number().over(partition_by=health.c.source, order_by=health.c.at.desc())
    inner = select(health, rank.label("rank")).subquery()
    return frame(store, select(inner).where(inner.c.rank == 1).order_by(inner.c.source)).drop(columns="rank")


def dead_by_reason(store: Store) -> pd.DataFrame:
    """reason, number, of dead letters not yet replayed or purged."""
    return frame(
        store,
        select(dead.c.reason, func.count().label("number"), func.max(dead.c.at).label("newest"))
        .where(dead.c.status == "dead")
        .group_by(dead.c.reason)
        .order_by(func.count().desc(), dead.c.reason),
    )


def dead_letters(store: Store, reason: str, limit: int = 200) -> pd.DataFrame:
    """The newest dead letters of a reason, without their payload."""
    return frame(
        store,
        select(
            dead.c.at,
            dead.c.source,
            dead.c.origin,
            dead.c.detail,
            dead.c.error,
            dead.c.attempts,
            dead.c.status,
        )
        .where(dead.c.reason == reason)
        .order_by(dead.c.at.desc(), dead.c.origin)
        .limit(limit),
    )


def waiting(store: Store) -> pd.DataFrame:
    """The outbox by channel and status: channel, status, number."""
    return frame(
        store,
        select(outbox.c.channel, outbox.c.status, func.count().label("number"))
        .group_by(outbox.c.channel, outbox.c.status)
        .order_by(outbox.c.channel, outbox.c.status),
    )


def progress(store: Store) -> pd.DataFrame:
    """Per desk and partition: next_offset and marker, beside the desk's watermark."""
    return frame(
        store,
        select(
            positions.c.desk,
            positions.c.partition,
            positions.c.next_offset,
            positions.c.marker,
            desks.c.watermark,
        )
        .select_from(positions.join(desks, desks.c.desk == positions.c.desk, isouter=True))
        .order_by(positions.c.desk, positions.c.partition),
    )
