"""Scores to stories, windows, findings, alerts, mails."""

from pathlib import Path

from core.runtime.compiled import use_compiled

COMPILED = use_compiled(Path(__file__).parent)
"""Whether the modules that count and judge run compiled (`make fast`)."""
