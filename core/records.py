"""The wire records: what is written to Kafka, and its JSON encoding.

All times are integer milliseconds since 1970 UTC. Probabilities, relevance, trust and novelty are integers
in 1/10,000, rounded once, in the classifier: sums are integer sums, so their order does not matter.
The schema's name and version are the record's header `schema`, e.g. `article/1`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from core.errors import InvalidRecord, Reason

UNIT_SCALE = 10_000
"""The integer that stands for 1.0."""

TOPICS = (
    "earnings",
    "analyst_ratings",
    "mergers_acquisitions",
    "ipo_fundraising",
    "dividends_buybacks",
    "credit_debt",
    "central_banks",
    "macro_economy",
    "equities_market",
    "currencies",
    "energy",
    "metals_commodities",
    "crypto",
    "real_estate",
    "legal_regulation",
    "management",
    "company_product",
    "politics_geopolitics",
    "general",
)
"""The topics in their fixed order; classifier/taxonomy.py defines each."""


class Article(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A published text. Written by ingest to `news.raw`."""

    id: str
    revision: str
    origin: str
    source: str
    publisher: str = ""
    url: str = ""
    title: str = ""
    body: str = ""
    language: str = ""
    published_at: int
    first_seen_at: int
    available_at: int
    extra: dict[str, Any] = {}

    @property
    def text(self) -> str:
        """Title and body, as one text."""
        return f"{self.title}\n{self.body}" if self.title and self.body else self.title or self.body


class Mention(msgspec.Struct, frozen=True, omit_defaults=True):
    """A company that an article names, and the sentiment towards it."""

    entity: str
    """`US:AAPL`, `CN:600519`, `HK:00700`; a user's own: `X:slug`."""
    name: str = ""
    relevance: int = 0
    p_negative: int = 0
    p_neutral: int = UNIT_SCALE
    p_positive: int = 0
    abstained: bool = False


class ScoredArticle(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An article and its scores. Written by the classifier to `news.scored`, in the order of `news.raw`.

    Carries the whole article, so that `news.scored` alone holds the evidence.
    """

    article: Article
    p_negative: int
    p_neutral: int
    p_positive: int
    abstained: bool = False
    topics: dict[str, int] = {}
    """Topic -> probability, for topics at or above 1 %."""
    mentions: tuple[Mention, ...] = ()
    signature: str = ""
    """The story signature's bits in hex; a small Hamming distance means the same story."""
    language: str = ""
    register: str = "news"
    model_version: str
    topic_threshold: int = 5_000
    """An article belongs to a topic's series at or above this probability."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a source; sent on the same topics as articles, and passed on in order."""

    source: str
    at: int
    status: Literal["ok", "silent", "broken"]
    expected: float
    """The number of articles that its usual rhythm predicts since `since`."""
    seen: int
    since: int
    detail: str = ""
    proof: dict[str, Any] = {}
    """The evidence for `silent` or `broken`, enough to derive it again (docs/ingest.md); empty where ok."""

    def row(self) -> dict[str, Any]:
        """Return the row for the table `health`."""
        told = msgspec.structs.asdict(self)
        return told | {"proof": msgspec.json.encode(self.proof).decode() if self.proof else ""}


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """`writer` has sent everything up to event time `t` on this partition."""

    writer: str
    t: int
    end: bool = False
    """The writer has finished (end of a dump) and no longer holds the watermark back."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A record that could not be processed. `payload`: up to 650 kB of the original bytes, base64 in JSON."""

    origin: str
    source: str = ""
    topic: str = ""
    partition: int = -1
    offset: int = -1
    key: str = ""
    payload: bytes = b""
    payload_hash: str = ""
    error: str = ""
    reason: Reason
    detail: str = ""
    attempts: int = 1
    at: int = 0
    context: str = ""
    """JSON: what the source needs beside the bytes to rebuild the article (an address, a charset header)."""


Wire = Article | ScoredArticle | Health | Marker | DeadLetter
SCHEMAS: dict[str, type] = {
    "article/1": Article,
    "scored/1": ScoredArticle,
    "health/1": Health,
    "marker/1": Marker,
    "dead/1": DeadLetter,
}
_NAMES = {record: name for name, record in SCHEMAS.items()}
_ENCODER = msgspec.json.Encoder()
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(record) for name, record in SCHEMAS.items()
}


def schema_of(record: Wire) -> str:
    """Return the record's schema name, such as `article/1`, for the header."""
    return _NAMES[type(record)]


def encode(record: Wire) -> bytes:
    """Return the record as JSON in UTF-8; deterministic, as the order of fields is fixed."""
    return _ENCODER.encode(record)


def decode(value: bytes, schema: str) -> Wire:
    """Return the record in `value`, JSON in UTF-8. Raises InvalidRecord: bad_schema, bad_encoding or bad_json."""
    decoder = _DECODERS.get(schema)
    if decoder is None:
        raise InvalidRecord(Reason.BAD_SCHEMA, f"unknown schema {schema!r}; known: {', '.join(SCHEMAS)}")
    try:
        record: Wire = decoder.decode(value)
    except msgspec.ValidationError as error:
        raise InvalidRecord(Reason.BAD_SCHEMA, str(error)) from error
    except UnicodeDecodeError as error:
        raise InvalidRecord(Reason.BAD_ENCODING, str(error)) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRecord(Reason.BAD_JSON, str(error)) from error
    return record


def json_schemas() -> dict[str, Any]:
    """Schema name -> JSON Schema, of every wire record."""
    return {name: msgspec.json.schema(record) for name, record in SCHEMAS.items()}
