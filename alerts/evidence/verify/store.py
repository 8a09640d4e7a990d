"""An alert's evidence packs held against what else the store has of it: its line and row, articles, scores, rule set,
fit, and the audit log, which has every change with the hash of its pack (alerts/delivery/enqueue.py).

Whoever edits one of them is found by the others. The log's own chain is `newsquake audit verify`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from alerts.evidence import pack as evidence
from alerts.evidence.verify.checks import Check, guarded, listed
from alerts.lifecycle.transitions import Alert
from alerts.records import SEVERITIES
from alerts.rules.loading import parse_rules
from alerts.storage.intake import article_of, scored_of
from core.errors import ConfigError
from core.ids import text_hash
from core.records import ScoredArticle
from core.store.bulk import chunks
from core.tables import alert_lines, alerts, articles, audit, fits, rule_sets, scores, seen
from core.times import iso, parse_iso

_STATES = ("pending", "firing", "resolved")
_MOST_TOLD = 5
Key = tuple[str, str]


def changes(connection: Connection, desk: str, alert: str) -> list[Row[Any]]:
    """The rows of the alert's lines, in order."""
    mine = (alert_lines.c.desk == desk) & (alert_lines.c.id == alert)
    return sorted(connection.execute(select(alert_lines).where(mine)).all(), key=_order)


def _order(row: Row[Any]) -> tuple[int, int, int]:
    state = _STATES.index(row.state) if row.state in _STATES else -1
    return row.decided_at, state, SEVERITIES.index(row.severity) if row.severity in SEVERITIES else -1


def store_checks(connection: Connection, desk: str, row: Row[Any], pack: evidence.Pack) -> list[Check]:
    """Whether the store agrees with the pack of this line."""
    return guarded("what the store has", _store_checks(connection, desk, row, pack))


def _store_checks(connection: Connection, desk: str, row: Row[Any], pack: evidence.Pack) -> Iterator[Check]:
    yield _line(row, pack)
    if pack.line.state != "pending":  # of which nobody is told, so that the log does not have it
        yield _logged(_entries(connection, desk, row.id), pack)
    yield from article_checks(connection, desk, pack)
    yield from _rule(connection, desk, pack)
    if pack.window and pack.rule.get("threshold") is None:
        yield _fit(connection, desk, pack)


def bare_checks(connection: Connection, desk: str, row: Row[Any]) -> list[Check]:
    """Of a change of which the store has no pack: whether there ever was one, and the line as the log has it."""
    return guarded("what the store has", _bare_checks(connection, desk, row))


def _bare_checks(connection: Connection, desk: str, row: Row[Any]) -> Iterator[Check]:
    line = _decoded(row.line)
    columns = {"id": row.id, "state": row.state, "severity": row.severity, "decided_at": iso(row.decided_at)}
    said = {name: line.get(name) for name in columns}
    yield _alike("stored line", said, columns, "as its columns have it", ("it says", "its columns"))
    entry = _entry(_entries(connection, desk, row.id), line)
    if made := str((entry or {}).get("evidence") or ""):
        yield Check(
            "evidence pack", "differs", f"the audit log has one of this change ({made}), the store none"
        )
    elif row.state != "resolved":
        yield Check(
            "evidence pack", "differs", "the store has none; only where a rule is gone an alert ends without"
        )
    else:
        said_so = "none is kept of this change (where a rule is gone, its alerts end without one)"
        yield Check("evidence pack", "unknown", said_so)
    if entry is not None:
        who = ("the stored line says", "the log")
        yield _alike("audit log", line, entry["line"], "it has this line", who)
    elif row.state != "pending":
        yield Check("audit log", "unknown", "it has no such change of this alert")


def _line(row: Row[Any], pack: evidence.Pack) -> Check:
    told: dict[str, Any] = msgspec.to_builtins(pack.line)
    found = {**_decoded(row.line), "(id)": row.id, "(state)": row.state, "(severity)": row.severity}
    found["(decided_at)"] = iso(row.decided_at)
    wanted = {**told, **{f"({name})": told[name] for name in ("id", "state", "severity", "decided_at")}}
    return _alike("stored line", wanted, found, "the line of alerts.jsonl is the pack's")


