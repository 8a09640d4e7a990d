"""Settings: every key checked, every fault with its place, the environment above the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigError
from core.settings import BrokerSettings, DeliverySettings, load_settings


def load(tmp_path: Path, text: str, **environ: str) -> object:
    file = tmp_path / "newsquake.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, environ=environ)


def test_nothing_said_is_all_defaults() -> None:
    settings = load_settings(environ={})
    assert (settings.broker.partitions, settings.alerts.pane, settings.dashboard.host) == (
        4,
        60_000,
        "127.0.0.1",
    )


@pytest.mark.parametrize(
    "text, told",
    [
        ("broker:\n  partitons: 4\n", "newsquake.yaml:2: broker.partitons: unknown key"),
        ("broker:\n  partitions: many\n", "newsquake.yaml:2: broker.partitions: .*got 'many'"),
        ("broker:\n  partitions: 0\n", "newsquake.yaml:2: broker.partitions: .*greater than or equal to 1"),
        ("\n\nstore:\n  url: mysql://x\n", r"newsquake.yaml:4: store.url: expected sqlite:///FILE"),
        ("alerts:\n  pane: soon\n", "newsquake.yaml:2: alerts.pane: not a span of time"),
        ("alerts:\n  desk: Büro 1\n", "newsquake.yaml:2: alerts.desk"),
        ("broker: {partitions: 4, partitions: 5}\n", "newsquake.yaml:1: 'partitions' stands twice"),
        ("? [a]\n: 1\n", "newsquake.yaml:1: a list or a mapping cannot be a key"),
        ("- a\n- b\n", "newsquake.yaml:1: expected keys and values, got list"),
        ("broker: [\n", "newsquake.yaml:2"),
        ("telemetry:\n  log_level: loud\n", "newsquake.yaml:2: telemetry.log_level"),
    ],
)
def test_a_fault_names_file_line_and_what_was_expected(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        load(tmp_path, text)
    assert "\n\n" not in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "colour: red\nbroker:\n  partitions: x\nstore:\n  url: y\n")
    assert len(str(caught.value).splitlines()) == 3


def test_the_environment_outranks_the_file_and_the_command_line_both(tmp_path: Path) -> None:
    file = tmp_path / "newsquake.yaml"
    file.write_text("broker:\n  address: file:1\n  partitions: 2\n")
    environ = {"NEWSQUAKE_BROKER__ADDRESS": "env:1", "NEWSQUAKE_CACHE": "/nowhere", "PATH": "/bin"}
    settings = load_settings(file, environ=environ)
    assert (settings.broker.address, settings.broker.partitions) == ("env:1", 2)
    settings = load_settings(file, {"broker": {"address": "line:1"}}, environ=environ)
    assert (settings.broker.address, settings.broker.partitions) == ("line:1", 2)


def test_a_fault_of_the_environment_is_named_as_such() -> None:
    with pytest.raises(ConfigError, match=r"environment.*broker\.partitions"):
        load_settings(environ={"NEWSQUAKE_BROKER__PARTITIONS": "many"})
    with pytest.raises(ConfigError, match=r"environment.*broker\.colour: unknown key"):
        load_settings(environ={"NEWSQUAKE_BROKER__COLOUR": "red"})


@pytest.mark.parametrize("password", ["12345", "0x1F", "1e5", "yes", "null ", "~", "a: b", "#hash", "007"])
def test_a_password_in_the_environment_stays_what_it_is(password: str) -> None:
    settings = load_settings(environ={"NEWSQUAKE_BROKER__SASL_PASSWORD": password})
    assert settings.broker.sasl_password == password


def test_numbers_switches_spans_lists_and_nothing_come_from_the_environment() -> None:
    settings = load_settings(
        environ={
            "NEWSQUAKE_BROKER__PARTITIONS": "8",
            "NEWSQUAKE_BROKER__DURABLE": "false",
            "NEWSQUAKE_ALERTS__PANE": "5m",
            "NEWSQUAKE_ALERTS__ALLOWED_LATENESS": "90",
            "NEWSQUAKE_CLASSIFIER__SCORE_CACHE": "null",
            "NEWSQUAKE_INGEST__SOURCE_FILES": "[a.yaml, b.yaml]",
            "NEWSQUAKE_TELEMETRY__METRICS_PORT": "9400",
            "NEWSQUAKE_DATA_DIR": "/data",
        }
    )
    assert settings.broker.partitions == 8
    assert settings.broker.durable is False
    assert (settings.alerts.pane, settings.alerts.allowed_lateness) == (300_000, 90_000)
    assert settings.classifier.score_cache is None
    assert settings.ingest.source_files == ["a.yaml", "b.yaml"]
    assert settings.telemetry.metrics_port == 9400
    assert settings.data_dir == "/data"


def test_a_broken_list_in_the_environment_is_one_clear_line() -> None:
    with pytest.raises(ConfigError, match="NEWSQUAKE_INGEST__SOURCE_FILES"):
        load_settings(environ={"NEWSQUAKE_INGEST__SOURCE_FILES": "[a, "})


def test_a_name_that_is_both_a_value_and_a_group_is_one_clear_line() -> None:
    with pytest.raises(ConfigError, match="NEWSQUAKE_BROKER"):
        load_settings(environ={"NEWSQUAKE_BROKER__ADDRESS": "a:1", "NEWSQUAKE_BROKER__ADDRESS__PORT": "2"})


@pytest.mark.parametrize(
    "name, content, told",
    [
        ("none.yaml", None, "no such file.*newsquake init"),
        ("latin.yaml", "broker: ä".encode("latin-1"), "not UTF-8"),
        ("dir.yaml", "dir", "Is a directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    tmp_path: Path, name: str, content: bytes | str | None, told: str
) -> None:
    file = tmp_path / name
    if content == "dir":
        file.mkdir()
    elif isinstance(content, bytes):
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=told):
        load_settings(file, environ={})


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "newsquake.yaml").write_text("alerts:\n  rules: rules.yaml\n")
    settings = load_settings(tmp_path / "newsquake.yaml", environ={})
    assert settings.path("rules.yaml") == tmp_path / "rules.yaml"


def test_secrets_do_not_stand_in_what_is_printed() -> None:
    shown = repr(BrokerSettings(sasl_password="geheim")) + repr(
        DeliverySettings.model_validate({"mail": [{"host": "h", "password": "geheim"}]})
    )
    assert "geheim" not in shown


def test_security_settings_reach_the_client() -> None:
    options = BrokerSettings(
        security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-512", sasl_username="u", sasl_password="p",
        ssl_cafile="ca.pem",
    ).client_options()  # fmt: skip
    assert options == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "u",
        "sasl_plain_password": "p",
        "ssl_cafile": "ca.pem",
    }


def test_an_unknown_key_names_the_nearest_known_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"broker\.adress: unknown key \(did you mean address\?\)"):
        load(tmp_path, "broker:\n  adress: x\n")
    with pytest.raises(ConfigError, match=r"classifier\.registr: unknown key \(did you mean register\?\)"):
        load(tmp_path, "classifier:\n  registr: news\n")
    with pytest.raises(ConfigError, match=r"broker\.colour: unknown key$"):
        load(tmp_path, "broker:\n  colour: red\n")


def test_a_fault_of_the_environment_names_its_variable() -> None:
    with pytest.raises(
        ConfigError, match=r"^environment: NEWSQUAKE_BROKER__PARTITIONS: broker\.partitions: .*'many'$"
    ):
        load_settings(environ={"NEWSQUAKE_BROKER__PARTITIONS": "many", "NEWSQUAKE_BROKER__ADDRESS": "a:1"})
    with pytest.raises(
        ConfigError, match=r"^environment: NEWSQUAKE_BROKR__ADDRESS: brokr: .*mean broker\?\)$"
    ):
        load_settings(environ={"NEWSQUAKE_BROKR__ADDRESS": "a:1"})


def test_a_variable_that_does_nothing_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    environ = {
        "NEWSQUAKE_BROKER_ADRESS": "a:1", "NEWSQUAKE_VENDOR_TOKEN": "t", "NEWSQUAKE_CACHE": "/x",
        "NEWSQUAKE_PORT_8600_TCP_ADDR": "10.0.0.1", "NEWSQUAKE_SERVICE_HOST": "10.0.0.1", "NEWSQUAKE_TEST_X": "1",
    }  # fmt: skip
    load_settings(environ=environ)
    load_settings(environ=environ)
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "environment: NEWSQUAKE_BROKER_ADRESS is no setting of Newsquake and does nothing; "
        "did you mean NEWSQUAKE_BROKER__ADDRESS?",
        "environment: NEWSQUAKE_VENDOR_TOKEN is no setting of Newsquake and does nothing",
    ]
