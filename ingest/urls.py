"""Canonical URLs, and who stands behind one."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"^(?:utm_\w+|mc_[ce]id|fbclid|gclid|gclsrc|dclid|msclkid|yclid|igshid|mkt_tok|_hs\w+|cmpid|icid|ncid|ocid|smid|sref|"
    r"ref_src|ref_url|spm|scm|wt\.\w+|at_\w+|ftcamp|ns_\w+|xtor|trk\w*|guccounter|guce_\w+|share_\w+|isappinstalled)$",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)+)/[^?#\s]*")
"""An address that is canonical as it stands; most are."""


def canonical(url: str) -> str:
    """The same for every writing of one address: no tracking parameters, no fragment, lower-case host, no default port.

    "" for what is no http(s) address: then it is no identity either.

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
    if scheme not in ("http", "https") or not host:
        return ""
    netloc = f"[{host}]" if ":" in host else host
    if port and port != {"http": 80, "https": 443}[scheme]:
        netloc += f":{port}"
    query = parts.query
    if query:
        query = "&".join(
            part for part in query.split("&") if part and not _TRACKING.match(part.partition("=")[0])
        )
    return urlunsplit(SplitResult(scheme, netloc, parts.path or "/", query, ""))


def origin(url: str) -> str:
    """Scheme, host and port: whom a request talks to. "" for what is no http(s) address.

    >>> origin("https://Example.com:443/a?b"), origin("http://example.com/a")
    ('https://example.com/', 'http://example.com/')
    """
    address = canonical(url)
    return "/".join([*address.split("/", 3)[:3], ""]) if address else ""


def publisher_of(url: str) -> str:
    """The registrable domain: `news.bbc.co.uk` -> `bbc.co.uk`; a bare host or address stays as it is."""
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
