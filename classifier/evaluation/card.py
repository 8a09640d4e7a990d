"""The model card, made from evaluation reports: no figure in it is typed by hand."""

from dataclasses import dataclass, field
from typing import Any

from classifier.evaluation import report
from classifier.evaluation.report import BARS, ECE_BAR

INTRO = """# Model card: Newsquake classifier

Made by `newsquake evaluate --card docs/model-card.md`; figures are of the side `{split}` of our own splits
(stratified, near-duplicates on one side only, all sets at once; `classifier/data/splits.py`), with the packed
weights on `{backend}`, registers detected from the text.

- **Version** {version}, recipe `{recipe}`, {seed}
- **What it is** a 12-layer, 384-wide BERT encoder (43.9 M parameters, `e5-small-en-zh`: multilingual-e5-small cut
  to English and Chinese pieces, MIT) with heads for register, sentiment, sentiment towards a company, 19 topics,
  two sets' native topics, and a 128-bit story signature
- **What it is for** news, posts and forum talk about companies and markets, in English and Chinese
- **What it is not for** other languages, trading on single scores, judging people
- **Trained on** {sets}
- **Licence of the weights** research and demonstration; see `classifier/weights/README.md`. The recipe `permissive`
  trains on sets under MIT and CC BY 4.0 only ({permissive})
"""
LIMITS = """
## Limits, known
- Chinese news that is neither good nor bad: the Chinese news set has no neutral class, so neutral there is carried
  over from English and from forum talk.
- Crypto and real estate in English, and the kinds of Chinese company news, were learned from weak rules
  (docs/labels.md); their figures are against those rules.
- The bars and the table of all figures are in corpus: held-out texts of sets that training saw another part of.
  Expect less on other sources (published FinBERT falls from .88 to .60-.73 off its own corpus).
- One seed of the whole model; {seeds}.
- Long articles are read by their title, lead and at most two later chunks.
"""


@dataclass(frozen=True, slots=True)
class Extras:
    """What else the card shows, each measured by a command of its own.

    `beside`: other recipes' reports by name (`evaluate --out`; a "note" added to a report.json is shown);
    `heads`: head_seeds' result; `leave_out`: its rows.
    """

    beside: dict[str, dict[str, Any]] = field(default_factory=dict)
    heads: dict[str, Any] | None = None
    leave_out: list[dict[str, Any]] | None = None


def _seed(config: dict[str, Any]) -> str:
    """The seed; of weights made in several runs, `seed` is the recipe's alone: the runs had their own."""
    seed = config.get("seed", "?")
    return (
        f"runs {config['runs']}, each of its own seed; the recipe's is {seed}"
        if "runs" in config
        else f"seed {seed}"
    )


def card(result: dict[str, Any], config: dict[str, Any], extras: Extras | None = None) -> str:
    """Return the card of an evaluation `result`; `config`: the weights' own. Raises ValueError for reports of other
    sides than `result`'s, which would not be comparable."""
    extras = extras or Extras()
    for name, other in extras.beside.items():
        if other["split"] != result["split"]:
            raise ValueError(f"{name}: a report of side {other['split']}, the card's is {result['split']}")
    shown = (
        "measured beside it below"
        if "permissive" in extras.beside
        else "not trained yet; its figures are not known"
    )
    out = INTRO.format(
        split=result["split"],
        backend=result["backend"],
        version=result["model_version"],
        recipe=result["recipe"],
        seed=_seed(config),
        sets=", ".join(config.get("sets", [])),
        permissive=shown,
    )
    names = list(extras.beside) or ["permissive"]
    out += f"\n## Bars\n\n| bar | {result['recipe']} | {' | '.join(names)} | must reach | |\n"
    out += "|---" * (len(names) + 4) + "|\n"
    for label, name, head, metric, bar in BARS:
        value = _figure(result, name, head, metric)
        others = " | ".join(_show(_figure(extras.beside.get(n), name, head, metric)) for n in names)
        verdict = "–" if value is None else "reached" if value >= bar else "not reached"
        out += f"| {label} | {_show(value)} | {others} | {bar:.2f} | {verdict} |\n"
    worst = [(name, one["sentiment"]["ece"]) for name, one in result["sets"].items() if "sentiment" in one]
    over = [f"{name} {value:.3f}" for name, value in worst if value > ECE_BAR]
    verdict = f"over on {', '.join(over)}" if over else "reached"
    out += f"\nCalibration error at most {ECE_BAR} on every set: {verdict}.\n"
    if extras.beside:
        out += _side_by_side(result, extras.beside)
    if extras.heads:
        out += "\n## Two seeds of the heads\n\n" + seeds_table(extras.heads)
    if extras.leave_out:
        out += "\n## Out of corpus, with a frozen encoder\n\n" + leave_out_table(extras.leave_out)
    body = report.markdown(result, ["images/reliability.png", "images/risk_coverage.png"])
    told = "the heads' spread stands above" if extras.heads else "the spread over seeds was not measured"
    return out + LIMITS.format(seeds=told) + "\n## All figures\n" + body.split("\n", 1)[1]


