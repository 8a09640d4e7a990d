"""An article walks from a source to an e-mail and to the store: real broker, real model, real database, real mail."""

from __future__ import annotations

import base64
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook

from core.times import parse_iso
from tests.support.runs import Run, kill_all
from tests.support.smtp import SmtpServer

pytestmark = pytest.mark.timeout(600)
ARTICLES = 1500


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some ten days of simulated news, with the first incidents in it."""
    folder = tmp_path_factory.mktemp("simulated")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "newsquake",
            "simulate",
            "--out",
            str(folder),
            "--articles",
            str(ARTICLES),
            "--weeks",
            "1.5",
            "--seed",
            "11",
        ],
        check=True,
        capture_output=True,
    )
    return folder / "articles.jsonl"


@pytest.fixture(scope="session")
def quiet_run(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run that every other one is held against: embedded broker, SQLite, nothing killed."""
    folder = tmp_path_factory.mktemp("quiet")
    run = Run(simulated, folder, f"sqlite:///{folder / 'store.db'}")
    summary = run.finish(within_s=300)
    assert summary["adds_up"] and summary["read"] >= ARTICLES * 0.9
    assert summary["read"] == summary["stored"] + summary["dead"] + summary["duplicates"]
    assert f"read {summary['read']} = {summary['stored']} stored" in summary["said"]
    return run


def settled(store: str) -> int:
    """Articles in a SQLite store so far."""
    file = store.removeprefix("sqlite:///")
    if not Path(file).exists():
        return 0
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5) as connection:
            return int(connection.execute("SELECT count(*) FROM articles").fetchone()[0])
    except sqlite3.Error:
        return 0


def test_something_happens_in_the_simulated_news(quiet_run: Run) -> None:
    lines = [json.loads(line) for line in quiet_run.alerts().splitlines()]
    assert {line["state"] for line in lines} >= {"firing"}
    assert lines == sorted(lines, key=lambda line: (parse_iso(line["decided_at"]), line["id"], line["state"]))
    for line in lines:
        assert line["onset"] <= line["decided_at"] and line["article_ids"] == sorted(line["article_ids"])


@pytest.mark.kafka
@pytest.mark.postgres
def test_another_broker_and_another_database_give_the_same_bytes(
    quiet_run: Run, simulated: Path, kafka: str, postgres: str, tmp_path: Path
) -> None:
    other = Run(simulated, tmp_path, postgres, broker=kafka)
    assert other.finish(within_s=300)["adds_up"]
    assert other.alerts() == quiet_run.alerts()


