"""What is expected of a series, learned from its past."""