_FIGURES = (
    ("sentiment", "accuracy"), ("sentiment", "macro_f1"), ("sentiment", "ece"), ("entity", "accuracy"),
    ("native", "accuracy"), ("native", "macro_f1"), ("native", "micro_f1"), ("topics", "micro_f1"),
)  # fmt: skip


def _side_by_side(result: dict[str, Any], beside: dict[str, dict[str, Any]]) -> str:
    """Every set and figure, one column a recipe; a set that a recipe did not train on says so."""
    recipes = {str(result["recipe"]): result, **beside}
    lines = [
        "",
        "## The recipes side by side, per set",
        "",
        f"| set | figure | {' | '.join(recipes)} |",
        "|---" * (len(recipes) + 2) + "|",
    ]
    for name in result["sets"]:
        for head, metric in _FIGURES:
            values = [_figure(r, name, head, metric) for r in recipes.values()]
            if any(v is not None for v in values):
                cells = [
                    _show(v) + ("" if name in r.get("trained_on", [name]) else " (not trained on)")
                    for v, r in zip(values, recipes.values(), strict=True)
                ]
                lines.append(f"| {name} | {head} {metric.replace('_', '-')} | {' | '.join(cells)} |")
    notes = [f"{name}: {r['note']}" for name, r in recipes.items() if r.get("note")]
    return "\n".join([*lines, *(line for note in notes for line in ("", note))]) + "\n"


def seeds_table(heads: dict[str, Any]) -> str:
    """The result of classifier/evaluation/head_seeds.py: mean and deviation of each set and metric."""
    lines = [
        f"Fresh heads over the frozen encoder of {heads['model_version']}, at most {heads['most']:,} training texts",
        f"a set, seeds {', '.join(map(str, heads['seeds']))}, registers told (`classifier/evaluation/head_seeds.py`);",
        "the encoder's own spread is not in it.",
        "",
        "| set | metric | mean | deviation |",
        "|---|---|---|---|",
    ]
    for name, values in heads["sets"].items():
        lines += [f"| {name} | {k} | {v['mean']:.3f} | {v['deviation']:.4f} |" for k, v in values.items()]
    return "\n".join(lines) + "\n"


def leave_out_table(rows: list[dict[str, Any]]) -> str:
    """The rows of classifier/evaluation/leave_out.py."""
    lines = ["| set | texts | in corpus: accuracy / macro-F1 | out of corpus |", "|---|---|---|---|"]
    lines += [
        f"| {r['set']} | {r['texts']} | {r['in_accuracy']:.3f} / {r['in_macro_f1']:.3f} | "
        f"{r['out_accuracy']:.3f} / {r['out_macro_f1']:.3f} |"
        for r in rows
    ]
    return "\n".join(lines) + "\n"


def _figure(result: dict[str, Any] | None, name: str, head: str, metric: str) -> float | None:
    if result is None or head not in result["sets"].get(name, {}):
        return None
    value = result["sets"][name][head].get(metric)
    return None if value is None else float(value)


def _show(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
