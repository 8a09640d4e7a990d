"""Structured logs, one event a line, to standard error; JSON unless that is a terminal."""

from __future__ import annotations

import logging
import sys

import structlog

from core.settings import TelemetrySettings

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def logs_of_a_command(debug: bool) -> None:
    """Log to standard error until a stage configures its own logs; standard output is for results (`--json`)."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS["debug" if debug else "info"]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def configure_logs(settings: TelemetrySettings, stage: str) -> None:
    """Set up structlog and the standard library's logging; every line carries `stage`."""
    level = _LEVELS[settings.log_level]
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(stage=stage)
    if level == logging.DEBUG:
        logging.getLogger("kafka").setLevel(logging.DEBUG)
    logging.basicConfig(
        level=max(level, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )
