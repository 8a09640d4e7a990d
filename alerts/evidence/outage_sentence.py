"""An outage in a sentence, in English and Chinese, from its numbers and from nothing else; and as facts for a table."""

from __future__ import annotations

from alerts.evidence.number_text import p_value
from alerts.evidence.vocabulary import WEEKDAYS, DisplayLanguage
from alerts.lifecycle.outage_proof import OutageProof
from alerts.records import AlertLine
from core.times import HOUR, MINUTE, from_ms, parse_iso

KIND: dict[str, tuple[str, str]] = {
    "silent": ("is silent", "无更新"),
    "misshapen": ("is read, but titles or bodies are missing", "页面可读，但缺少标题或正文"),
    "unreachable": ("cannot be read", "无法读取"),
    "ok": ("is as usual again", "已恢复正常"),
}
LACKS = (
    ("without_title", "title", "标题"),
    ("without_body", "body", "正文"),
    ("without_both", "text", "文本"),
)


def sentence(line: AlertLine, proof: OutageProof) -> dict[str, str]:
    """Return the sentence of an outage by language, `en` and `zh`."""
    return {"en": _english(line, proof), "zh": _chinese(line, proof)}


def _english(line: AlertLine, proof: OutageProof) -> str:
    name, since = f"Source {proof.source}", _when(proof.since, "en")
    reported = proof.reported
    if proof.kind == "ok":
        onset = parse_iso(line.onset)
        return f"{name} is as usual again since {since}; the outage was told on {_when(onset, 'en')}."
    if proof.kind == "silent":
        holidays = [day for day in proof.days if day.holiday]
        text = f"{name} has published nothing for {long(proof.at - proof.since, 'en')}, since {since}"
        text += f"; by its own rhythm {count(proof.expected)} articles were to be expected in that time"
        text += f"; p = {p_value_text(proof.p_value)}"
        return text + (
            f" ({_many(len(holidays), 'market holiday')} counted as Sundays)." if holidays else "."
        )
    if proof.kind == "misshapen":
        lacking = ", ".join(f"{reported[key]} without {word}" for key, word, _ in LACKS if reported.get(key))
        return (
            f"Of the last {proof.items} items of source {proof.source}, {reported.get('whole', 0)} had both title and "
            f"body, where {share(proof.expected)} had before: {lacking or 'none without either'}."
        )
    return (
        f"{name} cannot be read: {_many(int(proof.observed or 0), 'attempt')} in a row failed since {since}."
    )


def _chinese(line: AlertLine, proof: OutageProof) -> str:
    name, since = f"来源 {proof.source} ", _when(proof.since, "zh")
    reported = proof.reported
    if proof.kind == "ok":
        return f"{name}自 {since} 起恢复正常；故障始报于 {_when(parse_iso(line.onset), 'zh')}。"
    if proof.kind == "silent":
        holidays = sum(day.holiday for day in proof.days)
        text = f"{name}自 {since} 起已 {long(proof.at - proof.since, 'zh')}没有发布任何文章"
        text += (
            f"；按其自身规律，这段时间预期有 {count(proof.expected)} 篇；p = {p_value_text(proof.p_value)}"
        )
        return text + (f"（其中 {holidays} 个休市日按周日计）。" if holidays else "。")
    if proof.kind == "misshapen":
        lacking = "，".join(f"{reported[key]} 条无{word}" for key, _, word in LACKS if reported.get(key))
        return (
            f"{name}最近 {proof.items} 条中仅 {reported.get('whole', 0)} 条标题和正文俱全，此前为 "
            f"{share(proof.expected)}：{lacking or '其余不缺'}。"
        )
    return f"{name}无法读取：自 {since} 起连续 {int(proof.observed or 0)} 次尝试失败。"


def facts(proof: OutageProof) -> list[tuple[str, str]]:
    """Return the facts behind the sentence as (label, text) in English, for a table."""
    reported, found = proof.reported, [("Source", proof.source)]
    if proof.kind == "silent":
        found.append(("Silent since", f"{_when(proof.since, 'en')} ({long(proof.at - proof.since, 'en')})"))
        threshold = f" (told from {reported['threshold']:g} on)" if "threshold" in reported else ""
        found.append(("Expected", f"{count(proof.expected)} articles{threshold}"))
        clock = str(reported.get("timezone") or "UTC") + (
            f", holidays of {reported['calendar']}" if reported.get("calendar") else ", no market's holidays"
        )
        found.append(("Its clock", clock))
        found.append(("Day by day", "; ".join(_day(proof, at) for at in range(len(proof.days)))))
    elif proof.kind == "misshapen":
        found.append(("Whole now", f"{reported.get('whole', 0)} of {proof.items}"))
        found.append(("Whole before", share(proof.expected)))
        found += [(f"Without {word}", str(reported[key])) for key, word, _ in LACKS if reported.get(key)]
        if proof.samples:
            found.append(("Samples", ", ".join(name[:12] for name in proof.samples[:5])))
    elif proof.kind == "unreachable":
        found.append(("Failing since", _when(proof.since, "en")))
        found.append(("In a row", _many(int(proof.observed or 0), "failed attempt")))
        if proof.detail:
            found.append(("It said", proof.detail))
    return found


def _day(proof: OutageProof, at: int) -> str:
    day = proof.days[at]
    holidays = ", a holiday" if day.holiday else ""
    return (
        f"{WEEKDAYS[day.weekday][0][:3]} {day.day[5:]}{holidays}: {count(day.expected)} in {day.hours:.3g} h"
    )


def _when(at: int, lang: DisplayLanguage) -> str:
    moment = from_ms(at)
    day = WEEKDAYS[moment.weekday()][lang == "zh"]
    stamp = f"{moment:%Y-%m-%d %H:%M} UTC"
    return f"{day} {stamp}"


def long(ms: int, lang: DisplayLanguage) -> str:
    """Return a duration as text: its two largest units.

    >>> long(312 * 60_000, "en"), long(50 * 3_600_000, "zh"), long(90_000, "en")
    ('5 h 12 min', '2 天 2 小时', '1 min')
    """
    minutes = ms // MINUTE
    days, hours, rest = minutes // 1440, minutes % 1440 * MINUTE // HOUR, minutes % 60
    zh = lang == "zh"
    text = [(days, "天" if zh else "d"), (hours, "小时" if zh else "h"), (rest, "分钟" if zh else "min")]
    kept = [f"{number} {unit}" for number, unit in text if number][:2]
    return " ".join(kept) or ("0 分钟" if zh else "0 min")


def count(value: float | None) -> str:
    """Return an expected count as text: `14.2`, `120`; `NA` for None."""
    if value is None:
        return "NA"
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}"


def share(value: float | None) -> str:
    """Return a share from 0 to 1 as text: `98 %`; `NA` for None."""
    return "NA" if value is None else f"{value * 100:.0f} %"


def p_value_text(value: float | None) -> str:
    """Return a p-value as text: `2e-4`; `NA` for None."""
    return p_value(value)


def _many(number: int, one: str) -> str:
    return f"{number} {one if number == 1 else one + 's'}"