def _decoded(text: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _alike(
    what: str,
    told: Mapping[str, Any],
    found: Mapping[str, Any],
    fine: str,
    who: tuple[str, str] = ("the pack says", "the store"),
) -> Check:
    """Agrees where every part does; else says of each that does not what either has."""
    wrong = [
        f"{name}: {who[0]} {_short(told.get(name))}, {who[1]} {_short(found.get(name))}"
        for name in sorted({*told, *found})
        if told.get(name) != found.get(name)
    ]
    return Check(what, "differs", listed(wrong, _MOST_TOLD, "; ")) if wrong else Check(what, "agrees", fine)


def _short(value: Any) -> str:
    said = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    said = "".join(char if char.isprintable() else " " for char in said)
    return said if len(said) <= 60 else said[:59] + "…"


# -- the audit log


def _entries(connection: Connection, desk: str, alert: str) -> list[dict[str, Any]]:
    """What the log has of the alert's changes, in order."""
    mine = (audit.c.desk == desk) & (audit.c.subject == alert) & (audit.c.actor == f"desk:{desk}"[:200])
    query = select(audit.c.detail).where(mine, audit.c.action.startswith("alert.")).order_by(audit.c.seq)
    found = [_decoded(detail) for (detail,) in connection.execute(query)]
    return [one for one in found if isinstance(one.get("line"), dict)]


def _logged(entries: Sequence[dict[str, Any]], pack: evidence.Pack) -> Check:
    line: dict[str, Any] = msgspec.to_builtins(pack.line)
    if not entries:
        return Check("audit log", "unknown", "it has no change of this alert")
    entry = _entry(entries, line)
    if entry is None:
        return Check("audit log", "differs", f"it knows no change to {line['state']} at {line['decided_at']}")
    told, found = {**line, "evidence": pack.hash}, {**entry["line"], "evidence": entry.get("evidence")}
    fine = "it has this line and this pack's hash"
    return _alike("audit log", told, found, fine, ("the pack says", "the log"))


def _entry(entries: Sequence[dict[str, Any]], line: Mapping[str, Any]) -> dict[str, Any] | None:
    """Of these the one about this line, or about another one of its moment."""
    same_time = [one for one in entries if _when(one["line"]) == _when(line)]
    alike = (one for one in same_time if one["line"].get("severity") == line.get("severity"))
    return next(alike, same_time[0] if same_time else None)


def _when(line: Mapping[str, Any]) -> tuple[Any, Any]:
    return line.get("state"), line.get("decided_at")


# -- articles and scores


def article_checks(connection: Connection, desk: str, pack: evidence.Pack) -> Iterator[Check]:
    """The stored texts, scores and stories of the pack's articles and of its hop's."""
    hop = [] if isinstance(pack.hop_articles, msgspec.UnsetType) else pack.hop_articles
    keys = [(one.id, one.revision) for one in pack.articles] + [(one.id, one.revision) for one in hop]
    if not keys:
        return
    texts, scored, stories = _stored(connection, desk, sorted({name for name, _ in keys}))
    yield from text_checks(pack, texts)
    silent = [name for name, revision in keys if (name, revision) in texts and (name, revision) not in scored]
    if silent:
        yield Check("stored scores", "unknown", f"{len(silent)} have none in this store: {listed(silent)}")
    wrong: list[str] = []
    for article in pack.articles:
        key = (article.id, article.revision)
        if key in scored:
            at_once = pack.window is None
            story = article.story if at_once else stories.get(key, "")
            wrong += _unlike(article, evidence.as_counted(scored[key], story, pack.line.series, at_once))
    for other in hop:
        key = (other.id, other.revision)
        if key in scored:
            found = evidence.as_counted(scored[key], stories.get(key, ""), pack.line.series)
            wrong += _unlike(other, evidence.in_short(found))
    known = sum(key in scored for key in keys)
    if wrong:
        yield Check(
            "stored scores", "differs", f"{len(wrong)} of {known} articles: {listed(wrong, _MOST_TOLD, '; ')}"
        )
    elif known:
        yield Check("stored scores", "agrees", f"{known} articles have these scores, labels and stories")


def _unlike(told: Any, found: Any) -> list[str]:
    """`id (p_negative: the pack says 9000, the store 100)`, empty where they are alike; a pack of before has less."""
    wrong = [
        f"{name}: the pack says {_short(_plain(getattr(told, name)))}, the store {_short(_plain(getattr(found, name)))}"
        for name in told.__struct_fields__
        if not isinstance(getattr(told, name), msgspec.UnsetType)
        and getattr(told, name) != getattr(found, name)
    ]
    return [f"{told.id[:12]} ({'; '.join(wrong)})"] if wrong else []


def _plain(value: Any) -> Any:
    return None if isinstance(value, msgspec.UnsetType) else msgspec.to_builtins(value)


def text_checks(pack: evidence.Pack, texts: Mapping[Key, str]) -> Iterator[Check]:
    """Whether the stored articles are those that were judged. `texts`: (id, revision) -> hash of title and body."""
    missing, wrong = [], []
    for article in pack.articles:
        found = texts.get((article.id, article.revision))
        if found is None:
            missing.append(article.id)
        elif found != article.text_hash:
            wrong.append(article.id)
    number = len(pack.articles)
    if wrong:
        said = f"{len(wrong)} of {number} have another text than was judged: {listed(wrong)}"
        yield Check("stored texts", "differs", said)
    elif number > len(missing):
        yield Check(
            "stored texts", "agrees", f"{number - len(missing)} articles have the text that was judged"
        )
    if missing:
        yield Check(
            "stored texts", "unknown", f"{len(missing)} of {number} are not in this store: {listed(missing)}"
        )


def _stored(
    connection: Connection, desk: str, ids: Sequence[str]
) -> tuple[dict[Key, str], dict[Key, ScoredArticle], dict[Key, str]]:
    """Hashes of texts, scored articles and stories, each by (id, revision)."""
    texts: dict[Key, str] = {}
    scored: dict[Key, ScoredArticle] = {}
    stories: dict[Key, str] = {}
    for chunk in chunks(ids, 300):
        made = {}
        for row in connection.execute(select(articles).where(articles.c.id.in_(chunk))):
            made[row.id, row.revision] = article_of(row)
            texts[row.id, row.revision] = text_hash(row.title, row.body)
        for row in connection.execute(select(scores).where(scores.c.id.in_(chunk))):
            if (row.id, row.revision) in made:
                scored[row.id, row.revision] = scored_of(made[row.id, row.revision], row)
        mine = select(seen.c.id, seen.c.revision, seen.c.story).where(
            seen.c.desk == desk, seen.c.id.in_(chunk)
        )
        for row in connection.execute(mine.where(seen.c.fate == "counted")):
            stories[row.id, row.revision] = row.story
    return texts, scored, stories


# -- rule and fit


def _rule(connection: Connection, desk: str, pack: evidence.Pack) -> Iterator[Check]:
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
    told = {"about": pack.rule.get("about"), "version": mine}
    found = {"about": rule.about, "version": own}
    yield _alike("stored rules", told, found, f"set {version} has the rule in this version")


def _fit(connection: Connection, desk: str, pack: evidence.Pack) -> Check:
    key, at = f"{pack.line.rule}@{pack.line.rule_version}", (pack.window or {})["end"]
    mine = (fits.c.desk == desk) & (fits.c.rule == key) & (fits.c.in_force_from <= at)
    query = select(fits.c.fit).where(mine).order_by(fits.c.in_force_from.desc()).limit(1)
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        made = _decoded(pack.fit).get("made_at") if pack.fit else 0
        said = "none was in force then: the threshold is that of before a history"
        return Check(
            "stored fit", "unknown", f"the one made at {iso(made)} is not in this store" if made else said
        )
    if not pack.fit:  # as packs of an earlier release may be: see alerts/evidence/verify/alert.py
        told, have = {"threshold": pack.threshold}, {"threshold": _decoded(found).get("threshold")}
        return _alike("stored fit", told, have, "the one in force then has the pack's threshold")
    return _alike("stored fit", _decoded(pack.fit), _decoded(found), "the one in force then is the pack's")


# -- the alert as a whole


def alert_checks(
    connection: Connection, desk: str, alert: Row[Any], lines: Sequence[Row[Any]], lateness: Collection[int]
) -> list[Check]:
    """Whether the alert's row, its lines among themselves, and the log's changes of it tell one story.

    `lateness`: what its packs say that was waited for (ms): the desk may have been told another while it was open.
    """
    return guarded("stored alert", _alert_checks(connection, desk, alert, lines, lateness))


def _alert_checks(
    connection: Connection, desk: str, alert: Row[Any], lines: Sequence[Row[Any]], lateness: Collection[int]
) -> Iterator[Check]:
    told = [_decoded(row.line) for row in lines]
    last = told[-1]
    row = {
        "rule": alert.rule, "rule_version": alert.rule_version, "series": alert.series, "onset": iso(alert.onset),
        "state": alert.state, "severity": alert.severity,
    }  # fmt: skip
    ending = {name: last.get(name) for name in row}
    who = ("the last line says", "its row")
    yield _alike("stored alert", ending, row, "its row is as the last line says", who)
    yield from _times(alert, told, lateness, {row.state for row in lines if not row.evidence})
    if alert.state_data:
        yield _kept(alert, row)
    for name in ("rule", "rule_version", "series", "onset"):
        if len(values := {str(one.get(name)) for one in told}) > 1:
            yield Check(f"lines' {name}", "differs", f"one alert has one: {listed(sorted(values))}")
    rungs = [SEVERITIES.index(one["severity"]) for one in told if one.get("severity") in SEVERITIES]
    rises = rungs == sorted(rungs) and len(rungs) == len(told)
    said = ", ".join(f"{one.get('state')} {one.get('severity')}" for one in told)
    yield Check("lines in order", "agrees" if rises and _in_turn(told) else "differs", said)
    have = {_when(one) for one in told}
    lost = [" at ".join(map(str, _when(one["line"]))) for one in _entries(connection, desk, alert.id)]
    lost = [one for one in lost if one not in {" at ".join(map(str, when)) for when in have}]
    if lost:
        yield Check("lines lost", "differs", f"the audit log has {len(lost)} more: {listed(lost)}")


def _in_turn(told: Sequence[Mapping[str, Any]]) -> bool:
    """Pending, then firing at rising severities, then resolved; each but firing once."""
    states = [_STATES.index(one["state"]) for one in told if one.get("state") in _STATES]
    return states == sorted(states) and states.count(0) <= 1 and states.count(2) <= 1 and 1 in states


def _times(
    alert: Row[Any], told: Sequence[Mapping[str, Any]], lateness: Collection[int], bare: Collection[str]
) -> Iterator[Check]:
    """When it fired and ended: as decided, less the lateness that was waited for; which one, of a `bare` state (whose
    change has no pack) nobody says."""
    for name, state in (("fired_at", "firing"), ("resolved_at", "resolved")):
        first = next((one for one in told if one.get("state") == state), None)
        found, decided = getattr(alert, name), parse_iso(first["decided_at"]) if first else None
        if found is None or decided is None:
            fits_it = found == decided
        else:
            fits_it = decided - found in {0, *lateness} or (state in bare and decided > found)
        if not fits_it:
            said = [iso(at) if at is not None else "none" for at in (decided, found)]
            yield Check(f"stored alert: {name}", "differs", f"the lines say {said[0]}, the row {said[1]}")


def _kept(alert: Row[Any], row: Mapping[str, Any]) -> Check:
    """The desk's own state of it, from which it goes on after a restart."""
    try:
        state = msgspec.msgpack.decode(alert.state_data, type=Alert)
    except msgspec.DecodeError:
        return Check("desk's state of it", "differs", "it cannot be read")
    kept = {name: getattr(state, name) for name in row if name != "onset"} | {"onset": iso(state.onset)}
    what = "desk's state of it"
    return _alike(what, kept, row, "as its row has it", ("it is", "its row says"))


def alert_row(connection: Connection, desk: str, alert: str) -> Row[Any]:
    """The alert's row."""
    return connection.execute(select(alerts).where(alerts.c.desk == desk, alerts.c.id == alert)).one()
