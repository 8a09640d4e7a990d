"""One module a channel: its settings, how it sends, its test message."""
