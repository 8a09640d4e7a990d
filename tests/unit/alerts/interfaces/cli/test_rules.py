"""`newsquake rules check` and `rules list`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alerts.interfaces.cli import rules as cli_rules
from alerts.interfaces.cli.rules import unknown_channels
from alerts.rules.loading import parse_rules
from core.errors import ConfigError
from tests.support.alertrows import rules_of
from tests.support.commands import out
from tests.support.rulestext import MINIMAL


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


def test_an_unknown_channel_is_named_with_its_line() -> None:
    text = MINIMAL + "    route:\n      low: []\n      high: [mail, pager]\nnotify:\n  escalate:\n"
    rules = parse_rules(text + "    - {after: 1h, to: [boss]}\n", "rules.yaml")
    assert unknown_channels(rules, ["mail"]) == [
        (8, "rules.0.route.high.1: no channel 'pager' (mail)"),
        (11, "notify.escalate.0.to.0: no channel 'boss' (mail)"),
    ]
