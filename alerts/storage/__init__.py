"""The alert worker and its store: one transaction a batch, under one lease."""

from alerts.storage.worker import run

__all__ = ["run"]
