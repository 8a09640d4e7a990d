"""Deterministic identifiers, so that reading or sending something twice changes nothing."""

from __future__ import annotations

from hashlib import sha256

_LENGTHS = tuple(size.to_bytes(8, "big") for size in range(4096))


def digest(*parts: str | bytes, length: int = 32) -> str:
    """Return the first `length` hex digits of a SHA-256 over the parts, each preceded by its length.

    >>> digest("ab", "c") == digest("a", "bc")
    False
    """
    pieces: list[bytes] = []
    for part in parts:  # a replay makes 70,000 of these a second
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        size = len(data)
        pieces.append(_LENGTHS[size] if size < 4096 else size.to_bytes(8, "big"))
        pieces.append(data)
    return sha256(b"".join(pieces)).hexdigest()[:length]


def article_id(source: str, *, url: str = "", own_id: str = "", published_at: int = 0, text: str = "") -> str:
    """Return an article's id, 32 hex digits: a hash of its source and its URL, else its own id, else time and text.

    The text alone is not enough: a wire repeats headlines. `published_at`: milliseconds.
    """
    if url:
        return digest("url", source, url)
    if own_id:
        return digest("own", source, own_id)
    return digest("text", source, str(published_at), text)


def revision(title: str, body: str) -> str:
    """Return the revision, 16 hex digits of a hash of the content: a changed text has the same id, another revision."""
    return digest("revision", title, body, length=16)


def text_hash(title: str, body: str) -> str:
    """Return the score cache's key, 32 hex digits of a hash of the text that the model reads."""
    return digest("text", title, body)


def partition_of(article: str, partitions: int) -> int:
    """Return the partition (0 to partitions - 1) of an article id, by SHA-256: the same in every process."""
    return int.from_bytes(sha256(article.encode()).digest()[:4], "big") % partitions
