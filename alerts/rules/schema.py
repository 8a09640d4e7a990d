"""The schema of rules.yaml as a whole, checked by pydantic.

alerts/rules/loading.py makes the frozen rules that a desk runs. Faults name file and line (core/yamlfile.py).
"""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from alerts.rules.schema_entries import ImmediateEntry, OutageEntry, WindowEntry
from alerts.rules.schema_fields import Name, Share
from alerts.rules.schema_notify import Inhibition, MaintenanceEntry, Notify
from core.settings import Section


class RulesFile(Section):
    """rules.yaml as a whole."""

    watch_lists: dict[Name, list[str]] = {}
    sectors: dict[Name, list[str]] = {}
    """Sector -> companies, for detectors by sector and `group_by: [sector]`; a company is in one at most."""
    trust: dict[str, Share] = {}
    default_trust: Share = 0.5
    rules: list[WindowEntry] = []
    immediate: list[ImmediateEntry] = []
    outages: list[OutageEntry] = []
    notify: Notify = Notify()
    inhibit: list[Inhibition] = []
    maintenance: list[MaintenanceEntry] = []

    @model_validator(mode="before")
    @classmethod
    def _drop_empty_sections(cls, data: Any) -> Any:
        # A section of which all lines are commented out is null in YAML: it counts as left out.
        return (
            {key: value for key, value in data.items() if value is not None}
            if isinstance(data, dict)
            else data
        )
