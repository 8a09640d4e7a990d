"""The world -> raw articles: dumps, feeds, pages, APIs, push, other people's topics.

How an article goes: a source yields items (ingest/sources/*, or ingest/replay/sorted_dump.py for a replay), `rows.py`
or `items.py` makes each an Article or a dead letter, and `replay.py` or `live.py` hands it to `news.raw`; only when
the broker has acknowledged it is the source's cursor stored. What can go wrong stands in each module.
"""
