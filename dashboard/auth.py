"""Who is looking: local users with passwords (scrypt), or nobody in particular on a page bound to this machine.

Without users in the settings everybody may look, but may act only where the page is bound to this machine's own
address: then actions are recorded under `local`.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import threading
import time
from base64 import b64decode, b64encode
from collections import defaultdict, deque

from core.settings import DashboardSettings

LOCAL = "local"
_N, _R, _P = 2**14, 8, 1
_TRIES, _WITHIN_S = 5, 300.0


def hash_password(password: str) -> str:
    """`scrypt$N$r$p$salt$key`, for the settings."""
    salt = os.urandom(16)
    key = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P)
    return "$".join(("scrypt", str(_N), str(_R), str(_P), b64encode(salt).decode(), b64encode(key).decode()))


def verify(password: str, hashed: str) -> bool:
    """Whether the password is the one hashed. A hash that cannot be read matches nothing."""
    try:
        name, n, r, p, salt, key = hashed.split("$")
        if name != "scrypt":
            return False
        made = hashlib.scrypt(
            password.encode(), salt=b64decode(salt), n=int(n), r=int(r), p=int(p), maxmem=256 * 1024 * 1024
        )
        return hmac.compare_digest(made, b64decode(key))
    except ValueError:
        return False


def bound_to_this_machine(host: str) -> bool:
    """Whether only this machine can reach `host`.

    >>> bound_to_this_machine("127.0.0.1"), bound_to_this_machine("localhost"), bound_to_this_machine("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_act(settings: DashboardSettings, user: str) -> str:
    """The name under which actions are recorded; empty: may only look."""
    if settings.users:
        return user if user in settings.users else ""
    return LOCAL if bound_to_this_machine(settings.host) else ""


class Gate:
    """Log-ins, at most five failures in five minutes a name; a name that is not known takes as long as one that is."""

    def __init__(self) -> None:
        self._failed: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._nobody = hash_password("")

    def admit(self, settings: DashboardSettings, name: str, password: str, now_s: float | None = None) -> str:
        """Empty if the password is right, else why not: `wrong` or `wait`."""
        now = time.monotonic() if now_s is None else now_s
        with self._lock:
            failed = self._failed[name]
            while failed and failed[0] < now - _WITHIN_S:
                failed.popleft()
            if len(failed) >= _TRIES:
                return "wait"
        known = settings.users.get(name)
        if verify(password, known or self._nobody) and known:
            return ""
        with self._lock:
            self._failed[name].append(now)
            if len(self._failed) > 10_000:
                self._failed.clear()
        return "wrong"


if __name__ == "__main__":
    import getpass

    print(hash_password(getpass.getpass("Password: ")))
