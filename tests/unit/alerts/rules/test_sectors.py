"""Sectors: a company is held against the rest of its own, and alerts of one sector are one incident where asked."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from alerts.engine.assembly import runners_of
from alerts.engine.desk import Desk
from alerts.engine.effects import Change
from alerts.engine.watermark import Watermark
from alerts.evidence import assembly, schema
from alerts.evidence.verify.derivation import verify_pack
from alerts.records import AlertLine
from alerts.rules.loading import DEFAULT, load_rules, parse_rules
from alerts.rules.model import RuleSet
from alerts.storage import persist, restore
from alerts.testing import START, scored
from classifier.entities import catalogue
from classifier.entities.linker import default_linker
from core.errors import ConfigError
from core.records import Marker, ScoredArticle
from core.store import Store
from core.times import DAY, HOUR, MINUTE

BANKS = ["US:BAC", "US:C", "US:GS", "US:JPM", "US:WFC"]
MAKERS = ["US:F", "US:GM", "US:TSLA"]
QUIET = 15 * DAY
TEXT = """
sectors:
  banks: [US:BAC, US:C, US:GS, US:JPM, US:WFC]
  carmakers: [US:F, US:GM, US:TSLA]
rules:
  - name: company-sector
    series: ["entity:*"]
    window: 6h
    detector: {kind: sector_divergence, calendar: none}
    minimum: {stories: 3}
    threshold: 2
