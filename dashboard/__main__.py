"""Streamlit, ended when the process that started it is gone (NEWSQUAKE_PARENT), even if it was killed."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(3)
    os._exit(0)


def main() -> None:
    """Run `streamlit` with the arguments given."""
    if parent := os.environ.get("NEWSQUAKE_PARENT"):
        threading.Thread(target=_watch, args=(int(parent),), daemon=True).start()
    from streamlit.web.cli import main as streamlit

    sys.argv[0] = "streamlit"
    streamlit()


if __name__ == "__main__":
    main()
