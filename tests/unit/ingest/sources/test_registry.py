"""A kind of source is registered whole, or nothing starts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from core.errors import ConfigError
from ingest.sources.base_settings import SourceSettings
from ingest.sources.contract import Source, SourceKind
from ingest.sources.push.settings import PushSettings
from ingest.sources.registry import KINDS, by_name, create_source, kind_name


class Toy(SourceSettings):
    kind: Literal["toy"]


class Nameless(SourceSettings):
    pass


def _source() -> type[Source]:
    return Source


def folder(tmp_path: Path, *names: str) -> Path:
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("kinds", "folders", "message"),
    [
        ([SourceKind(Toy, None)], ["toy"], "'toy': expected an implementation"),
        ([SourceKind(Toy, _source, "waits")], ["toy"], "'toy': expected an implementation"),
        ([SourceKind(Nameless, _source)], [], "expected one field `kind: Literal"),
        ([SourceKind(Toy, _source), SourceKind(Toy, _source)], ["toy"], "'toy' is registered twice"),
        ([SourceKind(Toy, _source)], [], "source kinds toy: a folder without an entry"),
        ([SourceKind(Toy, _source)], ["toy", "other"], "source kinds other: a folder without an entry"),
    ],
)
def test_a_half_registered_kind_is_an_error(
    tmp_path: Path, kinds: list[SourceKind], folders: list[str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        by_name(kinds, folder(tmp_path, *folders))


def test_settings_of_no_registered_kind_make_no_source() -> None:
    with pytest.raises(ConfigError, match="source s: Toy belongs to no registered kind"):
        create_source(Toy(name="s", kind="toy"), Path())


def test_a_passive_kind_makes_no_source_and_says_where_its_articles_come_from() -> None:
    spec = PushSettings(name="s", kind="push")
    assert kind_name(spec) == "push"
    assert create_source(spec, Path()) is None
    assert "POST /v1/articles" in KINDS["push"].passive
