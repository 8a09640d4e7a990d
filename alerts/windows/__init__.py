"""Panes, the windows added up from them, and the series that they belong to."""
