"""Canonical URLs, and the publisher of one."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"^(?:utm[_-]\w+|mc_[ce]id|fbclid|gclid|gclsrc|dclid|msclkid|yclid|igshid|mkt_tok|_hs\w+|cmpid|icid|ncid|ocid|smid|"
    r"sref|[gw]braid|twclid|ttclid|srsltid|_g[al]|li_fat_id|vero_id|s_cid|"
    r"ref_src|ref_url|spm|scm|wt\.\w+|at_\w+|ftcamp|ns_\w+|xtor|trk\w*|guccounter|guce_\w+|share_\w+|isappinstalled)$",
    re.IGNORECASE,
)
_CAME_BY = re.compile(
    r"^(?:(?:ref|mod|partner|emc|cmp)=(?:rss|feed|share|twitter|facebook|linkedin|newsletter)(?![a-z0-9])\w*|rss=1)$",
    re.IGNORECASE,
)
"""These names mean something else elsewhere (`mod=viewthread`), so their value has to say that a reader came by it."""
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PLAIN = re.compile(r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:/(?!\.)[^?#\s%/]*)+")
"""An address that is canonical as it stands; most are."""


def canonical(url: str) -> str:
    """The same for every writing of one address: no tracking parameters, no fragment, lower-case host, no default port,
    no dot segments, escapes only where they are needed (RFC 3986, 6.2.2).

    "" for what is not an http(s) address.

    >>> canonical("HTTPS://Example.com:443/A?b=1&utm_source=x#top")
    'https://example.com/A?b=1'
    """
    if _PLAIN.fullmatch(url):
        return url
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    scheme = parts.scheme.lower()
    host = host.rstrip(".") if host else host  # `example.com.` is the same name, written in full
    if scheme not in ("http", "https") or not host:
        return ""
    netloc = f"[{host}]" if ":" in host else host
    if port and port != {"http": 80, "https": 443}[scheme]:
        netloc += f":{port}"
    query = "&".join(part for part in _escaped(parts.query).split("&") if part and not _tracks(part))
    found = urlunsplit(SplitResult(scheme, netloc, _without_dots(_escaped(parts.path)) or "/", query, ""))
    # What stood before a fragment or a tracking parameter may end in white space, which is no part of an address.
    return found if found == found.rstrip() else canonical(found)


def _tracks(part: str) -> bool:
    return bool(_TRACKING.match(part.partition("=")[0]) or _CAME_BY.match(part))


def _escaped(text: str) -> str:
    """Escapes in upper case, and none for a character that needs none."""
    while "%" in text:
        before, text = text, _ESCAPE.sub(_escape, text)
        if text == before:  # `%%37e` becomes `%7e`, and only then `~`
            break
    return text


def _escape(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else found[0].upper()


def _without_dots(path: str) -> str:
    if "/." not in path:
        return path
    kept: list[str] = []
    parts = path.split("/")
    for part in parts:
        if part == "..":
            kept = kept[:-1] or [""]
        elif part != ".":
            kept.append(part)
    if parts[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)


def origin(url: str) -> str:
    """Scheme, host and port: whom a request talks to. "" for what is no http(s) address.

    >>> origin("https://Example.com:443/a?b"), origin("http://example.com/a")
    ('https://example.com/', 'http://example.com/')
    """
    address = canonical(url)
    return "/".join([*address.split("/", 3)[:3], ""]) if address else ""


def publisher_of(url: str) -> str:
    """Return the registrable domain: `news.bbc.co.uk` -> `bbc.co.uk`; a bare host or address stays as it is."""
    if plain := _PLAIN.fullmatch(url):
        return _registrable(plain.group(1))
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return ""
    return _registrable(host) if host else ""


@lru_cache(4096)
def _registrable(host: str) -> str:
    from tld import get_fld  # its list of public suffixes is read at the first use

    return get_fld(host, fix_protocol=True, fail_silently=True) or host
