"""The command line that starts the page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from core.settings import load_settings
from dashboard.launch import command, environment

SETTINGS = load_settings(None, {"dashboard": {"port": 8765}, "store": {"url": "sqlite:///x.db"}}, environ={})


def test_it_binds_this_machine_only_and_tells_nobody() -> None:
    line = command(SETTINGS)
    assert "--server.address=127.0.0.1" in line and "--server.port=8765" in line
    assert "--browser.gatherUsageStats=false" in line and "--server.headless=true" in line
    assert Path(line[line.index("run") + 1]).is_file()


def test_every_option_is_one_that_streamlit_knows() -> None:
    known = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "--help"], capture_output=True, text=True, check=True
    ).stdout
    for flag in command(SETTINGS):
        if flag.startswith("--"):
            assert flag.split("=")[0] in known


def test_the_page_reads_the_same_store_and_desk(tmp_path: Path) -> None:
    found = environment(SETTINGS)
    assert load_settings(None, environ=found).store.url == SETTINGS.store.url
    file = tmp_path / "newsquake.yaml"
    file.write_text("alerts: {desk: asia}\n")
    assert environment(load_settings(file, environ={}), file)["NEWSQUAKE_CONFIG"] == str(file)


def test_asking_for_the_command_line_does_not_import_streamlit() -> None:
    code = "import sys, dashboard.launch; sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
