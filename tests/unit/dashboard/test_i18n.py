"""English and Chinese: nothing is missing, nothing is left over."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import dashboard
from alerts.handling.actions import REJECTIONS, SEVERAL, TOO_SHORT
from alerts.handling.silences import EVERYTHING, NONE_LEFT
from alerts.handling.suppression import (
    JUST_NOTIFIED,
    NEVER_NOTIFIED,
    OF_A_REPLAY,
    TOO_LATE,
    SuppressionReason,
)
from alerts.reasons import NO_REASON
from core.errors import Reason
from core.records import TOPICS
from dashboard.charts.palette import PALETTES
from dashboard.i18n import catalogue, translate
from dashboard.names import TOPIC_NAMES, title
from dashboard.period import WIDTHS
from dashboard.viewer import PERIODS
from dashboard.views.submit import BOXES
from dashboard.views.timeline import ABOUT

FOLDER = Path(dashboard.__file__).parent
ENGLISH, CHINESE = catalogue("en"), catalogue("zh")
BY_DATA = {  # words that come from the store and from tables of choices
    "low", "medium", "high", "critical", "pending", "firing", "resolved", "true", "false", "duplicate", "known",
    "ingest", "classifier", "alerts", "delivery", "running", "done", "stopped", "failed", "draining",
    "silent", "ok", "broken", "market", "outage",
    "waiting", "sent", "withheld", "refused", "expired", "alert.acknowledge", "alert.unacknowledge", "alert.dispose",
    "alert.close", "alert.escalate", "6h slots",
    NO_REASON, SEVERAL, TOO_SHORT, *REJECTIONS, NONE_LEFT, EVERYTHING, *BOXES.values(),
    *(f"notified {event}" for event in ("firing", "severity", "resolved", "reminder", "escalated")),
    *(key for key in CHINESE if key.startswith("counted ")),  # what stages count: any may be new
    *map(str, SuppressionReason), *ABOUT.values(), OF_A_REPLAY, NEVER_NOTIFIED, TOO_LATE, JUST_NOTIFIED,
    "skip", "show", "negative", "neutral", "positive", "unsure",
    *(f"disposition {name}" for name in ("true", "false", "duplicate", "known")),
    *PERIODS, *WIDTHS, *(palette.title for palette in PALETTES.values()),
}  # fmt: skip


def said() -> set[str]:
    """Every text that the code asks to be translated. (Babel's extractor takes strings of nested calls as well.)"""
    found = set()
    for file in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = {"t": 0, "translate": 0, "choice": 0, "header": 1}.get(name)
            if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                found.add(node.args[place].value)
    return found | {title for _, title, *_ in _pages()}


def _pages() -> list[tuple[str, str]]:
    return re.findall(r'\("(\w+)", "([A-Z]\w+)", ":material', (FOLDER / "app.py").read_text())


def test_every_text_has_its_chinese() -> None:
    missing = sorted(said() - set(CHINESE))
    assert not missing


def test_why_an_action_is_rejected_has_its_chinese() -> None:
    said = {
        *REJECTIONS,
        NONE_LEFT,
        EVERYTHING,
        NO_REASON,
        *BOXES.values(),
        *map(str, SuppressionReason),
        *ABOUT.values(),
    }
    assert not sorted(said - set(CHINESE))


def test_no_chinese_is_left_over() -> None:
    assert not sorted(set(CHINESE) - said() - BY_DATA)


@pytest.mark.parametrize("text", sorted(CHINESE))
def test_both_languages_have_the_same_places(text: str) -> None:
    assert set(re.findall(r"{(\w+)", CHINESE[text])) == set(re.findall(r"{(\w+)", text))


def test_an_unknown_text_stays_as_it_is() -> None:
    assert translate(str(Reason.NO_TEXT), "zh") == "no_text"
    assert translate("disposition false", "en") == ENGLISH["disposition false"] == "false alarm"


def test_every_topic_has_a_name_in_both_languages() -> None:
    assert set(TOPIC_NAMES) == set(TOPICS)
    assert title("topic:equities_market@zh", "zh") == "股票市场 · 中文"
