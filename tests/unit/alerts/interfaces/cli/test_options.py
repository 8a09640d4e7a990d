"""Options that commands share: faults are reported by the option as it was typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from alerts.interfaces.cli import alerts as cli
from alerts.interfaces.cli import silence
from core.errors import ConfigError
from newsquake.cli import main
from tests.support.commands import ALERT

MINE = ["--reason", "known", "--by", "anna"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["alerts", "list", "--state", "open"], "--state open: expected pending, firing or resolved"),
        (["alerts", "list", "--kind", "news"], "--kind news: expected market or outage"),
        (["alerts", "list", "--since", "soon"], "--since soon: expected a time"),
        (["alerts", "figures", "all", "--window", "1s"], "--window 1s: expected between 1m and 60d"),
        (["alerts", "figures", "all", "--window", "long"], "--window: "),
        (["alerts", "show", "ab"], "alert ab: give at least 6 characters of its id"),
        (["alerts", "ack", "ffffffff", *MINE], "alert ffffffff: no alert of desk 'main' has an id that begins so"),
        (["alerts", "ack", ALERT, "--by", "anna"], "--reason: say in a few words why (3 characters or more)"),
        (["alerts", "unack", ALERT, "-m", "x", "--by", "anna"], f"alert {ALERT} is not acknowledged"),
        (["alerts", "resolve", ALERT, "--as", "true", "--by", "anna"], "--reason: say in a few words why"),
        (["alerts", "resolve", ALERT, "--as", "x", *MINE], "--as x: expected true, false, duplicate or known"),
        (["alerts", "resolve", ALERT, "--as", "", *MINE], "--as '': expected true, false, duplicate or known"),
        (["alerts", "ack", ALERT, "--by", "an\udce9", "-m", "known"], "--by an?: it cannot be kept"),
        (["alerts", "silence", "add", *MINE], "--rule, --series, --severity or --alert: one is needed"),
        (["alerts", "silence", "add", "--series", "**", *MINE], "--rule, --series, --severity or --alert: one"),
        (["alerts", "silence", "add", "--series", "topic:x", *MINE], "--series: bad glob 'topic:x': no topic"),
        (["alerts", "silence", "add", "--rule", "*a" * 8, *MINE], "--rule: bad glob"),
        (
            ["alerts", "silence", "add", "--severity", "high,urgent", *MINE],
            "--severity urgent: expected low, medium, high or critical (several by commas)",
        ),
        (["alerts", "silence", "add", "--alert", "ab", *MINE], "--alert ab: give at least 6 characters"),
        (["alerts", "silence", "add", "--alert", "ffffffff", *MINE], "--alert ffffffff: no alert of desk"),
        (["alerts", "silence", "add", "--rule", "x", "--until", "-1h", *MINE], "--until 20"),
        (["alerts", "silence", "add", "--rule", "x", "--until", "500d", *MINE], "at most a year"),
        (["alerts", "silence", "add", "--rule", "x", "--from", "later", *MINE], "--from later: expected a time"),
        (["alerts", "silence", "add", "--rule", "x", "--by", "anna"], "--reason: say in a few words why"),
        (["alerts", "silence", "expire", "sil_00"], "no silence in force or to come with an id that begins with"),
        (["evidence", "show", ALERT, "--line", "9"], "--line 9: expected 1 to 1"),
        (["evidence", "show", ALERT, "-o", "nowhere/pack.json"], "nowhere/pack.json: No such file or directory"),
        (["evidence", "verify", "pack.json"], "alert pack.json: no alert of desk 'main' has an id that begins so"),
        (["audit", "verify", "--anchor", "7"], "--anchor 7: expected COUNT:HASH"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)  # fmt: skip
def test_what_does_not_fit_is_told_by_the_option_as_it_is_typed(
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: list[str],
    said: str,
) -> None:
    monkeypatch.setattr(sys, "argv", ["newsquake", *typed, "--config", str(config)])
    # A process of its own would log to its own end; here the loggers outlive this test's standard error.
    monkeypatch.setattr("core.telemetry.logs_of_a_command", lambda debug: None)
    with pytest.raises(SystemExit) as left:
        main()
    told = capsys.readouterr().err
    assert left.value.code in (1, 2)
    assert told.startswith("newsquake: ") and said in told and "unexpected" not in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("text", ["99999999999999999d", "-99999999999999999d", "9" * 400 + "d", "1e999d"])
def test_a_time_beyond_all_calendars_is_one_line(config: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="--since"):
        cli.list_alerts(since=text, config=config)


def test_a_desk_that_the_store_does_not_know_is_said(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.list_alerts(config=config, desk="asia")
    assert "No alerts: the store knows no desk 'asia' (it knows main)." in capsys.readouterr().out


def test_a_reason_that_was_no_utf8_where_it_was_typed_is_one_line(config: Path) -> None:
    odd = b"caf\xe9 closed".decode("utf-8", "surrogateescape")
    with pytest.raises(ConfigError, match=r"--reason .*cannot be kept"):
        cli.ack(ALERT, reason=odd, by="anna", config=config)
    with pytest.raises(ConfigError, match=r"--series .*cannot be kept"):
        silence.silence_add(series=f"entity:US:{odd[:4]}", reason="known", by="anna", config=config)


@pytest.mark.parametrize(
    "typed",
    [
        ["silence", "add", "--rule", "company-negative"],
        ["silence", "expire", "sil_123456"],
        ["ack", ALERT],
        ["resolve", ALERT, "--as", "true"],
    ],
)
def test_a_deed_on_a_store_that_is_not_there_makes_none(tmp_path: Path, typed: list[str]) -> None:
    why = [] if "expire" in typed else ["--reason", "why not"]
    words = [sys.executable, "-m", "newsquake", "alerts", *typed, *why]
    done = subprocess.run(
        [*words, "--store", "sqlite:///mistyped/store.db"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "newsquake: store mistyped/store.db: no such file (start with: newsquake up)\n"
    assert not list(tmp_path.iterdir())
