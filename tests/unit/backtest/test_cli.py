"""`newsquake backtest`."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from alerts.testing import START, scored
from backtest.cli import backtest
from backtest.cli_rules import rules_preview
from core.errors import ConfigError
from core.records import ScoredArticle
from core.times import MINUTE


def news(count: int = 60) -> list[ScoredArticle]:
    """An hour in which things turn bad."""
    return [
        scored(n, START + n * MINUTE + n % 7, negative=9_000 if 25 <= n < 45 else 500, entities=["US:JPM"])
        for n in range(count)
    ]


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
