"""`newsquake up` on real sources: a feed on a schedule and a push, through the broker and the model into the store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import select

from core import tables
from core.settings import StoreSettings
from core.store import open_store
from tests.support.runs import Run, kill_all

pytestmark = pytest.mark.timeout(240)

FEED = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Wire</title><link>{root}</link>
<item><title>Apple shares plunge after regulator opens fraud probe</title><link>{root}/a</link>
<guid>a</guid><description>Investigators searched offices of Apple Inc.</description>
<pubDate>{now}</pubDate></item>
<item><title>央行下调存款准备金率0.5个百分点</title><link>{root}/b</link><guid>b</guid>
<description>中国人民银行宣布降准。</description><pubDate>{now}</pubDate></item>
</channel></rss>"""


def test_a_feed_and_a_push_are_read_scored_and_stored(httpserver: HTTPServer, tmp_path: Path) -> None:
    root = httpserver.url_for("").rstrip("/")
    now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    httpserver.expect_request("/robots.txt").respond_with_data(
        "User-agent: *\nAllow: /\n", content_type="text/plain"
    )
    httpserver.expect_request("/feed").respond_with_data(
        FEED.format(root=root, now=now), content_type="application/rss+xml"
    )
    (tmp_path / "newsquake.yaml").write_text(
        f"""ingest:
  allow_private_addresses: [127.0.0.1, localhost]
  sources:
    - {{name: wire, kind: feed, url: "{root}/feed", every: 5s, full_text: false}}
    - {{name: desk, kind: push}}
alerts: {{pane: 5s, allowed_lateness: 2s}}
"""
    )
    store_url = f"sqlite:///{tmp_path / 'store.db'}"
    newsquake = [sys.executable, "-m", "newsquake"]
    token = subprocess.run(
        [*newsquake, "tokens", "create", "me", "--scope", "push", "--store", store_url],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    environment = Run(Path("unused"), tmp_path, store_url).environment()
    process = subprocess.Popen(
        [*newsquake, "up", "-c", "newsquake.yaml", "--store", store_url, "--no-dashboard"],
        cwd=tmp_path,
        env=environment,
        stdout=(tmp_path / "up.log").open("w"),
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        port = _api_port(tmp_path, process)
        pushed = {"title": "Zinc prices steady in thin trade", "published_at": datetime.now(UTC).isoformat()}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/articles",
            json.dumps(pushed).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 202
        found = _until_counted(store_url, 3)
    finally:
        os.kill(process.pid, signal.SIGINT)
        try:
            process.wait(timeout=15)
        finally:
            kill_all(process)
    assert process.returncode == 0, (tmp_path / "up.log").read_text()
    assert {title for title, *_ in found} == {
        "Apple shares plunge after regulator opens fraud probe",
        "央行下调存款准备金率0.5个百分点",
        "Zinc prices steady in thin trade",
    }
    by_title = {title[:5]: (language, negative, mentions) for title, language, negative, mentions, _ in found}
    assert by_title["Apple"][0] == "en" and by_title["央行下调存"[:5]][0] == "zh"
    assert "US:AAPL" in by_title["Apple"][2]
    assert by_title["Apple"][1] > by_title["Zinc "[:5]][1], "a fraud probe is worse than thin trade"


def _api_port(folder: Path, process: subprocess.Popen[str]) -> int:
    """The port that the run says its API has: parsed from what it prints, once it answers."""
    text, deadline = "", time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        text = (folder / "up.log").read_text()
        if "HTTP API on http://127.0.0.1:" in text:
            port = int(text.split("HTTP API on http://127.0.0.1:")[1].split("/")[0])
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                    return port
            except OSError:
                pass
        time.sleep(0.2)
    pytest.fail(f"no API:\n{text}\n{Run(Path('unused'), folder, '').logs()}")


def _until_counted(url: str, wanted: int) -> list[tuple[str, str, int, str, str]]:
    """Articles whose panes are closed, once there are so many."""
    store = open_store(StoreSettings(url=url))
    articles, scores, seen = tables.articles.c, tables.scores.c, tables.seen.c
    query = (
        select(articles.title, scores.language, scores.p_negative, scores.mentions, seen.fate)
        .join_from(
            tables.articles,
            tables.scores,
            (articles.id == scores.id) & (articles.revision == scores.revision),
        )
        .join(tables.seen, (seen.id == articles.id) & (seen.revision == articles.revision))
        .where(seen.fate == "counted")
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with store.read() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
        if len(rows) >= wanted:
            return rows  # type: ignore[return-value]
        time.sleep(0.3)
    pytest.fail(f"{len(rows)} of {wanted} articles counted")