"""
RULES = parse_rules(TEXT, "rules.yaml")


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_rules(text, "rules.yaml")
    return str(caught.value).splitlines()


def version(text: str) -> str:
    (rule,) = parse_rules(text, "rules.yaml").rules
    return rule.version


def news(hit: list[str]) -> list[ScoredArticle]:
    """Fifteen quiet days of eight companies, a fifth of it bad; then twelve bad stories each of `hit`."""
    rng = random.Random(3)
    made = []
    for at in range(START, START + QUIET, HOUR):
        for company in BANKS + MAKERS:
            bad = 9_000 if rng.random() < 0.2 else 1_000
            made.append(scored(len(made), at + rng.randrange(HOUR), negative=bad, entities=[company]))
    for number in range(12):
        for company in hit:
            at = START + QUIET + HOUR + number * MINUTE
            made.append(scored(len(made), at, negative=9_000, entities=[company]))
    return sorted(made, key=lambda one: (one.article.available_at, one.article.id))


def decided(articles: list[ScoredArticle], rules: RuleSet = RULES, slices: int = 5_000) -> list[Change]:
    """Changes of the alerts after the quiet days."""
    desk = Desk(rules, runners_of(rules, MINUTE), Watermark(1, MINUTE), MINUTE)
    for one in articles:
        desk.add(one)
    desk.on_marker(0, Marker(writer="t", t=START + QUIET + 4 * HOUR, end=True))
    found: list[Change] = []
    more = True
    while more:
        more = desk.advance(slices)
        found += desk.effects().changes
    return [change for change in found if change.at > START + QUIET]


def fired(changes: list[Change]) -> list[str]:
    return sorted({change.line.series for change in changes if change.line.state == "firing"})


def test_a_company_in_trouble_alone_raises_an_alert() -> None:
    for company in ("US:BAC", "US:WFC", "US:GM"):  # the first and the last by name: order says nothing
        assert fired(decided(news([company]))) == [f"entity:{company}"]


def test_a_move_of_the_whole_sector_in_one_moment_raises_none() -> None:
    assert fired(decided(news(BANKS))) == []


def test_another_sectors_calm_or_trouble_says_nothing_of_a_company() -> None:
    # Held against all companies, five banks in trouble would look like a sixth company's excuse.
    assert fired(decided(news([*MAKERS, "US:JPM"]))) == ["entity:US:JPM"]


def test_how_much_is_closed_at_a_time_decides_nothing() -> None:
    articles = news(["US:C"])
    lines = [[c.line for c in decided(articles, slices=slices)] for slices in (1, 5_000)]
    assert lines[0] == lines[1] != []


def test_a_company_without_a_sector_is_not_watched_by_such_a_rule() -> None:
    (rule,) = RULES.rules
    assert rule.matches("entity:US:JPM") and not rule.matches("entity:US:XOM")


def test_languages_and_topics_are_held_against_their_like() -> None:
    text = TEXT.replace('["entity:*"]', '["entity:*", "entity:*@en", "entity:*@zh"]')
    articles = [msgspec.structs.replace(one, language="zh") for one in news(BANKS[1:])]
    # Chinese stories only: the English series stay silent, and those of the sector agree with one another.
    assert fired(decided(articles, parse_rules(text, "rules.yaml"))) == []
    alone = [msgspec.structs.replace(one, language="zh") for one in news(["US:JPM"])]
    assert fired(decided(alone, parse_rules(text, "r"))) == ["entity:US:JPM", "entity:US:JPM@zh"]


def test_sectors_change_versions_of_the_rules_that_use_them_and_of_no_other() -> None:
    plain = "rules:\n  - {name: one, series: ['entity:*'], detector: negative_share}\n"
    assert version("sectors: {banks: [US:C, US:JPM]}\n" + plain) == version(plain)
    other = TEXT.replace("US:WFC]", "US:WFC, US:MS]")
    assert version(other) != version(TEXT)
    # Of a sector that the rule cannot see, it does not hang on it.
    narrow = TEXT.replace('"entity:*"', '"entity:US:*"')
    assert version(narrow.replace("sectors:\n", "sectors:\n  oil: [CN:600028, CN:601857]\n")) == version(
        narrow
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("US:C,", "Citigroup,", 3, "expected a company such as US:AAPL, got 'Citigroup'"),
        ("US:C,", "entity:US:C,", 3, "expected a company such as US:AAPL, got 'entity:US:C'"),
        ("US:C,", '"US:*",', 3, "expected a company such as US:AAPL, got 'US:*'"),
        ("US:TSLA]", "US:JPM]", 4, "US:JPM is in two sectors (the other is banks)"),
        ("US:C,", "US:C, US:C,", 3, "US:C is listed twice in this sector"),
        ("[US:F, US:GM, US:TSLA]", "[US:F]", 4, "a sector of one company has nothing to compare it with"),
        ("[US:F, US:GM, US:TSLA]", "[]", 4, "a sector of no company"),
        ("carmakers:", "Car Makers:", 4, "sectors"),
        ('["entity:*"]', '["entity:US:XOM"]', 7, "US:XOM is in no sector: the rule can never fire on it"),
        ('["entity:*"]', '["entity:HK:*"]', 7, "no sector has two companies that this rule watches"),
        ('["entity:*"]', '["entity:US:JPM"]', 7, "no sector has two companies that this rule watches"),
        ('["entity:*"]', '["topic:*"]', 7, "no sector has two companies that this rule watches"),
    ],
)  # fmt: skip
def test_each_fault_of_sectors_names_file_and_line(old: str, new: str, line: int, words: str) -> None:
    told = faults(TEXT.replace(old, new, 1))
    assert any(one.startswith(f"rules.yaml:{line}: ") and words in one for one in told), told


def test_a_rule_that_needs_sectors_where_there_are_none_is_a_fault() -> None:
    rules = TEXT[TEXT.index("rules:") :]
    assert faults(rules) == [
        "rules.yaml:2: rules.0: sector_divergence needs `sectors:` "
        "(sectors: {banks: [US:JPM, US:BAC]}), and there are none"
    ]
    grouped = "rules:\n  - {name: one, series: ['entity:*'], detector: volume, group_by: [sector]}\n"
    assert "group_by sector needs `sectors:`" in faults(grouped)[0]


def test_a_companys_watch_list_outside_all_sectors_is_told() -> None:
    text = TEXT.replace("rules:", "watch_lists: {mine: [US:JPM, US:C, US:XOM]}\nrules:").replace(
        '    series: ["entity:*"]\n', "    watch_list: mine\n"
    )
    assert any("US:XOM is in no sector" in fault for fault in faults(text))
    assert parse_rules(text.replace(", US:XOM", ""), "r").rules[0].sectors == {
        "US:JPM": "banks",
        "US:C": "banks",
    }


def test_group_by_sector_makes_one_incident_of_a_sector() -> None:
    text = TEXT.replace("{kind: sector_divergence, calendar: none}", "{kind: negative_share, calendar: none}")
    grouped = parse_rules(text + "    group_by: [sector]\n", "rules.yaml")
    changes = decided(news(["US:C", "US:JPM", "US:GM"]), grouped)
    incidents = {c.line.series: c.incident for c in changes if c.line.state == "firing"}
    assert set(incidents) == {"entity:US:C", "entity:US:JPM", "entity:US:GM"}
    assert incidents["entity:US:C"] == incidents["entity:US:JPM"] != incidents["entity:US:GM"]


def packs(tamper: bool = False) -> list[schema.Pack]:
    articles = {one.article.id: one for one in news(["US:BAC"])}
    made = []
    for change in decided(list(articles.values())):
        runner, result = change.runner, change.result
        assert runner is not None and result is not None
        context = runner.describe()
        if tamper:
            context = {**context, "sectors": {**context["sectors"], "US:BAC": "carmakers"}}
        inputs = assembly.Inputs(
            line=change.line, rule=runner.rule, rules_version=RULES.version,
            articles=[(articles[name], story) for name, story in change.articles],
            window=result.evaluation.window, hop=result.hop, verdict=result.evaluation.verdict,
            threshold=result.evaluation.threshold, context=context, state=result.prior,
        )  # fmt: skip
        made.append(schema.load(assembly.assemble(inputs)))
    return made


def test_evidence_derives_the_alert_again_from_its_sectors() -> None:
    found = [verify_pack(pack) for pack in packs()]
    assert found and not [check for checks in found for check in checks if check.verdict != "agrees"]


def test_evidence_with_other_sectors_than_the_rules_differs() -> None:
    bad = [
        check.what for pack in packs(tamper=True) for check in verify_pack(pack) if check.verdict == "differs"
    ]
    assert "window: sectors" in bad


@pytest.mark.parametrize("file", [DEFAULT, DEFAULT.parents[1] / "templates" / "rules.yaml"])
def test_the_starters_companies_are_those_that_the_linker_links(file: Path) -> None:
    linker = default_linker()
    names = {entity.id: entity.name for entity in catalogue.of_yaml(catalogue.BUILTIN)}
    sectors = parse_rules(file.read_text(), str(file)).file.sectors
    assert 8 <= len(sectors) <= 12 and sectors == load_rules().file.sectors
    for company in (company for companies in sectors.values() for company in companies):
        assert company in names, f"{company} stands in no list of the linker"
        found = linker.find(f"{names[company]} shares fall")
        assert company in {one.entity for one in found}, f"{names[company]} is not read as {company}"


@pytest.mark.parametrize("minutes", [0, 7, 45, 61, 90])
def test_a_restart_in_the_middle_of_trouble_decides_the_same(sqlite_store: Store, minutes: int) -> None:
    articles, stop = news(["US:C"]), START + QUIET + HOUR // 2 + minutes * MINUTE
    desk = Desk(RULES, runners_of(RULES, MINUTE), Watermark(1, MINUTE), MINUTE)
    found: list[AlertLine] = []
    for begin, end in ((0, stop), (stop, START + QUIET + 4 * HOUR)):
        if begin:  # another process, from what is in the store
            desk = Desk(RULES, runners_of(RULES, MINUTE), Watermark(1, MINUTE), MINUTE)
            with sqlite_store.read() as connection:
                restore.load(connection, "main", desk)
        for one in articles:
            if begin <= one.article.available_at < end:
                desk.add(one)
        desk.on_marker(0, Marker(writer="t", t=end + MINUTE, end=begin > 0))
        with sqlite_store.write() as connection:
            more = True
            while more:
                more = desk.advance()
                effects = desk.effects()
                found += [change.line for change in effects.changes if change.at > START + QUIET]
                persist.save(connection, "main", desk, effects)
            persist.save_progress(connection, "main", desk, {0: 1}, "t")
    assert found == [change.line for change in decided(articles)] != []
