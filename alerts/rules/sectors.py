"""Sectors: which companies a company is held against, and which alerts are one sector's.

They stand in rules.yaml (`sectors: {banks: [US:JPM, US:BAC]}`). A rule whose detector compares by sector
covers the companies that have one; its version depends on the sectors of those, and no other rule's version on any.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from alerts.detectors import traits_of
from alerts.rules.schema import RulesFile
from alerts.rules.schema_entries import WindowEntry
from alerts.windows.globs import union

_COMPANY = re.compile(r"[A-Z]{1,3}:[\w.\-]{1,32}")
_EXAMPLE = "`sectors:` (sectors: {banks: [US:JPM, US:BAC]}), and there are none"


def sectors_of(entry: WindowEntry, file: RulesFile) -> dict[str, str]:
    """Return company -> sector of the companies that the rule watches; empty where it does not use sectors."""
    if not traits_of(entry.detector.kind).by_sector and "sector" not in entry.group_by:
        return {}
    listed = set(file.watch_lists.get(entry.watch_list, ())) if entry.watch_list else None
    return {
        company: sector
        for sector, companies in sorted(file.sectors.items())
        for company in sorted(companies)
        if (listed is None or company in listed) and _watches(entry, company)
    }


def _watches(entry: WindowEntry, company: str) -> bool:
    """Whether the rule's globs can match some series of the company."""
    name = f"entity:{company}"
    wanted = union(tuple(_base(glob) for glob in entry.series or ["entity:*"]))
    return wanted.fullmatch(name) is not None and union(tuple(entry.exclude)).fullmatch(name) is None


def _base(glob: str) -> str:
    """Return the part of a glob that matches companies' names: without topic and language."""
    return re.split(r"/topic:|@", glob, maxsplit=1)[0]


def faults(file: RulesFile) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield (path in the file, message) of faults of sectors and of rules that need them."""
    first: dict[str, str] = {}
    for sector, companies in file.sectors.items():
        if len(companies) < 2:
            fault = (
                "a sector of one company has nothing to compare it with"
                if companies
                else "a sector of no company"
            )
            yield ("sectors", sector), fault
        for at, company in enumerate(companies):
            where = ("sectors", sector, at)
            if not _COMPANY.fullmatch(company):
                yield where, f"expected a company such as US:AAPL, got {company!r}"
            elif first.setdefault(company, sector) != sector:
                yield where, f"{company} is in two sectors (the other is {first[company]})"
            elif company in companies[:at]:
                yield where, f"{company} is listed twice in this sector"
    for at, rule in enumerate(file.rules):
        yield from _rule(("rules", at), rule, file)


def _rule(
    where: tuple[Any, ...], rule: WindowEntry, file: RulesFile
) -> Iterator[tuple[tuple[Any, ...], str]]:
    decides = traits_of(rule.detector.kind).by_sector
    if not file.sectors:
        if decides:
            yield where, f"{rule.detector.kind} needs {_EXAMPLE}"
        elif "sector" in rule.group_by:
            yield (*where, "group_by"), f"group_by sector needs {_EXAMPLE}"
        return
    if not decides:
        return
    known = {company for companies in file.sectors.values() for company in companies}
    bases = [(at, _base(glob).removeprefix("entity:")) for at, glob in enumerate(rule.series)]
    named = [(("series", at), company) for at, company in bases if _COMPANY.fullmatch(company)]
    listed = file.watch_lists.get(rule.watch_list, []) if rule.watch_list else []
    alone: list[tuple[tuple[Any, ...], str]] = [
        (place, company) for place, company in named if company not in known
    ]
    alone += [(("watch_list",), company) for company in listed if company not in known]
    for place, company in alone:
        yield (*where, *place), f"{company} is in no sector: the rule can never fire on it"
    if not alone and max(Counter(sectors_of(rule, file).values()).values(), default=0) < 2:
        yield (
            (*where, "series" if rule.series else "watch_list"),
            "no sector has two companies that this rule watches: it can never fire",
        )
