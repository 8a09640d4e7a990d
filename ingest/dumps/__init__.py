"""Dumps of history: rows of files to articles, in event time."""
