"""The model card, made from evaluation reports: no figure in it is typed by hand."""

from typing import Any

from classifier.evaluation import report
from classifier.evaluation.report import BARS, ECE_BAR

INTRO = """# Model card: Newsquake classifier

Made by `newsquake evaluate --card docs/model-card.md`; figures are of the side `{split}` of our own splits
(stratified, near-duplicates on one side only, all sets at once; `classifier/training/splits.py`), with the packed
weights on `{backend}`, registers detected from the text.

- **Version** {version}, recipe `{recipe}`, seed {seed}
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
- Nothing here is out-of-corpus: every figure is on held-out texts of sets that training saw another part of.
  Expect less on other sources (published FinBERT falls from .88 to .60-.73 off its own corpus).
- One seed. The spread over seeds was not measured.
- Long articles are read by their title, lead and at most two later windows.
"""


def card(result: dict[str, Any], config: dict[str, Any], permissive: dict[str, Any] | None = None) -> str:
    """Return the card of an evaluation `result`; `config`: the weights' own; `permissive`: that recipe's report."""
    side = "measured beside it below" if permissive else "not trained yet; its figures are not known"
    out = INTRO.format(
        split=result["split"],
        backend=result["backend"],
        version=result["model_version"],
        recipe=result["recipe"],
        seed=config.get("seed", "?"),
        sets=", ".join(config.get("sets", [])),
        permissive=side,
    )
    out += "\n## Bars\n\n| bar | bilingual | permissive | must reach | |\n|---|---|---|---|---|\n"
    for label, name, head, metric, bar in BARS:
        value = _figure(result, name, head, metric)
        other = _figure(permissive, name, head, metric)
        verdict = "–" if value is None else "reached" if value >= bar else "not reached"
        out += f"| {label} | {_show(value)} | {_show(other)} | {bar:.2f} | {verdict} |\n"
    worst = [(name, one["sentiment"]["ece"]) for name, one in result["sets"].items() if "sentiment" in one]
    over = [f"{name} {value:.3f}" for name, value in worst if value > ECE_BAR]
    verdict = f"over on {', '.join(over)}" if over else "reached"
    out += f"\nCalibration error at most {ECE_BAR} on every set: {verdict}.\n"
    body = report.markdown(result, ["images/reliability.png", "images/risk_coverage.png"])
    return out + LIMITS + "\n## All figures\n" + body.split("\n", 1)[1]


def _figure(result: dict[str, Any] | None, name: str, head: str, metric: str) -> float | None:
    if result is None or head not in result["sets"].get(name, {}):
        return None
    return float(result["sets"][name][head][metric])


def _show(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
