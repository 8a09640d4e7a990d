"""Delivery over real sockets: a mail server process (aiosmtpd) and a local webhook receiver."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks.webhooks import Webhook
from werkzeug import Request, Response

from alerts.delivery import worker
from core.clock import ManualClock, SystemClock
from core.settings import Settings
from core.stage import Stage
from core.store import Store
from tests.support.alertrows import change, decide, rows, rules_of
from tests.support.records import T0
from tests.support.smtp import SmtpServer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw1A2b3C4d5E6f"
OLD_SECRET = "whsec_b2xkc2VjcmV0b2xkc2VjcmV0b2xkc2VjcmV0MTIz"


def settings_of(store_url: str = "sqlite:///unused.db", *, mail: list = (), webhooks: list = ()) -> Settings:  # type: ignore[type-arg]
    return Settings.model_validate(
        {
            "store": {"url": store_url},
            "delivery": {
                "mail": list(mail),
                "webhooks": list(webhooks),
                "dashboard_url": "http://desk.example:8501",
            },
        }
    )


def mail_to(smtp: SmtpServer, **fields: object) -> dict[str, object]:
    return {
        "host": smtp.host, "port": smtp.port, "tls": "none", "sender": "Newsquake <alerts@newsquake.example>",
        "recipients": ["risk@bank.example", "compliance@bank.example"], "timeout": "5s", **fields,
    }  # fmt: skip


def hook_to(server: HTTPServer, **fields: object) -> dict[str, object]:
    return {
        "url": server.url_for("/hook"), "secret": SECRET, "timeout": "2s",
        "allow_private_addresses": ["127.0.0.0/8", "localhost", "::1"], **fields,
    }  # fmt: skip


@pytest.fixture
def received(httpserver: HTTPServer) -> list[Request]:
    """What the webhook receiver got; it answers 200."""
    taken: list[Request] = []

    def answer(request: Request) -> Response:
        request.get_data()
        taken.append(request)
        return Response("ok")

    httpserver.expect_request("/hook", method="POST").respond_with_handler(answer)
    return taken


def test_an_alert_reaches_the_mail_server_and_the_webhook(
    sqlite_store: Store, smtp: SmtpServer, httpserver: HTTPServer, received: list[Request]
) -> None:
    settings = settings_of(mail=[mail_to(smtp)], webhooks=[hook_to(httpserver)])
    now = SystemClock().now_ms()
    assert decide(sqlite_store, settings, rules_of(), change(rules_of()), now_ms=now) == 2
    assert worker.run_once(sqlite_store, None, settings) == {"sent": 2}

    (mail,) = smtp.wait(1)
    assert mail["X-Envelope-To"] == "risk@bank.example, compliance@bank.example"
    assert mail["Subject"] == "[high] Law and regulation for US:JPM: negative share 73 %"
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "8 of 11 stories; 20 articles, 9 publishers" in text
    assert "11 个报道中 8 个负面" in text and "监管部门对银行展开调查" in text
    assert "http://desk.example:8501/alerts?alert=" in text

    (request,) = received
    told = Webhook(SECRET).verify(request.get_data(), dict(request.headers.items()))
    assert told == json.loads(request.get_data())
    assert told["type"] == "alert.firing" and told["data"]["severity"] == "high"
    assert len(request.get_data()) < 20_000
    assert f"<{request.headers['webhook-id']}@newsquake.example>" == mail["Message-ID"]


def test_a_webhook_is_signed_with_both_secrets_while_one_is_rotated(
    sqlite_store: Store, httpserver: HTTPServer, received: list[Request]
) -> None:
    settings = settings_of(webhooks=[hook_to(httpserver, secret=f"{SECRET} {OLD_SECRET}")])
    decide(sqlite_store, settings, rules_of(), change(rules_of()), now_ms=SystemClock().now_ms())
    worker.run_once(sqlite_store, None, settings)
    (request,) = received
    for secret in (SECRET, OLD_SECRET):
        Webhook(secret).verify(request.get_data(), dict(request.headers.items()))


def test_mails_of_one_alert_make_one_thread_and_resolved_comes_last(
    sqlite_store: Store, smtp: SmtpServer
) -> None:
    settings, rules, now = settings_of(mail=[mail_to(smtp)]), rules_of(), SystemClock().now_ms()
    steps = [
        change(rules, severity="medium"),
        change(rules, severity="critical", decided_at=T0 + 120_000),
        change(rules, state="resolved", severity="critical", decided_at=T0 + 900_000),
    ]
    decide(sqlite_store, settings, rules, *steps, now_ms=now)
    assert worker.run_once(sqlite_store, None, settings) == {"sent": 3}
    mails = smtp.wait(3)
    assert [str(mail["Subject"]).split("]")[0] for mail in mails] == ["[medium", "[critical", "[resolved"]
    assert len({mail["References"] for mail in mails}) == 1
    assert len({mail["Message-ID"] for mail in mails}) == 3


def test_a_broken_webhook_delays_no_mail_and_is_tried_again_with_the_same_id(
    sqlite_store: Store, smtp: SmtpServer, httpserver: HTTPServer, clock: ManualClock
) -> None:
    ids: list[str] = []
    answers = iter([500, 302, 200])

    def answer(request: Request) -> Response:
        ids.append(request.headers["webhook-id"])
        return Response("", next(answers), {"location": "/elsewhere"})

    httpserver.expect_request("/hook").respond_with_handler(answer)
    settings = settings_of(mail=[mail_to(smtp)], webhooks=[hook_to(httpserver)])
    decide(sqlite_store, settings, rules_of(), change(rules_of()), now_ms=clock.now_ms())
    assert worker.run_once(sqlite_store, None, settings, clock) == {"sent": 1, "pending": 1}
    smtp.wait(1)
    assert worker.run_once(sqlite_store, None, settings, clock) == {}  # not due yet
    clock.advance(6)
    assert worker.run_once(sqlite_store, None, settings, clock) == {"pending": 1}
    clock.advance(331)
    assert worker.run_once(sqlite_store, None, settings, clock) == {"sent": 1}
    assert len(ids) == 3 and len(set(ids)) == 1
    assert all(not request[0].path.startswith("/elsewhere") for request in httpserver.log)


def test_a_slow_webhook_holds_up_no_mail(
    sqlite_store: Store, smtp: SmtpServer, httpserver: HTTPServer
) -> None:
    let_go = threading.Event()

    def answer(_: Request) -> Response:
        let_go.wait(20)
        return Response("ok")

    httpserver.expect_request("/hook").respond_with_handler(answer)
    settings = settings_of(mail=[mail_to(smtp)], webhooks=[hook_to(httpserver, timeout="15s")])
    rules, stage = rules_of(), Stage("delivery", sqlite_store)
    alerts = [change(rules, series=f"entity:US:C{number}") for number in range(12)]
    decide(sqlite_store, settings, rules, *alerts, now_ms=SystemClock().now_ms())
    thread = threading.Thread(target=worker.run, args=(settings, sqlite_store, stage))
    thread.start()
    try:
        smtp.wait(12, within_s=10)
        assert sum(row.status == "sent" for row in rows(sqlite_store) if row.channel == "webhook") == 0
    finally:
        let_go.set()
        stage.stop()
        thread.join(20)
    assert not thread.is_alive()


def test_an_answer_after_our_time_out_counts_as_failure(
    sqlite_store: Store, httpserver: HTTPServer, clock: ManualClock
) -> None:
    def answer(_: Request) -> Response:
        time.sleep(1.0)
        return Response("ok")

    httpserver.expect_request("/hook").respond_with_handler(answer)
    settings = settings_of(webhooks=[hook_to(httpserver, timeout="300ms")])
    decide(sqlite_store, settings, rules_of(), change(rules_of()), now_ms=clock.now_ms())
    assert worker.run_once(sqlite_store, None, settings, clock) == {"pending": 1}
    assert "no answer within 0.3 s" in rows(sqlite_store)[0].error


@pytest.mark.parametrize(
    ("reply", "status"), [("451 greylisted, later", "pending"), ("554 we do not want it", "refused")]
)
def test_smtp_4xx_is_tried_again_and_5xx_is_refused(
    sqlite_store: Store, smtp: SmtpServer, clock: ManualClock, reply: str, status: str
) -> None:
    settings = settings_of(mail=[mail_to(smtp)])
    decide(sqlite_store, settings, rules_of(), change(rules_of()), now_ms=clock.now_ms())
    smtp.answer(reply)
    assert worker.run_once(sqlite_store, None, settings, clock) == {status: 1}
    assert reply[4:] in rows(sqlite_store)[0].error
    smtp.answer(None)
    clock.advance(6)
    expected = {"sent": 1} if status == "pending" else {}
    assert worker.run_once(sqlite_store, None, settings, clock) == expected


def test_a_mail_server_that_is_away_gets_the_mail_when_it_is_back(
    sqlite_store: Store, smtp: SmtpServer, clock: ManualClock
) -> None:
    settings = settings_of(mail=[mail_to(smtp)])
    decide(sqlite_store, settings, rules_of(), change(rules_of()), now_ms=clock.now_ms())
    smtp.stop()
    assert worker.run_once(sqlite_store, None, settings, clock) == {"pending": 1}
    smtp.start()
    clock.advance(6)
    assert worker.run_once(sqlite_store, None, settings, clock) == {"sent": 1}
    smtp.wait(1)


def test_text_of_the_world_is_text_in_the_mail(sqlite_store: Store, smtp: SmtpServer) -> None:
    settings, rules = settings_of(mail=[mail_to(smtp)]), rules_of()
    nasty = (
        "<script>alert(1)</script><img src=x onerror=alert(2)>",
        "Line one\r\nBcc: everybody@example.org\r\n\r\n{{ 7 * 7 }} {% raw %} =HYPERLINK(\"http://x\")",
    )  # fmt: skip
    decide(sqlite_store, settings, rules, change(rules, titles=nasty), now_ms=SystemClock().now_ms())
    worker.run_once(sqlite_store, None, settings)
    (mail,) = smtp.wait(1)
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<script" not in html and "<img" not in html
    assert (
        "&lt;script&gt;" in html and "{{ 7 * 7 }}" in html and "49" not in html.split("{{ 7 * 7 }}")[1][:40]
    )
    assert mail["Bcc"] is None and "everybody" not in str(mail["X-Envelope-To"])


KILLED = """
    import sys
    from core.settings import Settings, load_settings
    from core.store import open_store
    from alerts.delivery import worker
    settings = Settings.model_validate_json(sys.stdin.read())
    store = open_store(settings.store)
    print(worker.run_once(store, None, settings))
