"""The dashboard as a person meets it, in a real browser."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import pytest

from newsquake.browser import open_page, ready, running_dashboard
from tests.browser.sample_store import sample_store
from tests.support.runs import Run

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def bars(page: Page) -> dict[str, int]:
    """The volume chart's bars as the page describes them to assistive technology: day -> articles."""
    chart = page.locator('[data-testid="stVegaLiteChart"]').first
    found: dict[str, int] = {}
    for label in chart.locator('[aria-roledescription="bar"]').evaluate_all(
        "marks => marks.map(mark => mark.getAttribute('aria-label'))"
    ):
        if match := re.search(r"label: (\d{4}-\d\d-\d\d).*?Articles: ([\d,]+)", label or ""):
            found[match[1]] = int(match[2].replace(",", ""))
    return found


def no_error(page: Page) -> None:
    assert page.locator('[data-testid="stException"]').count() == 0


def sees_black_monday(page: Page) -> None:
    """The equity-market series by day: 19 and 20 October stand on the page."""
    assert page.get_by_role("heading", name="Series", exact=True).is_visible()
    days = bars(page)
    assert days, "no bars were drawn"
    last = sorted(days)[-2:]
    assert last == ["1987-10-19", "1987-10-20"]
    no_error(page)


def test_the_equity_series_shows_black_monday(opened: Browser, address: str) -> None:
    page = open_page(opened, f"{address}/series?series=topic:equities_market&width=1d")
    sees_black_monday(page)
    days = bars(page)
    ordinary = [number for day, number in days.items() if day < "1987-10-19"]
    assert days["1987-10-19"] > 3 * max(ordinary)
    page.locator('[aria-label*="1987-10-19"][aria-roledescription="bar"]').first.click(force=True)
    page.get_by_role("heading", name=re.compile("Articles from 1987-10-19 00:00 to 1987-10-20")).wait_for()
    ready(page)
    assert page.get_by_text(f"Articles: {days['1987-10-19']} ·").is_visible()
    page.context.close()


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.timeout(2700)
def test_the_real_wire_of_1987_shows_black_monday(opened: Browser, wire_run: Run) -> None:
    with running_dashboard(wire_run.store) as real:
        page = open_page(opened, f"{real}/series?series=topic:equities_market&width=1d")
        sees_black_monday(page)
        days = bars(page)
        ordinary = sorted(number for day, number in days.items() if day < "1987-10-19")
        assert days["1987-10-19"] > ordinary[len(ordinary) // 2]
        page.context.close()


def test_the_first_page_says_what_moved_and_which_alerts_fire(opened: Browser, address: str) -> None:
    page = open_page(opened, address)
    for heading in ("Topics over time", "Alerts", "Pipeline"):
        assert page.get_by_role("heading", name=heading, exact=True).is_visible()
    assert page.get_by_text("critical").first.is_visible() and page.get_by_text("firing").first.is_visible()
    cells = page.locator('[data-testid="stVegaLiteChart"] [aria-label*="NA: too little evidence"]')
    assert cells.count() > 0
    no_error(page)
    page.context.close()


def test_a_cell_of_the_map_leads_to_its_articles(opened: Browser, address: str) -> None:
    page = open_page(opened, address)
    cell = page.locator('[aria-label*="Equity market"][aria-label*="1987-10-20"]').first
    cell.click(force=True)
    page.wait_for_url(re.compile("/series"), timeout=60_000)
    ready(page)
    assert "series=topic%3Aequities_market" in page.url and "since=1987-10-20" in page.url
    assert page.get_by_role("heading", name=re.compile("Articles from 1987-10-20")).is_visible()
    no_error(page)
    page.context.close()


def test_the_page_speaks_chinese_and_says_so_in_its_address(opened: Browser, address: str) -> None:
    page = open_page(opened, address)
    page.get_by_text("中文", exact=True).click()
    page.get_by_role("heading", name="总览", exact=True).wait_for(timeout=60_000)
    ready(page)
    assert "lang=zh" in page.url
    page.get_by_role("link", name="预警").click()
    page.get_by_role("heading", name="预警", exact=True).wait_for(timeout=60_000)
    ready(page)
    assert "lang=zh" in page.url
    no_error(page)
    page.context.close()


def test_an_alert_is_acknowledged_only_with_a_reason_and_under_a_name(
    opened: Browser, tmp_path: Path
) -> None:
    url = sample_store(tmp_path / "own.db", count=600)
    with running_dashboard(url) as own:
        page = open_page(opened, f"{own}/alerts", height=1400)
        button = page.get_by_role("button", name="Acknowledge until resolved")
        button.click()
        page.get_by_text("say in a few words why").wait_for(timeout=60_000)
        reason = page.get_by_placeholder("your finding, in a few words")
        reason.fill("desk has it, see ticket 12")
        reason.press("Tab")
        button.click()
        page.get_by_role("button", name="Remove acknowledgement").wait_for(timeout=60_000)
        page.context.close()
    with sqlite3.connect(tmp_path / "own.db") as database:
        rows = database.execute(
            "SELECT acknowledged, acknowledged_by, reason FROM handling WHERE acknowledged"
        ).fetchall()
        log = database.execute("SELECT actor, action FROM audit").fetchall()
    assert rows == [(1, "local", "desk has it, see ticket 12")]
    assert log == [("local", "alert.acknowledge")]


def test_text_from_the_world_stays_text(opened: Browser, tmp_path: Path) -> None:
    hostile = (
        '<img src=x onerror="window.hacked=1"> **bold** [l](javascript:window.hacked=1) $x^2$ :material/home:'
    )
    url = sample_store(tmp_path / "hostile.db", count=300)
    with sqlite3.connect(tmp_path / "hostile.db") as database:
        database.execute(
            "UPDATE articles SET title = ?, body = ?, url = 'javascript:alert(1)'", (hostile, hostile)
        )
        database.execute(
            "UPDATE scores SET mentions = replace(mentions, 'General Motors', '**GM** <b>x</b>')"
        )
    with running_dashboard(url) as own:
        for path in ("/articles", "/alerts", "/series?series=entity:US:GM"):
            page = open_page(opened, own + path)
            assert page.evaluate("window.hacked") is None
            assert page.locator('a[href^="javascript"]').count() == 0
            assert page.locator('img[src="x"]').count() == 0
            no_error(page)
            page.context.close()


def test_who_does_not_sign_in_sees_nothing(opened: Browser, store_url: str) -> None:
    from dashboard.auth import hash_password

    with running_dashboard(store_url, users={"ada": hash_password("correct horse")}) as guarded:
        page = open_page(opened, guarded)
        assert page.locator('[data-testid="stVegaLiteChart"]').count() == 0
        page.get_by_label("Name", exact=True).fill("ada")
        page.get_by_label("Password", exact=True).fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_text("Name or password is wrong.").wait_for(timeout=60_000)
        page.get_by_label("Password", exact=True).fill("correct horse")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Overview", exact=True).wait_for(timeout=60_000)
        page.context.close()


def test_a_store_that_is_not_there_yet_is_waited_for(opened: Browser, tmp_path: Path) -> None:
    with running_dashboard(f"sqlite:///{tmp_path / 'later.db'}") as early:
        page = open_page(opened, early)
        assert page.get_by_text("Waiting for the first articles").is_visible()
        sample_store(tmp_path / "later.db", count=300)
        page.get_by_role("heading", name="Overview", exact=True).wait_for(timeout=60_000)
        page.context.close()


@pytest.mark.parametrize("path", ["/pipeline", "/articles"])
def test_the_other_pages_open_without_an_error(opened: Browser, address: str, path: str) -> None:
    page = open_page(opened, address + path)
    if path == "/pipeline":
        assert page.get_by_text("nothing is missing").is_visible()
    no_error(page)
    page.context.close()


@pytest.mark.parametrize(("language", "said"), [("en", "panes closed 9,000"), ("zh", "已关闭窗格 9,000")])
def test_no_table_of_the_pipeline_is_cut_off_on_a_small_screen(
    opened: Browser, address: str, language: str, said: str
) -> None:
    page = open_page(opened, f"{address}/pipeline?lang={language}", width=1280, height=1400)
    (row,) = page.locator("td").filter(has_text=said).all()
    assert row.is_visible()
    inside = "table => table.scrollWidth <= table.clientWidth + 1"
    assert all(cell.evaluate(inside) for cell in page.locator("td").all())
    for name in ("Sources", "Desks") if language == "en" else ("来源", "席位"):
        heading = page.get_by_role("heading", name=name, exact=True)
        table = heading.locator("xpath=following::*[@data-testid='stDataFrame'][1]")
        assert table.locator(".dvn-scroller").evaluate(inside), name
    page.context.close()


def test_nothing_is_loaded_from_elsewhere(opened: Browser, address: str) -> None:
    context = opened.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    ready(page)
    assert asked and all(
        url.startswith((address, address.replace("http", "ws"), "data:", "blob:")) for url in asked
    )
    context.close()
