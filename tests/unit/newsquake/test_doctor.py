"""`newsquake doctor`: every fault is one line that says what is wrong and what to do; nothing is changed by looking."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from core.bus.open import open_bus
from core.settings import BrokerSettings, Settings, StoreSettings, load_settings
from core.store import Store, open_store
from newsquake import doctor
from newsquake.broker import EmbeddedBroker
from newsquake.doctor import CheckResult, examine
from tests.support.smtp import SmtpServer


def results(settings: Settings) -> dict[str, CheckResult]:
    return {result.what: result for result in examine(settings, quick=True)}


def of(tmp_path: Path, **sections: Any) -> Settings:
    values = {"data_dir": str(tmp_path), "store": {"url": f"sqlite:///{tmp_path / 'store.db'}"}} | sections
    return load_settings(overrides=values, environ={})


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port that is taken but where nobody answers."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def test_a_fresh_place_is_well_and_nothing_is_made(tmp_path: Path) -> None:
    found = results(of(tmp_path))
    assert {result.what for result in found.values() if result.state == "FAIL"} == set()
    assert "first start creates it" in found["store"].words
    assert list(tmp_path.iterdir()) == []


def test_a_broker_that_is_not_there_is_named_with_a_remedy(tmp_path: Path, deaf_port: int) -> None:
    result = results(of(tmp_path, broker={"address": f"127.0.0.1:{deaf_port}", "connect_timeout_s": 1}))[
        "broker"
    ]
    assert result.state == "FAIL"
    assert f"127.0.0.1:{deaf_port}" in result.words
    assert "make kafka" in result.remedy
    assert "\n" not in result.line()


def test_a_broker_without_our_topics_is_well_and_gets_none(tmp_path: Path, tansu: EmbeddedBroker) -> None:
    settings = of(tmp_path, broker={"address": tansu.address, "durable": False})
    for _ in range(2):
        result = results(settings)["broker"]
        assert result.state == "ok"
        assert "first start creates" in result.words


def test_another_number_of_partitions_is_told_with_the_right_one(tmp_path: Path, broker_address: str) -> None:
    open_bus(BrokerSettings(address=broker_address)).ensure_topics(3)
    wrong = results(of(tmp_path, broker={"address": broker_address, "partitions": 5}))["broker"]
    assert wrong.state == "FAIL"
    assert "set broker.partitions to 3" in wrong.remedy
    assert results(of(tmp_path, broker={"address": broker_address, "partitions": 3}))["broker"].state == "ok"


def test_a_store_that_is_up_to_date_says_so(tmp_path: Path, store: Store, store_url: str) -> None:
    result = results(of(tmp_path, store={"url": store_url}))["store"]
    assert result.state == "ok"
    assert "up to date" in result.words


@pytest.mark.postgres
def test_an_empty_database_is_well_and_stays_empty(tmp_path: Path, postgres: str) -> None:
    result = results(of(tmp_path, store={"url": postgres}))["store"]
    assert result.state == "ok"
    assert "next start migrates its tables" in result.words
    bare = open_store(StoreSettings(url=postgres), migrate=False)
    assert inspect(bare.engine).get_table_names() == []
    bare.close()


def test_a_store_from_the_future_is_told(tmp_path: Path, sqlite_store: Store) -> None:
    with sqlite_store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    result = results(of(tmp_path))["store"]
    assert (result.state, result.remedy) == ("FAIL", "update Newsquake")


def test_a_locked_store_is_told(tmp_path: Path, sqlite_store: Store) -> None:
    with sqlite_store.write():
        settings = of(tmp_path, store={"url": f"sqlite:///{tmp_path / 'store.db'}", "busy_timeout_s": 0.1})
        result = results(settings)["store"]
    assert result.state == "FAIL"
    assert "locked" in result.words


def test_a_database_that_is_not_there_is_told_without_its_password(tmp_path: Path, deaf_port: int) -> None:
    result = results(of(tmp_path, store={"url": f"postgresql://u:geheim@127.0.0.1:{deaf_port}/x"}))["store"]
    assert result.state == "FAIL"
    assert "geheim" not in result.line()
    assert "\n" not in result.line()


def test_a_mail_server_that_answers_is_well_and_gets_no_mail(tmp_path: Path, smtp: SmtpServer) -> None:
    mail = {
        "host": smtp.host, "port": smtp.port, "tls": "none",
        "sender": "a@example.org", "recipients": ["b@example.org"],
    }  # fmt: skip
    result = results(of(tmp_path, delivery={"mail": [mail]}))["mail"]
    assert result.state == "ok"
    assert smtp.mails() == []


def test_a_mail_server_that_is_away_is_told(tmp_path: Path, deaf_port: int) -> None:
    mail = {
        "host": "127.0.0.1", "port": deaf_port, "tls": "none",
        "sender": "a@example.org", "recipients": ["b@example.org"],
    }  # fmt: skip
    result = results(of(tmp_path, delivery={"mail": [mail]}))["mail"]
    assert result.state == "FAIL"
    assert str(deaf_port) in result.words


def test_a_webhook_to_a_private_address_is_told(tmp_path: Path) -> None:
    hook = {"url": "http://127.0.0.1:1/x", "secret": "whsec_" + "QUJD" * 8}
    result = results(of(tmp_path, delivery={"webhooks": [hook]}))["webhook"]
    assert result.state == "FAIL"
    allowed = {**hook, "allow_private_addresses": ["127.0.0.1"]}
    assert results(of(tmp_path, delivery={"webhooks": [allowed]}))["webhook"].state == "ok"


def test_rules_with_a_fault_are_told_with_file_and_line(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules:\n  - nonsense: 1\n")
    result = results(of(tmp_path, alerts={"rules": str(rules)}))["rules"]
    assert result.state == "FAIL"
    assert "rules.yaml:" in result.words


def test_a_source_of_an_unknown_kind_is_told(tmp_path: Path) -> None:
    result = results(of(tmp_path, ingest={"sources": [{"name": "x", "kind": "telepathy"}]}))["sources"]
    assert result.state == "FAIL"


def test_sources_that_nobody_tried_are_not_called_well(tmp_path: Path) -> None:
    feed = {"name": "a", "kind": "feed", "url": "https://a.example/rss"}
    off = {**feed, "name": "b", "enabled": False}
    assert (
        results(of(tmp_path, ingest={"sources": [feed]}))["sources"].words
        == "1 configured, not tried: newsquake sources check"
    )
    assert "1 of 2 on" in results(of(tmp_path, ingest={"sources": [feed, off]}))["sources"].words
    assert results(of(tmp_path, ingest={"sources": [off]}))["sources"].state == "warn"


def test_weights_that_are_not_there_are_told(tmp_path: Path) -> None:
    found = {v.what: v for v in examine(of(tmp_path, classifier={"weights": str(tmp_path / "none")}))}
    assert found["model"].state == "FAIL"
    assert "classifier.weights" in found["model"].remedy


def test_little_room_on_the_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, state in ((50_000_000, "FAIL"), (500_000_000, "warn"), (5_000_000_000, "ok")):
        usage = type("Usage", (), {"free": free})
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder, usage=usage: usage)
        assert results(of(tmp_path))["disk"].state == state


def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    if not Path("/proc/self").exists():
        pytest.skip("needs a folder in which not even root can write")
    result = results(of(tmp_path, data_dir="/proc/self/newsquake"))["disk"]
    assert result.state == "FAIL"
    assert "cannot be written" in result.words


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "newsquake", "doctor", "--quick", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_the_command_ends_with_1_when_anything_is_wrong_and_0_when_not(tmp_path: Path) -> None:
    well = run(cwd=tmp_path)
    assert (well.returncode, well.stderr) == (0, "")
    ill = run("--broker", "127.0.0.1:9", cwd=tmp_path)
    assert ill.returncode == 1
    assert "FAIL broker" in ill.stdout
    assert "Traceback" not in ill.stdout + ill.stderr


def test_settings_with_a_fault_end_with_2_and_name_the_line(tmp_path: Path) -> None:
    (tmp_path / "newsquake.yaml").write_text("broker:\n  partitions: many\n  colour: red\n")
    ill = run(cwd=tmp_path)
    assert ill.returncode == 2
    assert "newsquake.yaml:2: broker.partitions" in ill.stdout
    assert "newsquake.yaml:3: broker.colour: unknown key" in ill.stdout
