"""The rule and the fit of an evidence pack checked against the rule set and the fit that the store has."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from alerts.evidence import schema
from alerts.evidence.verify.checks import Check
from alerts.evidence.verify.comparison import compare, json_object
from alerts.rules.loading import parse_rules
from core.errors import ConfigError
from core.tables import fits, rule_sets
from core.times import iso


def stored_rule_checks(connection: Connection, desk: str, pack: schema.Pack) -> Iterator[Check]:
    """Yield checks of the pack's rule against the rule set of that version which the store has."""
    version = str(pack.rule.get("set", ""))
    query = select(rule_sets.c.source).where(rule_sets.c.desk == desk, rule_sets.c.version == version)
    source = connection.execute(query).scalar_one_or_none()
    if source is None:
        yield Check("stored rules", "unknown", f"no rule set {version} is in this store")
        return
    try:
        rules = parse_rules(source, "stored rules")
        rule = rules.rule(pack.line.rule)
    except (ConfigError, KeyError):
        yield Check(
            "stored rules", "unknown", f"this version of newsquake does not read the rule in set {version}"
        )
        return
    mine = pack.line.rule_version
    own = mine if mine in getattr(rule, "former", ()) else rule.version
    if (
        own != mine and rules.version != version
    ):  # the file's other parts may read otherwise: they decided nothing
        yield Check(
            "stored rules", "unknown", f"this version of newsquake reads set {version} as {rules.version}"
        )
        return
    given = {"about": pack.rule.get("about"), "version": mine}
    found = {"about": rule.about, "version": own}
    yield compare("stored rules", given, found, f"set {version} has the rule in this version")


def fit_check(connection: Connection, desk: str, pack: schema.Pack) -> Check:
    """Check the pack's fit against the stored one that was in force at the window's end."""
    key, at = f"{pack.line.rule}@{pack.line.rule_version}", (pack.window or {})["end"]
    mine = (fits.c.desk == desk) & (fits.c.rule == key) & (fits.c.in_force_from <= at)
    query = select(fits.c.fit).where(mine).order_by(fits.c.in_force_from.desc()).limit(1)
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        made = json_object(pack.fit).get("made_at") if pack.fit else 0
        detail = "none was in force then: the threshold is that of before a history"
        return Check(
            "stored fit", "unknown", f"the one made at {iso(made)} is not in this store" if made else detail
        )
    if not pack.fit:  # as packs of an earlier release may be: see alerts/evidence/verify/derivation.py
        given, have = {"threshold": pack.threshold}, {"threshold": json_object(found).get("threshold")}
        return compare("stored fit", given, have, "the one in force then has the pack's threshold")
    return compare(
        "stored fit", json_object(pack.fit), json_object(found), "the one in force then is the pack's"
    )
