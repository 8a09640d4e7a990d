"""Five cron fields as crontab(5) means them."""

from __future__ import annotations

import re

from apscheduler.triggers.cron import CronTrigger

_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NUMBERS = re.compile(r"(\d+)(?:-(\d+))?(?:/(\d+))?")


def cron_trigger(fields: str, timezone: str | None = None, jitter_s: float = 0.0) -> CronTrigger:
    """Return a trigger at the times of five cron fields, each delayed by up to `jitter_s`. Raises ValueError."""
    *others, weekday = fields.split()
    days = ",".join(_weekdays(part) for part in weekday.split(","))
    trigger = CronTrigger.from_crontab(" ".join([*others, days]), timezone=timezone)
    trigger.jitter = jitter_s or None
    return trigger


def _weekdays(part: str) -> str:
    """APScheduler counts days from Monday, cron from Sunday: numbers become names, which both read alike.

    >>> _weekdays("1-5"), _weekdays("0"), _weekdays("5-7"), _weekdays("mon-fri"), _weekdays("*")
    ('mon,tue,wed,thu,fri', 'sun', 'fri,sat,sun', 'mon-fri', '*')
    """
    found = _NUMBERS.fullmatch(part)
    if found is None:
        return part
    first, last, step = int(found[1]), int(found[2] or found[1]), int(found[3] or 1)
    if found[3] and not found[2]:
        last = 6  # `2/2`: from Tuesday on
    if not 0 <= first <= last <= 7 or not step:
        raise ValueError(f"{part}: expected days 0 to 7")
    return ",".join(_NAMES[day % 7] for day in range(first, last + 1, step))
