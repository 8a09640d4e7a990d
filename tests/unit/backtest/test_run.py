"""A backtest decides what live decides, from the past only."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from alerts.testing import START, drive, end_marker, rule_set, scored, share_runners
from alerts.testing import desk_of as fresh_desk
from alerts.testing import lines as lines_of
from backtest import history
from backtest.cli import backtest
from backtest.cli_rules import rules_preview
from backtest.run import run
from core.errors import ConfigError, LookAhead
from core.records import ScoredArticle
from core.times import MINUTE


def news(count: int = 60) -> list[ScoredArticle]:
    """An hour in which things turn bad."""
    return [
        scored(n, START + n * MINUTE + n % 7, negative=9_000 if 25 <= n < 45 else 500, entities=["US:JPM"])
        for n in range(count)
    ]


def decided(records: list[ScoredArticle]) -> bytes:
    result = run(iter(records), rule_set(), pane_ms=MINUTE, lateness_ms=MINUTE, make_runners=share_runners)
    return b"".join(result.jsonl())


def test_a_backtest_gives_the_bytes_that_a_desk_gives_that_was_fed_in_another_order() -> None:
    records = news()
    shuffled = [
        record
        for start in range(0, 60, 6)
        for record in random.Random(3).sample(records[start : start + 6], 6)
    ]
    end = records[-1].article.available_at // MINUTE * MINUTE + 2 * MINUTE
    live = lines_of(
        drive(fresh_desk(rule_set(), lateness_ms=MINUTE), [*shuffled, end_marker(end)], chunk=1000)
    )
    assert live and decided(records) == live


def test_reading_ahead_of_time_ends_the_run() -> None:
    records = news()
    with pytest.raises(LookAhead, match="not in order"):
        decided([records[5], records[4]])


def test_what_comes_later_changes_nothing_that_was_decided_before() -> None:
    records = news()
    whole, half = decided(records).splitlines(), decided(records[:40]).splitlines()
    assert half and whole[: len(half)] == half


def test_a_repeat_counts_once() -> None:
    records = news()
    doubled = sorted([*records, *records[10:20]], key=lambda one: one.article.available_at)
    assert decided(doubled) == decided(records)


def test_a_file_is_read_in_order_of_time_and_a_bad_line_is_named(tmp_path: Path) -> None:
    records = news(10)
    file = tmp_path / "scored.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in reversed(records)))
    assert list(history.of_file(file)) == records
    file.write_bytes(file.read_bytes() + b'{"article": 3}\n')

    def read() -> Iterator[ScoredArticle]:
        yield from history.of_file(file)

    with pytest.raises(ConfigError, match=r"scored.jsonl:11: not a scored article"):
        list(read())


def test_what_live_puts_aside_is_left_out_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    good = [msgspec.json.encode(record) for record in news()]
    nan = good[30].replace(b'"p_negative":9000', b'"p_negative":NaN')
    wrong = good[30].replace(b'"p_negative":9000', b'"p_negative":99999')
    assert b"NaN" in nan and b"99999" in wrong
    alerts = []
    for name, lines in (("good", good), ("both", [*good[:30], nan, wrong, *good[30:]])):
        file = tmp_path / f"{name}.jsonl"
        file.write_bytes(b"".join(line + b"\n" for line in lines))
        backtest(scored=file, out=tmp_path / name)
        alerts.append((tmp_path / name / "alerts.jsonl").read_bytes())
    assert alerts[0] == alerts[1]
    said = capsys.readouterr().err
    assert "2 lines left out" in said and "both.jsonl:31: not a scored article" in said
    file.write_bytes(nan)
    for command in (backtest, rules_preview):
        with pytest.raises(ConfigError, match=r"both\.jsonl:1: not a scored article"):
            command(scored=file)


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("2026-03-10", "2026-03-01", "--from 2026-03-10 is not before --to 2026-03-01"),
        (None, "soon", "--to soon: expected a time such as 2026-01-31"),
        ("2199-01-01", None, "it holds no article from --from to --to, so nothing was run"),
    ],
)
def test_a_backtest_of_nothing_is_none(
    tmp_path: Path, since: str | None, until: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "scored.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in news(5)))
    with pytest.raises(ConfigError, match=said):
        backtest(scored=file, start=since, end=until)
