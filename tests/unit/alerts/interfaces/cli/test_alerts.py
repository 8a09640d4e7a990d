"""`newsquake alerts …`: list, show, acknowledge, close."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alerts.interfaces.cli import alerts as cli
from core.errors import ConfigError
from core.settings import load_settings
from core.store import Store
from tests.support.alertrows import change, decide, rules_of
from tests.support.commands import ALERT, out
from tests.support.records import T0


def test_an_alert_is_listed_shown_and_handled(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.list_alerts(open_only=True, json=True, config=config)
    assert [one["id"] for one in out(capsys)] == [ALERT]
    cli.ack(ALERT[:8], reason="looking", by="anna", config=config)
    cli.list_alerts(open_only=True, json=True, config=config)
    assert capsys.readouterr().out.startswith(f"alert {ALERT} acknowledged\n")
    cli.resolve(ALERT, reason="old story", disposition="false", by="anna", config=config)
    capsys.readouterr()
    cli.show(ALERT, json=True, config=config)
    card = out(capsys)
    assert card["handling"]["acknowledged_by"] == "anna" and card["handling"]["disposition"] == "false"
    assert [entry["action"] for entry in card["history"]] == [
        "alert.firing", "alert.acknowledge", "alert.dispose", "alert.close",
    ]  # fmt: skip
    cli.show(ALERT, config=config)
    assert "Negative share of law and regulation for US:JPM 73 %" in capsys.readouterr().out


def test_show_says_who_has_it_how_it_was_judged_and_what_it_belongs_to(
    config: Path, sqlite_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    rules, settings = rules_of(), load_settings(config, environ={})
    pair = [
        change(rules, series=series, incident="i" * 16) for series in ("entity:US:BABA", "entity:HK:09988")
    ]
    decide(sqlite_store, settings, rules, *pair, now_ms=T0)
    first, second = (one.line.id for one in pair)
    cli.ack(first, reason="mine", by="anna", config=config)
    cli.resolve(first, reason="one outlet", disposition="false", by="bob", config=config)
    capsys.readouterr()
    cli.show(first, config=config)
    told = capsys.readouterr().out
    assert "\nacknowledged by anna, closed by bob, judged false\n" in told
    assert (
        f"One incident ({'i' * 12}) with\n  {second[:12]}  firing high  company-negative  entity:HK:09988\n"
        in told
    )
    assert "  bob  alert.dispose false  one outlet\n" in told
    cli.show(ALERT, config=config)
    assert "One incident" not in capsys.readouterr().out


def test_a_headline_cannot_drive_the_terminal(
    config: Path, sqlite_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = rules_of()
    nasty = change(rules, series="entity:US:C", titles=("\x1b[2J\x1b]0;gotcha\x07 [bold]big[/bold]",))
    decide(sqlite_store, load_settings(config, environ={}), rules, nasty, now_ms=T0)
    cli.show(nasty.line.id, config=config)
    told = capsys.readouterr().out
    assert "\x1b" not in told and "\x07" not in told and "[bold]big[/bold]" in told


def test_a_closed_alert_is_no_longer_open_says_so_and_is_closed_once(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.resolve(ALERT, reason="old story", by="anna", config=config)
    capsys.readouterr()
    cli.list_alerts(open_only=True, config=config)
    assert capsys.readouterr().out == "No alerts.\n"
    cli.list_alerts(config=config)
    assert "closed by anna" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="is closed already, by anna"):
        cli.resolve(ALERT, reason="once more", by="bob", config=config)
    cli.resolve(ALERT, reason="judged later", disposition="false", by="bob", config=config)
    cli.list_alerts(json=True, config=config)
    text = capsys.readouterr().out
    (one,) = json.loads(text[text.index("[") :])
    assert one["closed_by"] == "anna" and one["disposition"] == "false"
