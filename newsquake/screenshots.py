"""`make screenshots`: the pictures of the README and the docs, taken of a real run in a real browser.

Without --store the demo runs first (simulated news through the whole path) into a folder that is thrown away.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from rich.console import Console
from sqlalchemy import select

from core.errors import NewsquakeError
from core.settings import StoreSettings
from core.store import Store, open_store
from core.tables import alert_lines, alerts, desks
from newsquake.browser import browser, open_page, ready, running_dashboard


@dataclass(frozen=True)
class Shot:
    """One picture: file stem, where it is taken, and in which light."""

    name: str
    path: str
    height: int
    theme: Literal["light", "dark"] = "light"


def shots(store: Store) -> list[Shot]:
    """The pictures worth taking of this store."""
    series, alert = _worth_showing(store)
    chosen = [
        Shot("overview", "/", 1080),
        Shot("overview-dark", "/", 1080, "dark"),
        Shot("overview-chinese", "/?lang=zh&colours=china", 1080),
        Shot("series", f"/series?series={quote(series)}", 1180),
        Shot("articles", "/articles", 900),
        Shot("pipeline", "/pipeline", 900),
    ]
    if alert:
        chosen.append(Shot("alert", f"/alerts?alert={quote(alert)}", 1375))
    return chosen


def screenshots(store_url: str, out_dir: Path, only: frozenset[str] = frozenset()) -> list[Path]:
    """Take them (`only` these; none named: all) into `out_dir` as PNG files; returns their paths.

    Raises NewsquakeError, ConfigError.
    """
    store = open_store(StoreSettings(url=store_url), read_only=True)
    wanted = [shot for shot in shots(store) if not only or shot.name in only]
    out_dir.mkdir(parents=True, exist_ok=True)
    taken = []
    with running_dashboard(store_url) as address, browser() as opened:
        for shot in wanted:
            page = open_page(opened, address + shot.path, height=shot.height, theme=shot.theme)
            ready(page)
            page.wait_for_timeout(600)  # tables draw themselves a moment after their data came
            if page.query_selector('[data-testid="stException"]'):
                raise NewsquakeError(f"{shot.path} shows an error")
            file = out_dir / f"{shot.name}.png"
            page.screenshot(path=str(file))
            taken.append(file)
            page.context.close()
    if not only or "terminal" in only:
        taken.append(_terminal(store, out_dir))
    store.close()
    return taken


def _worth_showing(store: Store) -> tuple[str, str]:
    """A series and an alert: the most severe alert with the most articles, if any."""
    severity = {"critical": 3, "high": 2, "medium": 1, "low": 0}
    with store.read() as connection:
        rows = connection.execute(
            select(alerts.c.id, alerts.c.series, alerts.c.severity, alerts.c.onset)
            .join(alert_lines, (alert_lines.c.id == alerts.c.id) & (alert_lines.c.desk == alerts.c.desk))
            .where(alerts.c.fired)
        ).all()
    if not rows:
        return "topic:equities_market", ""
    best = max(rows, key=lambda row: (severity.get(row.severity, 0), row.onset))
    return str(best.series), str(best.id)


def _terminal(store: Store, out_dir: Path) -> Path:
    """The terminal's live status as it stood at the end, drawn by rich as SVG and photographed."""
    from newsquake.status import Status, take_snapshot

    with store.read() as connection:
        desk = connection.execute(select(desks.c.desk).limit(1)).scalar() or "main"
    status = Status("http://127.0.0.1:8501", [])
    status.add(take_snapshot(store, desk))
    console = Console(record=True, width=110, file=io.StringIO())
    console.print(status.render())
    svg, file = console.export_svg(title="newsquake up"), out_dir / "terminal.png"
    with browser() as opened:
        page = opened.new_page(viewport={"width": 1400, "height": 900})
        page.set_content(svg)
        page.locator("svg").first.screenshot(path=str(file))
    return file


def _demo(folder: Path) -> str:
    """Run the demo to its end; its store's URL."""
    subprocess.run(
        [sys.executable, "-m", "newsquake", "demo", "--exit", "--no-dashboard", "--folder", str(folder)],
        check=True,
    )
    found = sorted(file for file in folder.rglob("*.db") if file.name != "scores.db")
    if not found:
        raise NewsquakeError(f"the demo left no store under {folder}")
    return f"sqlite:///{found[0]}"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--store", help="a store to show; default: the demo runs first")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="just these, such as overview alert"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for file in screenshots(chosen.store or _demo(Path(folder)), chosen.out, frozenset(chosen.only)):
            print(file)


if __name__ == "__main__":
    main()
