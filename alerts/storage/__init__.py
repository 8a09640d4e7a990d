"""The alert worker and its store: one transaction a batch, under one lease."""
