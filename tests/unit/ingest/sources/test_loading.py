"""Sources are checked with file and line; the shipped set is sound."""

from pathlib import Path

import pytest

from core.errors import ConfigError
from core.settings import load_settings
from ingest.sources.loading import load_sources
from ingest.sources.registry import KINDS, create_source

FEED = "sources:\n  - name: a\n    kind: feed\n"
DUMP = "sources:\n  - name: a\n    kind: dump\n    path: x\n"


def settings(tmp_path: Path, text: str) -> object:
    (tmp_path / "more.yaml").write_text(text)
    (tmp_path / "newsquake.yaml").write_text("ingest:\n  source_files: [more.yaml]\n")
    return load_settings(tmp_path / "newsquake.yaml", environ={})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{FEED}    url: ftp://x.org/\n", r"more\.yaml:4: .*url: expected an http or https"),
        ("sources:\n  - name: a\n    kind: fed\n    url: http://x.org/\n", r"more\.yaml:2: .*one of feed, page, api"),
        (f"{FEED}    url: http://x.org/\n    evry: 5m\n", r"more\.yaml:5: .*evry: unknown key"),
        (f"{FEED}    url: http://x.org/\n    every: soon\n", r"more\.yaml:5: .*not a span"),
        (f"{FEED}    url: http://x.org/\n    cron: now\n", r"more\.yaml:5: .*five cron fields"),
        (f"{FEED}    url: http://x.org/\n    timezone: Mars\n", r"more\.yaml:5: .*time zone"),
        ("sources:\n  - name: a b\n    kind: feed\n    url: http://x.org/\n", r"more\.yaml:2: .*name"),
        ("sources:\n  - name: a\n    kind: page\n    url: http://x.org/\n    links: '['\n",
         r"more\.yaml:5: .*a regular expression"),
        (f"{DUMP}    columns: {{colour: red}}\n", r"more\.yaml:\d: .*unknown field 'colour'"),
        ("sources:\n  - {name: a, kind: push}\n  - {name: a, kind: push}\n",
         r"more\.yaml:3: the name 'a' stands twice \(first in .*more\.yaml:2\)"),
        (f"{FEED}    url: http://x.org/\n    evry: 5m\n", r"sources\.0\.evry: unknown key \(did you mean every\?\)"),
    ],
)  # fmt: skip
def test_every_fault_names_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_sources(settings(tmp_path, text))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ("    - {name: a, kind: push}\n    - name: b\n      kind: feed\n      url: http://x.org/\n      evry: 5m\n",
         r"newsquake\.yaml:8: ingest\.sources\.1\.evry: unknown key \(did you mean every\?\)$"),
        ("    - {name: a, kind: push}\n    - {name: a, kind: push}\n",
         r"newsquake\.yaml:5: the name 'a' stands twice \(first in .*newsquake\.yaml:4\)$"),
    ],
)  # fmt: skip
def test_faults_of_sources_in_the_settings_name_file_and_line(
    tmp_path: Path, sources: str, message: str
) -> None:
    (tmp_path / "newsquake.yaml").write_text(f"data_dir: x\ningest:\n  sources:\n{sources}")
    with pytest.raises(ConfigError, match=message):
        load_sources(load_settings(tmp_path / "newsquake.yaml", environ={}))


def test_sources_of_the_environment_have_no_file(tmp_path: Path) -> None:
    (tmp_path / "newsquake.yaml").write_text("ingest:\n  sources:\n    - {name: a, kind: push}\n")
    environ = {"NEWSQUAKE_INGEST__SOURCES": "[{name: a, kind: fed}]"}
    with pytest.raises(ConfigError, match=r"^ingest\.sources: ingest\.sources\.0\.kind: .*feed"):
        load_sources(load_settings(tmp_path / "newsquake.yaml", environ=environ))


def test_missing_file_is_said(tmp_path: Path) -> None:
    found = load_settings(None, {"ingest": {"source_files": ["nowhere.yaml"]}}, environ={})
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: no such file"):
        load_sources(found)


def test_shipped_set_is_sound_honest_and_off_where_terms_ask_for_it(tmp_path: Path) -> None:
    specs = load_sources(load_settings(None, {"ingest": {"source_files": ["public"]}}, environ={}))
    assert len(specs) >= 25
    assert {spec.language for spec in specs} == {"en", "zh"}
    for spec in specs:
        assert create_source(spec, tmp_path) is not None
        assert spec.licence, spec.name
        assert spec.verified == "never", "nobody has reached it from here"
        if "terms" in spec.licence.lower() and "Read its terms" in spec.licence:
            assert not spec.enabled, spec.name


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("every", "0s", "every: expected at least 1s, got '0s'"),
        (
            "kind",
            "fede",
            rf"kind: expected one of {', '.join(KINDS)}, got 'fede' \(did you mean feed\?\)",
        ),
    ],
)
def test_faults_are_said_in_the_words_of_the_file(tmp_path: Path, key: str, value: str, message: str) -> None:
    spec = {"name": "s", "kind": "feed", "url": "http://x.org/", key: value}
    overrides = {"store": {"url": f"sqlite:///{tmp_path}/s.db"}, "ingest": {"sources": [spec]}}
    with pytest.raises(ConfigError, match=message):
        load_sources(load_settings(None, overrides, environ={}))
