"""Sources of kind `page`: a list page or a sitemap whose links are followed."""

from ingest.sources.contract import Source, SourceKind
from ingest.sources.page.settings import PageSettings


def _implementation() -> type[Source]:
    from ingest.sources.page.source import PageSource

    return PageSource


KIND = SourceKind(PageSettings, _implementation)
