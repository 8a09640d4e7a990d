"""The alerts room's commands, as a person types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from alerts.interfaces.cli import alerts as cli
from alerts.interfaces.cli import deliveries as cli_deliveries
from alerts.interfaces.cli import evidence as cli_evidence
from alerts.interfaces.cli import rules as cli_rules
from core.errors import ConfigError, NewsquakeError
from core.settings import load_settings
from core.store import Store
from newsquake.cli import main
from tests.support.alertrows import change, decide, rows, rules_of
from tests.support.records import T0

SETTINGS = """
store: {{url: "sqlite:///{folder}/store.db"}}
alerts: {{rules: rules.yaml}}
delivery:
  webhooks:
    - {{name: hook, url: "https://hook.example/", secret: whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ==}}
"""


@pytest.fixture
def config(tmp_path: Path, sqlite_store: Store) -> Path:
    """A desk with one alert that fires, of which the hook is to hear."""
    file = tmp_path / "newsquake.yaml"
    file.write_text(SETTINGS.format(folder=tmp_path))
    (tmp_path / "rules.yaml").write_text(rules_of().source)
    rules = rules_of()
    decide(sqlite_store, load_settings(file, environ={}), rules, change(rules), now_ms=T0)
    return file


ALERT = change(rules_of()).line.id


def out(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


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


def test_what_fires_under_a_silence_is_listed_as_silenced(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def silenced() -> bool:
        capsys.readouterr()
        cli.list_alerts(json=True, config=config)
        return bool(out(capsys)[0]["silenced"])

    assert not silenced()
    cli.silence_add(
        series="entity:US:JPM/topic:*", until="3h", reason="quarter end", by="anna", config=config
    )
    name = capsys.readouterr().out.split()[0]
    assert silenced()
    cli.silence_expire(name, by="anna", config=config)
    assert not silenced()


def test_a_headline_cannot_drive_the_terminal(
    config: Path, sqlite_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = rules_of()
    nasty = change(rules, series="entity:US:C", titles=("\x1b[2J\x1b]0;gotcha\x07 [bold]big[/bold]",))
    decide(sqlite_store, load_settings(config, environ={}), rules, nasty, now_ms=T0)
    cli.show(nasty.line.id, config=config)
    told = capsys.readouterr().out
    assert "\x1b" not in told and "\x07" not in told and "[bold]big[/bold]" in told


def test_a_silence_is_added_listed_and_ended(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.silence_add(series="entity:US:*", until="3h", reason="quarter end", by="anna", config=config)
    name = capsys.readouterr().out.split()[0]
    cli.silence_list(json=True, config=config)
    (one,) = out(capsys)
    assert one["id"] == name and one["ends_at"] - one["starts_at"] == 3 * 3_600_000
    cli.silence_expire(name[:10], by="bob", config=config)
    capsys.readouterr()
    cli.silence_list(json=True, config=config)
    assert out(capsys) == []
    with pytest.raises(ConfigError, match="--until soon: expected a time"):
        cli.silence_add(rule="x", until="soon", reason="why not", config=config)


def test_evidence_is_written_and_verified_and_a_changed_one_found(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = tmp_path / "pack.json"
    cli_evidence.show(ALERT, out=pack, config=config)
    with pytest.raises(NewsquakeError, match="figures differ"):
        # The made-up row of these tests claims counts that its articles do not have: verify says so.
        cli_evidence.check(str(pack), config=config)
    assert "BAD  articles: the pack says 20, derived 2" in capsys.readouterr().out
    pack.write_text("{}")
    with pytest.raises(ConfigError, match="not an evidence pack"):
        cli_evidence.check(str(pack), config=config)


def test_the_audit_log_is_verified_in_the_store_and_from_an_export(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.ack(ALERT, reason="looking", by="anna", config=config)
    capsys.readouterr()
    cli_evidence.audit_verify(config=config)
    told = capsys.readouterr().out
    assert told.startswith("2 entries, every link holds; anchor 2:")
    export = tmp_path / "audit.jsonl"
    cli_evidence.audit_export(out=export, config=config)
    cli_evidence.audit_verify(file=export, anchor=told.split()[-1])
    export.write_text(export.read_text().replace("anna", "anne"))
    with pytest.raises(NewsquakeError, match="broken after 1 right entries"):
        cli_evidence.audit_verify(file=export)


def test_deliveries_are_listed_and_sent_again(
    config: Path, sqlite_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    cli_deliveries.list_deliveries(json=True, config=config)
    (one,) = out(capsys)["notifications"]
    assert (one["channel"], one["status"], one["event"]) == ("hook", "pending", "firing")
    with sqlite_store.write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET status = 'refused', attempts = 1")
    cli_deliveries.replay("refused", by="anna", config=config)
    assert capsys.readouterr().out == "1 to be sent again\n"
    assert rows(sqlite_store)[0].status == "pending"
    cli_deliveries.enable("hook", by="anna", config=config)
    with pytest.raises(ConfigError, match="no channel is called 'fax'; known: hook"):
        cli_deliveries.enable("fax", config=config)
    cli_deliveries.secret()
    assert capsys.readouterr().out.splitlines()[-1].startswith("whsec_")


def test_rules_are_checked_with_their_channels(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli_rules.check(config=config)
    assert "1 rules, version" in capsys.readouterr().out
    cli_rules.list_rules(json=True, config=config)
    assert out(capsys)["rules"][0]["id"] == "company-negative"
    other = config.parent / "other.yaml"
    other.write_text(rules_of().source + "notify: {route: {default: [fax]}}\n")
    with pytest.raises(
        ConfigError, match=r"other\.yaml:9: notify\.route\.default\.0: no channel 'fax' \(hook\)"
    ):
        cli_rules.check(other, config=config)


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


def test_rules_list_and_check_take_the_file_as_tune_and_preview_do(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("immediate: [{name: mine, topics: [energy]}]\n")
    cli_rules.list_rules(rules_file=other, json=True, config=config)
    assert [one["id"] for one in json.loads(capsys.readouterr().out)["rules"]] == ["mine"]
    cli_rules.check(rules_file=other, config=config)
    assert "other.yaml: 1 rules" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="name one file"):
        cli_rules.list_rules(other, other, config=config)


@pytest.mark.parametrize("text", ["99999999999999999d", "-99999999999999999d", "9" * 400 + "d", "1e999d"])
def test_a_time_beyond_all_calendars_is_one_line(config: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="--since"):
        cli.list_alerts(since=text, config=config)


def test_a_desk_that_the_store_does_not_know_is_said(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.list_alerts(config=config, desk="asia")
    assert "No alerts: the store knows no desk 'asia' (it knows main)." in capsys.readouterr().out


def test_a_pack_with_other_figures_inside_is_told_and_no_crash(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli_evidence.show(ALERT, out=tmp_path / "pack.json", config=config)
    whole = json.loads((tmp_path / "pack.json").read_text())
    for part in ("window", "verdict", "hop", "rule", "detector", "fit"):
        for content in ({}, {"what": 1}, {"id": None, "window_ms": "x"}, "{", []):
            (tmp_path / "odd.json").write_text(json.dumps({**whole, part: content}))
            with pytest.raises(NewsquakeError):
                cli_evidence.check(str(tmp_path / "odd.json"), config=config)
            capsys.readouterr()


def test_a_reason_that_was_no_utf8_where_it_was_typed_is_one_line(config: Path) -> None:
    odd = b"caf\xe9 closed".decode("utf-8", "surrogateescape")
    with pytest.raises(ConfigError, match=r"--reason .*cannot be kept"):
        cli.ack(ALERT, reason=odd, by="anna", config=config)
    with pytest.raises(ConfigError, match=r"--series .*cannot be kept"):
        cli.silence_add(series=f"entity:US:{odd[:4]}", reason="known", by="anna", config=config)


def test_a_silence_of_a_rule_that_there_is_not_says_so(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.silence_add(rule="compny-*", reason="known", by="anna", config=config)
    assert "no rule is called 'compny-*' now" in capsys.readouterr().err
    cli.silence_add(rule="company-*", reason="known", by="anna", config=config)
    assert capsys.readouterr().err == ""


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


def test_a_silence_on_a_desk_that_the_store_does_not_know_says_so(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.silence_add(rule="one", reason="planned work", config=config, desk="mian")
    assert "the store knows no desk 'mian' (it knows main)\n" in capsys.readouterr().err
    cli.silence_add(rule="*negative*", reason="planned work", config=config)
    assert "no desk" not in capsys.readouterr().err