"""


@pytest.mark.parametrize("point", ["after_send", "before_mark_sent"])
def test_killed_between_sending_and_marking_the_receiver_sees_one_id_twice(
    tmp_path: Path, sqlite_store: Store, httpserver: HTTPServer, received: list[Request], point: str
) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    settings = settings_of(url, webhooks=[hook_to(httpserver)])
    decide(sqlite_store, settings, rules_of(), change(rules_of()), now_ms=SystemClock().now_ms())
    raw = json.dumps({"store": {"url": url}, "delivery": {"webhooks": [hook_to(httpserver)], "mail": []}})
    command = [sys.executable, "-c", textwrap.dedent(KILLED)]
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    killed = subprocess.run(
        command, input=raw.encode(), env={**environment, "NEWSQUAKE_CRASH_AT": point}, timeout=60, check=False
    )
    assert killed.returncode == 137
    again = subprocess.run(
        command, input=raw.encode(), env=environment, timeout=60, check=True, capture_output=True
    )
    assert b"{'sent': 1}" in again.stdout
    assert len(received) == 2
    assert len({request.headers["webhook-id"] for request in received}) == 1
    assert len({request.get_data() for request in received}) == 1


def test_two_workers_of_one_desk_send_nothing_twice(
    sqlite_store: Store, httpserver: HTTPServer, received: list[Request]
) -> None:
    settings, rules = settings_of(webhooks=[hook_to(httpserver)]), rules_of()
    alerts = [change(rules, series=f"entity:US:C{number}") for number in range(30)]
    decide(sqlite_store, settings, rules, *alerts, now_ms=SystemClock().now_ms())
    stages = [Stage("delivery", sqlite_store) for _ in range(2)]
    for number, stage in enumerate(stages):
        stage.instance = f"worker-{number}"
    threads = [threading.Thread(target=worker.run, args=(settings, sqlite_store, stage)) for stage in stages]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 30
    while len(received) < 30 and time.monotonic() < deadline:
        time.sleep(0.05)
    for stage in stages:
        stage.stop()
    for thread in threads:
        thread.join(20)
    assert len(received) == 30
    assert {row.status for row in rows(sqlite_store)} == {"sent"}


def test_a_replay_notifies_nobody(
    sqlite_store: Store, httpserver: HTTPServer, received: list[Request]
) -> None:
    settings = settings_of(webhooks=[hook_to(httpserver)])
    now = SystemClock().now_ms()
    decide(sqlite_store, settings, rules_of(), change(rules_of()), now_ms=now, notify_people=False)
    assert worker.run_once(sqlite_store, None, settings) == {}
    assert received == []
    (row,) = rows(sqlite_store)
    assert row.status == "withheld" and row.error.startswith("replay")


def test_an_outbox_is_written_and_sent_on_either_database(
    store: Store, httpserver: HTTPServer, received: list[Request]
) -> None:
    settings, rules = settings_of(webhooks=[hook_to(httpserver)]), rules_of()
    one, now = change(rules), SystemClock().now_ms()
    assert decide(store, settings, rules, one, now_ms=now) == 1
    assert decide(store, settings, rules, one, now_ms=now) == 0  # a transaction done again changes nothing
    assert worker.run_once(store, None, settings) == {"sent": 1}
    assert len(received) == 1
