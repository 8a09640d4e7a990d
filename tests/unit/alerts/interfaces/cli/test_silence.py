"""`newsquake alerts silence …`."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.interfaces.cli import alerts as cli
from alerts.interfaces.cli import silence
from core.errors import ConfigError
from tests.support.commands import out


def test_what_fires_under_a_silence_is_listed_as_silenced(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def silenced() -> bool:
        capsys.readouterr()
        cli.list_alerts(json=True, config=config)
        return bool(out(capsys)[0]["silenced"])

    assert not silenced()
    silence.silence_add(
        series="entity:US:JPM/topic:*", until="3h", reason="quarter end", by="anna", config=config
    )
    name = capsys.readouterr().out.split()[0]
    assert silenced()
    silence.silence_expire(name, by="anna", config=config)
    assert not silenced()


def test_a_silence_is_added_listed_and_ended(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silence.silence_add(series="entity:US:*", until="3h", reason="quarter end", by="anna", config=config)
    name = capsys.readouterr().out.split()[0]
    silence.silence_list(json=True, config=config)
    (one,) = out(capsys)
    assert one["id"] == name and one["ends_at"] - one["starts_at"] == 3 * 3_600_000
    silence.silence_expire(name[:10], by="bob", config=config)
    capsys.readouterr()
    silence.silence_list(json=True, config=config)
    assert out(capsys) == []
    with pytest.raises(ConfigError, match="--until soon: expected a time"):
        silence.silence_add(rule="x", until="soon", reason="why not", config=config)


def test_a_silence_of_a_rule_that_there_is_not_says_so(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silence.silence_add(rule="compny-*", reason="known", by="anna", config=config)
    assert "no rule is called 'compny-*' now" in capsys.readouterr().err
    silence.silence_add(rule="company-*", reason="known", by="anna", config=config)
    assert capsys.readouterr().err == ""


def test_a_silence_on_a_desk_that_the_store_does_not_know_says_so(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silence.silence_add(rule="one", reason="planned work", config=config, desk="mian")
    assert "the store knows no desk 'mian' (it knows main)\n" in capsys.readouterr().err
    silence.silence_add(rule="*negative*", reason="planned work", config=config)
    assert "no desk" not in capsys.readouterr().err
