"""An alert's life as a risk analyst leads it on the page: found, taken, judged, closed, kept silent and not."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from newsquake.browser import open_page, ready, running_dashboard
from tests.browser.sample_store import sample_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SLOW = 60_000


class Desk:
    """A dashboard of its own, and its store seen from outside."""

    def __init__(self, file: Path, address: str, opened: Browser) -> None:
        self.file, self.address, self.opened = file, address, opened

    def asks(self, statement: str) -> list[tuple]:
        with sqlite3.connect(self.file) as database:
            return database.execute(statement).fetchall()

    def page(self, path: str) -> Page:
        return open_page(self.opened, self.address + path, height=1500)

    def firing(self) -> list[str]:
        return [ident for (ident,) in self.asks("SELECT id FROM alerts WHERE state = 'firing' ORDER BY id")]


@pytest.fixture
def desk(opened: Browser, tmp_path: Path) -> Iterator[Desk]:
    """With some alerts that fire."""
    url = sample_store(tmp_path / "own.db", count=600)
    with running_dashboard(url) as address:
        yield Desk(tmp_path / "own.db", address, opened)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def badge(page: Page, text: str) -> Locator:
    """Not the cells of tables, which are drawn on a canvas and stand on the page unseen."""
    return page.get_by_text(text).filter(visible=True).first


def gives(page: Page, reason: str) -> None:
    """Fill in the reason, and leave the box, as one does before a click."""
    box = page.get_by_placeholder("your finding, in a few words")
    box.fill(reason)
    box.press("Tab")


def chooses(page: Page, label: str, choice: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=choice, exact=True).click()


def test_an_alert_is_judged_and_closed_with_a_reason_under_a_name(desk: Desk) -> None:
    alert = desk.firing()[0]
    page = desk.page(f"/alerts?alert={alert[:12]}")
    button(page, "Close").click()
    page.get_by_text("say in a few words why").wait_for(timeout=SLOW)
    assert desk.asks("SELECT * FROM audit") == []
    gives(page, "one outlet, told again")
    button(page, "Set disposition").click()
    page.get_by_text("Choose a disposition.").wait_for(timeout=SLOW)
    chooses(page, "Disposition", "false alarm")
    button(page, "Close").click()
    expect(button(page, "Close")).to_have_count(0, timeout=SLOW)  # it is closed once
    ready(page)
    expect(badge(page, "closed by local")).to_be_visible()
    expect(badge(page, "false alarm")).to_be_visible()
    page.context.close()
    assert desk.asks("SELECT actor, action, subject FROM audit ORDER BY seq") == [
        ("local", "alert.dispose", alert),
        ("local", "alert.close", alert),
    ]
    assert desk.asks("SELECT DISTINCT reason FROM handling WHERE reason <> ''") == [
        ("one outlet, told again",)
    ]


def test_an_alert_is_taken_in_hand_and_given_back(desk: Desk) -> None:
    page = desk.page(f"/alerts?alert={desk.firing()[0]}")
    gives(page, "looking into it")
    button(page, "Acknowledge until resolved").click()
    button(page, "Remove acknowledgement").wait_for(timeout=SLOW)
    ready(page)
    expect(badge(page, "acknowledged by local")).to_be_visible()
    gives(page, "off shift")
    button(page, "Remove acknowledgement").click()
    button(page, "Acknowledge until resolved").wait_for(timeout=SLOW)
    page.context.close()
    assert [action for (action,) in desk.asks("SELECT action FROM audit ORDER BY seq")] == [
        "alert.acknowledge",
        "alert.unacknowledge",
    ]


def test_a_silence_is_added_shown_and_lifted(desk: Desk) -> None:
    page = desk.page(f"/alerts?alert={desk.firing()[0]}")
    gives(page, "rate day, everybody knows")
    button(page, "Silence").last.click()
    lift = page.get_by_role("button", name="End the silence")
    lift.last.wait_for(timeout=SLOW)
    ready(page)
    assert page.get_by_text("local: rate day, everybody knows").last.is_visible()
    page.get_by_text("Silences: 1").wait_for(timeout=SLOW)
    lift.last.click()
    page.get_by_text("Silences: 0").wait_for(timeout=SLOW)
    page.context.close()
    assert [action for (action,) in desk.asks("SELECT action FROM audit ORDER BY seq")] == [
        "silence.add",
        "silence.expire",
    ]
    assert desk.asks("SELECT expired, author FROM silences") == [(1, "local")]


def test_a_silence_of_many_alerts_names_what_it_is_about(desk: Desk) -> None:
    page = desk.page("/alerts")
    page.get_by_text("Silences: 0").click()
    form = page.get_by_test_id("stForm").first
    form.get_by_label("Series").fill("topic:*")
    form.get_by_label("Reason (required)").fill("holiday in New York")
    form.get_by_label("Reason (required)").press("Tab")
    button(page, "Silence").first.click()
    page.get_by_text("Silences: 1").wait_for(timeout=SLOW)
    ready(page)
    page.context.close()
    assert desk.asks("SELECT matchers, reason FROM silences") == [
        ('{"series":"topic:*"}', "holiday in New York")
    ]


def test_an_alert_is_found_by_the_beginning_of_its_id_and_two_are_told(desk: Desk) -> None:
    first, second = desk.firing()[:2]
    other = first[:8] + ("0" if first[8] == "f" else "f") + first[9:]
    with sqlite3.connect(desk.file) as database:
        for table in ("alerts", "alert_lines", "handling"):
            database.execute(f"UPDATE {table} SET id = ? WHERE id = ?", (other, second))
    page = desk.page(f"/alerts?alert={first[:9]}")
    assert page.get_by_text(f"Alert {first[:12]}").is_visible()
    for asked, said in (
        (first[:8], "Several alerts have ids that begin so: give more of it"),
        (first[:3], "Give at least 6 characters of its id"),
        ("ffffffff", "This desk has no such alert."),
    ):
        page.goto(f"{desk.address}/alerts?alert={asked}")
        ready(page)
        assert page.get_by_text(said).is_visible(), asked
    page.context.close()


def test_the_link_of_a_mail_leads_to_the_alert(desk: Desk) -> None:
    from alerts.delivery.channels.contract import Message
    from alerts.delivery.channels.mail.render import render
    from alerts.delivery.content import Content

    alert = desk.firing()[-1]
    mail = render(Message("msg_1", Content(event="firing", desk="main", alert=alert), desk.address))
    (link,) = re.findall(r"View, acknowledge or close: (http\S+)", mail.text)
    for address in (link, f"{desk.address}/?alert={alert}"):  # the second: as mails of before have it
        page = desk.opened.new_page()
        page.goto(address)
        page.get_by_text(f"Alert {alert[:12]}").wait_for(timeout=SLOW)
        ready(page)
        page.get_by_role("link", name="Overview").click()
        page.get_by_role("heading", name="Overview", exact=True).wait_for(timeout=SLOW)
        page.close()


def test_news_that_comes_in_takes_no_alert_from_under_the_hand(desk: Desk) -> None:
    page = desk.page("/alerts")
    wanted = desk.asks("SELECT id FROM alerts WHERE fired ORDER BY onset DESC, id LIMIT 1 OFFSET 1")[0][0]
    table = page.get_by_test_id("stDataFrame").first
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 15, box["y"] + 35 + 35 + 17)  # the second row's tick
    page.get_by_text(f"Alert {wanted[:12]}").wait_for(timeout=SLOW)
    with sqlite3.connect(desk.file) as database:  # a newer one, and the desk has moved on
        database.execute(
            "INSERT INTO alerts SELECT desk, 'f00dfeed' || substr(id, 9), rule, rule_version, series, state, severity,"
            " onset + 60000, fired_at, resolved_at, fired, incident, state_data FROM alerts WHERE fired"
            " ORDER BY onset DESC, id LIMIT 1"
        )
        database.execute("UPDATE desks SET watermark = watermark + 60000")
    page.get_by_text(re.compile(r"watermark 1987-10-21 00:01")).wait_for(timeout=SLOW)
    ready(page)
    assert page.get_by_text(f"Alert {wanted[:12]}").is_visible()
    page.context.close()
