"""The compose file without a Docker engine: valid, each command in our command line, safe by default."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.delivery.channels.registry import channel_settings
from core import metrics, yamlfile
from core.settings import Settings, load_settings
from newsquake.cli import COMMANDS, build

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
OURS = ("ingest", "classifier", "classifier-gpu", "alerts", "delivery", "api", "dashboard")
OTHERS = ("kafka", "postgres", "mailpit", "prometheus", "grafana")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def test_the_file_is_what_the_compose_specification_says(compose: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from compose_spec import ComposeSpecification
    plain = {key: value for key, value in compose.items() if not key.startswith("x-")}
    parsed = ComposeSpecification.model_validate(plain)
    assert parsed.services
    assert set(compose["services"]) == set(OURS) | set(OTHERS)


@pytest.mark.parametrize("name", OURS)
def test_every_command_and_option_exists_in_the_command_line(name: str, services: dict[str, Any]) -> None:
    command, *options = services[name]["command"]
    assert command in COMMANDS
    import typer.main

    group: Any = typer.main.get_command(build([command]))
    known = {option for parameter in group.commands[command].params for option in parameter.opts}
    assert {option for option in options if option.startswith("-")} <= known


def test_the_entry_point_is_the_installed_command() -> None:
    assert 'ENTRYPOINT ["newsquake"]' in (ROOT / "Dockerfile").read_text()
    assert 'newsquake = "newsquake.cli:main"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_unprivileged_on_a_read_only_root_and_come_back(
    name: str, services: dict[str, Any]
) -> None:
    service = services[name]
    assert service["user"].split(":")[0] not in ("", "0", "root")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["restart"] == "unless-stopped"
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", OURS + OTHERS)
def test_every_service_has_a_health_check(name: str, services: dict[str, Any]) -> None:
    assert services[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", OURS)
def test_stages_wait_for_a_healthy_broker_and_store(name: str, services: dict[str, Any]) -> None:
    needs = services[name]["depends_on"]
    assert needs["kafka"] == needs["postgres"] == {"condition": "service_healthy"}


def test_ports_are_published_on_the_loopback_address_only(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_secret_stands_in_the_file_and_none_has_a_default() -> None:
    text = FILE.read_text("utf-8")
    for line in text.splitlines():
        if found := re.search(r"PASSWORD:\s+(\S+)", line):
            assert found[1].startswith("${"), line
    assert "${POSTGRES_PASSWORD:?" in text
    assert "${POSTGRES_PASSWORD:-" not in text
    example = (ROOT / ".env.example").read_text()
    assert re.search(r"^POSTGRES_PASSWORD=$", example, re.MULTILINE)
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


def test_profiles_keep_extras_out_of_the_plain_start(services: dict[str, Any]) -> None:
    profiles = {name: service["profiles"] for name, service in services.items() if "profiles" in service}
    assert profiles == {
        "classifier-gpu": ["gpu"],
        "mailpit": ["demo"],
        "prometheus": ["metrics"],
        "grafana": ["metrics"],
    }
    reserved = services["classifier-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert reserved[0]["capabilities"] == ["gpu"]


def test_kafka_and_the_databases_keep_their_data_in_volumes(
    compose: dict[str, Any], services: dict[str, Any]
) -> None:
    for name in ("kafka", "postgres", "prometheus", "grafana"):
        mounted = {volume.split(":")[0] for volume in services[name]["volumes"]}
        assert mounted & set(compose["volumes"]), name
    assert services["kafka"]["environment"]["KAFKA_LOG_DIRS"] == "/var/lib/kafka/data"


def test_kafka_in_compose_and_from_maven_are_one_version(services: dict[str, Any]) -> None:
    script = (ROOT / "scripts" / "kafka.py").read_text()
    version = services["kafka"]["image"].split(":")[1]
    assert f'VERSION = "{version}"' in script


@pytest.mark.parametrize("name", OURS)
def test_the_environment_of_each_stage_is_settings_we_know(name: str, services: dict[str, Any]) -> None:
    environment = {
        key: re.sub(r"\$\{[^}]*:-([^}]*)\}", r"\1", re.sub(r"\$\{[^}]*:\?[^}]*\}", "12345", value))
        for key, value in services[name]["environment"].items()
    }
    settings = load_settings(ROOT / "deploy" / "newsquake.yaml", environ=environment)
    assert settings.broker.address == "kafka:19092"
    assert settings.store.url == "postgresql+psycopg://newsquake:12345@postgres:5432/newsquake"
    assert (settings.telemetry.metrics_host, settings.telemetry.metrics_port) == ("0.0.0.0", 9400)


def test_the_mail_catchers_line_of_the_example_is_a_channel() -> None:
    example = (ROOT / ".env.example").read_text()
    found = re.search(r"^# NEWSQUAKE_MAIL=(.*)$", example, re.MULTILINE)
    assert found
    settings = load_settings(environ={"NEWSQUAKE_DELIVERY__MAIL": found[1]})
    [(kind, entry)] = channel_settings(settings)
    assert (kind.name, entry.model_dump()["host"], entry.model_dump()["port"]) == ("mail", "mailpit", 1025)


def test_the_settings_file_of_the_containers_checks() -> None:
    assert yamlfile.load(ROOT / "deploy" / "newsquake.yaml", Settings).alerts.desk == "main"


def test_prometheus_scrapes_the_stages_that_serve_metrics(services: dict[str, Any]) -> None:
    config = yaml.safe_load((ROOT / "deploy" / "prometheus.yml").read_text())
    [found] = config["scrape_configs"][0]["dns_sd_configs"]
    assert found["port"] == 9400
    assert set(found["names"]) == set(OURS) - {"api", "dashboard"}


def test_the_board_shows_metrics_of_our_catalogue_and_all_of_them() -> None:
    board = json.loads((ROOT / "deploy" / "grafana" / "dashboards" / "newsquake.json").read_text())
    expressions = " ".join(target["expr"] for panel in board["panels"] for target in panel["targets"])
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"newsquake_\w+", expressions)}
    source = Path(metrics.__file__).read_text()
    catalogue = set(re.findall(r'"(newsquake_\w+)"', source))
    assert shown <= catalogue
    assert catalogue - shown <= {"newsquake_articles_sent_total"}


def test_what_the_image_copies_is_there() -> None:
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for name in line.split()[1:-1]:
                assert (ROOT / name).exists(), name
