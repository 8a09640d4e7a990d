"""What a person meets first: help, exit statuses, one clear line."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from newsquake.cli import COMMANDS


def run(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "newsquake", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "COLUMNS": "200", **environment},
        timeout=120,
    )


def test_help_lists_every_command_without_importing_it() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    for command in COMMANDS:
        assert command.split(" ")[0] in shown.stdout


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(command: str) -> None:
    shown = run(*command.split(" "), "--help")
    assert shown.returncode == 0, shown.stderr
    assert "Usage: newsquake" in shown.stdout


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["bogus"], "No such command"),
        (["up", "--bogus"], "No such option"),
        (["up", "--replay", "missing.jsonl", "--exit"], "missing.jsonl: no such file"),
        (["up", "--replay", "missing.jsonl", "--speed", "fast"], "--speed fast: expected a number"),
        (["up", "--exit"], "--exit needs --replay"),
        (["bench", "scoring", "--other-python", "nope"], "--other-python nope: no such interpreter"),
        (["evaluate", "--sets", "foo", "--data", "."], "--sets foo: not known; expected phrasebank, twitter"),
        (["up", "-c", "nowhere.yaml"], "nowhere.yaml: no such file"),
        (["alert-worker"], "no broker"),
        (
            ["classify-worker", "--broker", "127.0.0.1:1", "--partitions", "a"],
            "--partitions a: expected numbers",
        ),
        (["up", "--store", "mysql://x"], "expected sqlite:///FILE or postgresql://"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_status_2(arguments: list[str], said: str, tmp_path: Path) -> None:
    shown = run(*arguments, cwd=tmp_path)
    assert shown.returncode == 2, shown.stderr
    assert said in shown.stderr
    assert "Traceback" not in shown.stderr


def test_wrong_settings_are_named_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "newsquake.yaml").write_text("broker:\n  partitions: many\nstores: {}\nalerts:\n  pane: 5x\n")
    shown = run("up", cwd=tmp_path)
    assert shown.returncode == 2
    lines = shown.stderr.strip().splitlines()
    assert [line.split(": ")[0] + ": " + line.split(": ")[1] for line in lines] == [
        "newsquake: newsquake.yaml:2",
        "newsquake.yaml:3: stores",
        "newsquake.yaml:5: alerts.pane",
    ]


def test_a_fault_of_the_environment_is_named_as_such(tmp_path: Path) -> None:
    shown = run("alert-worker", cwd=tmp_path, NEWSQUAKE_BROKER__PARTITIONS="0")
    assert shown.returncode == 2
    assert "environment" in shown.stderr and "broker.partitions" in shown.stderr


def test_init_writes_files_that_check_and_does_not_write_over_them(tmp_path: Path) -> None:
    assert run("init", "desk", cwd=tmp_path).returncode == 0
    from alerts.rules.loading import load_rules
    from core.settings import load_settings

    load_settings(tmp_path / "desk" / "newsquake.yaml", None, {})
    assert load_rules(tmp_path / "desk" / "rules.yaml").rules
    again = run("init", "desk", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_tokens_are_shown_once_kept_hashed_and_revoked(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'a.db'}"
    made = run("tokens", "create", "scraper", "--scope", "push", "--store", store)
    token = made.stdout.strip()
    assert made.returncode == 0 and token.startswith("nq_")
    assert token.encode() not in (tmp_path / "a.db").read_bytes()
    assert "scraper" in run("tokens", "list", "--store", store).stdout
    assert run("tokens", "revoke", "scraper", "--store", store).returncode == 0
    assert "revoked" in run("tokens", "list", "--store", store).stdout
    assert run("tokens", "revoke", "nobody", "--store", store).returncode == 2


def test_the_demo_deletes_nothing_that_it_did_not_make(tmp_path: Path) -> None:
    precious = tmp_path / "precious" / "notes.txt"
    precious.parent.mkdir()
    precious.write_text("keep")
    shown = run("demo", "--folder", str(precious.parent), "--articles", "100", "--no-dashboard", "--exit")
    assert shown.returncode == 2
    assert "contains other files (notes.txt" in shown.stderr
    assert precious.read_text() == "keep"


@pytest.mark.parametrize("command", ["detect series.csv", "rules list", "rules list --json", "sources list"])
def test_a_reader_that_leaves_early_is_no_fault(command: str, tmp_path: Path) -> None:
    rows = "".join(f"2026-01-{day:02} {hour:02}:00:00,{hour}\n" for day in range(1, 29) for hour in range(24))
    (tmp_path / "series.csv").write_text("timestamp,value\n" + rows * 4)
    read, write = os.pipe()
    os.close(read)  # whoever would have read is gone before the first word
    ran = subprocess.run(
        [sys.executable, "-m", "newsquake", *command.split(" ")],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        timeout=120,
    )
    os.close(write)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_port_that_is_taken_is_said_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        shown = run("api", "--port", port, "--store", f"sqlite:///{tmp_path}/s.db", cwd=tmp_path)
    assert shown.returncode == 2
    assert shown.stderr.splitlines() == [
        f"newsquake: api: 127.0.0.1:{port}: it is in use; choose another by --port, "
        "or api.host and api.port in newsquake.yaml"
    ]


def test_json_on_standard_output_is_json_alone(tmp_path: Path) -> None:
    shown = run("rules", "list", "--json", cwd=tmp_path)  # no store there: that is worth a log line at most
    assert shown.returncode == 0
    assert json.loads(shown.stdout)["rules"] and shown.stderr == ""


def test_check_without_a_store_says_nothing_of_it(tmp_path: Path) -> None:
    shown = run("rules", "check", cwd=tmp_path)
    assert shown.stdout.count("\n") == 1 and "nothing wrong" in shown.stdout


def test_what_a_person_wrote_is_printed_as_written(tmp_path: Path) -> None:
    shown = run("classify", "X:a: 5", cwd=tmp_path)
    assert shown.stderr.splitlines()[-1] == "newsquake: X:a: 5: no such file"
    (tmp_path / "newsquake.yaml").write_text(
        "ingest:\n  sources:\n    - {name: wire, kind: dump, path: '/news/:a:/[red]/in.jsonl'}\n"
    )
    listed = run("sources", "list", cwd=tmp_path)
    assert "/news/:a:/[red]/in.jsonl" in listed.stdout, listed.stderr
    checked = run("doctor", "--quick", "-c", "X:a:.yaml", cwd=tmp_path)
    assert "X:a:.yaml" in checked.stdout, checked.stderr
