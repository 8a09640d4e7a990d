"""The world -> raw articles on `news.raw`: dumps, feeds, pages, APIs, pushed articles, other systems' topics.

Live: a source (`sources`) is polled (`live`) and returns items, which `items` builds into articles or dead letters;
`live/publisher.py` sends them. A dump that is replayed: `replay` builds, sorts and sends its rows. Only when the broker
has acknowledged them is the cursor stored.
"""
