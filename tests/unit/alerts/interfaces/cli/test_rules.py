"""`newsquake rules check` and `rules list`."""

from __future__ import annotations

from alerts.interfaces.cli.rules import unknown_channels
from alerts.rules.loading import parse_rules
from tests.support.rulestext import MINIMAL


def test_an_unknown_channel_is_named_with_its_line() -> None:
    text = MINIMAL + "    route:\n      low: []\n      high: [mail, pager]\nnotify:\n  escalate:\n"
    rules = parse_rules(text + "    - {after: 1h, to: [boss]}\n", "rules.yaml")
    assert unknown_channels(rules, ["mail"]) == [
        (8, "rules.0.route.high.1: no channel 'pager' (mail)"),
        (11, "notify.escalate.0.to.0: no channel 'boss' (mail)"),
    ]
