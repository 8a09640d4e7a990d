"""Compiled, the desk decides what it decides as plain Python: every output over fixed streams, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="needs a C compiler"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled") / "twins"
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "compile.py", "--into", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if "Python.h" in done.stderr:
        pytest.skip("needs Python's headers")
    assert done.returncode == 0, done.stderr
    return folder


def run(code: list[str], twins: Path | str) -> str:
    environment = {**os.environ, "NEWSQUAKE_COMPILED": str(twins)}
    done = subprocess.run(
        [sys.executable, *code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


def test_they_are_what_runs(twins: Path) -> None:
    shown = ["-c", "import alerts, alerts.engine.desk; print(alerts.COMPILED, alerts.engine.desk.__file__)"]
    assert run(shown, twins).startswith(f"True {twins}")
    assert run(shown, "off").startswith(f"False {ROOT}")


def test_every_output_is_the_same(twins: Path) -> None:
    code = ["-m", "bench.same", "--articles", "4000"]
    plain = run(code, "off")
    assert "alerts.jsonl" in plain
    assert run(code, twins) == plain


RESTART = """
import sys
from alerts.engine.desk import Desk
from alerts.engine.watermark import Watermark
from alerts.rules.loading import parse_rules
from alerts.storage import persist, restore
from alerts.engine.assembly import runners_of
from alerts.testing import START
from core.records import Marker
from core.settings import StoreSettings
from core.store import open_store
from core.times import HOUR, MINUTE
from tests.support.packs import RULES, news

rules = parse_rules(RULES.source.replace("threshold: 2.0", "threshold: 2.0\\n    hold: 15m"), "rules.yaml")
store, told = open_store(StoreSettings(url=f"sqlite:///{sys.argv[1]}")), 0
for stop in (START + 50 * HOUR + 8 * MINUTE, START + 50 * HOUR + 40 * MINUTE, START + 60 * HOUR):
    desk = Desk(rules, runners_of(rules, MINUTE), Watermark(1, MINUTE), MINUTE)
    with store.read() as connection:
        restore.load(connection, "main", desk)
    for one in news():
        if desk.closed <= one.article.available_at < stop:
            desk.add(one)
    desk.on_marker(0, Marker(writer="t", t=stop + MINUTE, end=stop == START + 60 * HOUR))
    with store.write() as connection:
        while True:
            more = desk.advance()
            effects = desk.effects()
            told += len(effects.changes)
            persist.save(connection, "main", desk, effects)
            if not more:
                break
        persist.save_progress(connection, "main", desk, {0: 1}, "t")
    print([sorted((a.rule, a.series, a.state, a.severity) for a in w.alerts.values()) for w in desk.runners], told)
"""


def test_open_alerts_are_read_again_after_a_restart(twins: Path, tmp_path: Path) -> None:
    said = run(["-c", RESTART, str(tmp_path / "plain.db")], "off")
    assert "pending" in said and "firing" in said
    assert run(["-c", RESTART, str(tmp_path / "twins.db")], twins) == said
