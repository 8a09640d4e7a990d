"""Silences: for a time, matching alerts notify nobody; each has an author and a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import ColumnElement, Connection, select, update

from alerts import reasons
from alerts.errors import ActionRejected, InvalidArgument, one_of
from alerts.handling import audit
from alerts.records import SEVERITIES, Severity
from alerts.windows.globs import check_glob, glob_regex, matches, plain_glob
from core.errors import ConfigError
from core.ids import digest
from core.records import TOPICS
from core.tables import silences
from core.times import iso

LONGEST_MS = 366 * 24 * 3_600_000
MATCHERS = "rule, series, severity or alert"
"""InvalidArgument's `argument` where no matcher is given."""
EVERYTHING = "one is needed that says more than *, or everything would be silent"
NONE_LEFT = (
    "no silence in force or to come with an id that begins with {which} (newsquake alerts silence list)"
)


@dataclass(frozen=True)
class Silence:
    """A silence. `matchers`: rule (glob), series (glob), severity (a comma list), alert (an id); all must match."""

    id: str
    matchers: Mapping[str, str]
    starts_at: int
    ends_at: int
    reason: str
    author: str
    expired: bool = False

    def is_in_force(self, now_ms: int) -> bool:
        """Return whether the silence is in force at `now_ms`."""
        return not self.expired and self.starts_at <= now_ms < self.ends_at

    def matches(self, rule: str, series: str, severity: Severity, alert: str) -> bool:
        """Return whether the silence matches such an alert, whatever the time."""
        wanted = self.matchers
        return (
            matches(wanted.get("rule", "*"), rule)
            and glob_regex(wanted.get("series", "**")).fullmatch(series) is not None
            and ("severity" not in wanted or severity in wanted["severity"].split(","))
            and wanted.get("alert", alert) == alert
        )


def add(
    connection: Connection,
    desk: str,
    matchers: Mapping[str, str],
    *,
    starts_at: int,
    ends_at: int,
    reason: str,
    author: str,
    now_ms: int,
) -> Silence:
    """Store a silence and return it; times in milliseconds.

    Raises InvalidArgument for one without end, reason or author, or that would match everything; ConfigError for an
    unknown matcher.
    """
    chosen = {name: value for name, value in matchers.items() if value}
    _check(chosen, starts_at, ends_at, reason, author, now_ms)
    name = "sil_" + digest(
        desk, repr(sorted(chosen.items())), str(starts_at), str(ends_at), author, str(now_ms), length=20
    )
    silence = Silence(name, chosen, starts_at, ends_at, reason.strip(), author)
    connection.execute(
        silences.insert().values(
            desk=desk, id=name, matchers=msgspec.json.encode(chosen).decode(), starts_at=starts_at,
            ends_at=ends_at, reason=silence.reason, author=author, expired=False,
        )
    )  # fmt: skip
    detail = {"matchers": chosen, "starts_at": starts_at, "ends_at": ends_at, "reason": silence.reason}
    audit.append(
        connection, at=now_ms, desk=desk, actor=author, action="silence.add", subject=name, detail=detail
    )
    return silence


def _check(
    matchers: Mapping[str, str], starts_at: int, ends_at: int, reason: str, author: str, now_ms: int
) -> None:
    if unknown := sorted(set(matchers) - {"rule", "series", "severity", "alert"}):
        raise ConfigError(f"silence: unknown matcher {unknown[0]!r}; known: rule, series, severity, alert")
    if not matchers:
        raise InvalidArgument(MATCHERS, EVERYTHING)
    reasons.check_text(reason=reason, author=author, **matchers)
    reasons.check_reason(reason)
    if not author.strip():
        raise InvalidArgument("author", "say who you are")
    if ends_at <= max(starts_at, now_ms):
        raise InvalidArgument("ends_at", "it would end before it begins, or has ended already", iso(ends_at))
    if ends_at - starts_at > LONGEST_MS:
        raise InvalidArgument(
            "ends_at", "at most a year; a silence without end is a rule to be switched off", iso(ends_at)
        )
    for part, check in (("series", check_glob), ("rule", plain_glob)):
        try:
            check(matchers.get(part, "**"))
        except ValueError as error:
            raise InvalidArgument(part, str(error)) from error
    for name in matchers.get("severity", "low").split(","):
        if name not in SEVERITIES:
            raise InvalidArgument("severity", f"{one_of(SEVERITIES)} (several by commas)", name or "''")
    if all(_is_everything(name, value) for name, value in matchers.items()):
        raise InvalidArgument(MATCHERS, EVERYTHING)


