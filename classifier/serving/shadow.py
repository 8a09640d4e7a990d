"""A challenger in shadow: scores a share of the texts after the champion; only its differences are stored.

Data flow: the worker hands over what it has scored, sent and committed; a text belongs to the share by its hash, so
every process and every repeat chooses the same ones; the challenger scores them; one row per text goes to the table
`shadow_scores` and into metrics. Nothing goes to `news.scored`, nothing waits for it, and no error of the challenger
or the store reaches the champion's loop: the text is not compared, the error is counted and logged, and after
FAULTS_IN_A_ROW of them the shadow stays off until the next start.
It does cost time: at share s about s times the champion's own, and the memory of a second model.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import Integer, cast, func, select

from classifier.records import Score, Text
from classifier.serving.classify import KEPT_TOPIC, ArticleScorer
from core import metrics
from core.ids import text_hash
from core.records import Article, ScoredArticle
from core.store import Store, insert_absent
from core.tables import shadow_scores

log = structlog.get_logger(__name__)

FAULTS_IN_A_ROW = 5
TOPIC_SET_FROM = 5_000
"""From this probability (in 1/10,000) an article belongs to a topic."""


def chosen(key: str, share: float) -> bool:
    """Whether the text with this hash (hex) belongs to the share.

    >>> chosen("00" * 32, 0.1), chosen("ff" * 32, 0.1), chosen("ff" * 32, 1.0)
    (True, False, True)
    """
    return int(key[:8], 16) < share * 2**32


def compared(champion: ScoredArticle, challenger: Score, key: str, at: int) -> dict[str, object]:
    """The table row of one text: both sentiments, and their distance."""
    first = (champion.p_negative, champion.p_neutral, champion.p_positive)
    second = (challenger.p_negative, challenger.p_neutral, challenger.p_positive)
    mine = {name for name, p in champion.topics.items() if p >= TOPIC_SET_FROM}
    other = {name for name, p in challenger.topics.items() if p >= max(TOPIC_SET_FROM, KEPT_TOPIC)}
    return {
        "champion": champion.model_version[:60],
        "challenger": challenger.model_version[:60],
        "text_key": key[:64],
        "article_id": champion.article.id,
        "language": champion.language or "",
        "at": at,
        "sentiment": _sentiment(first),
        "other_sentiment": _sentiment(second),
        "abstained": champion.abstained,
        "other_abstained": challenger.abstained,
        "distance": sum(abs(a - b) for a, b in zip(first, second, strict=True)) // 2,
        "topics_changed": len(mine ^ other),
    }


def _sentiment(p: tuple[int, int, int]) -> str:
    """As classifier/records.py: ties go to neutral, then negative."""
    best = max(p)
    return "neutral" if p[1] == best else "negative" if p[0] == best else "positive"


class Shadow:
    """Compares the challenger with the champion on `share` of the texts."""

    def __init__(
        self, challenger: ArticleScorer, store: Store, *, share: float, register: str = "auto"
    ) -> None:
        self._challenger, self._store, self._share = challenger, store, share
        self._register = None if register == "auto" else register
        self._faults = 0

    @property
    def on(self) -> bool:
        """False after too many faults in a row."""
        return self._faults < FAULTS_IN_A_ROW

    def compare(self, scored: Sequence[ScoredArticle], at: int) -> int:
        """Compare the share of `scored`, at time `at` (ms); returns how many were compared. Raises nothing."""
        keys = {text_hash(s.article.title, s.article.body): s for s in scored}
        mine = {key: s for key, s in keys.items() if chosen(key, self._share)}
        if not mine or not self.on:
            return 0
        name = self._challenger.model_version
        try:
            texts = [self._text(s.article) for s in mine.values()]
            made = self._challenger.score(texts)
            rows = [compared(s, m, key, at) for (key, s), m in zip(mine.items(), made, strict=True)]
            with self._store.write() as connection:
                insert_absent(connection, shadow_scores, rows)
        except Exception as error:  # noqa: BLE001  the boundary: no error of a challenger may stop the champion
            self._faults += 1
            metrics.SHADOW.labels(name, "failed").inc(len(mine))
            log.warning(
                "the challenger in shadow failed" + ("" if self.on else "; it stays off until the next start"),
                challenger=name, error=f"{type(error).__name__}: {error}",
            )  # fmt: skip
            return 0
        self._faults = 0
        for row in rows:
            same = row["sentiment"] == row["other_sentiment"]
            metrics.SHADOW.labels(name, "same" if same else "different").inc()
        return len(rows)

    def _text(self, article: Article) -> Text:
        return Text(title=article.title, body=article.body, language=None, register=self._register)


def summary(store: Store) -> list[dict[str, object]]:
    """Per champion, challenger and language: number of texts, of equal sentiments, sums of distance and changes."""
    t = shadow_scores.c
    same = cast(t.sentiment == t.other_sentiment, Integer)
    columns = (
        t.champion, t.challenger, t.language, func.count().label("texts"),
        func.sum(same).label("same"), func.sum(t.distance).label("distance"),
        func.sum(t.topics_changed).label("topics_changed"),
        func.sum(cast(t.abstained, Integer)).label("abstained"),
        func.sum(cast(t.other_abstained, Integer)).label("other_abstained"),
    )  # fmt: skip
    order = (t.champion, t.challenger, t.language)
    with store.read() as connection:
        return [
            dict(r._mapping) for r in connection.execute(select(*columns).group_by(*order).order_by(*order))
        ]


def furthest(store: Store, challenger: str, count: int) -> list[dict[str, object]]:
    """The `count` texts on which `challenger` differs most, with their titles where the store has the article."""
    from core.tables import articles

    t = shadow_scores.c
    title = select(articles.c.title).where(articles.c.id == t.article_id).limit(1).scalar_subquery()
    query = (
        select(t.article_id, t.sentiment, t.other_sentiment, t.distance, title.label("title"))
        .where(t.challenger == challenger)
        .order_by(t.distance.desc(), t.text_key)
        .limit(count)
    )
    with store.read() as connection:
        return [dict(r._mapping) for r in connection.execute(query)]
