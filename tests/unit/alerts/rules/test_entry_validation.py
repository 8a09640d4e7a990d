"""Faults between entries are reported beside faults of entries, and none that only follows from another."""

from __future__ import annotations

import pytest
import yaml
from pydantic import ValidationError

from alerts.rules.schema import RulesFile
from tests.support.rulestext import MINIMAL, faults


def test_all_faults_are_told_not_only_the_first() -> None:
    told = faults(MINIMAL.replace("topic:*", "topic:x") + "    window: soon\n    budget: 0\n")
    assert len(told) == 3


MANY = """
rules:
  - name: a
    series: ["entity:*"]
    detector: negative_share
    window: -1h
  - name: a
    series: ["topic:nonsense"]
    detector: nosuch
  - name: b
    series: ["entity:*"]
    detector: {kind: volume, memory_days: -1, foo: 3}
    window: 90d
  - name: c
    series: []
    detector: static
  - name: d
    watch_list: nolist
    detector: volume
    unknown_key: 1
"""


def test_faults_between_entries_are_told_beside_those_of_entries() -> None:
    said = [line.split(": ", 2)[:2] for line in faults(MANY)]
    assert said == [
        ["rules.yaml:6", "rules.0.window"],
        ["rules.yaml:7", "rules.1.name"],
        ["rules.yaml:8", "rules.1.series.0"],
        ["rules.yaml:9", "rules.1.detector"],
        ["rules.yaml:12", "rules.2.detector.foo"],
        ["rules.yaml:12", "rules.2.detector.memory_days"],
        ["rules.yaml:13", "rules.2.window"],
        ["rules.yaml:14", "rules.3.threshold"],
        ["rules.yaml:14", "rules.3"],
        ["rules.yaml:18", "rules.4.watch_list"],
        ["rules.yaml:20", "rules.4.unknown_key"],
    ]


@pytest.mark.parametrize(
    "text",
    [
        MINIMAL.replace('series: ["topic:*"]', "serie: [all]"),  # not also: expected series
        MINIMAL.replace("detector: negative_share", "detector: static\n    threshold: much"),
        MINIMAL + "    watch_list: mine\nwatch_lists: {mine: [5]}\n",
        MINIMAL.replace("    detector: negative_share\n", ""),
        MINIMAL + "  - 5\n",
        MINIMAL + "  - {series: [all], detector: volume}\n",
        MINIMAL + "immediate: [{name: x}]\ninhibit: [{by: {rule: one}}]\n",
        MINIMAL + "notify: {again: {times: many}, escalate: [{}]}\n",
        "rules: 5\nsectors: [banks]\n",
        MINIMAL.replace("negative_share", "sector_divergence") + "sectors: {banks: 5}\n",
    ],
)
def test_no_fault_is_told_that_only_comes_of_another(text: str) -> None:
    try:
        RulesFile.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        assert len(faults(text)) == error.error_count()