_ANY_RULE = ("q7-x", "z-3")
_ANY_SERIES = (
    "all", *(f"topic:{topic}" for topic in TOPICS), "entity:QX:7", "entity:Z:q-7", "source:q7", "source:z.3",
)  # fmt: skip
"""Arbitrary names: a pattern that matches all of them matches every alert on news."""


def _is_everything(matcher: str, value: str) -> bool:
    if matcher == "severity":
        return set(value.split(",")) >= set(SEVERITIES)
    if matcher == "alert":
        return False
    names = _ANY_RULE if matcher == "rule" else _ANY_SERIES
    return all(glob_regex(value).fullmatch(name) for name in names)


def expire(connection: Connection, desk: str, which: str, *, actor: str, now_ms: int) -> str:
    """End a silence that is in force or to come. Returns its id.

    Raises ActionRejected where no such silence has an id that begins with `which`, ConfigError where several have.
    """
    audit.lock(connection)  # of two concurrent callers one ends it
    found = [silence for silence in not_ended(connection, desk, now_ms) if silence.id.startswith(which)]
    if not found:
        raise ActionRejected(NONE_LEFT, which=repr(which))
    if len(found) != 1 or not which:
        raise ConfigError(
            f"{len(found)} silences in force or to come with an id that begins with {which!r} "
            "(newsquake alerts silence list)"
        )
    connection.execute(
        update(silences).where(silences.c.desk == desk, silences.c.id == found[0].id).values(expired=True)
    )
    audit.append(connection, at=now_ms, desk=desk, actor=actor, action="silence.expire", subject=found[0].id)
    return found[0].id


def all_silences(connection: Connection, desk: str) -> Sequence[Silence]:
    """Return all silences, also expired ones, the latest start first."""
    return _found(connection, desk)


def newest(connection: Connection, desk: str, now_ms: int, limit: int, *, over: bool = True) -> list[Silence]:
    """Return up to `limit` silences: those in force or to come, then (`over`) expired ones; the latest start first."""
    found = _found(connection, desk, _not_ended(now_ms), limit=limit)
    if over and len(found) < limit:
        found += _found(connection, desk, ~_not_ended(now_ms), limit=limit - len(found))
    return found


def in_force(connection: Connection, desk: str, now_ms: int) -> list[Silence]:
    """Return the silences in force."""
    return _found(connection, desk, _not_ended(now_ms), silences.c.starts_at <= now_ms)


def covers(
    found: Iterable[Silence], now_ms: int, rule: str, series: str, severity: Severity, alert: str
) -> bool:
    """Return whether one of `found` is in force and matches such an alert."""
    return any(one.is_in_force(now_ms) and one.matches(rule, series, severity, alert) for one in found)


def not_ended(connection: Connection, desk: str, now_ms: int) -> list[Silence]:
    """Return the silences in force or to come, the earliest end first."""
    found = _found(connection, desk, _not_ended(now_ms))
    return sorted(found, key=lambda one: (one.ends_at, one.id))


def _not_ended(now_ms: int) -> ColumnElement[bool]:
    """The condition "in force or to come"; in SQL, since no silence is deleted and these are read every few seconds."""
    return ~silences.c.expired & (silences.c.ends_at > now_ms)


def _found(
    connection: Connection, desk: str, *chosen: ColumnElement[bool], limit: int | None = None
) -> list[Silence]:
    query = select(silences).where(silences.c.desk == desk, *chosen)
    rows = connection.execute(query.order_by(silences.c.starts_at.desc(), silences.c.id).limit(limit))
    return [
        Silence(
            row.id,
            msgspec.json.decode(row.matchers),
            row.starts_at,
            row.ends_at,
            row.reason,
            row.author,
            row.expired,
        )
        for row in rows
    ]
