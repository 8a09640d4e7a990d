"""What `newsquake init` writes: it loads as it is, and shows every setting there is."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from alerts.rules.loading import DEFAULT, load_rules, parse_rules
from alerts.rules.schema import RulesFile
from core.settings import Settings, load_settings

TEMPLATES = DEFAULT.parents[1] / "templates"


def keys(model: type[BaseModel]) -> set[str]:
    """Names of all settings, as written, down to the last level."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        found.add(field.alias or name)
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= keys(part)
    return found


@pytest.mark.parametrize(("file", "model"), [("newsquake.yaml", Settings), ("rules.yaml", RulesFile)])
def test_every_setting_is_shown(file: str, model: type[BaseModel]) -> None:
    text = (TEMPLATES / file).read_text()
    missing = sorted(key for key in keys(model) if f"{key}:" not in text)
    assert missing == []


def test_the_templates_load_as_they_are(tmp_path: Path) -> None:
    for name in ("newsquake.yaml", "rules.yaml"):
        (tmp_path / name).write_text((TEMPLATES / name).read_text())
    settings = load_settings(tmp_path / "newsquake.yaml", environ={})
    assert settings.alerts.rules == "rules.yaml"
    load_rules(settings.path(settings.alerts.rules))


def test_the_template_decides_as_the_built_in_rules_do() -> None:
    written = parse_rules((TEMPLATES / "rules.yaml").read_text(), "rules.yaml")
    assert {rule.id: rule.version for rule in written.rules} == {
        rule.id: rule.version for rule in load_rules().rules
    }
    assert written.file.inhibit == load_rules().file.inhibit


def test_the_examples_in_comments_are_right() -> None:
    text = (TEMPLATES / "rules.yaml").read_text()
    block = text[text.index("immediate:") : text.index("notify:")].splitlines()[1:]
    entry = yaml.safe_load("\n".join(line.replace("# ", "", 1).split("#")[0] for line in block))
    parse_rules(yaml.safe_dump({"watch_lists": {"banks": ["US:JPM"]}, "immediate": entry}), "immediate")
    block = text[
        text.index("  # - name: company-sector") : text.index("  # - name: too-negative")
    ].splitlines()
    entry = yaml.safe_load("\n".join(line.replace("# ", "", 1).split("#")[0] for line in block))
    (rule,) = parse_rules(
        yaml.safe_dump({"sectors": load_rules().file.sectors, "rules": entry}), "rules"
    ).rules
    assert rule.sectors["US:JPM"] == "banks" and rule.matches("entity:CN:600519")
    block = text[text.index("maintenance:") :].splitlines()[1:]
    entry = yaml.safe_load("\n".join(line.replace("# ", "", 1).split("#")[0] for line in block))
    parse_rules(yaml.safe_dump({"maintenance": entry}), "maintenance")
