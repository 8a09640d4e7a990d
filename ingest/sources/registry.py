"""Every kind of source: its settings, its implementation, and what is made of them.

An entry whose parts do not belong together, or a folder without an entry, raises ConfigError when this is imported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Union, get_args

from pydantic import Field

from core.errors import ConfigError
from ingest.sources import api, dump, feed, kafka, page, push
from ingest.sources.base_settings import SourceSettings
from ingest.sources.contract import Source, SourceKind

REGISTERED = (feed.KIND, page.KIND, api.KIND, dump.KIND, push.KIND, kafka.KIND)


def by_name(kinds: Sequence[SourceKind], folder: Path) -> dict[str, SourceKind]:
    """Return the kinds by the name that `kind:` has in the settings. `folder` holds a folder for each.

    Raises ConfigError: an entry is incomplete, is there twice or has no folder, or a folder has no entry.
    """
    found: dict[str, SourceKind] = {}
    for kind in kinds:
        names = get_args(field.annotation) if (field := kind.settings.model_fields.get("kind")) else ()
        if len(names) != 1:
            raise ConfigError(f"{kind.settings.__name__}: expected one field `kind: Literal[NAME]`")
        name = str(names[0])
        if name in found:
            raise ConfigError(f"source kind {name!r} is registered twice")
        if (kind.implementation is None) == (not kind.passive):
            raise ConfigError(
                f"source kind {name!r}: expected an implementation, or why it has none (`passive`)"
            )
        found[name] = kind
    folders = {path.parent.name for path in folder.glob("*/__init__.py")}
    if folders != found.keys():
        faults = sorted(folders ^ found.keys())
        raise ConfigError(
            f"source kinds {', '.join(faults)}: a folder without an entry, or an entry without a folder"
        )
    return found


KINDS: Mapping[str, SourceKind] = by_name(REGISTERED, Path(__file__).parent)

if TYPE_CHECKING:
    AnySourceSettings = SourceSettings
else:
    AnySourceSettings = Annotated[
        Union[tuple(kind.settings for kind in KINDS.values())],  # noqa: UP007 - made at run time
        Field(discriminator="kind"),
    ]
"""The settings of a source of any registered kind, told apart by `kind`."""


def kind_name(settings: SourceSettings) -> str:
    """Return the name of the kind of these settings. Raises ConfigError for a model that is not registered."""
    for name, kind in KINDS.items():
        if type(settings) is kind.settings:
            return name
    raise ConfigError(f"source {settings.name}: {type(settings).__name__} belongs to no registered kind")


def create_source(settings: SourceSettings, folder: Path) -> Source | None:
    """Return the source that these settings describe; None for a passive kind, which is not polled.

    `folder` is where relative paths start. Raises ConfigError for settings of a kind that is not registered.
    """
    kind = KINDS[kind_name(settings)]
    return None if kind.implementation is None else kind.implementation()(settings, folder)
