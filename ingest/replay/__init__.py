"""A dump of history published in event time: rows to articles, sorted on disk, sent with markers."""
