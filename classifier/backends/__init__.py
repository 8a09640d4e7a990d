"""Where the encoder runs: one file per runtime behind the small protocol in base.py."""
