"""The sources that the settings name, checked: every fault with its file and line.

sources:
  - name: fed
    kind: feed
    url: https://www.federalreserve.gov/feeds/press_all.xml
    every: 10m
"""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from core import yamlfile
from core.errors import ConfigError
from core.settings import Settings
from ingest.sources.base_settings import SourceSettings
from ingest.sources.registry import AnySourceSettings


class SourcesFile(BaseModel):
    """A YAML file of sources."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sources: list[AnySourceSettings] = []


PUBLIC = Path(__file__).parent.parent / "public.yaml"
"""The shipped starter set of public sources."""


def load_sources(settings: Settings) -> list[SourceSettings]:
    """Return every source that the settings name, also disabled ones; `public` in source_files is the starter set.

    Raises ConfigError with the place of every fault, also for a name that occurs twice.
    """
    found = _named_in_settings(settings)
    for name in settings.ingest.source_files:
        path = PUBLIC if name == "public" else settings.path(name)
        text = yamlfile.read(path)
        specs = yamlfile.parse(text, SourcesFile, str(path)).sources
        found += [(f"{path}:{_line(text, at)}", spec) for at, spec in enumerate(specs)]
    seen: dict[str, str] = {}
    for place, spec in found:
        if spec.name in seen:
            first = f" (first in {seen[spec.name]})" if seen[spec.name] != place else ""
            raise ConfigError(f"{place}: the name {spec.name!r} stands twice{first}")
        seen[spec.name] = place
    return [spec for _, spec in found]


def _named_in_settings(settings: Settings) -> list[tuple[str, SourceSettings]]:
    """Those under ingest.sources with their places: the settings file's lines, where it is the file that names them."""
    wanted = settings.ingest.sources
    data = {"sources": wanted}
    if settings.file and wanted:
        text = yamlfile.read(Path(settings.file))
        there = (yaml.safe_load(text) or {}).get("ingest") or {}
        if there.get("sources") == wanted:
            checked = yamlfile.check(data, SourcesFile, settings.file, yaml.compose(text), at=("ingest",))
            lines = enumerate(checked.sources)
            return [(f"{settings.file}:{_line(text, at, 'ingest')}", spec) for at, spec in lines]
    checked = yamlfile.check(data, SourcesFile, "", at=("ingest",), place=lambda loc: "ingest.sources")
    return [("ingest.sources", spec) for spec in checked.sources]


def _line(text: str, at: int, *above: str) -> int:
    return yamlfile.line_of(text, (*above, "sources", at))
