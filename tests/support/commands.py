"""A desk with one alert that fires, for tests of commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.settings import load_settings
from core.store import Store
from tests.support.alertrows import change, decide, rules_of
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