def test_killed_in_the_middle_and_started_again_gives_the_same_bytes(
    quiet_run: Run, simulated: Path, tmp_path: Path
) -> None:
    again = Run(simulated, tmp_path, f"sqlite:///{tmp_path / 'store.db'}", slow=True)
    again.kill_when(lambda: settled(again.store) > ARTICLES // 4, within_s=200)
    assert 0 < settled(again.store) < ARTICLES * 0.9
    assert again.finish(within_s=300)["adds_up"]
    assert again.alerts() == quiet_run.alerts()


@pytest.mark.kafka
def test_killed_on_apache_kafka_and_started_again_gives_the_same_bytes(
    quiet_run: Run, simulated: Path, kafka: str, tmp_path: Path
) -> None:
    again = Run(simulated, tmp_path, f"sqlite:///{tmp_path / 'store.db'}", broker=kafka, slow=True)
    again.kill_when(lambda: settled(again.store) > ARTICLES // 4, within_s=200)
    assert again.finish(within_s=300)["adds_up"]
    assert again.alerts() == quiet_run.alerts()


def test_the_embedded_broker_dies_and_nothing_is_lost(
    quiet_run: Run, simulated: Path, tmp_path: Path
) -> None:
    run = Run(simulated, tmp_path, f"sqlite:///{tmp_path / 'store.db'}", slow=True)
    process = run.start()
    deadline = time.monotonic() + 200
    while settled(run.store) <= ARTICLES // 4 and time.monotonic() < deadline:
        time.sleep(0.1)
    brokers = [one for one in psutil.Process(process.pid).children(recursive=True) if "tansu" in one.name()]
    assert len(brokers) == 1
    brokers[0].kill()
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said + run.logs()
    assert "the embedded broker died" in said
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["adds_up"]
    assert run.alerts() == quiet_run.alerts()


def test_an_alert_reaches_the_mail_server_and_the_webhook(
    simulated: Path, smtp: SmtpServer, httpserver: HTTPServer, tmp_path: Path
) -> None:
    secret = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    (tmp_path / "newsquake.yaml").write_text(
        f"""delivery:
  mail:
    - {{host: 127.0.0.1, port: {smtp.port}, tls: none, sender: newsquake@example.org, recipients: [desk@example.org]}}
  webhooks:
    - {{url: "{httpserver.url_for("/hook")}", secret: {secret}, allow_private_addresses: [127.0.0.1]}}
"""
    )
    run = Run(
        simulated,
        tmp_path,
        f"sqlite:///{tmp_path / 'store.db'}",
        None,
        tmp_path / "newsquake.yaml",
        ("--notify",),
    )
    run.finish(within_s=300)
    fired = {
        line["id"]: line for line in map(json.loads, run.alerts().splitlines()) if line["state"] == "firing"
    }
    assert fired
    mails = smtp.wait(1)
    assert mails[0]["X-Envelope-To"] == "desk@example.org"
    text = mails[0].get_body(("plain",))
    assert text is not None
    assert any(alert in text.get_content() for alert in fired), "the mail names its alert"
    assert mails[0].get_body(("html",)) is not None
    ids = [mail["Message-ID"] for mail in mails]
    assert len(ids) == len(set(ids)), "one mail a notification"
    requests = [request for request, _ in httpserver.log]
    assert requests
    told = set()
    for request in requests:
        event = Webhook(secret).verify(request.get_data(), dict(request.headers))
        told.add(json.dumps(event))
    assert any(alert in one for alert in fired for one in told)


def test_a_replay_notifies_nobody_unless_told(simulated: Path, smtp: SmtpServer, tmp_path: Path) -> None:
    (tmp_path / "newsquake.yaml").write_text(
        f"""delivery:
  mail:
    - {{host: 127.0.0.1, port: {smtp.port}, tls: none, sender: newsquake@example.org, recipients: [desk@example.org]}}
"""
    )
    run = Run(simulated, tmp_path, f"sqlite:///{tmp_path / 'store.db'}", None, tmp_path / "newsquake.yaml")
    run.finish(within_s=300)
    assert smtp.mails() == []


def test_a_finished_replay_started_again_changes_nothing(quiet_run: Run, simulated: Path) -> None:
    before = quiet_run.alerts()
    summary = quiet_run.finish(within_s=120)
    assert summary["adds_up"]
    assert quiet_run.alerts() == before


def test_ctrl_c_ends_every_process_within_five_seconds(simulated: Path, tmp_path: Path) -> None:
    run = Run(simulated, tmp_path, f"sqlite:///{tmp_path / 'store.db'}", slow=True)
    process = run.start()
    deadline = time.monotonic() + 60
    while settled(run.store) == 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 3  # broker, classifier, alerts; ingest may be through
    os.kill(process.pid, signal.SIGINT)
    started = time.monotonic()
    process.communicate(timeout=15)
    assert time.monotonic() - started < 5.5
    assert not [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    kill_all(process)


def test_new_rules_over_a_dump_that_is_through_are_in_force(tmp_path: Path) -> None:
    dump, rules, config = tmp_path / "dump.jsonl", tmp_path / "rules.yaml", tmp_path / "newsquake.yaml"
    row = {"title": "Apple sues a rival over chips", "published_at": "2026-01-05T10:00:00Z", "source": "wire"}
    dump.write_text(json.dumps(row) + "\n")
    config.write_text("alerts: {rules: rules.yaml}\n")
    run = Run(dump, tmp_path / "run", f"sqlite:///{tmp_path / 'store.db'}", config=config)
    for number, window in enumerate(("1h", "2h"), 1):
        rules.write_text(f"rules: [{{name: one, series: [all], detector: volume, window: {window}}}]\n")
        run.finish(within_s=120)
        with sqlite3.connect(tmp_path / "store.db") as connection:
            assert connection.execute("SELECT count(*) FROM rule_sets").fetchone()[0] == number
