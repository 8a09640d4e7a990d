"""Rules over recorded scored articles: backtests, previews, and comparison with the live desk."""
