"""The gate before a promotion: may the challenger take the champion's place, by their evaluation reports?

A challenger may not be worse than the champion by more than the tolerance on any set, and must beat TF-IDF + a linear
SVM on every set that has such a floor.
"""

from typing import Any

from classifier.evaluation.report import BARS, ECE_BAR

TOLERANCE = 0.005
"""Half a point: two runs of one recipe differ by that much."""
_MEASURED = (("sentiment", ("accuracy", "macro_f1")), ("entity", ("accuracy", "macro_f1")),
             ("native", ("accuracy", "macro_f1", "micro_f1")))  # fmt: skip


def bars(report: dict[str, Any]) -> dict[str, float]:
    """The figures of a report that the gate looks at: every bar, every set's heads, and their calibration errors."""
    out = {}
    for label, name, head, metric, _ in BARS:
        if head in report["sets"].get(name, {}):
            out[label] = float(report["sets"][name][head][metric])
    for name, one in report["sets"].items():
        for head, metrics in _MEASURED:
            for metric in metrics:
                if metric in one.get(head, {}):
                    out[f"{name}, {head} {metric}"] = float(one[head][metric])
        if "ece" in one.get("sentiment", {}):
            out[f"{name}, calibration error"] = float(one["sentiment"]["ece"])
    return out


def objections(
    champion: dict[str, Any], challenger: dict[str, Any], floors: dict[str, dict[str, Any]] | None = None
) -> list[str]:
    """Why the challenger may not be promoted; empty: it may. Both are reports of `evaluate`, same split.

    A figure may fall by TOLERANCE; a calibration error may not rise above both its bar and the champion's.
    `floors`: side -> set -> {head, metrics of TF-IDF + SVM} (classifier/evaluation/floor.py): the challenger must be
    above each of that side.
    """
    if champion["split"] != challenger["split"]:
        return [f"reports are of different splits: {champion['split']} and {challenger['split']}"]
    old, new = bars(champion), bars(challenger)
    out = [f"{label}: not measured for the challenger" for label in old if label not in new]
    for label in old.keys() & new.keys():
        if "calibration" in label:
            if new[label] > max(ECE_BAR, old[label] + TOLERANCE):
                out.append(f"{label}: {new[label]:.3f}, champion {old[label]:.3f}, bar {ECE_BAR}")
        elif new[label] < old[label] - TOLERANCE:
            out.append(f"{label}: {new[label]:.3f}, champion {old[label]:.3f}")
    for name, one in (floors or {}).get(challenger["split"], {}).items():
        own = challenger["sets"].get(name, {}).get(one["head"], {})
        for metric, floor in one["metrics"].items():
            if metric in own and float(own[metric]) <= floor:
                out.append(f"{name}, {metric}: {own[metric]:.3f}, no better than TF-IDF + SVM ({floor:.3f})")
    return sorted(out)
