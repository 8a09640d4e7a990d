"""The result of a run: summary.json and alerts.jsonl, from the store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from core import tables
from core.origins import IngestOutcome
from core.store import Store
from newsquake.status import Snapshot


def numbers(store: Store, desk: str) -> dict[str, int]:
    """Counts by name, from the store: read (by the sources' cursors), stored, dead, duplicates, panes, alerts, late."""
    origins = tables.origins
    with store.read() as connection:
        counted = connection.execute(select(origins.c.kind, func.count()).group_by(origins.c.kind))
        kinds: dict[str, int] = dict(counted.tuples().all())
        read = connection.execute(select(func.coalesce(func.sum(tables.cursors.c.read), 0))).scalar_one()
        panes = connection.execute(
            select(func.count()).select_from(tables.panes).where(tables.panes.c.desk == desk)
        ).scalar_one()
        fired = connection.execute(
            select(func.count())
            .select_from(tables.alerts)
            .where(tables.alerts.c.desk == desk, tables.alerts.c.fired)
        ).scalar_one()
        seen = tables.seen.c
        late = connection.execute(
            select(func.count()).select_from(tables.seen).where(seen.desk == desk, seen.fate == "late")
        ).scalar_one()
    return {
        "read": int(read),
        "stored": kinds.get(IngestOutcome.ARTICLE, 0),
        "dead": kinds.get(IngestOutcome.DEAD, 0),
        "duplicates": kinds.get(IngestOutcome.DUPLICATE, 0),
        "panes": panes,
        "alerts": fired,
        "late": late,
    }


def add_up(found: dict[str, int]) -> bool:
    """Whether read = stored + dead + duplicates."""
    return found["read"] == found["stored"] + found["dead"] + found["duplicates"]


def sentence(found: dict[str, int]) -> str:
    """The counts as a sentence."""
    total = found["stored"] + found["dead"] + found["duplicates"]
    parts = f"{found['stored']} stored + {found['dead']} dead + {found['duplicates']} duplicates = {total}"
    if add_up(found):
        late = found["late"]
        said = f"; {late} of these came too late for their window (corrections)" if late else ""
        return f"read {found['read']} = {parts}{said}"
    return f"THE NUMBERS DO NOT ADD UP: read {found['read']}, but {parts}"


def so_far(found: dict[str, int]) -> str:
    """The counts of an interrupted run as a sentence: articles in progress are neither lost nor settled."""
    total = found["stored"] + found["dead"] + found["duplicates"]
    if total == found["read"]:
        return f"interrupted with all {total} of the articles read so far settled"
    return f"interrupted: {total} of {found['read']} settled so far; start it again to continue"


def write(out: Path, store: Store, desk: str, snapshot: Snapshot, wall_s: float) -> dict[str, Any]:
    """Write summary.json and alerts.jsonl into `out`; returns the summary."""
    from alerts.interfaces.export import alert_lines

    found = numbers(store, desk)
    summary: dict[str, Any] = {
        **found,
        "adds_up": add_up(found),
        "seconds": {
            "total": round(wall_s, 3),
            **{name: round(values.get("busy_s", 0.0), 3) for name, values in sorted(snapshot.stages.items())},
        },
    }
    out.mkdir(parents=True, exist_ok=True)
    with (out / "alerts.jsonl").open("wb") as file:
        for line in alert_lines(store, desk):
            file.write(line.rstrip(b"\n") + b"\n")
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    return summary
