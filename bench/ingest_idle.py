"""What 200 sources cost when nothing is new: share of one core, over a minute.

    python bench/ingest_idle.py [--sources 200] [--seconds 60] [--every 60s]

Each source is a feed on a local server that answers 304; the broker is the embedded one, the store SQLite.
"""

from __future__ import annotations

import argparse
import http.server
import multiprocessing
import sys
import tempfile
import threading
import time
from typing import Any

import structlog

FEED = b'<rss version="2.0"><channel><title>t</title><item><guid>1</guid><title>One</title></item></channel></rss>'


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers once, then 304."""

    def do_GET(self) -> None:
        """A feed, or nothing new, or no robots.txt."""
        if self.path == "/robots.txt":
            self.send_error(404)
        elif self.headers.get("if-none-match"):
            self.send_response(304)
            self.end_headers()
        else:
            self.send_response(200)
            self.send_header("etag", '"1"')
            self.send_header("content-length", str(len(FEED)))
            self.end_headers()
            self.wfile.write(FEED)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def serve(ports: Any) -> None:
    """The feeds' server, in a process of its own so that its CPU is not counted."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ports.put(server.server_port)
    server.serve_forever()


def main() -> int:
    """Print the share; status 1 at five per cent or more."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--every", default="60s")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    from core.bus import open_bus
    from core.settings import load_settings
    from core.stage import Stage
    from core.store import open_store
    from ingest.live.runner import LiveRunner
    from newsquake.broker import EmbeddedBroker

    context = multiprocessing.get_context("fork")
    ports = context.Queue()
    server = context.Process(target=serve, args=(ports,), daemon=True)
    server.start()
    base = f"http://127.0.0.1:{ports.get()}"
    broker = EmbeddedBroker()
    with tempfile.TemporaryDirectory() as folder:
        sources = [
            {
                "name": f"s{number}",
                "kind": "feed",
                "url": f"{base}/{number}",
                "every": options.every,
                "full_text": False,
            }
            for number in range(options.sources)
        ]
        settings = load_settings(
            None,
            {
                "store": {"url": f"sqlite:///{folder}/bench.db"},
                "broker": {"address": broker.start(), "durable": False},
                "ingest": {"sources": sources, "allow_private_addresses": ["127.0.0.1"], "host_delay": "0s"},
            },
        )
        store = open_store(settings.store)
        bus = open_bus(settings.broker)
        stage = Stage("ingest", store)
        thread = threading.Thread(target=LiveRunner(settings, bus, store, stage).run)
        thread.start()
        while stage.counters["sent"] < options.sources:  # the first look at each takes its news in
            time.sleep(0.5)
        cpu, wall = time.process_time(), time.perf_counter()
        time.sleep(options.seconds)
        share = (time.process_time() - cpu) / (time.perf_counter() - wall)
        stage.stop()
        thread.join()
    broker.stop()
    server.terminate()
    print(f"{options.sources} sources looked at every {options.every}: {share:.1%} of one core")
    return 0 if share < 0.05 else 1


if __name__ == "__main__":
    sys.exit(main())
