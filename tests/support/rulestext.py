"""Rules as text: a smallest file, the one rule of a text, and what a text is told to be wrong with it."""

from __future__ import annotations

import pytest

from alerts.rules.loading import parse_rules
from alerts.rules.model import Rule
from core.errors import ConfigError

MINIMAL = """
rules:
  - name: one
    series: ["topic:*"]
    detector: negative_share
"""


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_rules(text, "rules.yaml")
    return str(caught.value).splitlines()


def only(text: str) -> Rule:
    (rule,) = parse_rules(text, "rules.yaml").rules
    return rule
