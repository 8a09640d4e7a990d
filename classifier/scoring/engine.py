"""The engine: scores texts, in order. Torch is not needed on CPU.

prepare (link, cut into chunks, tokenise; one thread ahead) -> buckets -> backend -> heads -> records.
A score depends on its text, the model version and the register alone: scales are static, padding is masked,
and identical texts are scored once.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from classifier.backends.base import Backend
from classifier.backends.choose import choose
from classifier.entities.linker import Found, Linker, default_linker
from classifier.network import packed
from classifier.network.registry import SHIPPED
from classifier.reading.chunks import article, later, lead
from classifier.reading.normal import normal, replace_surrogates
from classifier.reading.script import OURS, detect, foreign
from classifier.reading.tokenizer import Chunk, ChunkTokenizer
from classifier.reading.wordlike import Wordlike
from classifier.records import UNIT_SCALE, MentionScore, Score, Text, shares
from classifier.scoring.calibration import Calibration
from classifier.scoring.encode import States, encode
from classifier.scoring.heads import Heads
from classifier.scoring.mentions import mention_logits
from classifier.taxonomy import REGISTERS, TOPIC_NAMES

READING = 6
"""Counts changes of how texts are read that change scores (2: headlines of several companies also by clauses;
3: traditional Chinese as simplified; 4: letters that spell no words are abstained on; 5: what the lead chunk does not
hold is read on right behind it, and a company where its name stands as a word; 6: a list of codes ends where the next
exchange is named, and one letter over and over is no word)."""
UNNAMED = "openvino-int8"
"""The runtime that score versions leave out: caches from before runtimes were named hold its scores."""
TOPIC_SHARE = 0.25
"""Factor on a later chunk's weight for topics: the beginning says what an article is about, and equal weights cost
four points of recall on Reuters' longer articles. Its sentiment may well come later."""
SORT_WINDOW = 2_048
"""Texts prepared and sorted at once: long enough for even batches, short enough to show progress."""


@dataclass(slots=True)
class _Prepared:
    texts: list[Text]
    languages: list[str]
    out_of_domain: list[bool]
    """In a language or script that the model was not trained on, or no words: scored, but always abstained on."""
    found: list[list[Found]]
    chunks: list[Chunk]


