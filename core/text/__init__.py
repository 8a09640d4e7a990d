"""The language of a text, and Chinese scripts."""
