"""The mail as HTML and as text."""