class Engine:
    """Scores texts. Build it with `load`; use it from one thread."""

    def __init__(self, folder: Path, backend: Backend, linker: Linker) -> None:
        tensors, config = packed.read(folder)
        self.model_version: str = config["model_version"]
        self.config = config
        self.encoder, self._linker = backend, linker
        self.tokens = ChunkTokenizer(folder)
        self._wordlike = Wordlike(self.tokens.pieces())
        self.heads = Heads(tensors)
        self.calibration = Calibration.of(config)
        self._width = len(tensors["token_type"])

    @classmethod
    def load(
        cls,
        folder: Path | None = None,
        *,
        threads: int = 2,
        device: str = "auto",
        linker: Linker | None = None,
    ) -> "Engine":
        """An engine for a weights folder (None: the shipped one).

        Raises ConfigError for an unavailable device, FileNotFoundError or ValueError for unreadable weights.
        """
        folder = folder or SHIPPED
        return cls(folder, choose(device, folder, threads), linker or default_linker())

    @property
    def score_version(self) -> str:
        """What a score depends on beside its text and register: the model, how texts are read, the company lists, and
        the runtime, as each rounds differently (OpenVINO's int8 is left out)."""
        runtime = "" if self.backend == UNNAMED else f"+{self.backend}"
        return f"{self.model_version}+r{READING}+{self._linker.digest}{runtime}"

    @property
    def backend(self) -> str:
        """The name of the runtime in use, e.g. openvino-int8."""
        return self.encoder.name

    def score(self, texts: Sequence[Text], progress: Callable[[int], None] | None = None) -> list[Score]:
        """One score per text, in order. `progress(n)`: called as n more texts are done.

        Blocks. Any text is scored (empty, emoji, control characters, 100,000 characters).
        """
        places: dict[Text, list[int]] = {}
        for i, text in enumerate(texts):
            places.setdefault(text, []).append(i)
        unique = list(places)
        out: list[Score | None] = [None] * len(texts)
        with ThreadPoolExecutor(1, thread_name_prefix="tokenise") as ahead:
            parts = [unique[at : at + SORT_WINDOW] for at in range(0, len(unique), SORT_WINDOW)]
            waiting = ahead.submit(self._prepare, parts[0]) if parts else None
            for k in range(len(parts)):
                assert waiting is not None
                prepared = waiting.result()
                waiting = ahead.submit(self._prepare, parts[k + 1]) if k + 1 < len(parts) else None
                for text, score in zip(prepared.texts, self._scores(prepared), strict=True):
                    for place in places[text]:
                        out[place] = score
                    if progress:
                        progress(len(places[text]))
        return [score for score in out if score is not None]

    def _prepare(self, asked: list[Text]) -> _Prepared:
        texts = [
            replace(t, title=replace_surrogates(t.title), body=replace_surrogates(t.body)) for t in asked
        ]
        languages = [t.language or detect(f"{t.title}\n{t.body[:2000]}") for t in texts]
        out_of_domain = [
            of not in OURS or foreign(f"{t.title}\n{t.body[:2000]}")
            for t, of in zip(texts, languages, strict=True)
        ]
        found = [self._linker.find(*article(t)) for t in texts]
        surfaces = [[normal(f.surface) for f in several] for several in found]
        leads = [lead(t) for t in texts]

        def further(t: int, read: int, spans: Sequence[tuple[int, int] | None]) -> list[str]:
            unshown = [name for name, span in zip(surfaces[t], spans, strict=True) if span is None]
            return later(texts[t], read, len(leads[t]), unshown)

        cut = self.tokens.chunks(leads, surfaces, further)
        noise = self._wordlike.noise([w.ids for w in cut if w.lead])
        out_of_domain = [
            s or (n and of == "en") for s, n, of in zip(out_of_domain, noise.tolist(), languages, strict=True)
        ]
        return _Prepared(asked, languages, out_of_domain, found, cut)

    def _scores(self, prepared: _Prepared) -> list[Score]:
        states = encode(self.encoder, prepared.chunks, len(prepared.texts), self._width)
        register = self._registers(prepared.texts, states.pooled)
        owner = np.array([t for t, several in enumerate(states.chunks) for _ in several])
        weight = np.array([w for several in states.chunks for w, _ in several], np.float32)
        pooled = np.stack([p for several in states.chunks for _, p in several])
        sentiment = _weighted(self.heads.sentiment(pooled, register[owner]), owner, weight, len(register))
        leads = [w.ids for w in prepared.chunks if w.lead]
        sentiment += self.heads.ngrams.logits(leads, register)
        lead_first = np.where(weight < 1, weight * TOPIC_SHARE, weight)
        topic = _weighted(self.heads.topics(pooled), owner, lead_first, len(register))
        topics = np.rint(self.calibration.topics(topic) * UNIT_SCALE).astype(int)
        signature = np.packbits(self.heads.signature(states.pooled) > 0, axis=1)
        mentions = self._mentions(prepared, states, register, sentiment)
        out = []
        for t in range(len(prepared.texts)):
            language, name = prepared.languages[t], REGISTERS[register[t]]
            probabilities, abstained = self.calibration.sentiment("sentiment", sentiment[t], language, name)
            out.append(
                Score(
                    *shares(probabilities),
                    abstained or prepared.out_of_domain[t],
                    dict(zip(TOPIC_NAMES, topics[t].tolist(), strict=True)),
                    mentions[t],
                    signature[t].tobytes().hex(),
                    language,
                    name,
                    self.model_version,
                )
            )
        return out

    def _registers(self, texts: list[Text], pooled: np.ndarray) -> np.ndarray:
        """Each text's register as an index: the given one, else the detected one."""
        detected = self.heads.register(pooled).argmax(1)
        given = [REGISTERS.index(t.register) if t.register in REGISTERS else -1 for t in texts]
        out: np.ndarray = np.where(np.array(given) >= 0, given, detected)
        return out

    def _mentions(
        self, prepared: _Prepared, states: States, register: np.ndarray, sentiment: np.ndarray
    ) -> list[tuple[MentionScore, ...]]:
        """Each text's mentions; one that no chunk contains gets the article's sentiment and abstains."""
        logits = mention_logits(self.heads, states, register)
        out = []
        for t, several in enumerate(prepared.found):
            language, name = prepared.languages[t], REGISTERS[register[t]]
            mentions = []
            for k, found in enumerate(several):
                own = logits.get((t, k))
                row = sentiment[t] if own is None else own
                probabilities, unsure = self.calibration.sentiment("entity", row, language, name)
                mentions.append(
                    MentionScore(
                        found.entity,
                        found.name,
                        found.relevance,
                        *shares(probabilities),
                        unsure or own is None or prepared.out_of_domain[t],
                    )
                )
            out.append(tuple(mentions))
        return out


def _weighted(values: np.ndarray, owner: np.ndarray, weight: np.ndarray, count: int) -> np.ndarray:
    """Weighted mean of rows by owner: (rows, k) -> (count, k)."""
    total = np.zeros((count, values.shape[1]), np.float32)
    np.add.at(total, owner, values * weight[:, None])
    share = np.zeros(count, np.float32)
    np.add.at(share, owner, weight)
    out: np.ndarray = total / share[:, None]
    return out
