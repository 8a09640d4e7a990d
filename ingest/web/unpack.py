"""Content-Encoding undone with a limit: gzip, deflate, br and zstd bombs end as `Refused`."""

from __future__ import annotations

import io
import zlib

import brotli
import zstandard

from core.errors import Refused

ACCEPTED = "gzip, deflate, br, zstd"
_STEP = 256 * 1024


def unpack(data: bytes, encoding: str, limit: int, *, cut: bool = False) -> bytes:
    """Return the decompressed bytes, at most `limit` bytes.

    Raises Refused where they are too large (unless `cut`), the encoding is unknown, or the stream is broken. A stream
    that ends early gives what it held: a part of a feed is better than none.
    """
    for name in reversed([part.strip().lower() for part in encoding.split(",") if part.strip()]):
        if name in ("identity", ""):
            continue
        try:
            data = _undo(data, name, limit)
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise Refused(f"broken {name} content: {error}") from error
        if len(data) > limit and not cut:
            raise Refused(f"unpacks to more than {limit} bytes")
        data = data[:limit]
    return data


def _undo(data: bytes, name: str, limit: int) -> bytes:
    """The plain bytes; of more than `limit` only so many that it shows."""
    if name in ("gzip", "x-gzip", "deflate"):
        # 32 + 15: gzip or zlib, whichever the header says; servers also send raw deflate under the name deflate.
        wbits = 47 if name != "deflate" or data[:1] in (b"\x78", b"\x1f") else -15
        return _zlib(data, wbits, limit)
    if name == "br":
        machine = brotli.Decompressor()
        out = bytearray(machine.process(data, output_buffer_limit=limit + 1))
        while len(out) <= limit and not machine.can_accept_more_data():
            out += machine.process(b"", output_buffer_limit=_STEP)
        return bytes(out)
    if name == "zstd":
        reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
            io.BytesIO(data), read_across_frames=True
        )
        out = bytearray()
        while len(out) <= limit and (chunk := reader.read(_STEP)):
            out += chunk
        return bytes(out)
    raise Refused(f"unknown content encoding {name!r}")


def _zlib(data: bytes, wbits: int, limit: int) -> bytes:
    out = bytearray()
    while data and len(out) <= limit:
        machine = zlib.decompressobj(wbits)
        out += machine.decompress(data, limit + 1 - len(out))
        if not machine.eof:
            break
        data = machine.unused_data.lstrip(b"\0")  # several gzip members in a row; zero padding is common
        if not data.startswith(b"\x1f\x8b"):
            break
    return bytes(out)
