"""The report: the bars first, then every set; and the plots where matplotlib is installed."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from classifier.evaluation import contrasts, floor

COLUMNS = (
    "accuracy",
    "macro-F1",
    "weighted F1",
    "ECE",
    "by chance",
    "abstained",
    "accuracy when answered",
    "texts/s",
)
BARS: tuple[tuple[str, str, str, str, float], ...] = (
    ("Financial PhraseBank, accuracy", "phrasebank", "sentiment", "accuracy", 0.88),
    ("Financial PhraseBank, macro-F1", "phrasebank", "sentiment", "macro_f1", 0.86),
    ("Twitter sentiment, weighted F1", "twitter", "sentiment", "weighted_f1", 0.90),
    ("Twitter topics (20), accuracy", "twitter_topics", "native", "accuracy", 0.90),
    ("Twitter topics (20), macro-F1", "twitter_topics", "native", "macro_f1", 0.86),
    ("SEntFiN entities, accuracy", "sentfin", "entity", "accuracy", 0.85),
    ("FinFE, accuracy", "finfe", "sentiment", "accuracy", 0.80),
    ("FinNL topics, micro-F1", "finnl", "native", "micro_f1", 0.88),
)
ECE_BAR = 0.03
FEW = 10
"""Rows below which a bin's accuracy is chance and is not drawn."""
BY_CHANCE = (
    "By chance: the ECE that so many rows show if every confidence is exactly true (mean of 400 draws)."
)
CONTRASTS = """## Two companies of one headline that fare differently

Headlines of ours, none trained on (`python -m classifier.evaluation.contrasts`)."""


def markdown(result: dict[str, Any], plots: list[str]) -> str:
    """Return the report of `run`'s result."""
    sets = result["sets"]
    lines = [
        f"# Evaluation of {result['model_version']} ({result['recipe']}), {result['split']} side, {result['backend']}",
        "",
        "| bar | figure | must reach | |",
        "|---|---|---|---|",
    ]
    for label, name, head, metric, bar in BARS:
        if head in sets.get(name, {}):
            value = sets[name][head][metric]
            lines.append(
                f"| {label} | {value:.3f} | {bar:.2f} | {'reached' if value >= bar else 'not reached'} |"
            )
    columns = ["set", "language", "rows", "head", *COLUMNS]
    lines += ["", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for name, one in sets.items():
        for head in ("sentiment", "entity"):
            if h := one.get(head):
                lines.append(_three_class_row(name, head, one, h))
    lines += ["", BY_CHANCE]
    lines += ["", "| set | native labels | our 19 topics: micro-F1 | macro-F1 | most probable is right | ECE |",
              "|---|---|---|---|---|---|"]  # fmt: skip
    for name, one in sets.items():
        if "topics" in one or "native" in one:
            native = ", ".join(
                f"{k} {one['native'][k]:.3f}"
                for k in ("accuracy", "micro_f1", "macro_f1", "ece")
                if k in one.get("native", {})
            )
            t = one.get("topics")
            ours = (
                f"{t['micro_f1']:.3f} | {t['macro_f1']:.3f} | {t['first_is_right']:.3f} | {t['ece']:.3f}"
                if t
                else "– | – | – | –"
            )
            lines.append(f"| {name} | {native or '–'} | {ours} |")
    lines += ["", "| set | register detected right | floor: TF-IDF + SVM, the same texts |", "|---|---|---|"]
    floors = floor.kept().get(result["split"], {})
    for name, one in sets.items():
        found = floors.get(name)
        shown = ", ".join(f"{k} {v:.3f}" for k, v in found["metrics"].items()) if found else "–"
        lines.append(f"| {name} | {one['register_accuracy']:.3f} | {shown.replace('_', '-')} |")
    lines += [
        "",
        "Topic figures of sets without topic labels of their own are against weak rules (docs/labels.md).",
    ]
    if "contrasts" in result:
        lines += ["", CONTRASTS, "", contrasts.table(result["contrasts"]).rstrip()]
    for name, one in sets.items():
        if h := one.get("sentiment"):
            lines += ["", f"## {name}: sentiment, rows are the truth", "", "| | " + " | ".join(h["classes"]) + " |",
                      "|---|---|---|---|"]  # fmt: skip
            lines += [
                f"| {c} | " + " | ".join(str(v) for v in row) + " |"
                for c, row in zip(h["classes"], h["confusion"], strict=True)
            ]
    lines += [""] + [f"![{p}]({p})" for p in plots]
    return "\n".join(lines) + "\n"


def _three_class_row(name: str, head: str, one: dict[str, Any], h: dict[str, Any]) -> str:
    """A set's line in the table of sentiment heads."""
    answered = f"{h['accuracy_when_answered']:.3f}" if h["accuracy_when_answered"] is not None else "–"
    over = "" if h["ece"] <= ECE_BAR else " (over .03)"
    figures = [f"{h[k]:.3f}" for k in ("accuracy", "macro_f1", "weighted_f1")]
    figures += [f"{h['ece']:.3f}{over}", f"{h['ece_by_chance'][0]:.3f}", f"{h['abstained']:.2f}", answered]
    return (
        f"| {' | '.join([name, one['language'], str(h['rows']), head, *figures, str(one['texts_per_s'])])} |"
    )


def plots(result: dict[str, Any], out: Path) -> list[str]:
    """Write reliability.png and risk_coverage.png; return their names ([] without matplotlib)."""
    if find_spec("matplotlib") is None:
        return []
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = []
    for kind, label, diagonal in (
        ("reliability", ("confidence", "accuracy"), True),
        ("risk_coverage", ("share answered", "error among the answered"), False),
    ):
        figure, axis = plt.subplots(figsize=(6, 5))
        for name, one in result["sets"].items():
            if h := one.get("sentiment"):
                points = [p for p in h[kind] if len(p) < 3 or p[2] >= FEW]
                axis.plot(
                    [p[0] for p in points],
                    [p[1] for p in points],
                    marker=".",
                    label=f"{name} ({one['language']})",
                )
        if diagonal:
            axis.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle="--")
        axis.set_xlabel(label[0])
        axis.set_ylabel(label[1])
        of = f" (bins of {FEW} rows and more)" if diagonal else ""
        axis.set_title(f"{kind.replace('_', ' ')}, {result['split']} side{of}")
        axis.legend(fontsize=8)
        figure.tight_layout()
        figure.savefig(out / f"{kind}.png", dpi=110)
        plt.close(figure)
        names.append(f"{kind}.png")
    return names
