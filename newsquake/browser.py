"""A real browser on a real dashboard: what the screenshots and the browser tests stand on.

Needs the extra `dev` (playwright) and the system's Chromium; says so in one line where one of them lacks.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Literal

from core.errors import ConfigError, NewsquakeError
from core.settings import load_settings
from dashboard.launch import HEALTH, command, environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--font-render-hinting=none",
)  # fmt: skip
_QUIET = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    if (!app || app.getAttribute('data-test-script-state') !== 'notRunning') return false;
    if (document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')) return false;
    if (!document.querySelector('h1')) return false;
    const charts = [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')];
    return charts.every(chart => chart.querySelector('svg.marks, canvas.marks'));
}"""
PATIENCE_MS = 90_000
"""How long a page may take on a busy machine."""


def chromium() -> str:
    """The system's Chromium. Raises ConfigError where there is none."""
    names = (os.environ.get("NEWSQUAKE_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    for name in names:
        if name and (found := shutil.which(name)):
            return found
    raise ConfigError("no Chromium found: install it (apt-get install chromium), or set NEWSQUAKE_CHROMIUM")


@contextmanager
def running_dashboard(store_url: str, **settings: Any) -> Iterator[str]:
    """The dashboard as a process of its own on a free port; gives its address. Raises NewsquakeError if it dies.

    `settings`: further dashboard settings, such as `users`.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    chosen = load_settings(
        None, {"store": {"url": store_url}, "dashboard": {"port": port, **settings}}, environ={}
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NEWSQUAKE_")}
    # Its words go to a file: on a pipe whose reader was killed it could not even say that it ends, and would stay.
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            command(chosen), env={**clean, **environment(chosen)}, stdout=words, stderr=subprocess.STDOUT
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address, process, words)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(address: str, process: subprocess.Popen[bytes], words: IO[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            words.seek(0)
            said = words.read().decode(errors="replace")
            raise NewsquakeError(f"the dashboard ended at once (exit {process.returncode}): {said[-500:]}")
        try:
            with urllib.request.urlopen(address + HEALTH, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise NewsquakeError(f"the dashboard does not answer on {address}{HEALTH} within 60 s")


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, headless."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError as error:
        raise ConfigError("playwright is missing: pip install 'newsquake[dev]'") from error
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=list(_FLAGS))
        try:
            yield opened
        finally:
            opened.close()


def open_page(
    opened: Browser,
    address: str,
    *,
    width: int = 1440,
    height: int = 1000,
    theme: Literal["light", "dark"] = "light",
) -> Page:
    """A page on `address`, in a context of its own, ready to be looked at."""
    context = opened.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
    page = context.new_page()
    page.goto(address)
    ready(page)
    return page


def ready(page: Page) -> None:
    """Wait until the script has run, nothing is stale and every chart is drawn (twice in a row: runs follow runs)."""
    for _ in range(2):
        page.wait_for_function(_QUIET, timeout=PATIENCE_MS)
        page.wait_for_timeout(250)
